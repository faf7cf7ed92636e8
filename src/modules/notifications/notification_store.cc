#include "modules/notifications/notification_store.h"

#include <algorithm>
#include <array>

#include "modules/notifications/notification_columns.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO notifications (tenant_id, user_id, to_email, to_phone, to_device, locale,"
    " category, template_key, template_version, content, data, channels, priority, dedupe_key,"
    " collapse_key, digest_key, digest_for_s, traceparent, send_at, expires_at, created_at,"
    " updated_at, planned, state, reason) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
    " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?20, ?21, ?22, ?23)"
    " ON CONFLICT DO NOTHING RETURNING id"};

constexpr Sql kFindDuplicate{
    Audience::kTenant,
    "SELECT id FROM notifications WHERE tenant_id = :tenant AND dedupe_key = ?1"};

constexpr Sql kFind{Audience::kTenant, "SELECT " ASHLAR_NOTIFICATION_COLUMNS
                                       " FROM notifications AS n"
                                       " WHERE n.tenant_id = :tenant AND n.id = ?1"};

// ?1, ?2, ?3: '' any; ?4, ?5: from state to state; ?6: before.
#define FATE(column)                                                                \
  "CASE WHEN n.digested_into = 0 THEN n." column " ELSE coalesce((SELECT g." column \
  " FROM notifications AS g WHERE g.tenant_id = :tenant"                            \
  " AND g.id = n.digested_into), n." column ") END"
#define LIST_FILTER \
  " AND (?2 = '' OR n.template_key = ?2)"                  \
  " AND (?3 = '' OR n.category = ?3)"                      \
  " AND n.id < ?6"                                         \
  " AND " FATE("state") " >= ?4 AND " FATE("state") " <= ?5" \
  " ORDER BY n.id DESC LIMIT ?7"
#define LIST_COLUMNS ASHLAR_NOTIFICATION_COLUMNS ", " FATE("state") ", " FATE("reason")
constexpr Sql kListAll{Audience::kTenant, "SELECT " LIST_COLUMNS
                                          " FROM notifications AS n"
                                          " WHERE n.tenant_id = :tenant AND ?1 = ''" LIST_FILTER};
constexpr Sql kListOfUser{Audience::kTenant,
                          "SELECT " LIST_COLUMNS
                          " FROM notifications AS n"
                          " WHERE n.tenant_id = :tenant AND n.user_id = ?1" LIST_FILTER};
#undef LIST_COLUMNS
#undef FATE
#undef LIST_FILTER

constexpr Sql kSetPlanned{Audience::kTenant,
                          "UPDATE notifications SET planned = 1, state = ?2, reason = ?3,"
                          " updated_at = ?4 WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kSetDigested{
    Audience::kTenant,
    "UPDATE notifications SET planned = 1, state = 6, reason = 'digested',"
    " digested_into = ?2, updated_at = ?3 WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kCancel{Audience::kTenant,
                      "UPDATE notifications SET planned = 1, state = 6, reason = 'cancelled',"
                      " updated_at = ?2 WHERE tenant_id = :tenant AND id = ?1 AND (planned = 0"
                      " OR (state = 1 AND reason = 'digest' AND digested_into = 0))"};

constexpr Sql kInsertDelivery{
    Audience::kTenant,
    "INSERT INTO notifications_deliveries (tenant_id, notification_id, channel, user_id, category,"
    " address, extra, device, state, reason, detail, dead, replay_of, created_at, updated_at,"
    " counted_at, next_at, sent_at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?15, ?16)"
    " RETURNING id"};

constexpr Sql kDeliveries{Audience::kTenant,
                          "SELECT " ASHLAR_NOTIFICATION_DELIVERY_COLUMNS
                          " FROM notifications_deliveries AS d"
                          " WHERE d.tenant_id = :tenant AND d.notification_id = ?1 ORDER BY d.id"};

constexpr Sql kFindDelivery{Audience::kTenant, "SELECT " ASHLAR_NOTIFICATION_DELIVERY_COLUMNS
                                               " FROM notifications_deliveries AS d"
                                               " WHERE d.tenant_id = :tenant AND d.id = ?1"};

