#include "platform/outbound/retry_after.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/text.h"

namespace ashlar::outbound {
namespace {

int month_of(std::string_view name) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t at = kMonths.find(name);
  return name.size() == 3 && at != std::string_view::npos && at % 3 == 0
             ? static_cast<int>(at / 3) + 1
             : 0;
}

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<base::Time> parse_http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return {};
  const int month = month_of(text.substr(8, 3));
  if (month == 0) return std::nullopt;
  std::string rfc3339(text.substr(12, 4));
  rfc3339 += month < 10 ? "-0" : "-";
  rfc3339 += std::to_string(month) + "-" + std::string(text.substr(5, 2)) + "T" +
             std::string(text.substr(17, 8)) + "Z";
  return base::parse_rfc3339(rfc3339);
}

}  // namespace

std::optional<base::Seconds> parse_retry_after(std::string_view value, base::Time now) {
  value = base::trim_spaces(value);
  std::int64_t seconds = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (read.ec == std::errc() && read.ptr == value.data() + value.size() && seconds >= 0) {
    return std::min(base::Seconds{seconds}, kMaxRetryAfter);
  }
  const std::optional<base::Time> date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<base::Seconds>(*date - now), base::Seconds{0},
                    kMaxRetryAfter);
}

std::optional<base::Seconds> retry_after_of(const Answer& answer, base::Time now) {
  return parse_retry_after(header_of(answer, "retry-after"), now);
}

std::string_view header_of(const Answer& answer, std::string_view lower_name) {
  for (const auto& [own, value] : answer.headers) {
    if (own == lower_name) return value;
  }
  return {};
}

}  // namespace ashlar::outbound
