#include "modules/notifications/notifications.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/send_job.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kOfNotification = "notification";
constexpr std::string_view kOfDelivery = "delivery";
constexpr std::string_view kOfDigest = "digest";

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

// {"notification": "12"}: the member's name and the number.
struct PlanJob {
  std::string what;
  std::int64_t id = 0;
};
std::optional<PlanJob> plan_job_of(std::string_view payload) {
  const base::Result<json::Value> value = json::parse(payload);
  const json::Value::Object* object = value.ok() ? value->if_object() : nullptr;
  if (object == nullptr || object->size() != 1) return std::nullopt;
  const std::string* text = object->front().second.if_string();
  PlanJob job{object->front().first, 0};
  if (text == nullptr) return std::nullopt;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), job.id);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return job;
}

int rank_in_jobs(Priority priority) { return (static_cast<int>(priority) - 1) * 10; }

constexpr std::size_t kMaxDigestBytes = 128 * 1024;

// What the digest's template is filled with: how many there are, the data of each as far as there
// is room, and of how many there was none.
std::string digest_data(const std::vector<Notification>& items) {
  std::string data;
  json::Writer w(data);
  w.begin_object().key("count").integer(static_cast<std::int64_t>(items.size()));
  w.key("items").begin_array();
  std::int64_t left_out = 0;
  for (const Notification& item : items) {
    if (data.size() + item.data.size() > kMaxDigestBytes) {
      ++left_out;
    } else {
      w.raw(item.data.empty() ? "{}" : item.data);
    }
  }
  w.end_array().key("left_out").integer(left_out).end_object();
  return data;
}

// Without a template: the subjects and texts below each other.
std::string digest_content(const std::vector<Notification>& items) {
  std::string text;
  std::size_t left_out = 0;
  for (const Notification& item : items) {
    const base::Result<json::Value> content = json::parse(item.content);
    if (!content.ok() || text.size() + item.content.size() > kMaxDigestBytes) {
      ++left_out;
      continue;
    }
    for (const char* member : {"subject", "text"}) {
      const json::Value* value = content->find(member);
      if (value == nullptr || value->if_string() == nullptr) continue;
      text += *value->if_string() + "\n";
    }
    text += "\n";
  }
  if (left_out > 0) text += "(" + std::to_string(left_out) + " more do not fit in here.)\n";
  std::string out;
  json::Writer w(out);
  const base::Result<json::Value> last = json::parse(items.back().content);
  const json::Value* subject = last.ok() ? last->find("subject") : nullptr;
  w.begin_object();
  if (subject != nullptr) {
    std::string line = subject->if_string() != nullptr ? *subject->if_string() : "";
    if (items.size() > 1) line += " (and " + std::to_string(items.size() - 1) + " more)";
    w.key("subject").string(line);
  }
  w.key("text").string(text).end_object();
  return out;
}

}  // namespace

base::Result<std::optional<Recipient>> Notifications::check_recipient(storage::Transaction& tx,
                                                                      Notification& n) const {
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
    ASHLAR_ASSIGN(const std::optional<Device> device, store::find_device(tx, id));
    if (!device) {
      return base::fail(base::Code::kNotFound, "device_not_found", "No such device.");
    }
  } else {
    ASHLAR_TRY(check_user_id(n.user_id, "/to/user_id"));
    ASHLAR_ASSIGN(std::optional<Recipient> recipient, store::find_recipient(tx, n.user_id));
    // The inbox needs no address.
    if (!recipient && n.channels != "inbox") {
      return base::fail(base::Code::kNotFound, "recipient_not_found",
                        "No such recipient: PUT /v1/recipients/{user_id} first.");
    }
    return recipient;
  }
  return std::optional<Recipient>();
}

base::Result<Notifications::Accepted> Notifications::accept(storage::Transaction& tx,
                                                            Notification n) const {
  ASHLAR_ASSIGN(const std::optional<Recipient> recipient, check_recipient(tx, n));
  if (!n.template_key.empty()) {
    ASHLAR_ASSIGN(n.template_version, templates_.accept(tx, n.template_key, n.data));
  } else if (!n.data.empty()) {
    return wrong("/data", "data_without_template", "data fills a template; give one.");
  }
  // Planned before it is written: so it is written once.
  const bool later = n.send_at && *n.send_at > clock_.now();
  Draft draft;
  if (!later) {
    ASHLAR_ASSIGN(draft, drafter_.draft(tx, n, clock_.now(), recipient ? &*recipient : nullptr));
  }
  const store::Plan plan = later ? store::Plan() : plan_of(draft);
  ASHLAR_ASSIGN(const store::Accepted made, store::insert_notification(tx, n, plan));
  if (made.existed) {
    ASHLAR_ASSIGN(const std::optional<Notification> found, store::find_notification(tx, made.id));
    return Accepted{made.id, found ? found->state : State::kQueued, true};
  }
  n.id = made.id;
  if (later) {
    ASHLAR_TRY(enqueue_plan(tx, kOfNotification, n.id.value, n, *n.send_at));
  } else {
    ASHLAR_TRY(carry_out(tx, n, draft));
  }
  return Accepted{n.id, plan.state, false};
}

