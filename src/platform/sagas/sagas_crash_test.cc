// The table of saga.h, row by row: the process dies between any two commits, forward and backward,
// in transactional steps and in calls. Then random lives with faults from a seed.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "base/random.h"
#include "platform/sagas/testing/saga_fixture.h"

namespace ashlar::sagas {
namespace {

using storage::Transaction;
using Does = Service::Does;

base::Error passing() { return base::fail(base::Code::kUnavailable, "busy", "try again"); }

enum class Crash : std::uint8_t {
  kBeforeWork,     // leased, nothing done
  kBeforeCommit,   // worked, the commit did not happen
  kAnswerLost,     // committed, and we think that it is not
  kBeforeEnd,      // committed, the job was not ended
  kWithoutAnswer,  // calls: it was done, and no answer came
};

struct CrashCase {
  const char* what;
  int command;  // which one it happens to: 0 reserve (call), 1 note, 2 charge (call), 3 grant …
  Crash crash;
};

class SagaCrashTest : public SagaFixture {
 protected:
  static constexpr base::Seconds kLeaseOver{31};

  // Works one command and dies at that point; its lease runs out.
  void crash(const jobs::LeasedJob& job, Crash how) {
    switch (how) {
      case Crash::kBeforeWork:
        break;
      case Crash::kBeforeCommit:
        stumbling_->refuse_writes = 2;  // the move, and the note of its failure
        (void)work(job);
        break;
      case Crash::kAnswerLost:
        stumbling_->lose_answers = 2;
        (void)work(job);
        break;
      case Crash::kBeforeEnd:
        (void)work(job);
        break;
      case Crash::kWithoutAnswer:
        hanging = true;
        (void)work(job);
        hanging = false;
        break;
    }
    worker_->stop();
    stumbling_->refuse_writes = stumbling_->lose_answers = 0;
    restart();
    advance(kLeaseOver);
  }

