// NearCache: a region's values in this process, before the far cache and the source.
//
//   get(key) ──> kit::LoadingCache ──miss──> one flight ──> far cache ──> the caller's load()
//
//   auto link = cache.get(key, deadline, [&](const std::string& k) { … });  // null: there is none
//
//   FarChange change = cache.change({key});                     // before the transaction
//   db.write(context, [&](Transaction& tx) -> Status {
//     … the change …
//     cache.invalidate(tx, change);                             // or write_through(tx, change, v)
//     return ok_status(); });
//   change.finish();                                            // before it is acknowledged
//
// Invariants
//  1. A get() that begins after a write() of this process has returned is not answered from before
//     that write. In another process: not after its notice has come (storage/database.h, 5), but
//     for what docs/caching.md says of a far cache that forgets.
//  2. write_through() publishes its value only if nothing changed the key between its transaction
//     and its commit's return; else the key is erased. So of two commits whose order is not known
//     here neither value is kept.
//  3. No answer is older than ttl, or ttl + stale_if_error where no load succeeded. (What came from
//     the far cache may have been there for FarRegionOptions::ttl before.)
//  4. Absence is kept for absent_ttl. Errors are kept for error_ttl; 0: not at all.
//  5. Keys over FarRegionOptions::max_key_bytes are loaded and not kept.
//  6. One load of a key at a time in this process; others wait for it for `wait` at most and for
//     no longer than their deadlines; then they load for themselves, and keep nothing.
// Errors of get(): the load's own; kDeadline cache_deadline; kUnavailable cache_crowded (more than
// 1,024 wait for one key).
//
// Complexity: a hit is LoadingCache's, a copy of a shared_ptr and a histogram. Memory: at most
// capacity_bytes, keys and values included, by the codec's `bytes`.
// Threads: any. It outlives `db`'s threads, as every subscriber does. Keys are UTF-8 without NUL.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/cache/change_guard.h"
#include "platform/cache/near_loads.h"
#include "platform/cache/near_metrics.h"
#include "platform/cache/near_options.h"
#include "platform/storage/database.h"

namespace ashlar::cache {

template <class Value>
class NearCache {
 public:
  using Ptr = std::shared_ptr<const Value>;
  using Loaded = base::Result<std::optional<Value>>;

  // `refresh` may be empty where options.refresh_at is 1. All by reference outlives it.
  NearCache(const NearCacheOptions& options, Codec<Value> codec, FarRegion& region,
            storage::Database& db, std::uint64_t seed, obs::Registry& metrics,
            NearRefresh<Value> refresh = {})
      : options_(options),
        region_(region),
        loads_(std::move(codec), region),
        origin_(near_origin(seed)),
        cache_(options.loading(seed), loads_.refresher(std::move(refresh))),
        metrics_(
            metrics, region.options().name, [this] { return cache_.stats(); },
            [this] { return cache_.core().stats(); }) {
    db.subscribe(std::string(kNearChannel), [this](const storage::Database::Notice& notice) {
      if (notice.resync) return clear();
      const auto key = near_key_of(notice.payload, region_.options().name, origin_);
      if (key) erase(*key);
    });
  }
  NearCache(const NearCache&) = delete;
  NearCache& operator=(const NearCache&) = delete;

  // `load(const std::string&)` returns Loaded.
  template <class Load>
  base::Result<Ptr> get(std::string_view key, base::Mono deadline, Load&& load) {
    if (key.size() > region_.options().max_key_bytes) {
      return loads_.alone(std::string(key), deadline, load);
    }
    const base::Mono now = clock().mono();
    const auto left = std::max(deadline - now, std::chrono::nanoseconds(0));
    Found found = cache_.get(key, now, std::min<std::chrono::nanoseconds>(options_.wait, left),
                             [&](const std::string& k) { return loads_.fetch(k, load); });
    switch (found.kind) {
      case Found::Kind::kValue:
        if (found.from != Found::From::kLoad) note(found, now);
        return found.value->value;
      case Found::Kind::kAbsent:
        return Ptr();
      case Found::Kind::kError:
        return *found.error;
      case Found::Kind::kCrowded:
        return base::fail(base::Code::kUnavailable, "cache_crowded", "too many wait for one key");
      default:
        return loads_.alone(std::string(key), deadline, load);
    }
  }

  [[nodiscard]] FarChange change(std::vector<std::string> keys) {
    return region_.change(std::move(keys));
  }
  void invalidate(storage::Transaction& tx, const FarChange& change) {
    announce(tx, change);
    for (const std::string& key : change.keys()) {
      tx.on_commit([this, key] { erase(key); });
    }
  }
  // The value that the transaction has written. REQUIRES: the change is of one key.
  void write_through(storage::Transaction& tx, const FarChange& change, Value value) {
    CHECK(change.keys().size() <= 1);
    if (change.keys().empty()) return;  // too long a key to be kept
    announce(tx, change);
    const std::string& key = change.keys().front();
    const std::uint64_t seen = guard_.seen(key);
    auto item = loads_.make_item(std::move(value), clock().mono());
    tx.on_commit([this, key, seen, item = std::move(item)] {
      guard_.change(key, [&](std::uint64_t now_seen) {
        const std::uint32_t weight = loads_.weight_of(key, *item.value);
        if (now_seen != seen) {
          cache_.erase(key);
        } else {
          cache_.put(key, item, clock().mono(), {}, weight);
        }
      });
    });
  }

  // Of what this process has not changed itself, or has changed past invalidate().
  void erase(std::string_view key) {
    guard_.change(key, [&](std::uint64_t) { cache_.erase(key); });
  }
  void clear() {
    guard_.change_all([&] { cache_.clear(); });
  }

  // About the `limit` keys that were used last.
  [[nodiscard]] std::vector<std::string> hot_keys(std::size_t limit) {
    std::vector<std::string> keys;
    const std::size_t each = std::max<std::size_t>(1, limit / cache_.core().stripes());
    for (std::size_t i = 0; i < cache_.core().stripes() && keys.size() < limit; ++i) {
      std::vector<std::string> of_stripe;
      cache_.core().for_each_in(
          i, clock().mono(), [&](const std::string& key, const auto&, base::Mono, std::uint32_t) {
            of_stripe.push_back(key);
          });
      const std::size_t from = of_stripe.size() > each ? of_stripe.size() - each : 0;
      for (std::size_t k = from; k < of_stripe.size(); ++k) keys.push_back(of_stripe[k]);
    }
    return keys;
  }

 private:
  using Loads = NearLoads<Value>;
  using Cache = typename Loads::Cache;
  using Found = typename Cache::Found;

  [[nodiscard]] const base::Clock& clock() const { return region_.clock(); }

  void note(const Found& found, base::Mono now) {
    metrics_.hit_age((now - found.value->loaded));
    if (found.from == Found::From::kWait) region_.metrics().waited();
  }

  void announce(storage::Transaction& tx, const FarChange& change) const {
    change.announce(tx);
    for (const std::string& key : change.keys()) {
      tx.notify(kNearChannel, near_payload(region_.options().name, origin_, key));
    }
  }

  const NearCacheOptions options_;
  FarRegion& region_;
  const Loads loads_;
  const std::string origin_;
  ChangeGuard guard_;
  Cache cache_;
  NearMetrics metrics_;
};

}  // namespace ashlar::cache
