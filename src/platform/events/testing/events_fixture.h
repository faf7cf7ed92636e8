// EventsFixture: an empty database on either engine, an outbox, and consumers whose effect is a row
// in a table of the test, for what is tested on both.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::events {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};
inline const storage::Context kEventsContext =
    storage::Context::platform(storage::PlatformUse::kEvents);

inline constexpr storage::Sql kAddEffect{
    storage::Audience::kPlatform,
    "INSERT INTO test_effects (consumer, key, seq, data) VALUES (?1, ?2, ?3, ?4)"};
inline constexpr storage::Sql kEffects{
    storage::Audience::kPlatform,
    "SELECT key, seq, data FROM test_effects WHERE consumer = ?1 ORDER BY id"};
inline constexpr storage::Sql kCountLog{storage::Audience::kPlatform,
                                        "SELECT count(*) FROM outbox"};

struct Effect {
  std::string key;
  std::int64_t seq = 0;
  std::string data;
};

// The effect of the tests' consumers: a row.
inline base::Status add_effect(storage::Transaction& tx, const std::string& consumer,
                               const Event& event) {
  ASHLAR_TRY(tx.execute(kAddEffect, {consumer, event.key(), event.seq.value, event.data}));
  return base::ok_status();
}

class EventsFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    store_->run_script(
        GetParam() == storage::Dialect::kSqlite
            ? "CREATE TABLE test_effects (id INTEGER PRIMARY KEY AUTOINCREMENT, consumer TEXT,"
              " key TEXT, seq INTEGER, data TEXT)"
            : "CREATE TABLE test_effects (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
              " consumer TEXT, key TEXT, seq BIGINT, data TEXT);"
              " GRANT ALL ON test_effects TO ashlar_platform");
    db_ = std::move(store_->open()).value();
  }
  void TearDown() override {
    db_.reset();
    store_.reset();
  }

  std::unique_ptr<Consumers> make_consumers(const std::string& instance, storage::Database& db,
                                            base::Seconds keep = base::Seconds{3600}) {
    return std::make_unique<Consumers>(Consumers::Options{.instance = instance, .keep = keep}, db,
                                       clock_, metrics_, log_);
  }

  // Three attempts, 1 s and 2 s apart.
  static ConsumerOptions options(const std::string& name, Consume consume, int batch = 200,
                                 std::vector<std::string> types = {"*"}) {
    return {.name = name,
            .types = std::move(types),
            .consume = std::move(consume),
            .retry = {.delays = {base::Millis{1000}, base::Millis{2000}}, .jitter = 0},
            .max_attempts = 3,
            .batch = batch,
            .from_start = true};
  }
  static Consume effect_of(const std::string& name) {
    return [name](storage::Transaction& tx, const Event& event) {
      return add_effect(tx, name, event);
    };
  }

  static NewEvent event(const std::string& id, const std::string& data,
                        const std::string& type = "thing.changed") {
    return {.type = type,
            .aggregate_type = "thing",
            .aggregate_id = id,
            .data = data,
            .traceparent = ""};
  }
  std::int64_t append(const std::string& id, const std::string& data,
                      const std::string& type = "thing.changed", base::TenantId tenant = kAlice) {
    const auto seq = db_->write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
      return outbox_.append(tx, event(id, data, type));
    });
    EXPECT_TRUE(seq.ok()) << (seq.ok() ? "" : seq.error().detail);
    return seq.ok() ? seq->value : 0;
  }

  std::vector<Effect> effects(const std::string& consumer) {
    std::vector<Effect> found;
    const auto read = db_->read(kEventsContext, [&](storage::Transaction& tx) -> base::Status {
      found.clear();
      ASHLAR_TRY(tx.query(kEffects, {consumer}, [&](const storage::Row& row) {
        found.push_back({std::string(row.text(0)), row.integer(1), std::string(row.text(2))});
      }));
      return base::ok_status();
    });
    EXPECT_TRUE(read.ok());
    return found;
  }
  std::vector<std::string> data_of(const std::string& consumer) {
    std::vector<std::string> data;
    for (const Effect& effect : effects(consumer)) data.push_back(effect.data);
    return data;
  }
  std::int64_t log_size() {
    const auto count =
        db_->read(kEventsContext, [](storage::Transaction& tx) -> base::Result<std::int64_t> {
          std::int64_t n = -1;
          ASHLAR_TRY(tx.query(kCountLog, {}, [&](const storage::Row& row) { n = row.integer(0); }));
          return n;
        });
    return count.ok() ? *count : -1;
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{11};
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  Outbox outbox_{clock_, entropy_, [] {}};
};

}  // namespace ashlar::events
