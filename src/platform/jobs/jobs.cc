#include "platform/jobs/jobs.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "platform/jobs/alarm.h"
#include "platform/jobs/ending.h"
#include "platform/jobs/enqueue_store.h"
#include "platform/jobs/gates.h"
#include "platform/jobs/job_metrics.h"
#include "platform/jobs/leasing.h"
#include "platform/jobs/mend_store.h"
#include "platform/jobs/retry_plans.h"
#include "platform/jobs/tender.h"
#include "platform/jobs/views_store.h"
#include "platform/jobs/waker.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;

constexpr base::Millis kLongestTimeout{7LL * 24 * 3600 * 1000};
constexpr base::Millis kLongestDelay{366LL * 24 * 3600 * 1000};
constexpr std::int64_t kMaxKeyLimit = 1'000'000;
constexpr base::Time kLatest = base::from_micros(253'402'300'799'000'000);  // year 9999

base::Error invalid(std::string detail) {
  return base::fail(base::Code::kInvalid, "job_invalid", std::move(detail));
}
base::Error not_found() {
  return base::fail(base::Code::kNotFound, "job_not_found", "there is no such job");
}

bool is_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && base::is_utf8(text);
}
bool is_name(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && is_text(text);
}

base::Status check(const NewJob& job) {
  const auto key_fits = [](const std::optional<std::string>& key) {
    return !key.has_value() || is_name(*key, kMaxKeyBytes);
  };
  const std::array<std::pair<bool, const char*>, 12> rules{{
      {is_name(job.kind, kMaxNameBytes), "kind: 1 to 128 bytes of UTF-8"},
      {is_name(job.queue, kMaxNameBytes), "queue: 1 to 128 bytes of UTF-8"},
      {job.payload.size() <= kMaxPayloadBytes && is_text(job.payload),
       "payload: at most 262144 bytes of UTF-8 without NUL"},
      {job.meta.size() <= kMaxPayloadBytes && is_text(job.meta),
       "meta: at most 262144 bytes of UTF-8 without NUL"},
      {job.priority >= kMinPriority && job.priority <= kMaxPriority, "priority: -100 to 100"},
      {!job.run_at.has_value() || *job.run_at <= kLatest, "run_at: up to the year 9999"},
      {key_fits(job.unique_key), "unique_key: 1 to 255 bytes of UTF-8"},
      {key_fits(job.key), "key: 1 to 255 bytes of UTF-8"},
      {job.key_limit >= 1 && job.key_limit <= kMaxKeyLimit, "key_limit: 1 to 1000000"},
      {!job.ordered || (job.key.has_value() && job.key_limit == 1),
       "ordered: needs a key, with key_limit 1"},
      {job.max_attempts >= 1 && job.max_attempts <= kMaxAttempts, "max_attempts: 1 to 1000"},
      {job.timeout.count() >= 1 && job.timeout <= kLongestTimeout, "timeout: 1 ms to 7 days"},
  }};
  for (const auto& [holds, what] : rules) {
    if (!holds) return invalid(what);
  }
  if (!is_text(job.traceparent)) return invalid("traceparent: UTF-8 without NUL");
  return base::ok_status();
}

base::Status check(const QueueSettings& settings) {
  if (settings.max_running.has_value() && *settings.max_running < 0) {
    return invalid("max_running: not negative");
  }
  const auto is_rate = [](const std::optional<double>& rate) {
    return !rate.has_value() || (*rate >= 1e-6 && *rate <= 1e6);
  };
  const auto is_burst = [](std::int64_t burst) { return burst >= 1 && burst <= 1'000'000; };
  if (!is_rate(settings.rate_per_s)) return invalid("rate_per_s: 0.000001 to 1000000");
  if (!is_burst(settings.burst)) return invalid("burst: 1 to 1000000");
  if (!is_rate(settings.key_rate_per_s)) return invalid("key_rate_per_s: 0.000001 to 1000000");
  if (!is_burst(settings.key_burst)) return invalid("key_burst: 1 to 1000000");
  if (settings.retry.size() > QueueSettings::kMaxDelays)
    return invalid("retry: at most 100 delays");
  for (const base::Millis delay : settings.retry) {
    if (delay.count() < 0 || delay > kLongestDelay) return invalid("retry: 0 ms to 366 days");
  }
  return base::ok_status();
}

class WaiterHandle final : public Jobs::Waiter {
 public:
  WaiterHandle(Waker& waker, std::uint64_t id) : waker_(waker), id_(id) {}
  ~WaiterHandle() override { waker_.end(id_); }
  WaiterHandle(const WaiterHandle&) = delete;
  WaiterHandle& operator=(const WaiterHandle&) = delete;

 private:
  Waker& waker_;
  std::uint64_t id_;
};

}  // namespace

