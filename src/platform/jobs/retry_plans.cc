#include "platform/jobs/retry_plans.h"

#include <algorithm>
#include <charconv>
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

std::string delays_text(const std::vector<base::Millis>& delays) {
  std::string text;
  for (const base::Millis delay : delays) {
    if (!text.empty()) text += ' ';
    text += std::to_string(delay.count());
  }
  return text;
}

std::vector<base::Millis> delays_of(std::string_view text) {
  std::vector<base::Millis> delays;
  while (!text.empty()) {
    std::int64_t ms = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (read.ec != std::errc{}) break;
    delays.emplace_back(ms);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  return delays;
}

base::Millis RetryPlans::delay(std::string_view kind, std::int64_t failures, std::string_view own) {
  const std::vector<base::Millis> given = delays_of(own);
  const std::lock_guard lock(mutex_);
  const auto found = plans_.find(kind);
  const RetryPlan& plan = found == plans_.end() ? standard_ : found->second;
  const std::vector<base::Millis>& delays = given.empty() ? plan.delays : given;
  const auto last = static_cast<std::int64_t>(delays.size()) - 1;
  const auto index = static_cast<std::size_t>(std::clamp<std::int64_t>(failures - 1, 0, last));
  const auto delay = static_cast<double>(delays[index].count());
  return base::Millis(static_cast<std::int64_t>(delay * (1 + plan.jitter * random_.unit())));
}

}  // namespace ashlar::jobs
