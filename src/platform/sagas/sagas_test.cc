// Sagas on both engines, each job worked by hand: what users and operators see. Crashes:
// sagas_crash_test.cc.
#include "platform/sagas/sagas.h"

#include <gtest/gtest.h>

#include <thread>

#include "platform/jobs/runner.h"
#include "platform/sagas/choreography.h"
#include "platform/sagas/testing/saga_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::sagas {
namespace {

using storage::Transaction;
using Does = Service::Does;

base::Error passing() { return base::fail(base::Code::kUnavailable, "busy", "try again"); }
base::Error final_no() { return base::fail(base::Code::kConflict, "sold_out", "nothing left"); }

class SagasTest : public SagaFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, SagasTest, storage::both_engines(), storage::engine_name);

TEST_P(SagasTest, AllStepsRunInOrderAndExtendTheData) {
  define(checkout());
  NewSaga saga;
  saga.kind = "checkout";
  saga.correlation = "order 7";
  saga.data.emplace_back("amount", json::Value(1200));
  const auto started = try_start(saga);
  ASSERT_TRUE(started.ok());
  EXPECT_FALSE(started->existed);
  run();
  const SagaView done = view(started->id);
  EXPECT_EQ(done.state, State::kCompleted);
  EXPECT_EQ(done.data,
            "{\"amount\":1200,\"reserve\":\"done by the service\",\"note\":\"done here\","
            "\"charge\":\"done by the service\",\"grant\":\"done here\","
            "\"mail\":\"done by the service\"}");
  EXPECT_EQ(story(started->id), "started done:reserve done:note done:charge done:grant done:mail");
  EXPECT_EQ(service_.effects.size(), 3U);
  EXPECT_EQ(effects_here(), 2);
  EXPECT_TRUE(done.ended_at.has_value());
  EXPECT_EQ(count("SELECT count(*) FROM jobs"), 0) << "nothing is left to do";

  const auto again = try_start(saga);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->existed);
  EXPECT_EQ(again->id, started->id);
}

TEST_P(SagasTest, StartCommitsWithItsCauseOrNotAtAll) {
  define(checkout());
  const auto rolled_back = as(kAlice, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(sagas_->start(tx, {.kind = "checkout", .correlation = "a"}));
    return final_no();
  });
  EXPECT_EQ(reason(rolled_back), "sold_out");
  EXPECT_EQ(count("SELECT count(*) FROM sagas") + count("SELECT count(*) FROM jobs"), 0);

  // A consumer's platform transaction starts sagas too.
  const auto for_bob = db().write(platform(), [&](Transaction& tx) {
    return sagas_->start_for(tx, kBob, {.kind = "checkout", .correlation = "b"});
  });
  ASSERT_TRUE(for_bob.ok()) << for_bob.error().detail;
  const auto again = db().write(platform(), [&](Transaction& tx) {
    return sagas_->start_for(tx, kBob, {.kind = "checkout", .correlation = "b"});
  });
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->existed);
  run();
  EXPECT_EQ(view(for_bob->id, kBob).state, State::kCompleted);
  const auto others = db().read(storage::Context::tenant(kAlice),
                                [&](Transaction& tx) { return sagas_->find(tx, for_bob->id); });
  EXPECT_EQ(others.ok() ? "" : others.error().reason, std::string("saga_not_found"));
}

TEST_P(SagasTest, WrongStartsAreRefused) {
  define(checkout());
  const auto refusal = [&](NewSaga saga) {
    const auto started = try_start(saga);
    return started.ok() ? std::string("ok") : std::string(started.error().reason);
  };
  EXPECT_EQ(refusal({.kind = "unknown", .correlation = "x"}), "saga_unknown_kind");
  EXPECT_EQ(refusal({.kind = "checkout", .correlation = ""}), "saga_invalid");
  EXPECT_EQ(refusal({.kind = "checkout", .correlation = std::string(201, 'x')}), "saga_invalid");
  NewSaga big{.kind = "checkout", .correlation = "x"};
  big.data.emplace_back("much", json::Value(std::string(kMaxDataBytes, 'x')));
  EXPECT_EQ(refusal(big), "saga_invalid");
}

