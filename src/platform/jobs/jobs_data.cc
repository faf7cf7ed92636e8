#include "platform/jobs/jobs_data.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/jobs/jobs.h"
#include "platform/jobs/views_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {
namespace {

using storage::Audience;
using storage::Sql;
using storage::Transaction;

constexpr int kPage = 50;  // of jobs, each of which may hold a large payload

constexpr Sql kEraseJobs{Audience::kTenant,
                         "DELETE FROM jobs WHERE tenant_id = :tenant AND id IN"
                         " (SELECT id FROM jobs WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseHistory{Audience::kTenant,
                            "DELETE FROM job_history WHERE tenant_id = :tenant AND id IN"
                            " (SELECT id FROM job_history WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseAttempts{
    Audience::kTenant,
    "DELETE FROM job_attempts WHERE tenant_id = :tenant AND (job_id, attempt) IN"
    " (SELECT job_id, attempt FROM job_attempts WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseNotes{Audience::kTenant,
                          "DELETE FROM job_notes WHERE tenant_id = :tenant AND id IN"
                          " (SELECT id FROM job_notes WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseKeys{
    Audience::kTenant,
    "DELETE FROM job_keys WHERE tenant_id = :tenant AND (kind, queue, key) IN"
    " (SELECT kind, queue, key FROM job_keys WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseQueues{
    Audience::kTenant,
    "DELETE FROM job_queues WHERE tenant_id = :tenant AND (kind, queue) IN"
    " (SELECT kind, queue FROM job_queues WHERE tenant_id = :tenant LIMIT ?1)"};
// Jobs first: what they leave behind (notes, counts) goes after them.
constexpr std::array<const Sql*, 6> kErase{&kEraseJobs,  &kEraseHistory, &kEraseAttempts,
                                           &kEraseNotes, &kEraseKeys,    &kEraseQueues};

constexpr std::array kStates{"ready",    "scheduled", "held", "running",
                             "retrying", "done",      "dead", "cancelled"};

void write_time(json::Writer& json, std::string_view key, std::optional<base::Time> time) {
  json.key(key);
  if (time.has_value()) {
    json.string(base::format_rfc3339(*time));
  } else {
    json.null();
  }
}

void write_text(json::Writer& json, std::string_view key, const std::optional<std::string>& text) {
  json.key(key);
  if (text.has_value()) {
    json.string(*text);
  } else {
    json.null();
  }
}

std::string job_line(const JobView& job) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("jobs").key("table").string("jobs");
  json.key("id").integer(job.id.value).key("kind").string(job.kind);
  json.key("queue").string(job.queue);
  json.key("state").string(kStates[static_cast<std::size_t>(job.state)]);
  json.key("payload").string(job.payload).key("meta").string(job.meta);
  json.key("error").string(job.error).key("result").string(job.result);
  json.key("priority").integer(job.priority).key("attempt").integer(job.attempt);
  json.key("max_attempts").integer(job.max_attempts).key("timeout_ms").integer(job.timeout.count());
  write_text(json, "unique_key", job.unique_key);
  write_text(json, "key", job.key);
  write_time(json, "enqueued_at", job.enqueued_at);
  write_time(json, "run_at", job.run_at);
  write_time(json, "started_at", job.started_at);
  write_time(json, "ended_at", job.ended_at);
  json.key("attempts").begin_array();
  for (const AttemptRecord& attempt : job.attempts) {
    json.begin_object().key("attempt").integer(attempt.attempt);
    write_time(json, "started_at", attempt.started_at);
    write_time(json, "ended_at", attempt.ended_at);
    json.key("error").string(attempt.error).end_object();
  }
  json.end_array().end_object();
  return line;
}

std::string queue_line(const QueueDepth& depth) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("jobs").key("table").string("queues");
  json.key("kind").string(depth.kind).key("queue").string(depth.queue);
  json.key("paused").boolean(depth.settings.paused).key("max_running");
  if (depth.settings.max_running.has_value()) {
    json.integer(*depth.settings.max_running);
  } else {
    json.null();
  }
  json.key("rate_per_s");
  if (depth.settings.rate_per_s.has_value()) {
    json.real(*depth.settings.rate_per_s);
  } else {
    json.null();
  }
  json.key("burst").integer(depth.settings.burst).end_object();
  return line;
}

base::Status send(Transaction& tx, const security::LineSink& sink, std::vector<JobView>& jobs) {
  for (JobView& job : jobs) {
    ASHLAR_ASSIGN(job.attempts, store::attempts_of(tx, job.tenant, job.id));
    ASHLAR_TRY(sink(job_line(job)));
  }
  return base::ok_status();
}

// Page by page: PostgreSQL's answers are in memory whole.
base::Status export_all(Transaction& tx, const security::LineSink& sink) {
  const base::TenantId tenant = tx.context().tenant_id();
  const JobFilter all;
  for (JobId before{};;) {
    ASHLAR_ASSIGN(std::vector<JobView> page,
                  store::list_live(tx, tenant, all, before, kPage, base::Time{}));
    if (page.empty()) break;
    before = page.back().id;
    ASHLAR_TRY(send(tx, sink, page));
  }
  for (JobId before{};;) {
    ASHLAR_ASSIGN(std::vector<JobView> page, store::list_ended(tx, tenant, all, before, kPage));
    if (page.empty()) break;
    before = page.back().id;
    ASHLAR_TRY(send(tx, sink, page));
  }
  ASHLAR_ASSIGN(const std::vector<QueueDepth> queues,
                store::depths(tx, tenant, std::nullopt, base::Time{}));
  for (const QueueDepth& queue : queues) ASHLAR_TRY(sink(queue_line(queue)));
  return base::ok_status();
}

base::Result<std::int64_t> erase_some(Transaction& tx, std::int64_t limit) {
  for (const Sql* erase : kErase) {
    ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(*erase, {limit}));
    if (rows > 0) return rows;
  }
  return 0;
}

}  // namespace

security::TenantData jobs_tenant_data() { return {"jobs", export_all, erase_some}; }

std::span<const storage::Sql* const> data_statements() { return kErase; }

}  // namespace ashlar::jobs
