#include "modules/payments/reconcile/reconcile_module.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "modules/payments/reconcile/nightly_store.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/observability/log.h"
#include "platform/storage/database.h"

namespace ashlar::payments::reconcile {
namespace {

constexpr base::Millis kChoreInterval{10 * 60 * 1000};
constexpr base::Millis kJobTimeout{10 * 60 * 1000};
constexpr int kJobAttempts = 8;

std::string payload_of(std::string_view provider, Day day) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("provider").string(provider).key("day").string(format_day(day));
  writer.end_object();
  return text;
}

std::string_view text_of(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  const std::string* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string_view(*text) : std::string_view();
}

// What a later attempt will not change.
bool is_final(const base::Error& error) {
  return error.code == base::Code::kInvalid ||
         (error.code == base::Code::kConflict &&
          std::string_view(error.reason) != "reconciliation_running");
}

}  // namespace

ReconcileModule::ReconcileModule(std::vector<StatementSource> sources, storage::Database& database,
                                 ledger::BookWriter& writer, events::Outbox& outbox,
                                 jobs::Jobs& engine, const base::Clock& clk, obs::Log& own_log)
    : db(database),
      clock(clk),
      reconciliations(database, writer, outbox, clk),
      sources_(std::move(sources)),
      jobs_(engine),
      log_(own_log) {}

jobs::KindOptions ReconcileModule::kind() {
  jobs::KindOptions options;
  options.kind = kReconcileJob;
  options.handler = jobs::Handler([this](const jobs::Attempt& attempt) { return work(attempt); });
  options.concurrency = 1;
  options.prefetch = 1;
  options.lease = base::Millis{60'000};
  options.retry = {
      .delays = {base::Millis{60'000}, base::Millis{600'000}, base::Millis{3'600'000}}};
  return options;
}

void ReconcileModule::start() {
  nightly_.emplace("reconcile-nightly", kChoreInterval, [this] {
    const auto made = make_jobs();
    if (!made.ok()) log_.warn("reconciliations not planned", {{"reason", made.error().reason}});
  });
}

void ReconcileModule::stop() {
  if (nightly_) nightly_->stop();
}

base::Result<std::string> ReconcileModule::fetch(base::TenantId tenant, std::string_view provider,
                                                 Day day, StatementFormat& format) const {
  const auto source = std::ranges::find(sources_, provider, &StatementSource::provider);
  if (source == sources_.end()) {
    return base::fail(base::Code::kConflict, "statement_needed",
                      "This provider gives no statements by itself: send one.");
  }
  format = source->format;
  return source->fetch(tenant, day);
}

base::Result<int> ReconcileModule::make_jobs() {
  const base::Time now = clock.now();
  const Day today = day_of(now);
  int made = 0;
  for (const StatementSource& source : sources_) {
    for (int back = 1; back <= kNights; ++back) {
      const Day day = today - std::chrono::days{back};
      if (now < start_of(day + std::chrono::days{1}) + std::chrono::hours{kNightHour}) continue;
      ASHLAR_ASSIGN(const std::vector<base::TenantId> tenants,
                    store::unreconciled(db, source.provider, day));
      for (const base::TenantId tenant : tenants) {
        jobs::NewJob job;
        job.kind = kReconcileJob;
        job.payload = payload_of(source.provider, day);
        job.unique_key = source.provider + ":" + format_day(day);
        job.max_attempts = kJobAttempts;
        job.timeout = kJobTimeout;
        ASHLAR_ASSIGN(const jobs::Enqueued enqueued,
                      db.write(storage::Context::tenant(tenant),
                               [&](storage::Transaction& tx) { return jobs_.enqueue(tx, job); }));
        if (!enqueued.existed) ++made;
      }
    }
  }
  return made;
}

jobs::Outcome ReconcileModule::work(const jobs::Attempt& attempt) {
  const auto payload = json::parse(attempt.job.payload);
  if (!payload.ok()) return jobs::Outcome::dead("its payload cannot be read");
  const auto day = parse_day(text_of(*payload, "day"));
  if (!day) return jobs::Outcome::dead("its payload names no day");
  Asked asked;
  asked.tenant = attempt.job.tenant;
  asked.provider = text_of(*payload, "provider");
  asked.day = *day;
  asked.by = "the nightly job";
  StatementFormat format = StatementFormat::kSandbox;
  const auto statement = fetch(asked.tenant, asked.provider, asked.day, format);
  if (!statement.ok()) return jobs::Outcome::failed(statement.error().detail);
  asked.format = format;
  asked.statement = *statement;
  const auto ran = reconciliations.run(asked);
  if (ran.ok()) return jobs::Outcome::done(ran->run.id);
  return is_final(ran.error()) ? jobs::Outcome::dead(ran.error().detail)
                               : jobs::Outcome::failed(ran.error().detail);
}

}  // namespace ashlar::payments::reconcile