constexpr Sql kReplan{Audience::kTenant,
                      "UPDATE notifications_deliveries SET state = ?2, reason = ?3, detail = ?4,"
                      " address = ?5, next_at = ?6, updated_at = ?7, counted_at = ?8, extra = ?9"
                      " WHERE tenant_id = :tenant AND id = ?1 AND state = 1"};

constexpr Sql kStates{Audience::kTenant,
                      "SELECT state FROM notifications_deliveries"
                      " WHERE tenant_id = :tenant AND notification_id = ?1"};

// Campaigns leave marks where a cap counts them.
constexpr Sql kSentTo{Audience::kTenant,
                      "SELECT at FROM (SELECT min(counted_at) AS at FROM notifications_deliveries"
                      " WHERE tenant_id = :tenant AND user_id = ?1 AND category = ?2"
                      " AND counted_at > ?4 AND notification_id <> ?3 GROUP BY notification_id"
                      " UNION ALL SELECT at FROM notifications_campaign_marks"
                      " WHERE tenant_id = :tenant AND user_id = ?1 AND category = ?2"
                      " AND at > ?4) AS sent ORDER BY at DESC LIMIT ?5"};

constexpr Sql kOpenDigest{Audience::kTenant,
                          "INSERT INTO notifications_digests (tenant_id, user_id, digest_key,"
                          " due_at) VALUES (:tenant, ?1, ?2, ?3) ON CONFLICT DO NOTHING"
                          " RETURNING id"};

constexpr Sql kFindDigest{Audience::kTenant,
                          "SELECT id, due_at FROM notifications_digests WHERE tenant_id = :tenant"
                          " AND user_id = ?1 AND digest_key = ?2 AND open = 1"};

constexpr Sql kAddToDigest{
    Audience::kTenant,
    "INSERT INTO notifications_digest_items (digest_id, notification_id, tenant_id)"
    " VALUES (?1, ?2, :tenant) ON CONFLICT DO NOTHING"};

constexpr Sql kCloseDigest{Audience::kTenant,
                           "UPDATE notifications_digests SET open = 0"
                           " WHERE tenant_id = :tenant AND id = ?1 AND open = 1"};

constexpr Sql kDigestItems{
    Audience::kTenant,
    "SELECT " ASHLAR_NOTIFICATION_COLUMNS
    " FROM notifications_digest_items AS i JOIN notifications AS n ON n.id = i.notification_id"
    " WHERE i.tenant_id = :tenant AND n.tenant_id = :tenant AND i.digest_id = ?1"
    " AND n.digested_into = 0 AND n.state NOT IN (5, 6)"
    " ORDER BY n.id LIMIT ?2"};

// --- On the platform: what is older goes, children first -----------------------------------------

#define OLD_NOTIFICATIONS(columns)                            \
  "(SELECT " columns                                          \
  " FROM notifications WHERE created_at < ?1 AND planned = 1" \
  " AND state NOT IN (0, 1) ORDER BY created_at LIMIT ?2)"
// By the tenant too: that is how deliveries are indexed.
#define OLD_DELIVERIES \
  "(SELECT o.id FROM " OLD_NOTIFICATIONS("tenant_id, id") " AS n"                               \
  " CROSS JOIN notifications_deliveries AS o"                                                   \
  " WHERE o.tenant_id = n.tenant_id AND o.notification_id = n.id)"
constexpr Sql kSweepAttempts{Audience::kPlatform,
                             "DELETE FROM notifications_attempts WHERE delivery_id IN"
                             " " OLD_DELIVERIES};
constexpr Sql kSweepReports{Audience::kPlatform,
                            "DELETE FROM notifications_reports WHERE delivery_id IN"
                            " " OLD_DELIVERIES};
constexpr Sql kSweepDeliveries{Audience::kPlatform,
                               "DELETE FROM notifications_deliveries WHERE id IN"
                               " " OLD_DELIVERIES};
constexpr Sql kSweepItems{Audience::kPlatform,
                          "DELETE FROM notifications_digest_items WHERE notification_id IN"
                          " " OLD_NOTIFICATIONS("id")};
constexpr Sql kSweepCaught{Audience::kPlatform,
                           "DELETE FROM notifications_caught WHERE id IN (SELECT id FROM"
                           " notifications_caught WHERE at < ?1 ORDER BY at LIMIT ?2)"};
