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
//  1. A key belongs to (tenant, mode), in a transaction without a tenant to the platform's
//     administration (the two are kept apart), and is good for kIdempotencyLifetime.
//  2. An answer that says "Cache-Control: no-store" is a JSON object that shows a secret once, as
//     its member kSecretMember or kSigningSecretMember. It is kept without that member, so a repeat
//     tells what was made but not the secret, which is nowhere in the record.
//  3. Only success is recorded: an error rolls the transaction back.
//
// Errors beside storage's: kInvalid idempotency_key_reused (422).
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
inline constexpr std::string_view kSecretMember = "key";
inline constexpr std::string_view kSigningSecretMember = "secret";
inline constexpr int kMaxSweepBatches = 100;

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
// Header values hold no line breaks (http/response.h). REQUIRES: an answer that is not to be stored
// is as (2) says.
base::Status record(storage::Transaction& tx, const IdempotentRequest& request, int status,
                    const AnswerHeaders& headers, std::string_view body, base::Time now);

// Removes records that have expired, `batch` in a transaction so that nobody waits long for it,
// until none is left or kMaxSweepBatches are done; says how many. App calls it now and then.
base::Result<std::int64_t> sweep_idempotency(storage::Database& db, base::Time now,
                                             std::int64_t batch = 1000);

}  // namespace ashlar::security
