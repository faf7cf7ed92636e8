#include "platform/jobs/lease_store.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "platform/jobs/text_array.h"
#include "platform/storage/database.h"

namespace ashlar::jobs::store {
namespace {

using storage::Audience;
using storage::Dialect;
using storage::Row;
using storage::RowSink;
using storage::Sql;
using storage::Transaction;

constexpr Sql kIndexedPlans{
    Audience::kPlatform,
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"
    " set_config('enable_mergejoin', 'off', true)"};

constexpr Sql kChores{
    Audience::kPlatform,
    "SELECT EXISTS (SELECT 1 FROM job_notes WHERE kind = ?1 AND not_before <= ?2),"
    " EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_later WHERE phase = 1 AND run_at <= ?2),"
    " EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_leased WHERE lease_until > 0"
    " AND lease_until < ?2)",
    "SELECT EXISTS (SELECT 1 FROM job_notes WHERE kind = ?1 AND not_before <= ?2),"
    " EXISTS (SELECT 1 FROM jobs WHERE phase = 1 AND run_at <= ?2), false"};

// SQLite steps from one to the next; PostgreSQL does so inside one statement.
constexpr Sql kNextTenant{Audience::kPlatform,
                          "SELECT tenant_id FROM jobs INDEXED BY jobs_ready WHERE kind = ?1"
                          " AND phase = 0 AND lease_until <= 0 AND tenant_id > ?2"
                          " ORDER BY tenant_id LIMIT 1"};
constexpr Sql kNextQueue{Audience::kPlatform,
                         "SELECT queue FROM jobs INDEXED BY jobs_ready WHERE kind = ?1"
                         " AND phase = 0 AND lease_until <= 0 AND tenant_id = ?2 AND queue > ?3"
                         " ORDER BY queue LIMIT 1"};
constexpr Sql kSettings{Audience::kPlatform,
                        "SELECT paused, max_running, rate_per_s, burst, running, tat"
                        " FROM job_queues WHERE kind = ?1 AND tenant_id = ?2 AND queue = ?3"};

constexpr Sql kLanes{
    Audience::kPlatform,
    "WITH RECURSIVE t(tenant_id, n) AS ("
    "(SELECT j.tenant_id, 1 FROM jobs j WHERE j.kind = ?1 AND j.phase = 0 AND j.tenant_id > ?2"
    " ORDER BY j.tenant_id LIMIT 1)"
    " UNION ALL SELECT x.tenant_id, t.n + 1 FROM t CROSS JOIN LATERAL (SELECT j.tenant_id"
    " FROM jobs j WHERE j.kind = ?1 AND j.phase = 0 AND j.tenant_id > t.tenant_id"
    " ORDER BY j.tenant_id LIMIT 1) x WHERE t.n < ?3)"
    " SELECT t.tenant_id, q.queue, s.paused, s.max_running, s.rate_per_s, s.burst, s.running,"
    " s.tat FROM t CROSS JOIN LATERAL (WITH RECURSIVE r(queue, n) AS ("
    "(SELECT j.queue, 1 FROM jobs j WHERE j.kind = ?1 AND j.phase = 0 AND j.tenant_id = t.tenant_id"
    " ORDER BY j.queue LIMIT 1)"
    " UNION ALL SELECT y.queue, r.n + 1 FROM r CROSS JOIN LATERAL (SELECT j.queue FROM jobs j"
    " WHERE j.kind = ?1 AND j.phase = 0 AND j.tenant_id = t.tenant_id AND j.queue > r.queue"
    " ORDER BY j.queue LIMIT 1) y WHERE r.n < ?4) SELECT r.queue FROM r) q"
    " LEFT JOIN job_queues s ON s.tenant_id = t.tenant_id AND s.kind = ?1 AND s.queue = q.queue"
    " ORDER BY 1, 2"};
constexpr Sql kLanesOfTenant{
    Audience::kPlatform,
    "WITH RECURSIVE r(queue, n) AS ("
    "(SELECT j.queue, 1 FROM jobs j WHERE j.kind = ?1 AND j.phase = 0 AND j.tenant_id = ?2"
    " AND j.queue > ?3 ORDER BY j.queue LIMIT 1)"
    " UNION ALL SELECT y.queue, r.n + 1 FROM r CROSS JOIN LATERAL (SELECT j.queue FROM jobs j"
    " WHERE j.kind = ?1 AND j.phase = 0 AND j.tenant_id = ?2 AND j.queue > r.queue"
    " ORDER BY j.queue LIMIT 1) y WHERE r.n < ?4)"
    " SELECT CAST(?2 AS BIGINT), r.queue, s.paused, s.max_running, s.rate_per_s, s.burst,"
    " s.running, s.tat FROM r LEFT JOIN job_queues s ON s.tenant_id = ?2 AND s.kind = ?1"
    " AND s.queue = r.queue ORDER BY 2"};
constexpr Sql kLockGates{
    Audience::kPlatform,
    "SELECT q.tenant_id, q.queue, q.paused, q.max_running, q.rate_per_s, q.burst, q.running, q.tat"
    " FROM unnest(?2::bigint[], ?3::text[]) AS g(tenant_id, queue)"
    " JOIN job_queues q ON q.tenant_id = g.tenant_id AND q.kind = ?1 AND q.queue = g.queue"
    " ORDER BY q.tenant_id, q.queue FOR UPDATE OF q"};
constexpr Sql kCountStarts{Audience::kPlatform,
                           "UPDATE job_queues SET running = CASE WHEN max_running IS NULL THEN 0"
                           " ELSE running + ?4 END, tat = ?5"
                           " WHERE kind = ?1 AND tenant_id = ?2 AND queue = ?3"};

constexpr Sql kClaimLane{
    Audience::kPlatform,
    "UPDATE jobs SET attempt = attempt + 1, lease_until = ?5, started_at = ?6, worker = ?7,"
    " counted = ?8, lost_until = 0 WHERE id IN (SELECT id FROM jobs INDEXED BY jobs_ready"
    " WHERE kind = ?1 AND phase = 0 AND tenant_id = ?2 AND queue = ?3 AND lease_until <= 0"
    " ORDER BY rank, id LIMIT ?4) RETURNING id, tenant_id, queue, attempt, max_attempts,"
    " timeout_ms, enqueued_at, run_at, rank, lost_until, lost_started_at, cancel_asked, unique_key,"
    " key, payload, meta, traceparent,"
    " CASE WHEN attempt > 1 THEN (SELECT count(*) FROM job_attempts a WHERE a.job_id = jobs.id)"
    " ELSE 0 END"};
// One that is counted and whose lease ran out is left to lost_leases(): its place must go first.
constexpr Sql kClaimLanes{
    Audience::kPlatform,
    "WITH picked AS MATERIALIZED (SELECT j.id, l.counted FROM unnest(?2::bigint[], ?3::text[],"
    " ?4::bigint[], ?5::bigint[]) AS l(tenant_id, queue, most, counted)"
    " CROSS JOIN LATERAL (SELECT id FROM jobs WHERE kind = ?1 AND phase = 0"
    " AND tenant_id = l.tenant_id AND queue = l.queue AND lease_until < ?6"
    " AND (counted = 0 OR lease_until <= 0) ORDER BY rank, id LIMIT l.most"
    " FOR UPDATE SKIP LOCKED) j)"
    " UPDATE jobs SET attempt = attempt + 1, lease_until = ?7, started_at = ?6, worker = ?8,"
    " counted = CASE WHEN id = ANY(ARRAY(SELECT p.id FROM picked p WHERE p.counted = 1))"
    " THEN 1 ELSE 0 END, lost_until = lease_until, lost_started_at = started_at"
    " WHERE id = ANY(ARRAY(SELECT p.id FROM picked p))"
    " RETURNING id, tenant_id, queue, attempt, max_attempts, timeout_ms, enqueued_at, run_at, rank,"
    " lost_until, lost_started_at, cancel_asked, unique_key, key, payload, meta, traceparent,"
    " CASE WHEN attempt > 1 THEN (SELECT count(*) FROM job_attempts a WHERE a.job_id = jobs.id)"
    " ELSE 0 END"};

constexpr Sql kLost{
    Audience::kPlatform,
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked"
    " FROM jobs INDEXED BY jobs_leased WHERE lease_until > 0 AND lease_until < ?1"
    " ORDER BY lease_until LIMIT ?2",
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked"
    " FROM jobs WHERE counted = 1 AND lease_until > 0 AND lease_until < ?1"
    " LIMIT ?2 FOR UPDATE SKIP LOCKED"};
// No claim comes to a paused queue. Those that ran when it was paused are among its first.
constexpr Sql kLostInPaused{
    Audience::kPlatform,
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked"
    " FROM jobs WHERE id = ANY(ARRAY(SELECT f.id FROM job_queues q CROSS JOIN LATERAL"
    " (SELECT j.id, j.lease_until FROM jobs j WHERE j.kind = q.kind"
    " AND j.tenant_id = q.tenant_id AND j.queue = q.queue AND j.phase = 0 ORDER BY j.rank, j.id"
    " LIMIT 1000) f WHERE q.paused = 1 AND f.lease_until > 0 AND f.lease_until < ?1 LIMIT ?2))"
    " AND lease_until > 0 AND lease_until < ?1 FOR UPDATE SKIP LOCKED"};
constexpr Sql kPutBack{
    Audience::kPlatform,
    "UPDATE jobs SET lease_until = CASE WHEN counted = 1 THEN 0 ELSE -1 END, counted = 0"
    " WHERE id = ?1",
    "UPDATE jobs SET lease_until = CASE WHEN counted = 1 THEN 0 ELSE -1 END, counted = 0"
    " WHERE id = ANY(?1::bigint[])"};

constexpr Sql kDue{
    Audience::kPlatform,
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked"
    " FROM jobs INDEXED BY jobs_later WHERE phase = 1 AND run_at <= ?1 ORDER BY run_at LIMIT ?2",
    "SELECT id, tenant_id, kind, queue, phase, lease_until, attempt, max_attempts, budget,"
    " priority, run_at, started_at, key, key_limit, ordered, counted, cancel_asked"
    " FROM jobs WHERE phase = 1 AND run_at <= ?1 ORDER BY run_at LIMIT ?2 FOR UPDATE SKIP LOCKED"};
constexpr Sql kSetPhase{Audience::kPlatform, "UPDATE jobs SET phase = ?2 WHERE id = ?1",
                        "UPDATE jobs SET phase = ?2 WHERE id = ANY(?1::bigint[])"};
constexpr Sql kNextDue{Audience::kPlatform,
                       "SELECT run_at FROM jobs INDEXED BY jobs_later WHERE phase = 1"
                       " ORDER BY run_at LIMIT 1",
                       "SELECT run_at FROM jobs WHERE phase = 1 ORDER BY run_at LIMIT 1"};

constexpr Sql kRenew{
    Audience::kPlatform,
    "UPDATE jobs SET lease_until = ?3 WHERE id = ?1 AND attempt = ?2 AND lease_until <> 0"
    " RETURNING id, attempt, cancel_asked"};
// Many rows' locks are never waited for: an end of several of them may hold some and want others.
constexpr Sql kRenewMany{
    Audience::kPlatform,
    "UPDATE jobs SET lease_until = ?3 WHERE id = ANY(ARRAY(SELECT id FROM jobs"
    " JOIN unnest(?1::bigint[], ?2::bigint[]) AS g(job_id, leased_as) ON id = g.job_id"
    " AND attempt = g.leased_as WHERE lease_until <> 0 FOR UPDATE OF jobs SKIP LOCKED))"
    " RETURNING id, attempt, cancel_asked"};
constexpr Sql kStillLeased{
    Audience::kPlatform,
    "SELECT id, attempt FROM jobs JOIN unnest(?1::bigint[], ?2::bigint[]) AS g(job_id, leased_as)"
    " ON id = g.job_id AND attempt = g.leased_as WHERE lease_until <> 0"};

// From `column` on: the settings, NULL where there are none.
void read_settings(const Row& row, int column, Lane& lane) {
  if (row.is_null(column)) return;
  lane.gated = true;
  lane.paused = row.integer(column) != 0;
  lane.max_running = row.maybe_integer(column + 1);
  lane.rate_per_s.reset();
  if (!row.is_null(column + 2)) lane.rate_per_s = row.real(column + 2);
  lane.burst = row.integer(column + 3);
  lane.running = row.integer(column + 4);
  lane.tat = row.integer(column + 5);
}

RowSink lanes_into(std::vector<Lane>& lanes) {
  return [&lanes](const Row& row) {
    Lane lane{.tenant = base::TenantId(row.integer(0)), .queue = std::string(row.text(1))};
    read_settings(row, 2, lane);
    lanes.push_back(std::move(lane));
  };
}

Claimed claimed_of(const Row& row, const Claim& claim) {
  Claimed c;
  c.job.ref = {JobId(row.integer(0)), static_cast<int>(row.integer(3))};
  c.job.tenant = base::TenantId(row.integer(1));
  c.job.kind = claim.kind;
  c.job.queue = row.text(2);
  c.job.max_attempts = static_cast<int>(row.integer(4));
  c.job.timeout = base::Millis(row.integer(5));
  c.job.enqueued_at = base::from_micros(row.integer(6));
  c.job.run_at = base::from_micros(row.integer(7));
  c.job.lease_until = claim.until;
  c.rank = row.integer(8);
  c.lost_until = row.integer(9);
  c.lost_started_at = row.integer(10);
  c.cancel_asked = row.integer(11) != 0;
  c.job.unique_key = row.maybe_text(12);
  c.job.key = row.maybe_text(13);
  c.job.payload = row.text(14);
  c.job.meta = row.text(15);
  c.job.traceparent = row.text(16);
  c.job.failures = static_cast<int>(row.integer(17)) + (c.lost_until > 0 ? 1 : 0);
  return c;
}

}  // namespace

base::Status use_indexed_plans(Transaction& tx, Dialect dialect) {
  if (dialect == Dialect::kSqlite) return base::ok_status();
  ASHLAR_TRY(tx.query(kIndexedPlans, {}, [](const Row&) {}));
  return base::ok_status();
}

base::Result<Chores> look_for_chores(Transaction& tx, std::string_view kind, base::Time now) {
  Chores chores;
  ASHLAR_TRY(tx.query(kChores, {kind, base::to_micros(now)}, [&](const Row& row) {
    chores = {row.integer(0) != 0, row.integer(1) != 0, row.integer(2) != 0};
  }));
  return chores;
}

base::Result<std::vector<Lane>> lanes_of_tenants(Transaction& tx, Dialect dialect,
                                                 std::string_view kind, std::int64_t after,
                                                 int tenants, int queues) {
  std::vector<Lane> lanes;
  if (dialect == Dialect::kPostgres) {
    ASHLAR_TRY(tx.query(kLanes, {kind, after, std::int64_t{tenants}, std::int64_t{queues}},
                        lanes_into(lanes)));
    return lanes;
  }
  for (int i = 0; i < tenants; ++i) {
    ASHLAR_ASSIGN(
        const std::int64_t found,
        tx.query(kNextTenant, {kind, after}, [&](const Row& row) { after = row.integer(0); }));
    if (found == 0) break;
    ASHLAR_ASSIGN(std::vector<Lane> own,
                  lanes_of_tenant(tx, dialect, kind, base::TenantId(after), "", queues));
    std::move(own.begin(), own.end(), std::back_inserter(lanes));
  }
  return lanes;
}

base::Result<std::vector<Lane>> lanes_of_tenant(Transaction& tx, Dialect dialect,
                                                std::string_view kind, base::TenantId tenant,
                                                std::string_view after, int queues) {
  std::vector<Lane> lanes;
  if (dialect == Dialect::kPostgres) {
    ASHLAR_TRY(tx.query(kLanesOfTenant, {kind, tenant.value, after, std::int64_t{queues}},
                        lanes_into(lanes)));
    return lanes;
  }
  std::string last(after);
  for (int i = 0; i < queues; ++i) {
    ASHLAR_ASSIGN(const std::int64_t found,
                  tx.query(kNextQueue, {kind, tenant.value, std::string_view(last)},
                           [&](const Row& row) { last = row.text(0); }));
    if (found == 0) break;
    ASHLAR_ASSIGN(Lane lane, lane_of(tx, kind, tenant, last));
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

base::Result<Lane> lane_of(Transaction& tx, std::string_view kind, base::TenantId tenant,
                           std::string_view queue) {
  Lane lane{.tenant = tenant, .queue = std::string(queue)};
  ASHLAR_TRY(tx.query(kSettings, {kind, tenant.value, queue},
                      [&](const Row& row) { read_settings(row, 0, lane); }));
  return lane;
}

base::Status lock_gates(Transaction& tx, Dialect dialect, std::string_view kind,
                        std::span<Lane> lanes) {
  if (dialect == Dialect::kSqlite) return base::ok_status();  // one writer: nobody else is there
  std::array<TextArray, 2> a;
  bool any = false;
  for (const Lane& lane : lanes) {
    if (!lane.gated) continue;
    any = true;
    a[0].add(lane.tenant.value), a[1].add(lane.queue);
  }
  if (!any) return base::ok_status();
  ASHLAR_TRY(tx.query(kLockGates, {kind, a[0].text(), a[1].text()}, [&](const Row& row) {
    for (Lane& lane : lanes) {
      if (lane.tenant.value == row.integer(0) && lane.queue == row.text(1)) {
        read_settings(row, 2, lane);
      }
    }
  }));
  return base::ok_status();
}

base::Status count_starts(Transaction& tx, std::string_view kind, const Lane& lane,
                          std::int64_t starts, std::int64_t tat) {
  ASHLAR_TRY(tx.execute(kCountStarts,
                        {kind, lane.tenant.value, std::string_view(lane.queue), starts, tat}));
  return base::ok_status();
}

base::Result<std::vector<Claimed>> claim(Transaction& tx, Dialect dialect, const Claim& claim,
                                         std::span<const Part> parts) {
  std::vector<Claimed> claimed;
  const std::int64_t now = base::to_micros(claim.now);
  const std::int64_t until = base::to_micros(claim.until);
  if (dialect == Dialect::kSqlite) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Lane& lane = *parts[i].lane;
      ASHLAR_TRY(
          tx.query(kClaimLane,
                   {claim.kind, lane.tenant.value, std::string_view(lane.queue), parts[i].most,
                    until, now, claim.worker, std::int64_t{lane.max_running.has_value()}},
                   [&](const Row& row) {
                     claimed.push_back(claimed_of(row, claim));
                     claimed.back().part = i;
                   }));
    }
  } else {
    std::array<TextArray, 4> a;
    for (const Part& part : parts) {
      a[0].add(part.lane->tenant.value), a[1].add(part.lane->queue), a[2].add(part.most);
      a[3].add(std::int64_t{part.lane->max_running.has_value()});
    }
    ASHLAR_TRY(tx.query(
        kClaimLanes,
        {claim.kind, a[0].text(), a[1].text(), a[2].text(), a[3].text(), now, until, claim.worker},
        [&](const Row& row) {
          claimed.push_back(claimed_of(row, claim));
          const LeasedJob& job = claimed.back().job;
          const auto part = std::find_if(parts.begin(), parts.end(), [&](const Part& p) {
            return p.lane->tenant == job.tenant && p.lane->queue == job.queue;
          });
          claimed.back().part = static_cast<std::size_t>(part - parts.begin());
        }));
  }
  std::sort(claimed.begin(), claimed.end(), [](const Claimed& x, const Claimed& y) {
    return std::tie(x.part, x.rank, x.job.ref.id) < std::tie(y.part, y.rank, y.job.ref.id);
  });
  return claimed;
}

base::Result<std::vector<Facts>> lost_leases(Transaction& tx, base::Time now, std::int64_t limit) {
  std::vector<Facts> facts;
  ASHLAR_TRY(tx.query(kLost, {base::to_micros(now), limit},
                      [&](const Row& row) { facts.push_back(facts_of(row)); }));
  return facts;
}

base::Result<std::vector<Facts>> lost_in_paused(Transaction& tx, base::Time now,
                                                std::int64_t limit) {
  std::vector<Facts> facts;
  ASHLAR_TRY(tx.query(kLostInPaused, {base::to_micros(now), limit},
                      [&](const Row& row) { facts.push_back(facts_of(row)); }));
  return facts;
}

base::Status put_back(Transaction& tx, Dialect dialect, std::span<const LeaseRef> refs) {
  if (refs.empty()) return base::ok_status();
  if (dialect == Dialect::kSqlite) {
    for (const LeaseRef& ref : refs) ASHLAR_TRY(tx.execute(kPutBack, {ref.id.value}));
    return base::ok_status();
  }
  TextArray ids;
  for (const LeaseRef& ref : refs) ids.add(ref.id.value);
  ASHLAR_TRY(tx.execute(kPutBack, {ids.text()}));
  return base::ok_status();
}

base::Result<std::vector<Facts>> due_jobs(Transaction& tx, base::Time now, std::int64_t limit) {
  std::vector<Facts> facts;
  ASHLAR_TRY(tx.query(kDue, {base::to_micros(now), limit},
                      [&](const Row& row) { facts.push_back(facts_of(row)); }));
  return facts;
}

base::Status set_phase(Transaction& tx, Dialect dialect, std::span<const JobId> ids, Phase phase) {
  if (ids.empty()) return base::ok_status();
  const auto number = static_cast<std::int64_t>(phase);
  if (dialect == Dialect::kSqlite) {
    for (const JobId id : ids) ASHLAR_TRY(tx.execute(kSetPhase, {id.value, number}));
    return base::ok_status();
  }
  TextArray list;
  for (const JobId id : ids) list.add(id.value);
  ASHLAR_TRY(tx.execute(kSetPhase, {list.text(), number}));
  return base::ok_status();
}

base::Result<std::optional<base::Time>> next_due(Transaction& tx) {
  std::optional<base::Time> due;
  ASHLAR_TRY(
      tx.query(kNextDue, {}, [&](const Row& row) { due = base::from_micros(row.integer(0)); }));
  return due;
}

base::Result<Renewal> renew(Transaction& tx, Dialect dialect, std::span<const LeaseRef> refs,
                            base::Time until) {
  Renewal renewal;
  const std::int64_t until_us = base::to_micros(until);
  const RowSink sink = [&](const Row& row) {
    renewal.kept.push_back(
        {{JobId(row.integer(0)), static_cast<int>(row.integer(1))}, row.integer(2) != 0});
  };
  if (dialect == Dialect::kSqlite || refs.size() == 1) {
    for (const LeaseRef& ref : refs) {
      ASHLAR_TRY(tx.query(kRenew, {ref.id.value, std::int64_t{ref.attempt}, until_us}, sink));
    }
    return renewal;
  }
  if (refs.empty()) return renewal;
  std::array<TextArray, 2> a;
  for (const LeaseRef& ref : refs) a[0].add(ref.id.value), a[1].add(std::int64_t{ref.attempt});
  ASHLAR_TRY(tx.query(kRenewMany, {a[0].text(), a[1].text(), until_us}, sink));
  if (renewal.kept.size() == refs.size()) return renewal;
  std::set<std::int64_t> kept;
  for (const Kept& one : renewal.kept) kept.insert(one.ref.id.value);
  ASHLAR_TRY(tx.query(kStillLeased, {a[0].text(), a[1].text()}, [&](const Row& row) {
    if (kept.contains(row.integer(0))) return;
    renewal.busy.push_back({JobId(row.integer(0)), static_cast<int>(row.integer(1))});
  }));
  return renewal;
}

std::vector<const Sql*> lease_statements(Dialect dialect) {
  std::vector<const Sql*> all{&kChores, &kSettings, &kCountStarts, &kLost, &kPutBack,
                              &kDue,    &kSetPhase, &kNextDue,     &kRenew};
  if (dialect == Dialect::kPostgres) {
    all.insert(all.end(), {&kIndexedPlans, &kLanes, &kLanesOfTenant, &kLockGates, &kClaimLanes,
                           &kRenewMany, &kStillLeased, &kLostInPaused});
  } else {
    all.insert(all.end(), {&kNextTenant, &kNextQueue, &kClaimLane});
  }
  return all;
}

}  // namespace ashlar::jobs::store
