#include "platform/jobs/leasing.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/clock.h"
#include "platform/jobs/alarm.h"
#include "platform/jobs/ending.h"
#include "platform/jobs/gates.h"
#include "platform/jobs/job_metrics.h"
#include "platform/jobs/pace.h"
#include "platform/jobs/waker.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;
using store::Claimed;
using store::Lane;

constexpr std::int64_t kNoCap = std::numeric_limits<std::int64_t>::max();
constexpr int kLooks = 64;      // at windows of tenants, where those before had nothing for us
constexpr int kMoreQueues = 8;  // such looks for a tenant's further queues
constexpr int kPasses = 16;     // over the lanes of one look
constexpr base::Millis kCountedPause{500};

storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kJobs).read_committed();
}

base::Status check(const LeaseRequest& request) {
  const char* wrong = nullptr;
  if (request.kind.empty() || request.kind.size() > kMaxNameBytes) {
    wrong = "kind: 1 to 128 bytes";
  } else if (request.max < 1 || request.max > Jobs::kMaxLease) {
    wrong = "max: 1 to 1000";
  } else if (request.lease.count() <= 0) {
    wrong = "lease: above 0";
  } else if (request.queue.has_value() && !request.tenant.has_value()) {
    wrong = "queue: needs the tenant";
  }
  if (wrong == nullptr) return base::ok_status();
  return base::fail(base::Code::kInvalid, "job_invalid", wrong);
}

// Tenants take turns in the batch too: whoever begins at its front has all of them early.
std::vector<LeasedJob> interleaved(std::vector<Claimed> claimed, std::size_t parts) {
  std::vector<std::vector<std::size_t>> lanes(parts);
  for (std::size_t i = 0; i < claimed.size(); ++i) lanes[claimed[i].part].push_back(i);
  std::vector<LeasedJob> jobs;
  jobs.reserve(claimed.size());
  for (std::size_t n = 0; jobs.size() < claimed.size(); ++n) {
    for (const auto& lane : lanes) {
      if (n < lane.size()) jobs.push_back(std::move(claimed[lane[n]].job));
    }
  }
  return jobs;
}

}  // namespace

// Claiming from the lanes of one look.
struct Leasing::Round {
  base::Time now{};
  base::Time until{};
  std::vector<Lane> lanes;
  std::vector<std::int64_t> caps;    // what is left of each lane's
  std::vector<std::int64_t> starts;  // claimed from each lane
  std::vector<Claimed> claimed;      // part: index of its lane
  std::int64_t wanted = 0;
  bool whole = true;         // the look was at all tenants with something ready
  bool more_queues = false;  // a tenant has more queues than were looked at
};

// What one transaction of a lease has found to do in others. Notes are settled in a transaction of
// their own on PostgreSQL: settling locks the gates of any queue, claiming those of its lanes, and
// two leases that did both would wait for each other.
struct Leasing::Visit {
  bool chores = true;        // in: look for chores
  bool lost = false;         // in: counted leases that ran out are one
  bool chores_done = false;  // out: they were done, and nothing else
  bool full = false;         // out: a queue was full, whose leases may have run out
  std::int64_t ready = 0;    // in, out: what chores made ready
};

Leasing::Leasing(storage::Database& db, const base::Clock& clock, Ending& ending,
                 JobMetrics& metrics, Waker& waker, Alarm& alarm)
    : db_(db),
      dialect_(db.dialect()),
      clock_(clock),
      ending_(ending),
      metrics_(metrics),
      waker_(waker),
      alarm_(alarm) {}

base::Result<std::vector<LeasedJob>> Leasing::lease(const LeaseRequest& request) {
  ASHLAR_TRY(check(request));
  const auto visited = [&](Visit& visit) {
    return db_.write(context(), [&](Transaction& tx) { return run(tx, request, visit); });
  };
  Visit visit;
  ASHLAR_ASSIGN(std::vector<LeasedJob> jobs, visited(visit));
  for (int more = 0; more < 2 && jobs.empty(); ++more) {
    if (visit.chores_done) {
      visit = {.chores = false, .ready = visit.ready};
    } else if (visit.full && may_take_counted()) {
      visit = {.lost = true};
    } else {
      break;
    }
    ASHLAR_ASSIGN(jobs, visited(visit));
  }
  if (jobs.empty() && visit.chores_done) {  // the second of the two found chores
    visit = {.chores = false};
    ASHLAR_ASSIGN(jobs, visited(visit));
  }
  count(request, jobs, clock_.now());
  return jobs;
}

