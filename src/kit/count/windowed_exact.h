// WindowedExact: the exact weights of keys within a sliding window of time, and the k greatest.
//
// A ring of buckets (window_clock.h: which instants are inside, late, or ahead) over one ExactTopK:
// each bucket lists (key's id, weight), so that what it added is subtracted when it leaves, and a
// key of which nothing is left inside disappears. Slack at the old edge: up to one bucket more than
// the window is covered, [since(), newest()], and all answers are exact for that span.
//
// Events out of order go to their bucket. A key knows its place in the list of the bucket that it
// was last seen in, so that a hit needs no second look-up; where one key alternates between buckets
// its entries repeat, and a list is tidied (sorted by id, repeats joined) before it would grow.
//
// Cost: add as ExactTopK::add, and O(log n) amortised for keys that alternate; a bucket that leaves
// costs O(its keys), once, within the call that lets time pass. top(k) as ExactTopK::top, O(k) but
// for once after falls; top(k, buckets) of a part of the window O(items in those buckets + keys).
// Memory: ExactTopK's and 16 bytes (up to 32 after doubling) for each key in each bucket.
// One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "kit/count/exact_top_k.h"
#include "kit/count/heavy.h"
#include "kit/count/pick_heavy.h"
#include "kit/count/window_clock.h"

namespace ashlar::kit {

template <class Key>
class WindowedExact {
 public:
  using View = typename StoredKey<Key>::View;

  // REQUIRES: as for ExactTopK. The clock may have run already.
  WindowedExact(const WindowClock& clock, std::size_t max_k, std::uint64_t seed = 0)
      : clock_(clock), counts_(max_k, seed), ring_(clock.ring_size()), tail_(clock.tail()) {}

  WindowAdd add(base::Mono at, View key, std::uint64_t weight = 1) {
    std::int64_t bucket;
    const WindowAdd placed = clock_.place(at, bucket);
    if (placed != WindowAdd::kAdded) return placed;
    return add_to(bucket, key, weight) ? WindowAdd::kAdded : WindowAdd::kRefused;
  }

  void advance(base::Mono now) {
    clock_.advance(now);
    expire();
  }

  // To a bucket by its number. false, and nothing is changed: the key or the weight cannot be
  // taken. REQUIRES: tail() <= bucket <= head().
  bool add_to(std::int64_t bucket, View key, std::uint64_t weight);

  std::vector<Heavy<Key>> top(std::size_t k) { return counts_.top(k); }
  // Of the newest `buckets` buckets.
  std::vector<Heavy<Key>> top(std::size_t k, std::uint32_t buckets) const;
  [[nodiscard]] std::uint64_t count(View key) const { return counts_.count(key); }

  // Adds what `other` holds; the window is then where the later of the two is. false, and nothing
  // is changed: other buckets (WindowClock::same_buckets), or too great a sum of weights.
  bool merge(const WindowedExact& other) {
    if (!clock_.same_buckets(other.clock_) || other.total() > kMaxTotalWeight - counts_.total()) {
      return false;
    }
    if (other.clock_.started()) advance(other.clock_.newest());
    other.for_each([&](std::int64_t bucket, View key, std::uint64_t weight) {
      if (bucket >= clock_.tail()) add_to(bucket, key, weight);
    });
    return true;
  }

