// Inbox: the channel that is ours: entries that an app shows its user, and who is told of them.
//
//   put (the sender) ──> entry, once for each delivery ──notice──> watchers of the user, everywhere
//   read / archive (the user) ──> entry; the delivery is opened ──notice──> watchers
//
// Watchers are told that something has changed, with the new counts; what, they read. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/inbox_store.h"
#include "modules/notifications/inbox_writer.h"
#include "modules/notifications/provider.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

// Storage's notice board: "<tenant>:<user>".
inline constexpr std::string_view kInboxNotices = "notification_inbox";
// The same of whose tokens were ended.
inline constexpr std::string_view kInboxTokenNotices = "notification_inbox_tokens";

class Inbox {
 public:
  static constexpr std::int64_t kReadAllBatch = 1'000;

  // Both outlive it.
  Inbox(storage::Database& db, const base::Clock& clock) : clock_(clock), writer_(db) {}

  // Sender::OwnChannel: kAccepted once it is there; kRetry where the database is away.
  void carry(const Notification& notification, const Delivery& delivery, const Outgoing& message,
             Provider::Done done);
  // Carries no more. Idempotent.
  void stop() { writer_.stop(); }

  // In the caller's transaction, for its tenant. kNotFound inbox_entry_not_found.
  base::Result<InboxEntry> change(storage::Transaction& tx, std::string_view user, InboxEntryId id,
                                  InboxChange change) const;
  // How many were read; call again while it is kReadAllBatch.
  base::Result<std::int64_t> read_all(storage::Transaction& tx, std::string_view user,
                                      InboxEntryId up_to) const;

 private:
  const base::Clock& clock_;
  InboxWriter writer_;
};

std::string inbox_notice(base::TenantId tenant, std::string_view user);

}  // namespace ashlar::notifications
