// The relay on librdkafka's mock cluster: what it does about each class of errors, about positions
// that are not its own, and about its lease. That aborted records are not seen, and kills, are
// proved on a real broker (test/kafka).
#include "platform/kafka/relay.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/events/events_store.h"
#include "platform/events/outbox.h"
#include "platform/kafka/position_topic.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/testing/mock_kafka.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::kafka {
namespace {

using storage::Audience;
using storage::Sql;
using storage::Transaction;

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);
constexpr Sql kRefused{Audience::kPlatform, "SELECT event_id, error FROM kafka_refused"};
constexpr const char* kPositions = "ashlar.relay.positions";

// A database with its outbox.
struct Side {
  Side(base::Entropy& entropy) : outbox(store.clock(), entropy, [] {}) {}  // NOLINT(*-explicit-*)

  void append(int count, const std::string& type = "order", const std::string& data = "{}") {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(store.database()
                      .write(kContext,
                             [&](Transaction& tx) {
                               return outbox.append_for(tx, base::TenantId(1),
                                                        {.type = type + ".placed",
                                                         .aggregate_type = type,
                                                         .aggregate_id = std::to_string(i % 3),
                                                         .data = data,
                                                         .traceparent = {}});
                             })
                      .ok());
    }
  }

  storage::TemporarySqlite store;
  events::Outbox outbox;
};

class KafkaRelayTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { kafka_world_ = std::make_unique<World>(); }
  static void TearDownTestSuite() { kafka_world_.reset(); }
  void TearDown() override { kafka().mend(); }

  std::unique_ptr<Relay> relay(Side& side, const std::string& instance = "i1", bool alone = false) {
    RelayOptions options;
    options.connection = kafka().connection();
    options.connection.properties.emplace_back("message.max.bytes", "2000");
    options.shard = shard();
    options.topic_prefix = shard() + ".";
    options.instance = instance;
    options.alone = alone;
    options.from_start = true;
    options.batch = 10;
    options.manage_topics = false;  // the mock cluster cannot be asked to
    auto made = std::make_unique<Relay>(options, side.store.database(), side.store.clock(),
                                        entropy_, side.store.registry(), side.store.log());
    EXPECT_TRUE(made->enlist().ok());
    return made;
  }
  // Rounds until there is nothing more; events committed. Errors are tried again, a few times.
  static int run(Relay& relay, int errors_allowed = 0) {
    int sent = 0;
    for (int round = 0; round < 50; ++round) {
      const auto done = relay.round();
      if (!done.ok()) {
        EXPECT_GE(--errors_allowed, 0) << done.error().reason << ": " << done.error().detail;
        if (errors_allowed < 0) return sent;
        continue;
      }
      sent += done->sent;
      if (!done->more) break;
    }
    return sent;
  }
  ShardPosition position() {
    auto found = read_position(kafka().connection(), kPositions, shard(), clock_, kafka_world_->log,
                               stopping_, clock_.mono() + base::Seconds{10});
    EXPECT_TRUE(found.ok());
    EXPECT_TRUE(!found.ok() || found->has_value());
    return found.ok() && *found ? **found : ShardPosition{};
  }
  static std::string shard() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  struct World {
    base::SystemClock clock;
    obs::Registry registry;
    obs::Log log{obs::Level::kOff, 2, clock, registry};
    MockKafka kafka{log};
  };
  static inline std::unique_ptr<World> kafka_world_;
  static MockKafka& kafka() { return kafka_world_->kafka; }
  const std::atomic<bool> stopping_{false};
  base::SystemClock clock_;
  base::SystemEntropy entropy_;
};

TEST_F(KafkaRelayTest, SendsTheLogAndKeepsItsPositionInKafka) {
  Side side(entropy_);
  side.append(25);
  auto one = relay(side);
  EXPECT_EQ(run(*one), 25);
  EXPECT_EQ(position().position.seq, 25);
  side.append(3);
  EXPECT_EQ(run(*one), 3);
  EXPECT_EQ(position().position.seq, 28);
}

// The process died before our own row followed: Kafka's word counts.
TEST_F(KafkaRelayTest, AnotherProcessBeginsWhereKafkaSays) {
  Side side(entropy_);
  side.append(20);
  {
    auto one = relay(side);
    EXPECT_EQ(run(*one), 20);
  }
  // Our row, set back to the begin.
  const std::string name = "kafka." + shard();
  ASSERT_TRUE(side.store.database()
                  .write(kContext,
                         [&](Transaction& tx) -> base::Status {
                           const auto now = clock_.now();
                           const events::store::Lease wanted{name, "i1", 0, now, now};
                           ASHLAR_ASSIGN(const auto row, events::store::take_lease(tx, wanted));
                           const events::store::Lease held{name, "i1", row->epoch, now, now};
                           ASHLAR_TRY(events::store::move(tx, held, {0, "", ""}));
                           return events::store::end_lease(tx, held);
                         })
                  .ok());
  side.append(4);
  auto next = relay(side);
  EXPECT_EQ(run(*next), 4);
}

