// The SQL of Idempotency-Keys. Records are a tenant's or, where the transaction has none, the
// platform's own, in another table. The sweep of what has expired goes over all of them, under
// PlatformUse::kMaintenance.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
struct Sql;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

struct IdempotencyRecord {
  std::string route;
  std::string request_hash;
  int status = 0;
  std::string headers;  // "name: value\n" each
  std::string body;
  base::Time created_at;
};

base::Result<std::optional<IdempotencyRecord>> find_idempotency_record(storage::Transaction& tx,
                                                                       std::string_view mode,
                                                                       std::string_view key);
// In place of an older one of the same key.
base::Status put_idempotency_record(storage::Transaction& tx, std::string_view mode,
                                    std::string_view key, const IdempotencyRecord& record);
// The tenant's.
base::Result<std::int64_t> erase_idempotency_records(storage::Transaction& tx, std::int64_t limit);
// At most `limit` in all.
base::Result<std::int64_t> sweep_idempotency_records(storage::Transaction& tx,
                                                     base::Time created_before, std::int64_t limit);

std::span<const storage::Sql* const> idempotency_statements();

}  // namespace ashlar::security
