#include "platform/events/broadcasts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "platform/events/testing/events_fixture.h"

namespace ashlar::events {
namespace {

using storage::Transaction;
using Strings = std::vector<std::string>;

// Two processes on one database, each with its consumers, its outbox and what it was told.
class BroadcastsTest : public EventsFixture {
 protected:
  struct Process {
    Process(BroadcastsTest& test, const std::string& name)
        : db(std::move(test.store_->open()).value()),
          consumers(test.make_consumers(name, *db)),
          outbox(test.clock_, test.entropy_, [this] { consumers->wake(); }) {
      consumers->on_each_instance({"thing.*"}, [this](const Event* event) {
        told.push_back(event == nullptr ? "resync" : event->aggregate_id);
      });
      outbox.set_listener(consumers->told_types(),
                          [this](const Event& event) { consumers->tell(event); });
    }
    void change(const std::string& id, const std::string& type = "thing.changed") {
      const auto done = db->write(storage::Context::tenant(kAlice), [&](Transaction& tx) {
        return outbox.append(tx, event(id, "1", type));
      });
      EXPECT_TRUE(done.ok());
    }

    std::unique_ptr<storage::Database> db;
    std::unique_ptr<Consumers> consumers;
    Outbox outbox;
    Strings told;
  };
};

INSTANTIATE_TEST_SUITE_P(Storage, BroadcastsTest, storage::both_engines(), storage::engine_name);

// One process alone uses SQLite.
class BroadcastsAcrossTest : public BroadcastsTest {};

INSTANTIATE_TEST_SUITE_P(Storage, BroadcastsAcrossTest,
                         ::testing::Values(storage::Dialect::kPostgres), storage::engine_name);

TEST_P(BroadcastsTest, HereBeforeTheWriteReturns) {
  Process one(*this, "one");
  one.change("a");
  EXPECT_EQ(one.told, Strings({"a"}));
  one.change("a", "other.type");
  EXPECT_EQ(one.told, Strings({"a"}));
}

TEST_P(BroadcastsAcrossTest, InOthersByTheLog) {
  Process one(*this, "one");
  Process two(*this, "two");
  one.change("before");
  ASSERT_TRUE(two.consumers->run_until_idle().ok());
  EXPECT_EQ(two.told, Strings({"resync"}));
  one.change("a");
  one.change("x", "other.type");
  one.change("b");
  ASSERT_TRUE(two.consumers->run_until_idle().ok());
  EXPECT_EQ(two.told, Strings({"resync", "a", "b"}));
  // Those of its own once more: where a commit's answer was lost only the log knows of it.
  ASSERT_TRUE(one.consumers->run_until_idle().ok());
  one.told.clear();
  one.change("c");
  ASSERT_TRUE(one.consumers->run_until_idle().ok());
  EXPECT_EQ(one.told, Strings({"c", "c"}));
}

TEST_P(BroadcastsAcrossTest, WhoCouldNotReadForTooLongForgetsEverything) {
  Process one(*this, "one");
  ASSERT_TRUE(one.consumers->run_until_idle().ok());
  clock_.advance(base::Seconds{3500});
  ASSERT_TRUE(one.consumers->run_until_idle().ok());
  EXPECT_EQ(one.told, Strings({"resync"}));
  clock_.advance(base::Seconds{3601});
  ASSERT_TRUE(one.consumers->run_until_idle().ok());
  EXPECT_EQ(one.told, Strings({"resync", "resync"}));
}

TEST_P(BroadcastsAcrossTest, WithThreadsTheyComeByNoticeNotByPoll) {
  Process one(*this, "one");
  auto db = std::move(store_->open()).value();
  auto consumers = make_consumers("two", *db);
  std::atomic<int> told{0};
  consumers->on_each_instance({"*"}, [&](const Event*) { ++told; });
  one.consumers->start();
  consumers->start();
  const base::Mono begin = store_->clock.mono();
  const auto wait_for = [&](int count) {
    while (told < count) {
      if (store_->clock.mono() - begin > base::Seconds{15}) return false;
    }
    return true;
  };
  ASSERT_TRUE(wait_for(1));  // resync
  for (int i = 0; i < 20; ++i) {
    one.change("a");
    ASSERT_TRUE(wait_for(2 + i));
  }
  consumers->stop();
  one.consumers->stop();
}

}  // namespace
}  // namespace ashlar::events
