// SagaFixture: sagas on either engine with a clock moved by hand, whose jobs the test works itself,
// so that it can stop between any two of them; a table for the effects of transactional steps; a
// service for calls, that does what it is told.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

namespace ashlar::sagas {

using jobs::kAlice;
using jobs::kBob;

// Passes on, except that writes are refused or their answers get lost when the test says so.
class StumblingDatabase final : public storage::Database {
 public:
  explicit StumblingDatabase(storage::Database& inner) : inner_(inner) {}

  int refuse_writes = 0;  // the next so many do not happen
  int lose_answers = 0;   // the next so many happen, and nobody hears of it

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    inner_.subscribe(std::move(channel), std::move(receive));
  }
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  base::Status ping(base::Mono deadline) override { return inner_.ping(deadline); }
  base::Result<std::string> check_integrity() override { return inner_.check_integrity(); }

 protected:
  base::Status run_body(const storage::Context& context, Mode mode, const Body& body) override {
    const auto pass = [&](storage::Transaction& tx) { return body(tx); };
    if (mode == Mode::kRead) return inner_.read(context, pass);
    if (refuse_writes > 0) return stumble(refuse_writes);
    base::Status status = inner_.write(context, pass);
    return status.ok() && lose_answers > 0 ? stumble(lose_answers) : status;
  }

 private:
  static base::Error stumble(int& left) {
    --left;
    return base::fail(base::Code::kUnavailable, "storage_unavailable", "a fault of the test");
  }
  storage::Database& inner_;
};

// Another program with its own memory: what it has done, and what it will not do any more.
class Service {
 public:
  enum class Does : std::uint8_t {
    kAnswer,
    kFailBefore,  // nothing happens, the caller learns nothing
    kFailAfter,   // it happens, the caller learns nothing
    kRefuse,
    kHang,  // it happens, and no answer ever comes
    kHold,  // it happens when the test calls release()
  };
  // What the next calls of a step ("ship", "ship-undo") meet; then kAnswer.
  void script(const std::string& step, std::deque<Does> next) { scripts_[step] = std::move(next); }

  CallStep step() {
    return [this](const StepCall& call, std::function<void(Answer)> done) {
      take(std::string(call.idempotency_key),
           std::string(call.step) + (call.compensating ? "-undo" : ""), std::move(done));
    };
  }
  void release() {
    for (auto held = std::exchange(held_, {}); auto& one : held) one();
  }

  std::set<std::string> effects;     // keys of actions in effect
  std::map<std::string, int> calls;  // by step
  std::set<std::string> keys;        // all that came

 private:
  void take(const std::string& key, const std::string& step, std::function<void(Answer)> done) {
    ++calls[step];
    keys.insert(key);
    Does does = Does::kAnswer;
    if (auto& script = scripts_[step]; !script.empty()) {
      does = script.front();
      script.pop_front();
    }
    if (does == Does::kHold) {
      held_.push_back([this, key, step, done = std::move(done)] { done(act(key, step)); });
      return;
    }
    if (does == Does::kFailBefore) return done(Answer::failed("no connection"));
    // Who has done it does not say later that it never will.
    if (does == Does::kRefuse && !known_.contains(key)) return done(Answer::refused("no"));
    const Answer answer = act(key, step);
    if (does == Does::kHang) return;
    done(does == Does::kFailAfter ? Answer::failed("the answer got lost") : answer);
  }
  Answer act(const std::string& key, const std::string& step) {
    if (key.ends_with(kUndoSuffix)) {
      const std::string action = key.substr(0, key.size() - kUndoSuffix.size());
      effects.erase(action);
      undone_.insert(action);
      return Answer::done();
    }
    if (undone_.contains(key)) return Answer::refused("undone already");
    known_.insert(key);
    effects.insert(key);
    json::Value::Object add;
    add.emplace_back(step, json::Value("done by the service"));
    return Answer::done(std::move(add));
  }

  std::map<std::string, std::deque<Does>> scripts_;
  std::set<std::string> undone_, known_;
  std::vector<std::function<void()>> held_;
};

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
  void restart() {
    worker_.reset();
    sagas_.reset();
    mover_ = std::make_unique<SagaMover>(jobs(), outbox_, clock_, metrics_, log_, 1);
    worker_ = std::make_unique<SagaWorker>(*stumbling_, jobs(), *mover_, clock_, metrics_,
                                           Sagas::kMaxLost, 1);
    sagas_ =
        std::make_unique<Sagas>(Sagas::Options{}, db(), jobs(), outbox_, clock_, metrics_, log_);
    for (const Definition& definition : definitions_) {
      mover_->define(definition);
      sagas_->define(definition);
    }
  }
  void define(Definition definition) {
    definitions_.push_back(std::move(definition));
    restart();
  }

  // Adds (or takes away) a row of `effects`; what `trouble` says, it answers.
  TransactionStep effect(bool undo = false) {
    return [this, undo](storage::Transaction& tx,
                        const StepCall& call) -> base::Result<json::Value::Object> {
      static constexpr storage::Sql kAdd{
          storage::Audience::kTenant, "INSERT INTO effects (tenant_id, name) VALUES (:tenant, ?1)"};
      static constexpr storage::Sql kTake{
          storage::Audience::kTenant,
          "DELETE FROM effects WHERE tenant_id = :tenant AND name = ?1"};
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
  std::optional<jobs::LeasedJob> next() {
    (void)jobs().tend();
    for (const std::string_view kind : {kStepJob, kCallJob, kTimeoutJob}) {
      auto leased = lease(1, kind);
      if (!leased.empty()) return leased.front();
    }
    return std::nullopt;
  }
  // The database goes by the machine's clock.
  base::Mono deadline() const { return store_->clock.mono() + base::Seconds(3600); }
  // Works it as the runner would; nullopt: no answer has come.
  std::optional<jobs::Outcome> work(const jobs::LeasedJob& job) {
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
  bool work_and_end(const jobs::LeasedJob& job) {
    const std::optional<jobs::Outcome> outcome = work(job);
    if (!outcome) return false;
    if (job.kind == kTimeoutJob) return true;  // has ended with its effect
    EXPECT_NE(outcome->kind, jobs::Outcome::Kind::kFailed) << outcome->error;
    EXPECT_NE(outcome->kind, jobs::Outcome::Kind::kDead) << outcome->error;
    EXPECT_TRUE(end(job.ref, *outcome));
    return true;
  }
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
  std::string story(SagaId id, base::TenantId tenant = kAlice) {
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
  std::string tell(SagaId id,
                   base::Status (Sagas::*word)(storage::Transaction&, SagaId, std::string_view)) {
    return reason(as(
        kAlice, [&](storage::Transaction& tx) { return ((*sagas_).*word)(tx, id, "the test"); }));
  }
  // Statements are known by their addresses: each text gets one for good.
  std::int64_t count(const std::string& what) {
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
  std::optional<jobs::Outcome> work_timeout(const jobs::Attempt& attempt) {
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
};

}  // namespace ashlar::sagas
