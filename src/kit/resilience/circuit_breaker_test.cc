#include "kit/resilience/circuit_breaker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Outcome = CircuitBreaker::Outcome;
using State = CircuitBreaker::State;

constexpr base::Mono kStart{seconds(1000)};
constexpr nanoseconds kFast = milliseconds(1);
constexpr nanoseconds kSlow = seconds(2);

CircuitBreakerOptions options() {
  return {.window = seconds(10),
          .min_calls = 10,
          .failure_rate = 0.5,
          .slow_call = seconds(1),
          .slow_rate = 0.8,
          .open_time = seconds(5),
          .open_jitter = 0,
          .probes = 2,
          .probe_time = seconds(30)};
}

struct Rig {
  explicit Rig(const CircuitBreakerOptions& o = options()) : breaker(o, 1, kStart) {}

  // One call; false if it was not allowed.
  bool call(Outcome outcome, nanoseconds took = kFast) {
    const auto ticket = breaker.allow(now);
    if (!ticket) return false;
    breaker.record(*ticket, outcome, took, now);
    return true;
  }
  void calls(int n, Outcome outcome, nanoseconds took = kFast) {
    for (int i = 0; i < n; ++i) ASSERT_TRUE(call(outcome, took)) << i;
  }
  void open() { calls(10, Outcome::kFailure); }

  base::Mono now = kStart;
  CircuitBreaker breaker;
};

TEST(CircuitBreakerTest, OpensAtTheRateWithEnoughCalls) {
  struct Case {
    const char* what;
    int good, bad, slow;
    State after;
  };
  for (const Case& c : {
           Case{"too few calls", 0, 9, 0, State::kClosed},
           Case{"all fail", 0, 10, 0, State::kOpen},
           Case{"exactly the rate", 10, 10, 0, State::kOpen},
           Case{"just below it", 11, 10, 0, State::kClosed},
           Case{"slow ones below their rate", 3, 0, 11, State::kClosed},
           Case{"slow ones at it", 3, 0, 12, State::kOpen},
           Case{"none fails", 1000, 0, 0, State::kClosed},
       }) {
    Rig rig;
    rig.calls(c.good, Outcome::kSuccess);
    rig.calls(c.bad, Outcome::kFailure);
    rig.calls(c.slow, Outcome::kSuccess, kSlow);
    EXPECT_EQ(rig.breaker.state(), c.after) << c.what;
    EXPECT_EQ(rig.call(Outcome::kSuccess), c.after == State::kClosed) << c.what;
  }
}

TEST(CircuitBreakerTest, ASuccessAloneNeverOpens) {
  Rig rig;
  rig.calls(9, Outcome::kFailure);
  rig.calls(9, Outcome::kSuccess);  // 18 calls, half of them failures
  EXPECT_EQ(rig.breaker.state(), State::kClosed);
  rig.calls(1, Outcome::kFailure);
  EXPECT_EQ(rig.breaker.state(), State::kOpen);
}

TEST(CircuitBreakerTest, IgnoredCallsDoNotCount) {
  Rig rig;
  rig.calls(100, Outcome::kIgnored);
  EXPECT_EQ(rig.breaker.stats(rig.now).calls, 0U);
  rig.calls(9, Outcome::kFailure);
  EXPECT_EQ(rig.breaker.state(), State::kClosed);
}

TEST(CircuitBreakerTest, TheWindowForgets) {
  Rig rig;
  rig.calls(9, Outcome::kFailure);
  rig.now += seconds(10);
  rig.calls(9, Outcome::kFailure);
  EXPECT_EQ(rig.breaker.state(), State::kClosed);
  const CircuitBreaker::Stats stats = rig.breaker.stats(rig.now);
  EXPECT_EQ(stats.calls, 9U);
  EXPECT_EQ(stats.failures, 9U);
}

TEST(CircuitBreakerTest, AWindowOfCallsForgetsByCalls) {
  CircuitBreakerOptions by_calls = options();
  by_calls.window_calls = 100;
  Rig rig(by_calls);
  rig.calls(51, Outcome::kSuccess);
  rig.calls(49, Outcome::kFailure);
  EXPECT_EQ(rig.breaker.state(), State::kClosed);
  rig.now += std::chrono::hours(5);  // time does not matter
  rig.calls(1, Outcome::kFailure);   // the first ten successes are forgotten: 50 of 91
  EXPECT_EQ(rig.breaker.state(), State::kOpen);
}

