#include "modules/notifications/event_rules/event_rules.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/campaigns/campaigns_json.h"
#include "modules/notifications/event_rules/event_rules_json.h"
#include "modules/notifications/event_rules/event_rules_store.h"
#include "modules/notifications/notifications.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

// What the rule, not the machine, is to blame for.
bool is_of_rule(const base::Error& error) {
  const bool refused = error.code == base::Code::kInvalid || error.code == base::Code::kNotFound;
  return refused && !std::string_view(error.reason).starts_with("storage_");
}

std::string recipient_of(const ToJson& to) {
  for (const auto* given : {&to.user_id, &to.email, &to.phone, &to.topic, &to.segment}) {
    if (*given) return **given;
  }
  return {};
}

jobs::NewJob job_of(EventRuleId rule, const events::Event& event,
                    const base::Result<NewNotificationJson>& wanted) {
  jobs::NewJob job;
  job.kind = kRuleJob;
  job.traceparent = event.traceparent;
  json::Writer w(job.payload);
  w.begin_object().key("rule").string(rule.to_string()).key("event").string(event.id);
  if (wanted.ok()) {
    w.key("notification");
    new_notification_schema().write(w, *wanted);
    const std::string recipient = recipient_of(wanted->to);
    if (recipient.size() <= jobs::kMaxKeyBytes) job.key = recipient;
    job.ordered = job.key.has_value();
  } else {
    w.key("reason").string(wanted.error().reason).key("detail").string(wanted.error().detail);
  }
  w.end_object();
  return job;
}

struct RuleJob {
  EventRuleId rule;
  std::string event;
  std::optional<NewNotificationJson> wanted;
  std::string reason, detail;  // where there is none: why
};

std::string text_at(const json::Value& value, std::string_view member) {
  const json::Value* found = value.find(member);
  return found != nullptr && found->if_string() != nullptr ? *found->if_string() : std::string();
}

base::Result<RuleJob> rule_job_of(std::string_view payload) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(payload, {.max_values = 20'000}));
  RuleJob job;
  const std::string rule = text_at(value, "rule");
  std::from_chars(rule.data(), rule.data() + rule.size(), job.rule.value);
  job.event = text_at(value, "event");
  job.reason = text_at(value, "reason");
  job.detail = text_at(value, "detail");
  if (const json::Value* wanted = value.find("notification")) {
    ASHLAR_ASSIGN(job.wanted, new_notification_schema().parse(*wanted));
  }
  return job;
}

}  // namespace

events::ConsumerOptions EventRules::consumer() const {
  events::ConsumerOptions options;
  options.name = "notification_rules";
  options.types = {"*"};
  options.consume = [this](storage::Transaction& tx, const events::Event& event) {
    return consume(tx, event);
  };
  return options;
}

base::Status EventRules::consume(storage::Transaction& tx, const events::Event& event) const {
  if (!event.tenant.is_set() || is_left_out(event.type)) return base::ok_status();
  ASHLAR_ASSIGN(std::vector<EventRule> rules, store::rules_of(tx, event.tenant));
  std::erase_if(rules, [&](const EventRule& rule) {
    return !events::type_fits(rule.event_type, event.type) || event.time < rule.created_at;
  });
  if (rules.empty()) return base::ok_status();
  const base::Result<json::Value> document = event_document(event);
  std::vector<jobs::NewJob> work;
  for (const EventRule& rule : rules) {
    if (!document.ok()) {
      work.push_back(job_of(rule.id, event, document.error()));
      continue;
    }
    const auto definition = event_rule_of(rule.definition);
    if (!definition.ok()) {
      work.push_back(job_of(rule.id, event, definition.error()));
      continue;
    }
    if (definition->match.is_set() && !holds(definition->match.value(), *document)) continue;
    work.push_back(job_of(rule.id, event,
                          wanted_by(*definition, rule.id, *document, event.time, clock_.now())));
  }
  if (work.empty()) return base::ok_status();
  ASHLAR_TRY(jobs_.enqueue_many(tx, event.tenant, work));
  return base::ok_status();
}

base::Result<bool> EventRules::accept(storage::Transaction& tx, const NewNotificationJson& wanted,
                                      std::string_view traceparent, base::Time now) const {
  if (!wanted.to.is_many()) {
    ASHLAR_ASSIGN(Notification n, notification_of(wanted, now));
    n.traceparent = traceparent;
    ASHLAR_ASSIGN(const auto made, notifications_.accept(tx, std::move(n)));
    return !made.existed;
  }
  ASHLAR_ASSIGN(WantedCampaign many, campaign_of(wanted, now));
  many.campaign.traceparent = traceparent;
  ASHLAR_ASSIGN(const store::MadeCampaign made,
                campaigns_.create(tx, std::move(many.campaign), many.users));
  if (!made.existed) ASHLAR_TRY(campaigns_.start(tx, made.id));
  return !made.existed;
}

jobs::Outcome EventRules::work(base::TenantId tenant, std::string_view payload,
                               std::string_view traceparent) const {
  base::Result<RuleJob> job = rule_job_of(payload);
  if (!job.ok()) return jobs::Outcome::dead(job.error().detail);
  const base::Time now = clock_.now();
  if (job->wanted) {
    const base::Status accepted =
        db_.write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(const bool fresh, accept(tx, *job->wanted, traceparent, now));
          if (!fresh) return base::ok_status();
          return store::count_accepted(tx, job->rule, now);
        });
    if (accepted.ok()) return jobs::Outcome::done();
    if (!is_of_rule(accepted.error())) return jobs::Outcome::failed(accepted.error().detail);
    job->reason = accepted.error().reason;
    job->detail = accepted.error().detail;
  }
  const base::Status counted =
      db_.write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
        return store::count_failed(tx, job->rule, job->event, job->reason, job->detail, now);
      });
  if (!counted.ok()) return jobs::Outcome::failed(counted.error().detail);
  return jobs::Outcome::done();
}

jobs::KindOptions EventRules::kind() const {
  jobs::KindOptions options;
  options.kind = kRuleJob;
  options.handler = jobs::Handler([this](const jobs::Attempt& attempt) {
    return work(attempt.job.tenant, attempt.job.payload, attempt.job.traceparent);
  });
  options.concurrency = 4;
  return options;
}

}  // namespace ashlar::notifications