TEST_P(SagasTest, AFailingStepIsTriedAgainThenTakenBackInReverseOrder) {
  define(checkout());
  trouble["note"] = {3, passing()};
  const SagaId id = start();
  run();
  EXPECT_EQ(view(id).attempts, 1);
  EXPECT_EQ(view(id).error, "busy: try again");
  ASSERT_TRUE(view(id).next_attempt_at.has_value());
  EXPECT_EQ(*view(id).next_attempt_at - clock_.now(), base::Seconds(1));
  run(base::Seconds(10));
  EXPECT_EQ(view(id).state, State::kCompensated);
  EXPECT_EQ(story(id), "started done:reserve failed:note failed:note turned:note done:-reserve");
  EXPECT_TRUE(service_.effects.empty());
  EXPECT_EQ(effects_here(), 0) << "a failed step leaves nothing";
}

TEST_P(SagasTest, ARefusalIsNotTriedAgain) {
  define(checkout());
  trouble["note"] = {1, final_no()};
  const SagaId id = start();
  run();
  EXPECT_EQ(story(id), "started done:reserve turned:note done:-reserve");
  EXPECT_EQ(view(id).error, "sold_out: nothing left");

  service_.script("reserve", {Does::kRefuse});
  const SagaId refused = start("order 2");
  run();
  EXPECT_EQ(story(refused), "started turned:reserve")
      << "surely not done: there is nothing to undo";
  EXPECT_EQ(view(refused).state, State::kCompensated);
}

TEST_P(SagasTest, ACallWhoseOutcomeIsUnknownIsTakenBackToo) {
  define(checkout());
  service_.script("reserve", {Does::kFailAfter, Does::kFailAfter, Does::kFailAfter});
  const SagaId id = start();
  run(base::Seconds(10));
  EXPECT_EQ(view(id).state, State::kCompensated);
  EXPECT_EQ(story(id), "started failed:reserve failed:reserve turned:reserve done:-reserve");
  EXPECT_TRUE(service_.effects.empty());
  EXPECT_EQ(service_.keys.size(), 2U) << "one key for the action, one for its compensation";
}

TEST_P(SagasTest, ACompensationThatComesBeforeItsActionWins) {
  define(checkout());
  service_.script("reserve", {Does::kHold});
  hanging = true;
  const SagaId id = start();
  const auto call = next();
  ASSERT_TRUE(call.has_value());
  EXPECT_FALSE(work(*call).has_value()) << "it is on its way";
  EXPECT_EQ(tell(id, &Sagas::compensate), "");
  hanging = false;
  run();
  EXPECT_EQ(view(id).state, State::kCompensated);
  service_.release();  // the action arrives, late, and is refused by its tombstone
  worker_->stop();     // whatever the answer does has been done
  EXPECT_TRUE(service_.effects.empty());
  EXPECT_EQ(view(id).state, State::kCompensated);
  EXPECT_EQ(story(id), "started turned:reserve done:-reserve");
  EXPECT_NE(metrics_.render().find("ashlar_sagas_late_answers_total 1"), std::string::npos);
}

TEST_P(SagasTest, AfterThePivotOnlyForward) {
  define(checkout());
  trouble["grant"] = {100, passing()};
  const SagaId id = start();
  run(base::Seconds(60));
  EXPECT_EQ(view(id).state, State::kParked);
  EXPECT_FALSE(view(id).compensating);
  EXPECT_EQ(story(id),
            "started done:reserve done:note done:charge failed:grant failed:grant failed:grant "
            "parked:grant");
  EXPECT_EQ(tell(id, &Sagas::compensate), "saga_past_pivot");
  EXPECT_EQ(service_.effects.size(), 2U) << "nothing was taken back";

  trouble.clear();
  EXPECT_EQ(tell(id, &Sagas::resume), "");
  run();
  EXPECT_EQ(view(id).state, State::kCompleted);
}

TEST_P(SagasTest, APivotWhoseOutcomeIsUnknownDoesNotTurnBack) {
  define(checkout());
  service_.script("charge", std::deque<Does>(4, Does::kFailAfter));
  const SagaId id = start();
  run(base::Seconds(60));
  EXPECT_EQ(view(id).state, State::kParked) << "more attempts than others have, and no way back";
  EXPECT_EQ(service_.calls["charge"], 4);
  EXPECT_EQ(tell(id, &Sagas::resume), "");
  run();
  EXPECT_EQ(view(id).state, State::kCompleted);
  EXPECT_EQ(service_.keys.size(), 3U) << "the same key after all";

  service_.script("charge", {Does::kRefuse});
  const SagaId refused = start("order 2");
  run();
  EXPECT_EQ(view(refused).state, State::kCompensated) << "the card was declined";
  EXPECT_EQ(story(refused),
            "started done:reserve done:note turned:charge done:-note done:-reserve");
}

