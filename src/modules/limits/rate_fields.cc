#include "modules/limits/rate_fields.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "modules/limits/limits.h"

namespace ashlar::limits {
namespace {

std::int64_t seconds_up(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

void append_item(std::string& out, std::string_view name) {
  if (!out.empty()) out += ", ";
  out.append("\"").append(name).append("\"");  // names of rules need no escape (rule.h)
}

void append_parameter(std::string& out, std::string_view name, std::int64_t value) {
  out.append(";").append(name).append("=").append(std::to_string(value));
}

// Structured fields hold no larger number (RFC 9651, 3.3.1).
std::int64_t shown(std::uint64_t count) {
  constexpr std::uint64_t kMost = 999'999'999'999'999;
  return static_cast<std::int64_t>(std::min(count, kMost));
}

}  // namespace

RateFields rate_fields(const CheckAnswer& answer) {
  RateFields fields;
  for (const RuleAnswer& each : answer.by_rule) {
    const LimitSpec& spec = each.rule->rule.limit;
    if (spec.shadow) continue;
    const kit::Decision& decision = each.outcome.decision;
    append_item(fields.policy, spec.name);
    append_parameter(fields.policy, "q", shown(each.rule->limit->capacity()));
    if (spec.period % std::chrono::seconds{1} == std::chrono::seconds{0}) {
      append_parameter(fields.policy, "w", seconds_up(spec.period));
    }
    append_item(fields.limit, spec.name);
    append_parameter(fields.limit, "r", shown(decision.remaining));
    if (!each.outcome.over()) {
      append_parameter(fields.limit, "t", seconds_up(decision.reset_after));
    } else if (each.retry_after != kit::kNeverFits) {
      append_parameter(fields.limit, "t", seconds_up(each.retry_after));
    }
  }
  if (!answer.allowed && answer.retry_after != kit::kNeverFits) {
    fields.retry_after = std::to_string(seconds_up(answer.retry_after));
  }
  return fields;
}

}  // namespace ashlar::limits
