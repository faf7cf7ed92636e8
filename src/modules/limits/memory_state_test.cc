#include "modules/limits/memory_state.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "modules/limits/batch.h"
#include "modules/limits/testing/oracle_run.h"

namespace ashlar::limits {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr kit::SipKey kSeed{1, 2};
constexpr base::Mono kStart{seconds(1'700'000'000)};

std::shared_ptr<const Limit> limit_of(LimitSpec spec, std::string_view name) {
  spec.name = name;
  return *Limit::make(spec, name);
}
std::shared_ptr<const Limit> limit_of(Algorithm algorithm, std::uint64_t amount,
                                      nanoseconds period = seconds(60)) {
  return limit_of({.name = "", .algorithm = algorithm, .amount = amount, .period = period},
                  "limit" + std::to_string(static_cast<int>(algorithm)));
}

CountedBatch decided(MemoryState& state, std::vector<Ask> asks, base::Mono now = kStart,
                     Consume consume = Consume::kAllOrNone) {
  CountedBatch batch;
  batch.asks = std::move(asks);
  batch.consume = consume;
  state.decide(batch, now);
  EXPECT_EQ(batch.decided, 1);
  return batch;
}
std::uint64_t remaining(MemoryState& state, const Limit& limit, std::string_view key,
                        base::Mono now = kStart) {
  return decided(state, {{&limit, key, 0, Action::kPeek}}, now).outcomes[0].decision.remaining;
}

TEST(MemoryState, TakesFromAllOrFromNone) {
  MemoryState state({}, kSeed);
  const auto few = limit_of(Algorithm::kSlidingLog, 2);
  const auto many = limit_of(Algorithm::kGcra, 10);
  const auto both = [&] { return decided(state, {{many.get(), "a"}, {few.get(), "a"}}); };
  EXPECT_TRUE(both().allowed);
  EXPECT_TRUE(both().allowed);
  const CountedBatch third = both();
  EXPECT_FALSE(third.allowed);
  EXPECT_FALSE(third.outcomes[0].over());
  EXPECT_TRUE(third.outcomes[1].over());
  EXPECT_EQ(third.outcomes[0].decision.remaining, 8);  // as it is, nothing having been taken
  EXPECT_EQ(remaining(state, *many, "a"), 8);
  EXPECT_EQ(remaining(state, *few, "a"), 0);
}

TEST(MemoryState, EachCountsWhatIsRefusedToo) {
  MemoryState state({}, kSeed);
  const auto few = limit_of(Algorithm::kFixedWindow, 2);
  const auto many = limit_of(Algorithm::kSlidingCounter, 10);
  for (int i = 0; i < 5; ++i) {
    const CountedBatch batch =
        decided(state, {{many.get(), "a"}, {few.get(), "a"}}, kStart, Consume::kEach);
    EXPECT_EQ(batch.allowed, i < 2);
  }
  EXPECT_EQ(remaining(state, *many, "a"), 5);
  // 5 were counted of 2: a refund of 3 leaves both taken.
  decided(state, {{few.get(), "a", 3, Action::kRefund}});
  EXPECT_EQ(remaining(state, *few, "a"), 0);
  EXPECT_TRUE(decided(state, {{few.get(), "a", 0, Action::kPeek}}).allowed);
  decided(state, {{few.get(), "a", 1, Action::kRefund}});
  EXPECT_EQ(remaining(state, *few, "a"), 1);
}

TEST(MemoryState, APeekOfNothingIsOverWhereMoreThanTheLimitIsTaken) {
  MemoryState state({}, kSeed);
  const auto few = limit_of(Algorithm::kFixedWindow, 2);
  decided(state, {{few.get(), "a", 3, Action::kCharge}});
  EXPECT_FALSE(decided(state, {{few.get(), "a", 0, Action::kPeek}}).allowed);
}

TEST(MemoryState, ShadowRefusesNothing) {
  MemoryState state({}, kSeed);
  const auto shadow = limit_of({.name = "",
                                .algorithm = Algorithm::kFixedWindow,
                                .amount = 1,
                                .period = seconds(60),
                                .shadow = true},
                               "shadow");
  const auto many = limit_of(Algorithm::kFixedWindow, 10);
  for (int i = 0; i < 3; ++i) {
    const CountedBatch batch = decided(state, {{shadow.get(), "a"}, {many.get(), "a"}});
    EXPECT_TRUE(batch.allowed);
    EXPECT_EQ(batch.outcomes[0].over(), i > 0);
  }
  EXPECT_EQ(remaining(state, *many, "a"), 7);
}

TEST(MemoryState, QuotasRefuseOnlyTogether) {
  MemoryState state({}, kSeed);
  const auto quota = [](std::uint64_t amount, const char* name) {
    return limit_of({.name = "",
                     .algorithm = Algorithm::kFixedWindow,
                     .amount = amount,
                     .period = seconds(60),
                     .quota_mode = true},
                    name);
  };
  const auto small = quota(1, "small");
  const auto large = quota(2, "large");
  const auto both = [&] { return decided(state, {{small.get(), "a"}, {large.get(), "a"}}); };
  EXPECT_TRUE(both().allowed);
  EXPECT_TRUE(both().allowed);  // small is over, large is not
  EXPECT_FALSE(both().allowed);
}

TEST(MemoryState, AsksOfOneKeySeeEachOther) {
  MemoryState state({}, kSeed);
  for (const Algorithm algorithm : {Algorithm::kTokenBucket, Algorithm::kSlidingLog}) {
    const auto limit = limit_of(algorithm, 3);
    EXPECT_FALSE(decided(state, {{limit.get(), "a", 2}, {limit.get(), "a", 2}}).allowed);
    EXPECT_EQ(remaining(state, *limit, "a"), 3);
    EXPECT_TRUE(decided(state, {{limit.get(), "a", 2}, {limit.get(), "a", 1}}).allowed);
    EXPECT_EQ(remaining(state, *limit, "a"), 0);
    EXPECT_EQ(remaining(state, *limit, "b"), 3);
  }
}

TEST(MemoryState, ChargesAndRefundsHappenWhereTheBatchIsRefused) {
  MemoryState state({}, kSeed);
  const auto none = limit_of(Algorithm::kFixedWindow, 0);
  const auto bucket = limit_of(Algorithm::kTokenBucket, 100);
  EXPECT_FALSE(decided(state, {{bucket.get(), "a", 30},
                               {none.get(), "a"},
                               {bucket.get(), "a", 10, Action::kCharge}})
                   .allowed);
  EXPECT_EQ(remaining(state, *bucket, "a"), 90);
}

TEST(MemoryState, ABatchOfNothingPasses) {
  MemoryState state({}, kSeed);
  EXPECT_TRUE(decided(state, {}).allowed);
}

TEST(MemoryState, WindowsBeginAtThePhaseOfTheKey) {
  MemoryState state({}, kSeed);
  const auto limit = limit_of({.name = "",
                               .algorithm = Algorithm::kFixedWindow,
                               .amount = 1,
                               .period = seconds(60),
                               .phase_per_key = true},
                              "phased");
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    const nanoseconds phase = phase_of(*limit, key);
    const CountedBatch batch = decided(state, {{limit.get(), key}});
    const nanoseconds end = (kStart + batch.outcomes[0].decision.reset_after).time_since_epoch();
    EXPECT_EQ((end - phase) % seconds(60), nanoseconds(0));
  }
}

TEST(MemoryState, AnotherAmountJudgesWhatWasTakenAnotherAlgorithmBeginsAnew) {
  MemoryState state({}, kSeed);
  const auto of = [](Algorithm algorithm, std::uint64_t amount) {
    return limit_of({.name = "", .algorithm = algorithm, .amount = amount, .period = seconds(60)},
                    "same");
  };
  decided(state, {{of(Algorithm::kFixedWindow, 10).get(), "a", 8}});
  EXPECT_EQ(remaining(state, *of(Algorithm::kFixedWindow, 20), "a"), 12);
  EXPECT_EQ(remaining(state, *of(Algorithm::kFixedWindow, 5), "a"), 0);
  EXPECT_EQ(remaining(state, *of(Algorithm::kGcra, 10), "a"), 10);
}

TEST(MemoryState, AgreesWithBruteForceOnRandomBatches) {
  const auto seed =
      static_cast<std::uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  MemoryState state({.max_keys = 100'000, .max_log_keys = 20'000}, kSeed);
  OracleRun run(state, seed);
  EXPECT_EQ(run.run(400'000), "") << "seed " << seed;
  EXPECT_GT(run.counts().refused, run.counts().batches / 20);
  EXPECT_LT(run.counts().refused, run.counts().batches / 2);
  for (const std::uint64_t over : run.counts().over) EXPECT_GT(over, 1000);
  EXPECT_EQ(state.stats().counts.evicted + state.stats().logs.evicted, 0);
}

// Also for who only peeks or is always refused in company: the state must move to the new now.
TEST(MemoryState, AClockThatStepsFarBackLocksNobodyOut) {
  for (const Algorithm algorithm :
       {Algorithm::kFixedWindow, Algorithm::kSlidingCounter, Algorithm::kSlidingLog,
        Algorithm::kTokenBucket, Algorithm::kGcra}) {
    for (const bool peeks : {false, true}) {
      MemoryState state({}, kSeed);
      const auto limit = limit_of(algorithm, 10);
      const auto none = limit_of(Algorithm::kFixedWindow, 0);
      decided(state, {{limit.get(), "a", 10}});
      base::Mono now = kStart - std::chrono::hours(24);
      const auto passes = [&] {
        return peeks ? remaining(state, *limit, "a", now) > 0
                     : !decided(state, {{limit.get(), "a"}, {none.get(), "a"}}, now)
                            .outcomes[0]
                            .over();
      };
      EXPECT_FALSE(passes());
      now += seconds(181);
      EXPECT_TRUE(passes()) << static_cast<int>(algorithm) << peeks;
    }
  }
}

// Two keys under two limits of different maps: whatever the threads do, both have given the same.
TEST(MemoryState, ABatchIsOneStepForOtherThreads) {
  MemoryState state({}, kSeed);
  const auto log = limit_of(Algorithm::kSlidingLog, 60);
  const auto bucket = limit_of(Algorithm::kGcra, 1'000'000);
  const auto window = limit_of(Algorithm::kFixedWindow, 1'000'000);
  std::atomic<std::uint64_t> allowed{0};
  std::atomic<std::uint64_t> uneven{0};
  const auto work = [&](int thread) {
    for (int i = 0; i < 2000; ++i) {
      std::vector<Ask> asks{{log.get(), "a"}, {bucket.get(), "a"}, {window.get(), "a"}};
      std::swap(asks[0], asks[static_cast<std::size_t>((i + thread) % 3)]);
      if (decided(state, asks).allowed) ++allowed;
      const CountedBatch seen = decided(state, {{log.get(), "a", 0, Action::kPeek},
                                                {bucket.get(), "a", 0, Action::kPeek},
                                                {window.get(), "a", 0, Action::kPeek}});
      const std::uint64_t taken = 60 - seen.outcomes[0].decision.remaining;
      for (const std::size_t other : {1, 2}) {
        if (1'000'000 - seen.outcomes[other].decision.remaining != taken) ++uneven;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 60);
  EXPECT_EQ(uneven, 0);
}

TEST(MemoryState, NeverMoreThanTheLimitFromManyThreads) {
  for (const Algorithm algorithm :
       {Algorithm::kFixedWindow, Algorithm::kSlidingCounter, Algorithm::kSlidingLog,
        Algorithm::kTokenBucket, Algorithm::kGcra}) {
    MemoryState state({}, kSeed);
    const auto limit = limit_of(algorithm, 1000);
    std::atomic<int> allowed{0};
    const auto work = [&] {
      for (int i = 0; i < 1000; ++i) allowed += decided(state, {{limit.get(), "a"}}).allowed;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(allowed, 1000);
  }
}

TEST(MemoryState, HoldsNoMoreThanItsBounds) {
  MemoryState state({.max_keys = 1000, .max_log_keys = 100}, kSeed);
  const auto bucket = limit_of(Algorithm::kGcra, 10);
  const auto log = limit_of(Algorithm::kSlidingLog, 10);
  for (int i = 0; i < 5000; ++i) {
    const std::string key = std::to_string(i);
    decided(state, {{bucket.get(), key}, {log.get(), key}});
  }
  const MemoryState::Stats stats = state.stats();
  EXPECT_LE(stats.counts.keys, 1100);
  EXPECT_LE(stats.logs.keys, 110);
  EXPECT_LE(stats.counts.bytes, 1100 * 56);
  EXPECT_LE(stats.logs.bytes, 140 * 1056);
  EXPECT_GT(stats.counts.evicted, 0);
}

}  // namespace
}  // namespace ashlar::limits
