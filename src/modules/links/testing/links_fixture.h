// LinksFixture: an empty database on either engine, two tenants, a clock moved by hand, and Links
// on it, for the module's tests.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, LinksTest, links_databases(), links_database_name);
//
// On PostgreSQL only where ASHLAR_TEST_POSTGRES, the URL of a superuser of a cluster for tests, is
// set; elsewhere those tests skip and say so.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/links/links.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::links {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

inline auto links_databases() {
  return ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres);
}
inline std::string links_database_name(const ::testing::TestParamInfo<storage::Dialect>& info) {
  return info.param == storage::Dialect::kSqlite ? "Sqlite" : "Postgres";
}

// One database, gone with the object.
class LinksDatabase {
 public:
  virtual ~LinksDatabase() = default;
  virtual storage::Database& database() = 0;

  // Null: that engine is not at hand.
  static std::unique_ptr<LinksDatabase> make(storage::Dialect dialect);
};

class LinksFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = LinksDatabase::make(GetParam());
    if (!store_) GTEST_SKIP() << "ASHLAR_TEST_POSTGRES is not set: nothing is tested on PostgreSQL";
  }

  storage::Database& db() { return store_->database(); }

  std::unique_ptr<LinksDatabase> store_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  CodeSpace codes_{std::string(CodeSpace::kSecretBytes, 'k')};
  Links links_{"https://sho.rt", *OwnHosts::parse({"http://127.0.0.1:8080", "https://sho.rt"}),
               codes_, clock_};
};

}  // namespace ashlar::links
