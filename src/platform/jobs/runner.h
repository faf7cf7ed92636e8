// Runner: threads of this process that work the jobs of registered kinds.
//
//   lease batch ──> handler on a worker thread ──> Outcome ──> acknowledged in batches (end_many)
//        │                └── TransactionHandler: effect and end in one transaction (end)
//        └── renewed every third of the lease until it has ended
//
// Promises
//  1. At most `concurrency` handlers of a kind at once, at most `prefetch` more leased and waiting.
//  2. A handler that outlives the job's timeout is told by its deadline; its outcome then is
//     failed("timeout"), whatever it says later, where the lease is still ours (found within
//     kTick).
//  3. An exception is failed(what()); it ends no thread.
//  4. stop() takes no more, waits for running handlers up to `drain`, then asks them to stop
//     (cancel_asked) and joins their threads: a handler that heeds neither its deadline nor that
//     holds it up. What was leased and not begun is given back (snoozed to now).
//  5. Handlers that wait for the network run asynchronously (AsyncHandler): they hold no thread.
//  6. A cancel reaches the handler by cancel_asked() within a third of the lease.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/time.h"
#include "platform/jobs/jobs.h"

namespace ashlar::jobs {

struct Attempt {
  const LeasedJob& job;
  base::Mono deadline{};                          // of this attempt
  const std::atomic<bool>* stop_asked = nullptr;  // set by the Runner

  // Whether a person has cancelled it, or the Runner stops: ending early is polite.
  [[nodiscard]] bool cancel_asked() const {
    return stop_asked != nullptr && stop_asked->load(std::memory_order_relaxed);
  }
};

// Effects elsewhere (memory, other systems): at least once.
using Handler = std::function<Outcome(const Attempt&)>;
// Effects in the database: once. Runs in a write of the job's tenant (of the platform under kJobs
// where the job has none), maybe more than once (storage/database.h, 3). An error rolls back and
// fails the attempt.
using TransactionHandler =
    std::function<base::Result<Outcome>(const Attempt&, storage::Transaction& tx)>;
// Calls `done` once, from any thread; the job is valid until then. A second call, or one after the
// Runner is gone, does nothing.
using AsyncHandler = std::function<void(const Attempt&, std::function<void(Outcome)> done)>;

struct KindOptions {
  std::string kind;
  std::variant<Handler, TransactionHandler, AsyncHandler> handler;
  int concurrency = 4;
  int prefetch = 100;  // at least 1
  // Of the payloads and metas in hand, so that few large ones do not fill the memory: no more is
  // leased than fits if each is as large as it may be.
  std::size_t max_bytes = std::size_t{512} << 20U;
  base::Millis lease{30'000};
  RetryPlan retry = RetryPlan::standard();
};

class Runner {
 public:
  static constexpr base::Millis kTick{100};

  // All outlive it. `worker` names this process in leases.
  Runner(Jobs& jobs, storage::Database& db, std::string worker, const base::Clock& clock,
         obs::Registry& metrics, obs::Log& log);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void add(KindOptions options);  // before start()
  void start();
  void stop(base::Millis drain = base::Millis{5'000});  // idempotent

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::jobs
