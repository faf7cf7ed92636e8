// The half of Notifications that accepts and plans: what becomes of many in one transaction.
#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/accept_store.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/draft_reads.h"
#include "modules/notifications/moments_store.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/send_job.h"
#include "platform/jobs/jobs.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

base::Error wrong(const char* field, const char* reason, const char* detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{field, reason, detail}}};
}

State state_of(const Decision& decision) {
  switch (decision.act) {
    case Decision::Act::kSend:
    case Decision::Act::kDigest:
      return State::kQueued;
    case Decision::Act::kDefer:
      return State::kDeferred;
    case Decision::Act::kSkip:
      break;
  }
  return decision.reason == Reason::kExpired ? State::kExpired : State::kSkipped;
}

// What the notification is once this draft is carried out.
store::Plan plan_of(const Draft& draft) {
  if (draft.digest) return {true, State::kDeferred, std::string(name_of(Reason::kDigest))};
  if (draft.deliveries.empty()) return {true, State::kSkipped, "no_channel"};
  std::vector<State> states;
  for (const DraftDelivery& one : draft.deliveries) states.push_back(state_of(one.decision));
  const State state = overall(states);
  const bool tells = rank_of(state) != 0 && draft.deliveries.size() == 1;
  return {true, state, tells ? draft.deliveries.front().reason : std::string()};
}

// What all of them say, once nothing of them goes any more.
std::string reason_of(const std::vector<Delivery>& deliveries, State state) {
  const bool ended = state == State::kSkipped || state == State::kExpired;
  if (!ended || deliveries.empty()) return {};
  const std::string& first = deliveries.front().reason;
  const bool agree = std::ranges::all_of(
      deliveries, [&](const Delivery& delivery) { return delivery.reason == first; });
  return agree ? first : std::string();
}

// What a draft says, in the delivery.
void take(const DraftDelivery& draft, Delivery& delivery, base::Time now) {
  delivery.state = state_of(draft.decision);
  delivery.updated_at = now;
  delivery.next_at.reset();
  delivery.reason = draft.reason;
  delivery.detail = delivery.state == State::kQueued ? std::string() : draft.explanation;
  delivery.target = draft.target;
  if (delivery.state == State::kDeferred) delivery.next_at = draft.decision.until;
}

store::NewDelivery delivery_of(const Notification& n, const DraftDelivery& draft,
                               base::TenantId tenant, base::Time now) {
  store::NewDelivery made;
  made.delivery.tenant = tenant;
  made.delivery.notification = n.id;
  made.delivery.channel = draft.channel;
  made.delivery.user_id = draft.user_id;
  made.delivery.created_at = now;
  take(draft, made.delivery, now);
  made.category = n.category;
  made.counts = made.delivery.state == State::kQueued;
  return made;
}

}  // namespace

// One that is found to be right, until it is written.
struct Notifications::Accepting {
  std::size_t place = 0;  // among those that were given
  Notification notification;
  bool later = false;  // not planned before send_at
  Draft draft;
  store::Plan plan;
};

base::Status Notifications::check(DraftReads& reads, Notification& n) const {
  if (!n.to_email.empty()) {
    ASHLAR_ASSIGN(n.to_email, normalized_email(n.to_email, "/to/email"));
  } else if (!n.to_phone.empty()) {
    ASHLAR_ASSIGN(n.to_phone, normalized_phone(n.to_phone, "/to/phone"));
  } else if (!n.to_device.empty()) {
    DeviceId id;
    const char* end = n.to_device.data() + n.to_device.size();
    const auto read = std::from_chars(n.to_device.data(), end, id.value);
    if (read.ec != std::errc() || read.ptr != end || !id.is_set()) {
      return wrong("/to/device", "device_invalid", "A device is named by the id it was given.");
    }
    ASHLAR_ASSIGN(const std::optional<Device> device, store::find_device(reads.tx(), id));
    if (!device) {
      return base::fail(base::Code::kNotFound, "device_not_found", "No such device.");
    }
  } else {
    ASHLAR_TRY(check_user_id(n.user_id, "/to/user_id"));
    ASHLAR_ASSIGN(const std::optional<Recipient> recipient, reads.recipient(n.user_id));
    // The inbox needs no address.
    if (!recipient && n.channels != "inbox") {
      return base::fail(base::Code::kNotFound, "recipient_not_found",
                        "No such recipient: PUT /v1/recipients/{user_id} first.");
    }
  }
  if (!n.template_key.empty()) {
    ASHLAR_ASSIGN(n.template_version, templates_.accept(reads.tx(), n.template_key, n.data));
  } else if (!n.data.empty()) {
    return wrong("/data", "data_without_template", "data fills a template; give one.");
  }
  return base::ok_status();
}

