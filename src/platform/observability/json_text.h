// JSON values from whatever a caller logs: always valid JSON, safe to show on a terminal.
//
// Unlike platform/json, which reports text that is not UTF-8, these repair it: a log line must not
// fail because of what it tells of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::obs {

// Appends "text" with its quotes. Each byte that is not UTF-8 becomes U+FFFD; control characters
// (C0, DEL, C1, line and paragraph separator) are escaped. Cut after `limit` bytes of `text`, at a
// character's border, with an ellipsis.
void append_json_string(std::string& out, std::string_view text, std::size_t limit = 4096);
void append_json_number(std::string& out, std::int64_t value);
void append_json_number(std::string& out, double value);  // null where JSON has no such number

}  // namespace ashlar::obs
