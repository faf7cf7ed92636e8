#include "platform/cache/far_region.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "kit/cache/ttl_jitter.h"
#include "platform/cache/load_metrics.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::cache {
namespace {

constexpr char kPresent = 'P';
constexpr char kAbsent = 'A';
constexpr base::Millis kFirstPause{2};
constexpr std::size_t kEraseBatch = 256;

}  // namespace

FarRegion::FarRegion(FarRegionOptions options, FarCache* far, const base::Clock& clock,
                     std::uint64_t seed, Pause pause, LoadMetrics& metrics)
    : options_(std::move(options)),
      far_(far),
      clock_(clock),
      pause_(std::move(pause)),
      metrics_(metrics),
      random_(seed) {
  CHECK(!options_.name.empty() && options_.format.size() == 4);
  CHECK(options_.ttl.count() > 0 && options_.lease.count() > 0 && options_.block.count() > 0);
}

std::string FarRegion::far_key(std::string_view key) const {
  return options_.name + ":" + std::string(key);
}

std::vector<std::string> FarRegion::far_keys(const std::vector<std::string>& keys) const {
  std::vector<std::string> out;
  out.reserve(keys.size());
  for (const std::string& key : keys) out.push_back(far_key(key));
  return out;
}

bool FarRegion::usable(std::string_view key) const {
  if (far_ == nullptr || key.size() > options_.max_key_bytes) return false;
  if (!doubts_.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(mutex_);
  return !all_ && pending_.find(key) == pending_.end();
}

FarLookup FarRegion::ask(std::string_view key) {
  const base::Mono begun = clock_.mono();
  const std::string whole = far_key(key);
  std::vector<FarLookup> found = far_->look_up({&whole, 1}, options_.format, options_.lease);
  metrics_.far_answered(clock_.mono() - begun);
  return std::move(found.front());
}

FarRegion::Read FarRegion::take(std::string_view key, FarLookup lookup) {
  switch (lookup.answer) {
    case FarAnswer::kHit:
      // What was answered while the key became doubtful is not believed any more.
      if (lookup.value.empty() || !usable(key)) break;
      metrics_.far_hits.add();
      if (lookup.value.front() == kAbsent) return {.kind = Read::Kind::kAbsent};
      lookup.value.erase(0, 1);
      return {.kind = Read::Kind::kValue, .value = std::move(lookup.value)};
    case FarAnswer::kLease:
      metrics_.far_misses.add();
      return {.lease = lookup.lease};
    case FarAnswer::kBusy:
    case FarAnswer::kBlocked:
      metrics_.far_misses.add();
      break;
    case FarAnswer::kDown:
      metrics_.far_errors.add();
      break;
  }
  return {};
}

FarRegion::Read FarRegion::read(std::string_view key) {
  if (far_ == nullptr) return {};
  if (!usable(key)) {
    metrics_.far_bypassed.add();
    return {};
  }
  FarLookup found = ask(key);
  const base::Mono end = clock_.mono() + options_.wait;
  base::Millis pause = kFirstPause;
  // Each pause is twice the last, so there are few.
  while (found.answer == FarAnswer::kBusy && clock_.mono() + pause <= end) {
    pause_(pause);
    pause *= 2;
    found = ask(key);
  }
  return take(key, std::move(found));
}

base::Millis FarRegion::life(bool present) {
  const base::Millis ttl = present ? options_.ttl : options_.absent_ttl;
  if (ttl.count() <= 0) return base::Millis{0};
  const std::lock_guard lock(mutex_);
  const auto life = kit::jitter_down(ttl, options_.ttl_jitter, random_);
  return std::max(base::Millis{1}, std::chrono::floor<base::Millis>(life));
}

void FarRegion::store(std::string_view key, const Read& read,
                      std::optional<std::string_view> value) {
  if (read.lease == 0) return;
  const base::Millis ttl = life(value.has_value());
  const bool fits = !value || value->size() < options_.max_value_bytes;
  if (!fits || ttl.count() == 0 || !usable(key)) return release(key, read);
  std::string stored(1, value ? kPresent : kAbsent);
  if (value) stored += *value;
  switch (far_->store(far_key(key), read.lease, options_.format, stored, ttl)) {
    case FarStored::kStored:
      break;
    case FarStored::kSuperseded:
      metrics_.far_refused.add();
      break;
    case FarStored::kDown:
      metrics_.far_errors.add();
      break;
  }
}

void FarRegion::release(std::string_view key, const Read& read) {
  if (read.lease != 0) far_->release(far_key(key), read.lease);
}

bool FarRegion::begin(const std::vector<std::string>& keys, std::uint64_t& who) {
  if (far_ == nullptr || keys.empty()) return true;
  {
    const std::lock_guard lock(mutex_);
    who = random_.next();
    for (const std::string& key : keys) distrust_locked(key, 1);
  }
  if (far_->block(far_keys(keys), who, options_.block)) return true;
  metrics_.far_errors.add();
  return false;
}

void FarRegion::end(const std::vector<std::string>& keys, std::uint64_t who, bool blocked) {
  if (far_ == nullptr || keys.empty()) return;
  const bool clean = blocked && far_->unblock(far_keys(keys), who);
  if (!clean) metrics_.far_errors.add();
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys) {
    const auto at = pending_.find(key);
    --at->second.held;
    // What else has made it doubtful meanwhile is tend()'s.
    if (clean && at->second.held == 0 && at->second.reasons == 1) {
      pending_.erase(at);
    } else {
      distrust_locked(key, 0);
    }
  }
  doubts_.store(all_ || !pending_.empty(), std::memory_order_release);
}

