#include "modules/activity/window_text.h"

#include <charconv>
#include <cstdint>

namespace ashlar::activity {
namespace {

constexpr std::int64_t kDay = 86'400;

std::int64_t unit_seconds(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3'600;
  if (unit == "d") return kDay;
  return 0;
}

}  // namespace

std::optional<base::Seconds> parse_window(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::int64_t unit = unit_seconds(text.substr(static_cast<std::size_t>(end - text.data())));
  if (unit == 0 || number < 1 || number > kDay / unit) return std::nullopt;
  return base::Seconds{number * unit};
}

}  // namespace ashlar::activity
