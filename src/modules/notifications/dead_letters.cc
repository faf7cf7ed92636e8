#include "modules/notifications/dead_letters.h"

#include <utility>

#include "base/clock.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/renderer.h"
#include "modules/notifications/send_job.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "dead_letter_not_found",
                    "There is no such dead letter, or it was replayed.");
}

base::Status check_edit(const DeadLetterEdit& edit) {
  if (edit.content) ASHLAR_TRY(rendered_content(*edit.content));
  if (!edit.data) return base::ok_status();
  const base::Result<json::Value> data = json::parse(*edit.data);
  if (data.ok() && data->if_object() != nullptr) return base::ok_status();
  return base::Error{base::Code::kInvalid,
                     "data_malformed",
                     "The data is no JSON object.",
                     {{"/data", "data_malformed", "Give an object."}}};
}

// What was said before stays on record: what is said instead is another notification.
base::Result<NotificationId> copy_of(storage::Transaction& tx, Notification copy,
                                     const DeadLetterEdit& edit, base::Time now) {
  if (edit.data) copy.data = *edit.data;
  if (edit.content) {
    copy.content = *edit.content;
    copy.template_key.clear();
    copy.template_version = 0;
  }
  copy.dedupe_key.clear();
  copy.digest_key.clear();
  copy.send_at.reset();
  copy.created_at = copy.updated_at = now;
  ASHLAR_ASSIGN(const store::Accepted made, store::insert_notification(tx, copy));
  ASHLAR_TRY(store::set_planned(tx, made.id, State::kQueued, {}, now));
  return made.id;
}

}  // namespace

base::Result<Delivery> DeadLetters::replay(storage::Transaction& tx, DeliveryId id,
                                           const DeadLetterEdit& edit) const {
  ASHLAR_TRY(check_edit(edit));
  ASHLAR_ASSIGN(std::optional<store::DeadDelivery> dead, store::find_dead(tx, id));
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const bool was_dead, store::bury(tx, id, now));
  if (!dead || !was_dead) return not_found();
  const Delivery& old = dead->delivery;
  Delivery again;
  again.tenant = old.tenant;
  again.notification = old.notification;
  again.channel = old.channel;
  again.user_id = old.user_id;
  again.target = old.target;
  if (edit.address) {
    ASHLAR_ASSIGN(again.target.address, normalized_address(old.channel, *edit.address, "/address"));
    again.target.device.clear();
  }
  again.replay_of = id;
  again.created_at = again.updated_at = now;
  if (edit.data || edit.content) {
    ASHLAR_ASSIGN(again.notification, copy_of(tx, dead->notification, edit, now));
  }
  ASHLAR_ASSIGN(again.id, store::insert_delivery(tx, again, dead->notification.category, false));
  ASHLAR_TRY(jobs_.enqueue(
      tx, first_job_of(again, dead->notification.priority, dead->notification.traceparent)));
  ASHLAR_ASSIGN(const std::vector<State> states, store::states_of(tx, again.notification));
  ASHLAR_TRY(store::set_planned(tx, again.notification, overall(states), {}, now));
  return again;
}

base::Result<Replayed> DeadLetters::replay_many(storage::Transaction& tx,
                                                const store::DeadFilter& filter,
                                                DeliveryId before) const {
  ASHLAR_ASSIGN(const std::vector<store::DeadLetter> found,
                store::list_dead(tx, filter, before, kReplayBatch));
  Replayed replayed;
  for (const store::DeadLetter& letter : found) {
    ASHLAR_TRY(replay(tx, letter.delivery.id, {}));
    ++replayed.count;
  }
  if (replayed.count == kReplayBatch) replayed.next_before = found.back().delivery.id;
  return replayed;
}

}  // namespace ashlar::notifications
