#include "modules/limits/usage.h"

#include <algorithm>
#include <map>
#include <utility>

#include "kit/count/windowed_sketch.h"
#include "modules/limits/limit.h"
#include "platform/observability/metrics.h"
#include "platform/observability/thread_shard.h"

namespace ashlar::limits {
namespace {

constexpr std::string_view kOther = "(other)";
constexpr std::array<const char*, kVerdicts> kOutcomes{
    "allowed", "denied", "shadow_denied", "failed_open", "failed_closed", "failed_local"};

constexpr std::chrono::seconds kWindow{300};
constexpr std::uint32_t kBuckets = 5;
constexpr std::size_t kCounters = 32;
constexpr std::size_t kBucketBytes = 12 * 1024;
constexpr std::size_t kSketchBytes = (kBuckets + 1) * (kBucketBytes + 256);
constexpr std::chrono::nanoseconds kMaxAhead = std::chrono::hours{24};

using Sketch = kit::WindowedSketch<std::string>;

// What a sketch takes as a key, cut where a character ends.
std::string_view countable(std::string_view key) {
  constexpr std::size_t kMax = 256;
  if (key.size() <= kMax) return key;
  std::size_t end = kMax;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xc0) == 0x80) --end;
  return key.substr(0, end);
}

// One number in kSampled, without a pattern: every kSampled-th request may well be of one key.
bool is_sampled(std::uint64_t number) {
  number *= 0x9e3779b97f4a7c15;
  number ^= number >> 32;
  number *= 0xd6e8feb86659fd93;
  return number >> 32 < (std::uint64_t{1} << 32) / RuleUsage::kSampled;
}

}  // namespace

Verdict verdict_of(const LimitSpec& spec, const Outcome& outcome) {
  switch (outcome.source) {
    case Source::kFailedOpen:
      return Verdict::kFailedOpen;
    case Source::kFailedClosed:
      return Verdict::kFailedClosed;
    case Source::kFailedLocal:
      return Verdict::kFailedLocal;
    case Source::kCount:
      break;
  }
  if (!outcome.over()) return Verdict::kAllowed;
  return spec.shadow ? Verdict::kShadowDenied : Verdict::kDenied;
}

RuleCounts& RuleCounts::operator+=(const RuleCounts& other) {
  for (std::size_t i = 0; i < kVerdicts; ++i) by[i] += other.by[i];
  return *this;
}

RuleCounts RuleCounts::operator-(const RuleCounts& earlier) const {
  RuleCounts difference = *this;
  for (std::size_t i = 0; i < kVerdicts; ++i) difference.by[i] -= earlier.by[i];
  return difference;
}

// --- One rule ------------------------------------------------------------------------------------

struct RuleUsage::Shared {
  std::atomic<std::size_t> room{0};  // bytes left for keys
  std::uint64_t seed = 0;
};

// What the registry shows: it never falls, whatever becomes of the rules behind it.
struct RuleUsage::Metric {
  std::array<std::atomic<std::uint64_t>, kVerdicts> by{};

  void add(const RuleCounts& counts) {
    for (std::size_t i = 0; i < kVerdicts; ++i) by[i].fetch_add(counts.by[i]);
  }
};

struct RuleUsage::Keys {
  // Of all requests, of refused ones. Null: not used yet, or no room.
  std::unique_ptr<Sketch> all;
  std::unique_ptr<Sketch> refused;
  std::size_t reserved = 0;
  bool no_room = false;
};

RuleUsage::RuleUsage(base::TenantId owner, std::string name, std::shared_ptr<Shared> shared,
                     std::shared_ptr<Metric> metric)
    : owner_(owner),
      name_(std::move(name)),
      shared_(std::move(shared)),
      metric_(std::move(metric)),
      shards_(std::make_unique<Shard[]>(obs::kShards)),
      keys_(std::make_unique<Keys>()) {}

RuleUsage::~RuleUsage() {
  metric_->add(total() - at_tick_);
  shared_->room += keys_->reserved;
}

RuleCounts RuleUsage::total() const {
  RuleCounts sum;
  for (std::size_t shard = 0; shard < obs::kShards; ++shard) {
    for (std::size_t i = 0; i < kVerdicts; ++i) {
      sum.by[i] += shards_[shard].by[i].load(std::memory_order_relaxed);
    }
  }
  return sum;
}