TEST(CircuitBreakerTest, RefusesForTheOpenTimeThenProbesAndCloses) {
  Rig rig;
  rig.open();
  EXPECT_EQ(rig.breaker.retry_after(rig.now), seconds(5));
  rig.now += seconds(5) - nanoseconds(1);
  EXPECT_FALSE(rig.breaker.allow(rig.now));
  EXPECT_EQ(rig.breaker.retry_after(rig.now), nanoseconds(1));
  rig.now += nanoseconds(1);
  const auto one = rig.breaker.allow(rig.now);
  const auto two = rig.breaker.allow(rig.now);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(rig.breaker.state(), State::kHalfOpen);
  EXPECT_FALSE(rig.breaker.allow(rig.now)) << "two probes at most";
  rig.breaker.record(*one, Outcome::kSuccess, kFast, rig.now);
  EXPECT_FALSE(rig.breaker.allow(rig.now)) << "two probes at most, even one after the other";
  EXPECT_EQ(rig.breaker.state(), State::kHalfOpen);
  rig.breaker.record(*two, Outcome::kSuccess, kFast, rig.now);
  EXPECT_EQ(rig.breaker.state(), State::kClosed);
  EXPECT_EQ(rig.breaker.stats(rig.now).calls, 0U) << "a new window";
}

TEST(CircuitBreakerTest, OneBadProbeOpensAgain) {
  for (const bool slow : {false, true}) {
    Rig rig;
    rig.open();
    rig.now += seconds(5);
    const auto one = rig.breaker.allow(rig.now);
    const auto two = rig.breaker.allow(rig.now);
    ASSERT_TRUE(one && two);
    rig.breaker.record(*one, slow ? Outcome::kSuccess : Outcome::kFailure, slow ? kSlow : kFast,
                       rig.now);
    EXPECT_EQ(rig.breaker.state(), State::kOpen);
    EXPECT_EQ(rig.breaker.stats(rig.now).openings, 2U);
    rig.breaker.record(*two, Outcome::kSuccess, kFast, rig.now);  // too late to count
    EXPECT_EQ(rig.breaker.state(), State::kOpen);
    EXPECT_EQ(rig.breaker.retry_after(rig.now), seconds(5));
  }
}

TEST(CircuitBreakerTest, AnIgnoredProbeGivesItsPlaceBack) {
  Rig rig;
  rig.open();
  rig.now += seconds(5);
  rig.calls(50, Outcome::kIgnored);
  EXPECT_EQ(rig.breaker.state(), State::kHalfOpen);
  rig.calls(2, Outcome::kSuccess);
  EXPECT_EQ(rig.breaker.state(), State::kClosed);
}

TEST(CircuitBreakerTest, LostProbesCountAsFailed) {
  Rig rig;
  rig.open();
  rig.now += seconds(5);
  EXPECT_TRUE(rig.breaker.allow(rig.now));
  EXPECT_TRUE(rig.breaker.allow(rig.now));
  rig.now += seconds(30);
  EXPECT_FALSE(rig.breaker.allow(rig.now));
  EXPECT_EQ(rig.breaker.state(), State::kOpen);
  rig.now += seconds(5);
  rig.calls(2, Outcome::kSuccess);
  EXPECT_EQ(rig.breaker.state(), State::kClosed);
}

TEST(CircuitBreakerTest, ResultsFromBeforeTheOpeningDoNotCount) {
  Rig rig;
  std::vector<CircuitBreaker::Ticket> under_way;
  for (int i = 0; i < 100; ++i) under_way.push_back(rig.breaker.allow(rig.now).value());
  rig.open();
  rig.now += seconds(5);
  EXPECT_TRUE(rig.breaker.allow(rig.now));
  for (const auto ticket : under_way) {
    rig.breaker.record(ticket, Outcome::kSuccess, kFast, rig.now);
  }
  EXPECT_EQ(rig.breaker.state(), State::kHalfOpen);
}

TEST(CircuitBreakerTest, AClockThatStepsBackRefusesOneOpenTimeAtMost) {
  Rig rig;
  rig.open();
  rig.now -= std::chrono::minutes(10);
  EXPECT_FALSE(rig.breaker.allow(rig.now));
  EXPECT_EQ(rig.breaker.retry_after(rig.now), seconds(5));
  rig.now += seconds(5);
  EXPECT_TRUE(rig.breaker.allow(rig.now));
}