constexpr Sql kSweepDigests{Audience::kPlatform,
                            "DELETE FROM notifications_digests WHERE id IN (SELECT id FROM"
                            " notifications_digests WHERE open = 0 AND due_at < ?1"
                            " ORDER BY due_at LIMIT ?2)"};
// STOP and START: kept under their provider's negative number.
constexpr Sql kSweepWishes{Audience::kPlatform,
                           "DELETE FROM notifications_reports WHERE (delivery_id, dedupe) IN"
                           " (SELECT delivery_id, dedupe FROM notifications_reports"
                           " WHERE delivery_id < 0 AND received_at < ?1"
                           " ORDER BY received_at LIMIT ?2)"};
constexpr Sql kSweep{Audience::kPlatform,
                     "DELETE FROM notifications WHERE id IN " OLD_NOTIFICATIONS("id")};
#undef OLD_DELIVERIES
#undef OLD_NOTIFICATIONS

// --- Erasure ---

constexpr Sql kEraseAttempts{
    Audience::kTenant,
    "DELETE FROM notifications_attempts WHERE tenant_id = :tenant AND delivery_id IN (SELECT"
    " delivery_id FROM notifications_attempts WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseReports{
    Audience::kTenant,
    "DELETE FROM notifications_reports WHERE tenant_id = :tenant AND delivery_id IN (SELECT"
    " delivery_id FROM notifications_reports WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseItems{
    Audience::kTenant,
    "DELETE FROM notifications_digest_items WHERE tenant_id = :tenant AND digest_id IN (SELECT"
    " digest_id FROM notifications_digest_items WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseDigests{Audience::kTenant,
                            "DELETE FROM notifications_digests WHERE tenant_id = :tenant AND id IN"
                            " (SELECT id FROM notifications_digests WHERE tenant_id = :tenant"
                            " LIMIT ?1)"};
constexpr Sql kEraseCaught{Audience::kTenant,
                           "DELETE FROM notifications_caught WHERE tenant_id = :tenant AND id IN"
                           " (SELECT id FROM notifications_caught WHERE tenant_id = :tenant"
                           " LIMIT ?1)"};
constexpr Sql kEraseDeliveries{
    Audience::kTenant,
    "DELETE FROM notifications_deliveries WHERE tenant_id = :tenant AND id IN (SELECT id FROM"
    " notifications_deliveries WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM notifications WHERE tenant_id = :tenant AND id IN (SELECT id"
                     " FROM notifications WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 34> kStatements{
    &kInsert,          &kFindDuplicate,   &kFind,         &kListAll,        &kListOfUser,
    &kSetPlanned,      &kSetDigested,     &kCancel,       &kInsertDelivery, &kDeliveries,
    &kFindDelivery,    &kReplan,          &kStates,       &kSentTo,         &kOpenDigest,
    &kFindDigest,      &kAddToDigest,     &kCloseDigest,  &kDigestItems,    &kSweepAttempts,
    &kSweepReports,    &kSweepDeliveries, &kSweepItems,   &kSweepCaught,    &kSweep,
    &kEraseAttempts,   &kEraseReports,    &kEraseItems,   &kEraseDigests,   &kEraseCaught,
    &kEraseDeliveries, &kErase,           &kSweepDigests, &kSweepWishes};

Param maybe(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}

Param text_or_null(const std::string& text) {
  return text.empty() ? Param(nullptr) : Param(std::string_view(text));
}

base::Result<std::optional<std::int64_t>> one_integer(storage::Transaction& tx, const Sql& sql,
                                                      std::initializer_list<Param> params) {
  std::optional<std::int64_t> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found = row.integer(0); }));
  return found;
}

template <class T, class Read>
base::Result<std::vector<T>> rows(storage::Transaction& tx, const Sql& sql,
                                  std::initializer_list<Param> params, Read read) {
  std::vector<T> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(read(row)); }));
  return found;
}

Notification notification_at_0(const Row& row) { return read_notification(row); }
Notification listed_at_0(const Row& row) {
  Notification n = read_notification(row);
  n.state = static_cast<State>(row.integer(kNotificationColumns));
  n.reason = row.text(kNotificationColumns + 1);
  return n;
}
Delivery delivery_at_0(const Row& row) { return read_delivery(row); }

}  // namespace

