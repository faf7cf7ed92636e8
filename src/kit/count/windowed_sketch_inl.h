// The longer functions of WindowedSketch; included by windowed_sketch.h alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kit/count/windowed_sketch.h"

namespace ashlar::kit {

template <class Key>
bool WindowedSketch<Key>::merge(const WindowedSketch& other) {
  if (!clock_.same_buckets(other.clock_) || other.total_ > kMaxTotalWeight - total_) return false;
  if (other.clock_.started()) advance(other.clock_.newest());
  other.for_each_bucket([&](std::int64_t bucket, const Sketch& theirs) {
    if (bucket < clock_.tail()) return;
    CHECK(sketch(bucket).merge(theirs));
    total_ += theirs.total();
  });
  return true;
}

template <class Key>
bool WindowedSketch<Key>::restore(std::int64_t bucket, std::vector<typename Sketch::Row>& rows,
                                  std::uint64_t floor, std::uint64_t total) {
  expire();
  if (total > kMaxTotalWeight - total_ || !sketch(bucket).restore(rows, floor, total)) return false;
  total_ += total;
  return true;
}

template <class Key>
void WindowedSketch<Key>::expire_until(std::int64_t tail) {
  const std::int64_t end = std::min<std::int64_t>(tail, tail_ + clock_.ring_size());
  for (std::int64_t i = tail_; i < end; ++i) {
    auto& bucket = ring_[clock_.ring_place(i)];
    if (!bucket) continue;
    total_ -= bucket->total();
    bucket->clear();
  }
  tail_ = tail;
}

template <class Key>
std::vector<Heavy<Key>> WindowedSketch<Key>::top(std::size_t k, std::uint32_t buckets) const {
  KeyTable<Key, Sum> sums(hash_.seed());
  std::uint64_t floors = 0;
  for_each_bucket(buckets, [&](std::int64_t, const Sketch& bucket) {
    floors += bucket.floor();
    bucket.for_each([&](const typename Sketch::Row& row) {
      const std::uint64_t key_hash = hash_(row.key);
      auto id = sums.find(row.key, key_hash);
      if (id == sums.kNone) id = sums.insert(row.key, key_hash);
      sums[id].lower += row.count - row.error;
      sums[id].over_floor += row.count - bucket.floor();
    });
  });
  std::vector<HeavyCandidate<Key>> candidates;
  candidates.reserve(sums.size());
  sums.for_each([&](auto id) {
    const std::uint64_t upper = sums[id].over_floor + floors;
    candidates.push_back(
        {sums.key(id), sums[id].lower + (upper - sums[id].lower) / 2, sums[id].lower, upper});
  });
  return pick_heavy<Key>(candidates, k, floors);
}

}  // namespace ashlar::kit
