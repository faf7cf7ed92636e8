#include "platform/grpc/timeout.h"

#include <cstdint>

namespace ashlar::grpc {
namespace {

constexpr std::chrono::nanoseconds kLongest = std::chrono::hours{24 * 365 * 10};

// Nanoseconds; 0: no unit.
constexpr std::int64_t unit_of(char c) {
  switch (c) {
    case 'H':
      return 3'600'000'000'000;
    case 'M':
      return 60'000'000'000;
    case 'S':
      return 1'000'000'000;
    case 'm':
      return 1'000'000;
    case 'u':
      return 1'000;
    case 'n':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const std::int64_t unit = unit_of(text.back());
  if (unit == 0) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  if (number > kLongest.count() / unit) return kLongest;
  return std::chrono::nanoseconds{number * unit};
}

}  // namespace ashlar::grpc
