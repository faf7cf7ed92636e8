#include "platform/cache/near_metrics.h"

#include <array>

#include "platform/observability/metrics.h"

namespace ashlar::cache {
namespace {

constexpr std::array<double, 10> kAges{0.01, 0.1, 1, 5, 10, 30, 60, 300, 1800, 3600};

}  // namespace

NearMetrics::NearMetrics(obs::Registry& registry, const std::string& region,
                         const std::function<kit::LoadingCacheStats()>& stats,
                         const std::function<kit::CacheStats()>& core)
    : age_seconds_(registry.make_histogram("ashlar_cache_hit_age_seconds",
                                           "Age of values answered from memory.", kAges,
                                           {{"region", region}})) {
  const obs::Labels labels{{"region", region}};
  const auto counter = [&](const char* name, const char* help,
                           std::uint64_t kit::LoadingCacheStats::* field) {
    registry.make_counter_callback(name, help, labels,
                                   [stats, field] { return static_cast<double>(stats().*field); });
  };
  counter("ashlar_cache_hits_total", "Reads answered from memory.", &kit::LoadingCacheStats::hits);
  counter("ashlar_cache_misses_total", "Reads that memory could not answer.",
          &kit::LoadingCacheStats::misses);
  counter("ashlar_cache_stale_served_total", "Values served past their time for want of a load.",
          &kit::LoadingCacheStats::stale_served);
  counter("ashlar_cache_early_refreshes_total", "Loads begun before a value's time was over.",
          &kit::LoadingCacheStats::early_refreshes);
  registry.make_counter_callback("ashlar_cache_evictions_total",
                                 "Entries removed for want of room.", labels,
                                 [core] { return static_cast<double>(core().evictions_live); });
  registry.make_gauge_callback("ashlar_cache_bytes", "Memory of a region, as it weighs itself.",
                               labels, [core] { return static_cast<double>(core().weight); });
  registry.make_gauge_callback("ashlar_cache_entries", "Entries of a region.", labels,
                               [core] { return static_cast<double>(core().entries); });
}

void NearMetrics::hit_age(std::chrono::nanoseconds age) {
  age_seconds_.observe(std::chrono::duration<double>(age).count());
}

}  // namespace ashlar::cache
