// ThrottleLimits: the Limit of each rate that CL.THROTTLE has been asked for, kept since making one
// costs more than a decision.
//
// All limits of one owner have the same identity, whatever their rates: a key keeps its count when
// a caller changes the rate, as with redis-cell. Bounded: beyond kMaxKept all are forgotten and
// made again as they come; counts are not in here. One thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "modules/limits/limit.h"
#include "modules/limits/throttle_command.h"

namespace ashlar::limits {

class ThrottleLimits {
 public:
  static constexpr std::size_t kMaxKept = 10'000;

  ThrottleLimits(Keeping keeping, OnFailure on_failure)
      : keeping_(keeping), on_failure_(on_failure) {}

  // `owner`: whose keys they are. Error: kInvalid throttle_arguments, as parse_throttle().
  base::Result<std::shared_ptr<const Limit>> find(const std::string& owner,
                                                  const ThrottleRate& rate);

 private:
  [[nodiscard]] base::Result<std::shared_ptr<const Limit>> make(const std::string& owner,
                                                                const ThrottleRate& rate) const;

  const Keeping keeping_;
  const OnFailure on_failure_;
  std::map<std::pair<std::string, ThrottleRate>, std::shared_ptr<const Limit>> kept_;
};

}  // namespace ashlar::limits
