// LimitsStore: every line of SQL about native rules. No rules here.
//
// Functions run in the caller's transaction: changed_since() and list_tenants() under
// PlatformUse::kLimits, the others for a tenant. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::limits::store {

// One version of a tenant's rules. Versions count up from 1 without holes; the last one holds.
struct Version {
  std::int64_t version = 0;
  base::Time written_at;
  std::string author;
  std::string summary;
  std::int64_t rules = 0;
  std::string text;  // rule_json.h's; empty in lists
};

struct Change {
  base::TenantId tenant;
  std::int64_t version = 0;
};

// The newest; nullopt: the tenant has never had rules.
base::Result<std::optional<Version>> current(storage::Transaction& tx);
base::Result<std::optional<Version>> find(storage::Transaction& tx, std::int64_t version);
// Newest first, without their texts.
base::Result<std::vector<Version>> list(storage::Transaction& tx, std::int64_t before,
                                        std::int64_t limit);
// kConflict storage_duplicate: there is this version already.
base::Status insert(storage::Transaction& tx, const Version& version);
// Takes those before `version` away; rows.
base::Result<std::int64_t> prune(storage::Transaction& tx, std::int64_t version);

// Versions of all tenants written at `since` or later, `limit` at most.
base::Result<std::vector<Change>> changed_since(storage::Transaction& tx, base::Time since,
                                                std::int64_t limit);

// Oldest first, with their texts.
base::Result<std::vector<Version>> export_versions(storage::Transaction& tx, std::int64_t after,
                                                   std::int64_t limit);
base::Result<std::int64_t> erase(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> statements();

}  // namespace ashlar::limits::store
