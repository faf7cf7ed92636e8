#include "modules/notifications/inbox_store.h"

#include <array>

#include "modules/notifications/moments_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

#define INBOX_COLUMNS                                                             \
  "id, user_id, notification_id, delivery_id, category, title, body, url, data, " \
  "created_at, read_at, archived_at"

// [[tenant, user, notification, delivery, category, title, body, url, data, at], …]
constexpr Sql kPut{
    Audience::kPlatform,
    "INSERT INTO notifications_inbox (tenant_id, user_id, notification_id, delivery_id, category,"
    " title, body, url, data, created_at) SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2,"
    " r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6, r.value ->> 7, r.value ->> 8,"
    " r.value ->> 9 FROM json_each(?1) AS r WHERE true ON CONFLICT DO NOTHING"
    " RETURNING id, delivery_id",
    "INSERT INTO notifications_inbox (tenant_id, user_id, notification_id, delivery_id, category,"
    " title, body, url, data, created_at) SELECT (r.value ->> 0)::bigint, r.value ->> 1,"
    " (r.value ->> 2)::bigint, (r.value ->> 3)::bigint, r.value ->> 4, r.value ->> 5,"
    " r.value ->> 6, r.value ->> 7, r.value ->> 8, (r.value ->> 9)::bigint"
    " FROM json_array_elements(?1::text::json) AS r(value) ON CONFLICT DO NOTHING"
    " RETURNING id, delivery_id"};

#define LIST_FROM                                       \
  "SELECT " INBOX_COLUMNS                               \
  " FROM notifications_inbox WHERE tenant_id = :tenant" \
  " AND user_id = ?1 AND id < ?2"
constexpr Sql kListUnread{Audience::kTenant, LIST_FROM
                          " AND read_at IS NULL AND archived_at IS NULL"
                          " ORDER BY id DESC LIMIT ?3"};
constexpr Sql kListCurrent{Audience::kTenant,
                           LIST_FROM " AND archived_at IS NULL ORDER BY id DESC LIMIT ?3"};
constexpr Sql kListArchived{Audience::kTenant,
                            LIST_FROM " AND archived_at IS NOT NULL ORDER BY id DESC LIMIT ?3"};
#undef LIST_FROM

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(CASE WHEN read_at IS NULL AND archived_at IS NULL THEN 1 END),"
                     " count(CASE WHEN archived_at IS NULL THEN 1 END), count(archived_at)"
                     " FROM notifications_inbox WHERE tenant_id = :tenant AND user_id = ?1"};

#define CHANGE "UPDATE notifications_inbox SET "
#define OF_ENTRY                                            \
  " WHERE tenant_id = :tenant AND user_id = ?1 AND id = ?2" \
  " RETURNING " INBOX_COLUMNS
constexpr Sql kRead{Audience::kTenant, CHANGE "read_at = coalesce(read_at, ?3)" OF_ENTRY};
constexpr Sql kUnread{Audience::kTenant, CHANGE "read_at = NULL" OF_ENTRY};
constexpr Sql kArchive{Audience::kTenant,
                       CHANGE "archived_at = coalesce(archived_at, ?3)" OF_ENTRY};
constexpr Sql kUnarchive{Audience::kTenant, CHANGE "archived_at = NULL" OF_ENTRY};
#undef OF_ENTRY
#undef CHANGE

constexpr Sql kReadAll{
    Audience::kTenant,
    "UPDATE notifications_inbox SET read_at = ?3 WHERE tenant_id = :tenant AND id IN"
    " (SELECT id FROM notifications_inbox WHERE tenant_id = :tenant AND user_id = ?1 AND id <= ?2"
    " AND read_at IS NULL AND archived_at IS NULL ORDER BY id LIMIT ?4) RETURNING delivery_id"};

constexpr Sql kOpenDelivery{
    Audience::kTenant,
    "UPDATE notifications_deliveries SET state = 8, updated_at = ?2"
    " WHERE tenant_id = :tenant AND id = ?1 AND state <> 8 RETURNING notification_id"};
constexpr Sql kOpenNotification{Audience::kTenant,
                                "UPDATE notifications SET state = 8, updated_at = ?2"
                                " WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kExport{Audience::kTenant,
                      "SELECT " INBOX_COLUMNS
                      " FROM notifications_inbox WHERE tenant_id = :tenant AND id > ?1"
                      " ORDER BY id LIMIT ?2"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM notifications_inbox WHERE tenant_id = :tenant AND id IN (SELECT"
                     " id FROM notifications_inbox WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseOf{Audience::kTenant,
                       "DELETE FROM notifications_inbox WHERE tenant_id = :tenant"
                       " AND user_id = ?1"};
constexpr Sql kSweep{Audience::kPlatform,
                     "DELETE FROM notifications_inbox WHERE id IN (SELECT id FROM"
                     " notifications_inbox WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)"};

constexpr std::array<const Sql*, 16> kStatements{
    &kPut,    &kListUnread, &kListCurrent, &kListArchived, &kCount,        &kRead,
    &kUnread, &kArchive,    &kUnarchive,   &kReadAll,      &kOpenDelivery, &kOpenNotification,
    &kExport, &kErase,      &kEraseOf,     &kSweep};

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

InboxEntry read_entry(const Row& row) {
  InboxEntry e;
  e.id = InboxEntryId(row.integer(0));
  e.user_id = row.text(1);
  e.notification = NotificationId(row.integer(2));
  e.delivery = DeliveryId(row.integer(3));
  e.category = row.text(4);
  e.title = row.text(5);
  e.body = row.text(6);
  e.url = row.text(7);
  e.data = row.text(8);
  e.created_at = base::from_micros(row.integer(9));
  e.read_at = maybe_time(row, 10);
  e.archived_at = maybe_time(row, 11);
  return e;
}

}  // namespace

