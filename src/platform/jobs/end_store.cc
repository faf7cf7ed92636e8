#include "platform/jobs/end_store.h"

#include <array>
#include <string_view>
#include <utility>

#include "platform/jobs/statement_pair.h"
#include "platform/jobs/text_array.h"
#include "platform/storage/database.h"

namespace ashlar::jobs::store {
namespace {

using storage::Dialect;
using storage::Row;
using storage::RowSink;
using storage::Transaction;

// One by one, on SQLite. A lost last attempt was counted by the lease that found it: hence min().
constexpr const StatementPair& kKeep = kById<
    "INSERT INTO job_history (id, tenant_id, kind, queue, state, attempt, max_attempts, budget,"
    " priority, run_at, timeout_ms, enqueued_at, started_at, ended_at, worker, unique_key, key,"
    " key_limit, ordered, error, result, traceparent, meta, payload)"
    " SELECT id, tenant_id, kind, queue, ?3, min(attempt, max_attempts), max_attempts, budget,"
    " priority, run_at, timeout_ms, enqueued_at, started_at, ?5, worker, unique_key, key,"
    " key_limit, ordered, CASE WHEN ?3 = 2 AND ?6 = '' THEN error ELSE ?6 END, ?4, traceparent,"
    " meta, payload FROM jobs WHERE id = ?1 AND attempt = ?2 AND (?7 = 0 OR lease_until <> 0)"
    " AND tenant_id = :tenant">;
constexpr const StatementPair& kDrop = kById<
    "DELETE FROM jobs WHERE id = ?1 AND tenant_id = :tenant"
    " RETURNING id, attempt, tenant_id, kind, queue, phase, key, ordered, counted,"
    " started_at">;
constexpr const StatementPair& kKeepFailure = kById<
    "INSERT INTO job_attempts (job_id, attempt, tenant_id, started_at, ended_at, error)"
    " SELECT id, attempt, tenant_id, started_at, ?2, ?3 FROM jobs WHERE id = ?1"
    " AND tenant_id = :tenant ON CONFLICT (job_id, attempt) DO UPDATE"
    " SET ended_at = excluded.ended_at, error = excluded.error">;

// The same in one statement, on PostgreSQL. One job is found by its key, so that the plan is good
// whatever the size of the table was when it was made (see IndexedPlans in lease_store.h).
constexpr const StatementPair& kMoveOne = kById<
    "",
    "WITH gone AS (DELETE FROM jobs WHERE id = ?1 AND attempt = ?2"
    " AND (?7 = 0 OR lease_until <> 0) AND tenant_id = :tenant RETURNING jobs.*),"
    " kept AS (INSERT INTO job_history (id, tenant_id, kind, queue, state, attempt, max_attempts,"
    " budget, priority, run_at, timeout_ms, enqueued_at, started_at, ended_at, worker, unique_key,"
    " key, key_limit, ordered, error, result, traceparent, meta, payload)"
    " SELECT id, tenant_id, kind, queue, ?3, least(attempt, max_attempts), max_attempts, budget,"
    " priority, run_at, timeout_ms, enqueued_at, started_at, ?6, worker, unique_key, key,"
    " key_limit, ordered, CASE WHEN ?3 = 2 AND ?4 = '' THEN error ELSE ?4 END, ?5, traceparent,"
    " meta, payload FROM gone),"
    " failures AS (INSERT INTO job_attempts (job_id, attempt, tenant_id, started_at, ended_at,"
    " error) SELECT id, attempt, tenant_id, started_at, ?6, ?4 FROM gone WHERE ?8 = 1"
    " ON CONFLICT (job_id, attempt) DO UPDATE SET ended_at = excluded.ended_at,"
    " error = excluded.error)"
    " SELECT id, attempt, tenant_id, kind, queue, phase, key, ordered, counted, started_at"
    " FROM gone">;
// A whole batch, on PostgreSQL.
constexpr const StatementPair& kMoveMany = kById<
    "",
    "WITH gone AS (DELETE FROM jobs USING unnest(?1::bigint[], ?2::bigint[], ?3::bigint[],"
    " ?4::text[], ?5::text[], ?7::bigint[], ?8::bigint[])"
    " AS g(job_id, leased_as, state, new_error, result, leased, tried)"
    " WHERE id = g.job_id AND attempt = g.leased_as AND (g.leased = 0 OR lease_until <> 0)"
    " AND tenant_id = :tenant"
    " RETURNING jobs.*, g.state, g.new_error, g.result, g.tried),"
    " kept AS (INSERT INTO job_history (id, tenant_id, kind, queue, state, attempt, max_attempts,"
    " budget, priority, run_at, timeout_ms, enqueued_at, started_at, ended_at, worker, unique_key,"
    " key, key_limit, ordered, error, result, traceparent, meta, payload)"
    " SELECT id, tenant_id, kind, queue, state, least(attempt, max_attempts), max_attempts, budget,"
    " priority, run_at, timeout_ms, enqueued_at, started_at, ?6, worker, unique_key, key,"
    " key_limit, ordered, CASE WHEN state = 2 AND new_error = '' THEN error ELSE new_error END,"
    " result, traceparent, meta, payload FROM gone),"
    " failures AS (INSERT INTO job_attempts (job_id, attempt, tenant_id, started_at, ended_at,"
    " error) SELECT id, attempt, tenant_id, started_at, ?6, new_error FROM gone WHERE tried = 1"
    " ON CONFLICT (job_id, attempt) DO UPDATE SET ended_at = excluded.ended_at,"
    " error = excluded.error)"
    " SELECT id, attempt, tenant_id, kind, queue, phase, key, ordered, counted, started_at"
    " FROM gone">;

#define QUEUES_RETRY                                                               \
  " coalesce((SELECT q.retry FROM job_queues q WHERE q.tenant_id = jobs.tenant_id" \
  " AND q.kind = jobs.kind AND q.queue = jobs.queue), '')"
constexpr const StatementPair& kFactsOne = kById<
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked," QUEUES_RETRY
    " FROM jobs"
    " WHERE id = ?1 AND attempt = ?2 AND lease_until <> 0 AND tenant_id = :tenant",
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked," QUEUES_RETRY
    " FROM jobs"
    " WHERE id = ?1 AND attempt = ?2 AND lease_until <> 0 AND tenant_id = :tenant FOR UPDATE">;
constexpr const StatementPair& kFactsMany = kById<
    "",
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked," QUEUES_RETRY
    " FROM jobs"
    " JOIN unnest(?1::bigint[], ?2::bigint[]) AS g(job_id, leased_as) ON id = g.job_id"
    " AND attempt = g.leased_as WHERE lease_until <> 0 AND tenant_id = :tenant FOR UPDATE OF jobs">;

constexpr const StatementPair& kGiveBackOne = kById<
    "UPDATE jobs SET phase = ?2, run_at = ?3, rank = ?4, max_attempts = ?5, lease_until = 0,"
    " counted = 0, error = CASE WHEN ?6 = '' THEN error ELSE ?6 END"
    " WHERE id = ?1 AND tenant_id = :tenant">;
constexpr const StatementPair& kGiveBackMany = kById<
    "",
    "UPDATE jobs SET phase = g.phase, run_at = g.run_at, rank = g.rank, max_attempts = g.most,"
    " lease_until = 0, counted = 0, error = CASE WHEN g.new_error = '' THEN error"
    " ELSE g.new_error END FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[],"
    " ?5::bigint[], ?6::text[]) AS g(job_id, phase, run_at, rank, most, new_error)"
    " WHERE id = g.job_id AND tenant_id = :tenant">;

constexpr storage::Sql kRecordTenant{
    storage::Audience::kTenant,
    "INSERT INTO job_attempts (job_id, attempt, started_at, ended_at, error, tenant_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, :tenant) ON CONFLICT (job_id, attempt) DO UPDATE"
    " SET ended_at = excluded.ended_at, error = excluded.error",
    "INSERT INTO job_attempts (job_id, attempt, started_at, ended_at, error, tenant_id)"
    " SELECT g.*, :tenant FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[],"
    " ?5::text[]) AS g ON CONFLICT (job_id, attempt) DO UPDATE"
    " SET ended_at = excluded.ended_at, error = excluded.error"};
constexpr storage::Sql kRecordPlatform{
    storage::Audience::kPlatform,
    "INSERT INTO job_attempts (job_id, attempt, started_at, ended_at, error, tenant_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (job_id, attempt) DO UPDATE"
    " SET ended_at = excluded.ended_at, error = excluded.error",
    "INSERT INTO job_attempts (job_id, attempt, started_at, ended_at, error, tenant_id)"
    " SELECT g.* FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[],"
    " ?5::text[], ?6::bigint[]) AS g ON CONFLICT (job_id, attempt) DO UPDATE"
    " SET ended_at = excluded.ended_at, error = excluded.error"};

Moved moved_of(const Row& row) {
  return {{JobId(row.integer(0)), static_cast<int>(row.integer(1))},
          base::TenantId(row.integer(2)),
          std::string(row.text(3)),
          std::string(row.text(4)),
          static_cast<Phase>(row.integer(5)),
          row.maybe_text(6),
          row.integer(7) != 0,
          row.integer(8) != 0,
          row.integer(9)};
}

// kById binds no tenant: the context says whose, the id which.
constexpr base::TenantId kByContext{};

base::Status move_one(Transaction& tx, base::Time now, const Move& move, const RowSink& sink) {
  const std::int64_t id = move.ref.id.value;
  ASHLAR_ASSIGN(const std::int64_t kept,
                execute(tx, kKeep, kByContext, id, std::int64_t{move.ref.attempt},
                        static_cast<std::int64_t>(move.ending), move.result, base::to_micros(now),
                        move.error, std::int64_t{move.leased}));
  if (kept == 0) return base::ok_status();
  if (move.tried) {
    ASHLAR_TRY(execute(tx, kKeepFailure, kByContext, id, base::to_micros(now), move.error));
  }
  ASHLAR_TRY(query(tx, kDrop, kByContext, sink, id));
  return base::ok_status();
}

}  // namespace

Facts facts_of(const Row& row) {
  return {JobId(row.integer(0)),
          base::TenantId(row.integer(1)),
          std::string(row.text(2)),
          std::string(row.text(3)),
          static_cast<Phase>(row.integer(4)),
          row.integer(5),
          row.integer(6),
          row.integer(7),
          row.integer(8),
          row.integer(9),
          row.integer(10),
          row.integer(11),
          row.maybe_text(12),
          row.integer(13),
          row.integer(14) != 0,
          row.integer(15) != 0,
          row.integer(16) != 0,
          {}};
}

base::Status move_to_history(Transaction& tx, Dialect dialect, base::Time now,
                             std::span<const Move> moves,
                             const std::function<void(const Moved&)>& moved) {
  if (moves.empty()) return base::ok_status();
  const RowSink sink = [&](const Row& row) { moved(moved_of(row)); };
  if (dialect == Dialect::kSqlite) {
    for (const Move& move : moves) ASHLAR_TRY(move_one(tx, now, move, sink));
    return base::ok_status();
  }
  if (moves.size() == 1) {
    const Move& move = moves.front();
    ASHLAR_TRY(query(tx, kMoveOne, kByContext, sink, move.ref.id.value,
                     std::int64_t{move.ref.attempt}, static_cast<std::int64_t>(move.ending),
                     move.error, move.result, base::to_micros(now), std::int64_t{move.leased},
                     std::int64_t{move.tried}));
    return base::ok_status();
  }
  std::array<TextArray, 7> a;
  for (const Move& move : moves) {
    a[0].add(move.ref.id.value), a[1].add(std::int64_t{move.ref.attempt});
    a[2].add(static_cast<std::int64_t>(move.ending)), a[3].add(move.error), a[4].add(move.result);
    a[5].add(std::int64_t{move.leased}), a[6].add(std::int64_t{move.tried});
  }
  ASHLAR_TRY(query(tx, kMoveMany, kByContext, sink, a[0].text(), a[1].text(), a[2].text(),
                   a[3].text(), a[4].text(), base::to_micros(now), a[5].text(), a[6].text()));
  return base::ok_status();
}

base::Result<std::vector<Facts>> leased_facts(Transaction& tx, Dialect dialect,
                                              std::span<const LeaseRef> refs) {
  std::vector<Facts> facts;
  const RowSink sink = [&](const Row& row) {
    facts.push_back(facts_of(row));
    facts.back().retry = row.text(kFactsColumns);
  };
  if (dialect == Dialect::kSqlite || refs.size() == 1) {
    for (const LeaseRef& ref : refs) {
      ASHLAR_TRY(query(tx, kFactsOne, kByContext, sink, ref.id.value, std::int64_t{ref.attempt}));
    }
    return facts;
  }
  std::array<TextArray, 2> a;
  for (const LeaseRef& ref : refs) a[0].add(ref.id.value), a[1].add(std::int64_t{ref.attempt});
  if (!refs.empty()) {
    ASHLAR_TRY(query(tx, kFactsMany, kByContext, sink, a[0].text(), a[1].text()));
  }
  return facts;
}

base::Status give_back(Transaction& tx, Dialect dialect, std::span<const GoOn> jobs) {
  if (jobs.empty()) return base::ok_status();
  if (dialect == Dialect::kSqlite || jobs.size() == 1) {
    for (const GoOn& job : jobs) {
      ASHLAR_TRY(execute(tx, kGiveBackOne, kByContext, job.ref.id.value,
                         static_cast<std::int64_t>(job.phase), job.run_at, job.rank,
                         job.max_attempts, job.error));
    }
    return base::ok_status();
  }
  std::array<TextArray, 6> a;
  for (const GoOn& job : jobs) {
    a[0].add(job.ref.id.value), a[1].add(static_cast<std::int64_t>(job.phase));
    a[2].add(job.run_at), a[3].add(job.rank), a[4].add(job.max_attempts), a[5].add(job.error);
  }
  ASHLAR_TRY(execute(tx, kGiveBackMany, kByContext, a[0].text(), a[1].text(), a[2].text(),
                     a[3].text(), a[4].text(), a[5].text()));
  return base::ok_status();
}

base::Status record_failures(Transaction& tx, Dialect dialect, std::span<const Failure> failures) {
  if (failures.empty()) return base::ok_status();
  const bool tenant = tx.context().is_tenant();
  if (dialect == Dialect::kSqlite) {
    for (const Failure& f : failures) {
      const std::int64_t attempt = f.ref.attempt;
      base::Result<std::int64_t> added =
          tenant ? tx.execute(kRecordTenant,
                              {f.ref.id.value, attempt, f.started_at, f.ended_at, f.error})
                 : tx.execute(kRecordPlatform, {f.ref.id.value, attempt, f.started_at, f.ended_at,
                                                f.error, f.tenant.value});
      if (!added.ok()) return std::move(added).error();
    }
    return base::ok_status();
  }
  std::array<TextArray, 6> a;
  for (const Failure& f : failures) {
    a[0].add(f.ref.id.value), a[1].add(std::int64_t{f.ref.attempt}), a[2].add(f.started_at);
    a[3].add(f.ended_at), a[4].add(f.error), a[5].add(f.tenant.value);
  }
  base::Result<std::int64_t> added =
      tenant ? tx.execute(kRecordTenant,
                          {a[0].text(), a[1].text(), a[2].text(), a[3].text(), a[4].text()})
             : tx.execute(kRecordPlatform, {a[0].text(), a[1].text(), a[2].text(), a[3].text(),
                                            a[4].text(), a[5].text()});
  if (!added.ok()) return std::move(added).error();
  return base::ok_status();
}

std::vector<const storage::Sql*> end_statements(Dialect dialect) {
  std::vector<const storage::Sql*> all{&kRecordTenant, &kRecordPlatform};
  std::vector<const StatementPair*> pairs{&kFactsOne, &kGiveBackOne};
  if (dialect == Dialect::kPostgres) {
    pairs.insert(pairs.end(), {&kMoveOne, &kMoveMany, &kFactsMany, &kGiveBackMany});
  } else {
    pairs.insert(pairs.end(), {&kKeep, &kDrop, &kKeepFailure});
  }
  for (const StatementPair* pair : pairs) all.insert(all.end(), {&pair->tenant, &pair->platform});
  return all;
}

}  // namespace ashlar::jobs::store
