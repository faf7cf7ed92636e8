#include "platform/jobs/views_store.h"

#include <limits>
#include <map>
#include <utility>

#include "platform/jobs/retry_plans.h"
#include "platform/jobs/statement_pair.h"
#include "platform/storage/database.h"

namespace ashlar::jobs::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::RowSink;
using storage::Sql;
using storage::Transaction;

// clang-format off
#define FAILURES(table) "(SELECT count(*) FROM job_attempts a WHERE a.job_id = " table ".id)"
// The numbers of JobState.
#define STATE(now)                                                                         \
  "CASE WHEN phase = 0 AND lease_until >= " now " THEN 3 WHEN phase = 0 THEN 0"            \
  " WHEN phase = 2 THEN 2 WHEN attempt > 0 AND EXISTS (SELECT 1 FROM job_attempts a"       \
  " WHERE a.job_id = jobs.id) THEN 4 ELSE 1 END"
// Column for column alike, so that view_of() reads both.
#define LIVE_COLUMNS(now)                                                                  \
  "id, tenant_id, " STATE(now) ", kind, queue, payload, meta, error, '', priority,"        \
  " attempt, max_attempts, timeout_ms, enqueued_at, run_at, started_at, 0, lease_until,"   \
  " unique_key, key, cancel_asked, " FAILURES("jobs")
#define ENDED_COLUMNS                                                                      \
  "id, tenant_id, state + 5, kind, queue, payload, meta, error, result, priority,"         \
  " attempt, max_attempts, timeout_ms, enqueued_at, run_at, started_at, ended_at, 0,"      \
  " unique_key, key, 0, " FAILURES("job_history")
// clang-format on

constexpr const StatementPair& kFindLive =
    kOwned<"SELECT " LIVE_COLUMNS("?2") " FROM jobs WHERE id = ?1 AND tenant_id = :tenant", "",
           "?3">;
constexpr const StatementPair& kFindEnded =
    kOwned<"SELECT " ENDED_COLUMNS " FROM job_history WHERE id = ?1 AND tenant_id = :tenant", "",
           "?2">;
constexpr const StatementPair& kAttempts = kOwned<
    "SELECT attempt, started_at, ended_at, error FROM job_attempts WHERE job_id = ?1"
    " AND tenant_id = :tenant ORDER BY attempt",
    "", "?2">;

constexpr const StatementPair& kListLive = kOwned<
    "SELECT " LIVE_COLUMNS("?1") " FROM jobs WHERE tenant_id = :tenant AND id < ?2"
    " AND (?3 = '' OR kind = ?3) AND (?4 = '' OR queue = ?4) AND instr(error, ?5) > 0"
    " AND (?6 < 0 OR " STATE("?1") " = ?6) ORDER BY id DESC LIMIT ?7",
    "SELECT " LIVE_COLUMNS("?1") " FROM jobs WHERE tenant_id = :tenant AND id < ?2"
    " AND (?3 = '' OR kind = ?3) AND (?4 = '' OR queue = ?4) AND strpos(error, ?5) > 0"
    " AND (?6 < 0 OR " STATE("?1") " = ?6) ORDER BY id DESC LIMIT ?7",
    "?8">;
constexpr const StatementPair& kListEnded =
    kOwned<"SELECT " ENDED_COLUMNS
           " FROM job_history WHERE tenant_id = :tenant AND id < ?1"
           " AND (?2 = '' OR kind = ?2) AND (?3 = '' OR queue = ?3) AND instr(error, ?4) > 0"
           " AND (?5 < 0 OR state + 5 = ?5) AND ended_at >= ?6 AND ended_at < ?7"
           " ORDER BY id DESC LIMIT ?8",
           "SELECT " ENDED_COLUMNS
           " FROM job_history WHERE tenant_id = :tenant AND id < ?1"
           " AND (?2 = '' OR kind = ?2) AND (?3 = '' OR queue = ?3) AND strpos(error, ?4) > 0"
           " AND (?5 < 0 OR state + 5 = ?5) AND ended_at >= ?6 AND ended_at < ?7"
           " ORDER BY id DESC LIMIT ?8",
           "?9">;