  // visit(bucket, key, weight), the buckets from old to new; a key may come more than once for a
  // bucket.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::int64_t i = clock_.tail(); clock_.started() && i <= clock_.head(); ++i) {
      for (const Item& item : ring_[clock_.ring_place(i)]) {
        visit(i, counts_.key(item.id), item.weight);
      }
    }
  }

  [[nodiscard]] const WindowClock& clock() const { return clock_; }
  [[nodiscard]] std::uint64_t total() const { return counts_.total(); }
  [[nodiscard]] std::size_t size() const { return counts_.size(); }
  [[nodiscard]] std::size_t bytes() const {
    return counts_.bytes() + items_bytes_ + ring_.capacity() * sizeof(List);
  }

 private:
  struct Item {
    std::uint64_t weight;
    std::uint32_t id;
  };
  using List = std::vector<Item>;

  void expire() {
    if (clock_.tail() != tail_) expire_until(clock_.tail());
  }
  void expire_until(std::int64_t tail);
  void append(List& list, std::uint32_t id, std::uint64_t weight);
  void tidy(List& list);

  WindowClock clock_;
  ExactTopK<Key, std::uint32_t> counts_;  // extra: the key's place in the list it was last put in
  std::vector<List> ring_;
  std::int64_t tail_;  // lists before it are empty
  std::size_t items_bytes_ = 0;
  std::int64_t last_bucket_ = 0;
  List* last_list_ = nullptr;  // that of last_bucket_: saves a division
};

template <class Key>
bool WindowedExact<Key>::add_to(std::int64_t bucket, View key, std::uint64_t weight) {
  expire();
  if (weight == 0) return true;
  const std::uint32_t id = counts_.add(key, weight);
  if (id == counts_.kNone) return false;
  if (bucket != last_bucket_ || last_list_ == nullptr) {
    last_bucket_ = bucket;
    last_list_ = &ring_[clock_.ring_place(bucket)];
  }
  List& list = *last_list_;
  // Right whatever the place says: an item of this list with this id is this key's.
  const std::uint32_t place = counts_.extra(id);
  if (place < list.size() && list[place].id == id) {
    list[place].weight += weight;
  } else {
    append(list, id, weight);
  }
  return true;
}

template <class Key>
void WindowedExact<Key>::append(List& list, std::uint32_t id, std::uint64_t weight) {
  if (list.size() == list.capacity()) {
    tidy(list);
    if (list.size() > list.capacity() / 4 * 3 || list.capacity() == 0) {
      const std::size_t before = list.capacity();
      list.reserve(std::max<std::size_t>(16, before * 2));
      items_bytes_ += (list.capacity() - before) * sizeof(Item);
    }
  }
  counts_.extra(id) = static_cast<std::uint32_t>(list.size());
  list.push_back(Item{weight, id});
}

template <class Key>
void WindowedExact<Key>::tidy(List& list) {
  std::sort(list.begin(), list.end(), [](const Item& a, const Item& b) { return a.id < b.id; });
  std::size_t kept = 0;
  for (const Item item : list) {
    if (kept > 0 && list[kept - 1].id == item.id) {
      list[kept - 1].weight += item.weight;
    } else {
      counts_.extra(item.id) = static_cast<std::uint32_t>(kept);
      list[kept++] = item;
    }
  }
  list.resize(kept);
}

template <class Key>
void WindowedExact<Key>::expire_until(std::int64_t tail) {
  const std::int64_t end = std::min<std::int64_t>(tail, tail_ + clock_.ring_size());
  for (std::int64_t i = tail_; i < end; ++i) {
    List& list = ring_[clock_.ring_place(i)];
    for (const Item& item : list) counts_.subtract_id(item.id, item.weight);
    items_bytes_ -= list.capacity() * sizeof(Item);
    list = List();
  }
  tail_ = tail;
}

template <class Key>
std::vector<Heavy<Key>> WindowedExact<Key>::top(std::size_t k, std::uint32_t buckets) const {
  std::vector<std::uint64_t> sums(counts_.id_limit());
  for (std::int64_t i = std::max(clock_.tail(), clock_.head() - buckets + 1); i <= clock_.head();
       ++i) {
    for (const Item& item : ring_[clock_.ring_place(i)]) sums[item.id] += item.weight;
  }
  std::vector<HeavyCandidate<Key>> candidates;
  for (std::uint32_t id = 0; id < sums.size(); ++id) {
    if (sums[id] > 0) candidates.push_back({counts_.key(id), sums[id], sums[id], sums[id]});
  }
  return pick_heavy<Key>(candidates, k, 0);
}

}  // namespace ashlar::kit
