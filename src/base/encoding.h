// Text forms of bytes and numbers: base62 (link codes, secrets), base64url without padding
// (cursors, tokens; RFC 4648 section 5), hex. Decoders accept exactly what the encoders write,
// nothing laxer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ashlar::base {

inline constexpr std::string_view kBase62Alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// `width` digits, most significant first, padded with '0'. REQUIRES: value < 62^width.
std::string base62_encode(std::uint64_t value, std::size_t width);
// nullopt: empty, a character outside the alphabet, or beyond 64 bits.
std::optional<std::uint64_t> base62_decode(std::string_view text);

std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);  // lower case
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace ashlar::base