struct Jobs::Impl {
  Impl(Options options, storage::Database& database, const base::Clock& the_clock,
       obs::Registry& registry, obs::Log& log)
      : db(database),
        clock(the_clock),
        metrics(registry),
        plans(options.retry, options.seed),
        waker(database),
        ending(database.dialect(), plans, metrics, waker, alarm),
        leasing(database, the_clock, ending, metrics, waker, alarm),
        tender(options, database, the_clock, leasing, metrics, waker, alarm, log) {}

  // Wakes after the commit whoever is concerned by what was enqueued.
  void announce(Transaction& tx, std::span<const NewJob> jobs, std::span<const Enqueued> out,
                std::span<const store::Insert> inserts);

  storage::Database& db;
  const base::Clock& clock;
  JobMetrics metrics;
  RetryPlans plans;
  Waker waker;
  Alarm alarm;
  Ending ending;
  Leasing leasing;
  Tender tender;
};

Jobs::Jobs(Options options, storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
           obs::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), db, clock, metrics, log)) {}

Jobs::~Jobs() { stop(); }

void Jobs::set_retry(std::string kind, RetryPlan plan) {
  impl_->plans.set(std::move(kind), std::move(plan));
}

base::Result<Enqueued> Jobs::enqueue(Transaction& tx, const NewJob& job) {
  CHECK(tx.context().is_tenant());
  return enqueue_for(tx, tx.context().tenant_id(), job);
}

base::Result<Enqueued> Jobs::enqueue_for(Transaction& tx, base::TenantId tenant,
                                         const NewJob& job) {
  ASHLAR_ASSIGN(const std::vector<Enqueued> out, enqueue_many(tx, tenant, {&job, 1}));
  return out.front();
}

base::Result<std::vector<Enqueued>> Jobs::enqueue_many(Transaction& tx, base::TenantId tenant,
                                                       std::span<const NewJob> jobs) {
  CHECK(!tx.context().is_tenant() || tx.context().tenant_id() == tenant);
  if (jobs.size() > kMaxBatch) return invalid("at most 1000 jobs at once");
  const base::Time now = impl_->clock.now();
  std::vector<store::Insert> inserts;
  inserts.reserve(jobs.size());
  for (const NewJob& job : jobs) {
    ASHLAR_TRY(check(job));
    const base::Time run_at = std::max(job.run_at.value_or(now), now);
    Phase phase = run_at > now ? Phase::kLater : Phase::kReady;
    // Ordered ones stand in line at once, whenever they are due.
    if (job.key.has_value() && (job.ordered || phase == Phase::kReady)) phase = Phase::kHeld;
    inserts.push_back({&job, phase, rank_of(run_at, job.priority), run_at});
  }
  ASHLAR_ASSIGN(std::vector<Enqueued> out,
                store::insert_jobs(tx, impl_->db.dialect(), tenant, now, inserts));
  std::vector<store::Note> notes;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (out[i].existed || inserts[i].phase != Phase::kHeld) continue;
    notes.push_back({store::Note::What::kHeld, tenant, jobs[i].kind, jobs[i].queue, *jobs[i].key,
                     jobs[i].key_limit});
  }
  ASHLAR_TRY(store::add_notes(tx, impl_->db.dialect(), notes));
  impl_->announce(tx, jobs, out, inserts);
  return out;
}

void Jobs::Impl::announce(Transaction& tx, std::span<const NewJob> jobs,
                          std::span<const Enqueued> out, std::span<const store::Insert> inserts) {
  struct Count {
    std::uint64_t written = 0;
    std::uint64_t existed = 0;
    bool ready = false;
  };
  std::map<std::string, Count> kinds;
  base::Time due = base::Time::max();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Count& count = kinds[jobs[i].kind];
    ++(out[i].existed ? count.existed : count.written);
    if (out[i].existed) continue;
    if (inserts[i].phase == Phase::kLater) {
      due = std::min(due, inserts[i].run_at);
    } else {
      count.ready = true;
    }
  }
  tx.on_commit([this, kinds = std::move(kinds), due] {
    for (const auto& [kind, count] : kinds) {
      JobMetrics::Kind& counted = metrics.of(kind);
      if (count.written > 0) counted.enqueued.add(count.written);
      if (count.existed > 0) counted.existed.add(count.existed);
      if (count.ready) waker.wake(kind);
    }
    if (due != base::Time::max()) alarm.at(due);
  });
}

base::Result<std::vector<LeasedJob>> Jobs::lease(const LeaseRequest& request) {
  return impl_->leasing.lease(request);
}

base::Result<std::vector<Jobs::Renewed>> Jobs::renew(std::span<const LeaseRef> leases,
                                                     base::Millis lease) {
  if (leases.size() > kMaxBatch) return invalid("at most 1000 leases at once");
  return impl_->leasing.renew(leases, lease);
}

