// pick_heavy: from everything that a counter knows, the k rows that come first, and which of them
// are guaranteed (heavy.h). One place for the rule, so that no counter has its own.
//
// O(n + k log k) comparisons for n candidates; compares keys only where estimates are equal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kit/count/heavy.h"
#include "kit/count/key_store.h"

namespace ashlar::kit {

template <class Key>
struct HeavyCandidate {
  typename StoredKey<Key>::View key{};
  std::uint64_t estimate = 0;
  std::uint64_t lower = 0;
  std::uint64_t upper = 0;
};

// `candidates` is reordered. `unknown` is the bound of every key that is not a candidate (0: there
// is no such key).
template <class Key>
std::vector<Heavy<Key>> pick_heavy(std::vector<HeavyCandidate<Key>>& candidates, std::size_t k,
                                   std::uint64_t unknown) {
  using Candidate = HeavyCandidate<Key>;
  k = std::min(k, candidates.size());
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.estimate != b.estimate ? a.estimate > b.estimate : a.key < b.key;
  };
  const auto middle = candidates.begin() + static_cast<std::ptrdiff_t>(k);
  if (middle != candidates.end())
    std::nth_element(candidates.begin(), middle, candidates.end(), before);
  std::sort(candidates.begin(), middle, before);

  // The most dangerous of the rest: what surely comes behind us must come behind it.
  const auto rival =
      std::min_element(middle, candidates.end(), [](const Candidate& a, const Candidate& b) {
        return a.upper != b.upper ? a.upper > b.upper : a.key < b.key;
      });
  std::vector<Heavy<Key>> rows;
  rows.reserve(k);
  for (auto row = candidates.begin(); row != middle; ++row) {
    const bool beats_unknown = unknown == 0 || row->lower > unknown;
    const bool beats_rival = rival == candidates.end() || row->lower > rival->upper ||
                             (row->lower == rival->upper && row->key < rival->key);
    rows.push_back(Heavy<Key>{Key(row->key), row->estimate, row->lower, row->upper,
                              beats_unknown && beats_rival});
  }
  return rows;
}

}  // namespace ashlar::kit