base::Result<Draft> Notifications::draft(storage::Transaction& tx, const Notification& n) const {
  return drafter_.draft(tx, n, clock_.now());
}

base::Status Notifications::enqueue_plan(storage::Transaction& tx, std::string_view what,
                                         std::int64_t id, const Notification& n,
                                         base::Time at) const {
  jobs::NewJob job;
  job.kind = kPlanJob;
  json::Writer(job.payload).begin_object().key(what).string(std::to_string(id)).end_object();
  job.priority = rank_in_jobs(n.priority);
  job.run_at = at;
  job.traceparent = n.traceparent;
  ASHLAR_TRY(jobs_.enqueue(tx, job));
  return base::ok_status();
}

base::Status Notifications::plan(storage::Transaction& tx, const Notification& n) const {
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const Draft draft, drafter_.draft(tx, n, now));
  ASHLAR_TRY(carry_out(tx, n, draft));
  const store::Plan plan = plan_of(draft);
  return store::set_planned(tx, n.id, plan.state, plan.reason, now);
}

base::Status Notifications::carry_out(storage::Transaction& tx, const Notification& n,
                                      const Draft& draft) const {
  if (draft.digest) return gather(tx, n, *draft.digest);
  for (const DraftDelivery& one : draft.deliveries) ASHLAR_TRY(put(tx, n, one));
  return base::ok_status();
}

base::Status Notifications::go_on(storage::Transaction& tx, const Notification& n,
                                  Delivery delivery) const {
  if (delivery.state == State::kDeferred) {
    return enqueue_plan(tx, kOfDelivery, delivery.id.value, n, *delivery.next_at);
  }
  if (delivery.state != State::kQueued) return base::ok_status();
  ASHLAR_TRY(jobs_.enqueue(tx, first_job_of(delivery, n.priority, n.traceparent)));
  return base::ok_status();
}

// What a draft says, in the delivery.
static void take(const DraftDelivery& draft, Delivery& delivery, base::Time now) {
  delivery.state = state_of(draft.decision);
  delivery.updated_at = now;
  delivery.next_at.reset();
  delivery.reason = draft.reason;
  delivery.detail = delivery.state == State::kQueued ? std::string() : draft.explanation;
  delivery.target = draft.target;
  if (delivery.state == State::kDeferred) delivery.next_at = draft.decision.until;
}

base::Status Notifications::put(storage::Transaction& tx, const Notification& n,
                                const DraftDelivery& draft) const {
  const base::Time now = clock_.now();
  Delivery delivery;
  delivery.tenant = tx.context().tenant_id();
  delivery.notification = n.id;
  delivery.channel = draft.channel;
  delivery.user_id = draft.user_id;
  delivery.created_at = now;
  take(draft, delivery, now);
  const bool counts = delivery.state == State::kQueued;
  ASHLAR_ASSIGN(delivery.id, store::insert_delivery(tx, delivery, n.category, counts));
  return go_on(tx, n, delivery);
}

base::Status Notifications::settle(storage::Transaction& tx, NotificationId id) const {
  ASHLAR_ASSIGN(const std::vector<State> states, store::states_of(tx, id));
  return store::set_planned(tx, id, overall(states), "", clock_.now());
}

base::Status Notifications::plan_again(storage::Transaction& tx, DeliveryId id) const {
  ASHLAR_ASSIGN(std::optional<Delivery> delivery, store::find_planned(tx, id));
  if (!delivery || delivery->state != State::kDeferred) return base::ok_status();
  ASHLAR_ASSIGN(const std::optional<Notification> n,
                store::find_notification(tx, delivery->notification));
  if (!n) return base::ok_status();
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const DraftDelivery draft, drafter_.again(tx, *n, *delivery, now));
  take(draft, *delivery, now);
  const bool counts = delivery->state == State::kQueued;
  ASHLAR_ASSIGN(const bool changed, store::replan_delivery(tx, *delivery, counts));
  if (!changed) return base::ok_status();
  ASHLAR_TRY(go_on(tx, *n, *delivery));
  return settle(tx, n->id);
}

base::Status Notifications::gather(storage::Transaction& tx, const Notification& n,
                                   const Draft::Digest& digest) const {
  ASHLAR_ASSIGN(const store::OpenDigest open,
                store::open_digest(tx, n.user_id, digest.key, digest.due_at));
  ASHLAR_TRY(store::add_to_digest(tx, open.id, n.id));
  if (!open.made) return base::ok_status();
  return enqueue_plan(tx, kOfDigest, open.id, n, open.due_at);
}