TEST_F(KafkaRelayTest, AnAbortedTransactionIsSentAgainWhole) {
  Side side(entropy_);
  auto one = relay(side);
  side.append(5);
  EXPECT_EQ(run(*one), 5);
  side.append(7, "bill");  // a new topic: the next transaction adds partitions
  kafka().fail_next(Api::kAddPartitions, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto failed = one->round();
  ASSERT_FALSE(failed.ok());
  EXPECT_STREQ(failed.error().reason, "kafka_unavailable");
  EXPECT_EQ(position().position.seq, 5);
  EXPECT_EQ(run(*one), 7);
  EXPECT_EQ(position().position.seq, 12);
}

TEST_F(KafkaRelayTest, AFencedProducerIsMadeAnewAndTheLeaseAskedForAgain) {
  Side side(entropy_);
  auto one = relay(side);
  side.append(5);
  EXPECT_EQ(run(*one), 5);
  side.append(5, "bill");  // a new topic: the next transaction adds partitions
  kafka().fail_next(Api::kAddPartitions, {RD_KAFKA_RESP_ERR_PRODUCER_FENCED});
  EXPECT_FALSE(one->round().ok());
  EXPECT_EQ(run(*one), 5);
  EXPECT_EQ(position().position.seq, 10);
}

TEST_F(KafkaRelayTest, AnEventThatKafkaRefusesIsKeptAndTheOthersGoOn) {
  Side side(entropy_);
  side.append(3);
  side.append(1, "order", std::string(5'000, ' ') + "{}");  // more than message.max.bytes
  side.append(3);
  auto one = relay(side);
  EXPECT_EQ(run(*one), 6);
  std::vector<std::string> refused;
  ASSERT_TRUE(side.store.database()
                  .read(kContext,
                        [&](Transaction& tx) {
                          return tx.query(kRefused, {}, [&](const storage::Row& row) {
                            refused.emplace_back(row.text(0));
                            EXPECT_NE(row.text(1).find("too large"), std::string_view::npos);
                          });
                        })
                  .ok());
  EXPECT_EQ(refused.size(), 1U);
  EXPECT_EQ(position().position.seq, 7);
  side.append(2);
  EXPECT_EQ(run(*one), 2);
}

TEST_F(KafkaRelayTest, OneInstanceAtATime) {
  Side side(entropy_);
  side.append(5);
  auto one = relay(side, "i1");
  auto two = relay(side, "i2");
  EXPECT_EQ(run(*one), 5);
  const auto round = two->round();
  ASSERT_TRUE(round.ok());
  EXPECT_FALSE(round->ours);
  one->stop();  // gives the lease back
  side.append(2);
  EXPECT_EQ(run(*two), 2);
}

// The one before was killed a moment ago: its lease has not run out, and nobody else can have it.
TEST_F(KafkaRelayTest, WhoIsAloneWaitsForNoLease) {
  Side side(entropy_);
  side.append(5);
  auto killed = relay(side, "i1");
  EXPECT_EQ(run(*killed), 5);
  side.append(2);
  auto next = relay(side, "i2", true);
  EXPECT_EQ(run(*next), 2);
  EXPECT_EQ(position().position.seq, 7);
}

TEST_F(KafkaRelayTest, AShardOfAnotherDatabaseIsLeftInPeace) {
  Side first(entropy_), second(entropy_);
  first.append(3);
  second.append(3);
  auto one = relay(first);
  EXPECT_EQ(run(*one), 3);
  auto two = relay(second);
  const auto refused = two->round();
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "kafka_shard_taken");
  first.append(3);
  EXPECT_EQ(run(*one), 3);  // was not fenced
}

TEST_F(KafkaRelayTest, ADatabaseThatWasSetBackIsRefused) {
  Side side(entropy_);
  side.append(3);
  auto one = relay(side);
  EXPECT_EQ(run(*one), 3);
  ShardPosition ahead = position();
  ahead.position.seq += 100;
  auto producer = Producer::create(
      {.connection = kafka().connection(), .transactional_id = "ashlar.relay." + shard()}, clock_,
      kafka_world_->log, stopping_);
  ASSERT_TRUE(producer.ok());
  const base::Mono soon = clock_.mono() + base::Seconds{10};
  ASSERT_EQ((*producer)->init(soon), Outcome::kDone);
  ASSERT_EQ((*producer)->begin(), Outcome::kDone);
  ASSERT_EQ((*producer)->produce(position_record(kPositions, shard(), ahead), 1, soon, 0),
            Outcome::kDone);
  ASSERT_EQ((*producer)->commit(soon), Outcome::kDone);
  one->stop();
  auto next = relay(side);
  const auto refused = next->round();
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "kafka_position_ahead");
}

TEST(KafkaPositionTest, ComesBackAsItWasOrNotAtAll) {
  const ShardPosition position{"source", {12, "3:5:4", "7:7:"}};
  const Record record = position_record("topic", "shard", position);
  EXPECT_EQ(record.key, "shard");
  const auto back = parse_position(record.value);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->source, "source");
  EXPECT_EQ(back->position, position.position);
  for (const char* wrong : {"", "{}", "[]", R"({"source":"a","seq":"1","from":"","to":""})",
                            R"({"source":"a","seq":1,"from":""})"}) {
    EXPECT_FALSE(parse_position(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace ashlar::kafka
