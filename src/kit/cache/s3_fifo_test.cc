// Cache with the S3-FIFO policy beside a reference that is written down from the paper with the
// standard library's lists: the same entries in the same queues after every operation. And what
// the policy is for.
#include "kit/cache/s3_fifo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <ranges>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kit/cache/cache.h"
#include "kit/cache/ghost_queue.h"
#include "kit/cache/lru.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

constexpr base::Mono kNow{};

class Reference {
 public:
  explicit Reference(std::uint64_t capacity)
      : capacity_(capacity), small_capacity_(std::max<std::uint64_t>(capacity / 10, 1)) {}

  bool get(std::uint64_t key) {
    const auto at = places_.find(key);
    if (at == places_.end()) return false;
    at->second->count = std::min(at->second->count + 1, 3);
    return true;
  }
  void put(std::uint64_t key, std::uint32_t weight) {
    if (get(key)) {
      Entry& entry = *places_[key];
      (entry.main ? main_weight_ : small_weight_) += weight;
      (entry.main ? main_weight_ : small_weight_) -= entry.weight;
      entry.weight = weight;
      while (small_weight_ + main_weight_ > capacity_) evict();
      return;
    }
    const auto ghost = std::find(ghosts_.begin(), ghosts_.end(), std::optional(key));
    const bool returning = ghost != ghosts_.end();
    if (returning) *ghost = std::nullopt;
    while (small_weight_ + main_weight_ + weight > capacity_) evict();
    const bool main = returning || (!evicted_ && small_weight_ >= small_capacity_);
    push(Entry{key, weight, 0, main});
  }
  void erase(std::uint64_t key) {
    const auto at = places_.find(key);
    if (at != places_.end()) take(at->second);
  }
  // Small, then main, each from its oldest.
  [[nodiscard]] std::vector<std::uint64_t> contents() const {
    std::vector<std::uint64_t> keys;
    for (const auto* queue : {&small_, &main_}) {
      for (const Entry& entry : std::views::reverse(*queue)) keys.push_back(entry.key);
    }
    return keys;
  }

 private:
  struct Entry {
    std::uint64_t key;
    std::uint32_t weight;
    int count;
    bool main;
  };

  void push(Entry entry) {
    auto& queue = entry.main ? main_ : small_;
    (entry.main ? main_weight_ : small_weight_) += entry.weight;
    queue.push_front(entry);
    places_[entry.key] = queue.begin();
  }
  Entry take(std::list<Entry>::iterator at) {
    const Entry entry = *at;
    (entry.main ? main_weight_ : small_weight_) -= entry.weight;
    places_.erase(entry.key);
    (entry.main ? main_ : small_).erase(at);
    return entry;
  }
  void evict() {
    evicted_ = true;
    for (int chances = S3Fifo::kMaxChances;; --chances) {
      if (main_weight_ > capacity_ - capacity_ / 10 || small_.empty()) {
        Entry entry = take(std::prev(main_.end()));
        if (entry.count == 0 || chances <= 0) return;
        --entry.count;
        push(entry);
      } else {
        const std::size_t entries = places_.size();
        Entry entry = take(std::prev(small_.end()));
        if (entry.count < 2 || chances <= 0) {
          const std::size_t limit = std::min(entries - entries / 10, capacity_ - capacity_ / 10);
          ghosts_.emplace_back(entry.key);
          while (ghosts_.size() > limit) ghosts_.pop_front();
          return;
        }
        entry.count = 0;
        entry.main = true;
        push(entry);
      }
    }
  }

  std::uint64_t capacity_;
  std::uint64_t small_capacity_;
  std::uint64_t small_weight_ = 0;
  std::uint64_t main_weight_ = 0;
  bool evicted_ = false;
  std::list<Entry> small_;  // the newest first
  std::list<Entry> main_;
  std::deque<std::optional<std::uint64_t>> ghosts_;  // nullopt: taken back
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> places_;
};

