// LoadingCache: a Cache that loads what it lacks, once for all who ask, and renews it in time.
//
//                        fresh                         due early (XFetch, refresh-ahead)
//   get(key, now) ──► in the cache ──► answered   ─────► answered with what is there; one renews
//        │ past its time, or absent
//        ▼
//   SingleFlight ──► load(key) ──► put, unless the key was changed meanwhile ──► answered
//        │ failed, timed out, crowded
//        ▼
//   past its time by less than stale_if_error? ──► answered, marked kStale; else the error
//
// Invariants
//  1. One load of a key at a time, whoever wants it and why (single_flight.h says what waiters get
//     when a load fails, gives up or throws). Whoever comes while a value is being put does not
//     load again.
//  2. A get() that begins after erase(), put() or clear() has returned is not answered from before
//     it, whatever was being loaded or renewed at the time. So: change the source, then call them.
//  3. A life begins when the load begins, not when it ends. Without kStale or kWait no answer is
//     older than its ttl at `now`; with kStale it is not older than ttl + stale_if_error; with
//     kWait its load was under way when the caller came. Jitter only shortens lives (ttl_jitter.h).
//  4. Absence is kept for absent_ttl, an error for error_ttl, if these are not 0 or the loader
//  gives
//     a ttl. A failure never displaces a value that may still be served: it only keeps the value
//     from being loaded again for the error's ttl.
//  5. What is fresh is answered without waiting. The one exception: without a Refresher the reader
//     whom XFetch picks loads itself; if that fails, or another is at it, it gets what was there.
//  6. With a Refresher nobody ever waits for a task of its queue: a get() that finds the entry past
//     its time while the task is queued loads by itself.
//
// Absent entries are renewed early as values are, but never served stale. A loader's exception
// reaches its own caller only and counts as a failure. Clocks: `now` is each caller's, as with
// Cache; should it step back by d, entries may stay fresh up to d longer.
//
// Complexity: a hit is one visit of the Cache and a copy of the Value; no other lock, no counter.
// Memory: Cache's, with an entry of 40 bytes + the larger of Value and 16 instead of Value.
// Keys: as Cache's; a Key must also convert to its View.
// Threads: any, all of them the caller's. It outlives its gets and the tasks given to the Refresher
// (run or destroyed). A loader may use other keys; it must not be waited for by the executor.
// Sources: Vattani et al. 2015 (xfetch.h); RFC 5861 section 4, stale-if-error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/time.h"
#include "kit/cache/cache.h"
#include "kit/cache/cache_loads.h"
#include "kit/cache/early_refresh.h"
#include "kit/cache/loading_counters.h"
#include "kit/cache/loading_entry.h"
#include "kit/cache/loading_types.h"

namespace ashlar::kit {

template <class Key, class Value, class Error, class Policy = Lru, class Hash = CacheHash<Key>>
class LoadingCache {
 public:
  using View = typename Hash::View;
  using Nanos = std::chrono::nanoseconds;
  using Load = Loaded<Value, Error>;
  using Found = Lookup<Value, Error>;
  using Loads = CacheLoads<Key, Value, Error, Policy, Hash>;
  using Refresher = typename Loads::Refresher;  // cache_loads.h
  using Core = typename Loads::Core;

  static constexpr Nanos kNoWait = Flight<Load>::kNoWait;
  static constexpr Nanos kForever = Flight<Load>::kForever;

  // REQUIRES: 0 <= ttl_jitter <= 1; a Refresher that has both parts or none; refresh_at < 1 only
  // with one.
  explicit LoadingCache(const LoadingCacheOptions& options, Refresher refresher = {})
      : core_(options.cache),
        early_(options),
        loads_(options, std::move(refresher), core_, early_, count_) {}
  LoadingCache(const LoadingCache&) = delete;
  LoadingCache& operator=(const LoadingCache&) = delete;

  // `load(const Key&)` returns Load. `budget` bounds the wait for another's load, not one's own.
  template <class Loader>
  Found get(View key, base::Mono now, Nanos budget, Loader&& load) {
    Found found{Found::Kind::kAbsent, Found::From::kCache, {}, {}};
    LoadTimes times;
    const bool there = core_.visit(key, now, [&](const Entry& entry, base::Mono) {
      times = entry.times;
      entry.tell(found);
    });
    if (!there) return loads_.fetch(Key(key), now, budget, load, nullptr);
    if (now < times.fresh_until) {
      if (found.kind != Found::Kind::kValue) count_.negative_hits.add();
      if (early_.due(times, now)) loads_.renew(Key(key), now, times, load, found);
      return found;
    }
    count_.past_hits.add();
    found.from = Found::From::kStale;
    if (now >= times.retry_at) {
      Found loaded = loads_.fetch(Key(key), now, budget, load, &times);
      if (loaded.kind == Found::Kind::kValue || loaded.kind == Found::Kind::kAbsent) return loaded;
    }
    count_.stale_served.add();
    return found;
  }

  // Stores what the caller has written to the source. `ttl`: nullopt for the setting; <= 0: nothing
  // is stored, and what was there is gone.
  CachePut put(View key, Value value, base::Mono now, std::optional<Nanos> ttl = {},
               std::uint32_t weight = 1) {
    Load load = Load::found(std::move(value));
    load.ttl = ttl;
    const Nanos life = early_.life(load);
    const CachePut done =
        core_.put(key, Entry(load, now, life), now, early_.kept(load, life), weight);
    loads_.part(Key(key));
    return done;
  }
  // True if there was an entry, live or expired.
  bool erase(View key) {
    const bool was = core_.erase(key);
    loads_.part(Key(key));
    return was;
  }
  void clear() {
    core_.clear();
    loads_.part_all();
  }

  // How many wait for a load of the key now.
  [[nodiscard]] std::uint32_t waiting(View key) { return loads_.waiting(Key(key)); }
  [[nodiscard]] LoadingCacheStats stats() { return count_.sum(core_.stats()); }
  // For expire(), for_each() and the figures of memory. Changes go through the methods above.
  [[nodiscard]] Core& core() { return core_; }

 private:
  using Entry = LoadingEntry<Value, Error>;

  Core core_;
  EarlyRefresh early_;
  LoadingCounters count_;
  Loads loads_;
};

}  // namespace ashlar::kit
