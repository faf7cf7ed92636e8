// Idempotency: a create that is repeated with the same Idempotency-Key gets the first answer again.
//
// The HTTP layer uses it inside the transaction of the effect, so record and effect commit
// together:
//
//   look_up() ──none──> run the handler ──> record() ──> commit
//       ├──found──────> the stored answer (replayed)
//       └──not the same request: idempotency_key_reused
//
// Two of the same at once: one waits for the other (SQLite) or is run again by storage
// (PostgreSQL), and then finds the record.
//
//  1. A key belongs to (tenant, mode) and is good for kIdempotencyLifetime.
//  2. An answer that says "Cache-Control: no-store" is never kept: it holds a secret that is shown
//     once. Only that it was given is kept; a repeat gets kConflict key_already_shown, which names
//     the Location, so that the caller can revoke what it lost and create another.
//  3. Only success is recorded: an error rolls the transaction back.
//
// Errors beside storage's: kInvalid idempotency_key_reused (422), kConflict key_already_shown.
// Pure functions over a transaction; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

inline constexpr base::Seconds kIdempotencyLifetime{24 * 3600};

using AnswerHeaders = std::vector<std::pair<std::string, std::string>>;

struct StoredAnswer {
  int status = 0;
  AnswerHeaders headers;
  std::string body;
};

// What was asked, as far as a repeat must be the same.
struct IdempotentRequest {
  std::string_view mode;   // of the principal
  std::string_view key;    // unquoted
  std::string_view route;  // "POST /v1/links"
  std::string_view hash;   // request_hash()
};

// SHA-256 over all three. 32 bytes.
std::string request_hash(std::string_view method, std::string_view path, std::string_view body);

base::Result<std::optional<StoredAnswer>> look_up(storage::Transaction& tx,
                                                  const IdempotentRequest& request, base::Time now);
// Header values hold no line breaks (http/response.h).
base::Status record(storage::Transaction& tx, const IdempotentRequest& request, int status,
                    const AnswerHeaders& headers, std::string_view body, base::Time now);

// Removes records that have expired, at most `limit`; says how many. App calls it now and then.
base::Result<std::int64_t> sweep_idempotency(storage::Database& db, base::Time now,
                                             std::int64_t limit = 1000);

}  // namespace ashlar::security