base::Result<Accepted> insert_notification(storage::Transaction& tx, const Notification& n,
                                           const Plan& plan) {
  ASHLAR_ASSIGN(const auto made, one_integer(tx, kInsert,
                                             {n.user_id,
                                              n.to_email,
                                              n.to_phone,
                                              n.to_device,
                                              n.locale,
                                              n.category,
                                              n.template_key,
                                              n.template_version,
                                              n.content,
                                              n.data,
                                              n.channels,
                                              static_cast<std::int64_t>(n.priority),
                                              text_or_null(n.dedupe_key),
                                              n.collapse_key,
                                              n.digest_key,
                                              std::int64_t{n.digest_for.count()},
                                              n.traceparent,
                                              maybe(n.send_at),
                                              maybe(n.expires_at),
                                              base::to_micros(n.created_at),
                                              std::int64_t{plan.made ? 1 : 0},
                                              static_cast<std::int64_t>(plan.state),
                                              std::string_view(plan.reason)}));
  if (made) return Accepted{NotificationId(*made), false};
  ASHLAR_ASSIGN(const auto found,
                one_integer(tx, kFindDuplicate, {std::string_view(n.dedupe_key)}));
  // A snapshot that does not see the row that was in the way: the transaction runs again.
  if (!found) return base::fail(base::Code::kConflict, "storage_conflict", "Try again.");
  return Accepted{NotificationId(*found), true};
}

base::Result<std::optional<Notification>> find_notification(storage::Transaction& tx,
                                                            NotificationId id) {
  std::optional<Notification> found;
  ASHLAR_TRY(tx.query(kFind, {id.value}, [&](const Row& row) { found = read_notification(row); }));
  return found;
}

base::Result<std::vector<Notification>> list_notifications(storage::Transaction& tx,
                                                           const NotificationFilter& filter,
                                                           NotificationId before,
                                                           std::int64_t limit) {
  const std::int64_t from = filter.state ? static_cast<std::int64_t>(*filter.state) : 0;
  // "accepted" is two states.
  const bool accepted = filter.state && rank_of(*filter.state) == 0;
  const std::int64_t to = !filter.state ? 8 : accepted ? 1 : from;
  const std::string user = filter.user_id.value_or("");
  const std::string key = filter.template_key.value_or("");
  const std::string category = filter.category.value_or("");
  return rows<Notification>(tx, filter.user_id ? kListOfUser : kListAll,
                            {user, key, category, accepted ? 0 : from, to, before.value, limit},
                            listed_at_0);
}

base::Status set_planned(storage::Transaction& tx, NotificationId id, State state,
                         std::string_view reason, base::Time now) {
  ASHLAR_TRY(tx.execute(
      kSetPlanned, {id.value, static_cast<std::int64_t>(state), reason, base::to_micros(now)}));
  return base::ok_status();
}

