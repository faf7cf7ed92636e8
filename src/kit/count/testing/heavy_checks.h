// What heavy.h promises, checked against true weights that a plain map holds. For tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kit/count/heavy.h"

namespace ashlar::kit {

template <class Key>
class TrueWeights {
 public:
  void add(const Key& key, std::uint64_t weight) {
    total_ += weight;
    if (weight > 0) weights_[key] += weight;
  }
  void subtract(const Key& key, std::uint64_t weight) {
    total_ -= weight;
    const auto found = weights_.find(key);
    found->second -= weight;
    if (found->second == 0) weights_.erase(found);
  }
  [[nodiscard]] std::uint64_t of(const Key& key) const {
    const auto found = weights_.find(key);
    return found == weights_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] const std::map<Key, std::uint64_t>& all() const { return weights_; }

  [[nodiscard]] std::vector<std::pair<Key, std::uint64_t>> top(std::size_t k) const {
    std::vector<std::pair<Key, std::uint64_t>> rows(weights_.begin(), weights_.end());
    k = std::min(k, rows.size());
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(k), rows.end(),
                      [](const auto& a, const auto& b) {
                        return a.second != b.second ? a.second > b.second : a.first < b.first;
                      });
    rows.resize(k);
    return rows;
  }

 private:
  std::map<Key, std::uint64_t> weights_;
  std::uint64_t total_ = 0;
};

// How many of the true first k an answer names.
template <class Key>
std::size_t found_of_top(const TrueWeights<Key>& truth, const std::vector<Heavy<Key>>& rows,
                         std::size_t k) {
  std::set<Key> named;
  for (const Heavy<Key>& row : rows) named.insert(row.key);
  std::size_t found = 0;
  for (const auto& [key, weight] : truth.top(k)) found += named.count(key);
  return found;
}

// Order, intervals and guarantees of the first k as answered.
template <class Key>
void expect_heavy_rows(const TrueWeights<Key>& truth, const std::vector<Heavy<Key>>& rows,
                       std::size_t k) {
  std::set<Key> first;
  for (const auto& [key, weight] : truth.top(k)) first.insert(key);
  ASSERT_LE(rows.size(), k);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Heavy<Key>& row = rows[i];
    ASSERT_LE(row.lower, truth.of(row.key)) << "row " << i;
    ASSERT_GE(row.upper, truth.of(row.key)) << "row " << i;
    ASSERT_TRUE(row.lower <= row.estimate && row.estimate <= row.upper) << "row " << i;
    ASSERT_TRUE(!row.guaranteed || first.contains(row.key)) << "row " << i << " is not among them";
    if (i > 0) {
      ASSERT_TRUE(rows[i - 1].estimate > row.estimate ||
                  (rows[i - 1].estimate == row.estimate && rows[i - 1].key < row.key))
          << "row " << i << " is out of order";
    }
  }
}

// An exact counter's answer is the true one.
template <class Key>
void expect_exact_rows(const TrueWeights<Key>& truth, const std::vector<Heavy<Key>>& rows,
                       std::size_t k) {
  const auto expected = truth.top(k);
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [key, weight] = expected[i];
    ASSERT_EQ(rows[i], (Heavy<Key>{key, weight, weight, weight, true})) << "row " << i;
  }
}

// The interval of every key that was ever seen, and of one that never was.
template <class Key, class Sketch>
void expect_intervals(const TrueWeights<Key>& truth, const Sketch& sketch, const Key& never) {
  for (const auto& [key, weight] : truth.all()) {
    const WeightInterval interval = sketch.estimate(key);
    ASSERT_LE(interval.lower, weight);
    ASSERT_GE(interval.upper, weight);
  }
  ASSERT_EQ(sketch.estimate(never).lower, 0U);
}

// Keys of a test: u64 spread over 64 bits, or strings short and long.
template <class Key>
Key test_key(std::uint64_t n);
template <>
inline std::uint64_t test_key<std::uint64_t>(std::uint64_t n) {
  return n * 0x9e3779b97f4a7c15;
}
template <>
inline std::string test_key<std::string>(std::uint64_t n) {
  std::string key = "key-" + std::to_string(n);
  if (n % 3 == 0) key.append(n % 250, '.');  // beyond what a table keeps in place
  key.resize(std::min<std::size_t>(key.size(), 256));
  return n % 3 == 0 && n > 0 ? std::to_string(n) + key.substr(0, 200) : key;
}

}  // namespace ashlar::kit
