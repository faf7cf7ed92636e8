#include "platform/sagas/saga_machine.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"

namespace ashlar::sagas {
namespace {

bool has(const Action& action) { return !std::holds_alternative<std::monostate>(action); }

bool is_call(const Action& action) { return std::holds_alternative<CallStep>(action); }

const Step& step_at(const Definition& definition, const Position& at) {
  CHECK(at.step >= 0 && static_cast<std::size_t>(at.step) < definition.steps.size());
  return definition.steps[static_cast<std::size_t>(at.step)];
}

bool was_skipped(const Position& at, int step) { return (at.skipped >> step & 1U) != 0; }

// The pivot's call may have been made: then nobody knows on which side of it the saga stands.
bool at_unknown_pivot(const Definition& definition, const Position& at, Effect effect) {
  return !at.backward && effect == Effect::kMaybe && step_at(definition, at).pivot;
}

Position undo_from(const Definition& definition, Position at, int step) {
  while (step >= 0 && (was_skipped(at, step) ||
                       !has(definition.steps[static_cast<std::size_t>(step)].compensation))) {
    --step;
  }
  at.backward = true;
  at.step = step;
  at.attempts = 0;
  at.state = step < 0 ? State::kCompensated : State::kCompensating;
  return at;
}

Position forward_to(const Definition& definition, Position at, int step) {
  at.backward = false;
  at.step = step;
  at.attempts = 0;
  at.state = static_cast<std::size_t>(step) == definition.steps.size() ? State::kCompleted
                                                                       : State::kRunning;
  return at;
}

Decision move_to(Position next, std::string_view event) {
  const bool more = next.state == State::kRunning || next.state == State::kCompensating;
  return {next, more ? Then::kCommand : Then::kNothing, event};
}

Decision turn_back(const Definition& definition, const Position& at, Effect effect) {
  return move_to(undo_from(definition, at, effect == Effect::kMaybe ? at.step : at.step - 1),
                 "turned");
}

Position next_of(const Definition& definition, const Position& at) {
  return at.backward ? undo_from(definition, at, at.step - 1)
                     : forward_to(definition, at, at.step + 1);
}

bool ended(const Position& at) {
  return at.state == State::kCompleted || at.state == State::kCompensated;
}

base::Error bad(std::string detail) {
  return base::fail(base::Code::kInvalid, "saga_definition", std::move(detail));
}

bool is_name(std::string_view text, std::size_t longest) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), fits);
}

base::Status check_step(const Step& step) {
  if (!is_name(step.name, kMaxStepBytes)) {
    return bad("A step's name is 1 to 60 of [a-z0-9_.-]: " + step.name);
  }
  // Its idempotency key would be another step's compensation's.
  if (step.name.ends_with("-undo")) return bad("A step's name ends with -undo: " + step.name);
  if (!has(step.action)) return bad("A step without an action: " + step.name);
  if (step.timeout.count() <= 0 || step.max_attempts < 1 || step.park_after < 1 ||
      step.retry.delays.empty()) {
    return bad("A step needs a time, attempts and a retry plan: " + step.name);
  }
  return base::ok_status();
}

}  // namespace

base::Status check_definition(const Definition& definition) {
  if (!is_name(definition.kind, kMaxKindBytes)) {
    return bad("A saga's kind is 1 to 100 of [a-z0-9_.-].");
  }
  if (definition.steps.empty() || definition.steps.size() > kMaxSteps) {
    return bad("A saga has 1 to 32 steps: " + definition.kind);
  }
  std::set<std::string_view> names;
  int pivots = 0;
  for (const Step& step : definition.steps) {
    ASHLAR_TRY(check_step(step));
    if (!names.insert(step.name).second) return bad("Two steps have the name " + step.name);
    // What comes after the point of no return is never taken back.
    if (pivots > 0 && has(step.compensation)) {
      return bad("A step after the pivot has a compensation: " + step.name);
    }
    if (step.pivot && ++pivots > 1) return bad("Two pivots: " + definition.kind);
  }
  return base::ok_status();
}

