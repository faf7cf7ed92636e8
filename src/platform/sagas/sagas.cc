#include "platform/sagas/sagas.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/sagas/choreography.h"
#include "platform/sagas/saga_mover.h"
#include "platform/sagas/saga_worker.h"
#include "platform/storage/database.h"

namespace ashlar::sagas {
namespace {

constexpr base::Millis kTendEvery{10'000};
constexpr std::int64_t kRemoveBatch = 500;
constexpr int kRemoveBatches = 20;  // of one round

SagaView view_of(const store::SagaRow& row) {
  return {.id = row.id,
          .kind = row.kind,
          .correlation = row.correlation,
          .state = row.state,
          .compensating = row.backward,
          .step = row.step,
          .attempts = row.attempts,
          .data = row.data,
          .error = row.error,
          .started_at = row.started_at,
          .updated_at = row.updated_at,
          .next_attempt_at = row.next_at,
          .deadline = row.deadline,
          .ended_at = row.ended_at};
}

base::Result<std::int64_t> remove_some(storage::Transaction& tx, base::Time before) {
  ASHLAR_ASSIGN(const std::int64_t ended, store::remove_ended(tx, before, kRemoveBatch));
  ASHLAR_ASSIGN(const std::int64_t notes, store::remove_notes(tx, before, kRemoveBatch));
  ASHLAR_ASSIGN(const std::int64_t correlated,
                Choreography::remove_ended(tx, before, kRemoveBatch));
  return std::max({ended, notes, correlated});
}

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "saga_not_found", "There is no such saga.");
}

}  // namespace

struct Sagas::Impl {
  Impl(const Options& given, storage::Database& database, jobs::Jobs& jobs, events::Outbox& outbox,
       const base::Clock& clk, obs::Registry& registry, obs::Log& messages)
      : options(given),
        db(database),
        clock(clk),
        metrics(registry),
        log(messages),
        mover(jobs, outbox, clk, registry, messages, given.seed),
        worker(database, jobs, mover, clk, registry, kMaxLost, given.recorders) {}

  // Loads, lets `decide` choose, and moves.
  template <class F>
  base::Status told(storage::Transaction& tx, SagaId id, std::string_view who, F&& decide) {
    const base::TenantId tenant = tx.context().tenant_id();
    ASHLAR_ASSIGN(std::optional<store::SagaRow> row, store::find(tx, id));
    if (!row) return not_found();
    const Definition* definition = mover.find(row->kind);
    const std::optional<Position> at =
        definition == nullptr ? std::nullopt : SagaMover::position_of(*definition, *row);
    if (!at) {
      return base::fail(base::Code::kConflict, "saga_unknown_step",
                        "This program does not know the step that the saga stands at.");
    }
    ASHLAR_ASSIGN(const Decision decision, decide(*definition, *at));
    return mover.apply(tx, tenant, *definition, *row, decision,
                       {.error = "by " + std::string(who), .attempted = false});
  }

  base::Status count_parked();
  base::Status remove_ended();

  const Options options;
  storage::Database& db;
  const base::Clock& clock;
  obs::Registry& metrics;
  obs::Log& log;
  SagaMover mover;
  SagaWorker worker;
  std::map<std::string, obs::Gauge*, std::less<>> parked;  // by kind
  std::unique_ptr<runtime::Periodic> tender;
};

Sagas::Sagas(Options options, storage::Database& db, jobs::Jobs& jobs, events::Outbox& outbox,
             const base::Clock& clock, obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(options, db, jobs, outbox, clock, metrics, log)) {}

Sagas::~Sagas() { stop(); }

void Sagas::define(Definition definition) {
  impl_->parked[definition.kind] = &impl_->metrics.make_gauge(
      "ashlar_sagas_parked", "Sagas that stand still until somebody looks at them.",
      {{"kind", definition.kind}});
  impl_->mover.define(std::move(definition));
}

void Sagas::work_on(jobs::Runner& runner) {
  SagaWorker& worker = impl_->worker;
  runner.add(
      {.kind = std::string(kStepJob),
       .handler = jobs::Handler([&worker](const jobs::Attempt& a) { return worker.step(a); }),
       .concurrency = impl_->options.step_threads});
  runner.add({.kind = std::string(kCallJob),
              .handler = jobs::AsyncHandler(
                  [&worker](const jobs::Attempt& a, std::function<void(jobs::Outcome)> done) {
                    worker.call(a, std::move(done));
                  }),
              .concurrency = impl_->options.calls});
  runner.add({.kind = std::string(kTimeoutJob),
              .handler = jobs::TransactionHandler(
                  [&worker](const jobs::Attempt& a, storage::Transaction& tx) {
                    return worker.timeout(a, tx);
                  }),
              .concurrency = 1});
}

