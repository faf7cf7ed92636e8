// ActivityStore: every line of SQL about activity. No rules here.
//
// Functions run in the caller's transaction: append(), export_batches() and erase() for a tenant,
// the others under PlatformUse::kActivity. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
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

namespace ashlar::activity::store {

struct NewBatch {
  bool folded = false;
  std::int64_t newest = 0;  // Unix seconds
  base::Time written_at;
  std::string_view data;
};

struct Batch {
  std::int64_t id = 0;
  base::TenantId tenant;  // not set: Ashlar's own requests
  bool folded = false;
  base::Time written_at;
  std::string data;
};

// Its id.
base::Result<std::int64_t> append(storage::Transaction& tx, const NewBatch& batch);
base::Result<std::int64_t> append_for(storage::Transaction& tx, base::TenantId tenant,
                                      const NewBatch& batch);

// In rising order of ids, `limit` at most.
base::Result<std::vector<Batch>> load(storage::Transaction& tx, std::int64_t after,
                                      std::int64_t newest_from, std::int64_t limit);
// The ids of those not folded, in rising order.
base::Result<std::vector<std::int64_t>> new_ids(storage::Transaction& tx, std::int64_t after,
                                                std::int64_t limit);
// nullopt: it is gone.
base::Result<std::optional<Batch>> find(storage::Transaction& tx, std::int64_t id);

// Those that may be folded: written before, and with nothing newer.
struct Foldable {
  std::int64_t id = 0;
  base::TenantId tenant;
};
base::Result<std::vector<Foldable>> list_foldable(storage::Transaction& tx, base::Time before,
                                                  std::int64_t newest_before, std::int64_t limit);
// nullopt: somebody else has taken it.
base::Result<std::optional<std::string>> take(storage::Transaction& tx, std::int64_t id);
base::Result<std::int64_t> expire(storage::Transaction& tx, std::int64_t newest_before,
                                  std::int64_t limit);

base::Result<std::vector<Batch>> export_batches(storage::Transaction& tx, std::int64_t after,
                                                std::int64_t limit);
base::Result<std::int64_t> erase(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> statements();

}  // namespace ashlar::activity::store
