// Principal: who is calling, as far as the platform has proved it.
//
//   kNobody  a public route; nothing was presented or asked for
//   kKey     an API key: bound to one tenant, has scopes
//   kAdmin   the console's administrator: may act as any tenant, has every scope
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"

namespace ashlar::security {

using KeyId = base::StrongId<struct KeyTag>;

struct Principal {
  enum class Kind : std::uint8_t { kNobody, kKey, kAdmin };

  Kind kind = Kind::kNobody;
  base::TenantId tenant;  // kKey: the key's; kAdmin: the one named in the request, or none
  std::string tenant_name;
  KeyId key;  // kKey only
  std::vector<std::string> scopes;
  std::string mode = "live";

  // Scopes are `module:read` and `module:write`; write does not include read.
  [[nodiscard]] bool has_scope(std::string_view scope) const {
    if (kind == Kind::kAdmin || scope.empty()) return true;
    for (const std::string& own : scopes) {
      if (own == scope) return true;
    }
    return false;
  }
};

}  // namespace ashlar::security
