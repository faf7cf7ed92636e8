// ThrottleLimits: the Limit of each rate that CL.THROTTLE has been asked for, and where it is noted
// (usage.h); kept since making one costs more than a decision.
//
// All limits of one owner have the same identity, whatever their rates: a key keeps its count when
// a caller changes the rate, as with redis-cell. Bounded: beyond kMaxKept all are forgotten and
// made again as they come; counts are not in here. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/limits/limit.h"
#include "modules/limits/throttle_command.h"

namespace ashlar::limits {

class RuleUsage;

// What usage and answers call them, whatever their rate.
inline constexpr const char* kThrottleRule = "cl.throttle";

struct ThrottleLimit {
  std::shared_ptr<const Limit> limit;
  std::shared_ptr<RuleUsage> usage;  // null: noted nowhere
};

class ThrottleLimits {
 public:
  static constexpr std::size_t kMaxKept = 10'000;
  // What usage is noted under. Null: nowhere.
  using UsageOf = std::function<std::shared_ptr<RuleUsage>(base::TenantId owner)>;

  ThrottleLimits(Keeping keeping, OnFailure on_failure, UsageOf usage_of)
      : keeping_(keeping), on_failure_(on_failure), usage_of_(std::move(usage_of)) {}

  // `owner`: whose keys they are; not set: the installation's. Error: kInvalid throttle_arguments,
  // as parse_throttle().
  base::Result<std::shared_ptr<const ThrottleLimit>> find(base::TenantId owner,
                                                          const ThrottleRate& rate);

 private:
  [[nodiscard]] base::Result<std::shared_ptr<const Limit>> make(base::TenantId owner,
                                                                const ThrottleRate& rate) const;

  const Keeping keeping_;
  const OnFailure on_failure_;
  const UsageOf usage_of_;
  std::map<std::pair<base::TenantId, ThrottleRate>, std::shared_ptr<const ThrottleLimit>> kept_;
};

}  // namespace ashlar::limits
