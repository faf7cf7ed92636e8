#include "kit/resilience/adaptive_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1000)};

// An algorithm that tells what it was given.
struct Recorder {
  struct Options {
    std::uint32_t limit = 2;
    std::vector<std::pair<nanoseconds, std::uint32_t>>* seen = nullptr;
    std::atomic<bool>* dropped = nullptr;
  };
  explicit Recorder(const Options& o) : options(o) {}
  void update(nanoseconds rtt, std::uint32_t in_flight, bool was_dropped,
              base::Random& /*random*/) {
    if (options.seen != nullptr) options.seen->emplace_back(rtt, in_flight);
    if (options.dropped != nullptr) *options.dropped = was_dropped;
  }
  [[nodiscard]] std::uint32_t limit() const { return options.limit; }
  Options options;
};

TEST(AdaptiveLimitTest, RefusesAtTheLimitAndTakesBack) {
  AdaptiveLimit<Recorder> limit({.algorithm = {.limit = 2}}, 1, kStart);
  auto one = limit.acquire(kStart);
  auto two = limit.acquire(kStart);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(limit.acquire(kStart));
  EXPECT_FALSE(limit.has_room());
  one->ignored();
  EXPECT_TRUE(limit.has_room());
  one->succeeded(kStart + seconds(1));  // already ended
  EXPECT_EQ(limit.in_flight(), 1U);
  {
    const auto three = limit.acquire(kStart);
    EXPECT_TRUE(three);
    EXPECT_FALSE(limit.acquire(kStart));
  }
  two->succeeded(kStart + milliseconds(1));
  EXPECT_EQ(limit.in_flight(), 0U);
}

TEST(AdaptiveLimitTest, AWindowIsAveragedOnceItsTimeIsOverAndEnoughIsKnown) {
  std::vector<std::pair<nanoseconds, std::uint32_t>> seen;
  std::atomic<bool> dropped{false};
  AdaptiveLimit<Recorder> limit({.algorithm = {.limit = 9, .seen = &seen, .dropped = &dropped},
                                 .window = seconds(1),
                                 .min_samples = 4},
                                1, kStart);
  const auto call = [&](base::Mono at, nanoseconds took, bool drop = false) {
    auto permit = limit.acquire(at);
    if (drop) {
      permit->dropped(at + took);
    } else {
      permit->succeeded(at + took);
    }
  };
  call(kStart, milliseconds(100));
  call(kStart, milliseconds(300), true);
  call(kStart + seconds(2), milliseconds(0));    // no time: no sample
  call(kStart + seconds(2), -milliseconds(50));  // a clock that stepped back: neither
  call(kStart + seconds(2), milliseconds(200));
  EXPECT_TRUE(seen.empty()) << "three samples";
  {
    const auto beside = limit.acquire(kStart);
    call(kStart + seconds(2), milliseconds(400));
  }
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_NEAR(static_cast<double>(seen[0].first.count()), 250e6, 64);
  EXPECT_EQ(seen[0].second, 2U);
  EXPECT_TRUE(dropped.load());
  // The clock steps back by an hour: the next window ends a second after that.
  const base::Mono back = kStart - std::chrono::hours(1);
  for (int i = 0; i < 4; ++i) call(back, milliseconds(1));
  EXPECT_EQ(seen.size(), 1U);
  call(back + seconds(1), milliseconds(1));
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_FALSE(dropped.load());
}

TEST(AdaptiveLimitTest, PartitionsKeepTheirSharesBeyondTheLimit) {
  constexpr std::uint32_t kLive = 0;
  constexpr std::uint32_t kBatch = 1;
  using Limit = AdaptiveLimit<Recorder, 2>;
  Limit limit({.algorithm = {.limit = 10}, .shares = {0.75, 0.25}}, 1, kStart);
  std::vector<Limit::Permit> batch;
  while (auto permit = limit.acquire(kStart, kBatch)) batch.push_back(std::move(*permit));
  EXPECT_EQ(batch.size(), 10U) << "alone it has it all";
  std::vector<Limit::Permit> live;
  while (auto permit = limit.acquire(kStart, kLive)) live.push_back(std::move(*permit));
  EXPECT_EQ(live.size(), 8U) << "its share, however much others have taken";
  while (batch.size() > 3) {
    batch.pop_back();
    EXPECT_EQ(limit.acquire(kStart, kBatch).has_value(), limit.in_flight() < 10);
  }
  while (auto permit = limit.acquire(kStart, kBatch)) batch.push_back(std::move(*permit));
  EXPECT_EQ(batch.size(), 3U);
}

