// The SQL of API keys. Look-up by public id and last use run under PlatformUse::kKeyLookup (the
// tenant is not known yet, or there are many); everything else in the tenant's context.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/security/api_keys.h"

namespace ashlar::storage {
struct Sql;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

// A key as authenticate() needs it.
struct KeyProof {
  ApiKey key;
  std::string secret_hash;
  base::TenantId tenant;
  std::string tenant_name;
};

base::Result<std::optional<KeyProof>> find_key_proof(storage::Transaction& tx,
                                                     std::string_view public_id);
// Never moves a last use back.
base::Status note_key_use(storage::Transaction& tx, KeyId id, base::Time at);

base::Status insert_key(storage::Transaction& tx, const ApiKey& key, std::string_view secret_hash);
base::Result<std::optional<ApiKey>> find_key(storage::Transaction& tx, KeyId id);
base::Result<std::vector<ApiKey>> list_keys(storage::Transaction& tx,
                                            std::optional<KeyPosition> after, int limit);
// False where there is no such key of this tenant.
base::Result<bool> revoke_key(storage::Transaction& tx, KeyId id, base::Time now);

// With its hash, for the export of a tenant.
struct StoredKey {
  ApiKey key;
  std::string secret_hash;
};
// By id, those after `after`, at most `limit`.
base::Result<std::vector<StoredKey>> export_keys(storage::Transaction& tx, KeyId after, int limit);
base::Result<std::int64_t> erase_keys(storage::Transaction& tx, std::int64_t limit);

std::span<const storage::Sql* const> api_keys_statements();

}  // namespace ashlar::security
