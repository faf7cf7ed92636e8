#include "modules/notifications/notifications.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/draft_reads.h"
#include "modules/notifications/moments_store.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

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

base::Result<Draft> Notifications::draft(storage::Transaction& tx, const Notification& n) const {
  DraftReads reads(tx);
  return drafter_.draft(reads, n, clock_.now());
}

jobs::NewJob Notifications::plan_job(std::string_view what, std::int64_t id, const Notification& n,
                                     base::Time at) {
  jobs::NewJob job;
  job.kind = kPlanJob;
  json::Writer(job.payload).begin_object().key(what).string(std::to_string(id)).end_object();
  job.priority = rank_in_jobs(n.priority);
  job.run_at = at;
  job.traceparent = n.traceparent;
  return job;
}

base::Status Notifications::enqueue_plan(storage::Transaction& tx, std::string_view what,
                                         std::int64_t id, const Notification& n,
                                         base::Time at) const {
  ASHLAR_TRY(jobs_.enqueue(tx, plan_job(what, id, n, at)));
  return base::ok_status();
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
    const Delivery waited = delivery;
    delivery.state = State::kSkipped;
    delivery.reason = "cancelled";
    delivery.detail = "It was cancelled before it was sent.";
    delivery.next_at.reset();
    delivery.updated_at = now;
    ASHLAR_ASSIGN(const bool was_deferred, store::replan_delivery(tx, delivery, false));
    if (was_deferred) ASHLAR_TRY(store::keep_deferral(tx, waited, now));
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
