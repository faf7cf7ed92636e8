// EarlyRefresh: the chance and the settings of a LoadingCache: how long what was loaded lives, and
// whether a reader of a fresh entry is to renew it. Any thread; a draw costs one atomic addition,
// and none is made while the entry is far from its end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/check.h"
#include "base/random.h"
#include "base/time.h"
#include "kit/cache/loading_entry.h"
#include "kit/cache/loading_types.h"
#include "kit/cache/refresh_ahead.h"
#include "kit/cache/ttl_jitter.h"
#include "kit/cache/xfetch.h"

namespace ashlar::kit {

class EarlyRefresh {
 public:
  explicit EarlyRefresh(const LoadingCacheOptions& options)
      : options_(options), draws_(options.cache.seed) {
    CHECK(options.ttl_jitter >= 0 && options.ttl_jitter <= 1 && options.xfetch_beta >= 0);
    CHECK(options.refresh_at >= 0 && options.stale_if_error.count() >= 0);
  }

  [[nodiscard]] bool due(const LoadTimes& times, base::Mono now) {
    if (now < times.retry_at) return false;
    if (refresh_due(now, times.loaded, times.fresh_until, options_.refresh_at)) return true;
    const double beta = options_.xfetch_beta;
    if (!(beta > 0) || !xfetch_possible(now, times.fresh_until, times.took, beta)) return false;
    return xfetch_due(now, times.fresh_until, times.took, beta, 1 - chance().unit());
  }

  // The loader's ttl, or the setting for its kind; shortened at random.
  template <class Load>
  [[nodiscard]] std::chrono::nanoseconds life(const Load& load) {
    std::chrono::nanoseconds ttl = load.kind == Load::Kind::kFound    ? options_.ttl
                                   : load.kind == Load::Kind::kAbsent ? options_.absent_ttl
                                                                      : options_.error_ttl;
    if (load.ttl) ttl = *load.ttl;
    if (ttl.count() <= 0 || ttl == kNoTtl || options_.ttl_jitter == 0) return ttl;
    base::Random random = chance();
    return jitter_down(ttl, options_.ttl_jitter, random);
  }

  // How long the entry stays in the cache: a value may be served stale after its life.
  template <class Load>
  [[nodiscard]] std::chrono::nanoseconds kept(const Load& load,
                                              std::chrono::nanoseconds life) const {
    const bool may_be_stale = load.kind == Load::Kind::kFound && life.count() > 0;
    return may_be_stale ? add_saturated(life, options_.stale_if_error) : life;
  }

 private:
  // A generator of its own for each draw: nothing to guard.
  base::Random chance() { return base::Random(draws_.fetch_add(1, std::memory_order_relaxed)); }

  const LoadingCacheOptions options_;
  std::atomic<std::uint64_t> draws_;
};

}  // namespace ashlar::kit