base::Result<std::vector<PutEntry>> put_inbox(storage::Transaction& tx,
                                              std::span<const OwnedEntry> entries) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const auto& [tenant, e] : entries) {
    writer.begin_array().integer(tenant.value).string(e.user_id).integer(e.notification.value);
    writer.integer(e.delivery.value).string(e.category).string(e.title).string(e.body);
    writer.string(e.url).string(e.data).integer(base::to_micros(e.created_at)).end_array();
  }
  writer.end_array();
  std::vector<PutEntry> put;
  ASHLAR_TRY(tx.query(kPut, {text}, [&](const Row& row) {
    put.push_back({InboxEntryId(row.integer(0)), DeliveryId(row.integer(1))});
  }));
  return put;
}

base::Result<std::vector<InboxEntry>> list_inbox(storage::Transaction& tx, std::string_view user,
                                                 InboxView view, InboxEntryId before,
                                                 std::int64_t limit) {
  const Sql& sql = view == InboxView::kUnread    ? kListUnread
                   : view == InboxView::kCurrent ? kListCurrent
                                                 : kListArchived;
  std::vector<InboxEntry> entries;
  ASHLAR_TRY(tx.query(sql, {user, before.value, limit},
                      [&](const Row& row) { entries.push_back(read_entry(row)); }));
  return entries;
}

base::Result<InboxCounts> count_inbox(storage::Transaction& tx, std::string_view user) {
  InboxCounts counts;
  ASHLAR_TRY(tx.query(kCount, {user}, [&](const Row& row) {
    counts = {row.integer(0), row.integer(1), row.integer(2)};
  }));
  return counts;
}

base::Result<std::optional<InboxEntry>> change_inbox(storage::Transaction& tx,
                                                     std::string_view user, InboxEntryId id,
                                                     InboxChange change, base::Time now) {
  std::optional<InboxEntry> entry;
  const auto sink = [&](const Row& row) { entry = read_entry(row); };
  switch (change) {
    case InboxChange::kRead:
      ASHLAR_TRY(tx.query(kRead, {user, id.value, base::to_micros(now)}, sink));
      break;
    case InboxChange::kUnread:
      ASHLAR_TRY(tx.query(kUnread, {user, id.value}, sink));
      break;
    case InboxChange::kArchive:
      ASHLAR_TRY(tx.query(kArchive, {user, id.value, base::to_micros(now)}, sink));
      break;
    case InboxChange::kUnarchive:
      ASHLAR_TRY(tx.query(kUnarchive, {user, id.value}, sink));
      break;
  }
  return entry;
}

base::Result<std::vector<DeliveryId>> read_all(storage::Transaction& tx, std::string_view user,
                                               InboxEntryId up_to, base::Time now,
                                               std::int64_t limit) {
  std::vector<DeliveryId> deliveries;
  ASHLAR_TRY(tx.query(kReadAll, {user, up_to.value, base::to_micros(now), limit},
                      [&](const Row& row) { deliveries.emplace_back(row.integer(0)); }));
  return deliveries;
}

base::Status open_inbox(storage::Transaction& tx, std::span<const DeliveryId> deliveries,
                        base::Time now) {
  const std::int64_t at = base::to_micros(now);
  for (const DeliveryId id : deliveries) {
    std::optional<std::int64_t> notification;
    ASHLAR_TRY(tx.query(kOpenDelivery, {id.value, at},
                        [&](const Row& row) { notification = row.integer(0); }));
    if (!notification) continue;
    ASHLAR_TRY(tx.execute(kOpenNotification, {*notification, at}));
    ASHLAR_TRY(keep_opening(tx, id, now));
  }
  return base::ok_status();
}

base::Result<std::vector<InboxEntry>> export_inbox(storage::Transaction& tx, InboxEntryId after,
                                                   std::int64_t limit) {
  std::vector<InboxEntry> entries;
  ASHLAR_TRY(tx.query(kExport, {after.value, limit},
                      [&](const Row& row) { entries.push_back(read_entry(row)); }));
  return entries;
}

base::Result<std::int64_t> erase_inbox(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<std::int64_t> erase_inbox_of(storage::Transaction& tx, std::string_view user) {
  return tx.execute(kEraseOf, {user});
}

base::Result<std::int64_t> sweep_inbox(storage::Transaction& tx, base::Time before,
                                       std::int64_t limit) {
  return tx.execute(kSweep, {base::to_micros(before), limit});
}

std::span<const storage::Sql* const> inbox_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
