// NearMetrics: what a NearCache shows of itself, labelled with its region's name. The figures that
// kit's cache keeps anyway are read when somebody asks; only the age of hits is recorded.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "kit/cache/loading_types.h"

namespace ashlar::obs {
class Histogram;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::cache {

class NearMetrics {
 public:
  // Both functions are called for as long as the registry is used.
  NearMetrics(obs::Registry& registry, const std::string& region,
              const std::function<kit::LoadingCacheStats()>& stats,
              const std::function<kit::CacheStats()>& core);

  void hit_age(std::chrono::nanoseconds age);

 private:
  obs::Histogram& age_seconds_;
};

}  // namespace ashlar::cache
