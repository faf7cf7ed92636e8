// Cache: a concurrent map in memory, bounded by weight, with a deadline for each entry. What does
// not fit is evicted: expired entries first, then those that the policy gives up.
//
//   kit::Cache<std::uint64_t, std::shared_ptr<const Row>> cache({.capacity = 100'000, .seed = s});
//   cache.put(id, row, now, 30s);  // saved and loaded by cache_snapshot.h
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
// links. Stripes fill unevenly: of N keys in a cache of N, some 1 in 100 find no room (N 100,000).
//
// Absence: a cache of std::optional<T> remembers that there is nothing, with a TTL of its own; the
// core makes no difference between values. LoadingCache (loading_cache.h) keeps its absences so.
//
// Clocks: `now` is the caller's, in nanoseconds of any origin. Every call is judged by its own
// `now` alone, so threads whose readings are a little apart are harmless. If the clock steps back,
// deadlines stay where they are and the wheel goes back with it; what was removed stays removed.
//
// Hostile keys: the hash is seeded (cache_hash.h); give a seed nobody can guess.
// Complexity: O(1); no allocation on a hit. put allocates when a stripe grows: amortized, but the
// index of the stripe is copied. Every operation does a bounded amount of the wheel's work.
// Memory: an entry takes sizeof(Key) + sizeof(Value) and 16 bytes (deadline, weight, tag), 16 of
// links, 12 of index (up to 24 while the stripe grows); S3Fifo 14 to 25 more for its ghosts. A
// stripe about 2.5 KB. Measured: cache_bench.cc.
// Threads: any thread, any method. A visitor runs under the stripe's lock: it must not call the
// cache, block, or take long.
#pragma once

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

// `Hash`: as CacheHash. `Hash::View` is how keys are asked for (std::string_view for std::string).
template <class Key, class Value, class Policy = Lru, class Hash = CacheHash<Key>>
class Cache {
 public:
  using View = typename Hash::View;
  using Nanos = std::chrono::nanoseconds;

  explicit Cache(const CacheOptions& options)
      : hash_(options.seed), mask_(options.stripe_count() - 1), stripes_(new Stripe[mask_ + 1]) {
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
  // Calls fn(Value&, base::Mono deadline) if there is a live entry. Counted, and a use.
  template <class Fn>
  bool visit(View key, base::Mono now, Fn&& fn) {
    return at(key, [&](Stripe& s, auto tag, auto& out) { return s.visit(key, tag, now, fn, out); });
  }
  // The same, but neither counted nor a use.
  template <class Fn>
  bool peek(View key, base::Mono now, Fn&& fn) {
    return at(key, [&](Stripe& s, auto tag, auto&) { return s.peek(key, tag, now, fn); });
  }

  // Stores or replaces; the key's older tokens lose their force. Whatever the result, what was
  // there before is gone. `ttl`: kNoTtl for no deadline. `weight` 0 counts as 1.
  CachePut put(View key, Value value, base::Mono now, Nanos ttl = kNoTtl,
               std::uint32_t weight = 1) {
    return at(key, [&](Stripe& stripe, auto tag, auto& displaced) {
      stripe.supersede(tag);
      return stripe.put(key, tag, value, now, ttl, weight, displaced);
    });
  }
  // Stores only if there is no live entry (else kPresent). Leaves tokens as they are.
  CachePut put_if_absent(View key, Value value, base::Mono now, Nanos ttl = kNoTtl,
                         std::uint32_t weight = 1) {
    return at(key, [&](Stripe& stripe, auto tag, auto& displaced) {
      if (stripe.peek(key, tag, now, [](Value&, base::Mono) {})) return CachePut::kPresent;
      return stripe.put(key, tag, value, now, ttl, weight, displaced);
    });
  }
  // Invariant 3. Of several loads with valid tokens the last put stays.
  CachePut put_if_token(CacheToken token, View key, Value value, base::Mono now, Nanos ttl = kNoTtl,
                        std::uint32_t weight = 1) {
    return at(key, [&](Stripe& stripe, auto tag, auto& displaced) {
      if (stripe.token(tag) != token) return stripe.refuse(CachePut::kSuperseded);
      return stripe.put(key, tag, value, now, ttl, weight, displaced);
    });
  }
  CacheToken token(View key) {
    return at(key, [](Stripe& stripe, auto tag, auto&) { return stripe.token(tag); });
  }

  // True if there was an entry, live or expired. Older tokens lose their force either way.
  bool erase(View key) {
    return erase_if(key, [](const Value&) { return true; });
  }
  // Only if pred(const Value&); supersedes tokens then, and where there was no entry.
  template <class Pred>
  bool erase_if(View key, Pred&& pred) {
    return at(key, [&](Stripe& s, auto tag, auto& out) { return s.erase_if(key, tag, pred, out); });
  }
  void clear() {
    for (std::size_t i = 0; i <= mask_; ++i) {
      typename Stripe::Entries entries(stripes_[i].capacity());  // the old ones go after the lock
      const std::lock_guard lock(stripes_[i].lock);
      stripes_[i].clear(entries);
    }
  }

  // Up to `steps` of wheel work (an entry or a bucket looked at) in each stripe: for a timer of the
  // caller's, so that values of an idle cache go too. Returns how many entries went.
  std::size_t expire(base::Mono now, std::size_t steps) {
    std::size_t expired = 0;
    for (std::size_t i = 0; i <= mask_; ++i) {
      typename Stripe::Displaced displaced;
      const std::lock_guard lock(stripes_[i].lock);
      expired += stripes_[i].expire(now, steps, displaced);
    }
    return expired;
  }

  // Calls fn(const Key&, const Value&, base::Mono deadline, std::uint32_t weight) for a stripe's
  // live entries, from the next to be evicted to the last. REQUIRES: stripe < stripes().
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

  const Hash hash_;
  const std::size_t mask_;
  const std::unique_ptr<Stripe[]> stripes_;
};

}  // namespace ashlar::kit
