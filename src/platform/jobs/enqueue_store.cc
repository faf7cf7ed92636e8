#include "platform/jobs/enqueue_store.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "platform/jobs/statement_pair.h"
#include "platform/jobs/text_array.h"
#include "platform/storage/database.h"

namespace ashlar::jobs::store {
namespace {

using storage::Dialect;
using storage::Row;
using storage::Transaction;

// Of the texts of one statement; the rest goes in the next.
constexpr std::size_t kBytesAtOnce = 8U << 20U;
constexpr int kTries = 3;  // of an insert whose living twin ended meanwhile

constexpr const StatementPair& kInsertOne = kOwned<
    "INSERT INTO jobs (tenant_id, kind, queue, phase, rank, max_attempts, budget, priority, run_at,"
    " timeout_ms, enqueued_at, unique_key, key, key_limit, ordered, traceparent, meta, payload)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, nullif(?10, ''), nullif(?11, ''),"
    " ?12, ?13, ?14, ?15, ?16) ON CONFLICT DO NOTHING RETURNING id",
    "", "?17">;
constexpr const StatementPair& kInsertMany = kOwned<
    "INSERT INTO jobs (tenant_id, kind, queue, phase, rank, max_attempts, budget, priority, run_at,"
    " timeout_ms, enqueued_at, unique_key, key, key_limit, ordered, traceparent, meta, payload)"
    " SELECT :tenant, g.kind, g.queue, g.phase, g.rank, g.most, g.most, g.priority, g.run_at,"
    " g.timeout_ms, ?15, nullif(g.unique_key, ''), nullif(g.key, ''), g.key_limit, g.ordered,"
    " g.traceparent, g.meta, g.payload"
    " FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[],"
    " ?7::bigint[], ?8::bigint[], ?9::text[], ?10::text[], ?11::bigint[], ?12::bigint[],"
    " ?13::text[], ?14::text[], ?16::text[]) WITH ORDINALITY"
    " AS g(kind, queue, phase, rank, most, priority, run_at, timeout_ms, unique_key, key,"
    " key_limit, ordered, traceparent, meta, payload, n)"
    " ORDER BY g.n ON CONFLICT DO NOTHING RETURNING id, kind, queue, coalesce(unique_key, '')",
    "", "?17">;
constexpr const StatementPair& kFindUnique = kOwned<
    "SELECT id FROM jobs WHERE tenant_id = :tenant AND kind = ?1 AND queue = ?2"
    " AND unique_key = ?3",
    "", "?4">;

std::string_view or_empty(const std::optional<std::string>& text) {
  return text.has_value() ? std::string_view(*text) : std::string_view();
}

std::int64_t number(Phase phase) { return static_cast<std::int64_t>(phase); }

base::Result<bool> insert_one(Transaction& tx, base::TenantId tenant, base::Time now,
                              const Insert& insert, Enqueued& out) {
  const NewJob& job = *insert.job;
  ASHLAR_ASSIGN(const std::int64_t rows,
                query(
                    tx, kInsertOne, tenant, [&](const Row& row) { out.id = JobId(row.integer(0)); },
                    std::string_view(job.kind), std::string_view(job.queue), number(insert.phase),
                    insert.rank, std::int64_t{job.max_attempts}, std::int64_t{job.priority},
                    base::to_micros(insert.run_at), std::int64_t{job.timeout.count()},
                    base::to_micros(now), or_empty(job.unique_key), or_empty(job.key),
                    job.key_limit, std::int64_t{job.ordered}, std::string_view(job.traceparent),
                    std::string_view(job.meta), std::string_view(job.payload)));
  return rows == 1;
}

// RETURNING gives the rows in the order of the batch, without those that were there already.
struct Written {
  JobId id;
  std::string kind, queue, unique_key;
  [[nodiscard]] bool is(const NewJob& job) const {
    return unique_key == or_empty(job.unique_key) && kind == job.kind && queue == job.queue;
  }
};

base::Status insert_slice(Transaction& tx, base::TenantId tenant, base::Time now,
                          std::span<const Insert> jobs, std::span<Enqueued> out) {
  std::array<TextArray, 15> a;
  for (const Insert& insert : jobs) {
    const NewJob& job = *insert.job;
    a[0].add(job.kind), a[1].add(job.queue), a[2].add(number(insert.phase)), a[3].add(insert.rank);
    a[4].add(std::int64_t{job.max_attempts}), a[5].add(std::int64_t{job.priority});
    a[6].add(base::to_micros(insert.run_at)), a[7].add(std::int64_t{job.timeout.count()});
    a[8].add(or_empty(job.unique_key)), a[9].add(or_empty(job.key)), a[10].add(job.key_limit);
    a[11].add(std::int64_t{job.ordered}), a[12].add(job.traceparent), a[13].add(job.meta);
    a[14].add(job.payload);
  }
  std::vector<Written> written;
  written.reserve(jobs.size());
  ASHLAR_TRY(query(
      tx, kInsertMany, tenant,
      [&](const Row& row) {
        written.push_back({JobId(row.integer(0)), std::string(row.text(1)),
                           std::string(row.text(2)), std::string(row.text(3))});
      },
      a[0].text(), a[1].text(), a[2].text(), a[3].text(), a[4].text(), a[5].text(), a[6].text(),
      a[7].text(), a[8].text(), a[9].text(), a[10].text(), a[11].text(), a[12].text(), a[13].text(),
      base::to_micros(now), a[14].text()));
  std::size_t next = 0;
  for (std::size_t i = 0; i < jobs.size() && next < written.size(); ++i) {
    if (written[next].is(*jobs[i].job)) out[i].id = written[next++].id;
  }
  return base::ok_status();
}

base::Status insert_all(Transaction& tx, Dialect dialect, base::TenantId tenant, base::Time now,
                        std::span<const Insert> jobs, std::span<Enqueued> out) {
  if (dialect == Dialect::kSqlite || jobs.size() == 1) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      ASHLAR_TRY(insert_one(tx, tenant, now, jobs[i], out[i]));
    }
    return base::ok_status();
  }
  for (std::size_t from = 0; from < jobs.size();) {
    std::size_t to = from;
    for (std::size_t bytes = 0; to < jobs.size() && bytes < kBytesAtOnce; ++to) {
      bytes += jobs[to].job->payload.size() + jobs[to].job->meta.size();
    }
    ASHLAR_TRY(
        insert_slice(tx, tenant, now, jobs.subspan(from, to - from), out.subspan(from, to - from)));
    from = to;
  }
  return base::ok_status();
}

