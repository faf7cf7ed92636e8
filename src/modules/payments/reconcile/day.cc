#include "modules/payments/reconcile/day.h"

namespace ashlar::payments::reconcile {

std::string format_day(Day day) { return base::format_rfc3339(start_of(day)).substr(0, 10); }

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const auto time = base::parse_rfc3339(std::string(text) + "T00:00:00Z");
  if (!time) return std::nullopt;
  return day_of(*time);
}

}  // namespace ashlar::payments::reconcile