  void run_with_crash(const CrashCase& c, bool goes_back) {
    if (c.crash == Crash::kWithoutAnswer) {
      const std::array<std::string, 3> names{"reserve", "note", "charge"};
      const std::string step =
          goes_back
              ? (c.command == 4 ? "reserve-undo" : names.at(static_cast<std::size_t>(c.command)))
              : (c.command == 4 ? "mail" : names.at(static_cast<std::size_t>(c.command)));
      service_.script(step, {Does::kHang});
    }
    for (int command = 0;; ++command) {
      const auto job = next();
      if (!job) break;
      if (command == c.command) {
        crash(*job, c.crash);
      } else {
        work_and_end(*job);
      }
    }
    run(base::Seconds(120));
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, SagaCrashTest, storage::both_engines(), storage::engine_name);

const std::vector<CrashCase>& crash_cases() {
  static const std::vector<CrashCase> kCases = {
      {"a call, leased", 0, Crash::kBeforeWork},
      {"a call, its outcome not written", 0, Crash::kBeforeCommit},
      {"a call, its outcome written and not heard of", 0, Crash::kAnswerLost},
      {"a call, its job not ended", 0, Crash::kBeforeEnd},
      {"a call without an answer", 0, Crash::kWithoutAnswer},
      {"a step, leased", 1, Crash::kBeforeWork},
      {"a step, not committed", 1, Crash::kBeforeCommit},
      {"a step, committed and not heard of", 1, Crash::kAnswerLost},
      {"a step, its job not ended", 1, Crash::kBeforeEnd},
      {"the pivot, leased", 2, Crash::kBeforeWork},
      {"the pivot, its outcome not written", 2, Crash::kBeforeCommit},
      {"the pivot, not heard of", 2, Crash::kAnswerLost},
      {"the pivot without an answer", 2, Crash::kWithoutAnswer},
      {"after the pivot, not committed", 3, Crash::kBeforeCommit},
      {"after the pivot, its job not ended", 3, Crash::kBeforeEnd},
      {"the last call, its outcome not written", 4, Crash::kBeforeCommit},
      {"the last call, its job not ended", 4, Crash::kBeforeEnd},
      {"the last call without an answer", 4, Crash::kWithoutAnswer},
  };
  return kCases;
}

TEST_P(SagaCrashTest, ForwardEveryEffectIsThereOnce) {
  define(checkout());
  int order = 0;
  for (const CrashCase& c : crash_cases()) {
    SCOPED_TRACE(c.what);
    const SagaId id = start("order " + std::to_string(++order));
    run_with_crash(c, false);
    EXPECT_EQ(view(id).state, State::kCompleted) << story(id);
    EXPECT_EQ(service_.effects.size(), 3U * static_cast<std::size_t>(order));
    EXPECT_EQ(effects_here(), 2 * order);
    EXPECT_EQ(service_.keys.size(), 3U * static_cast<std::size_t>(order))
        << "a call is made again with the same key";
  }
}

TEST_P(SagaCrashTest, BackwardNothingIsLeft) {
  Definition definition = checkout();
  // The pivot says no; so the commands are reserve, note, charge, note-undo (3), reserve-undo (4).
  definition.steps[2].action =
      CallStep([](const StepCall&, const std::function<void(Answer)>& done) {
        done(Answer::refused("declined"));
      });
  define(std::move(definition));
  int order = 0;
  for (const CrashCase& c : crash_cases()) {
    if (c.command == 2) continue;
    SCOPED_TRACE(c.what);
    const SagaId id = start("order " + std::to_string(++order));
    run_with_crash(c, true);
    EXPECT_EQ(view(id).state, State::kCompensated) << story(id);
    EXPECT_TRUE(service_.effects.empty());
    EXPECT_EQ(effects_here(), 0);
  }
}

// asynq#1144: a job whose worker had died was never found again.
TEST_P(SagaCrashTest, LostAttemptsOfACallCountAsFailedOnes) {
  define(checkout());
  const SagaId id = start();
  service_.script("reserve", std::deque<Does>(10, Does::kHang));
  for (int lost = 0; lost < 3; ++lost) {
    const auto job = next();
    ASSERT_TRUE(job.has_value());
    crash(*job, Crash::kWithoutAnswer);
  }
  run();
  EXPECT_EQ(service_.calls["reserve"], 3) << "as many as it may have";
  EXPECT_EQ(view(id).state, State::kCompensated);
  EXPECT_EQ(story(id), "started turned:reserve done:-reserve");
  EXPECT_TRUE(service_.effects.empty());
}

TEST_P(SagaCrashTest, AStepThatKillsItsProcessIsParked) {
  define(checkout());
  const SagaId id = start();
  run_with_crash({"", 99, Crash::kBeforeWork}, false);
  ASSERT_EQ(view(id).state, State::kCompleted);

  const SagaId deadly = start("order 2");
  work_and_end(*next());  // reserve
  for (int i = 0; i < Sagas::kMaxLost; ++i) {
    const auto job = next();
    ASSERT_TRUE(job.has_value()) << i;
    ASSERT_EQ(job->kind, kStepJob);
    advance(base::Seconds(7200));  // the lease, and the pause before the next
  }
  run();
  EXPECT_EQ(view(deadly).state, State::kParked) << story(deadly);
  EXPECT_EQ(tell(deadly, &Sagas::compensate), "");
  run();
  EXPECT_EQ(view(deadly).state, State::kCompensated);
}

// A worker that was asleep wakes up, when another has taken its call over.
TEST_P(SagaCrashTest, AnAnswerThatComesAfterTheLeaseWasLostChangesNothing) {
  define(checkout());
  service_.script("reserve", {Does::kHold, Does::kHold});
  hanging = true;
  const SagaId id = start();
  const auto first = next();
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(work(*first).has_value());
  advance(kLeaseOver);
  const auto second = next();
  ASSERT_TRUE(second.has_value());
  ASSERT_EQ(second->ref.id, first->ref.id);
  EXPECT_FALSE(work(*second).has_value());
  service_.release();
  worker_->stop();
  EXPECT_EQ(story(id), "started done:reserve") << "one of two answers counts";
  EXPECT_NE(metrics_.render().find("ashlar_sagas_late_answers_total 1"), std::string::npos);
}

// Faults from a seed in each command: whatever happens, a saga ends with all or with nothing, or is
// parked and says so; and a parked one that is resumed ends.
class RandomLife : public SagaCrashTest {
 protected:
  void live(base::Random& random, double crashes) {
    for (int i = 0; i < 200; ++i) {
      const auto job = next();
      if (!job) {
        if (count("SELECT count(*) FROM jobs") == 0) return;
        advance(base::Seconds(5));
        continue;
      }
      if (random.chance(crashes)) {
        crash(*job, static_cast<Crash>(random.below(5)));
      } else {
        hanging = true;
        if (!work_and_wait(*job)) advance(kLeaseOver);
        hanging = false;
      }
    }
  }
  bool work_and_wait(const jobs::LeasedJob& job) {
    if (job.kind != kCallJob) return work_and_end(job);
    const jobs::Attempt attempt{job, deadline()};
    std::optional<jobs::Outcome> outcome;
    worker_->call(attempt, [&](jobs::Outcome what) { outcome = std::move(what); });
    worker_->stop();
    restart();
    if (!outcome) return false;
    return end(job.ref, *outcome);
  }
  std::deque<Does> any_script(base::Random& random) {
    static constexpr std::array kAll{Does::kAnswer, Does::kFailBefore, Does::kFailAfter,
                                     Does::kRefuse, Does::kHang};
    std::deque<Does> script;
    for (int i = 0; i < 4; ++i) {
      script.push_back(random.chance(0.5) ? Does::kAnswer : kAll.at(random.below(kAll.size())));
    }
    return script;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, RandomLife, storage::both_engines(), storage::engine_name);

TEST_P(RandomLife, AllOrNothingOrParked) {
  define(checkout(base::Seconds(300)));
  patience = base::Millis(20);  // many calls are never answered
  const int seeds = GetParam() == storage::Dialect::kSqlite ? 100 : 12;
  int completed = 0, compensated = 0, parked = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    base::Random random(static_cast<std::uint64_t>(seed));
    service_.effects.clear();
    for (const char* step : {"reserve", "charge", "mail", "reserve-undo"}) {
      service_.script(step, any_script(random));
    }
    trouble.clear();
    if (random.chance(0.3)) trouble["note"] = {2, passing()};
    if (random.chance(0.3)) trouble["grant"] = {2, passing()};
    const std::int64_t before = effects_here();
    const SagaId id = start("seed " + std::to_string(seed));
    live(random, 0.25);
    for (int i = 0; i < 6 && view(id).state == State::kParked; ++i) {
      ++parked;
      trouble.clear();
      ASSERT_EQ(tell(id, &Sagas::resume), "");
      live(random, 0);
    }
    const State end = view(id).state;
    const std::int64_t here = effects_here() - before;
    if (end == State::kCompleted) {
      ++completed;
      ASSERT_EQ(service_.effects.size(), 3U) << story(id);
      ASSERT_EQ(here, 2) << story(id);
    } else if (end == State::kCompensated) {
      ++compensated;
      ASSERT_TRUE(service_.effects.empty()) << story(id);
      ASSERT_EQ(here, 0) << story(id);
    } else {
      // A service that refuses what must be done stays refused: parked, and visible.
      ASSERT_EQ(end, State::kParked) << story(id);
    }
  }
  EXPECT_GT(completed, 0);
  EXPECT_GT(compensated, 0);
  EXPECT_TRUE(parked > 0 || seeds < 20);
}

// A database that is away for a while is no step's fault: nothing of the step ran.
TEST_P(SagaCrashTest, WhatWasNotCalledSinceStorageWasAwayIsNoLostAttempt) {
  define(checkout());
  const SagaId id = start();
  const auto away_for = [&](int& refusals, int times) {
    for (int i = 0; i < times; ++i) {
      const auto job = next();
      ASSERT_TRUE(job.has_value());
      refusals = 1;
      const auto outcome = work(*job);
      ASSERT_TRUE(outcome.has_value());
      EXPECT_EQ(outcome->kind, jobs::Outcome::Kind::kSnoozed) << outcome->error;
      EXPECT_EQ(refusals, 0);
      EXPECT_TRUE(end(job->ref, *outcome));
      if (i == 0) {
        EXPECT_FALSE(next().has_value()) << "it is not asked again at once";
      }
      advance(base::Seconds(1));
    }
  };
  away_for(stumbling_->refuse_reads, 4);  // reserve, a call: its load; it has three attempts
  const auto reserve = next();
  ASSERT_TRUE(reserve.has_value());
  work_and_end(*reserve);
  away_for(stumbling_->refuse_writes, Sagas::kMaxLost + 1);  // note, a step in the database
  run();
  EXPECT_EQ(story(id), "started done:reserve done:note done:charge done:grant done:mail");
}

}  // namespace
}  // namespace ashlar::sagas
