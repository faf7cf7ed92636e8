// RecipientParts: what the faces of recipients, audiences and providers stand on, as the module
// holds it; all by reference outlives it.
//
// Immutable; any thread.
#pragma once

#include <string>
#include <vector>

#include "modules/notifications/preference_links.h"
#include "platform/http/route.h"
#include "platform/security/secret_box.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::http {
class CursorCodec;
}
namespace ashlar::storage {
class Database;
}
namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::notifications {

struct ProviderKind;

struct RecipientParts {
  storage::Database& db;
  const base::Clock& clock;
  base::Entropy& entropy;
  zone::ZoneDirectory& zones;
  const security::SecretBox& box;
  const PreferenceLinks& links;
  const http::CursorCodec& cursors;
  const std::vector<ProviderKind>& kinds;  // provider_kinds()
  std::string public_url;                  // of callbacks' addresses; without a slash at its end
  bool allow_private = false;     // web push's endpoints may lie in private networks (tests)
  bool private_providers = true;  // and providers' URLs and mail servers
};

// The tables of routes. `parts` outlives them.
http::RouteTable recipients_routes(const RecipientParts& parts);  // recipients_wire.cc
http::RouteTable audiences_routes(const RecipientParts& parts);   // audiences_wire.cc
http::RouteTable providers_routes(const RecipientParts& parts);   // providers_wire.cc
http::RouteTable preference_routes(const RecipientParts& parts);  // preference_wire.cc

}  // namespace ashlar::notifications
