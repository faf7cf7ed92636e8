// InboxStore: every line of SQL about the entries of users' inboxes.
//
//   put ──> [unread] ── read ──> [read] ── archive ──> [archived]
//              ^──── unread ────────┘         │
//              └──────── unarchive ───────────┘ (as it was)
//
// Functions run in the caller's transaction, for its tenant, but where said. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/notification.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications {

using InboxEntryId = base::StrongId<struct InboxEntryTag>;

struct InboxEntry {
  InboxEntryId id;
  std::string user_id;
  NotificationId notification;
  DeliveryId delivery;
  std::string category, title, body, url;
  std::string data;  // a JSON object, or empty
  base::Time created_at{};
  std::optional<base::Time> read_at, archived_at;
};

enum class InboxView : std::uint8_t { kUnread, kCurrent, kArchived };
struct InboxCounts {
  std::int64_t unread = 0, current = 0, archived = 0;
};
enum class InboxChange : std::uint8_t { kRead, kUnread, kArchive, kUnarchive };

namespace store {

// Once for each delivery: those that are new, in any order. On the platform.
struct OwnedEntry {
  base::TenantId tenant;
  InboxEntry entry;
};
struct PutEntry {
  InboxEntryId id;
  DeliveryId delivery;
};
base::Result<std::vector<PutEntry>> put_inbox(storage::Transaction& tx,
                                              std::span<const OwnedEntry> entries);

// The newest first, below `before`.
base::Result<std::vector<InboxEntry>> list_inbox(storage::Transaction& tx, std::string_view user,
                                                 InboxView view, InboxEntryId before,
                                                 std::int64_t limit);
base::Result<InboxCounts> count_inbox(storage::Transaction& tx, std::string_view user);
// nullopt: no such entry of this user.
base::Result<std::optional<InboxEntry>> change_inbox(storage::Transaction& tx,
                                                     std::string_view user, InboxEntryId id,
                                                     InboxChange change, base::Time now);
// All that is unread and not newer than `up_to`; the deliveries whose entries were.
base::Result<std::vector<DeliveryId>> read_all(storage::Transaction& tx, std::string_view user,
                                               InboxEntryId up_to, base::Time now,
                                               std::int64_t limit);

// Their deliveries are opened, and their notifications.
base::Status open_inbox(storage::Transaction& tx, std::span<const DeliveryId> deliveries,
                        base::Time now);

// By id upward, those after `after`, of all users.
base::Result<std::vector<InboxEntry>> export_inbox(storage::Transaction& tx, InboxEntryId after,
                                                   std::int64_t limit);
base::Result<std::int64_t> erase_inbox(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_inbox_of(storage::Transaction& tx, std::string_view user);
// Made before it. On the platform.
base::Result<std::int64_t> sweep_inbox(storage::Transaction& tx, base::Time before,
                                       std::int64_t limit);

std::span<const storage::Sql* const> inbox_statements();

}  // namespace store
}  // namespace ashlar::notifications
