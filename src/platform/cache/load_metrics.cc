#include "platform/cache/load_metrics.h"

#include "platform/observability/metrics.h"

namespace ashlar::cache {

LoadMetrics::LoadMetrics(obs::Registry& registry, const std::string& region)
    : far_hits(registry.make_counter("ashlar_cache_far_hits_total",
                                     "Loads answered by the far cache.", {{"region", region}})),
      far_misses(registry.make_counter("ashlar_cache_far_misses_total",
                                       "Loads that the far cache could not answer.",
                                       {{"region", region}})),
      far_errors(registry.make_counter("ashlar_cache_far_errors_total",
                                       "Calls that the far cache did not answer in time.",
                                       {{"region", region}})),
      far_bypassed(registry.make_counter("ashlar_cache_far_bypassed_total",
                                         "Loads that did not ask the far cache.",
                                         {{"region", region}})),
      far_refused(registry.make_counter("ashlar_cache_far_refused_total",
                                        "Values not stored because of a change meanwhile.",
                                        {{"region", region}})),
      waits_(registry.make_counter("ashlar_cache_waits_total",
                                   "Reads answered by another read's load.", {{"region", region}})),
      loads_(registry.make_counter("ashlar_cache_loads_total", "Loads from the source.",
                                   {{"region", region}})),
      load_errors_(registry.make_counter("ashlar_cache_load_errors_total",
                                         "Loads from the source that failed.",
                                         {{"region", region}})),
      load_seconds_(registry.make_histogram("ashlar_cache_load_seconds",
                                            "Time of a load from the source.",
                                            obs::latency_buckets_s(), {{"region", region}})),
      far_seconds_(registry.make_histogram("ashlar_cache_far_seconds",
                                           "Time of a call of the far cache.",
                                           obs::latency_buckets_s(), {{"region", region}})) {}

void LoadMetrics::loaded(std::chrono::nanoseconds took, bool failed) {
  loads_.add();
  if (failed) load_errors_.add();
  load_seconds_.observe(std::chrono::duration<double>(took).count());
}

void LoadMetrics::far_answered(std::chrono::nanoseconds took) {
  far_seconds_.observe(std::chrono::duration<double>(took).count());
}

void LoadMetrics::waited() { waits_.add(); }

}  // namespace ashlar::cache
