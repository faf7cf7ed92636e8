// SecurityTest: what the tests of security's services stand on: an empty database of either engine,
// two tenants, a clock that the test moves and entropy that repeats.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/security/admin.h"
#include "platform/security/api_keys.h"
#include "platform/security/tenants.h"
#include "platform/storage/migrations.h"
#include "platform/storage/testing/test_store.h"

namespace ashlar::security {

class SecurityTest : public testing::TestWithParam<storage::Dialect> {
 protected:
  // Weak on purpose: what is tested is not argon2's cost.
  static constexpr PasswordCost kCheapCost{1, 64 * 1024};

  void SetUp() override {
    open();
    if (IsSkipped() || HasFatalFailure()) return;
    alpha_ = make_tenant("alpha");
    beta_ = make_tenant("beta");
  }

  void open() {
    if (GetParam() == storage::Dialect::kSqlite) {
      store_ = storage::make_sqlite_test_store();
    } else {
      store_ = storage::make_postgres_test_store();
    }
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    std::vector<storage::EmbeddedMigration> own;
    for (const storage::EmbeddedMigration& migration : storage::embedded_migrations()) {
      if (migration.module == "platform") own.push_back(migration);
    }
    auto schema = store_->open_schema();
    ASSERT_TRUE(schema.ok()) << schema.error().detail;
    const auto applied = storage::apply_migrations(**schema, own, store_->clock);
    ASSERT_TRUE(applied.ok()) << applied.error().detail;
    auto opened = store_->open();
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    db_ = std::move(opened).value();
  }

  // For members of a test that storage's threads call: before they are gone.
  void close() { db_.reset(); }

  storage::Database& db() { return *db_; }

  base::TenantId make_tenant(const std::string& name) {
    Tenants tenants(db(), clock_, {});
    auto made = tenants.create(name);
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return made.ok() ? made->id : base::TenantId(1);
  }

  std::unique_ptr<ApiKeys> make_keys() {
    return std::make_unique<ApiKeys>(db(), clock_, entropy_, known_scopes());
  }
  static std::vector<std::string> known_scopes() {
    return {"keys:read", "keys:write", "links:read", "links:write"};
  }

  [[nodiscard]] storage::Context alpha() const { return storage::Context::tenant(alpha_); }
  [[nodiscard]] storage::Context beta() const { return storage::Context::tenant(beta_); }
  static Principal admin() {
    Principal principal;
    principal.kind = Principal::Kind::kAdmin;
    return principal;
  }

  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;  // before the store goes
  base::TenantId alpha_;
  base::TenantId beta_;
};

template <class T>
std::string reason_of(const base::Result<T>& result) {
  return result.ok() ? "ok" : result.error().reason;
}

inline std::string dialect_name(const testing::TestParamInfo<storage::Dialect>& info) {
  return info.param == storage::Dialect::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace ashlar::security

#define ASHLAR_ON_BOTH_ENGINES(suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(                                                                    \
      Storage, suite,                                                                          \
      testing::Values(ashlar::storage::Dialect::kSqlite, ashlar::storage::Dialect::kPostgres), \
      ashlar::security::dialect_name)
