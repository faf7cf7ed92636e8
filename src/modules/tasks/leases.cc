#include "modules/tasks/leases.h"

#include <map>
#include <utility>

#include "modules/tasks/task.h"
#include "modules/tasks/tasks.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

base::Error lease_lost() {
  return base::fail(base::Code::kConflict, "lease_lost",
                    "This lease is not held any more: another worker may have the task.");
}

}  // namespace

Leases::Leases(const LeaseTokens& tokens, jobs::Jobs& jobs, storage::Database& db,
               const base::Clock& clock)
    : tokens_(tokens), jobs_(jobs), db_(db), clock_(clock) {}

base::Result<std::vector<LeasedTask>> Leases::lease(const LeaseAsk& ask) {
  ASHLAR_ASSIGN(std::vector<jobs::LeasedJob> leased, jobs_.lease({.kind = kPullKind,
                                                                  .tenant = ask.tenant,
                                                                  .queue = ask.queue,
                                                                  .max = ask.max,
                                                                  .lease = ask.lease,
                                                                  .worker = ask.worker}));
  ASHLAR_TRY(end_by_timeout(leased));
  const base::Time now = clock_.now();
  std::vector<LeasedTask> tasks;
  tasks.reserve(leased.size());
  for (jobs::LeasedJob& job : leased) {
    const base::Time deadline = now + job.timeout;
    std::string token = tokens_.make(ask.tenant, {job.ref, deadline, ask.lease});
    tasks.push_back({std::move(job), deadline, std::move(token)});
  }
  return tasks;
}

// No lease is longer than its task's timeout: a worker that hangs must not hold it for hours.
base::Status Leases::end_by_timeout(std::vector<jobs::LeasedJob>& leased) {
  std::map<base::Millis, std::vector<jobs::LeaseRef>> shorter;  // by timeout
  const base::Time now = clock_.now();
  for (jobs::LeasedJob& job : leased) {
    if (job.lease_until <= now + job.timeout) continue;
    shorter[job.timeout].push_back(job.ref);
    job.lease_until = now + job.timeout;
  }
  for (const auto& [timeout, leases] : shorter) {
    const auto renewed = jobs_.renew(leases, timeout);
    if (!renewed.ok()) return renewed.error();
  }
  return base::ok_status();
}

std::optional<LeaseToken> Leases::held_by(base::TenantId tenant, jobs::JobId id,
                                          std::string_view token) const {
  std::optional<LeaseToken> read = tokens_.read(tenant, token);
  return read && read->lease.id == id ? read : std::nullopt;
}

// A task that was never there is another mistake than a lease that is over.
base::Error Leases::lost(base::TenantId tenant, jobs::JobId id) const {
  const auto view = db_.read(storage::Context::tenant(tenant),
                             [&](storage::Transaction& tx) { return jobs_.find(tx, tenant, id); });
  if (view.ok()) return lease_lost();
  return as_task_error(view.error());
}

base::Status Leases::lost(base::TenantId tenant, const Report& report) const {
  const auto token = held_by(tenant, report.id, report.token);
  const auto view = db_.read(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
    return jobs_.find(tx, tenant, report.id);
  });
  if (!view.ok()) return as_task_error(view.error());
  const bool done_before = token && report.outcome.kind == jobs::Outcome::Kind::kDone &&
                           view->state == jobs::JobState::kDone &&
                           view->attempt == token->lease.attempt;
  return done_before ? base::ok_status() : base::Status(lease_lost());
}

base::Status Leases::end(base::TenantId tenant, const Report& report) {
  ASHLAR_ASSIGN(const std::vector<base::Status> ended, end_many(tenant, {&report, 1}));
  return ended.front();
}

base::Result<std::vector<base::Status>> Leases::end_many(base::TenantId tenant,
                                                         std::span<const Report> reports) {
  std::vector<jobs::Ended> ended;
  std::vector<std::size_t> places;  // in reports, of each of ended
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const auto token = held_by(tenant, reports[i].id, reports[i].token);
    if (!token) continue;
    ended.push_back({token->lease, reports[i].outcome});
    places.push_back(i);
  }
  std::vector<bool> held(reports.size(), false);
  if (!ended.empty()) {
    ASHLAR_ASSIGN(const std::vector<bool> answers, jobs_.end_many(ended));
    for (std::size_t i = 0; i < places.size(); ++i) held[places[i]] = answers[i];
  }
  std::vector<base::Status> out;
  out.reserve(reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    out.push_back(held[i] ? base::ok_status() : lost(tenant, reports[i]));
  }
  return out;
}

base::Result<Kept> Leases::renew(base::TenantId tenant, const Renewal& renewal) {
  ASHLAR_ASSIGN(const std::vector<base::Result<Kept>> kept, renew_many(tenant, {&renewal, 1}));
  return kept.front();
}

base::Status Leases::renew_group(std::span<const jobs::LeaseRef> leases,
                                 std::span<const std::size_t> places, base::Millis time,
                                 std::vector<base::Result<Kept>>& out) {
  const base::Time until = clock_.now() + time;
  ASHLAR_ASSIGN(const std::vector<jobs::Jobs::Renewed> renewed, jobs_.renew(leases, time));
  for (std::size_t i = 0; i < renewed.size(); ++i) {
    if (renewed[i].held) out[places[i]] = Kept{until, renewed[i].cancel_asked};
  }
  return base::ok_status();
}

base::Result<std::vector<base::Result<Kept>>> Leases::renew_many(
    base::TenantId tenant, std::span<const Renewal> renewals) {
  struct Group {
    std::vector<jobs::LeaseRef> leases;
    std::vector<std::size_t> places;
  };
  std::map<base::Millis, Group> groups;  // by time: those near their deadline get less
  const base::Time now = clock_.now();
  for (std::size_t i = 0; i < renewals.size(); ++i) {
    const auto token = held_by(tenant, renewals[i].id, renewals[i].token);
    if (!token || token->deadline <= now) continue;
    const auto left = std::chrono::floor<base::Millis>(token->deadline - now);
    Group& group =
        groups[std::max(base::Millis{1}, std::min(renewals[i].lease.value_or(token->time), left))];
    group.leases.push_back(token->lease);
    group.places.push_back(i);
  }
  std::vector<base::Result<Kept>> out(renewals.size(), base::Result<Kept>(lease_lost()));
  for (const auto& [time, group] : groups) {
    ASHLAR_TRY(renew_group(group.leases, group.places, time, out));
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i].ok()) out[i] = lost(tenant, renewals[i].id);
  }
  return out;
}

}  // namespace ashlar::tasks