constexpr const StatementPair& kLiveDepths = kOwned<
    "SELECT kind, queue, sum(CASE WHEN phase = 0 AND lease_until < ?1 THEN 1 ELSE 0 END),"
    " sum(CASE WHEN phase = 0 AND lease_until >= ?1 THEN 1 ELSE 0 END),"
    " sum(CASE WHEN phase = 1 THEN 1 ELSE 0 END), sum(CASE WHEN phase = 2 THEN 1 ELSE 0 END),"
    " min(CASE WHEN phase = 0 AND lease_until < ?1 THEN run_at END)"
    " FROM jobs WHERE tenant_id = :tenant AND (?2 = '' OR kind = ?2) GROUP BY kind, queue",
    "", "?3">;
constexpr const StatementPair& kDeadDepths = kOwned<
    "SELECT kind, queue, count(*) FROM job_history WHERE tenant_id = :tenant AND state = 1"
    " AND (?1 = '' OR kind = ?1) GROUP BY kind, queue",
    "", "?2">;
constexpr const StatementPair& kQueueSettings = kOwned<
    "SELECT kind, queue, paused, max_running, rate_per_s, burst, key_rate_per_s, key_burst, retry"
    " FROM job_queues"
    " WHERE tenant_id = :tenant AND (?1 = '' OR kind = ?1)",
    "", "?2">;

constexpr Sql kKindDepths{Audience::kPlatform,
                          "SELECT kind, count(*), min(run_at) FROM jobs WHERE phase = 0"
                          " AND lease_until <= 0 GROUP BY kind",
                          "SELECT kind, count(*), min(run_at) FROM jobs WHERE phase = 0"
                          " AND lease_until < ?1 GROUP BY kind"};

std::optional<base::Time> maybe_time(std::int64_t micros) {
  if (micros <= 0) return std::nullopt;
  return base::from_micros(micros);
}

JobView view_of(const Row& row) {
  JobView view;
  view.id = JobId(row.integer(0));
  view.tenant = base::TenantId(row.integer(1));
  view.state = static_cast<JobState>(row.integer(2));
  view.kind = row.text(3);
  view.queue = row.text(4);
  view.payload = row.text(5);
  view.meta = row.text(6);
  view.error = row.text(7);
  view.result = row.text(8);
  view.priority = static_cast<int>(row.integer(9));
  view.attempt = static_cast<int>(row.integer(10));
  view.max_attempts = static_cast<int>(row.integer(11));
  view.timeout = base::Millis(row.integer(12));
  view.enqueued_at = base::from_micros(row.integer(13));
  view.run_at = base::from_micros(row.integer(14));
  view.started_at = maybe_time(row.integer(15));
  view.ended_at = maybe_time(row.integer(16));
  view.lease_until = maybe_time(row.integer(17));
  view.unique_key = row.maybe_text(18);
  view.key = row.maybe_text(19);
  view.cancel_asked = row.integer(20) != 0;
  view.failures = static_cast<int>(row.integer(21));
  return view;
}

std::string_view or_empty(const std::optional<std::string>& text) {
  return text.has_value() ? std::string_view(*text) : std::string_view();
}

std::int64_t below(JobId before) {
  return before.is_set() ? before.value : std::numeric_limits<std::int64_t>::max();
}

std::int64_t state_of(const JobFilter& filter) {
  return filter.state.has_value() ? static_cast<std::int64_t>(*filter.state) : -1;
}

}  // namespace

base::Result<std::optional<JobView>> find_live(Transaction& tx, base::TenantId tenant, JobId id,
                                               base::Time now) {
  std::optional<JobView> found;
  ASHLAR_TRY(query(
      tx, kFindLive, tenant, [&](const Row& row) { found = view_of(row); }, id.value,
      base::to_micros(now)));
  return found;
}

base::Result<std::optional<JobView>> find_ended(Transaction& tx, base::TenantId tenant, JobId id) {
  std::optional<JobView> found;
  ASHLAR_TRY(
      query(tx, kFindEnded, tenant, [&](const Row& row) { found = view_of(row); }, id.value));
  return found;
}

base::Result<std::vector<AttemptRecord>> attempts_of(Transaction& tx, base::TenantId tenant,
                                                     JobId id) {
  std::vector<AttemptRecord> attempts;
  ASHLAR_TRY(query(
      tx, kAttempts, tenant,
      [&](const Row& row) {
        attempts.push_back({static_cast<int>(row.integer(0)), base::from_micros(row.integer(1)),
                            base::from_micros(row.integer(2)), std::string(row.text(3))});
      },
      id.value));
  return attempts;
}

