#include "platform/jobs/crew.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;

// A database write that is one job's effect, until it is too late for it.
storage::Context context_of(const Hold& hold, base::Mono deadline) {
  if (hold.job.tenant.is_set()) return storage::Context::tenant(hold.job.tenant, deadline);
  return storage::Context::platform(storage::PlatformUse::kJobs, deadline);
}

constexpr std::size_t kMaxJobBytes = 2 * kMaxPayloadBytes;  // payload and meta

std::size_t bytes_of(const LeasedJob& job) { return job.payload.size() + job.meta.size(); }

std::string what_failed(const base::Error& error) {
  return std::string(error.reason) + ": " + error.detail;
}

}  // namespace

Crew::Crew(KindOptions options, const With& with)
    : options_(std::move(options)),
      with_(with),
      in_hand_(with.metrics.make_gauge("ashlar_jobs_running",
                                       "Leases in this process's hands, waiting or running.",
                                       {{"kind", options_.kind}})),
      lost_(with.metrics.make_counter("ashlar_jobs_lease_lost_total",
                                      "Ends refused since the lease was another's.",
                                      {{"kind", options_.kind}})),
      timeouts_(with.metrics.make_counter("ashlar_jobs_timeouts_total",
                                          "Attempts that outlived their timeout.",
                                          {{"kind", options_.kind}})),
      run_s_(with.metrics.make_histogram("ashlar_jobs_run_seconds",
                                         "From an attempt's begin until it was decided.",
                                         obs::latency_buckets_s(), {{"kind", options_.kind}})),
      acked_([this](LeaseRef ref, bool held) { forget(ref, held); }) {
  CHECK(!options_.kind.empty());
  CHECK(options_.concurrency >= 1 && options_.prefetch >= 1);
  CHECK(options_.lease.count() >= 3);
  CHECK(options_.max_bytes >= kMaxJobBytes);
}

Crew::~Crew() { stop(); }

void Crew::start(Acks& acks) {
  {
    const std::lock_guard lock(acks_mutex_);
    acks_ = &acks;
  }
  waiter_ = with_.jobs.wait_for(options_.kind, [this] {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    feeder_.notify_one();
  });
  renewed_ = with_.clock.mono();
  threads_.emplace_back([this] {
    runtime::set_thread_name("feed-" + options_.kind);
    feed();
  });
  const bool async = std::holds_alternative<AsyncHandler>(options_.handler);
  for (int i = 0; i < (async ? 1 : options_.concurrency); ++i) {
    threads_.emplace_back([this] {
      runtime::set_thread_name("job-" + options_.kind);
      work();
    });
  }
}

// Leases for which there is a place: what waits and runs, and a batch whose end is being committed.
int Crew::wanted() const {
  const int waiting = static_cast<int>(waiting_.size());
  const int held = static_cast<int>(held_.size());
  const int most = options_.concurrency + options_.prefetch;
  const int room =
      std::min({most - waiting - running_, most + options_.prefetch - held, Jobs::kMaxLease});
  // Batches: not before half of what may wait has gone.
  if (room < std::max(1, options_.prefetch / 2)) return 0;
  const std::size_t left = options_.max_bytes - std::min(options_.max_bytes, bytes_);
  return static_cast<int>(
      std::min<std::size_t>(static_cast<std::size_t>(room), left / kMaxJobBytes));
}

void Crew::drop(std::unordered_map<JobId, std::shared_ptr<Hold>>::iterator held) {
  bytes_ -= bytes_of(held->second->job);
  held_.erase(held);
  in_hand_.add(-1);
}

void Crew::feed() {
  std::unique_lock lock(mutex_);
  while (feeding_) {
    const auto ready = [&] { return !feeding_ || (woken_ && wanted() > 0); };
    if (!feeder_.wait_for(lock, Jobs::kPoll, ready)) woken_ = true;
    if (!feeding_) return;
    const int want = wanted();
    if (!woken_ || want == 0) continue;
    woken_ = false;
    lock.unlock();
    lease_some(want);
    lock.lock();
  }
}

