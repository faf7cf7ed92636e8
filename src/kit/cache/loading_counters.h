// LoadingCounters: what a LoadingCache counts by itself. Hits are counted by the Cache below, under
// the lock that it holds anyway; nothing here is touched on a hit of a value.
#pragma once

#include <atomic>
#include <cstdint>

#include "kit/cache/cache_types.h"
#include "kit/cache/loading_types.h"

namespace ashlar::kit {

class LoadingCounters {
 public:
  class Count {
   public:
    void add() { value_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> value_{0};
  };

  // Counts a load that throws as a failure.
  class Failing {
   public:
    explicit Failing(LoadingCounters& count) : count_(count) {}
    Failing(const Failing&) = delete;
    Failing& operator=(const Failing&) = delete;
    ~Failing() {
      if (failed_) count_.load_failures.add();
    }
    void ended(bool failed) { failed_ = failed; }

   private:
    LoadingCounters& count_;
    bool failed_ = true;
  };

  Count negative_hits, past_hits, loads, load_failures, waits, early_refreshes, refused_refreshes,
      stale_served, timeouts, crowded, not_kept;

  // Not one moment's where others are at work.
  [[nodiscard]] LoadingCacheStats sum(const CacheStats& core) const {
    const std::uint64_t past = past_hits.get();  // found, but past their time
    return {.hits = core.hits > past ? core.hits - past : 0,
            .negative_hits = negative_hits.get(),
            .misses = core.misses + past,
            .loads = loads.get(),
            .load_failures = load_failures.get(),
            .waits = waits.get(),
            .early_refreshes = early_refreshes.get(),
            .refused_refreshes = refused_refreshes.get(),
            .stale_served = stale_served.get(),
            .timeouts = timeouts.get(),
            .crowded = crowded.get(),
            .not_kept = not_kept.get()};
  }
};

}  // namespace ashlar::kit
