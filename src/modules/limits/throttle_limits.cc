#include "modules/limits/throttle_limits.h"

#include <string>

namespace ashlar::limits {
namespace {

// Counts are kept under it, for ever.
std::string name_of(base::TenantId owner) {
  return owner.is_set() ? owner.to_string() : std::string("system");
}

}  // namespace

base::Result<std::shared_ptr<const Limit>> ThrottleLimits::make(base::TenantId owner,
                                                                const ThrottleRate& rate) const {
  constexpr std::int64_t kMaxSeconds =
      std::chrono::duration_cast<std::chrono::seconds>(kit::kMaxPeriod).count();
  if (rate.period_s > kMaxSeconds) {
    return base::fail(
        base::Code::kInvalid, "throttle_arguments",
        "Cell error: A period has at most " + std::to_string(kMaxSeconds) + " seconds");
  }
  LimitSpec spec;
  spec.name = kThrottleRule;
  spec.algorithm = Algorithm::kGcra;
  spec.amount = static_cast<std::uint64_t>(rate.count);
  spec.period = std::chrono::seconds{rate.period_s};
  spec.burst = static_cast<std::uint64_t>(rate.max_burst) + 1;
  spec.keeping = keeping_;
  spec.on_failure = on_failure_;
  auto made = Limit::make(std::move(spec), name_of(owner) + "/cl.throttle");
  if (!made.ok()) {
    return base::fail(base::Code::kInvalid, "throttle_arguments",
                      "Cell error: " + made.error().detail);
  }
  return made;
}

base::Result<std::shared_ptr<const ThrottleLimit>> ThrottleLimits::find(base::TenantId owner,
                                                                        const ThrottleRate& rate) {
  const auto found = kept_.find({owner, rate});
  if (found != kept_.end()) return found->second;
  auto made = std::make_shared<ThrottleLimit>();
  ASHLAR_ASSIGN(made->limit, make(owner, rate));
  if (usage_of_) made->usage = usage_of_(owner);
  if (kept_.size() >= kMaxKept) kept_.clear();
  kept_.emplace(std::pair{owner, rate}, made);
  return std::shared_ptr<const ThrottleLimit>(std::move(made));
}

}  // namespace ashlar::limits
