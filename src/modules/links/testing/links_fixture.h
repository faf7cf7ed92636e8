// LinksFixture: a database with two tenants, a clock moved by hand, and Links on it, for the module's
// tests. Runs on each engine that is at hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/links/links.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::links {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

inline auto links_databases() { return ::testing::Values(storage::Dialect::kSqlite); }
inline std::string links_database_name(const ::testing::TestParamInfo<storage::Dialect>& info) {
  return info.param == storage::Dialect::kSqlite ? "Sqlite" : "Postgres";
}

class LinksFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  storage::Database& db() { return store_.database(); }

  storage::TemporarySqlite store_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  CodeSpace codes_{std::string(CodeSpace::kSecretBytes, 'k')};
  Links links_{"https://sho.rt", *OwnHosts::parse({"http://127.0.0.1:8080", "https://sho.rt"}), codes_,
               clock_};
};

}  // namespace ashlar::links