// Items whose time is over end where they are, and leave.
static base::Status end_expired(storage::Transaction& tx, std::vector<Notification>& items,
                                base::Time now) {
  for (const Notification& item : items) {
    if (!item.expires_at || *item.expires_at > now) continue;
    ASHLAR_TRY(store::set_planned(tx, item.id, State::kExpired, name_of(Reason::kExpired), now));
  }
  std::erase_if(items, [now](const Notification& item) {
    return item.expires_at && *item.expires_at <= now;
  });
  return base::ok_status();
}

// When all of it is too late.
static std::optional<base::Time> last_expiry(const std::vector<Notification>& items) {
  std::optional<base::Time> last;
  for (const Notification& item : items) {
    if (!item.expires_at) return std::nullopt;
    if (!last || *last < *item.expires_at) last = item.expires_at;
  }
  return last;
}

base::Status Notifications::send_digest(storage::Transaction& tx, std::int64_t digest) const {
  ASHLAR_TRY(store::close_digest(tx, digest));
  ASHLAR_ASSIGN(std::vector<Notification> items, store::digest_items(tx, digest, kMaxDigestItems));
  const bool more = static_cast<std::int64_t>(items.size()) == kMaxDigestItems;
  if (items.empty()) return base::ok_status();
  const Notification newest = items.back();
  ASHLAR_TRY(end_expired(tx, items, clock_.now()));
  if (!items.empty()) ASHLAR_TRY(send_together(tx, items));
  // More than one message holds: the rest goes out as another.
  if (!more) return base::ok_status();
  return enqueue_plan(tx, kOfDigest, digest, newest, clock_.now());
}

base::Status Notifications::send_together(storage::Transaction& tx,
                                          const std::vector<Notification>& items) const {
  Notification n = items.back();
  n.expires_at = last_expiry(items);
  n.dedupe_key.clear();
  n.send_at.reset();
  n.digest_key.clear();
  n.digest_for = kIsDigest;
  n.created_at = n.updated_at = clock_.now();
  if (n.template_key.empty()) {
    n.content = digest_content(items);
  } else if (items.size() > 1) {
    n.data = digest_data(items);
  }
  ASHLAR_ASSIGN(const store::Accepted made, store::insert_notification(tx, n));
  n.id = made.id;
  for (const Notification& item : items) {
    ASHLAR_TRY(store::set_digested(tx, item.id, n.id, n.created_at));
  }
  ASHLAR_TRY(plan(tx, n));
  return base::ok_status();
}

base::Result<Notification> Notifications::cancel(storage::Transaction& tx,
                                                 NotificationId id) const {
  ASHLAR_ASSIGN(std::optional<Notification> n, store::find_notification(tx, id));
  if (!n) {
    return base::fail(base::Code::kNotFound, "notification_not_found", "No such notification.");
  }
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(bool changed, store::cancel_waiting(tx, id, now));
  ASHLAR_ASSIGN(const std::vector<Delivery> deliveries, store::deliveries_of(tx, id));
  for (Delivery delivery : deliveries) {
    if (delivery.state != State::kDeferred) continue;
    delivery.state = State::kSkipped;
    delivery.reason = "cancelled";
    delivery.next_at.reset();
    delivery.updated_at = now;
    ASHLAR_ASSIGN(const bool was_deferred, store::replan_delivery(tx, delivery, false));
    changed = changed || was_deferred;
  }
  if (!changed) {
    return base::fail(base::Code::kConflict, "notification_ended",
                      "It is on its way, or has ended: nothing of it can be called back.");
  }
  if (!deliveries.empty()) ASHLAR_TRY(settle(tx, id));
  ASHLAR_ASSIGN(n, store::find_notification(tx, id));
  return *std::move(n);
}

base::Result<jobs::Outcome> Notifications::work(storage::Transaction& tx,
                                                std::string_view payload) const {
  const std::optional<PlanJob> job = plan_job_of(payload);
  if (!job) return jobs::Outcome::dead("not a plan");
  if (job->what == kOfDelivery) {
    ASHLAR_TRY(plan_again(tx, DeliveryId(job->id)));
  } else if (job->what == kOfDigest) {
    ASHLAR_TRY(send_digest(tx, job->id));
  } else {
    ASHLAR_ASSIGN(const std::optional<Notification> n,
                  store::find_notification(tx, NotificationId(job->id)));
    if (n && !n->planned) ASHLAR_TRY(plan(tx, *n));
  }
  return jobs::Outcome::done();
}

jobs::KindOptions Notifications::plan_kind() const {
  jobs::KindOptions options;
  options.kind = kPlanJob;
  options.handler =
      jobs::TransactionHandler([this](const jobs::Attempt& attempt, storage::Transaction& tx) {
        return work(tx, attempt.job.payload);
      });
  options.concurrency = 4;
  return options;
}

}  // namespace ashlar::notifications