// Promises 2 and 3 on random arrivals and endings, against counts kept here.
TEST(AdaptiveLimitTest, PartitionsAgreeWithTheirRuleOnRandomCalls) {
  const std::uint64_t seed = 41;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  using Limit = AdaptiveLimit<Recorder, 3>;
  for (int round = 0; round < 20; ++round) {
    const auto bound = static_cast<std::uint32_t>(1 + random.below(30));
    const double first = random.unit();
    const double second = random.unit() * (1 - first);
    Limit limit({.algorithm = {.limit = bound}, .shares = {first, second, 0.0}}, 1, kStart);
    std::vector<std::pair<Limit::Permit, std::uint32_t>> running;
    std::array<std::size_t, 3> busy{};
    for (int i = 0; i < 20'000; ++i) {
      if (random.chance(0.6)) {
        const auto p = static_cast<std::uint32_t>(random.below(3));
        const double share = p == 0 ? first : p == 1 ? second : 0.0;
        const bool allowed =
            running.size() < bound || static_cast<double>(busy[p]) < std::ceil(bound * share);
        auto permit = limit.acquire(kStart, p);
        ASSERT_EQ(permit.has_value(), allowed);
        if (!permit) continue;
        running.emplace_back(std::move(*permit), p);
        ++busy[p];
      } else if (!running.empty()) {
        std::swap(running[random.below(running.size())], running.back());
        --busy[running.back().second];
        running.pop_back();
      }
      ASSERT_EQ(limit.in_flight(), running.size());
    }
  }
}

// A server of 20 workers that need 10 ms each on average, with a queue of any length before them:
// 2,000 requests a second at most. Clients give up after 100 ms, which the server does not see.
// Requests come as a Poisson process.
template <class Limit>
class Server {
 public:
  Server(Limit* limit, std::uint64_t seed) : limit_(limit), random_(seed) {}

  // Per second: requests that came, and those answered in time. The average limit in the second
  // half.
  struct Outcome {
    double offered = 0, goodput = 0, limit = 0;
  };
  Outcome run(double rate, nanoseconds length) {
    const base::Mono begin = now_;
    const base::Mono end = begin + length;
    base::Mono arrival = begin;
    in_time_ = 0;
    double limits = 0;
    int limits_seen = 0;
    int arrivals = 0;
    while (arrival < end) {
      while (!finishing_.empty() && finishing_.top().first <= arrival) finish();
      now_ = arrival;
      arrive();
      if (arrival >= begin + length / 2 && limit_ != nullptr) {
        limits += limit_->limit();
        ++limits_seen;
      }
      ++arrivals;
      arrival += nanoseconds(static_cast<std::int64_t>(exponential() / rate * 1e9));
    }
    const double length_s = std::chrono::duration<double>(length).count();
    return {arrivals / length_s, in_time_ / length_s, limits / std::max(1, limits_seen)};
  }
  void drain() {
    while (!finishing_.empty()) finish();
  }

  static constexpr nanoseconds kTimeout = milliseconds(100);
  static constexpr double kPeak = 2000;

 private:
  static constexpr std::size_t kWorkers = 20;
  struct Request {
    base::Mono arrived;
    std::optional<typename Limit::Permit> permit;
  };
  using Finish = std::pair<base::Mono, std::size_t>;

  double exponential() { return -std::log(1 - random_.unit()); }

  void arrive() {
    Request request{now_, std::nullopt};
    if (limit_ != nullptr) {
      request.permit = limit_->acquire(now_);
      if (!request.permit) return;
    }
    queue_.push_back(std::move(request));
    serve();
  }
  void serve() {
    while (busy_ < kWorkers && !queue_.empty()) {
      ++busy_;
      const auto work = nanoseconds(static_cast<std::int64_t>((0.5 + exponential() / 2) * 1e7));
      const std::size_t slot = serving_.size();
      serving_.push_back(std::move(queue_.front()));
      queue_.pop_front();
      finishing_.emplace(now_ + work, slot);
    }
  }
  void finish() {
    const auto [at, slot] = finishing_.top();
    finishing_.pop();
    now_ = at;
    Request& request = serving_[slot];
    const bool in_time = now_ - request.arrived <= kTimeout;
    if (in_time) ++in_time_;
    if (request.permit && in_time) request.permit->succeeded(now_);
    if (request.permit && !in_time) request.permit->dropped(now_);
    --busy_;
    serve();
  }

