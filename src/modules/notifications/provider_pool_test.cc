// The choice among providers, and what their answers do to it, on a clock driven by hand.
#include "modules/notifications/provider_pool.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/testing/scripted_provider.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::notifications {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ProviderPool::Choice::Kind;

constexpr base::TenantId kAlice{1};

class ProviderPoolTest : public ::testing::Test {
 protected:
  ProviderSpec& add(std::int64_t id, Channel channel = Channel::kSms) {
    ProviderSpec spec;
    spec.id = ProviderId(id);
    spec.version = 1;
    spec.name = "p" + std::to_string(id);
    spec.type = "test";
    spec.channel = channel;
    spec.weight = 100;
    spec.max_running = 1000;
    spec.make = [this, id]() -> base::Result<std::unique_ptr<Provider>> {
      ++made_;
      return scripts_[id].make();
    };
    specs_.push_back(std::move(spec));
    return specs_.back();
  }

  ProviderPool& pool() {
    if (!pool_) {
      pool_.emplace(
          [this](base::TenantId) {
            ++loads_;
            return base::Result<std::vector<ProviderSpec>>(specs_);
          },
          7, clock_, metrics_, log_);
    }
    return *pool_;
  }

  ProviderPool::Choice choose(ProviderPool::Wanted wanted = {}) {
    wanted.tenant = kAlice;
    if (wanted.channel == Channel::kEmail && wanted.domain.empty()) wanted.channel = Channel::kSms;
    return pool().choose(wanted).value();
  }
  // Who carried it, 0: nobody.
  std::int64_t send(const ProviderPool::Wanted& wanted = {}) {
    const ProviderPool::Choice choice = choose(wanted);
    if (choice.kind != Kind::kLease) return 0;
    choice.lease->send({}, [](const SendResult&) {});
    return choice.lease->provider().value;
  }
  std::map<std::int64_t, int> send_many(int count) {
    std::map<std::int64_t, int> by;
    for (int i = 0; i < count; ++i) ++by[send()];
    return by;
  }

  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::vector<ProviderSpec> specs_;
  std::map<std::int64_t, ProviderScript> scripts_;
  int made_ = 0, loads_ = 0;
  std::optional<ProviderPool> pool_;
};

TEST_F(ProviderPoolTest, NoneUnfitSpentAndDisabledAreDifferent) {
  EXPECT_EQ(choose().kind, Kind::kNone);
  add(1);
  pool().forget(kAlice);
  EXPECT_EQ(choose({.type = "other"}).kind, Kind::kUnfit);
  EXPECT_EQ(choose({.type = "test"}).kind, Kind::kLease);
  const std::vector<ProviderId> asked{ProviderId(1)};
  EXPECT_EQ(choose({.exclude = asked}).kind, Kind::kSpent);
  EXPECT_EQ(choose({.only = ProviderId(1)}).kind, Kind::kLease);
  EXPECT_EQ(choose({.only = ProviderId(9)}).kind, Kind::kSpent);
  specs_[0].enabled = false;
  specs_[0].version = 2;
  pool().forget(kAlice);
  EXPECT_EQ(choose().kind, Kind::kWait);
  EXPECT_EQ(choose().hold, Hold::kNone);
}

TEST_F(ProviderPoolTest, PriorityFirstThenWeight) {
  add(1).weight = 100;
  add(2).weight = 300;
  add(3).priority = 1;
  add(4).weight = 0;
  const auto by = send_many(4000);
  EXPECT_NEAR(by.at(1), 1000, 120);
  EXPECT_NEAR(by.at(2), 3000, 120);
  EXPECT_EQ(by.size(), 2U);
  const std::vector<ProviderId> asked{ProviderId(1), ProviderId(2)};
  EXPECT_EQ(send({.exclude = asked}), 3);
  EXPECT_EQ(send({.only = ProviderId(4)}), 4);
}