base::Status Jobs::end(Transaction& tx, base::TenantId tenant, const Ended& ended) {
  CHECK(!tx.context().is_tenant() || tx.context().tenant_id() == tenant);
  ASHLAR_ASSIGN(const std::vector<bool> held,
                impl_->ending.end(tx, impl_->clock.now(), {&ended, 1}));
  if (held.front()) return base::ok_status();
  return base::fail(base::Code::kConflict, "lease_lost",
                    "the lease ran out and the job is another's, or it has ended");
}

base::Result<std::vector<bool>> Jobs::end_many(std::span<const Ended> ended) {
  if (ended.size() > kMaxBatch) return invalid("at most 1000 jobs at once");
  if (ended.empty()) return std::vector<bool>();
  const auto context = storage::Context::platform(storage::PlatformUse::kJobs).read_committed();
  return impl_->db.write(context, [&](Transaction& tx) -> base::Result<std::vector<bool>> {
    ASHLAR_TRY(store::use_indexed_plans(tx, impl_->db.dialect()));
    return impl_->ending.end(tx, impl_->clock.now(), ended);
  });
}

base::Result<JobView> Jobs::find(Transaction& tx, base::TenantId tenant, JobId id) {
  ASHLAR_ASSIGN(std::optional<JobView> found, store::find_live(tx, tenant, id, impl_->clock.now()));
  if (!found.has_value()) {
    ASHLAR_ASSIGN(found, store::find_ended(tx, tenant, id));
  }
  if (!found.has_value()) return not_found();
  ASHLAR_ASSIGN(found->attempts, store::attempts_of(tx, tenant, id));
  return *std::move(found);
}

base::Result<std::vector<JobView>> Jobs::list(Transaction& tx, base::TenantId tenant,
                                              const JobFilter& filter, JobId before, int limit) {
  if (limit < 1 || limit > kMaxBatch) return invalid("limit: 1 to 1000");
  const bool ended_only = filter.ended_from.has_value() || filter.ended_to.has_value();
  const bool live = !ended_only && (!filter.state.has_value() || *filter.state < JobState::kDone);
  const bool ended = !filter.state.has_value() || *filter.state >= JobState::kDone;
  std::vector<JobView> views;
  if (live) {
    ASHLAR_ASSIGN(views, store::list_live(tx, tenant, filter, before, limit, impl_->clock.now()));
  }
  if (ended) {
    ASHLAR_ASSIGN(std::vector<JobView> more, store::list_ended(tx, tenant, filter, before, limit));
    std::move(more.begin(), more.end(), std::back_inserter(views));
  }
  std::sort(views.begin(), views.end(),
            [](const JobView& a, const JobView& b) { return a.id > b.id; });
  if (views.size() > static_cast<std::size_t>(limit)) {
    views.resize(static_cast<std::size_t>(limit));
  }
  return views;
}

base::Status Jobs::cancel(Transaction& tx, base::TenantId tenant, JobId id) {
  ASHLAR_ASSIGN(const std::optional<store::Facts> facts, store::live_facts(tx, tenant, id));
  if (!facts.has_value()) {
    ASHLAR_ASSIGN(const std::optional<store::EndedFacts> ended, store::ended_facts(tx, tenant, id));
    if (!ended.has_value()) return not_found();
    return base::fail(base::Code::kConflict, "job_ended", "the job has ended");
  }
  if (facts->lease_until > 0) return store::ask_cancel(tx, tenant, id);
  return impl_->ending.cancel(tx, impl_->clock.now(), *facts);
}

base::Status Jobs::redrive(Transaction& tx, base::TenantId tenant, JobId id) {
  ASHLAR_ASSIGN(const std::optional<store::EndedFacts> ended, store::ended_facts(tx, tenant, id));
  if (!ended.has_value()) {
    ASHLAR_ASSIGN(const std::optional<store::Facts> live, store::live_facts(tx, tenant, id));
    if (!live.has_value()) return not_found();
    return base::fail(base::Code::kConflict, "job_running", "the job has not ended");
  }
  const base::Time now = impl_->clock.now();
  const Phase phase = ended->key.has_value() ? Phase::kHeld : Phase::kReady;
  ASHLAR_ASSIGN(const bool written, store::revive(tx, tenant, id, phase,
                                                  rank_of(now, static_cast<int>(ended->priority)),
                                                  now, ended->attempt + ended->budget));
  if (!written) {
    return base::fail(base::Code::kConflict, "job_duplicate",
                      "another job with its unique_key lives");
  }
  if (ended->key.has_value()) {
    const store::Note note{store::Note::What::kHeld, tenant, ended->kind, ended->queue, *ended->key,
                           ended->key_limit};
    ASHLAR_TRY(store::add_notes(tx, impl_->db.dialect(), {&note, 1}));
  }
  tx.on_commit([impl = impl_.get(), kind = ended->kind] { impl->waker.wake(kind); });
  return base::ok_status();
}

