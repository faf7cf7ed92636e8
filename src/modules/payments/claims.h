// Claims: a request under an Idempotency-Key: that it was begun, how far it has come, and what it
// was answered.
//
//   (no row) ──claim()──> attempt_recorded ──finish()──> finished ──reap(), its life is over──>
//   gone
//      └──claim(), no provider──> finished       │ lease over: take_over(), epoch + 1
//                                                └ release(): nothing was done: gone
//
//  1. A key belongs to (tenant, mode); its fingerprint is of the request that came first.
//  2. Points are passed in their order: claimed, intent_recorded, attempt_recorded,
//     provider_resolved, finished. Those between which nothing leaves the transaction commit
//     together, the last of them is what the row says.
//  3. Who works on it has the epoch that it read or made: finish() and release() of another epoch
//     change nothing and say so.
//  4. A finished claim never changes, and is kept until expires_at at least.
//
// Functions run in a unit of the tenant's (which puts all writers in a row), those of the reaper
// under PlatformUse::kPayments. Stateless. Errors beside storage's: kInvalid
// idempotency_key_reused, kConflict idempotency_key_in_use.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/asks.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments {

enum class RecoveryPoint : std::uint8_t {
  kClaimed = 1,
  kIntentRecorded = 2,
  kAttemptRecorded = 3,
  kProviderResolved = 4,
  kFinished = 5
};

struct Claim {
  std::string mode, key, fingerprint;
  std::int64_t epoch = 1;
  RecoveryPoint point = RecoveryPoint::kClaimed;
  base::Time lease_until{};
  std::string attempt;  // the call that it waits for
  FaceKind face = FaceKind::kNative;
  std::string face_state, principal, request_id;
  Answered answer;  // once finished
  base::Time expires_at{};
};

Claim claim_of(const Asked& asked, base::Time now, base::Seconds life);
// The request that made it, as far as it matters to answer it.
Asked asked_of(const Claim& claim, base::TenantId tenant);

namespace claims {

base::Result<std::optional<Claim>> find(storage::Transaction& tx, std::string_view mode,
                                        std::string_view key);
base::Status insert(storage::Transaction& tx, const Claim& claim);
// Epoch, lease and attempt, where its epoch is still `from` and it is not finished. False: it is
// not.
base::Result<bool> renew(storage::Transaction& tx, const Claim& claim, std::int64_t from);
base::Result<bool> finish(storage::Transaction& tx, const Claim& claim);
base::Result<bool> release(storage::Transaction& tx, const Claim& claim);

// Platform. Leases that a dead process held are over. How many.
base::Result<std::int64_t> end_leases(storage::Transaction& tx, base::Time now);
// Platform. Removes at most `limit` of those that are past their life, finished or not: an attempt
// that still waits for its outcome does not need its claim. How many.
base::Result<std::int64_t> reap(storage::Transaction& tx, base::Time now, std::int64_t limit);

std::span<const storage::Sql* const> statements();

}  // namespace claims

// What becomes of a request that finds `claim` under its key.
enum class Found : std::uint8_t { kAnswer, kTakeOver };
// kInvalid idempotency_key_reused: another request made it. kConflict idempotency_key_in_use: whose
// work it is has its lease.
base::Result<Found> judge(const Claim& claim, std::string_view fingerprint, base::Time now);
// What a request hears whose provider has answered, when that could not be booked because of `why`.
// To say that nothing was done, because the book is busy, would be a lie: its claim stands.
base::Error not_booked(const base::Error& why);

// As one text, for the row.
std::string headers_text(const std::vector<std::pair<std::string, std::string>>& headers);
std::vector<std::pair<std::string, std::string>> headers_of(std::string_view text);

}  // namespace ashlar::payments
