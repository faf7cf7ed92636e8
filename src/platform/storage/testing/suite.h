// Suite: what both engines are held to runs as TEST_P(Suite, …), once on each, on a new database.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "platform/storage/database.h"
#include "platform/storage/testing/test_store.h"

namespace ashlar::storage {

inline constexpr Sql kAddNote{Audience::kTenant,
                              "INSERT INTO notes (id, tenant_id, name) VALUES (?1, :tenant, ?2)"};
inline constexpr Sql kCountNotes{Audience::kTenant,
                                 "SELECT count(*) FROM notes WHERE tenant_id = :tenant"};
inline constexpr Sql kSumCounters{Audience::kPlatform, "SELECT sum(value) FROM counters"};
inline constexpr Sql kSetCounter{Audience::kPlatform,
                                 "INSERT INTO counters (id, value) VALUES (?1, ?2)"
                                 " ON CONFLICT (id) DO UPDATE SET value = excluded.value"};

inline const Context kOne = Context::tenant(base::TenantId(1));
inline const Context kTwo = Context::tenant(base::TenantId(2));
inline const Context kPlatform = Context::platform(PlatformUse::kMaintenance);

inline base::Status add_note(Transaction& tx, std::int64_t id, std::string_view name) {
  ASHLAR_TRY(tx.execute(kAddNote, {id, name}));
  return base::ok_status();
}

inline std::string reason_of(const base::Status& status) {
  return status.ok() ? "" : status.error().reason;
}

class Suite : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    if (GetParam() == "sqlite")
      store_ = make_sqlite_test_store();
    else
      store_ = make_postgres_test_store();
    if (store_ == nullptr) GTEST_SKIP() << kNoPostgres;
    ASSERT_NO_FATAL_FAILURE(migrate_for_tests(*store_));
    db_ = open();
  }
  void TearDown() override {
    db_.reset();
    store_.reset();
  }

  std::unique_ptr<Database> open(TestLimits limits = {}) {
    auto opened = store_->open(limits);
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    return std::move(opened).value();
  }

  std::int64_t count(const Context& context) {
    const auto rows = db_->read(context, [](Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t n = -1;
      ASHLAR_TRY(tx.query(kCountNotes, {}, [&](const Row& row) { n = row.integer(0); }));
      return n;
    });
    EXPECT_TRUE(rows.ok()) << rows.error().detail;
    return rows.ok() ? *rows : -1;
  }

  base::Mono in(base::Millis time) const { return store_->clock.mono() + time; }

  // Waits, for a bounded time, until another thread has made it true.
  bool eventually(const std::function<bool()>& holds) const {
    const base::Mono end = in(base::Millis(10'000));
    while (!holds()) {
      if (store_->clock.mono() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::unique_ptr<TestStore> store_;
  std::unique_ptr<Database> db_;
};

inline std::string engine_name(const testing::TestParamInfo<std::string_view>& one) {
  return std::string(one.param);
}

}  // namespace ashlar::storage
