// The SQL of mending: cancel, redrive, settings of queues, retention. Runs in a tenant's
// transaction or a platform one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/jobs/end_store.h"
#include "platform/jobs/jobs.h"

namespace ashlar::storage {
struct Sql;
enum class Dialect : std::uint8_t;
}  // namespace ashlar::storage

namespace ashlar::jobs::store {

// Ids of dead ones that fit, from the oldest on.
base::Result<std::vector<JobId>> dead_jobs(storage::Transaction& tx, base::TenantId tenant,
                                           const JobFilter& filter, JobId after, int limit);

// Locked where the engine locks rows.
base::Result<std::optional<Facts>> live_facts(storage::Transaction& tx, base::TenantId tenant,
                                              JobId id);
base::Status ask_cancel(storage::Transaction& tx, base::TenantId tenant, JobId id);
base::Status set_run_at(storage::Transaction& tx, base::TenantId tenant, JobId id,
                        base::Time run_at, std::int64_t rank, Phase phase);

// What redrive has to know.
struct EndedFacts {
  std::string kind, queue;
  std::int64_t attempt = 0, budget = 0, priority = 0;
  std::optional<std::string> key;
  std::int64_t key_limit = 1;
  bool ordered = false;
};
base::Result<std::optional<EndedFacts>> ended_facts(storage::Transaction& tx, base::TenantId tenant,
                                                    JobId id);
// From history to life. False: its unique key lives.
base::Result<bool> revive(storage::Transaction& tx, base::TenantId tenant, JobId id, Phase phase,
                          std::int64_t rank, base::Time now, std::int64_t max_attempts);

base::Status put_queue(storage::Transaction& tx, base::TenantId tenant, std::string_view kind,
                       std::string_view queue, const QueueSettings& settings);
// The keys whose rate was waited for are looked at now: it may be another one.
base::Status look_at_keys(storage::Transaction& tx, base::TenantId tenant, std::string_view kind,
                          std::string_view queue);
base::Status forget_queue(storage::Transaction& tx, base::TenantId tenant, std::string_view kind,
                          std::string_view queue);

// The leases of every kind but this one have run out; how many. Platform.
base::Result<std::int64_t> forfeit(storage::Transaction& tx, std::string_view kept_kind);

// Ended before, at most `limit`, with their attempts. Platform.
base::Result<std::int64_t> sweep(storage::Transaction& tx, storage::Dialect dialect, Ending state,
                                 base::Time before, std::int64_t limit);

std::vector<const storage::Sql*> mend_statements(storage::Dialect dialect);

}  // namespace ashlar::jobs::store
