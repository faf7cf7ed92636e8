// Cache: a concurrent map in memory, bounded by weight, with a deadline for each entry. What does
// not fit is evicted: expired entries first, then those that the policy gives up.
//
//   kit::Cache<std::uint64_t, std::shared_ptr<const Row>> cache({.capacity = 100'000, .seed = s});
//   cache.put(id, row, now, 30s);
//   std::optional<std::shared_ptr<const Row>> row = cache.get(id, now);
//
// Cache-aside, so that a delete is never followed by what was read before it:
//   const CacheToken token = cache.token(id);          // before the source is read
//   … read the source …
//   cache.put_if_token(token, id, row, now, 30s);      // kSuperseded: returned to nobody but you
// and a writer calls erase(id), or put(id, …), after its commit and before it acknowledges.
//
// Invariants:
//  1. get, visit and peek never see an entry whose deadline <= now: the deadline is compared on
//     every read, whatever the timer wheel has done.
//  2. The weights of a stripe's entries sum to at most the stripe's capacity, those of all stripes
//     to at most `capacity`; so an entry count is bounded too, every weight being at least 1.
//  3. No stale put after a change: put_if_token(t, k, …) stores nothing if erase(k), erase_if(k),
//     put(k) or clear() began after t = token(k) was returned and ended before it. A key shares its
//     version with 1 in 32 of its stripe's keys, so it may be refused without need; never the other
//     way round. Eviction and expiry change no version.
//  4. Each operation on one key is atomic and they are linearizable: one lock, one stripe. clear()
//     is atomic for each stripe; stats(), for_each() and expire() go stripe by stripe.
//  5. Eviction takes an entry whose deadline lies more than one tick (2^30 ns = 1.07 s) back before
//     any live one, unless more than kEvictionWork steps of the wheel are due in that stripe.
//  6. A value that is displaced (replaced, erased, expired, evicted) is destroyed after the lock is
//     released, by the thread whose call displaced it. A key is destroyed under the lock.
//
// Policies (template parameter): Lru, strict least recently used within a stripe; between stripes
// ages are not compared. S3Fifo (s3_fifo.h): fewer misses on most traces, and a hit writes no
// links. A stripe is full on its own: with 64 stripes, N entries of weight 1 into capacity N lose
// some 3 %.
//
// Absence: a cache of std::optional<T> remembers that there is nothing, with a TTL of its own; the
// core makes no difference between values. LoadingCache (loading_cache.h) does just this.
//
// Clocks: `now` is the caller's, in nanoseconds; any steady origin. Nothing in here remembers the
// latest `now`: every call is judged by its own, so threads whose readings are a little apart are
// harmless. If the clock steps back, deadlines stay where they are (an entry lives longer by the
// step, measured by the caller's clock it does not) and the wheel follows back; an entry that was
// removed stays removed. Deadlines saturate at kNever, which no clock reaches.
//
// Hostile keys: the hash is seeded (cache_hash.h); give a seed nobody can guess.
// Complexity: O(1), no allocation on a hit; put allocates when a stripe grows (amortized; the index
// is copied, O(entries of the stripe)). An operation does a bounded amount of the wheel's work.
// Memory: for each entry sizeof(Key) + sizeof(Value) rounded up to 8, and 16 bytes (deadline,
// weight, tag), 16 of links, 10.7 of index (up to 21 while the stripe has not grown to its
// capacity); S3Fifo 13 to 19 more for its ghosts. Each stripe about 2.5 KB. bench: cache_bench.cc.
// Threads: any thread, any method. A visitor runs under the stripe's lock: it must not call the
// cache, block, or take long.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/time.h"
#include "kit/cache/cache_hash.h"
#include "kit/cache/cache_stripe.h"
#include "kit/cache/cache_types.h"
#include "kit/cache/lru.h"

namespace ashlar::kit {

struct CacheOptions {
  std::uint64_t capacity = 0;  // sum of weights. REQUIRES: > 0
  std::uint32_t stripes = 0;   // a power of two <= capacity; 0: one per 256 of capacity, at most 64
  std::uint64_t seed = 0;      // of the hash
};

// `Hash`: as CacheHash. `Hash::View` is how keys are asked for (std::string_view for std::string).
template <class Key, class Value, class Policy = Lru, class Hash = CacheHash<Key>>
class Cache {
 public:
  using View = typename Hash::View;
  using Nanos = std::chrono::nanoseconds;