// Planned before it is written: so it is written once.
base::Result<Notifications::Accepting> Notifications::prepare(DraftReads& reads,
                                                              Notification n) const {
  Accepting made;
  ASHLAR_TRY(check(reads, n));
  const base::Time now = clock_.now();
  made.later = n.send_at && *n.send_at > now;
  if (!made.later) {
    ASHLAR_ASSIGN(made.draft, drafter_.draft(reads, n, now));
    made.plan = plan_of(made.draft);
  }
  made.notification = std::move(n);
  return made;
}

base::Result<Notifications::Accepted> Notifications::accept(storage::Transaction& tx,
                                                            Notification n) const {
  std::vector<Notification> one;
  one.push_back(std::move(n));
  ASHLAR_ASSIGN(const std::vector<base::Result<Accepted>> accepted,
                accept_many(tx, std::move(one)));
  return accepted.front();
}

base::Result<std::vector<base::Result<Notifications::Accepted>>> Notifications::accept_many(
    storage::Transaction& tx, std::vector<Notification> wanted) const {
  DraftReads reads(tx);
  if (wanted.size() > 1) ASHLAR_TRY(reads.ahead(wanted));
  Outcomes outcomes(wanted.size());
  std::vector<Accepting> prepared;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASHLAR_ASSIGN(const bool looks_back, Drafter::looks_back(reads, wanted[i]));
    // What it counts has to be there.
    if (looks_back) ASHLAR_TRY(write(tx, prepared, outcomes));
    base::Result<Accepting> one = prepare(reads, std::move(wanted[i]));
    if (!one.ok()) {
      outcomes[i] = std::move(one).error();
      continue;
    }
    one->place = i;
    prepared.push_back(*std::move(one));
  }
  ASHLAR_TRY(write(tx, prepared, outcomes));
  std::vector<base::Result<Accepted>> all;
  all.reserve(outcomes.size());
  for (auto& outcome : outcomes) all.push_back(*std::move(outcome));
  return all;
}

base::Status Notifications::write(storage::Transaction& tx, std::vector<Accepting>& prepared,
                                  Outcomes& outcomes) const {
  if (prepared.empty()) return base::ok_status();
  std::vector<store::PlannedNotification> rows;
  for (const Accepting& one : prepared) rows.push_back({&one.notification, one.plan});
  ASHLAR_ASSIGN(const std::vector<store::Accepted> made,
                store::insert_notifications(tx, dialect_, rows));
  std::vector<Drafted> drafted;
  std::vector<jobs::NewJob> later;
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    Accepting& one = prepared[i];
    Notification& n = one.notification;
    n.id = made[i].id;
    Accepted accepted{n.id, one.plan.state, made[i].existed};
    if (made[i].existed) {
      ASHLAR_ASSIGN(const std::optional<Notification> found, store::find_notification(tx, n.id));
      accepted.state = found ? found->state : State::kQueued;
    } else if (one.later) {
      later.push_back(plan_job(kOfNotification, n.id.value, n, *n.send_at));
    } else {
      drafted.push_back({&n, &one.draft});
    }
    outcomes[one.place] = accepted;
  }
  ASHLAR_TRY(carry_out(tx, drafted));
  ASHLAR_TRY(enqueue(tx, later));
  prepared.clear();
  return base::ok_status();
}

