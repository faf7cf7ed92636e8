// LoadMetrics: what a region counts of its loads and of the far cache, labelled with its name.
// Recording is an atomic addition; any thread.
#pragma once

#include <chrono>
#include <string>

namespace ashlar::obs {
class Counter;
class Histogram;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::cache {

class LoadMetrics {
 public:
  LoadMetrics(obs::Registry& registry, const std::string& region);

  void loaded(std::chrono::nanoseconds took, bool failed);
  void far_answered(std::chrono::nanoseconds took);
  void waited();  // answered by another load of this process

  obs::Counter& far_hits;
  obs::Counter& far_misses;    // leases, busy and blocked keys
  obs::Counter& far_errors;    // the far cache did not answer
  obs::Counter& far_bypassed;  // not asked: distrusted, or too long a key
  obs::Counter& far_refused;   // stores that came too late

 private:
  obs::Counter& waits_;
  obs::Counter& loads_;
  obs::Counter& load_errors_;
  obs::Histogram& load_seconds_;
  obs::Histogram& far_seconds_;
};

}  // namespace ashlar::cache
