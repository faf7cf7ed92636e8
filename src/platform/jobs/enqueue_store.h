// The SQL of enqueueing. Runs in a tenant's transaction or a platform one.
#pragma once

#include <cstdint>
#include <span>
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

struct Insert {
  const NewJob* job = nullptr;
  Phase phase = Phase::kReady;
  std::int64_t rank = 0;
  base::Time run_at{};
};

// One for each, in order. Those whose unique_key lives are found, not written.
base::Result<std::vector<Enqueued>> insert_jobs(storage::Transaction& tx, storage::Dialect dialect,
                                                base::TenantId tenant, base::Time now,
                                                std::span<const Insert> jobs);

std::vector<const storage::Sql*> enqueue_statements(storage::Dialect dialect);

}  // namespace ashlar::jobs::store