base::Result<std::vector<JobView>> list_live(Transaction& tx, base::TenantId tenant,
                                             const JobFilter& filter, JobId before, int limit,
                                             base::Time now) {
  std::vector<JobView> views;
  ASHLAR_TRY(query(
      tx, kListLive, tenant, [&](const Row& row) { views.push_back(view_of(row)); },
      base::to_micros(now), below(before), or_empty(filter.kind), or_empty(filter.queue),
      or_empty(filter.error_contains), state_of(filter), std::int64_t{limit}));
  return views;
}

base::Result<std::vector<JobView>> list_ended(Transaction& tx, base::TenantId tenant,
                                              const JobFilter& filter, JobId before, int limit) {
  std::vector<JobView> views;
  ASHLAR_TRY(query(
      tx, kListEnded, tenant, [&](const Row& row) { views.push_back(view_of(row)); }, below(before),
      or_empty(filter.kind), or_empty(filter.queue), or_empty(filter.error_contains),
      state_of(filter), filter.ended_from.has_value() ? base::to_micros(*filter.ended_from) : 0,
      filter.ended_to.has_value() ? base::to_micros(*filter.ended_to)
                                  : std::numeric_limits<std::int64_t>::max(),
      std::int64_t{limit}));
  return views;
}

base::Result<std::vector<QueueDepth>> depths(Transaction& tx, base::TenantId tenant,
                                             std::optional<std::string_view> kind, base::Time now) {
  const std::string_view wanted = kind.value_or("");
  std::map<std::pair<std::string, std::string>, QueueDepth> found;
  const auto at = [&](const Row& row) -> QueueDepth& {
    QueueDepth& depth = found[{std::string(row.text(0)), std::string(row.text(1))}];
    depth.tenant = tenant;
    depth.kind = row.text(0);
    depth.queue = row.text(1);
    return depth;
  };
  ASHLAR_TRY(query(
      tx, kLiveDepths, tenant,
      [&](const Row& row) {
        QueueDepth& depth = at(row);
        depth.ready = row.integer(2);
        depth.running = row.integer(3);
        depth.scheduled = row.integer(4);
        depth.held = row.integer(5);
        if (!row.is_null(6)) depth.oldest_ready = base::from_micros(row.integer(6));
      },
      base::to_micros(now), wanted));
  ASHLAR_TRY(query(
      tx, kDeadDepths, tenant, [&](const Row& row) { at(row).dead = row.integer(2); }, wanted));
  ASHLAR_TRY(query(
      tx, kQueueSettings, tenant,
      [&](const Row& row) {
        QueueSettings& settings = at(row).settings;
        settings.paused = row.integer(2) != 0;
        settings.max_running = row.maybe_integer(3);
        if (!row.is_null(4)) settings.rate_per_s = row.real(4);
        settings.burst = row.integer(5);
        if (!row.is_null(6)) settings.key_rate_per_s = row.real(6);
        settings.key_burst = row.integer(7);
        settings.retry = delays_of(row.text(8));
      },
      wanted));
  std::vector<QueueDepth> all;
  all.reserve(found.size());
  for (auto& [name, depth] : found) all.push_back(std::move(depth));
  return all;
}

base::Result<std::vector<KindDepth>> kind_depths(Transaction& tx, storage::Dialect dialect,
                                                 base::Time now) {
  std::vector<KindDepth> depths;
  const RowSink sink = [&](const Row& row) {
    depths.push_back({std::string(row.text(0)), row.integer(1), base::from_micros(row.integer(2))});
  };
  if (dialect == storage::Dialect::kSqlite) {
    ASHLAR_TRY(tx.query(kKindDepths, {}, sink));
  } else {
    ASHLAR_TRY(tx.query(kKindDepths, {base::to_micros(now)}, sink));
  }
  return depths;
}

std::vector<const Sql*> view_statements() {
  std::vector<const Sql*> all{&kKindDepths};
  for (const StatementPair* pair : {&kFindLive, &kFindEnded, &kAttempts, &kListLive, &kListEnded,
                                    &kLiveDepths, &kDeadDepths, &kQueueSettings}) {
    all.insert(all.end(), {&pair->tenant, &pair->platform});
  }
  return all;
}

}  // namespace ashlar::jobs::store
