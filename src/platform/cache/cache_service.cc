#include "platform/cache/cache_service.h"

#include <utility>

#include "base/check.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::cache {

CacheService::CacheService(std::unique_ptr<FarCache> far, storage::Database& db,
                           const base::Clock& clock, base::Entropy& entropy, obs::Registry& metrics)
    : far_(std::move(far)), clock_(clock), entropy_(entropy), metrics_(metrics) {
  if (far_ == nullptr) return;
  db.subscribe(std::string(kFarChannel), [this](const storage::Database::Notice& notice) {
    for (Place& place : places_) {
      if (notice.resync) {
        place.region.distrust_all();
      } else if (place.region.hear(notice.payload)) {
        return;
      }
    }
  });
}

CacheService::~CacheService() { stop(); }

FarRegion& CacheService::add_region(const FarRegionOptions& options) {
  CHECK(thread_ == nullptr);
  const auto wait = [this](base::Millis time) { pause_ ? pause_(time) : pause(time); };
  return places_.emplace_back(metrics_, options, far_.get(), clock_, entropy_.u64(), wait).region;
}

void CacheService::start() {
  thread_ = std::make_unique<runtime::Periodic>("cache", kTendInterval, [this] { tend(); });
}

void CacheService::tend() {
  if (far_ != nullptr) far_->tend();
  for (Place& place : places_) place.region.tend();
  for (const auto& chore : chores_) chore();
}

bool CacheService::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return false;
  }
  stopped_.notify_all();
  if (!thread_) return true;
  thread_->stop();
  for (Place& place : places_) place.region.tend();
  return true;
}

void CacheService::pause(base::Millis time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, time, [this] { return stopping_; });
}

}  // namespace ashlar::cache
