#include "kit/resilience/retry_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1000)};

TEST(RetryBudgetTest, AReserveAndAShareOfTheRequests) {
  RetryBudget budget({.ratio = 0.5, .min_per_second = 0.2, .window = seconds(10)}, kStart);
  EXPECT_TRUE(budget.withdraw(kStart));  // the reserve: 0.2 * 10
  EXPECT_TRUE(budget.withdraw(kStart));
  EXPECT_FALSE(budget.withdraw(kStart));
  budget.deposit(kStart);
  EXPECT_FALSE(budget.withdraw(kStart));
  budget.deposit(kStart);
  EXPECT_EQ(budget.available(kStart), 1.0);
  EXPECT_TRUE(budget.withdraw(kStart));
  EXPECT_FALSE(budget.withdraw(kStart));
  EXPECT_FALSE(budget.withdraw(kStart + milliseconds(9'999)));
  EXPECT_TRUE(budget.withdraw(kStart + seconds(10)));  // the window has moved on
}

TEST(RetryBudgetTest, NoRequestsNoReserveNoRetries) {
  RetryBudget budget({.ratio = 0, .min_per_second = 0, .window = seconds(1)}, kStart);
  for (int i = 0; i < 1000; ++i) budget.deposit(kStart);
  EXPECT_FALSE(budget.withdraw(kStart));
}

TEST(RetryBudgetTest, AClockThatStepsBackGivesNothing) {
  RetryBudget budget({.ratio = 1, .min_per_second = 0, .window = seconds(1)}, kStart);
  budget.deposit(kStart + seconds(60));
  EXPECT_TRUE(budget.withdraw(kStart));
  EXPECT_FALSE(budget.withdraw(kStart + seconds(60)));
}

// Against a list of all deposits and withdrawals, each with its slice.
TEST(RetryBudgetTest, AgreesWithAListOnRandomOperations) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 20; ++round) {
    const RetryBudgetOptions options{.ratio = static_cast<double>(random.below(1001)) / 1000,
                                     .min_per_second = static_cast<double>(random.below(4)),
                                     .window = seconds(1 + static_cast<int>(random.below(10)))};
    RetryBudget budget(options, kStart);
    const auto deposit = static_cast<std::int64_t>(std::lround(options.ratio * 1000));
    const auto reserve = static_cast<std::int64_t>(options.min_per_second * 1000) *
                         std::chrono::duration_cast<seconds>(options.window).count();
    std::deque<std::pair<std::int64_t, std::int64_t>> events;  // slice, thousandths
    std::int64_t sum = 0;
    base::Mono now = kStart;
    for (int i = 0; i < 100'000; ++i) {
      now += nanoseconds(random.below(random.chance(0.01) ? 2'000'000'000 : 10'000'000));
      const std::int64_t slice = (now - kStart) / (options.window / 10);
      while (!events.empty() && events.front().first <= slice - 10) {
        sum -= events.front().second;
        events.pop_front();
      }
      std::int64_t change = 0;
      if (random.chance(0.6)) {
        budget.deposit(now);
        change = deposit;
      } else {
        const bool allowed = reserve + sum >= 1000;
        ASSERT_EQ(budget.withdraw(now), allowed) << "operation " << i;
        if (allowed) change = -1000;
      }
      events.emplace_back(slice, change);
      sum += change;
    }
  }
}

TEST(RetryBudgetTest, ThreadsDoNotTakeTheSameToken) {
  RetryBudget budget({.ratio = 0.25, .min_per_second = 0, .window = seconds(10)}, kStart);
  std::atomic<int> granted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50'000; ++i) {
        budget.deposit(kStart);
        if (budget.withdraw(kStart)) ++granted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(granted.load(), 50'000);
  while (budget.withdraw(kStart)) ++granted;
  EXPECT_EQ(granted.load(), 50'000);
}

// A server that answers at most 1,000 requests a second gets 800 of new ones. For five seconds it
// can answer only 200; then it is well again. Who gets no answer tries again half a second later,
// up to five times. Without a budget the retries alone keep it over its capacity for a long time.
struct Storm {
  std::vector<int> load_per_second;
  std::vector<int> answered_per_second;
};

Storm simulate(bool with_budget) {
  constexpr std::size_t kSeconds = 20;
  constexpr std::size_t kTicks = 10;  // a second
  RetryBudget budget({.ratio = 0.1, .min_per_second = 1, .window = seconds(10)}, kStart);
  // attempts[t]: those at tick t, by how many retries they have had
  std::vector<std::vector<int>> attempts(kSeconds * kTicks + 6, std::vector<int>(6, 0));
  Storm storm{std::vector<int>(kSeconds), std::vector<int>(kSeconds)};
  for (std::size_t tick = 0; tick < kSeconds * kTicks; ++tick) {
    const base::Mono now = kStart + milliseconds(100) * tick;
    const std::size_t second = tick / kTicks;
    attempts[tick][0] += 80;
    for (int i = 0; i < 80; ++i) budget.deposit(now);
    int all = 0;
    for (const int n : attempts[tick]) all += n;
    const int capacity = second >= 5 && second < 10 ? 20 : 100;
    // An overloaded server wastes work on what it cannot finish: what is over its capacity costs
    // half as much as an answer.
    const int answered = std::max(0, all <= capacity ? all : capacity - (all - capacity) / 2);
    storm.load_per_second[second] += all;
    storm.answered_per_second[second] += answered;
    int failed = all - answered;
    for (std::size_t retries = 0; retries < 6; ++retries) {
      const int mine = std::min(failed, attempts[tick][retries]);
      failed -= mine;
      if (retries == 5) continue;
      for (int i = 0; i < mine; ++i) {
        if (with_budget && !budget.withdraw(now)) continue;
        ++attempts[tick + 5][retries + 1];
      }
    }
  }
  return storm;
}

TEST(RetryBudgetTest, StopsARetryStorm) {
  const Storm without = simulate(false);
  const Storm with = simulate(true);
  // Before: all well, either way. While it is ill the budget holds the load near 1.1 times.
  EXPECT_EQ(without.answered_per_second[4], 800);
  EXPECT_EQ(with.answered_per_second[4], 800);
  for (std::size_t second = 5; second < 10; ++second) {
    EXPECT_LE(with.load_per_second[second], 800 + 10 * 80 + 10) << second;
  }
  int with_ill = 0;
  for (std::size_t second = 5; second < 15; ++second)
    with_ill += with.load_per_second[second] - 800;
  EXPECT_LE(with_ill, 800 * 20 / 10 + 10);
  // After: with the budget it is well at once, without it the retries keep it down.
  EXPECT_GE(with.answered_per_second[11], 780);
  EXPECT_GE(without.load_per_second[9], 3 * 800);
  EXPECT_LT(without.answered_per_second[11], 400);
  EXPECT_LT(without.answered_per_second[19], 400);
}

}  // namespace
}  // namespace ashlar::kit