base::Result<std::vector<LeasedJob>> Leasing::run(Transaction& tx, const LeaseRequest& request,
                                                  Visit& visit) {
  visit.chores_done = visit.full = false;
  Round round;
  round.now = clock_.now();
  round.until = round.now + request.lease;
  round.wanted = request.max;
  ASHLAR_TRY(store::use_indexed_plans(tx, dialect_));
  if (visit.chores) {
    ASHLAR_ASSIGN(store::Chores chores, store::look_for_chores(tx, request.kind, round.now));
    chores.lost = chores.lost || visit.lost;
    ASHLAR_ASSIGN(visit.ready, do_chores(tx, round.now, chores, request.kind));
    visit.chores_done =
        dialect_ == storage::Dialect::kPostgres && (chores.notes || chores.due || chores.lost);
    if (visit.chores_done) return std::vector<LeasedJob>();
  }
  for (int looks = 0, more_queues = 0; looks < kLooks; ++looks) {
    ASHLAR_TRY(look(tx, request, round));
    ASHLAR_TRY(claim_round(tx, request, round, visit));
    if (!round.claimed.empty()) break;
    if (round.whole && (!round.more_queues || ++more_queues > kMoreQueues)) break;
  }
  if (visit.ready > 0 && static_cast<int>(round.claimed.size()) == request.max) {
    tx.on_commit([this, kind = std::string(request.kind)] { waker_.wake(kind); });  // for others
  }
  ASHLAR_TRY(drop_lost(tx, request, round));
  return interleaved(std::move(round.claimed), round.lanes.size());
}

base::Status Leasing::look(Transaction& tx, const LeaseRequest& request, Round& round) {
  std::vector<Lane>& lanes = round.lanes;
  lanes.clear();
  round.whole = true;
  round.more_queues = false;
  if (request.queue.has_value()) {
    ASHLAR_ASSIGN(Lane lane, store::lane_of(tx, request.kind, *request.tenant, *request.queue));
    lanes.push_back(std::move(lane));
    return base::ok_status();
  }
  std::int64_t after = store::kFromTheFirst;
  {
    const std::lock_guard lock(mutex_);
    after = turns_of(request.kind).after();
  }
  if (request.tenant.has_value()) {
    ASHLAR_ASSIGN(lanes, store::lanes_of_tenant(tx, dialect_, request.kind, *request.tenant, "",
                                                Turns::kQueues));
  } else {
    ASHLAR_ASSIGN(lanes, store::lanes_of_tenants(tx, dialect_, request.kind, after, Turns::kTenants,
                                                 Turns::kQueues));
    if (lanes.empty() && after != store::kFromTheFirst) {
      ASHLAR_ASSIGN(lanes, store::lanes_of_tenants(tx, dialect_, request.kind, store::kFromTheFirst,
                                                   Turns::kTenants, Turns::kQueues));
    }
  }
  std::map<base::TenantId, int> queues;
  for (const Lane& lane : lanes) ++queues[lane.tenant];
  round.whole = static_cast<int>(queues.size()) < Turns::kTenants;
  // Of a tenant with more queues than fit, those after the last that was served.
  for (const auto& [tenant, found] : queues) {
    if (found < Turns::kQueues) continue;
    round.more_queues = true;
    std::string last;
    {
      const std::lock_guard lock(mutex_);
      last = turns_of(request.kind).queue_after(tenant);
    }
    if (last.empty()) continue;
    ASHLAR_ASSIGN(std::vector<Lane> more,
                  store::lanes_of_tenant(tx, dialect_, request.kind, tenant, last, Turns::kQueues));
    if (more.empty()) continue;
    const auto mine = [&](const Lane& lane) { return lane.tenant == tenant; };
    const auto first = std::find_if(lanes.begin(), lanes.end(), mine);
    const auto at = lanes.erase(first, std::find_if_not(first, lanes.end(), mine));
    lanes.insert(at, more.begin(), more.end());
  }
  const std::lock_guard lock(mutex_);
  lanes = turns_of(request.kind).in_turn(std::move(lanes));
  return base::ok_status();
}

base::Status Leasing::claim_round(Transaction& tx, const LeaseRequest& request, Round& round,
                                  Visit& visit) {
  ASHLAR_TRY(store::lock_gates(tx, dialect_, request.kind, round.lanes));
  visit.full = visit.full || std::ranges::any_of(round.lanes, [](const Lane& lane) {
                 return lane.max_running.has_value() && lane.running >= *lane.max_running;
               });
  cap(round, request.kind);
  round.starts.assign(round.lanes.size(), 0);
  const std::vector<std::int64_t> shares =
      share(round.lanes, round.caps, round.starts, round.wanted);
  ASHLAR_TRY(claim_parts(tx, request, round));
  if (!request.queue.has_value()) {
    const std::lock_guard lock(mutex_);
    turns_of(request.kind).served(round.lanes, shares, round.whole);
  }
  return close_gates(tx, request, round);
}

