#include "platform/jobs/retry_plans.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ashlar::jobs {

RetryPlan RetryPlan::standard() {
  RetryPlan plan;
  const base::Millis longest{3'600'000};
  for (base::Millis delay{1'000}; delay < longest; delay *= 4) plan.delays.push_back(delay);
  plan.delays.push_back(longest);
  return plan;
}

RetryPlans::RetryPlans(RetryPlan standard, std::uint64_t seed)
    : standard_(std::move(standard)), random_(seed) {
  CHECK(!standard_.delays.empty());
}

void RetryPlans::set(std::string kind, RetryPlan plan) {
  CHECK(!plan.delays.empty());
  CHECK(plan.jitter >= 0);
  const std::lock_guard lock(mutex_);
  plans_.insert_or_assign(std::move(kind), std::move(plan));
}

base::Millis RetryPlans::delay(std::string_view kind, std::int64_t failures) {
  const std::lock_guard lock(mutex_);
  const auto found = plans_.find(kind);
  const RetryPlan& plan = found == plans_.end() ? standard_ : found->second;
  const auto last = static_cast<std::int64_t>(plan.delays.size()) - 1;
  const auto index = static_cast<std::size_t>(std::clamp<std::int64_t>(failures - 1, 0, last));
  const auto delay = static_cast<double>(plan.delays[index].count());
  return base::Millis(static_cast<std::int64_t>(delay * (1 + plan.jitter * random_.unit())));
}

}  // namespace ashlar::jobs