base::Status find_living(Transaction& tx, Dialect dialect, base::TenantId tenant, base::Time now,
                         const Insert& insert, Enqueued& out) {
  const NewJob& job = *insert.job;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    ASHLAR_ASSIGN(
        const std::int64_t found,
        query(
            tx, kFindUnique, tenant, [&](const Row& row) { out = {JobId(row.integer(0)), true}; },
            std::string_view(job.kind), std::string_view(job.queue), or_empty(job.unique_key)));
    if (found == 1) return base::ok_status();
    ASHLAR_TRY(insert_all(tx, dialect, tenant, now, {&insert, 1}, {&out, 1}));
    if (out.id.is_set()) return base::ok_status();
  }
  return base::fail(base::Code::kConflict, "storage_conflict",
                    "a job of this unique_key is neither there nor can be written");
}

}  // namespace

base::Result<std::vector<Enqueued>> insert_jobs(Transaction& tx, Dialect dialect,
                                                base::TenantId tenant, base::Time now,
                                                std::span<const Insert> jobs) {
  std::vector<Enqueued> out(jobs.size());
  ASHLAR_TRY(insert_all(tx, dialect, tenant, now, jobs, out));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (out[i].id.is_set()) continue;
    ASHLAR_TRY(find_living(tx, dialect, tenant, now, jobs[i], out[i]));
  }
  return out;
}

std::vector<const storage::Sql*> enqueue_statements(Dialect dialect) {
  std::vector<const storage::Sql*> all{&kInsertOne.tenant, &kInsertOne.platform,
                                       &kFindUnique.tenant, &kFindUnique.platform};
  if (dialect == Dialect::kPostgres) {
    all.insert(all.end(), {&kInsertMany.tenant, &kInsertMany.platform});
  }
  return all;
}

}  // namespace ashlar::jobs::store