TEST(CircuitBreakerTest, JitterSpreadsTheOpenTime) {
  CircuitBreakerOptions jittered = options();
  jittered.open_jitter = 0.5;
  nanoseconds shortest = seconds(100);
  nanoseconds longest(0);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CircuitBreaker breaker(jittered, seed, kStart);
    for (int i = 0; i < 10; ++i) {
      breaker.record(breaker.allow(kStart).value(), Outcome::kFailure, kFast, kStart);
    }
    shortest = std::min(shortest, breaker.retry_after(kStart));
    longest = std::max(longest, breaker.retry_after(kStart));
  }
  EXPECT_GE(shortest, seconds(5));
  EXPECT_LT(shortest, milliseconds(5'200));
  EXPECT_LE(longest, milliseconds(7'500));
  EXPECT_GT(longest, milliseconds(7'300));
}

TEST(CircuitBreakerTest, TheLongestTimesDoNotOverflow) {
  CircuitBreakerOptions longest = options();
  longest.open_time = longest.probe_time = CircuitBreaker::kMaxTime;
  longest.open_jitter = 1;
  Rig rig(longest);
  rig.now = base::Mono{nanoseconds(std::int64_t{1} << 62)};
  rig.open();
  EXPECT_FALSE(rig.breaker.allow(rig.now));
  EXPECT_GE(rig.breaker.retry_after(rig.now), CircuitBreaker::kMaxTime);
  rig.now += 2 * CircuitBreaker::kMaxTime;
  EXPECT_TRUE(rig.breaker.allow(rig.now));
  EXPECT_EQ(rig.breaker.state(), State::kHalfOpen);
}

TEST(CircuitBreakerTest, RefusesTimesThatCouldOverflow) {
  CircuitBreakerOptions open = options();
  open.open_time = CircuitBreaker::kMaxTime + nanoseconds(1);
  EXPECT_DEATH(Rig{open}, "CHECK failed");
  CircuitBreakerOptions probe = options();
  probe.probe_time = nanoseconds::max();
  EXPECT_DEATH(Rig{probe}, "CHECK failed");
}

// The diagram of the header, written down naively: a list of all calls with their slices.
class Model {
 public:
  explicit Model(const CircuitBreakerOptions& o) : options_(o) {}

  // A number that names the phase, nullopt if refused.
  std::optional<int> allow(base::Mono now) {
    if (state_ == State::kOpen && now >= until_) {
      enter(State::kHalfOpen, now + options_.probe_time);
      allowed_ = passed_ = 0;
    } else if (state_ == State::kHalfOpen && now >= until_) {
      trip(now);
    }
    if (state_ == State::kOpen) return std::nullopt;
    if (state_ == State::kHalfOpen && allowed_ == options_.probes) return std::nullopt;
    ++allowed_;
    return phase_;
  }

  void record(int phase, Outcome outcome, nanoseconds took, base::Mono now) {
    if (phase != phase_) return;
    const bool failed = outcome == Outcome::kFailure;
    const bool slow = took >= options_.slow_call;
    if (state_ == State::kHalfOpen) {
      if (outcome == Outcome::kIgnored) {
        --allowed_;
      } else if (failed || slow) {
        trip(now);
      } else if (++passed_ == options_.probes) {
        seen_.clear();
        enter(State::kClosed, now);
      }
      return;
    }
    if (outcome == Outcome::kIgnored) return;
    const std::int64_t slice = options_.window_calls == 0
                                   ? (now - kStart) / (options_.window / 10)
                                   : counted_++ / ((options_.window_calls + 9) / 10);
    seen_.push_back({slice, failed, slow});
    while (seen_.front().slice <= slice - 10) seen_.pop_front();
    double failures = 0;
    double slows = 0;
    for (const Seen& s : seen_) {
      failures += s.failed ? 1 : 0;
      slows += s.slow ? 1 : 0;
    }
    const auto n = static_cast<double>(seen_.size());
    if (n < options_.min_calls) return;
    if ((failed && failures >= options_.failure_rate * n) ||
        (slow && slows >= options_.slow_rate * n)) {
      trip(now);
    }
  }

  [[nodiscard]] State state() const { return state_; }

 private:
  struct Seen {
    std::int64_t slice;
    bool failed, slow;
  };

  void trip(base::Mono now) { enter(State::kOpen, now + options_.open_time); }
  void enter(State state, base::Mono until) {
    state_ = state;
    until_ = until;
    ++phase_;
  }

  CircuitBreakerOptions options_;
  State state_ = State::kClosed;
  int phase_ = 0;
  base::Mono until_;
  std::uint32_t allowed_ = 0;
  std::uint32_t passed_ = 0;
  std::int64_t counted_ = 0;
  std::deque<Seen> seen_;
};

TEST(CircuitBreakerTest, AgreesWithAModelOnRandomCalls) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 60; ++round) {
    CircuitBreakerOptions o = options();
    o.window = milliseconds(200 + 10 * random.below(100));
    if (random.chance(0.4)) o.window_calls = static_cast<std::uint32_t>(20 + random.below(100));
    o.failure_rate = 0.2 + 0.8 * random.unit();
    o.slow_rate = 0.2 + 0.8 * random.unit();
    o.probes = static_cast<std::uint32_t>(1 + random.below(4));
    o.open_time = milliseconds(1 + random.below(500));
    o.probe_time = milliseconds(1 + random.below(300));
    CircuitBreaker breaker(o, 1, kStart);
    Model model(o);
    struct UnderWay {
      CircuitBreaker::Ticket ticket;
      int phase;
    };
    std::vector<UnderWay> under_way;
    base::Mono now = kStart;
    double ill = 0;  // how likely a call fails; changes now and then
    for (int i = 0; i < 20'000; ++i) {
      now += nanoseconds(random.below(random.chance(0.01) ? 300'000'000 : 5'000'000));
      if (random.chance(0.01)) ill = random.unit();
      if (under_way.size() < 8 && random.chance(0.5)) {
        const auto ticket = breaker.allow(now);
        const auto phase = model.allow(now);
        ASSERT_EQ(ticket.has_value(), phase.has_value()) << "call " << i;
        if (ticket && !random.chance(0.001)) under_way.push_back({*ticket, *phase});
      } else if (!under_way.empty()) {
        const std::size_t which = random.below(under_way.size());
        const UnderWay call = under_way[which];
        under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
        const Outcome outcome = random.chance(0.05)  ? Outcome::kIgnored
                                : random.chance(ill) ? Outcome::kFailure
                                                     : Outcome::kSuccess;
        const nanoseconds took = random.chance(ill / 2) ? kSlow : kFast;
        breaker.record(call.ticket, outcome, took, now);
        model.record(call.phase, outcome, took, now);
      }
      ASSERT_EQ(breaker.state(), model.state()) << "operation " << i;
    }
  }
}

// A dependency that is ill and well by turns, called by four threads: never more probes than
// allowed, and the breaker is closed again once it is well.
TEST(CircuitBreakerTest, ThreadsKeepToTheBounds) {
  CircuitBreakerOptions o = options();
  o.open_time = milliseconds(10);
  o.probes = 3;
  CircuitBreaker breaker(o, 1, kStart);
  std::atomic<std::int64_t> ticks{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> calls_in_half_open{0};
  const auto now = [&] { return kStart + std::chrono::microseconds(ticks.load()); };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50'000; ++i) {
        const std::int64_t tick = ++ticks;
        const bool ill = (tick / 10'000) % 2 == 0;
        const auto ticket = breaker.allow(now());
        if (!ticket) {
          ++refused;
          continue;
        }
        if ((ticket->phase & 3) == 2) ++calls_in_half_open;
        breaker.record(*ticket, ill ? Outcome::kFailure : Outcome::kSuccess, kFast, now());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(refused.load(), 0U);
  const CircuitBreaker::Stats stats = breaker.stats(now());
  EXPECT_GT(stats.openings, 0U);
  EXPECT_LE(calls_in_half_open.load(), 3 * (stats.openings + 1));
  ticks += 1'000'000;
  for (int i = 0; i < 3 && breaker.state() != State::kClosed; ++i) {
    breaker.record(breaker.allow(now()).value(), Outcome::kSuccess, kFast, now());
  }
  EXPECT_EQ(breaker.state(), State::kClosed);
}

}  // namespace
}  // namespace ashlar::kit
