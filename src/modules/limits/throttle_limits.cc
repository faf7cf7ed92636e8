#include "modules/limits/throttle_limits.h"

namespace ashlar::limits {

base::Result<std::shared_ptr<const Limit>> ThrottleLimits::make(const std::string& owner,
                                                                const ThrottleRate& rate) const {
  constexpr std::int64_t kMaxSeconds =
      std::chrono::duration_cast<std::chrono::seconds>(kit::kMaxPeriod).count();
  if (rate.period_s > kMaxSeconds) {
    return base::fail(
        base::Code::kInvalid, "throttle_arguments",
        "Cell error: A period has at most " + std::to_string(kMaxSeconds) + " seconds");
  }
  LimitSpec spec;
  spec.name = "cl.throttle";
  spec.algorithm = Algorithm::kGcra;
  spec.amount = static_cast<std::uint64_t>(rate.count);
  spec.period = std::chrono::seconds{rate.period_s};
  spec.burst = static_cast<std::uint64_t>(rate.max_burst) + 1;
  spec.keeping = keeping_;
  spec.on_failure = on_failure_;
  auto made = Limit::make(std::move(spec), owner + "/cl.throttle");
  if (!made.ok()) {
    return base::fail(base::Code::kInvalid, "throttle_arguments",
                      "Cell error: " + made.error().detail);
  }
  return made;
}

base::Result<std::shared_ptr<const Limit>> ThrottleLimits::find(const std::string& owner,
                                                                const ThrottleRate& rate) {
  const auto found = kept_.find({owner, rate});
  if (found != kept_.end()) return found->second;
  ASHLAR_ASSIGN(std::shared_ptr<const Limit> limit, make(owner, rate));
  if (kept_.size() >= kMaxKept) kept_.clear();
  kept_.emplace(std::pair{owner, rate}, limit);
  return limit;
}

}  // namespace ashlar::limits
