// Notifications: accept, plan, plan again, gather, cancel: the rules before anything is sent.
//
//   accept ── send_at later ──> job kPlanJob ──┐
//     └────────────────────────────────────────┴─> plan ──┬─> delivery + job kSendJob (send_job.h)
//                                    ┌── its time ──┐     ├─> deferred delivery + job kPlanJob
//                                    └──────────────┴─────┤
//                     gathered ── due ── one for all ─────┴─> digest + job kPlanJob
//
// Promises
//  1. What accept() answered with has committed with all that makes it go on: a notification that
//     was acknowledged is planned, and each delivery of its plan has its job.
//  2. A dedupe_key lives as long as its notification is kept: a second one with it is not made.
//  3. Planning again changes only what is deferred still.
//
// Functions run in the caller's transaction, for its tenant, which may run again. Immutable; any
// thread.
//
// Errors beside storage's: kInvalid invalid_request with the field (email_invalid, phone_invalid,
// user_id_invalid, template_data_invalid …), kNotFound notification_not_found, template_not_found,
// recipient_not_found, device_not_found; kConflict notification_ended.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/draft.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/notification_store.h"
#include "platform/jobs/runner.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::jobs {
class Jobs;
}
namespace ashlar::storage {
class Transaction;
enum class Dialect : std::uint8_t;
}  // namespace ashlar::storage

namespace ashlar::notifications {

// What is asked of templates when a notification is accepted.
class TemplateDoor : public TemplateParts {
 public:
  // The version that is live, once `data` has been found to fit it. kNotFound template_not_found,
  // kInvalid template_data_invalid.
  virtual base::Result<std::int64_t> accept(storage::Transaction& tx, std::string_view key,
                                            std::string_view data) = 0;
};

class Notifications {
 public:
  static constexpr std::int64_t kMaxDigestItems = 500;

  // All outlive it. `dialect`: of the database.
  Notifications(jobs::Jobs& jobs, TemplateDoor& templates, zone::ZoneDirectory& zones,
                const base::Clock& clock, storage::Dialect dialect)
      : jobs_(jobs),
        templates_(templates),
        drafter_(zones, templates),
        clock_(clock),
        dialect_(dialect) {}

  struct Accepted {
    NotificationId id;
    State state = State::kQueued;
    bool existed = false;
  };
  // `wanted` as notification_of() made it (notifications_json.h).
  base::Result<Accepted> accept(storage::Transaction& tx, Notification wanted) const;
  // Of many, each as if it came after those before it: what is wrong with one keeps no other from
  // it. In few statements, of which none is for one of them alone unless it has a template, caps, a
  // digest or is there already. Errors: storage's, of all of them.
  base::Result<std::vector<base::Result<Accepted>>> accept_many(
      storage::Transaction& tx, std::vector<Notification> wanted) const;
  // What would become of it now.
  base::Result<Draft> draft(storage::Transaction& tx, const Notification& n) const;

  // Not sent yet: what is not planned, deferred or gathered, will not be. kConflict
  // notification_ended.
  base::Result<Notification> cancel(storage::Transaction& tx, NotificationId id) const;

  // The handler of kPlanJob.
  base::Result<jobs::Outcome> work(storage::Transaction& tx, std::string_view payload) const;
  jobs::KindOptions plan_kind() const;

 private:
  // What a job of kPlanJob is about.
  static constexpr std::string_view kOfNotification = "notification";
  static constexpr std::string_view kOfDelivery = "delivery";
  static constexpr std::string_view kOfDigest = "digest";
  static jobs::NewJob plan_job(std::string_view what, std::int64_t id, const Notification& n,
                               base::Time at);

  // notifications_accept.cc
  struct Accepting;
  using Outcomes = std::vector<std::optional<base::Result<Accepted>>>;
  base::Status check(DraftReads& reads, Notification& n) const;
  base::Result<Accepting> prepare(DraftReads& reads, Notification n) const;
  base::Status write(storage::Transaction& tx, std::vector<Accepting>& prepared,
                     Outcomes& outcomes) const;
  struct Drafted {
    const Notification* notification;
    const Draft* draft;
  };
  base::Status carry_out(storage::Transaction& tx, std::span<const Drafted> drafted) const;
  static std::optional<jobs::NewJob> job_of(const Delivery& delivery, const Notification& n);
  base::Status enqueue(storage::Transaction& tx, std::span<const jobs::NewJob> jobs) const;
  base::Status plan(storage::Transaction& tx, const Notification& n) const;
  base::Status plan_again(storage::Transaction& tx, DeliveryId id) const;
  base::Status settle(storage::Transaction& tx, NotificationId id) const;

  base::Status gather(storage::Transaction& tx, const Notification& n,
                      const Draft::Digest& digest) const;
  base::Status send_digest(storage::Transaction& tx, std::int64_t digest) const;
  base::Status send_together(storage::Transaction& tx,
                             const std::vector<Notification>& items) const;
  base::Status enqueue_plan(storage::Transaction& tx, std::string_view what, std::int64_t id,
                            const Notification& n, base::Time at) const;

  jobs::Jobs& jobs_;
  TemplateDoor& templates_;
  Drafter drafter_;
  const base::Clock& clock_;
  const storage::Dialect dialect_;
};

}  // namespace ashlar::notifications
