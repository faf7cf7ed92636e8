// Tenants: those for whom Ashlar keeps data apart. Every row of every module belongs to one.
//
// Names are 1 to 63 of [a-z0-9-], unique, and never change; `system` is Ashlar's own.
// Export and deletion cover the platform's tables and those of the modules, which App registers as
// TenantData before anything runs.
//
// Errors beside storage's: kInvalid tenant_name_invalid, tenant_name_reserved; kConflict
// tenant_exists, tenant_busy, export_interrupted; kNotFound tenant_not_found. Any thread, once
// built.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

struct Tenant {
  base::TenantId id;
  std::string name;
  base::Time created_at;
};

// Takes one line of JSON without its line feed. An error ends the export and is returned by it.
using LineSink = std::function<base::Status(std::string_view line)>;

// A module's share in a tenant's data. Both run in the context of that tenant.
struct TenantData {
  std::string_view module;
  // One object a row: {"module":"links","table":"links",…}.
  std::function<base::Status(storage::Transaction&, const LineSink&)> export_to;
  // Erases up to `limit` rows and says how many; 0 means that nothing is left.
  std::function<base::Result<std::int64_t>(storage::Transaction&, std::int64_t limit)> erase;
};

class Tenants {
 public:
  static constexpr std::int64_t kEraseBatch = 1000;

  // `db` and `clock` outlive it.
  Tenants(storage::Database& db, const base::Clock& clock, std::vector<TenantData> data);

  base::Result<Tenant> create(std::string_view name);
  // The same inside in_transaction(), for who has more to commit with it.
  base::Result<Tenant> create(storage::Transaction& tx, std::string_view name);
  // A transaction of the administration of tenants; as Database::write(). `now` is its time.
  base::Status in_transaction(
      const std::function<base::Status(storage::Transaction&, base::Time now)>& body);
  base::Result<Tenant> find(std::string_view name);
  base::Result<Tenant> find(base::TenantId id);
  // By name, those after `after`, at most `limit`.
  base::Result<std::vector<Tenant>> list(std::string_view after, int limit);

  // Everything of the tenant as JSON Lines, of one moment: the tenant itself first, then its keys
  // (their hashes: so that they go on working where the tenant is moved to), then the modules.
  // `sink` is called inside a read transaction. Records of Idempotency-Keys are left out: they die
  // within a day. export_interrupted: storage had to begin again after lines were written.
  base::Status export_whole(std::string_view name, const LineSink& sink);

  // Everything of the tenant, its keys first, so that no new call gets in. In batches of
  // kEraseBatch, so that nobody else waits long; a deletion that is cut off is finished by calling
  // it again. The tenant's own row goes in a transaction that has seen that nothing else is left.
  // tenant_busy: somebody goes on writing as that tenant.
  base::Status erase_whole(std::string_view name);

 private:
  // The tenant's own row too, once nothing else is left: then 0.
  base::Result<std::int64_t> erase_batch(storage::Transaction& tx) const;

  storage::Database& db_;
  const base::Clock& clock_;
  const std::vector<TenantData> data_;
};

}  // namespace ashlar::security