void RuleUsage::note(Verdict verdict, std::string_view key, base::Mono now) {
  const std::size_t shard = obs::thread_shard();
  auto& cell = shards_[shard].by[static_cast<std::size_t>(verdict)];
  obs::add_in_shard<std::uint64_t>(cell, 1, shard);
  const bool refused = verdict == Verdict::kDenied || verdict == Verdict::kShadowDenied ||
                       verdict == Verdict::kFailedClosed;
  std::atomic<std::uint64_t>& noted = keys_noted_[refused ? 1 : 0];
  if (noted.load(std::memory_order_relaxed) < kExactKeys) {
    noted.fetch_add(1, std::memory_order_relaxed);
    note_key(refused, key, 1, now);
  } else if (is_sampled(cell.load(std::memory_order_relaxed) ^ shared_->seed)) {
    note_key(refused, key, kSampled, now);
  }
}

void RuleUsage::note_key(bool refused, std::string_view key, std::uint64_t weight, base::Mono now) {
  const auto sketch = [&](std::unique_ptr<Sketch>& place) -> Sketch* {
    if (place || keys_->no_room) return place.get();
    std::size_t room = shared_->room.load();
    do {
      if (room < kSketchBytes) {
        keys_->no_room = true;
        return nullptr;
      }
    } while (!shared_->room.compare_exchange_weak(room, room - kSketchBytes));
    keys_->reserved += kSketchBytes;
    place = std::make_unique<Sketch>(kit::WindowClock(kWindow, kBuckets, kMaxAhead), kCounters,
                                     shared_->seed, kBucketBytes);
    return place.get();
  };
  const std::string_view counted = countable(key);
  const std::lock_guard lock(keys_mutex_);
  // What a sketch refuses (late, too far ahead) is a matter of clocks: the counts have it.
  if (Sketch* all = sketch(keys_->all)) static_cast<void>(all->add(now, counted, weight));
  if (!refused) return;
  if (Sketch* of = sketch(keys_->refused)) static_cast<void>(of->add(now, counted, weight));
}

RuleCounts RuleUsage::tick() {
  const RuleCounts now = total();
  const RuleCounts second = now - at_tick_;
  at_tick_ = now;
  for (auto& noted : keys_noted_) noted.store(0, std::memory_order_relaxed);
  if (!second.empty()) metric_->add(second);
  if (!seconds_ && second.empty()) return second;
  if (!seconds_) seconds_ = std::make_unique<std::array<RuleCounts, kSeconds>>();
  RuleCounts& place = (*seconds_)[ticks_ % kSeconds];
  recent_ = recent_ - place;
  recent_ += second;
  place = second;
  ++ticks_;
  return second;
}

HeavyKeys RuleUsage::heavy(bool refused, std::size_t k, base::Mono now) {
  const std::lock_guard lock(keys_mutex_);
  HeavyKeys answer;
  Sketch* sketch = (refused ? keys_->refused : keys_->all).get();
  answer.kept = sketch != nullptr || !keys_->no_room;
  if (sketch == nullptr) return answer;
  sketch->advance(now);
  answer.rows = sketch->top(k);
  answer.exact = sketch->exact();
  return answer;
}

// --- All rules -----------------------------------------------------------------------------------

struct UsageBook::Impl {
  using Name = std::pair<base::TenantId, std::string>;

  Impl(const Options& o, obs::Registry& m) : options(o), metrics(m) {
    shared->room = o.max_key_bytes;
    shared->seed = o.seed;
    other_metric = make_metric(kOther);
  }

  std::shared_ptr<RuleUsage::Metric> make_metric(std::string_view label) {
    auto metric = std::make_shared<RuleUsage::Metric>();
    for (std::size_t i = 0; i < kVerdicts; ++i) {
      metrics.make_counter_callback(
          "ashlar_limits_decisions_total", "What limits said to requests, by rule and outcome.",
          {{"rule", std::string(label)}, {"outcome", kOutcomes[i]}},
          [metric, i] { return static_cast<double>(metric->by[i].load()); });
    }
    return metric;
  }

  // REQUIRES: mutex is held.
  std::shared_ptr<RuleUsage::Metric> metric_of(std::string_view label) {
    if (label.empty()) return other_metric;
    const auto known = labelled.find(label);
    if (known != labelled.end()) return known->second;
    if (labelled.size() >= options.max_metric_rules) return other_metric;
    return labelled.emplace(label, make_metric(label)).first->second;
  }

