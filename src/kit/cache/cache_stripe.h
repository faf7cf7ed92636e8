// CacheStripe: one part of a Cache, under one lock: the keys that hash to it. Cache is what to use,
// and its header holds the promises. Everything in here needs `lock` to be held, unless it says so.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/time.h"
#include "kit/cache/brief_lock.h"
#include "kit/cache/cache_entries.h"
#include "kit/cache/cache_types.h"
#include "kit/cache/displaced.h"
#include "kit/cache/slot_index.h"

namespace ashlar::kit {

inline constexpr std::size_t kEvictionWork = 128;  // steps of the wheel before a live entry goes

// Aligned to pairs of the processor's lines, which it fetches together.
template <class Key, class Value, class Policy, class Hash>
class alignas(128) CacheStripe {
 public:
  using View = typename Hash::View;
  using Displaced = kit::Displaced<Value>;
  using Entries = CacheEntries<Key, Value, Policy, View>;

  BriefLock lock;

  // REQUIRES: called once, before anything else.
  void set_capacity(std::uint64_t capacity) {
    Entries entries(capacity);
    swap(entries_, entries);
    capacity_ = capacity;
  }
  // Without the lock, too.
  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }

  template <class Fn>
  bool visit(View key, std::uint32_t tag, base::Mono at, Fn&& fn, Displaced& displaced) {
    const std::int64_t now = nanos(at);
    if (entries_.wheel_due(now)) turn_wheel(now, kReadWork, displaced);
    const Slot slot = entries_.find(key, tag);
    if (slot == kNoSlot) {
      ++misses_;
      return false;
    }
    Entry& entry = entries_.at(slot);
    if (entry.deadline <= now) {
      ++misses_;
      ++stats_.expirations;
      entries_.drop(slot, displaced);
      return false;
    }
    ++hits_;
    entries_.use(slot, entry);
    fn(entry.value, mono(entry.deadline));
    return true;
  }

  template <class Fn>
  bool peek(View key, std::uint32_t tag, base::Mono now, Fn&& fn) {
    const Slot slot = entries_.find(key, tag);
    if (slot == kNoSlot) return false;
    Entry& entry = entries_.at(slot);
    if (entry.deadline <= nanos(now)) return false;
    fn(entry.value, mono(entry.deadline));
    return true;
  }

  CachePut put(View key, std::uint32_t tag, Value& value, base::Mono at,
               std::chrono::nanoseconds ttl, std::uint32_t weight, Displaced& displaced) {
    const std::int64_t now = nanos(at);
    if (entries_.wheel_due(now)) turn_wheel(now, kWriteWork, displaced);
    weight = std::max<std::uint32_t>(weight, 1);
    const bool too_heavy =
        weight > std::min<std::uint64_t>(entries_.capacity(), Entries::kMaxWeight);
    entries_.prefetch(tag);
    Slot slot = entries_.find(key, tag);
    if (ttl.count() <= 0 || too_heavy) {
      if (slot != kNoSlot) entries_.drop(slot, displaced);
      return refuse(too_heavy ? CachePut::kTooHeavy : CachePut::kExpired);
    }
    if (slot != kNoSlot && entries_.at(slot).deadline <= now) {
      ++stats_.expirations;
      entries_.drop(slot, displaced);
      slot = kNoSlot;
    }
    const std::int64_t deadline = deadline_after(now, ttl.count());
    if (slot != kNoSlot) {
      Entry& entry = entries_.at(slot);
      displaced.take(std::exchange(entry.value, std::move(value)));
      entries_.use(slot, entry);
      entries_.change(slot, deadline, weight);
      while (entries_.weight() > entries_.capacity()) evict(now, displaced);
      ++stats_.replacements;
      return CachePut::kReplaced;
    }
    entries_.expect(tag);
    while (entries_.full(weight)) evict(now, displaced);
    entries_.insert(key, tag, std::move(value), deadline, weight);
    ++stats_.inserts;
    return CachePut::kInserted;
  }

  template <class Pred>
  bool erase_if(View key, std::uint32_t tag, Pred&& pred, Displaced& displaced) {
    const Slot slot = entries_.find(key, tag);
    if (slot != kNoSlot && !pred(std::as_const(entries_.at(slot).value))) return false;
    supersede(tag);
    if (slot == kNoSlot) return false;
    entries_.drop(slot, displaced);
    return true;
  }

  [[nodiscard]] CacheToken token(std::uint32_t tag) const { return {versions_[tag % kVersions]}; }
  void supersede(std::uint32_t tag) { ++versions_[tag % kVersions]; }
  CachePut refuse(CachePut why) {
    ++stats_.refusals;
    return why;
  }

  // The entries are `empty`'s afterwards.
  void clear(Entries& empty) {
    for (std::uint64_t& version : versions_) ++version;
    swap(entries_, empty);
  }

  std::size_t expire(base::Mono now, std::size_t steps, Displaced& displaced) {
    return turn_wheel(nanos(now), steps, displaced);
  }

  template <class Fn>
  void for_each(base::Mono now, Fn&& fn) {
    entries_.for_each([&](const Entry& entry) {
      if (entry.deadline <= nanos(now)) return;
      fn(entry.key, entry.value, mono(entry.deadline), std::uint32_t{entry.weight});
    });
  }

  [[nodiscard]] CacheStats stats() const {
    CacheStats stats = stats_;
    stats.hits = hits_;
    stats.misses = misses_;
    stats.entries = entries_.count();
    stats.weight = entries_.weight();
    stats.bytes = sizeof(*this) + entries_.bytes();
    return stats;
  }

 private:
  using Entry = typename Entries::Entry;

  static constexpr std::size_t kReadWork = 4;
  static constexpr std::size_t kWriteWork = 8;  // more than one put gives the wheel: it catches up
  static constexpr std::size_t kVersions = 32;

  static std::int64_t nanos(base::Mono at) { return at.time_since_epoch().count(); }
  static base::Mono mono(std::int64_t nanos) { return base::Mono{std::chrono::nanoseconds{nanos}}; }
  // REQUIRES: ttl > 0
  static std::int64_t deadline_after(std::int64_t now, std::int64_t ttl) {
    const bool never = ttl == kNoTtl.count() || (now > 0 && ttl > Entries::kNoDeadline - now);
    return never ? Entries::kNoDeadline : now + ttl;
  }

  std::size_t turn_wheel(std::int64_t now, std::size_t steps, Displaced& displaced) {
    const std::size_t expired = entries_.turn_wheel(now, steps, displaced);
    stats_.expirations += expired;
    return expired;
  }

  void evict(std::int64_t now, Displaced& displaced) {
    if (entries_.wheel_due(now)) {
      const std::size_t expired = entries_.turn_wheel(now, kEvictionWork, displaced);
      stats_.evictions_expired += expired;
      if (expired > 0) return;
    }
    const Slot slot = entries_.victim();
    ++(entries_.at(slot).deadline <= now ? stats_.evictions_expired : stats_.evictions_live);
    entries_.drop(slot, displaced);
  }

  // Beside the lock, on the one line that a hit has to fetch from the other processor anyway.
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  Entries entries_{1};
  std::uint64_t capacity_ = 1;
  CacheStats stats_;  // the other counters
  std::array<std::uint64_t, kVersions> versions_{};
};

}  // namespace ashlar::kit