// On PostgreSQL a claim cannot reach counted jobs whose lease ran out: where their queue is full
// they are looked for, not at each claim.
bool Leasing::may_take_counted() {
  if (dialect_ != storage::Dialect::kPostgres) return false;
  const base::Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  const base::Micros since = now - counted_taken_;
  if (since >= base::Micros(0) && since < kCountedPause) return false;
  counted_taken_ = now;
  return true;
}

void Leasing::cap(Round& round, std::string_view kind) {
  const std::int64_t now = base::to_micros(round.now);
  round.caps.assign(round.lanes.size(), kNoCap);
  for (std::size_t i = 0; i < round.lanes.size(); ++i) {
    const Lane& lane = round.lanes[i];
    std::int64_t& left = round.caps[i];
    if (lane.paused) left = 0;
    if (lane.max_running.has_value()) {
      left = std::min(left, std::max<std::int64_t>(*lane.max_running - lane.running, 0));
    }
    if (!lane.rate_per_s.has_value()) continue;
    const Pace pace(*lane.rate_per_s, lane.burst);
    const std::int64_t tat = pace.bounded(now, lane.tat);
    const std::int64_t allowed = pace.allowed(now, tat);
    if (allowed == 0 && left > 0) alarm_.at(base::from_micros(pace.next_at(tat)), kind);
    left = std::min(left, allowed);
  }
}

base::Status Leasing::claim_parts(Transaction& tx, const LeaseRequest& request, Round& round) {
  const store::Claim claim{request.kind, request.worker, round.now, round.until};
  for (int pass = 0; pass < kPasses; ++pass) {
    const std::int64_t left = round.wanted - static_cast<std::int64_t>(round.claimed.size());
    const std::vector<std::int64_t> shares = share(round.lanes, round.caps, round.starts, left);
    std::vector<store::Part> parts;
    std::vector<std::size_t> lanes;  // of each part
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] == 0) continue;
      parts.push_back({&round.lanes[i], shares[i]});
      lanes.push_back(i);
    }
    if (parts.empty()) return base::ok_status();
    ASHLAR_ASSIGN(std::vector<Claimed> claimed, store::claim(tx, dialect_, claim, parts));
    std::vector<std::int64_t> got(parts.size(), 0);
    for (Claimed& one : claimed) {
      ++got[one.part];
      one.part = lanes[one.part];
      round.claimed.push_back(std::move(one));
    }
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const std::size_t i = lanes[p];
      round.starts[i] += got[p];
      round.caps[i] = got[p] < parts[p].most ? 0 : round.caps[i] - got[p];  // it has no more
    }
  }
  return base::ok_status();
}

base::Status Leasing::close_gates(Transaction& tx, const LeaseRequest& request, Round& round) {
  const std::int64_t now = base::to_micros(round.now);
  for (std::size_t i = 0; i < round.lanes.size(); ++i) {
    const Lane& lane = round.lanes[i];
    if (!lane.gated || round.starts[i] == 0) continue;
    std::int64_t tat = lane.tat;
    if (lane.rate_per_s.has_value()) {
      const Pace pace(*lane.rate_per_s, lane.burst);
      tat = pace.advance(now, pace.bounded(now, tat), round.starts[i]);
      alarm_.at(base::from_micros(pace.next_at(tat)), request.kind);
    }
    ASHLAR_TRY(store::count_starts(tx, request.kind, lane, round.starts[i], tat));
  }
  return base::ok_status();
}

// Where the claim itself found leases that had run out (PostgreSQL).
base::Status Leasing::drop_lost(Transaction& tx, const LeaseRequest& request, Round& round) {
  std::vector<Ending::Found> found;
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < round.claimed.size(); ++i) {
    const Claimed& one = round.claimed[i];
    if (one.lost_until <= 0) continue;
    found.push_back({one.job.ref, one.job.tenant, one.lost_started_at, one.lost_until,
                     one.job.max_attempts, one.cancel_asked});
    at.push_back(i);
  }
  if (found.empty()) return base::ok_status();
  ASHLAR_ASSIGN(const std::vector<bool> may_run, ending_.take_found(tx, round.now, found));
  const std::size_t before = round.claimed.size();
  for (std::size_t n = at.size(); n-- > 0;) {
    if (!may_run[n])
      round.claimed.erase(round.claimed.begin() + static_cast<std::ptrdiff_t>(at[n]));
  }
  if (round.claimed.size() < before) {  // there may be others, for whom there was no room
    tx.on_commit([this, kind = std::string(request.kind)] { waker_.wake(kind); });
  }
  obs::Counter& ran_out = metrics_.of(request.kind).lease_ran_out;
  tx.on_commit([&ran_out, n = found.size()] { ran_out.add(n); });
  return base::ok_status();
}

