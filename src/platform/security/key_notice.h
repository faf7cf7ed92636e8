// What a storage notice on kKeysChannel says: "key 17" or "tenant 3" may no longer be served from a
// cache. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/strong_id.h"
#include "platform/security/principal.h"

namespace ashlar::security {

inline constexpr std::string_view kKeysChannel = "keys";

std::string key_notice(KeyId key);
std::string key_notice(base::TenantId tenant);

// nullopt: not one of the two (a newer version may say more; the reader then forgets everything).
std::optional<std::variant<KeyId, base::TenantId>> parse_key_notice(std::string_view payload);

}  // namespace ashlar::security
