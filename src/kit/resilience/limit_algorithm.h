// VegasLimit, Gradient2Limit, AimdLimit: how many calls at once a dependency bears, estimated from
// what is measured. AdaptiveLimit (adaptive_limit.h) feeds one of them, a sample for each window.
//
// A sample: rtt, the average time of the window's calls (above 0); in_flight, the most that ran at
// once; dropped, whether a call timed out or was refused for overload. None of them grows the limit
// while in_flight < limit / 2: an idle limit learns nothing. All keep min <= limit <= max.
//
//             needs            goes down when                    mind
//   Vegas     latency          a queue builds up (against the    the no-load time must be seen now
//                              least rtt seen)                   and then; latency must not vary by
//                                                                kind of call
//   Gradient2 latency          rtt exceeds its long average      creeps up in an overload that
//   lasts
//                                                                longer than long_window samples
//   Aimd      drops or times   a call was dropped, or took       needs a timeout that means
//   overload;
//             above a limit    timeout or longer                 blind to a queue below it
//
// Sources: concurrency-limits by Netflix (Apache 2.0), whose formulas these are and whose classes
// bear the names; Vegas after Brakmo and Peterson, "TCP Vegas", 1995. Values of 40 to 64 bytes,
// O(1), not thread-safe. Chance: a base::Random, for when Vegas looks at the no-load time anew.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "base/check.h"
#include "base/random.h"

namespace ashlar::kit {

struct LimitBounds {
  std::uint32_t initial = 20;
  std::uint32_t min = 1;
  std::uint32_t max = 1000;

  [[nodiscard]] bool valid() const { return min >= 1 && min <= initial && initial <= max; }
  [[nodiscard]] double clamp(double limit) const {
    return std::clamp(limit, static_cast<double>(min), static_cast<double>(max));
  }
};

// With queue = ceil(limit * (1 - rtt_noload / rtt)), the calls that wait rather than work, and
// step = max(1, log10(limit)):
//   dropped, or queue > 6 step   limit -= step
//   queue <= step                limit += 6 step
//   queue < 3 step               limit += step
// Every 15 to 30 * limit samples rtt_noload is forgotten and taken from the next one.
class VegasLimit {
 public:
  struct Options {
    LimitBounds bounds;
    std::uint32_t probe_multiplier = 30;
  };

  // REQUIRES: bounds.valid(), probe_multiplier >= 1.
  explicit VegasLimit(const Options& options) : options_(options), limit_(options.bounds.initial) {
    CHECK(options.bounds.valid() && options.probe_multiplier >= 1);
  }

  // REQUIRES: rtt > 0.
  void update(std::chrono::nanoseconds rtt, std::uint32_t in_flight, bool dropped,
              base::Random& random) {
    const auto taken = static_cast<double>(rtt.count());
    ++samples_;
    if (static_cast<double>(samples_) >= jitter_ * options_.probe_multiplier * limit_) {
      samples_ = 0;
      jitter_ = 0.5 + random.unit() / 2;
      no_load_ = 0;
    }
    if (no_load_ == 0 || taken < no_load_) {
      no_load_ = taken;
      return;
    }
    const double step = std::max(1.0, std::floor(std::log10(limit_)));
    const double queue = std::ceil(limit_ * (1 - no_load_ / taken));
    double next = limit_;
    if (!dropped && in_flight * 2.0 < limit_) return;
    if (dropped || queue > 6 * step) {
      next -= step;
    } else if (queue <= step) {
      next += 6 * step;
    } else if (queue < 3 * step) {
      next += step;
    }
    limit_ = options_.bounds.clamp(next);
  }

  [[nodiscard]] std::uint32_t limit() const { return static_cast<std::uint32_t>(limit_); }

 private:
  Options options_;
  double limit_;
  double no_load_ = 0;  // nanoseconds; 0: not known
  double jitter_ = 1;
  std::uint64_t samples_ = 0;  // since no_load_ was forgotten
};

//   gradient = clamp(long_rtt / rtt, 0.5, 1)
//   limit = (1 - smoothing) * limit + smoothing * (gradient * limit + queue)
// long_rtt: the average of all rtts, exponential over long_window samples (the plain average of the
// first ten); cut by 10 % a sample while it is above twice the rtt, as after an overload.
// A dropped call acts by its time alone, and by that of the others.
class Gradient2Limit {
 public:
  struct Options {
    LimitBounds bounds{.initial = 20, .min = 20, .max = 200};
    double queue = 4;  // calls that may wait
    double smoothing = 0.2;
    std::uint32_t long_window = 600;
  };

  // REQUIRES: bounds.valid(), queue >= 0, 0 < smoothing <= 1, long_window >= 1.
  explicit Gradient2Limit(const Options& options)
      : options_(options), limit_(options.bounds.initial) {
    CHECK(options.bounds.valid() && options.queue >= 0 && options.long_window >= 1);
    CHECK(options.smoothing > 0 && options.smoothing <= 1);
  }

  // REQUIRES: rtt > 0.
  void update(std::chrono::nanoseconds rtt, std::uint32_t in_flight, bool /*dropped*/,
              base::Random& /*random*/) {
    const auto taken = static_cast<double>(rtt.count());
    if (samples_ < kWarmUp) {
      long_rtt_ = (long_rtt_ * samples_ + taken) / (samples_ + 1);
      ++samples_;
    } else {
      const double weight = 2.0 / (options_.long_window + 1);
      long_rtt_ += (taken - long_rtt_) * weight;
    }
    const double gradient = std::clamp(long_rtt_ / taken, 0.5, 1.0);
    if (long_rtt_ / taken > 2) long_rtt_ *= 0.9;
    if (in_flight < limit_ / 2) return;
    const double next = gradient * limit_ + options_.queue;
    limit_ = options_.bounds.clamp((1 - options_.smoothing) * limit_ + options_.smoothing * next);
  }

  [[nodiscard]] std::uint32_t limit() const { return static_cast<std::uint32_t>(limit_); }

 private:
  static constexpr int kWarmUp = 10;

  Options options_;
  double limit_;
  double long_rtt_ = 0;  // nanoseconds
  int samples_ = 0;      // up to kWarmUp
};

//   dropped, or rtt >= timeout   limit *= backoff
//   otherwise                    limit += 1
class AimdLimit {
 public:
  struct Options {
    LimitBounds bounds{.initial = 20, .min = 20, .max = 200};
    double backoff = 0.9;
    std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  };

  // REQUIRES: bounds.valid(), 0.5 <= backoff < 1, timeout > 0.
  explicit AimdLimit(const Options& options) : options_(options), limit_(options.bounds.initial) {
    CHECK(options.bounds.valid() && options.backoff >= 0.5 && options.backoff < 1);
    CHECK(options.timeout.count() > 0);
  }

  void update(std::chrono::nanoseconds rtt, std::uint32_t in_flight, bool dropped,
              base::Random& /*random*/) {
    if (dropped || rtt >= options_.timeout) {
      limit_ = options_.bounds.clamp(limit_ * options_.backoff);
    } else if (in_flight * 2.0 >= limit_) {
      limit_ = options_.bounds.clamp(limit_ + 1);
    }
  }

  [[nodiscard]] std::uint32_t limit() const { return static_cast<std::uint32_t>(limit_); }

 private:
  Options options_;
  double limit_;
};

}  // namespace ashlar::kit
