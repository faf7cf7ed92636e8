#include "modules/notifications/notification_columns.h"

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

std::optional<base::Time> maybe_time(const storage::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

}  // namespace

Notification read_notification(const storage::Row& row, int from) {
  Notification n;
  n.id = NotificationId(row.integer(from));
  n.tenant = base::TenantId(row.integer(from + 1));
  n.user_id = row.text(from + 2);
  n.to_email = row.text(from + 3);
  n.to_phone = row.text(from + 4);
  n.to_device = row.text(from + 5);
  n.locale = row.text(from + 6);
  n.category = row.text(from + 7);
  n.template_key = row.text(from + 8);
  n.template_version = row.integer(from + 9);
  n.content = row.text(from + 10);
  n.data = row.text(from + 11);
  n.channels = row.text(from + 12);
  n.priority = static_cast<Priority>(row.integer(from + 13));
  n.dedupe_key = row.maybe_text(from + 14).value_or("");
  n.collapse_key = row.text(from + 15);
  n.digest_key = row.text(from + 16);
  n.digest_for = base::Seconds{row.integer(from + 17)};
  n.traceparent = row.text(from + 18);
  n.send_at = maybe_time(row, from + 19);
  n.expires_at = maybe_time(row, from + 20);
  n.state = static_cast<State>(row.integer(from + 21));
  n.planned = row.integer(from + 22) != 0;
  n.reason = row.text(from + 23);
  n.digested_into = NotificationId(row.integer(from + 24));
  n.created_at = base::from_micros(row.integer(from + 25));
  n.updated_at = base::from_micros(row.integer(from + 26));
  return n;
}

Delivery read_delivery(const storage::Row& row, int from) {
  Delivery d;
  d.id = DeliveryId(row.integer(from));
  d.tenant = base::TenantId(row.integer(from + 1));
  d.notification = NotificationId(row.integer(from + 2));
  d.channel = static_cast<Channel>(row.integer(from + 3));
  d.user_id = row.text(from + 4);
  d.target.address = row.text(from + 5);
  d.target.extra = row.text(from + 6);
  d.target.device = row.text(from + 7);
  d.state = static_cast<State>(row.integer(from + 8));
  d.reason = row.text(from + 9);
  d.detail = row.text(from + 10);
  d.attempts = row.integer(from + 11);
  d.dead = row.integer(from + 12) != 0;
  d.replay_of = DeliveryId(row.integer(from + 13));
  d.provider = ProviderId(row.integer(from + 14));
  d.provider_ref = row.text(from + 15);
  d.created_at = base::from_micros(row.integer(from + 16));
  d.updated_at = base::from_micros(row.integer(from + 17));
  d.next_at = maybe_time(row, from + 18);
  d.sent_at = maybe_time(row, from + 19);
  return d;
}

}  // namespace ashlar::notifications::store
