// CacheService: the regions of the program and what they share: the far cache, its attendant and
// the notices.
//
//   FarRegion& region = service.add_region({.name = "links"});   // before start()
//   start() ──> tends every kTendInterval: connects to the far cache, takes back what is doubtful
//   stop()  ──> the last tending; what still waits for another instance's load stops waiting
//
// Without a far cache (`far` null) regions load everything from their source; chores run all the
// same.
// Threads: add_region() by one thread before start(); the rest by any. It outlives `db`'s threads
// (it has subscribed) and whoever uses its regions.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "base/time.h"
#include "platform/cache/far_region.h"
#include "platform/cache/load_metrics.h"

namespace ashlar::obs {
class Registry;
}
namespace ashlar::runtime {
class Periodic;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::cache {

class CacheService {
 public:
  static constexpr base::Millis kTendInterval{100};

  // Everything by reference outlives it.
  CacheService(std::unique_ptr<FarCache> far, storage::Database& db, const base::Clock& clock,
               base::Entropy& entropy, obs::Registry& metrics);
  ~CacheService();
  CacheService(const CacheService&) = delete;
  CacheService& operator=(const CacheService&) = delete;

  FarRegion& add_region(const FarRegionOptions& options);
  // Run at each tending, after the regions; before start().
  void add_chore(std::function<void()> run) { chores_.push_back(std::move(run)); }

  void start();
  bool stop();  // idempotent; whether it was this call that stopped it
  void tend();  // what the thread does; tests call it

  // How FarRegion waits; tests give another.
  void pause(base::Millis time);
  void set_pause(FarRegion::Pause pause) { pause_ = std::move(pause); }

  [[nodiscard]] bool has_far() const { return far_ != nullptr; }

 private:
  struct Place {
    LoadMetrics metrics;
    FarRegion region;
    Place(obs::Registry& registry, const FarRegionOptions& options, FarCache* far,
          const base::Clock& clock, std::uint64_t seed, FarRegion::Pause pause)
        : metrics(registry, options.name),
          region(options, far, clock, seed, std::move(pause), metrics) {}
  };

  const std::unique_ptr<FarCache> far_;
  const base::Clock& clock_;
  base::Entropy& entropy_;
  obs::Registry& metrics_;
  FarRegion::Pause pause_;  // before start()
  std::deque<Place> places_;
  std::vector<std::function<void()>> chores_;
  std::unique_ptr<runtime::Periodic> thread_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace ashlar::cache
