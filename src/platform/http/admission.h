// Admission: which requests get in front of the workers of one lane, so that those that do are
// answered in good time, and the rest are told so at once.
//
//   enter() ── Permit ──> queue ──> worker ──> answer ──> Permit: finished() or given back
//      └ nullopt: 503, Retry-After
//
// How many may be under way at once finds itself (kit::AdaptiveLimit, Gradient2): the time from
// enter() to finished(), queue and work together, is compared with its own long average; where it
// grows the limit shrinks. Beyond the number of workers more only wait, and on one core they also
// make each other slower, so refusing early is what keeps goodput up.
//
// The limit moves only under load. So when nobody was refused for kForgetAfter it begins anew: an
// overload of this morning must not refuse the burst of this evening.
//
// Live before batch: while the limit is not reached anyone enters. At the limit, batch is refused
// when it holds kBatchShare of it, and live only when it holds the rest.
//
// Promises: 1. min <= limit() <= max. No request is refused while fewer than `min` are under way.
//           2. At most max * (1 + kBatchShare) are under way, so the lane's queue is bounded.
//           3. Batch cannot keep live out: live is refused only where live itself holds its share.
//           4. Batch is not starved: its share of the limit is its own.
//
// enter(): 100 ns, any thread. Outlives its Permits.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "kit/resilience/adaptive_limit.h"
#include "platform/http/caller_terms.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::http {

class Admission {
 public:
  using Limit = kit::AdaptiveLimit<kit::Gradient2Limit, kImportances>;
  static constexpr double kBatchShare = 0.2;
  static constexpr base::Millis kForgetAfter{10'000};

  struct Bounds {
    std::uint32_t min;  // the lane's workers: none idles while somebody is refused
    std::uint32_t max;  // with those who wait
  };

  class Permit {
   public:
    Permit(Limit::Permit permit, const base::Clock& clock)
        : permit_(std::move(permit)), clock_(&clock) {}
    // What the answer says about load: true, it was made (its time is a sample); false, work ran
    // out of time or was refused further in. A Permit that just ends says nothing (an early 401,
    // say).
    void finished(bool in_time);

   private:
    Limit::Permit permit_;
    const base::Clock* clock_;
  };

  // `lane` labels the metrics. REQUIRES: 1 <= min <= max.
  Admission(const std::string& lane, Bounds bounds, std::uint64_t seed, const base::Clock& clock,
            obs::Registry& metrics);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // A glance: what enter() would likely say. Costs two loads.
  [[nodiscard]] bool has_room(Importance importance) const;
  [[nodiscard]] std::optional<Permit> enter(Importance importance);
  // For the metrics: somebody was refused on the strength of either.
  void count_refusal(Importance importance);

  [[nodiscard]] std::uint32_t limit() const { return limit_.limit(); }
  [[nodiscard]] std::uint32_t in_flight() const { return limit_.in_flight(); }

 private:
  const base::Clock& clock_;
  const std::uint32_t max_;
  Limit limit_;
  std::atomic<base::Mono> refused_at_;
  std::array<obs::Counter*, kImportances> refused_;
};

}  // namespace ashlar::http
