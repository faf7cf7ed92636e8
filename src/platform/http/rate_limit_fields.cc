#include "platform/http/rate_limit_fields.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace ashlar::http {
namespace {

constexpr std::uint64_t kMostInteger = 999'999'999'999'999;  // RFC 9651, 3.3.1

void append_integer(std::string& out, std::uint64_t value) {
  out += std::to_string(std::min(value, kMostInteger));
}

void append_parameter(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(";").append(name).append("=");
  append_integer(out, value);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  out += '"';
}

std::uint64_t count_of(std::chrono::seconds time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
}

// Of several quotas the one that the caller meets first.
const QuotaState& tightest(std::span<const QuotaState> quotas) {
  const auto order = [](const QuotaState& quota) {
    const auto wait = quota.reset.value_or(std::chrono::seconds::max());
    // Of those that refused, the one that does so for longest.
    return std::tuple(!quota.violated, quota.violated ? -wait.count() : 0, quota.remaining);
  };
  return *std::ranges::min_element(quotas, {}, order);
}

void add_three(std::string_view prefix, const QuotaState& quota, HeaderList& headers) {
  const auto add = [&](std::string_view name, std::uint64_t value) {
    std::string text;
    append_integer(text, value);
    headers.emplace_back(std::string(prefix).append(name), std::move(text));
  };
  add("Limit", quota.quota);
  add("Remaining", quota.remaining);
  if (quota.reset) add("Reset", count_of(*quota.reset));
}

std::string draft_6_policy(std::span<const QuotaState> quotas) {
  std::string out;
  for (const QuotaState& quota : quotas) {
    if (quota.window.count() <= 0) continue;
    if (!out.empty()) out += ", ";
    append_integer(out, quota.quota);
    append_parameter(out, "w", count_of(quota.window));
  }
  return out;
}

}  // namespace

std::string rate_limit_policy(std::span<const QuotaState> quotas) {
  std::string out;
  for (const QuotaState& quota : quotas) {
    if (!out.empty()) out += ", ";
    append_string(out, quota.name);
    append_parameter(out, "q", quota.quota);
    if (quota.window.count() > 0) append_parameter(out, "w", count_of(quota.window));
  }
  return out;
}

std::string rate_limit(std::span<const QuotaState> quotas) {
  std::string out;
  for (const QuotaState& quota : quotas) {
    if (!out.empty()) out += ", ";
    append_string(out, quota.name);
    append_parameter(out, "r", quota.remaining);
    if (quota.reset) append_parameter(out, "t", count_of(*quota.reset));
  }
  return out;
}

void add_rate_limit_fields(RateLimitFields version, std::span<const QuotaState> quotas,
                           HeaderList& headers) {
  if (quotas.empty()) return;
  switch (version) {
    case RateLimitFields::kDraft10:
      headers.emplace_back("RateLimit-Policy", rate_limit_policy(quotas));
      headers.emplace_back("RateLimit", rate_limit(quotas));
      return;
    case RateLimitFields::kDraft6: {
      add_three("RateLimit-", tightest(quotas), headers);
      std::string policy = draft_6_policy(quotas);
      if (!policy.empty()) headers.emplace_back("RateLimit-Policy", std::move(policy));
      return;
    }
    case RateLimitFields::kLegacy:
      add_three("X-RateLimit-", tightest(quotas), headers);
      return;
    case RateLimitFields::kOff:
      return;
  }
}

}  // namespace ashlar::http
