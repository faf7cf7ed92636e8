#include "platform/jobs/mend_store.h"

#include <limits>
#include <utility>

#include "platform/jobs/retry_plans.h"
#include "platform/jobs/statement_pair.h"
#include "platform/storage/database.h"

namespace ashlar::jobs::store {
namespace {

using storage::Audience;
using storage::Dialect;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr const StatementPair& kDead = kOwned<
    "SELECT id FROM job_history WHERE tenant_id = :tenant AND state = 1 AND id > ?1"
    " AND (?2 = '' OR kind = ?2) AND (?3 = '' OR queue = ?3) AND instr(error, ?4) > 0"
    " AND ended_at >= ?5 AND ended_at < ?6 ORDER BY id LIMIT ?7",
    "SELECT id FROM job_history WHERE tenant_id = :tenant AND state = 1 AND id > ?1"
    " AND (?2 = '' OR kind = ?2) AND (?3 = '' OR queue = ?3) AND strpos(error, ?4) > 0"
    " AND ended_at >= ?5 AND ended_at < ?6 ORDER BY id LIMIT ?7",
    "?8">;

constexpr const StatementPair& kLiveFacts = kOwned<
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked FROM jobs"
    " WHERE id = ?1 AND tenant_id = :tenant",
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked FROM jobs"
    " WHERE id = ?1 AND tenant_id = :tenant FOR UPDATE",
    "?2">;
constexpr const StatementPair& kAskCancel =
    kOwned<"UPDATE jobs SET cancel_asked = 1 WHERE id = ?1 AND tenant_id = :tenant", "", "?2">;
constexpr const StatementPair& kSetRunAt = kOwned<
    "UPDATE jobs SET run_at = ?2, rank = ?3, phase = ?4 WHERE id = ?1 AND tenant_id = :tenant", "",
    "?5">;

constexpr const StatementPair& kEndedFacts = kOwned<
    "SELECT kind, queue, attempt, budget, priority, key, key_limit, ordered"
    " FROM job_history WHERE id = ?1 AND tenant_id = :tenant",
    "", "?2">;
constexpr const StatementPair& kRevive = kOwned<
    "INSERT INTO jobs (id, tenant_id, kind, queue, phase, rank, attempt, max_attempts, budget,"
    " priority, run_at, timeout_ms, enqueued_at, unique_key, key, key_limit, ordered, error,"
    " traceparent, meta, payload) SELECT id, tenant_id, kind, queue, ?2, ?3, attempt, ?5, budget,"
    " priority, ?4, timeout_ms, enqueued_at, unique_key, key, key_limit, ordered, error,"
    " traceparent, meta, payload FROM job_history WHERE id = ?1 AND tenant_id = :tenant"
    " ON CONFLICT DO NOTHING",
    "", "?6">;
constexpr const StatementPair& kForget =
    kOwned<"DELETE FROM job_history WHERE id = ?1 AND tenant_id = :tenant", "", "?2">;

// Long ago: what has run out is found as ever.
constexpr Sql kForfeit{storage::Audience::kPlatform,
                       "UPDATE jobs SET lease_until = 1 WHERE lease_until > 1 AND kind <> ?1"};

constexpr const StatementPair& kPutQueue = kOwned<
    "INSERT INTO job_queues (tenant_id, kind, queue, paused, max_running, rate_per_s, burst,"
    " key_rate_per_s, key_burst, retry) VALUES (:tenant, ?1, ?2, ?3, nullif(?4, -1),"
    " nullif(?5, 0.0), ?6, nullif(?7, 0.0), ?8, ?9)"
    " ON CONFLICT (tenant_id, kind, queue) DO UPDATE SET paused = excluded.paused,"
    " max_running = excluded.max_running, rate_per_s = excluded.rate_per_s,"
    " burst = excluded.burst, key_rate_per_s = excluded.key_rate_per_s,"
    " key_burst = excluded.key_burst, retry = excluded.retry",
    "", "?10">;
constexpr const StatementPair& kLookAtKeys = kOwned<
    "INSERT INTO job_notes (tenant_id, kind, queue, what, key, key_limit)"
    " SELECT tenant_id, kind, queue, 0, key, 0 FROM job_keys WHERE tenant_id = :tenant"
    " AND kind = ?1 AND queue = ?2 AND noted_at > 0",
    "", "?3">;
constexpr const StatementPair& kForgetQueue =
    kOwned<"DELETE FROM job_queues WHERE tenant_id = :tenant AND kind = ?1 AND queue = ?2", "",
           "?3">;
// From the rows themselves, under the lock of the queue's row: nobody leases from it meanwhile.
constexpr const StatementPair& kCountRunning = kOwned<
    "UPDATE jobs SET counted = 1 WHERE tenant_id = :tenant AND kind = ?1 AND queue = ?2"
    " AND phase = 0 AND lease_until > 0",
    "", "?3">;
constexpr const StatementPair& kSetRunning = kOwned<
    "UPDATE job_queues SET running = ?3 WHERE tenant_id = :tenant AND kind = ?1"
    " AND queue = ?2",
    "", "?4">;
constexpr const StatementPair& kForgetFree = kOwned<
    "DELETE FROM job_notes WHERE tenant_id = :tenant AND kind = ?1 AND queue = ?2"
    " AND what = 2",
    "", "?3">;

constexpr Sql kSweepAttempts{Audience::kPlatform,
                             "DELETE FROM job_attempts WHERE job_id IN (SELECT id FROM job_history"
                             " WHERE state = ?1 AND ended_at < ?2 ORDER BY ended_at LIMIT ?3)"};
constexpr Sql kSweep{
    Audience::kPlatform,
    "DELETE FROM job_history WHERE id IN (SELECT id FROM job_history"
    " WHERE state = ?1 AND ended_at < ?2 ORDER BY ended_at LIMIT ?3) RETURNING id",
    "WITH gone AS (DELETE FROM job_history WHERE id = ANY(ARRAY(SELECT id FROM job_history"
    " WHERE state = ?1 AND ended_at < ?2 ORDER BY ended_at LIMIT ?3 FOR UPDATE SKIP LOCKED))"
    " RETURNING id), attempts AS (DELETE FROM job_attempts"
    " WHERE job_id = ANY(ARRAY(SELECT id FROM gone))) SELECT id FROM gone"};

std::string_view or_empty(const std::optional<std::string>& text) {
  return text.has_value() ? std::string_view(*text) : std::string_view();
}

}  // namespace

base::Result<std::vector<JobId>> dead_jobs(Transaction& tx, base::TenantId tenant,
                                           const JobFilter& filter, JobId after, int limit) {
  std::vector<JobId> ids;
  ASHLAR_TRY(query(
      tx, kDead, tenant, [&](const Row& row) { ids.emplace_back(row.integer(0)); }, after.value,
      or_empty(filter.kind), or_empty(filter.queue), or_empty(filter.error_contains),
      filter.ended_from.has_value() ? base::to_micros(*filter.ended_from) : 0,
      filter.ended_to.has_value() ? base::to_micros(*filter.ended_to)
                                  : std::numeric_limits<std::int64_t>::max(),
      std::int64_t{limit}));
  return ids;
}

base::Result<std::optional<Facts>> live_facts(Transaction& tx, base::TenantId tenant, JobId id) {
  std::optional<Facts> facts;
  ASHLAR_TRY(
      query(tx, kLiveFacts, tenant, [&](const Row& row) { facts = facts_of(row); }, id.value));
  return facts;
}

base::Status ask_cancel(Transaction& tx, base::TenantId tenant, JobId id) {
  ASHLAR_TRY(execute(tx, kAskCancel, tenant, id.value));
  return base::ok_status();
}

base::Status set_run_at(Transaction& tx, base::TenantId tenant, JobId id, base::Time run_at,
                        std::int64_t rank, Phase phase) {
  ASHLAR_TRY(execute(tx, kSetRunAt, tenant, id.value, base::to_micros(run_at), rank,
                     static_cast<std::int64_t>(phase)));
  return base::ok_status();
}

base::Result<std::optional<EndedFacts>> ended_facts(Transaction& tx, base::TenantId tenant,
                                                    JobId id) {
  std::optional<EndedFacts> facts;
  ASHLAR_TRY(query(
      tx, kEndedFacts, tenant,
      [&](const Row& row) {
        facts = EndedFacts{std::string(row.text(0)), std::string(row.text(1)), row.integer(2),
                           row.integer(3),           row.integer(4),           row.maybe_text(5),
                           row.integer(6),           row.integer(7) != 0};
      },
      id.value));
  return facts;
}

base::Result<bool> revive(Transaction& tx, base::TenantId tenant, JobId id, Phase phase,
                          std::int64_t rank, base::Time now, std::int64_t max_attempts) {
  ASHLAR_ASSIGN(const std::int64_t written,
                execute(tx, kRevive, tenant, id.value, static_cast<std::int64_t>(phase), rank,
                        base::to_micros(now), max_attempts));
  if (written == 0) return false;
  ASHLAR_TRY(execute(tx, kForget, tenant, id.value));
  return true;
}

base::Status put_queue(Transaction& tx, base::TenantId tenant, std::string_view kind,
                       std::string_view queue, const QueueSettings& settings) {
  ASHLAR_TRY(execute(tx, kPutQueue, tenant, kind, queue, std::int64_t{settings.paused},
                     settings.max_running.value_or(-1), settings.rate_per_s.value_or(0.0),
                     settings.burst, settings.key_rate_per_s.value_or(0.0), settings.key_burst,
                     std::string_view(delays_text(settings.retry))));
  if (!settings.max_running.has_value()) return base::ok_status();
  ASHLAR_ASSIGN(const std::int64_t running, execute(tx, kCountRunning, tenant, kind, queue));
  ASHLAR_TRY(execute(tx, kForgetFree, tenant, kind, queue));
  ASHLAR_TRY(execute(tx, kSetRunning, tenant, kind, queue, running));
  return base::ok_status();
}

base::Status look_at_keys(Transaction& tx, base::TenantId tenant, std::string_view kind,
                          std::string_view queue) {
  ASHLAR_TRY(execute(tx, kLookAtKeys, tenant, kind, queue));
  return base::ok_status();
}

base::Status forget_queue(Transaction& tx, base::TenantId tenant, std::string_view kind,
                          std::string_view queue) {
  ASHLAR_TRY(execute(tx, kForgetQueue, tenant, kind, queue));
  return base::ok_status();
}

base::Result<std::int64_t> sweep(Transaction& tx, Dialect dialect, Ending state, base::Time before,
                                 std::int64_t limit) {
  const auto number = static_cast<std::int64_t>(state);
  if (dialect == Dialect::kSqlite) {
    ASHLAR_TRY(tx.execute(kSweepAttempts, {number, base::to_micros(before), limit}));
  }
  return tx.query(kSweep, {number, base::to_micros(before), limit}, [](const Row&) {});
}

base::Result<std::int64_t> forfeit(Transaction& tx, std::string_view kept_kind) {
  return tx.execute(kForfeit, {kept_kind});
}

std::vector<const Sql*> mend_statements(Dialect dialect) {
  std::vector<const Sql*> all{&kSweep, &kForfeit};
  if (dialect == Dialect::kSqlite) all.push_back(&kSweepAttempts);
  for (const StatementPair* pair :
       {&kDead, &kLiveFacts, &kAskCancel, &kSetRunAt, &kEndedFacts, &kRevive, &kForget, &kPutQueue,
        &kForgetQueue, &kLookAtKeys, &kCountRunning, &kSetRunning, &kForgetFree}) {
    all.insert(all.end(), {&pair->tenant, &pair->platform});
  }
  return all;
}

}  // namespace ashlar::jobs::store
