// JobsFixture: an empty database on either engine, two tenants, a clock moved by hand, and Jobs on
// it, for tests of the engine and of what stands on it.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::jobs {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

class JobsFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    database_ = std::move(store_->open()).value();
    jobs_ = make_jobs(*database_);
  }

  // Another engine, as another process would have it.
  std::unique_ptr<Jobs> make_jobs(storage::Database& db) {
    Jobs::Options options;
    options.retry = {{base::Millis(1'000), base::Millis(10'000)}, 0.0};
    return std::make_unique<Jobs>(options, db, clock_, metrics_, log_);
  }

  storage::Database& db() { return *database_; }
  Jobs& jobs() { return *jobs_; }
  static storage::Context platform() {
    return storage::Context::platform(storage::PlatformUse::kJobs);
  }

  // Runs it in a write of the tenant and hands on what it answers.
  template <class F>
  auto as(base::TenantId tenant, F&& fn) {
    return db().write(storage::Context::tenant(tenant), std::forward<F>(fn));
  }

  Enqueued enqueue(const NewJob& job, base::TenantId tenant = kAlice) {
    const auto out = as(tenant, [&](storage::Transaction& tx) { return jobs().enqueue(tx, job); });
    EXPECT_TRUE(out.ok()) << out.error().detail;
    return out.ok() ? *out : Enqueued{};
  }
  std::vector<LeasedJob> lease(int max = 1, std::string_view kind = "k",
                               base::Millis time = base::Millis(30'000)) {
    LeaseRequest request;
    request.kind = kind;
    request.max = max;
    request.lease = time;
    request.worker = "test";
    auto out = jobs().lease(request);
    EXPECT_TRUE(out.ok()) << out.error().detail;
    return out.ok() ? *std::move(out) : std::vector<LeasedJob>();
  }
  bool end(LeaseRef ref, Outcome outcome) {
    const Ended ended{ref, std::move(outcome)};
    const auto held = jobs().end_many({&ended, 1});
    EXPECT_TRUE(held.ok()) << held.error().detail;
    return held.ok() && held->front();
  }
  // "" or the error's reason.
  std::string end_in_tx(base::TenantId tenant, LeaseRef ref, Outcome outcome) {
    const Ended ended{ref, std::move(outcome)};
    return reason(
        as(tenant, [&](storage::Transaction& tx) { return jobs().end(tx, tenant, ended); }));
  }
  static std::string reason(const base::Status& status) {
    return status.ok() ? "" : status.error().reason;
  }
  std::optional<JobView> find(JobId id, base::TenantId tenant = kAlice) {
    auto found = db().read(storage::Context::tenant(tenant),
                           [&](storage::Transaction& tx) { return jobs().find(tx, tenant, id); });
    if (!found.ok()) return std::nullopt;
    return *std::move(found);
  }
  void advance(base::Micros by) { clock_.advance(by); }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> database_;
  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<Jobs> jobs_;
};

}  // namespace ashlar::jobs
