// The decisions of a saga, pure: where it stands and what happened, to where it stands then and
// what is to be done. The diagram and the invariants are saga.h's.
//
// Any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "platform/sagas/saga.h"

namespace ashlar::sagas {

struct Position {
  State state = State::kRunning;
  bool backward = false;      // also while parked
  int step = 0;               // kCompleted: their number; kCompensated: -1
  int attempts = 0;           // failed ones of the step since it came to it or was resumed
  std::uint32_t skipped = 0;  // bit i: the action of step i was skipped

  friend bool operator==(const Position&, const Position&) = default;
};

enum class Then : std::uint8_t {
  kNothing,  // ended, parked, or the command stays
  kCommand,  // a command for `next.step`, at once
  kRetry,    // the same after the pause before attempt next.attempts + 1
};

struct Decision {
  Position next;
  Then then = Then::kNothing;
  std::string_view event;  // of the timeline
};

// What is known about the action of the step under way when the saga turns back or fails.
enum class Effect : std::uint8_t {
  kNone,   // surely none
  kMaybe,  // a call that was, or may have been, made
};

// Of the step's names, pivot, compensations, bounds. Errors: kInvalid saga_definition.
base::Status check_definition(const Definition& definition);

[[nodiscard]] int pivot_of(const Definition& definition);  // -1: there is none
[[nodiscard]] bool past_pivot(const Definition& definition, const Position& at);

// What runs at this position. REQUIRES: running or compensating, or parked.
[[nodiscard]] const Action& action_at(const Definition& definition, const Position& at);

[[nodiscard]] Decision after_start(const Definition& definition);
// Of the action, or the compensation where it goes backward.
[[nodiscard]] Decision after_done(const Definition& definition, const Position& at);
[[nodiscard]] Decision after_failure(const Definition& definition, const Position& at, bool refused,
                                     Effect effect);
// A command was taken up again and again and nobody came back from it.
[[nodiscard]] Decision park(const Position& at);

// The whole saga's time is over. Where it may turn back it does; else it is only noted.
[[nodiscard]] Decision after_deadline(const Definition& definition, const Position& at);

// An operator's words. Errors: kConflict saga_ended, saga_not_parked (skip), saga_past_pivot,
// saga_pivot_unknown (compensate, while the pivot's call is under way), saga_compensating.
base::Result<Decision> resume(const Position& at);
base::Result<Decision> skip(const Definition& definition, const Position& at);
base::Result<Decision> compensate(const Definition& definition, const Position& at);

}  // namespace ashlar::sagas
