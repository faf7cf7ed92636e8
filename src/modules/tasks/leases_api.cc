#include "modules/tasks/leases_api.h"

#include <algorithm>
#include <utility>

#include "modules/tasks/call_values.h"
#include "modules/tasks/leases_json.h"
#include "modules/tasks/tasks_module.h"
#include "platform/http/call.h"
#include "platform/http/caller_terms.h"
#include "platform/http/late_answer.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

std::optional<base::Millis> time_of(const HeartbeatJson& json) {
  return json.lease_ms ? std::optional(base::Millis{*json.lease_ms}) : std::nullopt;
}

http::Response leased_response(const std::vector<LeasedTask>& tasks) {
  return http::json_response(200, leased_tasks_schema(), json_of(tasks))
      .header("Cache-Control", "no-store");
}

OutcomeJson outcome_json(jobs::JobId id, const base::Status& status) {
  OutcomeJson json;
  json.id = id;
  json.ok = status.ok();
  if (!status.ok()) json.reason = status.error().reason;
  return json;
}

// A caller who says how long he waits does not wait longer for a task either.
base::Result<base::Mono> end_of_wait(const http::Call& call, base::Mono now, std::int64_t wait_ms) {
  base::Mono until = now + base::Millis{wait_ms};
  ASHLAR_ASSIGN(const auto patience, http::timeout_of(call.head->ashlar_timeout_ms));
  if (patience) until = std::min(until, call.deadline);
  return until;
}

}  // namespace

base::Status LeasesApi::lease(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const {
  ASHLAR_ASSIGN(const LeaseAskJson json, lease_ask_schema().parse_body(call.body));
  LeaseAsk ask;
  ask.tenant = call.principal.tenant;
  ASHLAR_ASSIGN(ask.queue, queue_of(call));
  ask.max = static_cast<int>(json.max);
  ask.lease = base::Millis{json.lease_ms};
  ask.worker = json.worker;
  const std::uint64_t seen = module_.waits.seen();
  ASHLAR_ASSIGN(const std::vector<LeasedTask> leased, module_.leases.lease(ask));
  if (!leased.empty() || json.wait_ms == 0) {
    answer->complete(leased_response(leased));
    return base::ok_status();
  }
  ASHLAR_ASSIGN(const base::Mono until, end_of_wait(call, module_.clock.mono(), json.wait_ms));
  return module_.waits.add({std::move(ask), until, [answer] { return answer->is_wanted(); },
                            [answer](base::Result<std::vector<LeasedTask>> tasks) {
                              if (!tasks.ok()) return answer->complete(std::move(tasks).error());
                              answer->complete(leased_response(*tasks));
                            }},
                           seen);
}

base::Result<http::Response> LeasesApi::end(const http::Call& call, const Report& report) const {
  ASHLAR_TRY(module_.leases.end(call.principal.tenant, report));
  if (report.outcome.kind == jobs::Outcome::Kind::kDone) {
    return http::json_response(200, state_schema(), StateJson{report.id, "done"});
  }
  ASHLAR_ASSIGN(const jobs::JobView view,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.tasks.find(tx, report.id);
                }));
  return http::json_response(200, state_schema(),
                             StateJson{report.id, std::string(state_name(view.state))});
}

base::Result<http::Response> LeasesApi::complete(http::Call& call) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_ASSIGN(const CompleteJson json, complete_schema().parse_body(call.body));
  ASHLAR_ASSIGN(jobs::Outcome outcome, outcome_of(json, ""));
  return end(call, {id, json.lease_token, std::move(outcome)});
}

base::Result<http::Response> LeasesApi::fail(http::Call& call) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_ASSIGN(const FailJson json, fail_schema().parse_body(call.body));
  ASHLAR_ASSIGN(jobs::Outcome outcome, outcome_of(json, module_.clock.now(), ""));
  return end(call, {id, json.lease_token, std::move(outcome)});
}

base::Result<http::Response> LeasesApi::snooze(http::Call& call) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_ASSIGN(const SnoozeJson json, snooze_schema().parse_body(call.body));
  ASHLAR_ASSIGN(jobs::Outcome outcome, outcome_of(json, module_.clock.now()));
  return end(call, {id, json.lease_token, std::move(outcome)});
}

base::Result<http::Response> LeasesApi::heartbeat(http::Call& call) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_ASSIGN(const HeartbeatJson json, heartbeat_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const Kept kept,
                module_.leases.renew(call.principal.tenant, {id, json.lease_token, time_of(json)}));
  return http::json_response(200, kept_schema(), KeptJson{id, kept.lease_until, kept.cancel_asked});
}

base::Result<http::Response> LeasesApi::end_many(const http::Call& call,
                                                 const std::vector<Report>& reports) const {
  ASHLAR_ASSIGN(const std::vector<base::Status> ended,
                module_.leases.end_many(call.principal.tenant, reports));
  OutcomesJson body;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    body.tasks.push_back(outcome_json(reports[i].id, ended[i]));
  }
  return http::json_response(200, outcomes_schema(), body);
}

base::Result<http::Response> LeasesApi::complete_many(http::Call& call) const {
  ASHLAR_ASSIGN(const auto json, parse_large(complete_many_schema(), call.body));
  std::vector<Report> reports;
  for (std::size_t i = 0; i < json.tasks.size(); ++i) {
    const CompleteItemJson& one = json.tasks[i];
    ASHLAR_ASSIGN(jobs::Outcome outcome, outcome_of(one, "/tasks/" + std::to_string(i)));
    reports.push_back({one.id, one.lease_token, std::move(outcome)});
  }
  return end_many(call, reports);
}

base::Result<http::Response> LeasesApi::fail_many(http::Call& call) const {
  ASHLAR_ASSIGN(const auto json, parse_large(fail_many_schema(), call.body));
  std::vector<Report> reports;
  for (std::size_t i = 0; i < json.tasks.size(); ++i) {
    const FailItemJson& one = json.tasks[i];
    ASHLAR_ASSIGN(jobs::Outcome outcome,
                  outcome_of(one, module_.clock.now(), "/tasks/" + std::to_string(i)));
    reports.push_back({one.id, one.lease_token, std::move(outcome)});
  }
  return end_many(call, reports);
}

base::Result<http::Response> LeasesApi::heartbeat_many(http::Call& call) const {
  ASHLAR_ASSIGN(const auto json, parse_large(heartbeat_many_schema(), call.body));
  std::vector<Renewal> renewals;
  for (const HeartbeatItemJson& one : json.tasks) {
    renewals.push_back({one.id, one.lease_token, time_of(one)});
  }
  ASHLAR_ASSIGN(const std::vector<base::Result<Kept>> kept,
                module_.leases.renew_many(call.principal.tenant, renewals));
  OutcomesJson body;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const base::Result<Kept>& one = kept[i];
    OutcomeJson& json_one = body.tasks.emplace_back(
        outcome_json(renewals[i].id, one.ok() ? base::ok_status() : base::Status(one.error())));
    json_one.lease_until = one.ok() ? std::optional(one->lease_until) : std::nullopt;
    json_one.cancel_asked = one.ok() && one->cancel_asked;
  }
  return http::json_response(200, outcomes_schema(), body);
}

}  // namespace ashlar::tasks