base::Status set_digested(storage::Transaction& tx, NotificationId id, NotificationId into,
                          base::Time now) {
  ASHLAR_TRY(tx.execute(kSetDigested, {id.value, into.value, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<bool> cancel_waiting(storage::Transaction& tx, NotificationId id, base::Time now) {
  ASHLAR_ASSIGN(const std::int64_t changed, tx.execute(kCancel, {id.value, base::to_micros(now)}));
  return changed > 0;
}

base::Result<DeliveryId> insert_delivery(storage::Transaction& tx, const Delivery& d,
                                         std::string_view category, bool counts) {
  const std::int64_t now = base::to_micros(d.created_at);
  ASHLAR_ASSIGN(const auto id,
                one_integer(tx, kInsertDelivery,
                            {d.notification.value, static_cast<std::int64_t>(d.channel), d.user_id,
                             category, d.target.address, d.target.extra, d.target.device,
                             static_cast<std::int64_t>(d.state), d.reason, d.detail,
                             std::int64_t{d.dead}, d.replay_of.value, now,
                             counts ? now : std::int64_t{0}, maybe(d.next_at), maybe(d.sent_at)}));
  return DeliveryId(id.value_or(0));
}

base::Result<std::vector<Delivery>> deliveries_of(storage::Transaction& tx, NotificationId id) {
  return rows<Delivery>(tx, kDeliveries, {id.value}, delivery_at_0);
}

base::Result<std::optional<Delivery>> find_planned(storage::Transaction& tx, DeliveryId id) {
  std::optional<Delivery> found;
  ASHLAR_TRY(
      tx.query(kFindDelivery, {id.value}, [&](const Row& row) { found = read_delivery(row); }));
  return found;
}

base::Result<bool> replan_delivery(storage::Transaction& tx, const Delivery& d, bool counts) {
  const std::int64_t now = base::to_micros(d.updated_at);
  ASHLAR_ASSIGN(const std::int64_t changed,
                tx.execute(kReplan, {d.id.value, static_cast<std::int64_t>(d.state), d.reason,
                                     d.detail, d.target.address, maybe(d.next_at), now,
                                     counts ? now : std::int64_t{0}, d.target.extra}));
  return changed > 0;
}

base::Result<std::vector<State>> states_of(storage::Transaction& tx, NotificationId id) {
  return rows<State>(tx, kStates, {id.value},
                     [](const Row& row) { return static_cast<State>(row.integer(0)); });
}

base::Result<std::vector<base::Time>> sent_to(storage::Transaction& tx, std::string_view user_id,
                                              std::string_view category, NotificationId but,
                                              base::Time after, std::int64_t limit) {
  ASHLAR_ASSIGN(
      auto times,
      rows<base::Time>(tx, kSentTo, {user_id, category, but.value, base::to_micros(after), limit},
                       [](const Row& row) { return base::from_micros(row.integer(0)); }));
  std::ranges::reverse(times);
  return times;
}

base::Result<OpenDigest> open_digest(storage::Transaction& tx, std::string_view user_id,
                                     std::string_view key, base::Time due_at) {
  ASHLAR_ASSIGN(const auto made,
                one_integer(tx, kOpenDigest, {user_id, key, base::to_micros(due_at)}));
  if (made) return OpenDigest{*made, due_at, true};
  OpenDigest found;
  ASHLAR_TRY(tx.query(kFindDigest, {user_id, key}, [&](const Row& row) {
    found = {row.integer(0), base::from_micros(row.integer(1)), false};
  }));
  if (found.id == 0) return base::fail(base::Code::kConflict, "storage_conflict", "Try again.");
  return found;
}

base::Result<std::optional<base::Time>> digest_due(storage::Transaction& tx,
                                                   std::string_view user_id, std::string_view key) {
  std::optional<base::Time> due;
  ASHLAR_TRY(tx.query(kFindDigest, {user_id, key},
                      [&](const Row& row) { due = base::from_micros(row.integer(1)); }));
  return due;
}

base::Status add_to_digest(storage::Transaction& tx, std::int64_t digest, NotificationId id) {
  ASHLAR_TRY(tx.execute(kAddToDigest, {digest, id.value}));
  return base::ok_status();
}

base::Result<bool> close_digest(storage::Transaction& tx, std::int64_t digest) {
  ASHLAR_ASSIGN(const std::int64_t changed, tx.execute(kCloseDigest, {digest}));
  return changed > 0;
}

base::Result<std::vector<Notification>> digest_items(storage::Transaction& tx, std::int64_t digest,
                                                     std::int64_t limit) {
  return rows<Notification>(tx, kDigestItems, {digest, limit}, notification_at_0);
}

base::Result<std::int64_t> sweep(storage::Transaction& tx, base::Time before, std::int64_t limit) {
  const std::int64_t until = base::to_micros(before);
  for (const Sql* sql : {&kSweepAttempts, &kSweepReports, &kSweepDeliveries, &kSweepItems}) {
    ASHLAR_TRY(tx.execute(*sql, {until, limit}));
  }
  std::int64_t most = 0;
  for (const Sql* sql : {&kSweep, &kSweepCaught, &kSweepDigests, &kSweepWishes}) {
    ASHLAR_ASSIGN(const std::int64_t gone, tx.execute(*sql, {until, limit}));
    most = std::max(most, gone);
  }
  return most;
}

base::Result<std::int64_t> erase_notifications(storage::Transaction& tx, std::int64_t limit) {
  std::int64_t erased = 0;
  for (const Sql* sql : {&kEraseAttempts, &kEraseReports, &kEraseItems, &kEraseDigests,
                         &kEraseCaught, &kEraseDeliveries, &kErase}) {
    ASHLAR_ASSIGN(const std::int64_t gone, tx.execute(*sql, {limit}));
    erased += gone;
  }
  return erased;
}

std::span<const storage::Sql* const> notification_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