int pivot_of(const Definition& definition) {
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    if (definition.steps[i].pivot) return static_cast<int>(i);
  }
  return -1;
}

bool past_pivot(const Definition& definition, const Position& at) {
  const int pivot = pivot_of(definition);
  return !at.backward && pivot >= 0 && at.step > pivot;
}

const Action& action_at(const Definition& definition, const Position& at) {
  const Step& step = step_at(definition, at);
  return at.backward ? step.compensation : step.action;
}

Decision after_start(const Definition& definition) {
  return move_to(forward_to(definition, {}, 0), "started");
}

Decision after_done(const Definition& definition, const Position& at) {
  CHECK(!ended(at));
  return move_to(next_of(definition, at), "done");
}

Decision after_failure(const Definition& definition, const Position& at, bool refused,
                       Effect effect) {
  CHECK(!ended(at));
  const Step& step = step_at(definition, at);
  const bool unknown_pivot = !refused && at_unknown_pivot(definition, at, effect);
  const bool must_succeed = at.backward || past_pivot(definition, at) || unknown_pivot;
  if (!refused && at.attempts + 1 < (must_succeed ? step.park_after : step.max_attempts)) {
    Position next = at;
    ++next.attempts;
    return {next, Then::kRetry, "failed"};
  }
  if (!must_succeed) return turn_back(definition, at, effect);
  Decision parked = park(at);
  ++parked.next.attempts;
  return parked;
}

Decision park(const Position& at) {
  CHECK(!ended(at));
  Position next = at;
  next.state = State::kParked;
  return {next, Then::kNothing, "parked"};
}

Decision after_deadline(const Definition& definition, const Position& at) {
  CHECK(!ended(at));
  const Effect effect =
      !at.backward && is_call(step_at(definition, at).action) ? Effect::kMaybe : Effect::kNone;
  if (at.backward || past_pivot(definition, at) || at_unknown_pivot(definition, at, effect)) {
    return {at, Then::kNothing, "overdue"};
  }
  return turn_back(definition, at, effect);
}

base::Result<Decision> resume(const Position& at) {
  if (ended(at)) {
    return base::fail(base::Code::kConflict, "saga_ended", "The saga has ended.");
  }
  Position next = at;
  next.attempts = 0;
  next.state = at.backward ? State::kCompensating : State::kRunning;
  return move_to(next, "resumed");
}

base::Result<Decision> skip(const Definition& definition, const Position& at) {
  if (at.state != State::kParked) {
    return base::fail(base::Code::kConflict, "saga_not_parked",
                      "Only the step of a parked saga can be skipped.");
  }
  Position from = at;
  if (!at.backward) from.skipped |= 1U << at.step;
  return move_to(next_of(definition, from), "skipped");
}

base::Result<Decision> compensate(const Definition& definition, const Position& at) {
  if (ended(at)) {
    return base::fail(base::Code::kConflict, "saga_ended", "The saga has ended.");
  }
  if (at.backward) {
    return base::fail(base::Code::kConflict, "saga_compensating",
                      "The saga goes back already; a parked one can be resumed.");
  }
  if (past_pivot(definition, at)) {
    return base::fail(base::Code::kConflict, "saga_past_pivot",
                      "The saga is past its point of no return: resume it, or skip the step.");
  }
  const Effect effect = is_call(step_at(definition, at).action) ? Effect::kMaybe : Effect::kNone;
  // Of a parked one the operator says that it has looked.
  if (at.state != State::kParked && at_unknown_pivot(definition, at, effect)) {
    return base::fail(base::Code::kConflict, "saga_pivot_unknown",
                      "The call that is the point of no return is on its way: wait for its end.");
  }
  return turn_back(definition, at, effect);
}

}  // namespace ashlar::sagas
