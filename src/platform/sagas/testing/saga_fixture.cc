#include "platform/sagas/testing/saga_fixture.h"

#include <future>
#include <utility>

namespace ashlar::sagas {

void SagaFixture::restart() {
  worker_.reset();
  sagas_.reset();
  mover_ = std::make_unique<SagaMover>(jobs(), outbox_, clock_, metrics_, log_, 1);
  worker_ = std::make_unique<SagaWorker>(*stumbling_, jobs(), *mover_, clock_, metrics_,
                                         Sagas::kMaxLost, 1);
  sagas_ = std::make_unique<Sagas>(Sagas::Options{}, db(), jobs(), outbox_, clock_, metrics_, log_);
  for (const Definition& definition : definitions_) {
    mover_->define(definition);
    sagas_->define(definition);
  }
}

TransactionStep SagaFixture::effect(bool undo) {
  return [this, undo](storage::Transaction& tx,
                      const StepCall& call) -> base::Result<json::Value::Object> {
    static constexpr storage::Sql kAdd{
        storage::Audience::kTenant, "INSERT INTO effects (tenant_id, name) VALUES (:tenant, ?1)"};
    static constexpr storage::Sql kTake{
        storage::Audience::kTenant, "DELETE FROM effects WHERE tenant_id = :tenant AND name = ?1"};
    const std::string name = call.saga.to_string() + "/" + std::string(call.step);
    ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(undo ? kTake : kAdd, {name}));
    CHECK(rows == 1);
    const auto wrong = trouble.find(std::string(call.step) + (undo ? "-undo" : ""));
    if (wrong != trouble.end() && wrong->second.first > 0) {
      --wrong->second.first;
      return wrong->second.second;
    }
    json::Value::Object add;
    if (!undo) add.emplace_back(std::string(call.step), json::Value("done here"));
    return add;
  };
}

std::optional<jobs::LeasedJob> SagaFixture::next() {
  (void)jobs().tend();
  for (const std::string_view kind : {kStepJob, kCallJob, kTimeoutJob}) {
    auto leased = lease(1, kind);
    if (!leased.empty()) return leased.front();
  }
  return std::nullopt;
}

std::optional<jobs::Outcome> SagaFixture::work(const jobs::LeasedJob& job) {
  const jobs::Attempt attempt{job, deadline()};
  if (job.kind == kStepJob) return worker_->step(attempt);
  if (job.kind == kTimeoutJob) return work_timeout(attempt);
  auto promise = std::make_shared<std::promise<jobs::Outcome>>();
  auto outcome = promise->get_future();
  worker_->call(attempt, [promise](jobs::Outcome what) { promise->set_value(std::move(what)); });
  // The answer is written down on a thread of its own.
  if (outcome.wait_for(hanging ? base::Millis(0) : patience) != std::future_status::ready) {
    return std::nullopt;
  }
  return outcome.get();
}

bool SagaFixture::work_and_end(const jobs::LeasedJob& job) {
  const std::optional<jobs::Outcome> outcome = work(job);
  if (!outcome) return false;
  if (job.kind == kTimeoutJob) return true;  // has ended with its effect
  EXPECT_NE(outcome->kind, jobs::Outcome::Kind::kFailed) << outcome->error;
  EXPECT_NE(outcome->kind, jobs::Outcome::Kind::kDead) << outcome->error;
  EXPECT_TRUE(end(job.ref, *outcome));
  return true;
}

std::string SagaFixture::story(SagaId id, base::TenantId tenant) {
  std::string text;
  const auto moves = db().read(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
    return sagas_->timeline(tx, id, 0, 500);
  });
  EXPECT_TRUE(moves.ok());
  for (const SagaMove& move : *moves) {
    if (!text.empty()) text += " ";
    text += move.event;
    if (!move.step.empty()) text += (move.compensating ? ":-" : ":") + move.step;
  }
  return text;
}

std::int64_t SagaFixture::count(const std::string& what) {
  static std::map<std::string, storage::Sql> statements;
  const auto known = statements.try_emplace(what).first;
  known->second = {storage::Audience::kPlatform, known->first};
  std::int64_t rows = -1;
  const auto read = db().read(platform(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_TRY(
        tx.query(known->second, {}, [&](const storage::Row& row) { rows = row.integer(0); }));
    return base::ok_status();
  });
  EXPECT_TRUE(read.ok()) << read.error().detail;
  return rows;
}

std::optional<jobs::Outcome> SagaFixture::work_timeout(const jobs::Attempt& attempt) {
  const auto outcome =
      stumbling_->write(storage::Context::tenant(attempt.job.tenant),
                        [&](storage::Transaction& tx) -> base::Result<jobs::Outcome> {
                          ASHLAR_ASSIGN(jobs::Outcome what, worker_->timeout(attempt, tx));
                          ASHLAR_TRY(jobs().end(tx, attempt.job.tenant, {attempt.job.ref, what}));
                          return what;
                        });
  if (!outcome.ok()) return std::nullopt;
  return *outcome;
}

}  // namespace ashlar::sagas
