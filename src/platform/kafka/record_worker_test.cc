// A consumer's effects without a broker: records are handed in as if polled. On both engines.
#include "platform/kafka/record_worker.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/testing/forgetful_database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::kafka {
namespace {

using storage::Audience;
using storage::Sql;
using storage::Transaction;

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);

// Effects are rows of a table that every product has; its key keeps none from coming twice, since
// each effect has a number of its own.
constexpr Sql kEffect{Audience::kPlatform,
                      "INSERT INTO settings (key, value) VALUES ('effect ' || (SELECT count(*)"
                      " FROM settings), ?1)"};
constexpr Sql kEffects{Audience::kPlatform,
                       "SELECT value FROM settings WHERE key LIKE 'effect %'"
                       " ORDER BY CAST(substr(key, 8) AS INTEGER)"};

class KafkaRecordWorkerTest : public testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    auto opened = store_->open();
    ASSERT_TRUE(opened.ok());
    db_ = std::make_unique<storage::ForgetfulDatabase>(std::move(*opened));
    options_.name = "c";
    options_.types = {"*"};
    options_.max_attempts = 3;
    options_.retry = {.delays = {base::Millis{1'000}}, .jitter = 0};
    options_.consume = [this](Transaction& tx, const events::Event& event) -> base::Status {
      ASHLAR_TRY(tx.execute(kEffect, {storage::Blob{event.data}}));
      const auto fault = faults_.find(event.data);
      return fault == faults_.end() ? base::ok_status() : base::Status(fault->second);
    };
  }

  std::unique_ptr<RecordWorker> worker(const std::string& instance = "i1") {
    auto made =
        std::make_unique<RecordWorker>(options_, instance, 1, *db_, clock_, store_->registry, log_);
    auto claims = made->claim({kAt});
    EXPECT_TRUE(claims.ok());
    if ((*claims)[0].next_offset == store::Claim::kNone) {
      EXPECT_TRUE(made->begin(kAt, (*claims)[0], 0).ok());
    }
    made->own(kAt, (*claims)[0]);
    return made;
  }
  static Fetched record(std::int64_t offset, std::string key, std::string value) {
    return {
        .record = {.topic = "t", .key = std::move(key), .value = std::move(value), .headers = {}},
        .place = {.topic = "t", .partition = 0, .offset = offset, .time = {}}};
  }
  std::vector<std::string> effects() {
    std::vector<std::string> found;
    EXPECT_TRUE(db_->read(kContext,
                          [&](Transaction& tx) -> base::Status {
                            found.clear();
                            ASHLAR_TRY(tx.query(kEffects, {}, [&](const storage::Row& row) {
                              found.emplace_back(row.blob(0));
                            }));
                            return base::ok_status();
                          })
                    .ok());
    return found;
  }
  std::int64_t position() {
    auto found =
        db_->read(kContext, [&](Transaction& tx) { return store::find(tx, {"c", "t", 0}); });
    EXPECT_TRUE(found.ok() && found->has_value());
    return (*found)->next_offset;
  }
  store::ParkedCounts parked() {
    auto counts = db_->read(kContext, [](Transaction& tx) { return store::count_parked(tx, "c"); });
    EXPECT_TRUE(counts.ok());
    return *counts;
  }
  std::vector<store::Parked> dead() {
    auto list =
        db_->read(kContext, [](Transaction& tx) { return store::list_dead(tx, "c", 0, 100); });
    EXPECT_TRUE(list.ok());
    return *list;
  }
  void fault(const std::string& value, const char* reason = "broken") {
    faults_[value] = base::fail(base::Code::kInternal, reason, "as the test wants");
  }

  using Strings = std::vector<std::string>;
  const TopicPartition kAt{"t", 0};
  base::ManualClock clock_;
  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::ForgetfulDatabase> db_;
  obs::Registry quiet_;
  obs::Log log_{obs::Level::kOff, 2, clock_, quiet_};
  events::ConsumerOptions options_;
  std::map<std::string, base::Error> faults_;
};

TEST_P(KafkaRecordWorkerTest, EffectsAndPositionCommitTogether) {
  auto one = worker();
  for (int i = 0; i < 5; ++i) one->add(record(i * 2, "k", std::to_string(i)));
  ASSERT_TRUE(one->apply().ok());
  EXPECT_EQ(effects(), (Strings{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(position(), 9);
  EXPECT_EQ(one->effects(), 5);
  EXPECT_FALSE(one->has_batch());
}

TEST_P(KafkaRecordWorkerTest, WhatWasDoneIsNotDoneAgain) {
  auto one = worker();
  one->add(record(0, "k", "a"));
  ASSERT_TRUE(one->apply().ok());
  one->add(record(0, "k", "a"));  // fetched again
  EXPECT_FALSE(one->has_batch());
  auto next = worker("i2");
  next->add(record(0, "k", "a"));
  EXPECT_FALSE(next->has_batch());
}

TEST_P(KafkaRecordWorkerTest, AnEarlierOwnerIsFencedAndItsEffectsAreRolledBack) {
  auto zombie = worker("i1");
  zombie->add(record(0, "k", "of the zombie"));
  auto next = worker("i2");
  ASSERT_TRUE(zombie->apply().ok());
  EXPECT_TRUE(zombie->owned().empty());
  EXPECT_EQ(effects(), Strings{});
  next->add(record(0, "k", "of the next"));
  ASSERT_TRUE(next->apply().ok());
  EXPECT_EQ(effects(), Strings{"of the next"});
}

// The connection is lost during COMMIT: the change was made, and nobody was told.
TEST_P(KafkaRecordWorkerTest, ACommitWhoseAnswerIsLostIsNotRepeated) {
  auto one = worker();
  for (int i = 0; i < 3; ++i) one->add(record(i, "k", std::to_string(i)));
  db_->forget_next();
  const auto done = one->apply();
  ASSERT_FALSE(done.ok());
  EXPECT_STREQ(done.error().reason, "storage_unavailable");
  EXPECT_TRUE(one->has_batch());
  one->add(record(3, "k", "3"));
  ASSERT_TRUE(one->apply().ok());
  EXPECT_EQ(effects(), (Strings{"0", "1", "2", "3"}));
  EXPECT_EQ(position(), 4);
  EXPECT_EQ(parked().waiting + parked().dead, 0);
}

TEST_P(KafkaRecordWorkerTest, APoisonRecordIsParkedOthersGoOnItsKeyWaits) {
  auto one = worker();
  fault("a2");
  for (const auto& [offset, key, value] :
       {std::tuple(0, "a", "a1"), {1, "b", "b1"}, {2, "a", "a2"}, {3, "b", "b2"}, {4, "a", "a3"}}) {
    one->add(record(offset, key, value));
  }
  ASSERT_TRUE(one->apply().ok());
  EXPECT_EQ(effects(), (Strings{"a1", "b1", "b2"}));
  EXPECT_EQ(position(), 5);
  EXPECT_EQ(parked().waiting, 2);
  ASSERT_TRUE(one->retry_due().ok());  // not yet
  EXPECT_EQ(effects().size(), 3U);
  clock_.advance(base::Millis{1'000});
  faults_.clear();
  ASSERT_TRUE(one->retry_due().ok());
  ASSERT_TRUE(one->retry_due().ok());
  EXPECT_EQ(effects(), (Strings{"a1", "b1", "b2", "a2", "a3"}));
  EXPECT_EQ(parked().waiting, 0);
}

TEST_P(KafkaRecordWorkerTest, AttemptsUsedUpMakeADeadLetterAndItsKeyGoesOn) {
  auto one = worker();
  fault("a1");
  one->add(record(0, "a", "a1"));
  one->add(record(1, "a", "a2"));
  ASSERT_TRUE(one->apply().ok());
  for (int i = 0; i < 6; ++i) {
    clock_.advance(base::Millis{1'000});
    ASSERT_TRUE(one->retry_due().ok());
  }
  EXPECT_EQ(effects(), Strings{"a2"});
  ASSERT_EQ(dead().size(), 1U);
  EXPECT_EQ(dead()[0].attempts, 3);
  EXPECT_EQ(dead()[0].event.data, "a1");
  EXPECT_NE(dead()[0].error.find("as the test wants"), std::string::npos);

  faults_.clear();
  const std::int64_t id = dead()[0].id;
  const auto revived = db_->write(
      kContext, [&](Transaction& tx) { return store::revive(tx, "c", id, clock_.now()); });
  ASSERT_TRUE(revived.ok() && *revived);
  ASSERT_TRUE(one->retry_due().ok());
  EXPECT_EQ(effects(), (Strings{"a2", "a1"}));
  EXPECT_EQ(dead().size(), 0U);
}

TEST_P(KafkaRecordWorkerTest, ARevivedLetterGoesBehindItsKeysParkedOnes) {
  auto one = worker();
  options_.max_attempts = 1;
  fault("a1");
  one->add(record(0, "a", "a1"));
  ASSERT_TRUE(one->apply().ok());
  ASSERT_EQ(dead().size(), 1U);
  const std::int64_t id = dead()[0].id;
  options_.max_attempts = 3;
  fault("a2");
  one->add(record(1, "a", "a2"));
  ASSERT_TRUE(one->apply().ok());
  ASSERT_TRUE(db_->write(kContext,
                         [&](Transaction& tx) { return store::revive(tx, "c", id, clock_.now()); })
                  .ok());
  faults_.clear();
  for (int i = 0; i < 3; ++i) {
    clock_.advance(base::Millis{1'000});
    ASSERT_TRUE(one->retry_due().ok());
  }
  EXPECT_EQ(effects(), (Strings{"a2", "a1"}));
}

TEST_P(KafkaRecordWorkerTest, ADatabaseThatIsAwayParksNothing) {
  auto one = worker();
  for (const char* reason : {"storage_unavailable", "storage_busy", "storage_full"}) {
    fault("a2", reason);
    if (!one->has_batch()) {
      one->add(record(0, "a", "a1"));
      one->add(record(1, "b", "a2"));
    }
    EXPECT_FALSE(one->apply().ok());
    EXPECT_TRUE(one->has_batch());
    EXPECT_EQ(effects(), Strings{});
    EXPECT_EQ(position(), 0);
  }
  faults_.clear();
  ASSERT_TRUE(one->apply().ok());
  EXPECT_EQ(effects(), (Strings{"a1", "a2"}));
}

TEST_P(KafkaRecordWorkerTest, AMalformedRecordIsADeadLetterAtOnce) {
  auto one = worker();
  Fetched bad = record(0, "k", std::string("\xff\x00!", 3));
  bad.record.headers = {{"ce_specversion", "1.0"}};
  one->add(bad);
  one->add(record(1, "k", "good"));
  ASSERT_TRUE(one->apply().ok());
  EXPECT_EQ(effects(), Strings{"good"});
  ASSERT_EQ(dead().size(), 1U);
  EXPECT_EQ(dead()[0].event.data, std::string("\xff\x00!", 3));
  EXPECT_EQ(dead()[0].error.substr(0, 16), "record_malformed");
}

TEST_P(KafkaRecordWorkerTest, RecordsWithoutAKeyDoNotWaitForEachOther) {
  auto one = worker();
  fault("x");
  one->add(record(0, "", "x"));
  one->add(record(1, "", "y"));
  ASSERT_TRUE(one->apply().ok());
  one->add(record(2, "", "z"));
  ASSERT_TRUE(one->apply().ok());
  EXPECT_EQ(effects(), (Strings{"y", "z"}));
  EXPECT_EQ(parked().waiting, 1);
}

TEST_P(KafkaRecordWorkerTest, AParkedRecordIsRetriedByTheNextOwnerOnly) {
  auto one = worker("i1");
  fault("x");
  one->add(record(0, "a", "x"));
  ASSERT_TRUE(one->apply().ok());
  faults_.clear();
  auto next = worker("i2");
  clock_.advance(base::Millis{1'000});
  ASSERT_TRUE(one->retry_due().ok());  // fenced: nothing
  EXPECT_EQ(effects(), Strings{});
  ASSERT_TRUE(next->retry_due().ok());
  EXPECT_EQ(effects(), Strings{"x"});
}

TEST_P(KafkaRecordWorkerTest, OtherTypesArePassed) {
  options_.types = {"order.*"};
  auto one = worker();
  for (int i = 0; i < 2; ++i) {
    Fetched fetched = record(i, "k", std::to_string(i));
    fetched.record.headers = {{"ce_specversion", "1.0"},
                              {"ce_id", std::to_string(i)},
                              {"ce_source", "s"},
                              {"ce_type", i == 0 ? "bill.paid" : "order.placed"}};
    one->add(fetched);
  }
  ASSERT_TRUE(one->apply().ok());
  EXPECT_EQ(effects(), Strings{"1"});
  EXPECT_EQ(position(), 2);
}

INSTANTIATE_TEST_SUITE_P(Storage, KafkaRecordWorkerTest, storage::both_engines(),
                         storage::engine_name);

}  // namespace
}  // namespace ashlar::kafka
