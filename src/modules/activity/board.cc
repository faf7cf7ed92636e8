#include "modules/activity/board.h"

#include <array>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "kit/count/top_k.h"

namespace ashlar::activity {
namespace {

struct TierSpec {
  base::Seconds reach;
  std::uint32_t buckets;
  std::size_t share;  // of a dimension's memory: max_dimension_bytes / share
};
constexpr std::array<TierSpec, 3> kTiers{
    {{base::Seconds{300}, 300, 2}, {base::Seconds{3'600}, 240, 4}, {Board::kMaxWindow, 288, 4}}};

base::Mono mono_of(base::Time time) { return base::Mono{time.time_since_epoch()}; }
base::Mono mono_of(std::int64_t second) { return base::Mono{base::Seconds{second}}; }
base::Time time_of(base::Mono mono) {
  return base::Time{std::chrono::floor<base::Micros>(mono.time_since_epoch())};
}

std::size_t tier_for(base::Seconds window) {
  std::size_t tier = 0;
  while (kTiers[tier].reach < window) ++tier;
  return tier;
}

}  // namespace

struct Board::Dimension {
  explicit Dimension(const Options& options)
      : tiers{make(options, 0), make(options, 1), make(options, 2)} {}

  static kit::TopK make(const Options& options, std::size_t tier) {
    const TierSpec& spec = kTiers[tier];
    return kit::TopK({.window = spec.reach,
                      .buckets = spec.buckets,
                      .max_bytes = options.max_dimension_bytes / spec.share,
                      .max_k = kMaxRows,
                      .max_ahead = 2 * kMaxWindow,
                      .seed = options.seed});
  }
  void advance(base::Time now) {
    for (kit::TopK& tier : tiers) tier.advance(mono_of(now));
  }
  [[nodiscard]] bool is_over() const { return tiers.back().total() == 0; }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const kit::TopK& tier : tiers) sum += tier.bytes();
    return sum;
  }

  std::array<kit::TopK, kTiers.size()> tiers;
};

struct Board::Tenant {
  std::mutex mutex;  // guards what follows
  std::map<std::string, Dimension, std::less<>> dimensions;
};

Board::Board(const Options& options) : options_(options) {}
Board::~Board() = default;

void Board::submit(base::TenantId tenant, Tally tally, base::Time now) {
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back({tenant, std::move(tally)});
    waiting = pending_.size();
  }
  if (waiting >= kMaxPending) count_pending(now);
}

std::shared_ptr<Board::Tenant> Board::tenant_of(base::TenantId id, bool make) {
  const std::lock_guard lock(mutex_);
  if (const auto found = tenants_.find(id); found != tenants_.end()) return found->second;
  if (!make) return nullptr;
  return tenants_.emplace(id, std::make_shared<Tenant>()).first->second;
}

void Board::note_time(base::Time now) {
  const std::int64_t told = base::to_micros(now);
  std::int64_t latest = latest_.load(std::memory_order_relaxed);
  while (latest < told && !latest_.compare_exchange_weak(latest, told)) {
  }
}

void Board::count_pending(base::Time now) {
  note_time(now);
  const std::lock_guard alone(counting_);
  std::vector<Pending> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(pending_);
  }
  for (const Pending& one : batch) count(*tenant_of(one.tenant, true), one.tally, now);
}

// Too old for a tier is too old for it alone, so that the answers of TopK::add need no reading:
// sizes and times were checked when the tally was made.
void Board::count(Tenant& tenant, const Tally& tally, base::Time now) {
  const std::lock_guard lock(tenant.mutex);
  for (const auto& [name, entries] : tally.dimensions()) {
    auto at = tenant.dimensions.find(name);
    if (at == tenant.dimensions.end()) {
      if (tenant.dimensions.size() >= kMaxDimensions || bytes() > options_.max_bytes) {
        skipped_.fetch_add(entries.size(), std::memory_order_relaxed);
        continue;
      }
      at = tenant.dimensions.try_emplace(name, options_).first;
      bytes_.fetch_add(at->second.bytes(), std::memory_order_relaxed);
    }
    Dimension& dimension = at->second;
    const std::size_t before = dimension.bytes();
    dimension.advance(now);
    for (const Tally::Entry& entry : entries) {
      for (kit::TopK& tier : dimension.tiers) {
        tier.add(mono_of(entry.second), entry.key, entry.count);
      }
    }
    bytes_.fetch_add(dimension.bytes() - before,
                     std::memory_order_relaxed);  // wraps where it shrank
  }
}

bool Board::has_room(base::TenantId tenant, const Tally& tally) {
  const bool full = bytes() > options_.max_bytes;
  const std::shared_ptr<Tenant> found = tenant_of(tenant, false);
  if (!found) return !full && tally.dimensions().size() <= kMaxDimensions;
  const std::lock_guard lock(found->mutex);
  std::size_t all = found->dimensions.size();
  for (const auto& [name, entries] : tally.dimensions()) {
    if (!found->dimensions.contains(name)) ++all;
  }
  return all <= kMaxDimensions && (!full || all == found->dimensions.size());
}

Standing Board::top(base::TenantId tenant, std::string_view dimension, base::Seconds window,
                    std::size_t k, base::Time now) {
  CHECK(window >= base::Seconds{1} && window <= kMaxWindow && k >= 1 && k <= kMaxRows);
  count_pending(now);
  Standing standing{
      .rows = {}, .total = 0, .exact = true, .known = false, .since = now - window, .as_of = now};
  const std::shared_ptr<Tenant> found = tenant_of(tenant, false);
  if (!found) return standing;
  const std::lock_guard lock(found->mutex);
  const auto at = found->dimensions.find(dimension);
  if (at == found->dimensions.end()) return standing;
  at->second.advance(now);
  const kit::TopK& tier = at->second.tiers[tier_for(window)];
  standing.rows = tier.top(k, window);
  standing.total = tier.total(window);
  standing.exact = tier.exact();
  standing.known = !at->second.is_over();
  standing.since = time_of(tier.since(window));
  standing.as_of = time_of(tier.newest());
  return standing;
}

std::vector<std::string> Board::dimensions(base::TenantId tenant, base::Time now) {
  count_pending(now);
  std::vector<std::string> names;
  const std::shared_ptr<Tenant> found = tenant_of(tenant, false);
  if (!found) return names;
  const std::lock_guard lock(found->mutex);
  for (auto& [name, dimension] : found->dimensions) {
    dimension.advance(now);
    if (!dimension.is_over()) names.push_back(name);
  }
  return names;
}

void Board::take_over(Board& fresh) {
  const std::lock_guard alone(counting_);
  const std::lock_guard lock(mutex_);
  pending_ = std::move(fresh.pending_);
  tenants_ = std::move(fresh.tenants_);
  fresh.pending_.clear();
  fresh.tenants_.clear();
  bytes_ = fresh.bytes_.exchange(0);
  latest_ = fresh.latest_.load();
}

void Board::drain(base::Time now) {
  count_pending(now);
  std::vector<std::pair<base::TenantId, std::shared_ptr<Tenant>>> all;
  {
    const std::lock_guard lock(mutex_);
    all.assign(tenants_.begin(), tenants_.end());
  }
  std::size_t sum = 0;
  for (const auto& [id, tenant] : all) {
    const std::lock_guard lock(tenant->mutex);
    for (auto at = tenant->dimensions.begin(); at != tenant->dimensions.end();) {
      Dimension& dimension = at->second;
      dimension.advance(now);
      if (!dimension.is_over()) sum += dimension.bytes();
      at = dimension.is_over() ? tenant->dimensions.erase(at) : std::next(at);
    }
  }
  bytes_.store(sum, std::memory_order_relaxed);
  all.clear();
  const std::lock_guard lock(mutex_);
  // Whom nobody else holds, nobody else can be changing.
  std::erase_if(tenants_, [](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->dimensions.empty();
  });
}

}  // namespace ashlar::activity
