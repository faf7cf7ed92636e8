// The providers of a tenant as they are kept, for the pool: with their settings opened, ready to be
// made.
#pragma once

#include <vector>

#include "modules/notifications/provider.h"
#include "modules/notifications/provider_pool.h"

namespace ashlar::security {
class SecretBox;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::notifications {

// All outlive it, and what `services` name. `kinds`: provider_kinds().
ProviderSource stored_providers(const std::vector<ProviderKind>& kinds, storage::Database& db,
                                const security::SecretBox& box, const ProviderServices& services);

// The pool follows what is changed here and by other instances. Before anything is served; both
// live until the database's threads have ended.
void follow_changes(storage::Database& db, ProviderPool& pool);

}  // namespace ashlar::notifications