base::Result<std::int64_t> Jobs::redrive_many(Transaction& tx, base::TenantId tenant,
                                              const JobFilter& filter, int limit) {
  if (limit < 1 || limit > kMaxBatch) return invalid("limit: 1 to 1000");
  std::int64_t redriven = 0;
  JobId after{};
  while (redriven < limit) {
    const int most = limit - static_cast<int>(redriven);
    ASHLAR_ASSIGN(const std::vector<JobId> ids, store::dead_jobs(tx, tenant, filter, after, most));
    for (const JobId id : ids) {
      const base::Status done = redrive(tx, tenant, id);
      if (done.ok()) ++redriven;
      // One whose unique key lives stays dead; the others are not kept from life by it.
      if (!done.ok() && std::string_view(done.error().reason) != "job_duplicate") {
        return done.error();
      }
      after = id;
    }
    if (static_cast<int>(ids.size()) < most) break;
  }
  return redriven;
}

base::Status Jobs::run_now(Transaction& tx, base::TenantId tenant, JobId id) {
  ASHLAR_ASSIGN(const std::optional<store::Facts> facts, store::live_facts(tx, tenant, id));
  if (!facts.has_value()) {
    ASHLAR_ASSIGN(const std::optional<store::EndedFacts> ended, store::ended_facts(tx, tenant, id));
    if (!ended.has_value()) return not_found();
    return base::fail(base::Code::kConflict, "job_ended", "the job has ended");
  }
  if (facts->lease_until > 0) {
    return base::fail(base::Code::kConflict, "job_running", "the job runs");
  }
  if (facts->phase == Phase::kReady) return base::ok_status();
  const base::Time now = impl_->clock.now();
  const bool to_gate = facts->key.has_value() && !facts->ordered;
  const Phase phase = facts->phase == Phase::kHeld || to_gate ? Phase::kHeld : Phase::kReady;
  ASHLAR_TRY(store::set_run_at(tx, tenant, id, now, rank_of(now, static_cast<int>(facts->priority)),
                               phase));
  if (phase == Phase::kHeld) {
    const store::Note note{store::Note::What::kHeld, tenant, facts->kind, facts->queue, *facts->key,
                           facts->key_limit};
    ASHLAR_TRY(store::add_notes(tx, impl_->db.dialect(), {&note, 1}));
  }
  tx.on_commit([impl = impl_.get(), kind = facts->kind] { impl->waker.wake(kind); });
  return base::ok_status();
}

base::Status Jobs::set_queue(Transaction& tx, base::TenantId tenant, std::string_view kind,
                             std::string_view queue, const QueueSettings& settings) {
  if (!is_name(kind, kMaxNameBytes)) return invalid("kind: 1 to 128 bytes of UTF-8");
  if (!is_name(queue, kMaxNameBytes)) return invalid("queue: 1 to 128 bytes of UTF-8");
  ASHLAR_TRY(check(settings));
  ASHLAR_TRY(store::put_queue(tx, tenant, kind, queue, settings));
  ASHLAR_TRY(store::look_at_keys(tx, tenant, kind, queue));
  tx.on_commit([impl = impl_.get(), kind = std::string(kind)] { impl->waker.wake(kind); });
  return base::ok_status();
}

base::Status Jobs::forget_queue(Transaction& tx, base::TenantId tenant, std::string_view kind,
                                std::string_view queue) {
  ASHLAR_TRY(store::forget_queue(tx, tenant, kind, queue));
  ASHLAR_TRY(store::look_at_keys(tx, tenant, kind, queue));
  tx.on_commit([impl = impl_.get(), kind = std::string(kind)] { impl->waker.wake(kind); });
  return base::ok_status();
}

base::Result<std::vector<QueueDepth>> Jobs::depths(Transaction& tx, base::TenantId tenant,
                                                   std::optional<std::string_view> kind) {
  return store::depths(tx, tenant, kind, impl_->clock.now());
}

std::unique_ptr<Jobs::Waiter> Jobs::wait_for(std::string kind, std::function<void()> wake) {
  return std::make_unique<WaiterHandle>(impl_->waker,
                                        impl_->waker.add(std::move(kind), std::move(wake)));
}

base::Result<std::int64_t> Jobs::forfeit(std::string_view kept_kind) {
  const auto context = storage::Context::platform(storage::PlatformUse::kJobs);
  return impl_->db.write(context, [&](Transaction& tx) { return store::forfeit(tx, kept_kind); });
}

void Jobs::start() {
  impl_->waker.start();
  impl_->tender.start();
}

void Jobs::stop() {
  impl_->tender.stop();
  impl_->waker.stop();
}

base::Status Jobs::tend() { return impl_->tender.tend(); }

}  // namespace ashlar::jobs
