// Both engines for activity's tests: an empty database with the product's schema.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, activity_databases(), activity_database_name);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/testing/test_store.h"

namespace ashlar::activity {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

inline auto activity_databases() {
  return ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres);
}
inline std::string activity_database_name(const ::testing::TestParamInfo<storage::Dialect>& info) {
  return info.param == storage::Dialect::kSqlite ? "Sqlite" : "Postgres";
}

// Null: that engine is not at hand.
inline std::unique_ptr<storage::TestStore> make_activity_store(storage::Dialect dialect) {
  std::unique_ptr<storage::TestStore> store;
  if (dialect == storage::Dialect::kSqlite) {
    store = storage::make_sqlite_test_store();
  } else {
    store = storage::make_postgres_test_store();
  }
  if (!store) return nullptr;
  auto schema = store->open_schema();
  CHECK(schema.ok());
  CHECK(storage::apply_migrations(**schema, storage::embedded_migrations(), store->clock).ok());
  return store;
}

}  // namespace ashlar::activity
