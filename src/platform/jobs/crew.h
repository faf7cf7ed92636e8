// Crew: those who work the jobs of one kind: a feeder that leases, workers that call the handler.
//
//   feeder: lease ──> waiting ──worker: begin──> running ──decide──> Acks ──> gone
//                        │                          │
//                        │ stop: given back         ├── deadline: failed("timeout") (look_after)
//                        v                          └── a TransactionHandler ends its job itself
//                      Acks
//
// Invariants
//  1. Whoever sets Hold::decided says what becomes of the attempt, nobody else.
//  2. A hold is in held_ from its lease until its end is committed or given up: so long it is
//     renewed.
//  3. running_ <= concurrency; waiting_ <= prefetch and the leases under way; their payloads and
//     metas <= max_bytes.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "platform/jobs/acks.h"
#include "platform/jobs/hold.h"
#include "platform/jobs/runner.h"

namespace ashlar::obs {
class Gauge;
class Histogram;
class Counter;
}  // namespace ashlar::obs

namespace ashlar::jobs {

class Crew : public std::enable_shared_from_this<Crew> {
 public:
  // All outlive stop(); `worker` too.
  struct With {
    Jobs& jobs;
    storage::Database& db;
    const base::Clock& clock;
    obs::Registry& metrics;
    obs::Log& log;
    std::string worker;
  };
  Crew(KindOptions options, const With& with);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void start(Acks& acks);
  // No more leases; what was not begun is given back.
  void stop_feeding();
  // Until no handler runs, at most so long.
  void drain(base::Mono until);
  // Joins the threads.
  void stop();
  // From now on nothing is acknowledged any more.
  void release();

  // Renews what is due, ends what is overdue. How many holds there are. The Runner's keeper.
  std::size_t look_after(base::Mono now);

 private:
  void feed();
  void lease_some(int want);
  void work();
  std::shared_ptr<Hold> begin_next();
  void run(const std::shared_ptr<Hold>& hold);
  Outcome call(const Handler& handler, const Attempt& attempt);
  void run_in_transaction(const TransactionHandler& handler, const std::shared_ptr<Hold>& hold);
  void run_async(const AsyncHandler& handler, const std::shared_ptr<Hold>& hold);
  void decide(const std::shared_ptr<Hold>& hold, Outcome outcome);
  void ended_here(const std::shared_ptr<Hold>& hold, bool held);
  void leave();
  void renew(base::Mono now);
  void forget(LeaseRef ref, bool held);
  // How many may be leased now, 0: not yet.
  [[nodiscard]] int wanted() const;
  void drop(std::unordered_map<JobId, std::shared_ptr<Hold>>::iterator held);

  const KindOptions options_;
  const With with_;
  obs::Gauge& in_hand_;
  obs::Counter& lost_;
  obs::Counter& timeouts_;
  obs::Histogram& run_s_;
  const Acks::Done acked_;
  std::unique_ptr<Jobs::Waiter> waiter_;

  std::mutex acks_mutex_;  // guards acks_; taken after nothing, before nothing but Acks'
  Acks* acks_ = nullptr;   // null before start() and after release()

  std::mutex mutex_;  // guards what follows
  std::condition_variable feeder_;
  std::condition_variable workers_;
  std::condition_variable idle_;
  std::deque<std::shared_ptr<Hold>> waiting_;
  std::unordered_map<JobId, std::shared_ptr<Hold>> held_;
  std::size_t bytes_ = 0;  // of those in held_
  int running_ = 0;
  bool woken_ = true;
  bool feeding_ = true;
  bool stopping_ = false;
  base::Mono renewed_{};

  std::vector<std::thread> threads_;
};

}  // namespace ashlar::jobs
