#include "modules/notifications/inbox.h"

#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_callbacks.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/notification_store.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {

std::string inbox_notice(base::TenantId tenant, std::string_view user) {
  return tenant.to_string() + ":" + std::string(user);
}

void Inbox::carry(const Notification& n, const Delivery& d, const Outgoing& message,
                  Provider::Done done) {
  InboxEntry entry;
  entry.user_id = d.user_id;
  entry.notification = n.id;
  entry.delivery = d.id;
  entry.category = n.category;
  entry.title = message.content.subject;
  entry.body = message.content.text;
  entry.url = message.content.url;
  entry.data = message.content.data;
  entry.created_at = clock_.now();
  writer_.put({d.tenant, std::move(entry)}, std::move(done));
}

base::Result<InboxEntry> Inbox::change(storage::Transaction& tx, std::string_view user,
                                       InboxEntryId id, InboxChange change) const {
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(std::optional<InboxEntry> entry, store::change_inbox(tx, user, id, change, now));
  if (!entry) {
    return base::fail(base::Code::kNotFound, "inbox_entry_not_found", "No such entry.");
  }
  if (change == InboxChange::kRead) {
    ASHLAR_TRY(store::open_inbox(tx, std::span(&entry->delivery, 1), now));
    ASHLAR_TRY(open_campaign_entries(tx, std::span(&entry->delivery, 1)));
  }
  tx.notify(kInboxNotices, inbox_notice(tx.context().tenant_id(), user));
  return *std::move(entry);
}

base::Result<std::int64_t> Inbox::read_all(storage::Transaction& tx, std::string_view user,
                                           InboxEntryId up_to) const {
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const std::vector<DeliveryId> read,
                store::read_all(tx, user, up_to, now, kReadAllBatch));
  ASHLAR_TRY(store::open_inbox(tx, read, now));
  ASHLAR_TRY(open_campaign_entries(tx, read));
  tx.notify(kInboxNotices, inbox_notice(tx.context().tenant_id(), user));
  return static_cast<std::int64_t>(read.size());
}

}  // namespace ashlar::notifications
