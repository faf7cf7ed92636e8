// A consumer as a member of a group, on librdkafka's mock cluster. Rebalances between processes and
// kills are proved on a real broker (test/kafka), the effects in record_worker_test.cc.
#include "platform/kafka/consumer.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "platform/kafka/positions_store.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/testing/mock_kafka.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::kafka {
namespace {

using storage::Transaction;

class KafkaConsumerTest : public testing::Test {
 protected:
  void SetUp() override {
    kafka_.make_topic("t", 2);
    auto made = Producer::create({.connection = kafka_.connection(), .transactional_id = "p"},
                                 store_.clock(), store_.log(), stopping_);
    ASSERT_TRUE(made.ok());
    producer_ = std::move(*made);
    ASSERT_EQ(producer_->init(soon()), Outcome::kDone);
  }
  base::Mono soon() { return store_.clock().mono() + base::Seconds{20}; }

  void send(int count, const std::string& what) {
    ASSERT_EQ(producer_->begin(), Outcome::kDone);
    for (int i = 0; i < count; ++i) {
      const Record record{.topic = "t",
                          .key = "k" + std::to_string(i),
                          .value = what + std::to_string(i),
                          .headers = {}};
      ASSERT_EQ(producer_->produce(record, i, soon()), Outcome::kDone);
    }
    ASSERT_EQ(producer_->commit(soon()), Outcome::kDone);
  }
  std::unique_ptr<Consumer> consumer(bool from_start) {
    ConsumerOptions options;
    options.connection = kafka_.connection();
    options.connection.properties.emplace_back("heartbeat.interval.ms", "500");
    options.session_timeout = base::Millis{4'000};
    options.topics = {"t"};
    options.instance = "i";
    options.cooperative = true;
    options.events.name = "c";
    options.events.types = {"*"};
    options.events.from_start = from_start;
    options.events.consume = [this](Transaction& tx, const events::Event& event) -> base::Status {
      if (broken_.contains(event.data)) {
        return base::fail(base::Code::kInternal, "broken", "as the test wants");
      }
      tx.on_commit([this, data = event.data] { ++seen_[data]; });
      return base::ok_status();
    };
    options.events.max_attempts = 1;
    return std::make_unique<Consumer>(std::move(options), store_.database(), store_.clock(),
                                      store_.registry(), store_.log());
  }
  void run_until(Consumer& one, const std::function<bool()>& holds) {
    const base::Mono end = soon();
    while (!holds() && store_.clock().mono() < end) {
      ASSERT_TRUE(one.round(base::Millis{50}).ok());
    }
    ASSERT_TRUE(holds());
  }
  [[nodiscard]] bool all_once() const {
    for (const auto& [data, times] : seen_) {
      if (times != 1) return false;
    }
    return true;
  }

  storage::TemporarySqlite store_;
  MockKafka kafka_{store_.log()};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<Producer> producer_;
  std::map<std::string, int> seen_;
  std::set<std::string> broken_;
};

TEST_F(KafkaConsumerTest, ConsumesFromTheStartAndGoesOnWhereItWas) {
  send(20, "a");
  {
    auto one = consumer(true);
    run_until(*one, [&] { return seen_.size() == 20; });
    const auto view = one->view();
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->parked + view->dead, 0);
  }
  send(10, "b");
  auto next = consumer(true);
  run_until(*next, [&] { return seen_.size() == 30; });
  EXPECT_TRUE(all_once());
}

// "The newest" is written down when it is first seen: what comes while nobody runs is not left out.
TEST_F(KafkaConsumerTest, ANewConsumerBeginsAtTheNewestOnce) {
  send(20, "a");
  {
    auto one = consumer(false);
    run_until(*one, [&] { return one->view()->partitions == 2; });
    EXPECT_TRUE(seen_.empty());
  }
  send(10, "b");
  auto next = consumer(false);
  run_until(*next, [&] { return seen_.size() == 10; });
  EXPECT_TRUE(all_once());
  EXPECT_EQ(seen_.count("b0"), 1U);
}

TEST_F(KafkaConsumerTest, DeadLettersAreListedAndReplayed) {
  broken_ = {"a1"};
  send(3, "a");
  auto one = consumer(true);
  run_until(*one, [&] { return seen_.size() == 2 && one->view()->dead == 1; });
  const auto dead = one->dead_letters(0, 10);
  ASSERT_TRUE(dead.ok());
  ASSERT_EQ(dead->size(), 1U);
  EXPECT_EQ((*dead)[0].event.data, "a1");
  EXPECT_EQ((*dead)[0].consumer, "c");
  broken_.clear();
  ASSERT_TRUE(one->replay_dead((*dead)[0].id).ok());
  const auto again = one->replay_dead((*dead)[0].id);
  ASSERT_FALSE(again.ok());
  EXPECT_STREQ(again.error().reason, "dead_letter_not_found");
  run_until(*one, [&] { return seen_.size() == 3; });
  EXPECT_TRUE(all_once());
}

}  // namespace
}  // namespace ashlar::kafka
