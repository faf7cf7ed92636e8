// Gates: what bounds how many jobs run: places of a key (key_limit), starts of a key in a time (a
// queue's key_rate_per_s), places of a queue (max_running).
//
//   enqueue, end, cancel ── add_notes() ──> job_notes ── settle() by who leases next ──> job_keys,
//   (any transaction)                                    (READ COMMITTED, row locks) job_queues,
//                                                                                 held jobs
//                                                                                 admitted
//
// Whoever enqueues or ends a job only inserts: two transactions of users with jobs of one key never
// wait for each other nor fail for each other's sake on PostgreSQL. The counts are changed by
// settle() alone, under the locks of their rows, and the note goes with the change in one commit.
//
// Invariants
//  1. admitted of a key = its jobs in phase 0 + its ordered ones in phase 1, once all notes are
//     settled; never more than key_limit by our doing.
//  2. A key with a held job and a free place has a note; where its rate is what holds the job, one
//     that is settled when the rate allows the next (not_before), and not before that.
//  3. running of a queue with max_running = its jobs with counted = 1, once all notes are settled.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/jobs/job.h"

namespace ashlar::storage {
class Transaction;
enum class Dialect : std::uint8_t;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::jobs::store {

struct Note {
  enum class What : std::uint8_t { kHeld, kKeyFree, kRunningFree };
  What what = What::kHeld;
  base::TenantId tenant;
  std::string kind;
  std::string queue;
  std::string key;              // kHeld, kKeyFree
  std::int64_t key_limit = 0;   // kHeld: what it is from now on; 0: as it is
  std::int64_t not_before = 0;  // when it is to be settled, microseconds since 1970
};

// In a tenant's transaction all are that tenant's.
base::Status add_notes(storage::Transaction& tx, storage::Dialect dialect,
                       std::span<const Note> notes);

// Settles up to kNotesAtOnce notes of the kind. Platform, READ COMMITTED. Jobs that became ready.
inline constexpr std::int64_t kNotesAtOnce = 1000;
struct Settled {
  std::int64_t ready = 0;
  std::optional<base::Time> next = {};  // when a rate allows more
};
base::Result<Settled> settle(storage::Transaction& tx, storage::Dialect dialect,
                             std::string_view kind, base::Time now);

std::vector<const storage::Sql*> gate_statements(storage::Dialect dialect);

}  // namespace ashlar::jobs::store
