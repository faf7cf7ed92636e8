// accept: small header fields of a request, read by their own grammars. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::http {

inline constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

// Accept-Encoding (RFC 9110, 12.5.3): whether gzip is accepted and not liked less than plain.
// An element that is malformed counts for nothing.
bool accepts_gzip(std::string_view accept_encoding);

// Idempotency-Key: 1 to 255 bytes of [\x21-\x7e], bare or as a structured-field string (RFC 9651,
// 3.3.3: in double quotes, with \" and \\). `abc` and `"abc"` are the same key. nullopt: neither.
std::optional<std::string> parse_idempotency_key(std::string_view value);

// The first cookie of that name in a Cookie field (RFC 6265, 4.2), without double quotes around it.
std::optional<std::string_view> cookie_value(std::string_view cookie_field, std::string_view name);

}  // namespace ashlar::http
