#include "modules/limits/rls_stats.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "platform/observability/metrics.h"

namespace ashlar::limits {

namespace {

// As ratelimit computes it: in single precision.
std::uint64_t near_threshold(std::uint64_t limit) {
  return static_cast<std::uint64_t>(static_cast<float>(limit) * 0.8F);
}

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

}  // namespace

class RlsSeries {
 public:
  RlsSeries(obs::Registry& metrics, const std::string& rule)
      : total(make(metrics, rule, "total")),
        within(make(metrics, rule, "within")),
        near(make(metrics, rule, "near")),
        over(make(metrics, rule, "over")),
        shadow(make(metrics, rule, "shadow")) {}

  obs::Counter& total;
  obs::Counter& within;
  obs::Counter& near;
  obs::Counter& over;
  obs::Counter& shadow;

 private:
  static obs::Counter& make(obs::Registry& metrics, const std::string& rule, const char* outcome) {
    return metrics.make_counter("ashlar_limits_rls_hits_total",
                                "Hits on rules that were read from ratelimit's files.",
                                {{"rule", rule}, {"outcome", outcome}});
  }
};

struct RlsStats::Impl {
  obs::Registry& metrics;
  obs::Counter& errors;
  obs::Counter& unknown_domains;
  obs::Counter& global_shadow;
  RlsSeries other;

  std::shared_mutex mutex;  // guards what follows
  std::unordered_map<std::string, std::unique_ptr<RlsSeries>, TextHash, std::equal_to<>> series;

  explicit Impl(obs::Registry& registry)
      : metrics(registry),
        errors(registry.make_counter("ashlar_limits_rls_errors_total",
                                     "Requests to the rate limit service that were malformed.")),
        unknown_domains(registry.make_counter("ashlar_limits_rls_unknown_domain_total",
                                              "Descriptors of a domain that no rule file has.")),
        global_shadow(
            registry.make_counter("ashlar_limits_rls_global_shadow_total",
                                  "Requests that were over and passed because limits only watch.")),
        other(registry, "other") {}
};

RlsStats::RlsStats(obs::Registry& metrics) : impl_(std::make_unique<Impl>(metrics)) {}
RlsStats::~RlsStats() = default;

RlsSeries& RlsStats::series_of(std::string_view rule) {
  {
    const std::shared_lock lock(impl_->mutex);
    if (const auto found = impl_->series.find(rule); found != impl_->series.end()) {
      return *found->second;
    }
    if (impl_->series.size() >= kMaxRules) return impl_->other;
  }
  const std::unique_lock lock(impl_->mutex);
  if (impl_->series.size() >= kMaxRules) return impl_->other;
  auto& place = impl_->series[std::string(rule)];
  if (!place) place = std::make_unique<RlsSeries>(impl_->metrics, std::string(rule));
  return *place;
}

void RlsStats::record(RlsSeries& series, const Hit& hit) {
  series.total.add(hit.hits);
  if (hit.over) {
    series.over.add(hit.hits);
    if (hit.shadow) series.shadow.add(hit.hits);
    return;
  }
  series.within.add(hit.hits);
  const std::uint64_t after = hit.limit - std::min(hit.limit, hit.remaining);
  const std::uint64_t near = near_threshold(hit.limit);
  if (after > near) series.near.add(std::min(hit.hits, after - near));
}

void RlsStats::count_error() { impl_->errors.add(); }
void RlsStats::count_unknown_domain() { impl_->unknown_domains.add(); }
void RlsStats::count_global_shadow() { impl_->global_shadow.add(); }

}  // namespace ashlar::limits
