// FarRegion: one region's way to the far cache, and what keeps its values from being older than
// what the database holds. Without a far cache (nullptr) everything is a load, and free.
//
//   a read                                a change
//   Read r = region.read(key);            FarChange change = region.change({key});   // blocks
//   if (r.kind == kLoad) {                db.write(…, [&](Transaction& tx) {
//     … load …                              … change.announce(tx); … });
//     region.store(key, r, value);        change.finish();                           // unblocks
//   }                                     … acknowledge …
//
// So the key is blocked before the commit and until after it: whoever loads before the block cannot
// store any more, whoever loads during it gets no lease, whoever loads after it reads the new
// state. A crash between commit and unblock leaves a block, which ends by itself: nothing stale is
// there.
//
// Where the far cache does not answer a change, the change is made all the same:
//
//   trusted ──distrust(), block() failed──> pending ──tend(): erase() acknowledged──> trusted
//      │                                       │ more than max_pending of them
//      └──distrust_all() (resync)──> all distrusted <┘ ──tend(): renew_epoch()──> trusted
//
// Invariants
//  1. A pending key is neither read from the far cache nor stored there by this instance. A key is
//     pending from the begin of its change to its end, and afterwards unless the far cache has
//     acknowledged the unblock.
//  2. A change whose block failed says so in its transaction (kFarChannel): every instance that
//     hears of it makes the key pending, so that one that reaches the far cache erases it.
//  3. read() waits for another's load for `wait` at most, then loads without storing. No call fails
//     because of the far cache.
//  4. What is bigger than max_value_bytes or max_key_bytes is not kept.
// Staleness: docs/caching.md has the bounds, staleness_oracle_test.cc holds them. In short: 0 in
// the instance that made the change, whatever the far cache does; in others the delay of notices,
// as long as the far cache keeps what it was told or the change could not tell it anything; where
// it forgets a block during the change, or all who knew of the change have died, the TTLs.
//
// Threads: any, but tend() by one at a time. distrust…() never wait: storage calls them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "platform/cache/far_cache.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::cache {

class LoadMetrics;

// Payload: region, ':', the key percent-encoded.
inline constexpr std::string_view kFarChannel = "cache_far";

struct FarRegionOptions {
  std::string name;           // [a-z_]+
  FarFormat format = "0001";  // of the values; change it with the codec
  base::Millis ttl{60'000};
  base::Millis absent_ttl{1'000};  // 0: absence is not kept
  double ttl_jitter = 0.1;         // lives of [ttl * (1 - jitter), ttl]
  base::Millis lease{5'000};       // longer than a load may take
  base::Millis block{30'000};      // longer than a change may take
  base::Millis wait{30};           // for another instance's load
  std::size_t max_value_bytes = 64 * 1024;
  std::size_t max_key_bytes = 512;
  std::size_t max_pending = 4'096;
};

class FarRegion;

// One change of some keys, from before its transaction until after it. Not thread-safe.
class FarChange {
 public:
  FarChange(FarRegion& region, std::vector<std::string> keys);
  ~FarChange() { finish(); }
  FarChange(FarChange&& other) noexcept;
  FarChange(const FarChange&) = delete;
  FarChange& operator=(const FarChange&) = delete;

  // Inside the transaction, each time it runs.
  void announce(storage::Transaction& tx) const;
  // After the commit, or when there will be none. Before the change is acknowledged. Idempotent.
  void finish();

  // Without those that are too long to be kept.
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }
  [[nodiscard]] bool blocked() const { return blocked_; }  // false: see FarRegion's invariant 2

 private:
  FarRegion* region_;
  std::vector<std::string> keys_;
  std::uint64_t who_ = 0;
  bool blocked_ = false;
};

class FarRegion {
 public:
  using Pause = std::function<void(base::Millis)>;  // waits so long, or less

  // `far` may be null. Everything by reference outlives it.
  FarRegion(FarRegionOptions options, FarCache* far, const base::Clock& clock, std::uint64_t seed,
            Pause pause, LoadMetrics& metrics);
  FarRegion(const FarRegion&) = delete;
  FarRegion& operator=(const FarRegion&) = delete;

  struct Read {
    enum class Kind : std::uint8_t { kValue, kAbsent, kLoad };
    Kind kind = Kind::kLoad;
    std::uint64_t lease = 0;  // of kLoad: 0: what is loaded is not stored
    std::string value{};
  };
  Read read(std::string_view key);
  // What was loaded after `read` said kLoad. nullopt: there is none.
  void store(std::string_view key, const Read& read, std::optional<std::string_view> value);
  // Nothing was loaded.
  void release(std::string_view key, const Read& read);

  [[nodiscard]] FarChange change(std::vector<std::string> keys) {
    return FarChange(*this, std::move(keys));
  }

  // Of a notice on kFarChannel: whether it was this region's, which then distrusts the key.
  bool hear(std::string_view payload);
  void distrust(const std::string& key);
  void distrust_all();
  // Takes back what is pending; waits for the far cache.
  void tend();

  [[nodiscard]] std::size_t pending() const;
  [[nodiscard]] LoadMetrics& metrics() { return metrics_; }
  [[nodiscard]] const FarRegionOptions& options() const { return options_; }
  [[nodiscard]] const base::Clock& clock() const { return clock_; }

 private:
  friend class FarChange;

  struct Doubt {
    std::uint32_t held = 0;    // by changes that have not finished
    std::uint64_t number = 0;  // of the last reason to distrust it
    std::uint64_t reasons = 0;
  };

  [[nodiscard]] std::string far_key(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> far_keys(const std::vector<std::string>& keys) const;
  [[nodiscard]] bool usable(std::string_view key) const;
  FarLookup ask(std::string_view key);
  Read take(std::string_view key, FarLookup lookup);
  void distrust_locked(const std::string& key, std::uint32_t held);
  [[nodiscard]] base::Millis life(bool present);

  bool begin(const std::vector<std::string>& keys, std::uint64_t& who);
  void end(const std::vector<std::string>& keys, std::uint64_t who, bool blocked);

  const FarRegionOptions options_;
  FarCache* const far_;
  const base::Clock& clock_;
  const Pause pause_;
  LoadMetrics& metrics_;
  std::atomic<bool> doubts_{false};  // pending_ or all_: the lock is taken only then

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Doubt, std::less<>> pending_;
  bool all_ = false;
  std::uint64_t all_number_ = 0;
  std::uint64_t number_ = 0;
  base::Random random_;
};

}  // namespace ashlar::cache
