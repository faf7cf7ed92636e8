// Every decision as a table, then the invariants over random lives.
#include "platform/sagas/saga_machine.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/random.h"

namespace ashlar::sagas {
namespace {

TransactionStep here() {
  return [](storage::Transaction&, const StepCall&) -> base::Result<json::Value::Object> {
    return json::Value::Object{};
  };
}
CallStep there() {
  return [](const StepCall&, const std::function<void(Answer)>& done) { done(Answer::done()); };
}

Step step(std::string name, Action action, Action compensation = {}, bool pivot = false) {
  return {.name = std::move(name),
          .action = std::move(action),
          .compensation = std::move(compensation),
          .max_attempts = 3,
          .park_after = 4,
          .pivot = pivot};
}

// reserve (call) → note (here, nothing to undo) → charge (call, pivot) → grant (here)
Definition checkout() {
  return {.kind = "checkout",
          .steps = {step("reserve", there(), there()), step("note", here()),
                    step("charge", there(), {}, true), step("grant", here())}};
}

Position running(int at, int attempts = 0) { return {State::kRunning, false, at, attempts, 0}; }
Position compensating(int at, int attempts = 0) {
  return {State::kCompensating, true, at, attempts, 0};
}
Position parked(bool backward, int at, int attempts = 0) {
  return {State::kParked, backward, at, attempts, 0};
}

TEST(SagaMachine, StepsRunInOrder) {
  const Definition def = checkout();
  Decision at = after_start(def);
  EXPECT_EQ(at.next, running(0));
  EXPECT_EQ(at.then, Then::kCommand);
  for (int i = 1; i < 4; ++i) {
    at = after_done(def, at.next);
    EXPECT_EQ(at.next, running(i));
    EXPECT_EQ(at.then, Then::kCommand);
  }
  at = after_done(def, at.next);
  EXPECT_EQ(at.next.state, State::kCompleted);
  EXPECT_EQ(at.then, Then::kNothing);
}

struct FailureCase {
  const char* what;
  Position at;
  bool refused;
  Effect effect;
  Position next;
  Then then;
  const char* event;
};

TEST(SagaMachine, FailuresAsATable) {
  const Definition def = checkout();
  const Position compensated{State::kCompensated, true, -1, 0, 0};
  const std::vector<FailureCase> cases = {
      {"a call is tried again", running(0), false, Effect::kMaybe, running(0, 1), Then::kRetry,
       "failed"},
      {"its attempts are used up: it may have been done, so it is undone", running(0, 2), false,
       Effect::kMaybe, compensating(0), Then::kCommand, "turned"},
      {"refused at once: there is nothing to undo", running(0), true, Effect::kNone, compensated,
       Then::kNothing, "turned"},
      {"a transactional one turns back over those before it", running(1, 2), false, Effect::kNone,
       compensating(0), Then::kCommand, "turned"},
      {"the pivot refused: back, over the step without compensation", running(2), true,
       Effect::kNone, compensating(0), Then::kCommand, "turned"},
      {"the pivot unknown: never back", running(2, 2), false, Effect::kMaybe, running(2, 3),
       Then::kRetry, "failed"},
      {"the pivot unknown for good: parked", running(2, 3), false, Effect::kMaybe,
       parked(false, 2, 4), Then::kNothing, "parked"},
      {"after the pivot: again", running(3, 2), false, Effect::kNone, running(3, 3), Then::kRetry,
       "failed"},
      {"after the pivot, used up: parked", running(3, 3), false, Effect::kNone, parked(false, 3, 4),
       Then::kNothing, "parked"},
      {"after the pivot, refused: parked at once", running(3), true, Effect::kNone,
       parked(false, 3, 1), Then::kNothing, "parked"},
      {"a compensation again", compensating(0, 2), false, Effect::kMaybe, compensating(0, 3),
       Then::kRetry, "failed"},
      {"a compensation used up: parked", compensating(0, 3), false, Effect::kMaybe,
       parked(true, 0, 4), Then::kNothing, "parked"},
      {"a compensation refused: parked", compensating(0), true, Effect::kNone, parked(true, 0, 1),
       Then::kNothing, "parked"},
  };
  for (const FailureCase& c : cases) {
    const Decision got = after_failure(def, c.at, c.refused, c.effect);
    EXPECT_EQ(got.next, c.next) << c.what;
    EXPECT_EQ(got.then, c.then) << c.what;
    EXPECT_EQ(got.event, c.event) << c.what;
  }
}

TEST(SagaMachine, TheDeadlineTurnsBackOnlyUpToThePivot) {
  const Definition def = checkout();
  EXPECT_EQ(after_deadline(def, running(0)).next, compensating(0)) << "the call may be on its way";
  EXPECT_EQ(after_deadline(def, running(1)).next, compensating(0));
  for (const Position& at : {running(2), running(3), compensating(0, 1), parked(true, 0)}) {
    const Decision noted = after_deadline(def, at);
    EXPECT_EQ(noted.next, at);
    EXPECT_EQ(noted.then, Then::kNothing);
    EXPECT_EQ(noted.event, "overdue");
  }
}

TEST(SagaMachine, WhatAnOperatorMayDo) {
  const Definition def = checkout();
  const auto reason = [](const base::Result<Decision>& result) {
    return result.ok() ? std::string("ok") : std::string(result.error().reason);
  };
  const Position done{State::kCompleted, false, 4, 0, 0};
  EXPECT_EQ(reason(resume(done)), "saga_ended");
  EXPECT_EQ(reason(compensate(def, done)), "saga_ended");
  EXPECT_EQ(reason(skip(def, running(1))), "saga_not_parked");
  EXPECT_EQ(reason(compensate(def, running(3))), "saga_past_pivot");
  EXPECT_EQ(reason(compensate(def, parked(false, 3))), "saga_past_pivot");
  EXPECT_EQ(reason(compensate(def, running(2))), "saga_pivot_unknown");
  EXPECT_EQ(reason(compensate(def, compensating(0))), "saga_compensating");

  EXPECT_EQ(compensate(def, running(1))->next, compensating(0));
  EXPECT_EQ(compensate(def, parked(false, 2))->next, compensating(0)) << "the operator has looked";
  EXPECT_EQ(resume(parked(false, 3, 4))->next, running(3));
  EXPECT_EQ(resume(parked(true, 0, 4))->next, compensating(0));
  EXPECT_EQ(skip(def, parked(true, 0))->next.state, State::kCompensated);
  Position skipped = running(3);
  skipped.skipped = 1U << 2;
  EXPECT_EQ(skip(def, parked(false, 2))->next, skipped);
}

TEST(SagaMachine, ASkippedActionIsNotTakenBack) {
  Definition def = checkout();
  def.steps[2].pivot = false;
  const auto skipped = skip(def, park(running(0)).next);
  ASSERT_TRUE(skipped.ok());
  EXPECT_EQ(skipped->next.step, 1);
  EXPECT_EQ(compensate(def, skipped->next)->next.state, State::kCompensated);
}

TEST(SagaMachine, WrongDefinitionsAreRefused) {
  EXPECT_TRUE(check_definition(checkout()).ok());
  const auto refused = [](void (*spoil)(Definition&)) {
    Definition def = checkout();
    spoil(def);
    return !check_definition(def).ok();
  };
  EXPECT_TRUE(refused([](Definition& d) { d.kind = "Check out"; }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps.clear(); }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps.resize(33, d.steps[0]); }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[1].name = "reserve"; }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[1].name = ""; }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[1].name = "reserve-undo"; }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[1].action = {}; }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[3].pivot = true; }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[3].compensation = here(); }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[0].retry.delays.clear(); }));
  EXPECT_TRUE(refused([](Definition& d) { d.steps[0].max_attempts = 0; }));
}

