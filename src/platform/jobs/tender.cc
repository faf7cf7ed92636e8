#include "platform/jobs/tender.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "platform/jobs/alarm.h"
#include "platform/jobs/job_metrics.h"
#include "platform/jobs/leasing.h"
#include "platform/jobs/mend_store.h"
#include "platform/jobs/views_store.h"
#include "platform/jobs/waker.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;

storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kJobs).read_committed();
}

}  // namespace

Tender::Tender(const Jobs::Options& options, storage::Database& db, const base::Clock& clock,
               Leasing& leasing, JobMetrics& metrics, Waker& waker, Alarm& alarm, obs::Log& log)
    : options_(options),
      db_(db),
      clock_(clock),
      leasing_(leasing),
      metrics_(metrics),
      waker_(waker),
      alarm_(alarm),
      log_(log) {}

Tender::~Tender() { stop(); }

void Tender::start() {
  if (thread_.joinable()) return;
  alarm_.restart();
  thread_ = std::thread([this] {
    runtime::set_thread_name("jobs-tender");
    run();
  });
}

void Tender::stop() {
  alarm_.stop();
  if (thread_.joinable()) thread_.join();
}

void Tender::run() {
  std::optional<base::Mono> rare;
  bool failing = false;
  do {
    for (const std::string& kind : alarm_.take_due(clock_.now())) waker_.wake(kind);
    base::Status done = do_chores();
    if (done.ok()) done = note_next_due();
    if (done.ok() && (!rare.has_value() || clock_.mono() - *rare >= kRareEvery)) {
      rare = clock_.mono();
      done = take_paused();
      if (done.ok()) done = sweep();
      if (done.ok()) done = show_depths();
    }
    if (!done.ok() && !failing) {
      log_.warn("jobs: housekeeping fails, it is tried again",
                {{"reason", done.error().reason}, {"detail", done.error().detail}});
    }
    failing = !done.ok();
  } while (alarm_.wait(clock_, Jobs::kPoll));
}

base::Status Tender::tend() {
  ASHLAR_TRY(do_chores());
  ASHLAR_TRY(take_paused());
  ASHLAR_TRY(sweep());
  return show_depths();
}

base::Status Tender::do_chores() {
  for (int batch = 0; batch < kBatches; ++batch) {
    const store::Chores all{.notes = false, .due = true, .lost = true};
    ASHLAR_ASSIGN(const std::int64_t touched,
                  db_.write(context(), [&](Transaction& tx) -> base::Result<std::int64_t> {
                    ASHLAR_TRY(store::use_indexed_plans(tx, db_.dialect()));
                    return leasing_.do_chores(tx, clock_.now(), all, "");
                  }));
    if (touched < Leasing::kChoresAtOnce) break;
  }
  return base::ok_status();
}

base::Status Tender::take_paused() {
  for (int batch = 0; batch < kBatches; ++batch) {
    ASHLAR_ASSIGN(const std::int64_t taken,
                  db_.write(context(), [&](Transaction& tx) -> base::Result<std::int64_t> {
                    ASHLAR_TRY(store::use_indexed_plans(tx, db_.dialect()));
                    return leasing_.take_paused(tx, clock_.now());
                  }));
    if (taken < Leasing::kChoresAtOnce) break;
  }
  return base::ok_status();
}

base::Status Tender::note_next_due() {
  ASHLAR_ASSIGN(const std::optional<base::Time> due,
                db_.read(context(), [&](Transaction& tx) { return store::next_due(tx); }));
  if (due.has_value()) alarm_.at(*due);
  return base::ok_status();
}

base::Status Tender::sweep() {
  const base::Time now = clock_.now();
  const std::vector<std::pair<store::Ending, base::Time>> bounds{
      {store::Ending::kDone, now - options_.keep_done},
      {store::Ending::kDead, now - options_.keep_dead},
      {store::Ending::kCancelled, now - options_.keep_done}};
  for (const auto& [state, before] : bounds) {
    for (int batch = 0; batch < kBatches; ++batch) {
      ASHLAR_ASSIGN(const std::int64_t gone,
                    db_.write(context(), [&](Transaction& tx) -> base::Result<std::int64_t> {
                      ASHLAR_TRY(store::use_indexed_plans(tx, db_.dialect()));
                      return store::sweep(tx, db_.dialect(), state, before, Jobs::kMaxBatch);
                    }));
      if (gone < Jobs::kMaxBatch) break;
    }
  }
  return base::ok_status();
}

base::Status Tender::show_depths() {
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const std::vector<store::KindDepth> depths,
                db_.read(context(), [&](Transaction& tx) {
                  return store::kind_depths(tx, db_.dialect(), now);
                }));
  std::set<std::string> empty = shown_;
  for (const store::KindDepth& depth : depths) {
    JobMetrics::Kind& metrics = metrics_.of(depth.kind);
    metrics.ready.set(depth.ready);
    const auto age = std::chrono::duration_cast<base::Seconds>(now - depth.oldest);
    metrics.oldest_ready_s.set(std::max<std::int64_t>(age.count(), 0));
    empty.erase(depth.kind);
    shown_.insert(depth.kind);
  }
  for (const std::string& kind : empty) {
    metrics_.of(kind).ready.set(0);
    metrics_.of(kind).oldest_ready_s.set(0);
    shown_.erase(kind);
  }
  return base::ok_status();
}

}  // namespace ashlar::jobs
