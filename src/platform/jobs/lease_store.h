// The SQL of leasing: what there is to do, which lanes have ready jobs, the claim itself. Runs
// under PlatformUse::kJobs, READ COMMITTED.
//
// A lane is a (tenant, queue) of one kind with something ready.
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
#include "platform/jobs/end_store.h"
#include "platform/jobs/job.h"

namespace ashlar::storage {
class Transaction;
enum class Dialect : std::uint8_t;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::jobs::store {

// Plans are cached, and a plan made while the table is small reads all of it: later that is a
// million rows. So the first statement of each of our transactions on PostgreSQL tells the planner
// to use indexes, for that transaction only.
base::Status use_indexed_plans(storage::Transaction& tx, storage::Dialect dialect);

// What should be done before a claim.
struct Chores {
  bool notes = false;  // gates.h: to settle
  bool due = false;    // phase 1 whose time has come
  bool lost = false;   // leases that have run out (SQLite; on PostgreSQL a claim takes them)
};
base::Result<Chores> look_for_chores(storage::Transaction& tx, std::string_view kind,
                                     base::Time now);

struct Lane {
  base::TenantId tenant;
  std::string queue;
  bool gated = false;  // has settings; what follows is from them
  bool paused = false;
  std::optional<std::int64_t> max_running = {};
  std::optional<double> rate_per_s = {};
  std::int64_t burst = 1;
  std::int64_t running = 0;
  std::int64_t tat = 0;
};
inline constexpr std::int64_t kFromTheFirst = -1;
// Of tenants above `after`, at most `tenants` of them, of each at most `queues`; by tenant, queue.
base::Result<std::vector<Lane>> lanes_of_tenants(storage::Transaction& tx, storage::Dialect dialect,
                                                 std::string_view kind, std::int64_t after,
                                                 int tenants, int queues);
// Of one tenant, those above `after`.
base::Result<std::vector<Lane>> lanes_of_tenant(storage::Transaction& tx, storage::Dialect dialect,
                                                std::string_view kind, base::TenantId tenant,
                                                std::string_view after, int queues);
// This one, whether or not anything is ready in it.
base::Result<Lane> lane_of(storage::Transaction& tx, std::string_view kind, base::TenantId tenant,
                           std::string_view queue);
// The settings of gated lanes again, locked until the end of the transaction.
base::Status lock_gates(storage::Transaction& tx, storage::Dialect dialect, std::string_view kind,
                        std::span<Lane> lanes);
// `starts` more began in a gated lane.
base::Status count_starts(storage::Transaction& tx, std::string_view kind, const Lane& lane,
                          std::int64_t starts, std::int64_t tat);

struct Part {
  const Lane* lane = nullptr;
  std::int64_t most = 0;
};
struct Claimed {
  LeasedJob job;
  std::size_t part = 0;  // which of the parts it is from
  std::int64_t rank = 0;
  std::int64_t lost_until = 0;  // above 0: it was under a lease that ran out then
  std::int64_t lost_started_at = 0;
  bool cancel_asked = false;
};
struct Claim {
  std::string_view kind;
  std::string_view worker;
  base::Time now;
  base::Time until;
};
// By part, rank, id. An attempt may be one above max_attempts: where the lost one was the last.
base::Result<std::vector<Claimed>> claim(storage::Transaction& tx, storage::Dialect dialect,
                                         const Claim& claim, std::span<const Part> parts);

// Leases that have run out, at most `limit`: of any kind on SQLite; on PostgreSQL those with a
// place in `running`, which a claim cannot reach.
base::Result<std::vector<Facts>> lost_leases(storage::Transaction& tx, base::Time now,
                                             std::int64_t limit);
// Those in paused queues, of any kind; PostgreSQL.
base::Result<std::vector<Facts>> lost_in_paused(storage::Transaction& tx, base::Time now,
                                                std::int64_t limit);
// These may be leased by another from now on; their worker is still heard unless counted.
base::Status put_back(storage::Transaction& tx, storage::Dialect dialect,
                      std::span<const LeaseRef> refs);

// Phase 1 whose time has come, at most `limit`.
base::Result<std::vector<Facts>> due_jobs(storage::Transaction& tx, base::Time now,
                                          std::int64_t limit);
base::Status set_phase(storage::Transaction& tx, storage::Dialect dialect,
                       std::span<const JobId> ids, Phase phase);
// Of phase 1; unset: none.
base::Result<std::optional<base::Time>> next_due(storage::Transaction& tx);

struct Kept {
  LeaseRef ref;
  bool cancel_asked = false;
};
struct Renewal {
  std::vector<Kept> kept;
  std::vector<LeaseRef> busy;  // another transaction is at their rows: renew each by itself
};
// Several at once wait for nobody (PostgreSQL); one waits for its row.
base::Result<Renewal> renew(storage::Transaction& tx, storage::Dialect dialect,
                            std::span<const LeaseRef> refs, base::Time until);

std::vector<const storage::Sql*> lease_statements(storage::Dialect dialect);

}  // namespace ashlar::jobs::store
