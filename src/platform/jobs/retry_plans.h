// RetryPlans: when each kind's failed jobs are tried again. Plans are set before jobs run; after
// that any thread reads.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "platform/jobs/jobs.h"

namespace ashlar::jobs {

// As a queue's row keeps them: milliseconds with blanks between.
std::string delays_text(const std::vector<base::Millis>& delays);
std::vector<base::Millis> delays_of(std::string_view text);

class RetryPlans {
 public:
  RetryPlans(RetryPlan standard, std::uint64_t seed);

  void set(std::string kind, RetryPlan plan);
  // Before the attempt after the `failures`-th (1, 2, …) failed one. `own`: of the job's queue, as
  // text; "": the kind's.
  base::Millis delay(std::string_view kind, std::int64_t failures, std::string_view own = {});

 private:
  std::mutex mutex_;
  const RetryPlan standard_;
  std::map<std::string, RetryPlan, std::less<>> plans_;
  base::Random random_;
};

}  // namespace ashlar::jobs