  Limit* limit_;
  base::Random random_;
  base::Mono now_ = kStart;
  std::deque<Request> queue_;
  std::deque<Request> serving_;  // by slot; slots are not used again
  std::priority_queue<Finish, std::vector<Finish>, std::greater<>> finishing_;
  std::size_t busy_ = 0;
  int in_time_ = 0;
};

template <class Algorithm>
void bears_an_overload(const typename Algorithm::Options& algorithm, double least, double most) {
  using Limit = AdaptiveLimit<Algorithm>;
  Limit limit({.algorithm = algorithm, .window = milliseconds(50), .min_samples = 10}, 1, kStart);
  Server<Limit> server(&limit, 5);
  const auto light = server.run(1000, seconds(10));
  EXPECT_GT(light.goodput, 0.99 * light.offered) << "what it can bear is let through";
  const auto overload = server.run(3 * server.kPeak, seconds(20));
  EXPECT_GE(overload.goodput, 0.9 * server.kPeak);
  EXPECT_GE(overload.limit, least);
  EXPECT_LE(overload.limit, most);
  const auto after = server.run(1000, seconds(10));
  EXPECT_GT(after.goodput, 0.99 * after.offered) << "and it is well again";
  server.drain();
}

TEST(AdaptiveLimitTest, WithoutOneAnOverloadEndsTheGoodput) {
  Server<AdaptiveLimit<VegasLimit>> server(nullptr, 5);
  const auto light = server.run(1000, seconds(10));
  EXPECT_GT(light.goodput, 0.99 * light.offered);
  EXPECT_LT(server.run(3 * server.kPeak, seconds(20)).goodput, 0.05 * server.kPeak);
}

// The workers are 20: a limit near that, with a short queue, keeps them busy.
TEST(AdaptiveLimitTest, VegasConverges) {
  bears_an_overload<VegasLimit>({.bounds = {.initial = 20, .min = 1, .max = 1000}}, 20, 40);
}
TEST(AdaptiveLimitTest, Gradient2Converges) {
  bears_an_overload<Gradient2Limit>({.bounds = {.initial = 20, .min = 4, .max = 1000}}, 20, 80);
}
// It hears of an overload by the timeouts alone, so it lives with a queue just below them.
TEST(AdaptiveLimitTest, AimdConverges) {
  bears_an_overload<AimdLimit>({.bounds = {.initial = 20, .min = 4, .max = 1000},
                                .backoff = 0.9,
                                .timeout = milliseconds(60)},
                               20, 130);
}

TEST(AdaptiveLimitTest, ThreadsNeverExceedTheLimitAndLoseNoPermit) {
  using Limit = AdaptiveLimit<AimdLimit, 2>;
  Limit limit({.algorithm = {.bounds = {.initial = 6, .min = 2, .max = 8}},
               .window = microseconds(50),
               .min_samples = 4,
               .shares = {0.5, 0.5}},
              1, kStart);
  std::atomic<std::int64_t> ticks{0};
  std::atomic<std::uint32_t> most{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      base::Random random(t);
      std::vector<Limit::Permit> held;
      for (int i = 0; i < 50'000; ++i) {
        const base::Mono now = kStart + microseconds(++ticks);
        if (auto permit = limit.acquire(now, t % 2)) held.push_back(std::move(*permit));
        std::uint32_t seen = most.load();
        while (seen < limit.in_flight() && !most.compare_exchange_weak(seen, limit.in_flight())) {
        }
        if (held.empty() || (held.size() < 5 && random.chance(0.5))) continue;
        if (random.chance(0.1)) {
          held.back().dropped(now);
        } else {
          held.back().succeeded(now);
        }
        held.pop_back();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(limit.in_flight(), 0U);
  EXPECT_GE(most.load(), 2U);
  EXPECT_LE(most.load(), 8U + 4U) << "the limit and the other partition's share";
}

}  // namespace
}  // namespace ashlar::kit
