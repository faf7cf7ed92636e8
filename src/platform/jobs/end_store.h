// The SQL of ending an attempt. Each of these is fenced: it acts on a row only where (id, attempt)
// is the lease that the row is under. Runs in a tenant's transaction (then on its own jobs only) or
// in a platform one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/jobs/job.h"

namespace ashlar::storage {
class Row;
class Transaction;
enum class Dialect : std::uint8_t;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::jobs::store {

// What decides about a live job.
struct Facts {
  JobId id;
  base::TenantId tenant;
  std::string kind;
  std::string queue;
  Phase phase = Phase::kReady;
  std::int64_t lease_until = 0;
  std::int64_t attempt = 0;
  std::int64_t max_attempts = 0;
  std::int64_t budget = 0;
  std::int64_t priority = 0;
  std::int64_t run_at = 0;
  std::int64_t started_at = 0;
  std::optional<std::string> key;
  std::int64_t key_limit = 1;
  bool ordered = false;
  bool counted = false;
  bool cancel_asked = false;
  std::string retry;  // leased_facts() only: its queue's delays (retry_plans.h)

  [[nodiscard]] bool leased() const { return lease_until != 0; }
  // Whether it has one of its key's places (gates.h, 1).
  [[nodiscard]] bool admitted() const {
    return key.has_value() && (phase == Phase::kReady || (ordered && phase == Phase::kLater));
  }
};

enum class Ending : std::int64_t { kDone = 0, kDead = 1, kCancelled = 2 };

struct Move {
  LeaseRef ref;
  Ending ending = Ending::kDone;
  std::string_view error;
  std::string_view result;
  bool leased = true;  // false: it need not be under a lease (a cancel)
  bool tried = false;  // the attempt is recorded as failed
};
// To history. `moved` is told each that was there; the others are lost leases.
struct Moved {
  LeaseRef ref;
  base::TenantId tenant;
  std::string kind;
  std::string queue;
  Phase phase = Phase::kReady;
  std::optional<std::string> key;
  bool ordered = false;
  bool counted = false;
  std::int64_t started_at = 0;
};
base::Status move_to_history(storage::Transaction& tx, storage::Dialect dialect, base::Time now,
                             std::span<const Move> moves,
                             const std::function<void(const Moved&)>& moved);

// Locked where the engine locks rows. Only those under these leases.
base::Result<std::vector<Facts>> leased_facts(storage::Transaction& tx, storage::Dialect dialect,
                                              std::span<const LeaseRef> refs);

// Lives on: the lease is given back. REQUIRES: leased_facts() in this transaction gave the row.
struct GoOn {
  LeaseRef ref;
  Phase phase = Phase::kReady;
  std::int64_t run_at = 0;
  std::int64_t rank = 0;
  std::int64_t max_attempts = 0;
  std::string_view error;
};
base::Status give_back(storage::Transaction& tx, storage::Dialect dialect,
                       std::span<const GoOn> jobs);

struct Failure {
  LeaseRef ref;
  base::TenantId tenant;
  std::int64_t started_at = 0;
  std::int64_t ended_at = 0;
  std::string_view error;
};
base::Status record_failures(storage::Transaction& tx, storage::Dialect dialect,
                             std::span<const Failure> failures);

// The columns of Facts, for statements that read it, from column 0.
inline constexpr int kFactsColumns = 17;
Facts facts_of(const storage::Row& row);

std::vector<const storage::Sql*> end_statements(storage::Dialect dialect);

}  // namespace ashlar::jobs::store
