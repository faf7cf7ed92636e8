// SagaFixture: sagas on either engine with a clock moved by hand, whose jobs the test works itself,
// so that it can stop between any two of them; a table for the effects of transactional steps; a
// service for calls, that does what it is told.
#pragma once

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/entropy.h"
#include "platform/events/outbox.h"
#include "platform/jobs/testing/jobs_fixture.h"
#include "platform/sagas/participant.h"
#include "platform/sagas/saga_worker.h"
#include "platform/sagas/sagas.h"
#include "platform/sagas/testing/service.h"
#include "platform/sagas/testing/stumbling_database.h"

namespace ashlar::sagas {

using jobs::kAlice;
using jobs::kBob;

class SagaFixture : public jobs::JobsFixture {
 protected:
  void SetUp() override {
    jobs::JobsFixture::SetUp();
    if (IsSkipped()) return;
    const bool sqlite = GetParam() == storage::Dialect::kSqlite;
    store_->run_script(
        std::string("CREATE TABLE effects (tenant_id BIGINT NOT NULL, name TEXT NOT NULL);") +
        (sqlite ? "" : "SELECT ashlar_isolate('effects');"));
    stumbling_ = std::make_unique<StumblingDatabase>(db());
    restart();
  }

  // Another process: what was in memory is gone.
  void restart();
  void define(Definition definition) {
    definitions_.push_back(std::move(definition));
    restart();
  }

  // Adds (or takes away) a row of `effects`; what `trouble` says, it answers.
  TransactionStep effect(bool undo = false);

  static Step make(std::string name, Action action, Action undo = {}, bool pivot = false) {
    return {.name = std::move(name),
            .action = std::move(action),
            .compensation = std::move(undo),
            .timeout = base::Millis(10'000),
            .retry = {{base::Millis(1'000), base::Millis(5'000)}, 0.0},
            .max_attempts = 3,
            .park_after = 4,
            .pivot = pivot};
  }
  // reserve (call) → note (here) → charge (call, pivot) → grant (here) → mail (call)
  Definition checkout(std::optional<base::Seconds> timeout = {}) {
    Definition definition;
    definition.kind = "checkout";
    definition.steps = {make("reserve", service_.step(), service_.step()),
                        make("note", effect(), effect(true)),
                        make("charge", service_.step(), {}, true), make("grant", effect()),
                        make("mail", service_.step())};
    definition.timeout = timeout;
    return definition;
  }

  base::Result<Started> try_start(const NewSaga& saga, base::TenantId tenant = kAlice) {
    return as(tenant, [&](storage::Transaction& tx) { return sagas_->start(tx, saga); });
  }
  SagaId start(const std::string& correlation = "order 1", base::TenantId tenant = kAlice) {
    NewSaga saga;
    saga.kind = definitions_.front().kind;
    saga.correlation = correlation;
    const auto started = try_start(saga, tenant);
    EXPECT_TRUE(started.ok()) << started.error().detail;
    return started.ok() ? started->id : SagaId();
  }

  // The next command that is due, if any.
  std::optional<jobs::LeasedJob> next();
  // The database goes by the machine's clock.
  base::Mono deadline() const { return store_->clock.mono() + base::Seconds(3600); }
  // Works it as the runner would; nullopt: no answer has come.
  std::optional<jobs::Outcome> work(const jobs::LeasedJob& job);
  bool work_and_end(const jobs::LeasedJob& job);
  // Works all that is due, and what becomes due, for so long.
  void run(base::Seconds time = base::Seconds(0)) {
    const base::Time until = clock_.now() + time;
    const base::Seconds pace = std::max(base::Seconds(1), time / 100);
    for (int i = 0; i < 10'000; ++i) {
      if (const auto job = next()) {
        work_and_end(*job);
      } else if (clock_.now() < until) {
        advance(pace);
      } else {
        return;
      }
    }
    FAIL() << "it never ends";
  }

  SagaView view(SagaId id, base::TenantId tenant = kAlice) {
    const auto found = db().read(storage::Context::tenant(tenant),
                                 [&](storage::Transaction& tx) { return sagas_->find(tx, id); });
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : SagaView{};
  }
  // "started done:reserve failed:note …"; compensation's steps with a minus.
  std::string story(SagaId id, base::TenantId tenant = kAlice);
  std::string tell(SagaId id,
                   base::Status (Sagas::*word)(storage::Transaction&, SagaId, std::string_view)) {
    return reason(as(
        kAlice, [&](storage::Transaction& tx) { return ((*sagas_).*word)(tx, id, "the test"); }));
  }
  // Statements are known by their addresses: each text gets one for good.
  std::int64_t count(const std::string& what);
  std::int64_t effects_here() { return count("SELECT count(*) FROM effects"); }

  std::map<std::string, std::pair<int, base::Error>> trouble;  // by step: so often, this
  bool hanging = false;                                        // calls are not waited for
  base::Millis patience{10'000};
  Service service_;

  base::SeededEntropy entropy_{7};
  events::Outbox outbox_{clock_, entropy_, [] {}};
  std::vector<Definition> definitions_;
  std::unique_ptr<StumblingDatabase> stumbling_;
  std::unique_ptr<SagaMover> mover_;
  std::unique_ptr<SagaWorker> worker_;
  std::unique_ptr<Sagas> sagas_;

 private:
  std::optional<jobs::Outcome> work_timeout(const jobs::Attempt& attempt);
};

}  // namespace ashlar::sagas