void compare(std::uint64_t seed, std::uint64_t capacity, std::uint32_t heaviest, int operations) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", capacity " + std::to_string(capacity));
  base::Random random(seed);
  const Zipf zipf(capacity * 8);
  Cache<std::uint64_t, int, S3Fifo> cache({.capacity = capacity, .stripes = 1, .seed = seed});
  Reference reference(capacity);
  std::uint64_t scan = 1'000'000;
  for (int i = 0; i < operations; ++i) {
    // Popular keys, and now and then a run of keys that never come again.
    const std::uint64_t key = random.chance(0.2) ? scan++ : zipf.draw(random);
    if (random.chance(0.02)) {
      cache.erase(key);
      reference.erase(key);
    } else if (random.chance(0.1)) {
      const auto weight = static_cast<std::uint32_t>(1 + random.below(heaviest));
      cache.put(key, 1, kNow, kNoTtl, weight);
      reference.put(key, weight);
    } else {
      const bool hit = cache.get(key, kNow).has_value();
      ASSERT_EQ(hit, reference.get(key)) << "at operation " << i;
      if (!hit) {
        const auto weight = static_cast<std::uint32_t>(1 + random.below(heaviest));
        cache.put(key, 1, kNow, kNoTtl, weight);
        reference.put(key, weight);
      }
    }
    if (i % 997 == 0 || capacity < 20) {
      std::vector<std::uint64_t> keys;
      cache.for_each(kNow,
                     [&](std::uint64_t k, int, base::Mono, std::uint32_t) { keys.push_back(k); });
      ASSERT_EQ(keys, reference.contents()) << "after operation " << i;
    }
  }
  EXPECT_GT(cache.stats().evictions_live, static_cast<std::uint64_t>(operations) / 10);
}

TEST(S3Fifo, EqualsThePlainReference) {
  for (const std::uint64_t capacity : {1, 2, 9, 10, 11, 19}) compare(1, capacity, 1, 50'000);
  compare(2, 100, 1, 500'000);
  compare(3, 1000, 1, 500'000);
}

TEST(S3Fifo, EqualsThePlainReferenceWithWeights) {
  compare(4, 19, 5, 50'000);
  compare(5, 1000, 50, 300'000);
}

template <class Policy>
double miss_ratio(std::uint64_t capacity) {
  base::Random random(6);
  const Zipf zipf(100'000);
  Cache<std::uint64_t, int, Policy> cache({.capacity = capacity, .stripes = 1});
  std::uint64_t scan = 1'000'000;
  for (int i = 0; i < 300'000; ++i) {
    const std::uint64_t key = i % 1000 < 300 ? scan++ : zipf.draw(random);
    if (!cache.get(key, kNow)) cache.put(key, 1, kNow);
  }
  const CacheStats stats = cache.stats();
  return static_cast<double>(stats.misses) / static_cast<double>(stats.hits + stats.misses);
}

TEST(S3Fifo, WithstandsScansBetterThanLru) {
  for (const std::uint64_t capacity : {200, 1000, 5000}) {
    EXPECT_LT(miss_ratio<S3Fifo>(capacity), miss_ratio<Lru>(capacity) - 0.04) << capacity;
  }
}

TEST(S3Fifo, ManyUsesDoNotMakeAnEvictionEndless) {
  Cache<int, int, S3Fifo> cache({.capacity = 10'000, .stripes = 1});
  for (int key = 0; key < 10'000; ++key) cache.put(key, key, kNow);
  for (int round = 0; round < 4; ++round) {
    for (int key = 0; key < 10'000; ++key) cache.get(key, kNow);
  }
  for (int key = 10'000; key < 10'100; ++key) cache.put(key, key, kNow);
  EXPECT_EQ(cache.stats().entries, 10'000U);
}

TEST(GhostQueue, RemembersTheLastThatWerePushedAndNotTaken) {
  base::Random random(7);
  GhostQueue ghosts(500);
  std::deque<std::optional<std::uint32_t>> model;
  for (int i = 0; i < 300'000; ++i) {
    const auto fingerprint = static_cast<std::uint32_t>(random.below(2000)) * 2'147'483;
    const auto at = std::find(model.begin(), model.end(), std::optional(fingerprint));
    const bool there = at != model.end();
    ASSERT_EQ(ghosts.take(fingerprint), there);
    if (there) *at = std::nullopt;
    const std::uint64_t limit = random.chance(0.001) ? random.below(500) : 500;
    ghosts.push(fingerprint, limit);
    if (limit == 0) continue;
    model.emplace_back(fingerprint);
    while (model.size() > limit) model.pop_front();
  }
}

}  // namespace
}  // namespace ashlar::kit