Definition any_definition(base::Random& random) {
  Definition def;
  def.kind = "any";
  const int steps = 1 + static_cast<int>(random.below(6));
  const int pivot = static_cast<int>(random.below(static_cast<std::uint64_t>(steps) + 1));
  for (int i = 0; i < steps; ++i) {
    const Action action = random.chance(0.5) ? Action(here()) : Action(there());
    const Action undo = i >= pivot || random.chance(0.3) ? Action() : action;
    def.steps.push_back(step("s" + std::to_string(i), action, undo, i == pivot));
    def.steps.back().max_attempts = 1 + static_cast<int>(random.below(3));
    def.steps.back().park_after = 1 + static_cast<int>(random.below(3));
  }
  return def;
}

// What the world looks like: which effects are there. A failed call may have had its effect.
struct World {
  std::set<int> effects;
  bool pivot_done = false;
};

// One move of a random life; false: it has ended.
bool live(const Definition& def, World& world, Position& at, base::Random& random) {
  if (at.state == State::kCompleted || at.state == State::kCompensated) return false;
  const int pivot = pivot_of(def);
  if (at.state == State::kParked) {
    const auto next = random.chance(0.7) ? resume(at) : compensate(def, at);
    if (next.ok() && next->event == "turned" && at.step == pivot) world.effects.erase(pivot);
    if (next.ok()) at = next->next;
    return true;
  }
  if (random.chance(0.05)) {
    at = after_deadline(def, at).next;
    return true;
  }
  const bool call = std::holds_alternative<CallStep>(action_at(def, at));
  const double dice = random.unit();
  const bool had_effect = dice < 0.5 || (call && dice < 0.6);
  if (had_effect && !at.backward) {
    world.effects.insert(at.step);
    world.pivot_done |= at.step == pivot && dice < 0.5;
  }
  if (had_effect && at.backward) world.effects.erase(at.step);
  if (dice < 0.5) {
    at = after_done(def, at).next;
    return true;
  }
  // A service that has done it does not refuse.
  const bool refused = !world.effects.contains(at.step) && dice > 0.9;
  const Effect effect =
      call && !at.backward && (!refused || at.attempts > 0) ? Effect::kMaybe : Effect::kNone;
  at = after_failure(def, at, refused, effect).next;
  return true;
}

TEST(SagaMachine, AllOrNothingOverRandomLives) {
  constexpr std::uint64_t kSeeds = 20'000;
  std::uint64_t completed = 0, compensated = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    base::Random random(seed);
    const Definition def = any_definition(random);
    ASSERT_TRUE(check_definition(def).ok());
    World world;
    Position at = after_start(def).next;
    int moves = 0;
    while (live(def, world, at, random)) {
      ASSERT_LT(++moves, 5'000) << "no end";
      if (world.pivot_done) {
        ASSERT_FALSE(at.backward) << "it turned back after the pivot was done";
      }
    }
    if (at.state == State::kCompleted) {
      ++completed;
      ASSERT_EQ(world.effects.size(), def.steps.size());
      continue;
    }
    ++compensated;
    for (const int effect : world.effects) {
      const Step& left = def.steps[static_cast<std::size_t>(effect)];
      ASSERT_TRUE(std::holds_alternative<std::monostate>(left.compensation))
          << left.name << " was left behind";
    }
  }
  EXPECT_GT(completed, kSeeds / 10);
  EXPECT_GT(compensated, kSeeds / 10);
}

}  // namespace
}  // namespace ashlar::sagas
