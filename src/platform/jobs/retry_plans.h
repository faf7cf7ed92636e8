// RetryPlans: when each kind's failed jobs are tried again. Plans are set before jobs run; after
// that any thread reads.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "platform/jobs/jobs.h"

namespace ashlar::jobs {

class RetryPlans {
 public:
  RetryPlans(RetryPlan standard, std::uint64_t seed);

  void set(std::string kind, RetryPlan plan);
  // Before the attempt after the `failures`-th (1, 2, …) failed one.
  base::Millis delay(std::string_view kind, std::int64_t failures);

 private:
  std::mutex mutex_;
  const RetryPlan standard_;
  std::map<std::string, RetryPlan, std::less<>> plans_;
  base::Random random_;
};

}  // namespace ashlar::jobs
