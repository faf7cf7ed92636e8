// The SQL of looking at jobs. Runs in a tenant's transaction or a platform one.
#pragma once

#include <cstdint>
#include <optional>
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

// `now` tells those that run from those whose lease has run out.
base::Result<std::optional<JobView>> find_live(storage::Transaction& tx, base::TenantId tenant,
                                               JobId id, base::Time now);
base::Result<std::optional<JobView>> find_ended(storage::Transaction& tx, base::TenantId tenant,
                                                JobId id);
base::Result<std::vector<AttemptRecord>> attempts_of(storage::Transaction& tx,
                                                     base::TenantId tenant, JobId id);

// By id downwards, those below `before`.
base::Result<std::vector<JobView>> list_live(storage::Transaction& tx, base::TenantId tenant,
                                             const JobFilter& filter, JobId before, int limit,
                                             base::Time now);
base::Result<std::vector<JobView>> list_ended(storage::Transaction& tx, base::TenantId tenant,
                                              const JobFilter& filter, JobId before, int limit);
base::Result<std::vector<QueueDepth>> depths(storage::Transaction& tx, base::TenantId tenant,
                                             std::optional<std::string_view> kind, base::Time now);
// Over all tenants, for the metrics. Platform.
struct KindDepth {
  std::string kind;
  std::int64_t ready = 0;
  base::Time oldest{};
};
base::Result<std::vector<KindDepth>> kind_depths(storage::Transaction& tx, storage::Dialect dialect,
                                                 base::Time now);
std::vector<const storage::Sql*> view_statements();

}  // namespace ashlar::jobs::store