  explicit Cache(const CacheOptions& options)
      : hash_(options.seed), mask_(stripes_for(options) - 1), stripes_(new Stripe[mask_ + 1]) {
    const std::uint64_t spare = options.capacity % (mask_ + 1);
    for (std::size_t i = 0; i <= mask_; ++i) {
      stripes_[i].set_capacity(options.capacity / (mask_ + 1) + (i < spare ? 1 : 0));
    }
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // A copy of the value; make Value cheap to copy (a shared_ptr). nullopt: absent or expired.
  std::optional<Value> get(View key, base::Mono now) {
    std::optional<Value> found;
    visit(key, now, [&](const Value& value, base::Mono) { found.emplace(value); });
    return found;
  }
  // Calls fn(Value&, base::Mono deadline) under the lock if there is a live entry. Counts as a hit
  // or a miss and as a use.
  template <class Fn>
  bool visit(View key, base::Mono now, Fn&& fn) {
    return at(key, [&](Stripe& stripe, std::uint32_t tag, auto& displaced) {
      return stripe.visit(key, tag, now, fn, displaced);
    });
  }
  // The same, but neither counted nor a use.
  template <class Fn>
  bool peek(View key, base::Mono now, Fn&& fn) {
    return at(key, [&](Stripe& stripe, std::uint32_t tag, auto&) {
      return stripe.peek(key, tag, now, fn);
    });
  }

  // Stores or replaces; the key's older tokens lose their force. Whatever the result, what was
  // there before is gone. `ttl`: kNoTtl for no deadline. `weight` 0 counts as 1.
  CachePut put(View key, Value value, base::Mono now, Nanos ttl = kNoTtl,
               std::uint32_t weight = 1) {
    return at(key, [&](Stripe& stripe, std::uint32_t tag, auto& displaced) {
      stripe.supersede(tag);
      return stripe.put(key, tag, value, now, ttl, weight, displaced);
    });
  }
  // Stores only if there is no live entry (else kPresent). Leaves tokens as they are.
  CachePut put_if_absent(View key, Value value, base::Mono now, Nanos ttl = kNoTtl,
                         std::uint32_t weight = 1) {
    return at(key, [&](Stripe& stripe, std::uint32_t tag, auto& displaced) {
      if (stripe.peek(key, tag, now, [](Value&, base::Mono) {})) return CachePut::kPresent;
      return stripe.put(key, tag, value, now, ttl, weight, displaced);
    });
  }
  // Invariant 3. Of several loads with valid tokens the last put stays.
  CachePut put_if_token(CacheToken token, View key, Value value, base::Mono now, Nanos ttl = kNoTtl,
                        std::uint32_t weight = 1) {
    return at(key, [&](Stripe& stripe, std::uint32_t tag, auto& displaced) {
      if (stripe.token(tag) != token) return CachePut::kSuperseded;
      return stripe.put(key, tag, value, now, ttl, weight, displaced);
    });
  }
  CacheToken token(View key) {
    return at(key, [](Stripe& stripe, std::uint32_t tag, auto&) { return stripe.token(tag); });
  }

  // True if there was an entry, live or expired. The key's older tokens lose their force even if
  // not.
  bool erase(View key) {
    return erase_if(key, [](const Value&) { return true; });
  }
  // Erases if pred(const Value&), called under the lock; supersedes tokens only then, or where
  // there was no entry.
  template <class Pred>
  bool erase_if(View key, Pred&& pred) {
    return at(key, [&](Stripe& stripe, std::uint32_t tag, auto& displaced) {
      return stripe.erase_if(key, tag, pred, displaced);
    });
  }
  void clear() {
    for (std::size_t i = 0; i <= mask_; ++i) {
      typename Stripe::Body old = stripes_[i].make_body();  // destroyed when the lock is released
      const std::lock_guard lock(stripes_[i].lock);
      stripes_[i].clear(old);
    }
  }

  // Up to `steps` of wheel work (an entry or a bucket looked at) in each stripe; for a caller's
  // timer, so that an idle cache gives memory back. Returns how many entries were removed.
  std::size_t expire(base::Mono now, std::size_t steps) {
    std::size_t expired = 0;
    for (std::size_t i = 0; i <= mask_; ++i) {
      typename Stripe::Displaced displaced;
      const std::lock_guard lock(stripes_[i].lock);
      expired += stripes_[i].expire(now, steps, displaced);
    }
    return expired;
  }

  // Calls fn(const Key&, const Value&, base::Mono deadline, std::uint32_t weight) for every live
  // entry of a stripe, from the next to be evicted to the last, under its lock.
  // REQUIRES: stripe < stripes()
  template <class Fn>
  void for_each_in(std::size_t stripe, base::Mono now, Fn&& fn) {
    CHECK(stripe <= mask_);
    const std::lock_guard lock(stripes_[stripe].lock);
    stripes_[stripe].for_each(now, fn);
  }
  template <class Fn>
  void for_each(base::Mono now, Fn&& fn) {
    for (std::size_t i = 0; i <= mask_; ++i) for_each_in(i, now, fn);
  }

  [[nodiscard]] CacheStats stats() {
    CacheStats sum;
    for (std::size_t i = 0; i <= mask_; ++i) {
      const std::lock_guard lock(stripes_[i].lock);
      sum += stripes_[i].stats();
    }
    return sum;
  }
  [[nodiscard]] std::size_t stripes() const { return mask_ + 1; }

 private:
  using Stripe = CacheStripe<Key, Value, Policy, Hash>;

  template <class Fn>
  auto at(View key, Fn&& fn) {
    const std::uint64_t hash = hash_(key);
    Stripe& stripe = stripes_[(hash >> 40) & mask_];
    typename Stripe::Displaced displaced;  // outlives the lock: invariant 6
    const std::lock_guard lock(stripe.lock);
    return fn(stripe, static_cast<std::uint32_t>(hash), displaced);
  }

  static std::size_t stripes_for(const CacheOptions& options) {
    CHECK(options.capacity > 0);
    if (options.stripes == 0) {
      return std::bit_floor(std::clamp<std::uint64_t>(options.capacity / 256, 1, 64));
    }
    CHECK(std::has_single_bit(options.stripes) && options.stripes <= options.capacity);
    CHECK(options.stripes <= kMaxStripes);
    return options.stripes;
  }

  static constexpr std::uint32_t kMaxStripes = 1 << 16;

  const Hash hash_;
  const std::size_t mask_;
  const std::unique_ptr<Stripe[]> stripes_;
};

}  // namespace ashlar::kit
