// What the pool makes of a provider that takes messages and says nothing: how soon nobody is given
// to it any more, and what becomes of those it has.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/provider_pool.h"
#include "modules/notifications/queued_provider.h"
#include "modules/notifications/testing/scripted_provider.h"
#include "modules/notifications/testing/stuck_provider.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::notifications {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ProviderPool::Choice::Kind;

constexpr base::TenantId kAlice{1};

class ProviderPoolSilenceTest : public ::testing::Test {
 protected:
  // Answers at once, where nobody says otherwise.
  ProviderSpec& add(std::int64_t id, Channel channel = Channel::kSms) {
    ProviderSpec& spec = specs_.emplace_back();
    spec.id = ProviderId(id);
    spec.version = 1;
    spec.name = "p" + std::to_string(id);
    spec.type = "test";
    spec.channel = channel;
    spec.max_running = 1000;
    spec.make = [this]() -> base::Result<std::unique_ptr<Provider>> { return healthy_.make(); };
    return spec;
  }
  ProviderPool& pool() {
    if (!pool_) {
      pool_.emplace(
          [this](base::TenantId) { return base::Result<std::vector<ProviderSpec>>(specs_); }, 7,
          clock_, metrics_, log_);
    }
    return *pool_;
  }
  ProviderPool::Choice choose(ProviderPool::Wanted wanted = {}) {
    wanted.tenant = kAlice;
    if (wanted.channel == Channel::kEmail) wanted.channel = Channel::kSms;
    return pool().choose(wanted).value();
  }
  // Who carried it, 0: nobody.
  std::int64_t send() {
    const ProviderPool::Choice choice = choose();
    if (choice.kind != Kind::kLease) return 0;
    choice.lease->send({}, [](const SendResult&) {});
    return choice.lease->provider().value;
  }

  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::vector<ProviderSpec> specs_;
  ProviderScript healthy_;
  std::optional<ProviderPool> pool_;
};

// As a mail server does whose few connections are all stuck: the rest of what
// it was given waits.
TEST_F(ProviderPoolSilenceTest, WhatASilentOneHasNotBegunIsGivenToTheNext) {
  StuckScript stuck(8);
  ProviderSpec& first = add(1);
  first.max_running = 64;
  first.make = [&] { return base::Result<std::unique_ptr<Provider>>(stuck.make()); };
  add(2).priority = 1;
  std::map<std::int64_t, int> by;
  int given_back = 0;
  base::Mono opened{};
  const base::Mono begin = clock_.mono();
  for (int i = 0; i < 1'000; ++i, clock_.advance(milliseconds(1))) {
    const ProviderPool::Choice choice = choose();
    if (choice.kind != Kind::kLease) continue;
    ++by[choice.lease->provider().value];
    choice.lease->send({}, [&](const SendResult& result) { given_back += is_given_back(result); });
    if (opened == base::Mono{} && pool().open_breakers() > 0) opened = clock_.mono();
  }
  EXPECT_GE(opened - begin, ProviderSilence::kShortest);
  EXPECT_LT(opened - begin, seconds(1));
  EXPECT_EQ(by.at(1), 64);
  EXPECT_EQ(given_back, 56);
  const ProviderHealth::View health = pool().health(kAlice).value()[0].health;
  EXPECT_TRUE(health.silent);  // what was given back is no answer
  EXPECT_EQ(health.running, 8);
  EXPECT_EQ(health.service.failures, 0U);
  // Its places are free again; one probe goes all the same, and says that it is
  // one.
  clock_.advance(seconds(2));
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(send(), 2);
  EXPECT_EQ(stuck.probes(), 1U);
  stuck.release();
  EXPECT_EQ(pool().open_breakers(), 0U);
}

TEST_F(ProviderPoolSilenceTest, APushServiceThatSaysNothingHoldsUpItsOwnAlone) {
  ProviderSpec& spec = add(1, Channel::kPush);
  spec.is_one_service = false;
  spec.max_running = 256;
  const std::string stuck = "https://stuck.example", well = "https://well.example";
  StuckScript service(256,
                      [&](const Outgoing& out) { return out.target.address.starts_with(stuck); });
  spec.make = [&] { return base::Result<std::unique_ptr<Provider>>(service.make()); };
  std::map<std::string, int> taken;
  base::Mono held{};
  const base::Mono begin = clock_.mono();
  const auto push = [&](const std::string& origin) {
    const ProviderPool::Choice choice = choose({.channel = Channel::kPush, .domain = origin});
    if (choice.kind != Kind::kLease) return choice.hold;
    ++taken[origin];
    Outgoing out;
    out.target.address = origin + "/x";
    choice.lease->send(std::move(out), [](const SendResult&) {});
    return Hold::kNone;
  };
  for (int i = 0; i < 1'000; ++i, clock_.advance(milliseconds(5))) {
    const Hold hold = push(stuck);
    if (hold != Hold::kNone && held == base::Mono{}) held = clock_.mono();
    // The breaker is all origins': it stays as it is.
    if (hold != Hold::kNone) EXPECT_EQ(hold, Hold::kDomain);
    EXPECT_EQ(push(well), Hold::kNone);
  }
  EXPECT_GE(held - begin, ProviderSilence::kShortest);
  EXPECT_LT(held - begin, seconds(1));
  EXPECT_EQ(taken.at(well), 1'000);
  // 5 s: until it was found out, and two probes.
  EXPECT_LT(taken.at(stuck), 200);
  EXPECT_EQ(pool().open_breakers(), 0U);
  const ProviderHealth::View health = pool().health(kAlice).value()[0].health;
  EXPECT_FALSE(health.silent);
  EXPECT_EQ(health.silent_hosts, std::vector<std::string>{stuck});
  service.release();
  EXPECT_EQ(push(stuck), Hold::kNone);
  EXPECT_TRUE(pool().health(kAlice).value()[0].health.silent_hosts.empty());
}

}  // namespace
}  // namespace ashlar::notifications
