// Leases, simulated: instances, a shared count some milliseconds away, one that dies or is cut off.
// Time is the test's; every run repeats by its seed.
#include "modules/limits/lease_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "modules/limits/local_share.h"
#include "modules/limits/memory_state.h"

namespace ashlar::limits {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds{1'700'000'000}};

struct World {
  base::Mono now = kStart;
  base::Random random;
  MemoryState shared{{.max_keys = 1'000}, kit::SipKey{}};
  std::multimap<base::Mono, std::function<void()>> events;

  explicit World(std::uint64_t seed) : random(seed) {}

  void at(base::Mono when, std::function<void()> run) { events.emplace(when, std::move(run)); }
  void run_until(base::Mono end) {
    while (!events.empty() && events.begin()->first <= end) {
      now = events.begin()->first;
      const auto run = std::move(events.begin()->second);
      events.erase(events.begin());
      run();
    }
    now = end;
  }
};

struct FarBatch final : Batch {
  void on_decided() override {}
};

// Redis over a network: what is asked arrives later, and the answer later still. Cut off, it fails
// at the deadline, then at once.
class FarState final : public LimitState {
 public:
  FarState(World& world, std::shared_ptr<LocalShare> local)
      : world_(world), local_(std::move(local)), alive_(std::make_shared<bool>(true)) {}
  ~FarState() override {
    *alive_ = false;
    for (Batch* batch : std::exchange(waiting_, {})) fail(*batch, world_.now);
  }

  void decide(Batch& batch, base::Mono now) override {
    if (known_cut_ && cut) return fail(batch, now);
    known_cut_ = false;
    waiting_.push_back(&batch);
    auto copy = std::make_shared<FarBatch>();
    copy->asks = batch.asks;
    copy->consume = batch.consume;
    copy->keeps = batch.keeps;
    auto texts = std::make_shared<std::vector<std::string>>();
    for (Ask& ask : copy->asks) texts->emplace_back(ask.key);
    for (std::size_t i = 0; i < texts->size(); ++i) copy->asks[i].key = (*texts)[i];
    const auto there = microseconds{200 + world_.random.below(600)};
    const auto back = microseconds{200 + world_.random.below(600)};
    const auto alive = alive_;
    world_.at(world_.now + there, [this, alive, copy, texts, now] {
      if (!*alive || !cut) world_.shared.decide(*copy, now);
    });
    world_.at(world_.now + there + back, [this, alive, copy, &batch] {
      if (!*alive || cut || !forget(batch)) return;
      batch.outcomes = copy->outcomes;
      batch.allowed = copy->allowed;
      batch.on_decided();
    });
    world_.at(world_.now + milliseconds{50}, [this, alive, &batch, now] {
      if (!*alive || !cut || !forget(batch)) return;
      known_cut_ = true;
      fail(batch, now);
    });
  }

  bool cut = false;

 private:
  bool forget(const Batch& batch) {
    const auto found = std::ranges::find(waiting_, &batch);
    if (found == waiting_.end()) return false;
    waiting_.erase(found);
    return true;
  }
  void fail(Batch& batch, base::Mono now) {
    local_->decide(batch, now);
    batch.on_decided();
  }

  World& world_;
  const std::shared_ptr<LocalShare> local_;
  const std::shared_ptr<bool> alive_;
  bool known_cut_ = false;
  std::vector<Batch*> waiting_;
};

struct Instance {
  std::shared_ptr<LocalShare> local;
  FarState* far = nullptr;
  std::unique_ptr<LeaseState> state;
};

struct Request final : Batch {
  std::function<void(Request&)> then;
  void on_decided() override { then(*this); }
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, std::size_t instances, LimitSpec spec)
      : world(seed), limit(Limit::make(std::move(spec), "sim").value()) {
    for (std::size_t i = 0; i < instances; ++i) {
      Instance& one = all.emplace_back();
      one.local = std::make_shared<LocalShare>(instances, 1'000, kit::SipKey{});
      auto far = std::make_unique<FarState>(world, one.local);
      one.far = far.get();
      one.state = std::make_unique<LeaseState>(LeaseState::Options{.instances = instances},
                                               std::move(far), one.local);
    }
  }

  // `rate` requests a second to this instance, at random moments.
  void offer(std::size_t instance, double rate, base::Mono from, base::Mono until) {
    const double mean_us = 1e6 / rate;
    for (base::Mono at = from;;) {
      at += microseconds{static_cast<std::int64_t>(world.random.unit() * 2 * mean_us)};
      if (at >= until) break;
      world.at(at, [this, instance] { request(instance); });
    }
  }
  void ticks(base::Mono until) {
    for (base::Mono at = kStart; at < until; at += milliseconds{10}) {
      world.at(at, [this] {
        for (Instance& one : all) {
          if (one.state != nullptr) one.state->tick(world.now);
        }
      });
    }
  }
  void request(std::size_t instance, std::uint64_t cost = 1) {
    if (all[instance].state == nullptr) return;
    auto* request = new Request;
    request->asks = {{limit.get(), "key", cost, Action::kTake}};
    request->keeps = limit;
    ++offered;
    const base::Mono begun = world.now;
    request->then = [this, begun](Request& one) {
      longest = std::max(longest, world.now - begun);
      if (one.allowed) ++admitted[(begun - kStart) / limit->spec().period];
      (one.allowed ? allowed : refused) += 1;
      delete &one;
    };
    all[instance].state->decide(*request, world.now);
  }
  // It dies: nothing is handed back, what waits is never answered to anybody who counts.
  void kill(std::size_t instance) {
    const std::uint64_t before = allowed;
    const auto counts = admitted;
    all[instance].state.reset();
    allowed = before;
    admitted = counts;
  }

  World world;
  std::shared_ptr<const Limit> limit;
  std::vector<Instance> all;
  std::map<std::int64_t, std::uint64_t> admitted;  // by window
  std::uint64_t offered = 0;
  std::uint64_t allowed = 0;
  std::uint64_t refused = 0;
  nanoseconds longest{0};
};

LimitSpec five_hundred(OnFailure on_failure = OnFailure::kLocal) {
  LimitSpec spec;
  spec.name = "500/s";
  spec.algorithm = Algorithm::kFixedWindow;
  spec.amount = 500;
  spec.period = seconds{1};
  spec.keeping = Keeping::kLeased;
  spec.on_failure = on_failure;
  return spec;
}

constexpr std::int64_t kWindows = 10;
constexpr base::Mono kEnd = kStart + seconds{kWindows};

class Leases : public testing::TestWithParam<std::uint64_t> {};

// APISIX's issue 13704: two instances, 500/s, 800/s offered.
TEST_P(Leases, NeverAboveTheLimitAndHardlyBelow) {
  for (const std::size_t instances : {2, 3}) {
    Simulation run(GetParam(), instances, five_hundred());
    for (std::size_t i = 0; i < instances; ++i) {
      run.offer(i, 800.0 / static_cast<double>(instances), kStart, kEnd);
    }
    run.ticks(kEnd);
    run.world.run_until(kEnd + seconds{1});
    EXPECT_EQ(run.allowed + run.refused, run.offered);
    for (const auto& [window, count] : run.admitted) EXPECT_LE(count, 500) << "window " << window;
    EXPECT_GE(run.allowed, 500 * kWindows * 98 / 100) << instances << " instances";
    EXPECT_LT(run.longest, milliseconds{60});
    std::uint64_t refills = 0;
    for (const Instance& one : run.all) refills += one.state->stats().refills;
    EXPECT_LT(refills, run.offered / 3) << "most decisions ask nobody";
  }
}

TEST_P(Leases, UnevenTrafficIsServedWhereItComes) {
  Simulation run(GetParam(), 2, five_hundred());
  run.offer(0, 780, kStart, kEnd);
  run.offer(1, 20, kStart, kEnd);
  run.ticks(kEnd);
  run.world.run_until(kEnd + seconds{1});
  for (const auto& [window, count] : run.admitted) EXPECT_LE(count, 500) << "window " << window;
  EXPECT_GE(run.allowed, 500 * kWindows * 98 / 100);
}

TEST_P(Leases, BelowTheLimitNobodyIsRefused) {
  Simulation run(GetParam(), 2, five_hundred());
  run.offer(0, 200, kStart, kEnd);
  run.offer(1, 200, kStart, kEnd);
  run.ticks(kEnd);
  run.world.run_until(kEnd + seconds{1});
  EXPECT_EQ(run.refused, 0);
}

// What it held is lost for one window: at most one lease.
TEST_P(Leases, AnInstanceThatDiesStrandsOneLease) {
  Simulation run(GetParam(), 2, five_hundred());
  const base::Mono death = kStart + seconds{5} + milliseconds{100};
  run.offer(0, 400, kStart, kEnd);
  run.offer(0, 400, death, kEnd);  // its callers go to the other one
  run.offer(1, 400, kStart, death);
  run.ticks(kEnd);
  run.world.at(death, [&] { run.kill(1); });
  run.world.run_until(kEnd + seconds{1});
  for (const auto& [window, count] : run.admitted) {
    EXPECT_LE(count, 500) << "window " << window;
    EXPECT_GE(count, window == 5 ? 500 - 125 : 490) << "window " << window;
  }
  EXPECT_GE(run.allowed, 500 * kWindows * 98 / 100);
}

// kLocal: half of the limit more at most, in the windows in which it is cut off.
TEST_P(Leases, AnInstanceThatIsCutOffAdmitsNoMoreThanItsShare) {
  Simulation run(GetParam(), 2, five_hundred());
  const base::Mono cut = kStart + seconds{4} + milliseconds{300};
  run.offer(0, 400, kStart, kEnd);
  run.offer(1, 400, kStart, kEnd);
  run.ticks(kEnd);
  run.world.at(cut, [&] { run.all[1].far->cut = true; });
  run.world.at(cut + seconds{3}, [&] { run.all[1].far->cut = false; });
  run.world.run_until(kEnd + seconds{1});
  for (const auto& [window, count] : run.admitted) {
    const bool cut_off = window >= 4 && window <= 7;
    EXPECT_LE(count, cut_off ? 750 : 500) << "window " << window;
    EXPECT_GE(count, cut_off ? 350 + 250 : 485) << "window " << window;
  }
  EXPECT_EQ(run.allowed + run.refused, run.offered);
}

TEST_P(Leases, WhatIsIdleIsHandedBack) {
  LimitSpec spec = five_hundred();
  spec.period = seconds{10};
  Simulation run(GetParam(), 2, spec);
  run.offer(0, 400, kStart, kStart + milliseconds{500});
  run.ticks(kEnd);
  run.world.run_until(kStart + seconds{2});
  EXPECT_GT(run.all[0].state->stats().handed_back, 0);
  // All that is left is there for the other one.
  const std::uint64_t left = 500 - run.allowed;
  for (int i = 0; i < 600; ++i) {
    run.world.at(kStart + seconds{2} + milliseconds{i}, [&] { run.request(1); });
  }
  run.world.run_until(kEnd - seconds{1});
  EXPECT_EQ(run.allowed, 500);
  EXPECT_GT(left, 0);
}

TEST_P(Leases, ABucketIsExceededByOneLeaseAnInstanceAtMost) {
  LimitSpec spec = five_hundred();
  spec.algorithm = Algorithm::kGcra;
  spec.burst = 100;
  Simulation run(GetParam(), 2, spec);
  run.offer(0, 400, kStart, kEnd);
  run.offer(1, 400, kStart, kEnd);
  run.ticks(kEnd);
  run.world.run_until(kEnd + seconds{1});
  EXPECT_LE(run.allowed, 500 * kWindows + 100);
  EXPECT_GE(run.allowed, 500 * kWindows * 98 / 100);
  for (const auto& [window, count] : run.admitted) EXPECT_LE(count, 650) << "window " << window;
}

INSTANTIATE_TEST_SUITE_P(Seeds, Leases, testing::Values(1, 2, 3, 4, 5));

TEST(LeaseState, ABatchThatAnotherLimitRefusesGivesBack) {
  Simulation run(1, 1, five_hundred());
  LimitSpec none = five_hundred();
  none.amount = 0;
  none.keeping = Keeping::kExact;
  const auto zero = Limit::make(none, "zero").value();
  bool allowed = true;
  Outcome leased;
  Request both;
  both.asks = {{run.limit.get(), "key", 3, Action::kTake}, {zero.get(), "key", 1, Action::kTake}};
  both.then = [&](Request& one) {
    allowed = one.allowed;
    leased = one.outcomes.front();
  };
  run.world.at(kStart, [&] { run.all[0].state->decide(both, kStart); });
  run.world.run_until(kStart + milliseconds{100});
  EXPECT_FALSE(allowed);
  EXPECT_TRUE(leased.decision.allowed);
  for (int i = 0; i < 600; ++i) {
    run.world.at(kStart + milliseconds{100 + i / 2}, [&] { run.request(0); });
  }
  run.world.run_until(kStart + milliseconds{990});
  EXPECT_EQ(run.allowed, 500);
}

TEST(LeaseState, WhatWaitsAtTheEndIsAnswered) {
  Simulation run(1, 1, five_hundred(OnFailure::kClosed));
  run.world.at(kStart, [&] {
    for (int i = 0; i < 5; ++i) run.request(0);
  });
  run.world.run_until(kStart + microseconds{10});
  EXPECT_EQ(run.allowed + run.refused, 0);
  run.all[0].state.reset();
  EXPECT_EQ(run.refused, 5);
}

// A shared count that answers when the test wants it to.
class HeldState final : public LimitState {
 public:
  explicit HeldState(std::vector<Batch*>& held) : held_(held) {}
  ~HeldState() override { grant_all(Source::kFailedOpen); }

  void decide(Batch& batch, base::Mono /*now*/) override { held_.push_back(&batch); }
  void grant_all(Source source) {
    for (Batch* batch : std::exchange(held_, {})) {
      Outcome outcome;
      outcome.decision.allowed = true;
      outcome.decision.remaining = 10;
      outcome.decision.reset_after = seconds{1};
      outcome.source = source;
      batch->outcomes.assign(batch->asks.size(), outcome);
      judge(*batch);
      batch->on_decided();
    }
  }

 private:
  std::vector<Batch*>& held_;
};

struct Held {
  Held() {
    auto far = std::make_unique<HeldState>(waiting);
    inner = far.get();
    state = std::make_unique<LeaseState>(LeaseState::Options{}, std::move(far), share);
  }

  std::vector<Batch*> waiting;
  std::shared_ptr<LocalShare> share = std::make_shared<LocalShare>(1, 1'000, kit::SipKey{});
  HeldState* inner = nullptr;
  std::unique_ptr<LeaseState> state;
};

// The clock is set forward by seconds while a batch has one lease and waits for another.
TEST(LeaseState, ALeaseStaysWhileABatchPointsToIt) {
  Held held;
  const auto limit = Limit::make(five_hundred(), "held").value();
  Request request;
  request.asks = {{limit.get(), "first", 1, Action::kTake},
                  {limit.get(), "second", 1, Action::kTake}};
  request.keeps = limit;
  int answers = 0;
  request.then = [&](Request& one) { answers += one.allowed ? 1 : 100; };
  held.state->decide(request, kStart);
  held.inner->grant_all(Source::kCount);  // of the first; now it waits for the second
  ASSERT_EQ(held.waiting.size(), 1);
  base::Mono now = kStart + seconds{5};
  for (int i = 0; i < 40; ++i) held.state->tick(now);
  EXPECT_EQ(held.state->stats().leases, 2);
  for (int i = 0; i < 8 && answers == 0; ++i) held.inner->grant_all(Source::kCount);
  EXPECT_EQ(answers, 1);
  now += seconds{5};
  for (int i = 0; i < 40; ++i) held.state->tick(now);
  held.inner->grant_all(Source::kCount);
  for (int i = 0; i < 40; ++i) held.state->tick(now);
  EXPECT_EQ(held.state->stats().leases, 0) << "nobody points to them any more";
}

TEST(LeaseState, AfterTheEndItMayStillBeTickedAndGo) {
  Held held;
  const auto limit = Limit::make(five_hundred(), "held").value();
  Request request;
  request.asks = {{limit.get(), "key", 1, Action::kTake}};
  request.keeps = limit;
  int answers = 0;
  request.then = [&](Request& /*one*/) { ++answers; };
  held.state->decide(request, kStart);
  held.state->hand_back_all(kStart);
  held.state->end();
  EXPECT_EQ(answers, 1);
  held.state->tick(kStart + seconds{5});
  held.state.reset();
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace ashlar::limits