base::Status Notifications::carry_out(storage::Transaction& tx,
                                      std::span<const Drafted> drafted) const {
  const base::Time now = clock_.now();
  std::vector<store::NewDelivery> made;
  std::vector<const Notification*> of;  // of each that is made
  for (const auto& [n, draft] : drafted) {
    if (draft->digest) {
      ASHLAR_TRY(gather(tx, *n, *draft->digest));
      continue;
    }
    for (const DraftDelivery& one : draft->deliveries) {
      made.push_back(delivery_of(*n, one, tx.context().tenant_id(), now));
      of.push_back(n);
    }
  }
  ASHLAR_TRY(store::insert_deliveries(tx, dialect_, made));
  std::vector<jobs::NewJob> next;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (auto job = job_of(made[i].delivery, *of[i])) next.push_back(*std::move(job));
  }
  return enqueue(tx, next);
}

std::optional<jobs::NewJob> Notifications::job_of(const Delivery& delivery, const Notification& n) {
  if (delivery.state == State::kDeferred) {
    return plan_job(kOfDelivery, delivery.id.value, n, *delivery.next_at);
  }
  if (delivery.state != State::kQueued) return std::nullopt;
  return first_job_of(delivery, n.priority, n.traceparent);
}

base::Status Notifications::enqueue(storage::Transaction& tx,
                                    std::span<const jobs::NewJob> jobs) const {
  while (!jobs.empty()) {
    const auto some = jobs.first(std::min<std::size_t>(jobs.size(), jobs::Jobs::kMaxBatch));
    ASHLAR_TRY(jobs_.enqueue_many(tx, tx.context().tenant_id(), some));
    jobs = jobs.subspan(some.size());
  }
  return base::ok_status();
}

base::Status Notifications::plan(storage::Transaction& tx, const Notification& n) const {
  const base::Time now = clock_.now();
  DraftReads reads(tx);
  ASHLAR_ASSIGN(const Draft draft, drafter_.draft(reads, n, now));
  const Drafted drafted{&n, &draft};
  ASHLAR_TRY(carry_out(tx, {&drafted, 1}));
  const store::Plan plan = plan_of(draft);
  return store::set_planned(tx, n.id, plan.state, plan.reason, now);
}

base::Status Notifications::plan_again(storage::Transaction& tx, DeliveryId id) const {
  ASHLAR_ASSIGN(std::optional<Delivery> delivery, store::find_planned(tx, id));
  if (!delivery || delivery->state != State::kDeferred) return base::ok_status();
  ASHLAR_ASSIGN(const std::optional<Notification> n,
                store::find_notification(tx, delivery->notification));
  if (!n) return base::ok_status();
  const base::Time now = clock_.now();
  const Delivery waited = *delivery;
  DraftReads reads(tx);
  ASHLAR_ASSIGN(const DraftDelivery draft, drafter_.again(reads, *n, *delivery, now));
  take(draft, *delivery, now);
  const bool counts = delivery->state == State::kQueued;
  ASHLAR_ASSIGN(const bool changed, store::replan_delivery(tx, *delivery, counts));
  if (!changed) return base::ok_status();
  ASHLAR_TRY(store::keep_deferral(tx, waited, now));
  if (const auto job = job_of(*delivery, *n)) ASHLAR_TRY(enqueue(tx, {&*job, 1}));
  return settle(tx, n->id);
}

base::Status Notifications::settle(storage::Transaction& tx, NotificationId id) const {
  ASHLAR_ASSIGN(const std::vector<Delivery> deliveries, store::deliveries_of(tx, id));
  std::vector<State> states;
  for (const Delivery& delivery : deliveries) states.push_back(delivery.state);
  const State state = overall(states);
  return store::set_planned(tx, id, state, reason_of(deliveries, state), clock_.now());
}

}  // namespace ashlar::notifications