void Crew::lease_some(int want) {
  LeaseRequest request;
  request.kind = options_.kind;
  request.max = want;
  request.lease = options_.lease;
  request.worker = with_.worker;
  base::Result<std::vector<LeasedJob>> leased = with_.jobs.lease(request);
  if (!leased.ok()) {
    with_.log.warn("jobs: nothing can be leased, it is tried again",
                   {{"kind", options_.kind},
                    {"reason", leased.error().reason},
                    {"detail", leased.error().detail}});
    return;
  }
  if (leased->empty()) return;
  in_hand_.add(static_cast<std::int64_t>(leased->size()));
  std::vector<std::shared_ptr<Hold>> late;
  {
    const std::lock_guard lock(mutex_);
    if (static_cast<int>(leased->size()) == want) woken_ = true;  // there may be more
    for (LeasedJob& job : *leased) {
      auto hold = std::make_shared<Hold>(std::move(job));
      // Its lease before this one may be here still, lost.
      if (const auto lost = held_.find(hold->job.ref.id); lost != held_.end()) drop(lost);
      held_.emplace(hold->job.ref.id, hold);
      bytes_ += bytes_of(hold->job);
      if (feeding_) {
        waiting_.push_back(std::move(hold));
      } else {
        late.push_back(std::move(hold));
      }
    }
    workers_.notify_all();
  }
  for (const auto& hold : late) decide(hold, Outcome::snoozed(with_.clock.now()));
}

std::shared_ptr<Hold> Crew::begin_next() {
  std::unique_lock lock(mutex_);
  for (;;) {
    workers_.wait(
        lock, [&] { return stopping_ || (!waiting_.empty() && running_ < options_.concurrency); });
    if (stopping_) return nullptr;
    std::shared_ptr<Hold> hold = std::move(waiting_.front());
    waiting_.pop_front();
    if (woken_ && wanted() > 0) feeder_.notify_one();
    if (hold->decided) continue;  // lost while it waited
    hold->begun = true;
    hold->deadline = with_.clock.mono() + hold->job.timeout;
    ++running_;
    return hold;
  }
}

void Crew::work() {
  while (const std::shared_ptr<Hold> hold = begin_next()) run(hold);
}

void Crew::run(const std::shared_ptr<Hold>& hold) {
  const Attempt attempt{hold->job, hold->deadline, &hold->stop_asked};
  if (const auto* handler = std::get_if<Handler>(&options_.handler)) {
    Outcome outcome = call(*handler, attempt);
    leave();
    decide(hold, std::move(outcome));
  } else if (const auto* in_tx = std::get_if<TransactionHandler>(&options_.handler)) {
    run_in_transaction(*in_tx, hold);
  } else {
    run_async(std::get<AsyncHandler>(options_.handler), hold);
  }
}

Outcome Crew::call(const Handler& handler, const Attempt& attempt) {
  try {
    return handler(attempt);
  } catch (const std::exception& thrown) {
    return Outcome::failed(thrown.what());
  } catch (...) {
    return Outcome::failed("an exception that is no std::exception");
  }
}

void Crew::run_in_transaction(const TransactionHandler& handler,
                              const std::shared_ptr<Hold>& hold) {
  const Attempt attempt{hold->job, hold->deadline, &hold->stop_asked};
  const base::Status done =
      with_.db.write(context_of(*hold, hold->deadline), [&](Transaction& tx) -> base::Status {
        base::Result<Outcome> outcome = handler(attempt, tx);
        if (!outcome.ok()) return std::move(outcome).error();
        return with_.jobs.end(tx, hold->job.tenant, {hold->job.ref, *std::move(outcome)});
      });
  leave();
  if (done.ok()) return ended_here(hold, true);
  const bool lost = std::string_view(done.error().reason) == "lease_lost";
  if (lost) return ended_here(hold, false);
  decide(hold, Outcome::failed(what_failed(done.error())));
}

void Crew::run_async(const AsyncHandler& handler, const std::shared_ptr<Hold>& hold) {
  const Attempt attempt{hold->job, hold->deadline, &hold->stop_asked};
  const auto done = [weak = weak_from_this(), hold](Outcome outcome) {
    if (const std::shared_ptr<Crew> crew = weak.lock()) crew->decide(hold, std::move(outcome));
  };
  try {
    handler(attempt, done);
  } catch (const std::exception& thrown) {
    done(Outcome::failed(thrown.what()));
  } catch (...) {
    done(Outcome::failed("an exception that is no std::exception"));
  }
}

// Once a hold; what comes later is not heard.
void Crew::decide(const std::shared_ptr<Hold>& hold, Outcome outcome) {
  if (hold->decided.exchange(true)) return;
  if (hold->begun) {
    const base::Mono begun = hold->deadline - hold->job.timeout;
    run_s_.observe(std::chrono::duration<double>(with_.clock.mono() - begun).count());
  }
  {
    const std::lock_guard lock(acks_mutex_);
    if (acks_ != nullptr) acks_->add({hold->job.ref, std::move(outcome)}, acked_);
  }
  // Only now: whoever waits for the last to leave closes the acknowledgements then.
  if (hold->begun && std::holds_alternative<AsyncHandler>(options_.handler)) leave();
}

