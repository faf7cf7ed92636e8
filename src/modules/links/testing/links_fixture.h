// LinksFixture: an empty database on either engine, two tenants, a clock moved by hand, and Links
// on it, for the module's tests.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, LinksTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/links/domains.h"
#include "modules/links/links.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::links {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

class LinksFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    database_ = std::move(store_->open()).value();
  }

  storage::Database& db() { return *database_; }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> database_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  CodeSpace codes_{std::string(CodeSpace::kSecretBytes, 'k')};
  Domains domains_{*OwnHosts::parse({"http://127.0.0.1:8080", "https://sho.rt"}), clock_};
  Links links_{"https://sho.rt", *OwnHosts::parse({"http://127.0.0.1:8080", "https://sho.rt"}),
               codes_, clock_};
};

}  // namespace ashlar::links
