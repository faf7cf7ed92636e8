// Snowflake: 63-bit ids that grow with time and are unique without asking anyone, as long as every
// node has its own number.
//
//   63           22        12         0     the default layout: milliseconds since the epoch (41
//   0 | time     | node    | sequence |     bits, 69 years), 1,024 nodes, 4,096 ids a millisecond
//
// Promises: 1. No id twice from one Snowflake, and each greater than those given before it
//              (by threads that know of each other), whatever the clock does.
//           2. An id's time is never more than max_ahead later than the clock: when the clock steps
//              back, or the sequence of a millisecond is used up, the last time is kept and its
//              sequence goes on into the milliseconds that follow; where that bound is met next()
//              gives how long to wait instead, and changes nothing.
//           3. An id's time is the clock's unless something was borrowed so.
// Across restarts the state is gone: give `after`, an id not below the last one given out (stored
// every now and then, plus max_ahead), or see that a restart takes longer than clocks step.
//
// Such an id shows when it was made, by which node, and how many are made: where that must not be
// known use Permutation (permutation.h) over a counter. In JSON it is a string (JavaScript has 53
// bits); base62 is in base/encoding.h: base62_encode(id, 11).
//
// next(): a division and a CAS, O(1), no allocation; 48 bytes. Any thread. The clock is the wall
// clock (base::Time): ids are compared with dates. Source: Snowflake, Twitter, 2010.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

struct SnowflakeLayout {
  int time_bits = 41;  // at most 52, which is 142,000 years; the three together at most 63
  int node_bits = 10;
  int sequence_bits = 12;
  base::Time epoch = base::from_micros(1'704'067'200'000'000);  // 2024-01-01T00:00:00Z

  friend bool operator==(const SnowflakeLayout&, const SnowflakeLayout&) = default;
};

class Snowflake {
 public:
  static constexpr base::Micros kNever = base::Micros::max();
  static constexpr int kMostTimeBits = 52;
  static constexpr base::Micros kFarthest{std::int64_t{1} << 61};  // from 1970: 73,000 years

  struct Parts {
    base::Time time;  // to the millisecond
    std::uint64_t node, sequence;
  };

  // after: next() gives ids with a later time or sequence than this one's; 0: none was given yet.
  // REQUIRES: 1 <= time_bits <= kMostTimeBits, sequence_bits >= 1, node_bits >= 0, the three at
  // most 63, the epoch within kFarthest of 1970, node < 2^node_bits, max_ahead >= 0.
  Snowflake(const SnowflakeLayout& layout, std::uint64_t node,
            base::Millis max_ahead = base::Millis(10), std::uint64_t after = 0)
      : layout_(layout), node_(node), max_ahead_ms_(max_ahead.count()), last_(without_node(after)) {
    CHECK(layout.time_bits >= 1 && layout.node_bits >= 0 && layout.sequence_bits >= 1);
    CHECK(layout.time_bits <= kMostTimeBits);
    CHECK(layout.time_bits + layout.node_bits + layout.sequence_bits <= 63);
    CHECK(layout.epoch.time_since_epoch() <= kFarthest &&
          layout.epoch.time_since_epoch() >= -kFarthest);
    CHECK(node >> layout.node_bits == 0 && max_ahead.count() >= 0);
  }

  // An id, or how long to wait before asking again; kNever: the layout's time is used up.
  // REQUIRES: now within kFarthest of 1970.
  [[nodiscard]] std::expected<std::uint64_t, base::Micros> next(base::Time now) {
    const base::Micros since_epoch = now - layout_.epoch;
    const std::int64_t clock_ms = std::chrono::floor<base::Millis>(since_epoch).count();
    // A clock beyond the layout's time stands at its end, or the shift would lose its high bits.
    const std::int64_t by_layout =
        std::clamp<std::int64_t>(clock_ms, 0, std::int64_t{1} << layout_.time_bits);
    const std::uint64_t by_clock = static_cast<std::uint64_t>(by_layout) << layout_.sequence_bits;
    std::uint64_t last = last_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
      next = by_clock > last ? by_clock : last + 1;
      const auto next_ms = static_cast<std::int64_t>(next >> layout_.sequence_bits);
      if (next_ms >> layout_.time_bits != 0) return std::unexpected(kNever);
      if (next_ms - clock_ms > max_ahead_ms_) {
        return std::unexpected(base::Millis(next_ms - max_ahead_ms_) - since_epoch);
      }
    } while (!last_.compare_exchange_weak(last, next, std::memory_order_relaxed));
    return with_node(next);
  }

  [[nodiscard]] Parts parts(std::uint64_t id) const {
    const std::uint64_t node_mask = (std::uint64_t{1} << layout_.node_bits) - 1;
    const std::uint64_t joined = without_node(id);
    const auto ms = static_cast<std::int64_t>(joined >> layout_.sequence_bits);
    return {layout_.epoch + base::Millis(ms), (id >> layout_.sequence_bits) & node_mask,
            joined & sequence_mask()};
  }

 private:
  [[nodiscard]] std::uint64_t sequence_mask() const {
    return (std::uint64_t{1} << layout_.sequence_bits) - 1;
  }
  // Between an id and time << sequence_bits | sequence, which counts on by itself from one
  // millisecond into the next.
  [[nodiscard]] std::uint64_t with_node(std::uint64_t joined) const {
    const std::uint64_t time = joined >> layout_.sequence_bits;
    return (((time << layout_.node_bits) | node_) << layout_.sequence_bits) |
           (joined & sequence_mask());
  }
  [[nodiscard]] std::uint64_t without_node(std::uint64_t id) const {
    const std::uint64_t time = id >> (layout_.node_bits + layout_.sequence_bits);
    return (time << layout_.sequence_bits) | (id & sequence_mask());
  }

  const SnowflakeLayout layout_;
  const std::uint64_t node_;
  const std::int64_t max_ahead_ms_;
  std::atomic<std::uint64_t> last_;  // time << sequence_bits | sequence of the last id
};

}  // namespace ashlar::kit
