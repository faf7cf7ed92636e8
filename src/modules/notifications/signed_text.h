// SignedText: what a link or a token says, with a tag that only this installation can make.
//
//   token = base64url( plain ) "." base64url( first 16 bytes of HMAC-SHA256( key, plain ) )
//   plain = the parts, a line each
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::notifications {

inline constexpr std::size_t kMaxSignedBytes = 1'500;  // longer ones are nobody's

// REQUIRES: no part has a line feed. `key` signs nothing else.
std::string signed_text(std::string_view key, std::span<const std::string> parts);
// nullopt: not made with this key.
std::optional<std::vector<std::string>> opened_text(std::string_view key, std::string_view token);

// A part that is a number; -1: it is none.
std::int64_t number_of(std::string_view part);

}  // namespace ashlar::notifications
