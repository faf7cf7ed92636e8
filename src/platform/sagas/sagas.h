// Sagas: starts sagas, works their steps as jobs, and lets people look and mend. What a saga is,
// its states and invariants: saga.h.
//
//   sagas.define({.kind = "checkout", .steps = {…}});     // before the runner starts
//   sagas.work_on(runner);
//   db.write(context, [&](Transaction& tx) {
//     … the order is placed …
//     return sagas.start(tx, {.kind = "checkout", .correlation = "order 17", …});
//   });
//
// Promises
//  1. start() commits with its transaction or not at all; of a (tenant, kind, correlation) there is
//     one saga, as long as it is kept.
//  2. A transactional step's effect, the saga's move, the timeline and the next command are one
//     transaction; it takes effect once, whoever else may think that it holds the command.
//  3. A call's outcome counts only where its command is still the saga's, and its lease still the
//     last one: an answer that is late changes nothing and is counted.
//  4. A command that kMaxLost times was taken up and never came back (a process that dies of it) is
//     parked, not tried for ever.
//  5. What is parked is an error in the log, a count in ashlar_sagas_parked and an event
//     saga.parked (aggregate "saga"), of the same transaction.
//
// The commands are jobs of the kinds saga.step and saga.call, their queue is the saga's kind (so
// that a kind can be paused), their retries the saga's own. A definition may change while sagas of
// it live: steps are known by their names; a saga at a step that is gone is parked.
//
// start() runs in a tenant's transaction or, with `tenant`, in a platform one; find(), list() and
// the rest in a tenant's. Any thread.
// Errors beside storage's and those of saga_machine.h: kInvalid saga_unknown_kind, saga_invalid
// (the detail names the bound); kNotFound saga_not_found.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/sagas/saga.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
class Outbox;
}
namespace ashlar::jobs {
class Runner;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::sagas {

inline constexpr std::string_view kStepJob = "saga.step";
inline constexpr std::string_view kCallJob = "saga.call";
inline constexpr std::string_view kTimeoutJob = "saga.timeout";

struct SagaFilter {
  std::optional<State> state;
  std::optional<std::string> kind, correlation;
};

class Sagas {
 public:
  static constexpr int kMaxLost = 20;
  static constexpr int kMaxListed = 500;

  struct Options {
    int step_threads = 16;  // transactional steps at once
    int calls = 256;        // calls on their way at once
    int recorders = 8;      // threads that write down what calls came to
    base::Seconds keep_ended{30 * 24 * 3600};
    std::uint64_t seed = 1;  // of jitter
  };
  // All outlive it.
  Sagas(Options options, storage::Database& db, jobs::Jobs& jobs, events::Outbox& outbox,
        const base::Clock& clock, obs::Registry& metrics, obs::Log& log);
  ~Sagas();
  Sagas(const Sagas&) = delete;
  Sagas& operator=(const Sagas&) = delete;

  // REQUIRES: a sound definition (check_definition), one of its kind; before work_on().
  void define(Definition definition);
  // Registers the kinds of jobs; before the runner's start(), which ends before stop().
  void work_on(jobs::Runner& runner);
  // Housekeeping: the gauge, retention.
  void start();
  // When the runner has stopped. Idempotent.
  void stop();
  // One round of housekeeping.
  base::Status tend();

  base::Result<Started> start(storage::Transaction& tx, const NewSaga& saga);
  base::Result<Started> start_for(storage::Transaction& tx, base::TenantId tenant,
                                  const NewSaga& saga);

  base::Result<SagaView> find(storage::Transaction& tx, SagaId id);
  base::Result<std::vector<SagaView>> list(storage::Transaction& tx, const SagaFilter& filter,
                                           SagaId before, int limit);
  base::Result<std::vector<SagaMove>> timeline(storage::Transaction& tx, SagaId id,
                                               std::int64_t after, int limit);

  // What an operator may say; `who` goes into the timeline. Each with a new command: what is under
  // way for the old one counts no more.
  base::Status resume(storage::Transaction& tx, SagaId id, std::string_view who);
  base::Status skip(storage::Transaction& tx, SagaId id, std::string_view who);
  base::Status compensate(storage::Transaction& tx, SagaId id, std::string_view who);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::sagas
