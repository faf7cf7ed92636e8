// SlidingLogState: what a key has taken and when, in a ring of bounded size (sliding_log.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kit/rate/bounds.h"

namespace ashlar::kit {

template <std::size_t kEntries>
struct SlidingLogState {
  struct Entry {
    std::int64_t at_ns = 0;
    std::uint64_t cost = 0;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  std::uint64_t used = 0;   // the sum of the entries' costs
  std::uint32_t first = 0;  // the oldest entry; the others follow, cyclically, none older
  std::uint32_t count = 0;
  std::array<Entry, kEntries> entries{};

  [[nodiscard]] const Entry& entry(std::uint32_t i) const {
    return entries[(first + i) % kEntries];
  }
  [[nodiscard]] Entry& entry(std::uint32_t i) { return entries[(first + i) % kEntries]; }

  // What every operation requires and keeps: a state from outside is asked first.
  [[nodiscard]] bool well_formed() const;

  friend bool operator==(const SlidingLogState&, const SlidingLogState&) = default;
};

template <std::size_t kEntries>
bool SlidingLogState<kEntries>::well_formed() const {
  constexpr std::int64_t kFarthest = std::int64_t{1} << 62;
  if (first >= kEntries || count > kEntries) return false;
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Entry& one = entry(i);
    if (one.at_ns < -kFarthest || one.at_ns > kFarthest || one.cost > kMaxLimit - sum) return false;
    if (i > 0 && one.at_ns < entry(i - 1).at_ns) return false;
    sum += one.cost;
  }
  return sum == used;
}

}  // namespace ashlar::kit
