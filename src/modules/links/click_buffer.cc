#include "modules/links/click_buffer.h"

#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"

namespace ashlar::links {
namespace {

// Without initialisers, so that an array of them is reserved and not written.
struct Entry {
  std::int64_t tenant;
  std::int64_t link;
  Hour hour;
};

// A mutex costs twice as much, and here the holder is never away for longer than a swap or one
// click.
class SpinLock {
 public:
  void lock() {
    for (int spins = 1; held_.exchange(true, std::memory_order_acquire); ++spins) {
      if (spins % kSpinsBeforeYield == 0) std::this_thread::yield();
    }
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpinsBeforeYield = 64;
  std::atomic<bool> held_{false};
};

}  // namespace

struct ClickBuffer::Half {
  Half() { details.reserve(kDetails); }

  std::unique_ptr<Entry[]> entries{new Entry[kEntries]};
  std::size_t used = 0;
  ClickTally overflow{kOverflowPairs};
  std::vector<DetailEntry> details;
  Losses losses;
};

struct alignas(64) ClickBuffer::Shard {
  SpinLock lock;
  std::unique_ptr<Half> active = std::make_unique<Half>();  // guarded by lock
  std::unique_ptr<Half> spare = std::make_unique<Half>();   // drain()'s, empty between two drains
};

ClickBuffer::ClickBuffer(std::size_t shards) {
  CHECK(shards > 0);
  for (std::size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>());
}

ClickBuffer::~ClickBuffer() = default;

void ClickBuffer::record_entry(Half& half, LinkId link, base::TenantId tenant, Hour hour) noexcept {
  if (half.used < kEntries) {
    half.entries[half.used++] = {tenant.value, link.value, hour};
  } else if (!half.overflow.add(tenant, link, hour, 1)) {
    half.losses.clicks += 1;
  }
}

void ClickBuffer::record(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at,
                         const ClickDetail& detail) noexcept {
  Shard& mine = *shards_[shard % shards_.size()];
  const std::lock_guard guard(mine.lock);
  Half& half = *mine.active;
  record_entry(half, link, tenant, hour_of(at));
  if (half.details.size() >= kDetails) {
    half.losses.details += 1;
    return;
  }
  DetailEntry& entry = half.details.emplace_back();
  entry.tenant = tenant;
  entry.link = link;
  entry.at = at;
  entry.agent = classify_agent(detail.user_agent);
  entry.set_referrer(detail.referrer);
}

ClickBuffer::Losses ClickBuffer::drain(ClickTally& tally, std::vector<DetailEntry>& details) {
  Losses losses;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    {
      const std::lock_guard guard(shard->lock);
      std::swap(shard->active, shard->spare);
    }
    Half& half = *shard->spare;
    const auto count = [&](base::TenantId tenant, LinkId link, Hour hour, std::int64_t clicks) {
      if (!tally.add(tenant, link, hour, clicks)) losses.clicks += clicks;
    };
    for (std::size_t i = 0; i < half.used; ++i) {
      const Entry& entry = half.entries[i];
      count(base::TenantId(entry.tenant), LinkId(entry.link), entry.hour, 1);
    }
    if (!half.overflow.empty()) {
      for (const ClickCount& pair : half.overflow.take_sorted()) {
        count(pair.tenant, pair.link, pair.hour, pair.clicks);
      }
    }
    details.insert(details.end(), half.details.begin(), half.details.end());
    losses.clicks += half.losses.clicks;
    losses.details += half.losses.details;
    half.used = 0;
    half.details.clear();
    half.losses = {};
  }
  return losses;
}

}  // namespace ashlar::links
