#include "platform/cache/testing/model_far_cache.h"

#include <iterator>

namespace ashlar::cache {

ModelFarStore::Cell* ModelFarStore::find(const std::string& key) {
  const auto at = cells_.find(key);
  if (at == cells_.end()) return nullptr;
  if (at->second.expires > clock_.mono()) return &at->second;
  cells_.erase(at);
  return nullptr;
}

FarLookup ModelFarStore::look_up(const std::string& key, const FarFormat& format,
                                 base::Millis lease_time) {
  const std::lock_guard lock(mutex_);
  if (const Cell* cell = find(key)) {
    if (cell->kind == Kind::kBlocked) return {.answer = FarAnswer::kBlocked};
    if (cell->epoch == epoch_) {
      if (cell->kind == Kind::kLeased) return {.answer = FarAnswer::kBusy};
      if (cell->format == format) return {.answer = FarAnswer::kHit, .value = cell->value};
    }
  }
  const std::uint64_t lease = ++next_;
  cells_[key] = {Kind::kLeased, epoch_, lease, {}, {}, clock_.mono() + lease_time};
  return {.answer = FarAnswer::kLease, .lease = lease};
}

bool ModelFarStore::store(const std::string& key, std::uint64_t lease, const FarFormat& format,
                          std::string_view value, base::Millis ttl) {
  const std::lock_guard lock(mutex_);
  const Cell* cell = find(key);
  const bool held = cell != nullptr && cell->kind == Kind::kLeased && cell->lease == lease &&
                    cell->epoch == epoch_;
  const bool blocked = cell != nullptr && cell->kind == Kind::kBlocked;
  if (!held && !(broken_.stores_without_lease && !blocked)) return false;
  cells_[key] = {Kind::kValue, epoch_, 0, format, std::string(value), clock_.mono() + ttl};
  return true;
}

void ModelFarStore::release(const std::string& key, std::uint64_t lease) {
  const std::lock_guard lock(mutex_);
  const Cell* cell = find(key);
  if (cell != nullptr && cell->kind == Kind::kLeased && cell->lease == lease) cells_.erase(key);
}

void ModelFarStore::block(const std::string& key, std::uint64_t who, base::Millis at_most) {
  const std::lock_guard lock(mutex_);
  if (broken_.forgets_blocks) return;
  const Cell* cell = find(key);
  Cell blocked{Kind::kBlocked, 0, 0, {}, {}, clock_.mono() + at_most};
  if (cell != nullptr && cell->kind == Kind::kBlocked) blocked.blockers = cell->blockers;
  blocked.blockers.insert(who);
  cells_[key] = std::move(blocked);
}

void ModelFarStore::unblock(const std::string& key, std::uint64_t who) {
  const std::lock_guard lock(mutex_);
  if (broken_.forgets_blocks) return;
  Cell* cell = find(key);
  if (cell == nullptr) return;
  if (cell->kind == Kind::kBlocked) {
    cell->blockers.erase(who);
    if (!cell->blockers.empty()) return;
  }
  cells_.erase(key);
}

void ModelFarStore::erase(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const Cell* cell = find(key);
  if (cell != nullptr && cell->kind != Kind::kBlocked) cells_.erase(key);
}

void ModelFarStore::renew_epoch() {
  const std::lock_guard lock(mutex_);
  epoch_ = ++next_;
}

std::uint64_t ModelFarStore::connect() {
  const std::lock_guard lock(mutex_);
  if (fenced_for_ != run_id_ && !broken_.keeps_epoch_on_restart) epoch_ = ++next_;
  fenced_for_ = run_id_;
  return run_id_;
}

std::uint64_t ModelFarStore::run_id() {
  const std::lock_guard lock(mutex_);
  return run_id_;
}

void ModelFarStore::save() {
  const std::lock_guard lock(mutex_);
  saved_ = cells_;
  saved_epoch_ = epoch_;
}

void ModelFarStore::restart() {
  const std::lock_guard lock(mutex_);
  cells_ = saved_;
  epoch_ = saved_epoch_;
  ++run_id_;
  ++losses_;
}

void ModelFarStore::lose(std::uint64_t which) {
  const std::lock_guard lock(mutex_);
  if (cells_.empty()) return;
  cells_.erase(std::next(cells_.begin(), static_cast<std::ptrdiff_t>(which % cells_.size())));
  ++losses_;
}

std::uint64_t ModelFarStore::losses() {
  const std::lock_guard lock(mutex_);
  return losses_;
}

bool ModelFarCache::call(const std::function<void()>& effect) {
  hooks_.step();
  const Fault fault = hooks_.fault();
  if (fault == Fault::kNotDone) return false;
  if (connected_to_ != store_.run_id()) {
    connected_to_ = 0;  // until tend()
    return false;
  }
  effect();
  hooks_.step();
  return fault == Fault::kNone;
}

std::vector<FarLookup> ModelFarCache::look_up(Keys keys, const FarFormat& format,
                                              base::Millis lease_time) {
  std::vector<FarLookup> found(keys.size());
  const bool answered = call([&] {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      found[i] = store_.look_up(keys[i], format, lease_time);
    }
  });
  return answered ? found : std::vector<FarLookup>(keys.size());
}

FarStored ModelFarCache::store(const std::string& key, std::uint64_t lease, const FarFormat& format,
                               std::string_view value, base::Millis ttl) {
  bool stored = false;
  if (!call([&] { stored = store_.store(key, lease, format, value, ttl); })) {
    return FarStored::kDown;
  }
  return stored ? FarStored::kStored : FarStored::kSuperseded;
}

void ModelFarCache::release(const std::string& key, std::uint64_t lease) {
  static_cast<void>(call([&] { store_.release(key, lease); }));
}

bool ModelFarCache::block(Keys keys, std::uint64_t who, base::Millis at_most) {
  return call([&] {
    for (const std::string& key : keys) store_.block(key, who, at_most);
  });
}

bool ModelFarCache::unblock(Keys keys, std::uint64_t who) {
  return call([&] {
    for (const std::string& key : keys) store_.unblock(key, who);
  });
}

bool ModelFarCache::erase(Keys keys) {
  return call([&] {
    for (const std::string& key : keys) store_.erase(key);
  });
}

bool ModelFarCache::renew_epoch() {
  return call([&] { store_.renew_epoch(); });
}

void ModelFarCache::tend() {
  if (connected_to_ == store_.run_id() || hooks_.fault() != Fault::kNone) return;
  connected_to_ = store_.connect();
}

}  // namespace ashlar::cache
