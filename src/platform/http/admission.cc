#include "platform/http/admission.h"

#include <algorithm>

#include "base/clock.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

// Short enough to follow a burst, long enough for some hundred requests of a busy server.
constexpr base::Millis kWindow{100};
// Of its long average: half a minute of windows. What lasts longer is how the server is now.
constexpr std::uint32_t kLongWindow = 300;

Admission::Limit::Options options(Admission::Bounds bounds) {
  Admission::Limit::Options options;
  // From the top: who was never overloaded takes bursts. Down is fast, 10 % a window.
  options.algorithm.bounds = {.initial = bounds.max, .min = bounds.min, .max = bounds.max};
  options.algorithm.queue = std::max(4.0, bounds.min / 8.0);
  options.algorithm.long_window = kLongWindow;
  options.window = kWindow;
  options.min_samples = 20;
  options.shares = {1 - Admission::kBatchShare, Admission::kBatchShare};
  return options;
}

}  // namespace

void Admission::Permit::finished(bool in_time) {
  if (in_time) {
    permit_.succeeded(clock_->mono());
  } else {
    permit_.dropped(clock_->mono());
  }
}

Admission::Admission(const std::string& lane, Bounds bounds, std::uint64_t seed,
                     const base::Clock& clock, obs::Registry& metrics)
    : clock_(clock),
      max_(bounds.max),
      limit_(options(bounds), seed, clock.mono()),
      refused_at_(clock.mono()),
      refused_{} {
  static constexpr std::array<const char*, kImportances> kNames{"live", "batch"};
  for (std::size_t i = 0; i < kImportances; ++i) {
    refused_[i] = &metrics.make_counter("ashlar_admission_refused_total",
                                        "Requests answered 503 because too many were under way.",
                                        {{"lane", lane}, {"importance", kNames[i]}});
  }
  metrics.make_gauge_callback(
      "ashlar_admission_limit", "Requests that may be under way at once; finds itself.",
      {{"lane", lane}}, [this] { return static_cast<double>(limit_.limit()); });
  metrics.make_gauge_callback("ashlar_admission_in_flight", "Requests waiting or worked on.",
                              {{"lane", lane}},
                              [this] { return static_cast<double>(limit_.in_flight()); });
}

bool Admission::has_room(Importance importance) const {
  return limit_.has_room(static_cast<std::uint32_t>(importance));
}

std::optional<Admission::Permit> Admission::enter(Importance importance) {
  const base::Mono now = clock_.mono();
  if (limit_.limit() < max_ && now - refused_at_.load(std::memory_order_relaxed) >= kForgetAfter) {
    limit_.restart();
  }
  auto permit = limit_.acquire(now, static_cast<std::uint32_t>(importance));
  if (!permit) return std::nullopt;
  return Permit(std::move(*permit), clock_);
}

void Admission::count_refusal(Importance importance) {
  refused_at_.store(clock_.mono(), std::memory_order_relaxed);
  refused_[static_cast<std::size_t>(importance)]->add();
}

}  // namespace ashlar::http