TEST_F(ProviderPoolTest, ADrawHasOneOrderAndWeightsHoldOverMany) {
  add(1).weight = 100;
  add(2).weight = 300;
  add(3).priority = 1;
  std::map<std::int64_t, int> by;
  for (std::uint64_t draw = 1; draw <= 10'000; ++draw) {
    const std::int64_t first = send({.draw = draw});
    ASSERT_EQ(send({.draw = draw}), first) << draw;
    ASSERT_EQ(choose({.draw = draw}).first.value, first);
    const std::vector<ProviderId> asked{ProviderId(first)};
    ASSERT_EQ(send({.exclude = asked, .draw = draw}), 3 - first);
    ++by[first];
  }
  EXPECT_NEAR(by.at(1), 2'500, 175);  // four standard deviations
  EXPECT_NEAR(by.at(2), 7'500, 175);
}

TEST_F(ProviderPoolTest, TheFirstOfItsOrderOrNone) {
  add(1).max_running = 1;
  add(2).max_running = 1;
  scripts_[1].hold();
  scripts_[2].hold();
  const std::int64_t first = send({.draw = 5});
  const ProviderPool::Choice held = choose({.draw = 5, .only_first = true});
  EXPECT_EQ(held.kind, Kind::kWait);
  EXPECT_EQ(held.hold, Hold::kPlaces);
  EXPECT_EQ(held.first.value, first);
  const ProviderPool::Choice other = choose({.draw = 5});
  ASSERT_EQ(other.kind, Kind::kLease);
  EXPECT_EQ(other.lease->provider().value, 3 - first);
  EXPECT_EQ(other.first.value, first);
  scripts_[first].release();
  EXPECT_EQ(send({.draw = 5, .only_first = true}), first);
}

// 1,000 a second, all of it fails from one moment on.
TEST_F(ProviderPoolTest, TheBreakerOpensWithinASecondAndTrafficMoves) {
  add(1);
  add(2).priority = 1;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(send(), 1);
    clock_.advance(milliseconds(1));
  }
  scripts_[1].always(Verdict::kRetry);
  const base::Mono failing = clock_.mono();
  while (send() == 1) {
    clock_.advance(milliseconds(1));
    ASSERT_LT(clock_.mono() - failing, seconds(1));
  }
  EXPECT_EQ(pool().open_breakers(), 1U);
  // For a minute: some probes, all else goes to the other.
  int probes = 0;
  for (int i = 0; i < 60'000; ++i) {
    probes += send() == 1 ? 1 : 0;
    clock_.advance(milliseconds(1));
  }
  EXPECT_GT(probes, 10);
  EXPECT_LT(probes, 100);
  // It is well again: within some seconds it has all of it back.
  scripts_[1].always(Verdict::kAccepted);
  const base::Mono well = clock_.mono();
  while (pool().open_breakers() > 0) {
    send();
    clock_.advance(milliseconds(1));
    ASSERT_LT(clock_.mono() - well, seconds(4));
  }
  EXPECT_EQ(send_many(100).at(1), 100);
}

TEST_F(ProviderPoolTest, AloneItSaysHowLongToWait) {
  add(1);
  scripts_[1].always(Verdict::kRetry);
  send_many(60);
  const ProviderPool::Choice choice = choose();
  EXPECT_EQ(choice.kind, Kind::kWait);
  EXPECT_EQ(choice.hold, Hold::kBreaker);
  EXPECT_GT(choice.wait, milliseconds(100));
  EXPECT_LE(choice.wait, seconds(3));
  EXPECT_LT(scripts_[1].count(), 60U);
}

TEST_F(ProviderPoolTest, ARefusedCredentialStopsAtOnce) {
  add(1);
  add(2).priority = 1;
  send_many(1000);
  scripts_[1].answer_with({verdict(Verdict::kCredential)});
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(send(), 2);
  EXPECT_EQ(pool().health(kAlice)->at(0).health.credential.state,
            kit::CircuitBreaker::State::kOpen);
  EXPECT_EQ(pool().health(kAlice)->at(0).health.service.state, kit::CircuitBreaker::State::kClosed);
  clock_.advance(seconds(40));
  EXPECT_EQ(send(), 1);  // the probe, which is accepted
  EXPECT_EQ(send(), 1);
}

TEST_F(ProviderPoolTest, WhatSaysNothingOfTheProviderOpensNothing) {
  add(1);
  for (const Verdict v : {Verdict::kDropToken, Verdict::kQuarantine, Verdict::kSuppress,
                          Verdict::kRefused, Verdict::kOurBug}) {
    scripts_[1].always(v);
    EXPECT_EQ(send_many(200).at(1), 200) << name_of(v);
  }
}

TEST_F(ProviderPoolTest, ThrottledItIsLeftAloneAsLongAsItSays) {
  add(1);
  add(2).priority = 1;
  SendResult busy = verdict(Verdict::kThrottled);
  busy.retry_after = base::Millis{5'000};
  scripts_[1].answer_with({busy});
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(send(), 2);
  clock_.advance(milliseconds(4'999));
  EXPECT_EQ(send(), 2);
  clock_.advance(milliseconds(1));
  EXPECT_EQ(send(), 1);
}

TEST_F(ProviderPoolTest, BulkLeavesPlacesToTheRest) {
  add(1).max_running = 8;
  scripts_[1].hold();
  const ProviderPool::Wanted bulk{.priority = Priority::kBulk};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(send(bulk), 1);
  EXPECT_EQ(send(bulk), 0);
  EXPECT_EQ(choose(bulk).hold, Hold::kPlaces);
  EXPECT_EQ(send({.priority = Priority::kUrgent}), 1);
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(send(), 0);
  scripts_[1].release();
  EXPECT_EQ(send(bulk), 1);
}

// 10 places of 100 ms: one becomes free every 10 ms.
TEST_F(ProviderPoolTest, ThoseWhoWaitForAPlaceComeAsFastAsPlacesDo) {
  add(1).max_running = 10;
  scripts_[1].hold();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(send(), 1);
  clock_.advance(milliseconds(100));
  scripts_[1].release();
  scripts_[1].hold();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(send(), 1);
  std::chrono::nanoseconds last{0};
  for (int i = 0; i < 50; ++i) {
    const std::chrono::nanoseconds wait = choose().wait;
    if (i > 0) {
      EXPECT_EQ(wait - last, milliseconds(10)) << i;
    }
    last = wait;
  }
  EXPECT_EQ(choose({.priority = Priority::kUrgent}).wait, ProviderHealth::kPlaceWait);
  for (int i = 0; i < 5'000; ++i) last = choose().wait;
  EXPECT_EQ(last, ProviderHealth::kLongestPlaceWait);
  scripts_[1].release();
}

TEST_F(ProviderPoolTest, AProviderThatDoesNotAnswerIsAskedLessAndLess) {
  add(1).max_running = 2;
  scripts_[1].hold();
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(choose({.priority = Priority::kUrgent}).wait, ProviderHealth::kPlaceWait);
  clock_.advance(seconds(8));
  EXPECT_EQ(choose({.priority = Priority::kUrgent}).wait, seconds(4));
  EXPECT_GE(choose({.priority = Priority::kBulk}).wait, seconds(4));
  clock_.advance(seconds(60));
  EXPECT_EQ(choose().wait, ProviderHealth::kLongestPlaceWait);
  scripts_[1].release();
}

TEST_F(ProviderPoolTest, WhoTakesAndSaysNothingIsHeldBackAndTheNextIsAsked) {
  add(1).max_running = 64;
  add(2).priority = 1;
  add(3, Channel::kPush).is_one_service = false;
  scripts_[1].hold();
  scripts_[3].hold();
  const auto send_for = [&](milliseconds time, const ProviderPool::Wanted& wanted) {
    std::map<std::int64_t, int> by;
    for (milliseconds at{0}; at < time; at += milliseconds(5), clock_.advance(milliseconds(5))) {
      ++by[send(wanted)];
    }
    return by;
  };
  EXPECT_EQ(send_for(milliseconds(1000), {}).at(1), 64);
  const ProviderPool::Choice held = choose({.only = ProviderId(1)});
  EXPECT_EQ(held.hold, Hold::kBreaker);
  EXPECT_EQ(pool().open_breakers(), 1U);
  EXPECT_TRUE(pool().health(kAlice).value()[0].health.silent);
  EXPECT_EQ(send_for(milliseconds(6000), {}).at(1), 1);  // beyond its places one probe, no more
  scripts_[1].release();
  EXPECT_EQ(pool().open_breakers(), 0U);
  EXPECT_EQ(send_for(milliseconds(1000), {}).size(), 1U);
  // Each address of this one is a service of its own.
  EXPECT_EQ(send_for(milliseconds(4000), {.channel = Channel::kPush}).at(3), 800);
  scripts_[3].release();
}

TEST_F(ProviderPoolTest, WhoIsQueuedIsResumedWhenAPlaceIsFree) {
  add(1).max_running = 1;
  scripts_[1].hold();
  EXPECT_EQ(send(), 1);
  std::string resumed;
  const auto queue = [&](char name, Priority priority) {
    const ProviderPool::Wanted wanted{
        .tenant = kAlice, .channel = Channel::kSms, .priority = priority};
    return pool().choose(wanted, [this, &resumed, name, priority] {
      resumed += name;
      return name != 'c' && send({.priority = priority}) == 1;
    });
  };
  EXPECT_EQ(queue('b', Priority::kNormal)->kind, Kind::kQueued);
  EXPECT_EQ(queue('a', Priority::kUrgent)->kind, Kind::kQueued);
  EXPECT_EQ(resumed, "");
  scripts_[1].release();
  EXPECT_EQ(resumed, "ab");
  scripts_[1].hold();
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(queue('c', Priority::kNormal)->kind, Kind::kQueued);
  pool().close();
  EXPECT_EQ(resumed, "abc");
  scripts_[1].release();
}

TEST_F(ProviderPoolTest, ALeaseThatIsDroppedGivesItsPlaceBack) {
  ProviderSpec& spec = add(1);
  spec.max_running = 1;
  spec.pace_per_s = 10;
  {
    const ProviderPool::Choice kept = choose();
    EXPECT_EQ(kept.kind, Kind::kLease);
    EXPECT_EQ(choose().kind, Kind::kWait);
  }
  EXPECT_EQ(choose().kind, Kind::kLease);
}

TEST_F(ProviderPoolTest, AProjectsProvidersShareItsPace) {
  for (const std::int64_t id : {1, 2}) {
    ProviderSpec& spec = add(id);
    spec.project = "push-project";
    spec.pace_per_s = 100;
  }
  int sent = 0;
  for (int i = 0; i < 10'000; ++i) {
    sent += send() != 0 ? 1 : 0;
    clock_.advance(milliseconds(1));
  }
  EXPECT_NEAR(sent, 1000, 15);
}

TEST_F(ProviderPoolTest, ThoseWhoWaitForThePaceHaveTheirTurns) {
  add(1).pace_per_s = 10;
  send();
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 20; ++i) waits.push_back(choose().wait);
  for (std::size_t i = 1; i < waits.size(); ++i) {
    EXPECT_GE(waits[i] - waits[i - 1], milliseconds(99)) << i;
  }
}

TEST_F(ProviderPoolTest, ASlowDomainHoldsUpOnlyItself) {
  add(1, Channel::kEmail);
  SendResult slow = verdict(Verdict::kThrottled);
  slow.scope = ThrottleScope::kDomain;
  const ProviderPool::Wanted big{.domain = "big.example"};
  const ProviderPool::Wanted small{.domain = "small.example"};
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(send(big), 1);
    clock_.advance(milliseconds(1));
  }
  scripts_[1].answer_with({slow});
  ASSERT_EQ(send(big), 1);
  int big_sent = 0, small_sent = 0;
  for (int i = 0; i < 900; ++i) {
    big_sent += send(big) == 1 ? 1 : 0;
    small_sent += send(small) == 1 ? 1 : 0;
    clock_.advance(milliseconds(1));
  }
  EXPECT_NEAR(big_sent, 450, 20);
  EXPECT_EQ(small_sent, 900);
  EXPECT_EQ(pool().health(kAlice)->at(0).health.slowed.at(0).name, "big.example");
}

TEST_F(ProviderPoolTest, AChangeIsReadOnceAndKeepsWhatItDoesNotTouch) {
  add(1);
  add(2).priority = 1;
  send_many(10);
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(made_, 1);  // the other was never asked
  scripts_[1].answer_with({verdict(Verdict::kCredential)});
  send();
  specs_[1].weight = 5;
  specs_[1].version = 2;
  pool().forget(kAlice);
  EXPECT_EQ(send(), 2) << "what is known of the first stays known";
  EXPECT_EQ(loads_, 2);
  specs_[0].version = 2;  // another credential
  pool().forget(kAlice);
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(made_, 3);
}

TEST_F(ProviderPoolTest, SettingsThatCannotBeUsedAreTold) {
  add(1).make = []() -> base::Result<std::unique_ptr<Provider>> {
    return base::fail(base::Code::kInvalid, "key_malformed", "This is no key.");
  };
  EXPECT_EQ(choose().kind, Kind::kWait);
  EXPECT_EQ(pool().health(kAlice)->at(0).trouble, "key_malformed: This is no key.");
}

TEST_F(ProviderPoolTest, WhatIsUnderWayAtTheEndStillCounts) {
  add(1);
  scripts_[1].hold();
  int done = 0;
  const ProviderPool::Choice choice = choose();
  choice.lease->send({}, [&](const SendResult&) { ++done; });
  pool_.reset();
  scripts_[1].release();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace ashlar::notifications
