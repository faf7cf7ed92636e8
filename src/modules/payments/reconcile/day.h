// Day: a calendar day in UTC, as statements and reconciliation count them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ashlar::payments::reconcile {

using Day = std::chrono::sys_days;

inline Day day_of(base::Time time) { return std::chrono::floor<std::chrono::days>(time); }
inline base::Time start_of(Day day) { return base::Time{day}; }
inline std::int64_t days_between(Day from, Day to) { return (to - from).count(); }

std::string format_day(Day day);  // "2026-11-22". REQUIRES: year 0001 to 9999
// Exactly that form; nullopt for anything else, days that do not exist included.
std::optional<Day> parse_day(std::string_view text);

}  // namespace ashlar::payments::reconcile