  [[nodiscard]] std::shared_ptr<RuleUsage> find(base::TenantId owner, std::string_view name) const {
    const auto found = rules.find(Name(owner, name));
    return found != rules.end() ? found->second.lock() : nullptr;
  }

  const Options options;
  obs::Registry& metrics;
  const std::shared_ptr<RuleUsage::Shared> shared = std::make_shared<RuleUsage::Shared>();

  mutable std::mutex mutex;  // guards what follows
  std::map<Name, std::weak_ptr<RuleUsage>> rules;
  std::map<std::string, std::shared_ptr<RuleUsage::Metric>, std::less<>> labelled;
  std::shared_ptr<RuleUsage::Metric> other_metric;
  std::shared_ptr<RuleUsage> other;
};

UsageBook::UsageBook(const Options& options, obs::Registry& metrics)
    : impl_(std::make_unique<Impl>(options, metrics)) {
  impl_->other.reset(new RuleUsage({}, std::string(kOther), impl_->shared, impl_->other_metric));
  impl_->rules.emplace(Impl::Name(base::TenantId(), kOther), impl_->other);
}

UsageBook::~UsageBook() = default;

std::shared_ptr<RuleUsage> UsageBook::rule(base::TenantId owner, std::string_view name,
                                           std::string_view metric_label) {
  const std::lock_guard lock(impl_->mutex);
  auto found = impl_->rules.find(Impl::Name(owner, name));
  if (found != impl_->rules.end()) {
    if (std::shared_ptr<RuleUsage> held = found->second.lock()) return held;
  } else if (impl_->rules.size() > impl_->options.max_rules) {
    return impl_->other;
  }
  std::shared_ptr<RuleUsage> made(
      new RuleUsage(owner, std::string(name), impl_->shared, impl_->metric_of(metric_label)));
  impl_->rules[Impl::Name(owner, name)] = made;
  return made;
}

std::vector<RuleSecond> UsageBook::tick() {
  std::vector<RuleSecond> seconds;
  std::vector<std::shared_ptr<RuleUsage>> held;  // none ends while the lock is held
  const std::lock_guard lock(impl_->mutex);
  for (auto entry = impl_->rules.begin(); entry != impl_->rules.end();) {
    std::shared_ptr<RuleUsage> rule = entry->second.lock();
    if (!rule) {
      entry = impl_->rules.erase(entry);
      continue;
    }
    const RuleCounts second = rule->tick();
    if (!second.empty()) seconds.push_back({rule->owner(), rule->name(), second});
    held.push_back(std::move(rule));
    ++entry;
  }
  return seconds;
}

std::vector<RuleReport> UsageBook::report(base::TenantId owner) const {
  std::vector<RuleReport> report;
  std::vector<std::shared_ptr<RuleUsage>> held;
  const std::lock_guard lock(impl_->mutex);
  for (auto entry = impl_->rules.lower_bound(Impl::Name(owner, ""));
       entry != impl_->rules.end() && entry->first.first == owner; ++entry) {
    std::shared_ptr<RuleUsage> rule = entry->second.lock();
    if (!rule) continue;
    RuleReport& row = report.emplace_back();
    row.name = rule->name();
    row.total = rule->total();
    row.recent = rule->recent_;
    row.recent += row.total - rule->at_tick_;
    held.push_back(std::move(rule));
  }
  return report;
}

std::vector<RuleCounts> UsageBook::seconds(base::TenantId owner, std::string_view name) const {
  const std::lock_guard lock(impl_->mutex);
  const std::shared_ptr<RuleUsage> rule = impl_->find(owner, name);
  if (!rule) return {};
  std::vector<RuleCounts> series(RuleUsage::kSeconds);
  if (!rule->seconds_) return series;
  for (std::size_t i = 0; i < series.size(); ++i) {
    series[i] = (*rule->seconds_)[(rule->ticks_ + i) % RuleUsage::kSeconds];
  }
  return series;
}

HeavyKeys UsageBook::heavy(base::TenantId owner, std::string_view name, bool refused, std::size_t k,
                           base::Mono now) const {
  std::shared_ptr<RuleUsage> rule;
  {
    const std::lock_guard lock(impl_->mutex);
    rule = impl_->find(owner, name);
  }
  return rule ? rule->heavy(refused, k, now) : HeavyKeys{};
}

}  // namespace ashlar::limits
