// ProviderStore: every line of SQL about provider accounts.
//
// Functions run in the caller's transaction: for its tenant, except find_provider_anywhere(), which
// runs on the platform (PlatformUse::kNotifications). Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/provider_account.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// Without its settings: they are sealed for the id that is given here. nullopt: the name is taken.
base::Result<std::optional<ProviderId>> insert_provider(storage::Transaction& tx,
                                                        const ProviderAccount& account);
base::Result<std::optional<ProviderAccount>> find_provider(storage::Transaction& tx, ProviderId id);
base::Result<std::optional<ProviderAccount>> find_provider(storage::Transaction& tx,
                                                           std::string_view name);
// In the order of their ids: all of a tenant's fit into one page of kMaxOfTenant.
base::Result<std::vector<ProviderAccount>> list_providers(storage::Transaction& tx);
// Enabled ones of the channel, lowest priority first, then by id.
base::Result<std::vector<ProviderAccount>> providers_for(storage::Transaction& tx, Channel channel);
base::Result<std::int64_t> count_providers(storage::Transaction& tx);
// Writes everything that can change, of the account with this id.
base::Status update_provider(storage::Transaction& tx, const ProviderAccount& account);
base::Result<bool> delete_provider(storage::Transaction& tx, ProviderId id);
base::Result<std::int64_t> erase_providers(storage::Transaction& tx, std::int64_t limit);

// --- On the platform: callbacks know no tenant ---

base::Result<std::optional<ProviderAccount>> find_provider_anywhere(storage::Transaction& tx,
                                                                    ProviderId id);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> provider_statements();

}  // namespace ashlar::notifications::store
