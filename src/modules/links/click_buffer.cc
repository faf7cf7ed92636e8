#include "modules/links/click_buffer.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/random.h"

namespace ashlar::links {
namespace {

// Without initialisers, so that an array of them is reserved and not written.
struct Entry {
  std::int64_t tenant;
  std::int64_t link;
  std::int64_t at_us;
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
  bool try_lock() { return !held_.exchange(true, std::memory_order_acquire); }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpinsBeforeYield = 64;
  std::atomic<bool> held_{false};
};

// Text of a detail lies in its half's bytes, one after the other from `begin`.
struct Detail {
  std::int64_t tenant;
  std::int64_t link;
  std::int64_t at_us;
  std::int64_t weight;
  std::uint32_t begin;
  std::uint16_t referrer_bytes;
  std::uint16_t agent_bytes;
  std::uint16_t query_bytes;
  std::uint16_t target_bytes;
  std::uint16_t address_bytes;
  std::uint8_t taken;
  std::uint8_t index;
};

constexpr std::size_t kMaxAddressBytes = 64;

// From the query on; nothing where it holds none of what analytics look for.
std::string_view campaign_of(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return {};
  target.remove_prefix(question + 1);
  return target.find("utm_") == std::string_view::npos ? std::string_view() : target;
}

// To the next click whose detail is wanted: even over 1 … 2n - 1, so n on average.
std::int64_t distance(base::Random& random, std::int64_t n) {
  return n == 1
             ? 1
             : 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * n - 1)));
}

}  // namespace

struct ClickBuffer::Half {
  std::unique_ptr<Entry[]> entries{new Entry[kEntries]};
  std::size_t used = 0;
  ClickTally overflow{kOverflowPairs};
  std::unique_ptr<Detail[]> details{new Detail[kDetails]};
  std::size_t details_used = 0;
  std::unique_ptr<char[]> bytes{new char[kDetailBytes]};
  std::size_t bytes_used = 0;
  std::int64_t shed_weight = 0;
  Losses losses;

  // REQUIRES: there is room.
  std::uint16_t put(std::string_view text, std::size_t most) noexcept {
    const std::size_t size = std::min(text.size(), most);
    std::memcpy(bytes.get() + bytes_used, text.data(), size);
    bytes_used += size;
    return static_cast<std::uint16_t>(size);
  }
  [[nodiscard]] bool has_room() const {
    return details_used < kDetails &&
           kDetailBytes - bytes_used >= 2 * kMaxHeaderBytes + 2 * kMaxQueryBytes + kMaxAddressBytes;
  }
};

struct alignas(64) ClickBuffer::Shard {
  SpinLock lock;
  // Guarded by lock:
  std::int64_t until_wanted = 1;
  std::int64_t weight = 1;  // of the next one that is wanted
  base::Random random{0};
  std::unique_ptr<Half> active = std::make_unique<Half>();
  // drain()'s, empty between two drains:
  std::unique_ptr<Half> spare = std::make_unique<Half>();
};

ClickBuffer::ClickBuffer(std::size_t shards, std::int64_t detail_one_in, std::uint64_t seed)
    : detail_one_in_(detail_one_in) {
  CHECK(shards > 0 && detail_one_in >= 1 && detail_one_in <= 1'000'000);
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>());
    shards_.back()->random = base::Random(seed + i);
    shards_.back()->weight = shards_.back()->until_wanted =
        distance(shards_.back()->random, detail_one_in);
  }
}

ClickBuffer::~ClickBuffer() = default;

// The way of nearly every click: no call, so that nothing is saved and restored around one. What is
// rare goes on elsewhere.
std::int64_t ClickBuffer::count(std::size_t shard, LinkId link, base::TenantId tenant,
                                base::Time at) noexcept {
  Shard& mine = *shards_[shard < shards_.size() ? shard : shard % shards_.size()];
  if (!mine.lock.try_lock()) return count_after_wait(mine, link, tenant, at);
  Half& half = *mine.active;
  if (half.used == kEntries || mine.until_wanted == 1) return count_slowly(mine, link, tenant, at);
  half.entries[half.used++] = {tenant.value, link.value, base::to_micros(at)};
  --mine.until_wanted;
  mine.lock.unlock();
  return 0;
}

std::int64_t ClickBuffer::count_after_wait(Shard& mine, LinkId link, base::TenantId tenant,
                                           base::Time at) const noexcept {
  mine.lock.lock();
  return count_slowly(mine, link, tenant, at);
}

