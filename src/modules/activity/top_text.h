// A TopTable as text: for people, for scripts (TSV) and as JSON. Pure; any thread.
//
// 1. Names are bytes; what is printed is valid UTF-8 and moves no cursor: tab, newline, carriage
//    return and backslash become \t \n \r \\, other control characters (C1's too) and bytes that
//    are no UTF-8 become \xHH. So two names never look the same, and each stays in its column.
// 2. TSV: `rank<TAB>name<TAB>count`, nothing else. Where the counts are not exact there are five
//    columns: rank, name, lower, upper, and "guaranteed" or "perhaps" (kit/count/heavy.h).
// 3. JSON: one object and a newline. A name that is no UTF-8 is written as rule 1 has it, with
//    "escaped":true beside it.
// 4. A table without an event is no text at all, in TSV and JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "modules/activity/top_reader.h"

namespace ashlar::activity {

std::string escaped_name(std::string_view name);

std::string tsv(const TopTable& table);
std::string json(const TopTable& table);

struct TopLook {
  std::size_t columns = 0;  // of the screen; 0: as wide as it gets, without bars
  std::size_t lines = 0;    // of the screen; 0: as many as there are
  bool color = false;
  bool unicode = true;
};

// For people: two lines of heading, then the rows, cut to the screen. `lines_per_s` is how fast the
// log comes, where that is known.
std::string table_text(const TopTable& table, const TopLook& look,
                       std::optional<double> lines_per_s);

std::string grouped(std::uint64_t number);         // 1,234,567
std::string short_duration(std::int64_t seconds);  // 300 -> "5m", 90 -> "90s"
std::string log_time_text(LogTime time);           // RFC 3339, up to nanoseconds

}  // namespace ashlar::activity
