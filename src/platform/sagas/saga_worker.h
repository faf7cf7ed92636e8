// SagaWorker: what a saga's jobs do when a runner (or a test) works them.
//
//   saga.step     step(): load, action, move, next command in one transaction; an error rolls back
//                 and is written down by a second one
//   saga.call     call(): load, call (holds no thread), and when the answer is there, on a thread
//                 of ours: load again, fence, move, next command in one transaction
//   saga.timeout  timeout(): turns back what is late, in the transaction that ends the job
//
// Fences: a command's number (another move has been made since), and for calls the lease's attempt
// (the call was taken up again since). Either way nothing is written and the job ends. A job is
// done when what it came to is written down; it fails only where that cannot be written.
//
// Any thread. Whoever answers calls has ended before the worker does.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "platform/jobs/runner.h"
#include "platform/sagas/saga_mover.h"

namespace ashlar::runtime {
class WorkerPool;
}

namespace ashlar::sagas {

class SagaWorker {
 public:
  // All outlive it. `max_lost`: see Sagas::kMaxLost.
  SagaWorker(storage::Database& db, jobs::Jobs& jobs, SagaMover& mover, const base::Clock& clock,
             obs::Registry& metrics, int max_lost, int recorders);
  ~SagaWorker();
  SagaWorker(const SagaWorker&) = delete;
  SagaWorker& operator=(const SagaWorker&) = delete;

  jobs::Outcome step(const jobs::Attempt& attempt);
  void call(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done);
  base::Result<jobs::Outcome> timeout(const jobs::Attempt& attempt, storage::Transaction& tx);

  void stop();  // writes down what has been answered; idempotent

 private:
  struct Loaded;
  struct Calling;

  // `known`: this program has the step; else nothing was done.
  base::Status run_in(storage::Transaction& tx, const jobs::Attempt& attempt,
                      const Command& command, bool& known);
  jobs::Outcome record_error(const jobs::Attempt& attempt, const Command& command,
                             const base::Error& error);
  // nullopt: the command is an old one.
  base::Result<std::optional<Loaded>> load(storage::Transaction& tx, const Command& command);
  template <class Kind>
  static bool runs_here(const Loaded& saga);
  base::Status park_if_old(storage::Transaction& tx, base::TenantId tenant, Loaded& saga);
  base::Result<int> lost_before(storage::Transaction& tx, const jobs::LeasedJob& job);
  // Null: the command is an old one.
  base::Result<std::shared_ptr<Calling>> load_call(storage::Transaction& tx,
                                                   const jobs::Attempt& attempt,
                                                   const Command& command);
  static bool may_call(const Loaded& saga, int lost);
  base::Status give_up_lost(storage::Transaction& tx, const jobs::LeasedJob& job,
                            const Command& command);
  base::Status prepare(Calling& calling, base::Mono deadline);
  void answered(const std::shared_ptr<Calling>& calling, Answer answer);
  jobs::Outcome record_answer(const Calling& calling, const Answer& answer);
  base::Status write_answer(storage::Transaction& tx, const Calling& calling, const Answer& answer);

  storage::Database& db_;
  jobs::Jobs& jobs_;
  SagaMover& mover_;
  const base::Clock& clock_;
  const int max_lost_;
  obs::Counter& late_;
  std::unique_ptr<runtime::WorkerPool> recorders_;
};

}  // namespace ashlar::sagas
