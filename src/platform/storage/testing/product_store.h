// A TestStore with the product's schema, and both engines as a parameter, for the modules' tests.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
//
// On PostgreSQL only where ASHLAR_TEST_POSTGRES, the URL of a superuser of a cluster for tests, is
// set; elsewhere those tests skip and say so (kNoPostgres).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/testing/test_store.h"

namespace ashlar::storage {

inline auto both_engines() { return ::testing::Values(Dialect::kSqlite, Dialect::kPostgres); }
inline std::string engine_name(const ::testing::TestParamInfo<Dialect>& info) {
  return info.param == Dialect::kSqlite ? "Sqlite" : "Postgres";
}

// Null: that engine is not at hand.
inline std::unique_ptr<TestStore> make_product_store(Dialect dialect) {
  std::unique_ptr<TestStore> store;
  if (dialect == Dialect::kSqlite) {
    store = make_sqlite_test_store();
  } else {
    store = make_postgres_test_store();
  }
  if (!store) return nullptr;
  auto schema = store->open_schema();
  CHECK(schema.ok());
  CHECK(apply_migrations(**schema, embedded_migrations(), store->clock).ok());
  return store;
}

}  // namespace ashlar::storage
