// Heavy: one row of an answer to "which keys weigh most", and what is promised about it. All
// counters of this folder answer in these terms.
//
// Order: `before(a, b)`: the greater estimate first; of equals the key that sorts first (strings
// by their bytes). It is total: an answer has one order.
//
// Promises, for keys with a true weight of t(key):
//   1. lower <= t(key) <= upper, every time. estimate lies in [lower, upper].
//   2. guaranteed: the key is among the k keys that come first by (t descending, key ascending);
//      never wrong. It is set if every key that is not in the answer surely comes behind this one:
//      its upper is less than our lower, or equal to it with a key that sorts behind ours. Keys
//      that a sketch no longer knows count with their bound, and then only "less" will do.
//   3. An exact counter says lower == estimate == upper and guaranteed for every row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::kit {

// The sum of all weights that one counter takes. add() beyond it is refused, so that no count ever
// wraps round.
inline constexpr std::uint64_t kMaxTotalWeight = std::uint64_t{1} << 62;

struct WeightInterval {
  std::uint64_t lower = 0;
  std::uint64_t upper = 0;

  friend bool operator==(const WeightInterval&, const WeightInterval&) = default;
};

template <class Key>
struct Heavy {
  Key key{};
  std::uint64_t estimate = 0;
  std::uint64_t lower = 0;
  std::uint64_t upper = 0;
  bool guaranteed = false;

  friend bool operator==(const Heavy&, const Heavy&) = default;
};

}  // namespace ashlar::kit
