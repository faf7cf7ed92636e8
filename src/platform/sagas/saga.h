// Saga: a change over several parties that cannot share one transaction: steps, each with what
// takes it back, driven to an end that leaves nothing half done.
//
//   start ──> [running] ── last step done: after_done ──────────────────────> [completed]
//              │  ^   │ before the pivot: refused, attempts used up, late, compensate(): turn_back
//              │  │   └──> [compensating] ── nothing left to undo: after_done ──> [compensated]
//   after the  │  │ resume, skip      │  ^ resume, skip
//   pivot:     v  │                   v  │
//   park      [parked, forward]      [parked, backward]     refused or attempts used up: park
//                  └── compensate(), up to the pivot: turn_back ──> [compensating]
//
// (The functions are those of saga_machine.h; Sagas, sagas.h, calls them inside a transaction.)
//
// Invariants
//  1. The state and the next command (a job) commit together: a saga that runs or compensates has
//     one command that counts; its number stands in the row, and another's outcome changes nothing.
//  2. Each change of state is a row of the timeline, of the same transaction.
//  3. Steps run in order, each after the one before has ended. What a step adds to `data` commits
//     with its outcome.
//  4. Compensation goes in reverse order over all steps that are done, and over the one under way
//     where it may have had an effect. Steps without a compensation, and those whose action an
//     operator skipped, are passed over.
//  5. Up to the pivot a saga may turn back; once the pivot is done only forward. A call that is the
//     pivot and whose outcome is unknown does not turn back either: it is repeated, then parked.
//  6. Compensations, and steps after the pivot, are tried again and again with growing pauses, and
//     then parked: an error in the log, a metric, an event saga.parked. Nothing is given up
//     silently, and nothing is called done that is not.
//  7. completed and compensated are final.
//
// Where the process may die, and what happens then (sagas_crash_test.cc, row by row)
//   before start's commit                     there is no saga, and no cause for one
//   after it                                  the command is there: a runner takes it up
//   in a transactional step, before commit    nothing of it happened; it runs again when the lease
//                                             has run out
//   after its commit, before the job's end    the command is an old one by then: it does nothing
//   before or during a call                   it is made again with the same idempotency key
//   after the call, before its outcome's      the same; the service answers what it answered before
//   commit
//   after that, before the job's end          the command is an old one: it does nothing
//   anywhere while compensating               the same, with the compensation's own key
//   a saga turns back while a call is on the  the compensation may come first: the service notes
//   way                                       it, and the action that comes then does nothing
//                                             (participant.h)
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/jobs/jobs.h"
#include "platform/json/value.h"

namespace ashlar::sagas {

using SagaId = base::StrongId<struct SagaTag>;

inline constexpr std::size_t kMaxSteps = 32;
inline constexpr std::size_t kMaxKindBytes = 100;
inline constexpr std::size_t kMaxStepBytes = 60;  // [a-z0-9_-]: it is part of idempotency keys
inline constexpr std::size_t kMaxCorrelationBytes = 200;
inline constexpr std::size_t kMaxDataBytes = 64 * 1024;  // as JSON
inline constexpr std::size_t kMaxErrorBytes = 1000;      // longer is cut

// What a step is given.
struct StepCall {
  SagaId saga;
  base::TenantId tenant;
  std::string_view correlation;
  std::string_view step;
  bool compensating = false;
  int attempt = 1;  // of this command, those whose outcome nobody learned among them
  base::Mono deadline{};
  // "saga-12-charge", "saga-12-charge-undo": the same in each attempt, never another's.
  std::string_view idempotency_key;
  std::string_view traceparent;
  const json::Value& data;  // an object: what start() was given and the steps before have added
};

// A step whose effect is in this database: it commits with the saga's move, once. Runs in a write
// of the tenant, maybe more than once (storage/database.h, 3). The object's members are put into
// `data` (the same names replaced). An error rolls back; is_refusal() says whether it is final.
using TransactionStep =
    std::function<base::Result<json::Value::Object>(storage::Transaction&, const StepCall&)>;

// What became of a call.
struct Answer {
  enum class Kind : std::uint8_t {
    kDone,
    kFailed,   // maybe done, maybe not: to be tried again
    kRefused,  // surely not done, and never will be
  };
  Kind kind = Kind::kDone;
  json::Value::Object add;             // kDone: put into `data`
  std::string error;                   // else, for the person who looks; no secrets
  std::optional<base::Time> retry_at;  // kFailed: not before

  static Answer done(json::Value::Object add = {}) { return {Kind::kDone, std::move(add), {}, {}}; }
  static Answer failed(std::string error, std::optional<base::Time> at = {}) {
    return {Kind::kFailed, {}, std::move(error), at};
  }
  static Answer refused(std::string error) { return {Kind::kRefused, {}, std::move(error), {}}; }
};

// A step whose effect is elsewhere: at least once, with the idempotency key. `done` is called once,
// from any thread, by the deadline; the StepCall is valid until then. Holds no thread meanwhile.
using CallStep = std::function<void(const StepCall&, std::function<void(Answer)> done)>;

using Action = std::variant<std::monostate, TransactionStep, CallStep>;

struct Step {
  std::string name;
  Action action;                 // not monostate
  Action compensation{};         // monostate: there is nothing to take back
  base::Millis timeout{30'000};  // of one attempt
  jobs::RetryPlan retry = jobs::RetryPlan::standard();
  int max_attempts = 5;  // of an action that may turn back; then it does
  int park_after = 30;   // attempts of what must succeed; then it is parked
  bool pivot = false;    // at most one step
};

struct Definition {
  std::string kind;
  std::vector<Step> steps;
  std::optional<base::Seconds> timeout{};  // of the whole: up to the pivot it then turns back
  bool announce_end = false;               // events saga.completed and saga.compensated
};

struct NewSaga {
  std::string kind;
  std::string correlation;  // "order 17": one saga of this kind for it in a tenant
  json::Value::Object data{};
  std::string traceparent{};
};

struct Started {
  SagaId id;
  bool existed = false;  // by correlation; nothing was written
};

enum class State : std::uint8_t { kRunning, kCompensating, kParked, kCompleted, kCompensated };
std::string_view state_name(State state);  // "running", …
std::optional<State> state_of(std::string_view name);

struct SagaView {
  SagaId id;
  std::string kind, correlation;
  State state = State::kRunning;
  bool compensating = false;  // direction, also of a parked one
  std::string step;           // under way or parked at; empty when ended
  int attempts = 0;           // failed ones of that step
  std::string data;           // JSON
  std::string error;          // the last one; of what it turned back or was parked for
  base::Time started_at{}, updated_at{};
  std::optional<base::Time> next_attempt_at, deadline, ended_at;
};

// A row of the timeline.
struct SagaMove {
  std::int64_t version = 0;  // 1, 2, …
  base::Time at{};
  std::string event;  // started, done, failed, turned, parked, resumed, skipped, overdue
  std::string step;
  bool compensating = false;
  int attempt = 0;
  State state = State::kRunning;  // after it
  std::string error;
  std::optional<base::Time> next_attempt_at;
};

// Whether an error of a TransactionStep says that it will never succeed: the caller's fault or the
// facts' (kInvalid, kForbidden, kNotFound, kGone, kConflict, kPreconditionFailed), but not
// storage_conflict, overload, deadlines and our own faults.
bool is_refusal(const base::Error& error);

}  // namespace ashlar::sagas