TEST_P(SagasTest, WhatIsParkedIsAnAlertAndAnEvent) {
  define(checkout());
  trouble["note"] = {1, final_no()};
  service_.script("reserve-undo", std::deque<Does>(4, Does::kFailBefore));
  const SagaId id = start();
  run(base::Seconds(60));
  EXPECT_EQ(view(id).state, State::kParked);
  EXPECT_TRUE(view(id).compensating);
  EXPECT_EQ(count("SELECT count(*) FROM outbox WHERE type = 'saga.parked'"), 1);
  ASSERT_TRUE(sagas_->tend().ok());
  EXPECT_NE(metrics_.render().find("ashlar_sagas_parked{kind=\"checkout\"} 1"), std::string::npos);
  EXPECT_NE(metrics_.render().find("ashlar_sagas_parked_total{kind=\"checkout\"} 1"),
            std::string::npos);

  EXPECT_EQ(tell(id, &Sagas::skip), "") << "somebody has undone it by hand";
  EXPECT_EQ(view(id).state, State::kCompensated);
  ASSERT_TRUE(sagas_->tend().ok());
  EXPECT_NE(metrics_.render().find("ashlar_sagas_parked{kind=\"checkout\"} 0"), std::string::npos);
  EXPECT_EQ(tell(id, &Sagas::resume), "saga_ended");
  EXPECT_EQ(tell(SagaId(999), &Sagas::resume), "saga_not_found");
}

TEST_P(SagasTest, TheTimeOfTheWholeTurnsItBackUpToThePivot) {
  define(checkout(base::Seconds(20)));
  service_.script("reserve", {Does::kHold});
  hanging = true;
  const SagaId slow = start();
  run(base::Seconds(21));
  hanging = false;
  run(base::Seconds(60));
  EXPECT_EQ(view(slow).state, State::kCompensated);
  EXPECT_NE(story(slow).find("turned:reserve"), std::string::npos);

  trouble["grant"] = {1000, passing()};
  const SagaId late = start("order 2");
  run(base::Seconds(21));
  EXPECT_EQ(view(late).state, State::kParked);
  EXPECT_NE(story(late).find("overdue:grant"), std::string::npos) << story(late);

  trouble.clear();
  const SagaId quick = start("order 3");
  run();
  EXPECT_EQ(view(quick).state, State::kCompleted);
  EXPECT_EQ(count("SELECT count(*) FROM jobs"), 0) << "its timer has gone with it";
}

TEST_P(SagasTest, ListsByStateKindAndCorrelation) {
  define(checkout());
  const SagaId one = start("order 1");
  run();
  trouble["grant"] = {1, final_no()};
  const SagaId two = start("order 2");
  run();
  const SagaId bobs = start("order 1", kBob);
  const auto listed = [&](SagaFilter filter, SagaId before = {}) {
    const auto found = db().read(storage::Context::tenant(kAlice), [&](Transaction& tx) {
      return sagas_->list(tx, filter, before, 10);
    });
    std::vector<SagaId> ids;
    for (const SagaView& saga : *found) ids.push_back(saga.id);
    return ids;
  };
  using Ids = std::vector<SagaId>;
  EXPECT_EQ(listed({}), (Ids{two, one}));
  EXPECT_EQ(listed({}, two), (Ids{one}));
  EXPECT_EQ(listed({.state = State::kParked, .kind = {}, .correlation = {}}), (Ids{two}));
  EXPECT_EQ(listed({.state = State::kCompleted, .kind = {}, .correlation = {}}), (Ids{one}));
  EXPECT_EQ(listed({.state = {}, .kind = "other", .correlation = {}}), (Ids{}));
  EXPECT_EQ(listed({.state = {}, .kind = "checkout", .correlation = "order 1"}), (Ids{one}));
  EXPECT_TRUE(bobs.is_set());
}

