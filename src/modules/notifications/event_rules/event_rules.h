// EventRules: from the log of events to notifications, by the rules of each tenant.
//
//   log ── consume(), with the consumer's position ──> job kRuleJob, for each rule that fits
//   job ── work() ──> accepted, under the dedupe_key of rule and event   (counted on the rule)
//                ├──> to a topic or a segment: a campaign under that key, started
//                └──> or not: no such user, the template is gone …       (counted on the rule, with
//                                                                         the last one's error)
//
// Promises
//  1. Each event that a rule fits, and that happened since the rule was made, is accepted once
//     or counted as failed. A crash, or a replay of the consumer, accepts none twice for as long as
//     the notification is kept.
//  2. A rule that fails stops neither the consumer nor other rules.
//  3. What goes to one recipient by rules is accepted in the order of the log, as far as that has
//     one (platform/events).
//
// Bounded: EventRule::kMaxOfTenant rules are looked at for an event. Any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "modules/notifications/event_rules/event_rule.h"
#include "platform/events/consumers.h"
#include "platform/jobs/runner.h"

namespace ashlar::notifications {

class Campaigns;
class Notifications;

inline constexpr std::string_view kRuleJob = "notifications.rule";

class EventRules {
 public:
  // All outlive it.
  EventRules(storage::Database& db, jobs::Jobs& jobs, const Notifications& notifications,
             const Campaigns& campaigns, const base::Clock& clock)
      : db_(db), jobs_(jobs), notifications_(notifications), campaigns_(campaigns), clock_(clock) {}

  [[nodiscard]] events::ConsumerOptions consumer() const;
  [[nodiscard]] jobs::KindOptions kind() const;

  base::Status consume(storage::Transaction& tx, const events::Event& event) const;
  [[nodiscard]] jobs::Outcome work(base::TenantId tenant, std::string_view payload,
                                   std::string_view traceparent) const;

 private:
  // Whether it is a new one.
  base::Result<bool> accept(storage::Transaction& tx, const NewNotificationJson& wanted,
                            std::string_view traceparent, base::Time now) const;

  storage::Database& db_;
  jobs::Jobs& jobs_;
  const Notifications& notifications_;
  const Campaigns& campaigns_;
  const base::Clock& clock_;
};

}  // namespace ashlar::notifications