// A transaction has ended the job, or found the lease lost. Where the deadline was told first, its
// own end is refused and forgets the hold.
void Crew::ended_here(const std::shared_ptr<Hold>& hold, bool held) {
  if (hold->decided.exchange(true)) return;
  const base::Mono begun = hold->deadline - hold->job.timeout;
  run_s_.observe(std::chrono::duration<double>(with_.clock.mono() - begun).count());
  forget(hold->job.ref, held);
}

// A handler has returned: its place is free.
void Crew::leave() {
  const std::lock_guard lock(mutex_);
  --running_;
  if (running_ == 0) idle_.notify_all();
  if (!waiting_.empty()) workers_.notify_one();
  if (woken_) feeder_.notify_one();
}

void Crew::forget(LeaseRef ref, bool held) {
  if (!held) lost_.add();
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(ref.id);
  if (found == held_.end() || found->second->job.ref.attempt != ref.attempt) return;
  drop(found);
  if (woken_) feeder_.notify_one();
}

std::size_t Crew::look_after(base::Mono now) {
  std::vector<std::shared_ptr<Hold>> overdue;
  std::size_t left = 0;
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, hold] : held_) {
      if (hold->begun && !hold->decided && now >= hold->deadline) overdue.push_back(hold);
    }
    left = held_.size();
    due = left > 0 && now - renewed_ >= options_.lease / 3;
    if (left == 0) renewed_ = now;
  }
  for (const auto& hold : overdue) {
    hold->stop_asked = true;
    timeouts_.add();
    decide(hold, Outcome::failed("timeout"));
  }
  if (due) renew(now);
  return left;
}

void Crew::renew(base::Mono now) {
  std::vector<std::shared_ptr<Hold>> holds;
  {
    const std::lock_guard lock(mutex_);
    renewed_ = now;
    for (const auto& [id, hold] : held_) holds.push_back(hold);
  }
  std::vector<LeaseRef> refs;
  for (std::size_t from = 0; from < holds.size(); from += refs.size()) {
    refs.clear();
    for (std::size_t i = from; i < holds.size() && refs.size() < Jobs::kMaxBatch; ++i) {
      refs.push_back(holds[i]->job.ref);
    }
    const auto renewed = with_.jobs.renew(refs, options_.lease);
    if (!renewed.ok()) {
      with_.log.warn("jobs: leases cannot be renewed, it is tried again",
                     {{"kind", options_.kind}, {"reason", renewed.error().reason}});
      return;
    }
    for (std::size_t i = 0; i < refs.size(); ++i) {
      Hold& hold = *holds[from + i];
      if ((*renewed)[i].cancel_asked) hold.stop_asked = true;
      if ((*renewed)[i].held || hold.decided) continue;
      // Another has it, or it ended without us: what is still to be begun is not begun.
      hold.stop_asked = true;
      bool begun = false;
      {
        const std::lock_guard lock(mutex_);
        begun = hold.begun;
      }
      if (!begun && !hold.decided.exchange(true)) forget(hold.job.ref, false);
    }
  }
}

void Crew::stop_feeding() {
  waiter_.reset();
  std::deque<std::shared_ptr<Hold>> back;
  {
    const std::lock_guard lock(mutex_);
    feeding_ = false;
    back.swap(waiting_);
    feeder_.notify_all();
  }
  for (const auto& hold : back) decide(hold, Outcome::snoozed(with_.clock.now()));
}

void Crew::drain(base::Mono until) {
  std::unique_lock lock(mutex_);
  while (running_ > 0) {
    const base::Mono now = with_.clock.mono();
    if (now >= until) break;
    idle_.wait_for(lock, std::min<std::chrono::nanoseconds>(until - now, Runner::kTick));
  }
  for (const auto& [id, hold] : held_) hold->stop_asked = true;
}

void Crew::stop() {
  {
    const std::lock_guard lock(mutex_);
    feeding_ = false;
    stopping_ = true;
    feeder_.notify_all();
    workers_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Crew::release() {
  const std::lock_guard lock(acks_mutex_);
  acks_ = nullptr;
}

}  // namespace ashlar::jobs