// REQUIRES: the lock is held; it is not any more after it.
std::int64_t ClickBuffer::count_slowly(Shard& mine, LinkId link, base::TenantId tenant,
                                       base::Time at) const noexcept {
  const std::lock_guard guard(mine.lock, std::adopt_lock);
  Half& half = *mine.active;
  if (half.used < kEntries) {
    half.entries[half.used++] = {tenant.value, link.value, base::to_micros(at)};
  } else if (!half.overflow.add(tenant, link, hour_of(at), 1)) {
    half.losses.clicks += 1;
  }
  if (--mine.until_wanted > 0) return 0;
  const std::int64_t weight = mine.weight;
  mine.weight = mine.until_wanted = distance(mine.random, detail_one_in_);
  return weight;
}

void ClickBuffer::keep(std::size_t shard, const KeptClick& click) noexcept {
  const std::string_view campaign = campaign_of(click.detail.target);
  Shard& mine = *shards_[shard % shards_.size()];
  const std::lock_guard guard(mine.lock);
  Half& half = *mine.active;
  if (!half.has_room()) {
    half.losses.details += 1;
    half.shed_weight += click.weight;
    return;
  }
  const ClickDetail& told = click.detail;
  Detail& detail = half.details[half.details_used++];
  detail.tenant = click.tenant.value;
  detail.link = click.link.value;
  detail.at_us = base::to_micros(click.at);
  detail.weight = click.weight;
  detail.begin = static_cast<std::uint32_t>(half.bytes_used);
  detail.referrer_bytes = half.put(told.referrer, kMaxHeaderBytes);
  detail.agent_bytes = half.put(told.user_agent, kMaxHeaderBytes);
  detail.query_bytes = half.put(told.query, kMaxQueryBytes);
  detail.target_bytes = half.put(campaign, kMaxQueryBytes);
  detail.address_bytes = half.put(told.address, kMaxAddressBytes);
  detail.taken = static_cast<std::uint8_t>(told.taken);
  detail.index = static_cast<std::uint8_t>(std::min<std::size_t>(told.index, 255));
}

void ClickBuffer::record(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at,
                         const ClickDetail& detail) noexcept {
  const std::int64_t weight = count(shard, link, tenant, at);
  if (weight > 0) keep(shard, {tenant, link, at, weight, detail});
}

void ClickBuffer::show_details(const Half& half,
                               const std::function<void(const KeptClick&)>& sink) {
  const auto kept = static_cast<std::int64_t>(half.details_used);
  for (std::int64_t i = 0; i < kept; ++i) {
    const Detail& detail = half.details[static_cast<std::size_t>(i)];
    const char* at = half.bytes.get() + detail.begin;
    const auto next = [&at](std::uint16_t bytes) {
      const std::string_view text(at, bytes);
      at += bytes;
      return text;
    };
    KeptClick click;
    click.tenant = base::TenantId(detail.tenant);
    click.link = LinkId(detail.link);
    click.at = base::from_micros(detail.at_us);
    click.weight = detail.weight + half.shed_weight / kept + (i < half.shed_weight % kept ? 1 : 0);
    click.detail.referrer = next(detail.referrer_bytes);
    click.detail.user_agent = next(detail.agent_bytes);
    click.detail.query = next(detail.query_bytes);
    click.detail.target = next(detail.target_bytes);
    click.detail.address = next(detail.address_bytes);
    click.detail.taken = static_cast<Taken>(detail.taken);
    click.detail.index = detail.index;
    sink(click);
  }
}

ClickBuffer::Losses ClickBuffer::drain(ClickTally& tally,
                                       const std::function<void(const KeptClick&)>& sink) {
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
      count(base::TenantId(entry.tenant), LinkId(entry.link),
            hour_of(base::from_micros(entry.at_us)), 1);
    }
    if (!half.overflow.empty()) {
      for (const ClickCount& pair : half.overflow.take_sorted()) {
        count(pair.tenant, pair.link, pair.hour, pair.clicks);
      }
    }
    show_details(half, sink);
    losses.clicks += half.losses.clicks;
    losses.details += half.losses.details;
    half.used = 0;
    half.details_used = 0;
    half.bytes_used = 0;
    half.shed_weight = 0;
    half.losses = {};
  }
  return losses;
}

}  // namespace ashlar::links