TEST_P(SagasTest, EndedOnesGoWhenTheirTimeIsOver) {
  define(checkout());
  const SagaId id = start();
  run();
  ASSERT_TRUE(sagas_->tend().ok());
  EXPECT_EQ(view(id).state, State::kCompleted);
  advance(base::Seconds(31 * 24 * 3600));
  const SagaId live = start("order 2");
  ASSERT_TRUE(sagas_->tend().ok());
  EXPECT_EQ(count("SELECT count(*) FROM sagas"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM saga_moves"), 1);
  EXPECT_EQ(view(live).state, State::kRunning);
}

TEST_P(SagasTest, AStepThatThisProgramDoesNotKnowIsLeftToOthersThenParked) {
  define(checkout());
  const SagaId id = start();
  ASSERT_TRUE(work_and_end(*next()));                                        // reserve
  definitions_.front().steps.erase(definitions_.front().steps.begin() + 1);  // note
  restart();
  run(base::Seconds(300));
  EXPECT_EQ(view(id).state, State::kRunning) << "a newer program may be beside us";
  run(base::Seconds(3600));
  EXPECT_EQ(view(id).state, State::kParked);
  EXPECT_EQ(story(id), "started done:reserve parked:note");
}

TEST_P(SagasTest, DataThatGrowsTooLargeIsParkedWhereACallIsDone) {
  Definition definition;
  definition.kind = "big";
  definition.steps = {make("big", CallStep([](const StepCall&, std::function<void(Answer)> done) {
                             json::Value::Object add;
                             add.emplace_back("much", json::Value(std::string(kMaxDataBytes, 'x')));
                             done(Answer::done(std::move(add)));
                           }))};
  define(std::move(definition));
  const SagaId id = start();
  run();
  EXPECT_EQ(view(id).state, State::kParked);
}

TEST_P(SagasTest, ErrorsOfAnyBytesAreKept) {
  Definition definition;
  definition.kind = "odd";
  definition.steps = {
      make("odd", CallStep([](const StepCall&, std::function<void(Answer)> done) {
             done(Answer::refused(std::string("\xff\xfe\0 odd", 7) + std::string(5'000, 'y')));
           }))};
  define(std::move(definition));
  const SagaId id = start();
  run();
  EXPECT_EQ(view(id).state, State::kCompensated);
  EXPECT_TRUE(view(id).error.starts_with("??? odd"));
  EXPECT_EQ(view(id).error.size(), kMaxErrorBytes);
}

TEST_P(SagasTest, ARunnerDrivesManyToTheirEnd) {
  define(checkout());
  const base::SystemClock clock;
  obs::Registry metrics;
  jobs::Jobs engine({}, db(), clock, metrics, log_);
  Sagas sagas({}, db(), engine, outbox_, clock, metrics, log_);
  sagas.define(checkout());
  jobs::Runner runner(engine, db(), "test", clock, metrics, log_);
  // The test's service belongs to one thread.
  Definition here = checkout();
  here.kind = "here";
  for (Step& step : here.steps) {
    step.action = effect();
    if (!std::holds_alternative<std::monostate>(step.compensation))
      step.compensation = effect(true);
  }
  sagas.define(std::move(here));
  sagas.work_on(runner);
  engine.start();
  runner.start();
  constexpr int kMany = 40;
  for (int i = 0; i < kMany; ++i) {
    const auto started = as(kAlice, [&](Transaction& tx) {
      return sagas.start(tx, {.kind = "here", .correlation = std::to_string(i)});
    });
    ASSERT_TRUE(started.ok()) << started.error().detail;
  }
  const base::Mono until = clock.mono() + base::Seconds(60);
  while (count("SELECT count(*) FROM sagas WHERE state = 'completed'") < kMany) {
    ASSERT_LT(clock.mono(), until) << "they do not end";
    std::this_thread::yield();
  }
  runner.stop();
  engine.stop();
  sagas.stop();
  EXPECT_EQ(effects_here(), 5 * kMany);
}

TEST(SagaStatements, KeepTheRulesOfBothEngines) {
  for (const auto list :
       {store::saga_statements(), participant_statements(), choreography_statements()}) {
    for (const storage::Sql* sql : list) {
      for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
        const auto text = storage::engine_text(*sql, dialect);
        EXPECT_TRUE(text.ok()) << sql->text << (text.ok() ? "" : text.error().detail);
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::sagas
