// A window told again without a ring: all events kept, replayed for every question. For tests.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "kit/count/testing/heavy_checks.h"

namespace ashlar::kit {

inline base::Mono at(std::int64_t nanos) { return base::Mono{std::chrono::nanoseconds{nanos}}; }

template <class Key>
class EventLog {
 public:
  void add(std::int64_t when, const Key& key, std::uint64_t weight) {
    events_.push_back({when, key, weight});
  }
  // What happened since `from`.
  [[nodiscard]] TrueWeights<Key> since(std::int64_t from) const {
    TrueWeights<Key> truth;
    for (const Event& event : events_) {
      if (event.when >= from) truth.add(event.key, event.weight);
    }
    return truth;
  }

 private:
  struct Event {
    std::int64_t when;
    Key key;
    std::uint64_t weight;
  };
  std::vector<Event> events_;
};

// Random events around a clock that mostly goes on, at times jumps, and at times stands still.
class RandomTime {
 public:
  RandomTime(base::Random& random, std::int64_t window)
      : random_(random),
        window_(window),
        now_(static_cast<std::int64_t>(random.below(1'000'000)) - 500'000) {}

  std::int64_t next() {
    const auto step = [&](std::int64_t most) {
      return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most) + 1));
    };
    if (random_.chance(0.001)) now_ += step(3 * window_);
    if (random_.chance(0.5)) now_ += step(window_ / 500 + 1);
    if (random_.chance(0.1)) return now_ - step(window_ + window_ / 4);  // out of order, or late
    return now_;
  }

 private:
  base::Random& random_;
  std::int64_t window_;
  std::int64_t now_;
};

// The rules of time, as the header states them, told again without a ring.
struct Rules {
  std::int64_t width;
  std::int64_t buckets;
  bool started = false;
  std::int64_t newest = 0;

  [[nodiscard]] std::int64_t floor(std::int64_t t) const {
    std::int64_t q = t / width;
    while (q * width > t) --q;
    return q;
  }
  [[nodiscard]] std::int64_t oldest() const { return (floor(newest) - buckets) * width; }
  bool take(std::int64_t t) {
    if (started && t < oldest()) return false;
    newest = started ? std::max(newest, t) : t;
    started = true;
    return true;
  }
};

}  // namespace ashlar::kit