void FarRegion::distrust_locked(const std::string& key, std::uint32_t held) {
  Doubt& doubt = pending_[key];
  doubt.held += held;
  doubt.number = ++number_;
  ++doubt.reasons;
  if (pending_.size() > options_.max_pending) {
    all_ = true;
    all_number_ = number_;
    std::erase_if(pending_, [](const auto& entry) { return entry.second.held == 0; });
  }
  doubts_.store(true, std::memory_order_release);
}

void FarRegion::distrust(const std::string& key) {
  if (far_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  distrust_locked(key, 0);
}

void FarRegion::distrust_all() {
  if (far_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  all_ = true;
  all_number_ = ++number_;
  doubts_.store(true, std::memory_order_release);
}

bool FarRegion::hear(std::string_view payload) {
  if (!payload.starts_with(options_.name) || payload.size() <= options_.name.size()) return false;
  payload.remove_prefix(options_.name.size());
  if (payload.front() != ':') return false;
  if (const auto key = base::percent_decode(payload.substr(1))) distrust(*key);
  return true;
}

void FarRegion::tend() {
  if (far_ == nullptr || !doubts_.load(std::memory_order_acquire)) return;
  bool all = false;
  std::uint64_t until = 0;
  std::vector<std::string> keys;
  {
    const std::lock_guard lock(mutex_);
    all = all_;
    until = number_;
    for (const auto& [key, doubt] : pending_) {
      if (doubt.held == 0 && keys.size() < kEraseBatch) keys.push_back(key);
    }
  }
  if (all && !far_->renew_epoch()) return;
  if (!all && !keys.empty() && !far_->erase(far_keys(keys))) return;
  const std::lock_guard lock(mutex_);
  const auto done = [&](const Doubt& doubt) { return doubt.held == 0 && doubt.number <= until; };
  if (all) {
    std::erase_if(pending_, [&](const auto& entry) { return done(entry.second); });
    all_ = all_number_ > until;
  } else {
    for (const std::string& key : keys) {
      const auto at = pending_.find(key);
      if (at != pending_.end() && done(at->second)) pending_.erase(at);
    }
  }
  doubts_.store(all_ || !pending_.empty(), std::memory_order_release);
}

std::size_t FarRegion::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_.size() + (all_ ? 1 : 0);
}

FarChange::FarChange(FarRegion& region, std::vector<std::string> keys)
    : region_(&region), keys_(std::move(keys)) {
  const std::size_t longest = region.options().max_key_bytes;  // longer ones are never there
  std::erase_if(keys_, [longest](const std::string& key) { return key.size() > longest; });
  blocked_ = region.begin(keys_, who_);
}

FarChange::FarChange(FarChange&& other) noexcept
    : region_(std::exchange(other.region_, nullptr)),
      keys_(std::move(other.keys_)),
      who_(other.who_),
      blocked_(other.blocked_) {}

void FarChange::announce(storage::Transaction& tx) const {
  if (blocked_) return;
  for (const std::string& key : keys_) {
    tx.notify(kFarChannel, region_->options().name + ":" + base::percent_encode(key));
  }
}

void FarChange::finish() {
  if (region_ != nullptr) std::exchange(region_, nullptr)->end(keys_, who_, blocked_);
}

}  // namespace ashlar::cache
