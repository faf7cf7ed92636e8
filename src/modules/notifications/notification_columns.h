// The columns of a notification and of a delivery, and how their rows are read: for the stores.
// Private to them. Aliases: n of notifications, d of notifications_deliveries.
#pragma once

#include "modules/notifications/notification.h"

namespace ashlar::storage {
class Row;
}

#define ASHLAR_NOTIFICATION_COLUMNS                                                           \
  "n.id, n.tenant_id, n.user_id, n.to_email, n.to_phone, n.to_device, n.locale, n.category, " \
  "n.template_key, n.template_version, n.content, n.data, n.channels, n.priority, "           \
  "n.dedupe_key, n.collapse_key, n.digest_key, n.digest_for_s, n.traceparent, n.send_at, "    \
  "n.expires_at, n.state, n.planned, n.reason, n.digested_into, n.created_at, n.updated_at"

#define ASHLAR_NOTIFICATION_DELIVERY_COLUMNS                                                   \
  "d.id, d.tenant_id, d.notification_id, d.channel, d.user_id, d.address, d.extra, d.device, " \
  "d.state, d.reason, d.detail, d.attempts, d.dead, d.replay_of, d.provider_id, "              \
  "d.provider_ref, d.created_at, d.updated_at, d.next_at, d.sent_at"

namespace ashlar::notifications::store {

inline constexpr int kNotificationColumns = 27;
inline constexpr int kDeliveryColumns = 20;

// `from`: the column at which they begin.
Notification read_notification(const storage::Row& row, int from = 0);
Delivery read_delivery(const storage::Row& row, int from = 0);

}  // namespace ashlar::notifications::store
