#include "platform/http/caller_terms.h"

#include <charconv>

#include "base/text.h"

namespace ashlar::http {
namespace {

constexpr int kBatchUrgency = 5;
constexpr std::int64_t kLongestTimeoutMs = 86'400'000;

// "u=6" and "u=6;x" give 6; another key, or what is no urgency, nothing.
std::optional<int> urgency_of(std::string_view member) {
  const std::string_view item = base::trim_spaces(member.substr(0, member.find(';')));
  if (item.size() != 3 || !item.starts_with("u=")) return std::nullopt;
  const char digit = item[2];
  if (digit < '0' || digit > '7') return std::nullopt;
  return digit - '0';
}

}  // namespace

Importance importance_of(Importance routes_own, std::string_view priority) {
  if (routes_own == Importance::kBatch || priority.empty()) return routes_own;
  std::optional<int> urgency;
  while (!priority.empty()) {
    const std::size_t comma = priority.find(',');
    // Of a key that is there again the last value counts (RFC 8941, 4.2.2).
    if (const std::optional<int> found = urgency_of(priority.substr(0, comma))) urgency = found;
    if (comma == std::string_view::npos) break;
    priority.remove_prefix(comma + 1);
  }
  return urgency.value_or(0) >= kBatchUrgency ? Importance::kBatch : Importance::kLive;
}

base::Result<std::optional<base::Millis>> timeout_of(std::string_view ashlar_timeout_ms) {
  if (ashlar_timeout_ms.empty()) return std::optional<base::Millis>();
  std::int64_t ms = 0;
  const char* const end = ashlar_timeout_ms.data() + ashlar_timeout_ms.size();
  const auto [rest, error] = std::from_chars(ashlar_timeout_ms.data(), end, ms);
  if (error != std::errc() || rest != end || ms < 0 || ms > kLongestTimeoutMs ||
      ashlar_timeout_ms.front() == '-') {
    return base::fail(base::Code::kInvalid, "bad_timeout",
                      "Ashlar-Timeout-Ms is a number of milliseconds, 0 to 86400000.");
  }
  return std::optional<base::Millis>(ms);
}

}  // namespace ashlar::http
