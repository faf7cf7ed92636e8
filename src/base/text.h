// Text as it arrives from outside: UTF-8 validity, ASCII case, percent-encoding, constant-time
// comparison. All pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ashlar::base {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
// Code points in valid UTF-8. REQUIRES: is_utf8(text).
std::size_t utf8_length(std::string_view text);

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string ascii_lower(std::string_view text);
bool ascii_iequals(std::string_view a, std::string_view b);

// Undoes %XX. nullopt where % is not followed by two hex digits. '+' stays '+'.
std::optional<std::string> percent_decode(std::string_view text);
// Encodes everything but RFC 3986 "unreserved".
std::string percent_encode(std::string_view text);

// Takes as long for any two texts of these lengths, so that timing tells nothing about content.
bool constant_time_equals(std::string_view a, std::string_view b);

std::string_view trim_spaces(std::string_view text);  // SP and HTAB at both ends

}  // namespace ashlar::base