base::Result<std::int64_t> Leasing::do_chores(Transaction& tx, base::Time now,
                                              const store::Chores& chores, std::string_view kind) {
  std::int64_t touched = 0;
  bool notes = chores.notes;
  if (chores.lost) {
    ASHLAR_ASSIGN(const std::vector<store::Facts> lost, store::lost_leases(tx, now, kChoresAtOnce));
    ASHLAR_TRY(ending_.take_lost(tx, now, lost));
    touched += static_cast<std::int64_t>(lost.size());
    notes = notes || !lost.empty();
  }
  if (chores.due) {
    std::int64_t due = 0;
    ASHLAR_TRY(promote_due(tx, now, kind, due));
    touched += due;
    notes = notes || due > 0;
  }
  if (notes && !kind.empty()) {
    ASHLAR_ASSIGN(const store::Settled settled, store::settle(tx, dialect_, kind, now));
    touched += settled.ready;
    if (settled.next.has_value()) alarm_.at(*settled.next, kind);
  }
  return touched;
}

base::Result<std::int64_t> Leasing::take_paused(Transaction& tx, base::Time now) {
  if (dialect_ != storage::Dialect::kPostgres) return 0;  // do_chores() takes them like any
  ASHLAR_ASSIGN(const std::vector<store::Facts> lost,
                store::lost_in_paused(tx, now, kChoresAtOnce));
  ASHLAR_TRY(ending_.take_lost(tx, now, lost));
  return static_cast<std::int64_t>(lost.size());
}

base::Status Leasing::promote_due(Transaction& tx, base::Time now, std::string_view kind,
                                  std::int64_t& touched) {
  ASHLAR_ASSIGN(const std::vector<store::Facts> due, store::due_jobs(tx, now, kChoresAtOnce));
  std::vector<JobId> ready;
  std::vector<JobId> held;
  std::vector<store::Note> notes;
  std::set<std::string> kinds;
  for (const store::Facts& one : due) {
    if (one.kind != kind) kinds.insert(one.kind);
    if (!one.key.has_value() || one.ordered) {
      ready.push_back(one.id);
      continue;
    }
    held.push_back(one.id);
    notes.push_back(
        {store::Note::What::kHeld, one.tenant, one.kind, one.queue, *one.key, one.key_limit});
  }
  ASHLAR_TRY(store::set_phase(tx, dialect_, ready, Phase::kReady));
  ASHLAR_TRY(store::set_phase(tx, dialect_, held, Phase::kHeld));
  ASHLAR_TRY(store::add_notes(tx, dialect_, notes));
  tx.on_commit([this, kinds = std::move(kinds)] {
    for (const std::string& other : kinds) waker_.wake(other);
  });
  touched = static_cast<std::int64_t>(due.size());
  return base::ok_status();
}

base::Result<std::vector<Jobs::Renewed>> Leasing::renew(std::span<const LeaseRef> leases,
                                                        base::Millis lease) {
  const base::Time until = clock_.now() + lease;
  const auto renewed_now = [&](std::span<const LeaseRef> refs) {
    return db_.write(context(), [&](Transaction& tx) -> base::Result<store::Renewal> {
      ASHLAR_TRY(store::use_indexed_plans(tx, dialect_));
      return store::renew(tx, dialect_, refs, until);
    });
  };
  std::map<std::pair<JobId, int>, bool> asked;
  ASHLAR_ASSIGN(const store::Renewal all, renewed_now(leases));
  for (const store::Kept& one : all.kept) asked[{one.ref.id, one.ref.attempt}] = one.cancel_asked;
  // A transaction that waits for one row only is in nobody's way.
  for (const LeaseRef& ref : all.busy) {
    ASHLAR_ASSIGN(const store::Renewal alone, renewed_now({&ref, 1}));
    for (const store::Kept& one : alone.kept) asked[{ref.id, ref.attempt}] = one.cancel_asked;
  }
  std::vector<Jobs::Renewed> renewed;
  for (const LeaseRef& ref : leases) {
    const auto found = asked.find({ref.id, ref.attempt});
    renewed.push_back({found != asked.end(), found != asked.end() && found->second});
  }
  return renewed;
}

Turns& Leasing::turns_of(std::string_view kind) {
  const auto found = turns_.find(kind);
  return found != turns_.end() ? found->second : turns_[std::string(kind)];
}

void Leasing::count(const LeaseRequest& request, const std::vector<LeasedJob>& jobs,
                    base::Time now) {
  if (jobs.empty()) return;
  JobMetrics::Kind& metrics = metrics_.of(request.kind);
  metrics.started.add(jobs.size());
  for (const LeasedJob& job : jobs) {
    const base::Time due = std::max(job.run_at, job.enqueued_at);
    metrics.start_s.observe(std::chrono::duration<double>(now - due).count());
  }
}

}  // namespace ashlar::jobs
