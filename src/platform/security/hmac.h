// HMAC-SHA-256 (RFC 2104): a tag that only who has the key can make. Compare tags by
// base::constant_time_equals. Pure; any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace ashlar::security {

// 32 raw bytes, of the parts one behind the other. A key of any length.
std::string hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

}  // namespace ashlar::security
