// Tender: the engine's housekeeping, a thread of its own: what is due becomes ready on the minute
// it is due (not when somebody next asks), lost leases are taken, retention, figures for the
// metrics.
//
// Every process on a database may run one: they take rows that no other has (SKIP LOCKED).
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/result.h"
#include "base/time.h"
#include "platform/jobs/jobs.h"

namespace ashlar::jobs {

class Alarm;
class JobMetrics;
class Leasing;
class Waker;

class Tender {
 public:
  static constexpr base::Millis kRareEvery{10'000};  // retention, figures
  static constexpr int kBatches = 50;                // of one round

  // All outlive it.
  Tender(const Jobs::Options& options, storage::Database& db, const base::Clock& clock,
         Leasing& leasing, JobMetrics& metrics, Waker& waker, Alarm& alarm, obs::Log& log);
  ~Tender();
  Tender(const Tender&) = delete;
  Tender& operator=(const Tender&) = delete;

  void start();
  void stop();
  // One round: everything, whenever the last one was.
  base::Status tend();

 private:
  void run();
  base::Status do_chores();
  base::Status take_paused();
  base::Status sweep();
  base::Status show_depths();
  base::Status note_next_due();

  const Jobs::Options options_;
  storage::Database& db_;
  const base::Clock& clock_;
  Leasing& leasing_;
  JobMetrics& metrics_;
  Waker& waker_;
  Alarm& alarm_;
  obs::Log& log_;

  std::set<std::string> shown_;  // kinds with a depth; the tender's thread, or who calls tend()
  std::thread thread_;
};

}  // namespace ashlar::jobs
