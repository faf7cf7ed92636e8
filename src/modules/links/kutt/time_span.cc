#include "modules/links/kutt/time_span.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "base/text.h"

namespace ashlar::links::kutt {
namespace {

constexpr double kMinute = 60e3;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr double kMost = 100 * 366 * kDay;

struct Unit {
  std::string_view name;
  double milliseconds;
};
constexpr std::array kUnits{Unit{"", 1},
                            Unit{"ms", 1},
                            Unit{"msec", 1},
                            Unit{"msecs", 1},
                            Unit{"s", 1e3},
                            Unit{"sec", 1e3},
                            Unit{"secs", 1e3},
                            Unit{"second", 1e3},
                            Unit{"seconds", 1e3},
                            Unit{"m", kMinute},
                            Unit{"min", kMinute},
                            Unit{"mins", kMinute},
                            Unit{"minute", kMinute},
                            Unit{"minutes", kMinute},
                            Unit{"h", kHour},
                            Unit{"hr", kHour},
                            Unit{"hrs", kHour},
                            Unit{"hour", kHour},
                            Unit{"hours", kHour},
                            Unit{"d", kDay},
                            Unit{"day", kDay},
                            Unit{"days", kDay},
                            Unit{"w", 7 * kDay},
                            Unit{"week", 7 * kDay},
                            Unit{"weeks", 7 * kDay},
                            Unit{"y", 365.25 * kDay},
                            Unit{"yr", 365.25 * kDay},
                            Unit{"yrs", 365.25 * kDay},
                            Unit{"year", 365.25 * kDay},
                            Unit{"years", 365.25 * kDay}};

}  // namespace

std::optional<base::Millis> parse_time_span(std::string_view text) {
  text = base::trim_spaces(text);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const std::string name = base::ascii_lower(
      base::trim_spaces({end, static_cast<std::size_t>(text.data() + text.size() - end)}));
  const auto* const unit = std::ranges::find(kUnits, name, &Unit::name);
  if (unit == kUnits.end()) return std::nullopt;
  const double span = number * unit->milliseconds;
  if (!(span >= 1 && span <= kMost)) return std::nullopt;
  return base::Millis{static_cast<std::int64_t>(std::llround(span))};
}

}  // namespace ashlar::links::kutt