void Sagas::start() {
  impl_->tender = std::make_unique<runtime::Periodic>("sagas", kTendEvery, [this] {
    const base::Status done = tend();
    if (!done.ok()) impl_->log.warn("sagas not tended", {{"detail", done.error().detail}});
  });
}

void Sagas::stop() {
  if (impl_->tender) impl_->tender->stop();
  impl_->worker.stop();
}

base::Status Sagas::tend() {
  ASHLAR_TRY(impl_->count_parked());
  return impl_->remove_ended();
}

base::Status Sagas::Impl::count_parked() {
  std::map<std::string, std::int64_t, std::less<>> counts;
  ASHLAR_TRY(db.read(
      storage::Context::platform(storage::PlatformUse::kSagas), [&](storage::Transaction& tx) {
        counts.clear();
        return store::count_parked(
            tx, [&](std::string_view kind, std::int64_t n) { counts.emplace(kind, n); });
      }));
  for (const auto& [kind, gauge] : parked) {
    const auto found = counts.find(kind);
    gauge->set(found == counts.end() ? 0 : found->second);
  }
  return base::ok_status();
}

base::Status Sagas::Impl::remove_ended() {
  for (int i = 0; i < kRemoveBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t removed,
                  db.write(storage::Context::platform(storage::PlatformUse::kSagas),
                           [&](storage::Transaction& tx) {
                             return remove_some(tx, clock.now() - options.keep_ended);
                           }));
    if (removed < kRemoveBatch) break;
  }
  return base::ok_status();
}

base::Result<Started> Sagas::start(storage::Transaction& tx, const NewSaga& saga) {
  CHECK(tx.context().is_tenant());
  return impl_->mover.start(tx, tx.context().tenant_id(), saga);
}

base::Result<Started> Sagas::start_for(storage::Transaction& tx, base::TenantId tenant,
                                       const NewSaga& saga) {
  CHECK(!tx.context().is_tenant() || tx.context().tenant_id() == tenant);
  return impl_->mover.start(tx, tenant, saga);
}

base::Result<SagaView> Sagas::find(storage::Transaction& tx, SagaId id) {
  ASHLAR_ASSIGN(const std::optional<store::SagaRow> row, store::find(tx, id));
  if (!row) return not_found();
  return view_of(*row);
}

base::Result<std::vector<SagaView>> Sagas::list(storage::Transaction& tx, const SagaFilter& filter,
                                                SagaId before, int limit) {
  store::ListFilter wanted{.state = filter.state, .kind = {}, .correlation = {}};
  if (filter.kind) wanted.kind = *filter.kind;
  if (filter.correlation) wanted.correlation = *filter.correlation;
  const SagaId from = before.is_set() ? before : SagaId(INT64_MAX);
  ASHLAR_ASSIGN(const std::vector<store::SagaRow> rows,
                store::list(tx, wanted, from, std::clamp(limit, 1, kMaxListed)));
  std::vector<SagaView> views;
  views.reserve(rows.size());
  for (const store::SagaRow& row : rows) views.push_back(view_of(row));
  return views;
}

base::Result<std::vector<SagaMove>> Sagas::timeline(storage::Transaction& tx, SagaId id,
                                                    std::int64_t after, int limit) {
  return store::moves(tx, id, after, std::clamp(limit, 1, kMaxListed));
}

base::Status Sagas::resume(storage::Transaction& tx, SagaId id, std::string_view who) {
  return impl_->told(tx, id, who,
                     [](const Definition&, const Position& at) { return sagas::resume(at); });
}

base::Status Sagas::skip(storage::Transaction& tx, SagaId id, std::string_view who) {
  return impl_->told(tx, id, who, [](const Definition& definition, const Position& at) {
    return sagas::skip(definition, at);
  });
}

base::Status Sagas::compensate(storage::Transaction& tx, SagaId id, std::string_view who) {
  return impl_->told(tx, id, who, [](const Definition& definition, const Position& at) {
    return sagas::compensate(definition, at);
  });
}

}  // namespace ashlar::sagas
