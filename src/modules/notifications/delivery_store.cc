#include "modules/notifications/delivery_store.h"

#include <array>
#include <map>

#include "modules/notifications/notification_columns.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

// rank_of() in SQL.
#define RANK(state)                                                           \
  "(CASE " state                                                              \
  " WHEN 0 THEN 0 WHEN 1 THEN 0 WHEN 2 THEN 10 WHEN 3 THEN 20 WHEN 7 THEN 40" \
  " WHEN 8 THEN 50 ELSE 30 END)"
// overall() in SQL: an order in which the first is what the notification is.
#define LUCK(state)                                                        \
  "(CASE " state                                                           \
  " WHEN 8 THEN 0 WHEN 7 THEN 1 WHEN 2 THEN 2 WHEN 0 THEN 3 WHEN 1 THEN 4" \
  " WHEN 3 THEN 5 WHEN 4 THEN 6 WHEN 5 THEN 7 ELSE 8 END)"

constexpr Sql kAttempts{
    Audience::kTenant,
    "SELECT a.delivery_id, a.number, a.at, a.took_us, a.provider, a.verdict, a.status, a.code,"
    " a.detail, a.after_unknown FROM notifications_deliveries AS d"
    " JOIN notifications_attempts AS a ON a.delivery_id = d.id AND a.tenant_id = :tenant"
    " WHERE d.tenant_id = :tenant AND d.notification_id = ?1"
    " ORDER BY a.at, a.delivery_id, a.number LIMIT 1000"};

constexpr Sql kReports{
    Audience::kTenant,
    "SELECT r.delivery_id, r.kind, r.detail, r.at, r.received_at"
    " FROM notifications_deliveries AS d"
    " JOIN notifications_reports AS r ON r.delivery_id = d.id AND r.tenant_id = :tenant"
    " WHERE d.tenant_id = :tenant AND d.notification_id = ?1 ORDER BY r.received_at, r.dedupe"
    " LIMIT 1000"};

// ?1: channel, -1 any.
constexpr Sql kCaughtOnes{Audience::kTenant,
                          "SELECT id, delivery_id, channel, address, subject, text, html, url, at"
                          " FROM notifications_caught WHERE tenant_id = :tenant"
                          " AND (?1 < 0 OR channel = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3"};

// ?1 channel, -1 any; ?2 reason and ?3 category, '' any; ?4 provider, 0 any; ?5 … ?6 when it
// failed.
constexpr Sql kDead{Audience::kTenant,
                    "SELECT " ASHLAR_NOTIFICATION_DELIVERY_COLUMNS
                    ", d.category, n.template_key FROM notifications_deliveries AS d"
                    " JOIN notifications AS n ON n.id = d.notification_id AND n.tenant_id = :tenant"
                    " WHERE d.tenant_id = :tenant AND d.dead = 1 AND (?1 < 0 OR d.channel = ?1)"
                    " AND (?2 = '' OR d.reason = ?2) AND (?3 = '' OR d.category = ?3)"
                    " AND (?4 = 0 OR d.provider_id = ?4) AND d.updated_at >= ?5"
                    " AND d.updated_at < ?6 AND d.id < ?7 ORDER BY d.id DESC LIMIT ?8"};

constexpr Sql kFindDead{Audience::kTenant,
                        "SELECT " ASHLAR_NOTIFICATION_DELIVERY_COLUMNS
                        ", " ASHLAR_NOTIFICATION_COLUMNS
                        " FROM notifications_deliveries AS d"
                        " JOIN notifications AS n ON n.id = d.notification_id"
                        " AND n.tenant_id = :tenant"
                        " WHERE d.tenant_id = :tenant AND d.dead = 1 AND d.id = ?1"};

constexpr Sql kBury{Audience::kTenant,
                    "UPDATE notifications_deliveries SET dead = 0, updated_at = ?2"
                    " WHERE tenant_id = :tenant AND id = ?1 AND dead = 1"};

// --- On the platform ---

// Verdict 3 is kAmbiguous. CAST reads a device's id from its text in both engines.
#define LOAD                                                                                      \
  "SELECT " ASHLAR_NOTIFICATION_DELIVERY_COLUMNS ", " ASHLAR_NOTIFICATION_COLUMNS                 \
  ", (SELECT s.reason FROM notifications_suppressions AS s WHERE s.tenant_id = d.tenant_id"       \
  " AND s.channel = d.channel AND s.address = d.address AND s.category IN ('', d.category)"       \
  " ORDER BY s.category LIMIT 1), r.preferences, r.name, c.critical, v.platform,"                 \
  " (SELECT COUNT(*) FROM notifications_attempts AS a WHERE a.delivery_id = d.id"                 \
  " AND (a.verdict = 3 OR a.after_unknown = 1)), v.keys"                                          \
  " FROM notifications_deliveries AS d"                                                           \
  " JOIN notifications AS n ON n.id = d.notification_id AND n.tenant_id = d.tenant_id"            \
  " LEFT JOIN notifications_recipients AS r ON r.tenant_id = d.tenant_id"                         \
  " AND r.user_id = d.user_id"                                                                    \
  " LEFT JOIN notifications_categories AS c ON c.tenant_id = d.tenant_id AND c.name = d.category" \
  " LEFT JOIN notifications_devices AS v ON v.id = CAST(NULLIF(d.device, '') AS BIGINT)"          \
  " AND v.tenant_id = d.tenant_id AND v.state = 0 AND (d.user_id = '' OR v.user_id = d.user_id)"
constexpr Sql kLoad{
    Audience::kPlatform, LOAD " WHERE d.id IN (SELECT value FROM json_each(?1))",
    LOAD
    " WHERE d.id = ANY(ARRAY(SELECT value::bigint FROM json_array_elements_text(?1::text::json)))"};
#undef LOAD

// [[delivery, round, provider, ref, next_at], …]
constexpr Sql kNoteRounds{
    Audience::kPlatform,
    "UPDATE notifications_deliveries SET attempts = max(attempts, r.value ->> 1),"
    " provider_id = CASE WHEN r.value ->> 2 = 0 THEN provider_id ELSE r.value ->> 2 END,"
    " provider_ref = CASE WHEN r.value ->> 3 = '' THEN provider_ref ELSE r.value ->> 3 END,"
    " next_at = CASE WHEN state = 0 THEN r.value ->> 4 END"
    " FROM json_each(?1) AS r WHERE notifications_deliveries.id = r.value ->> 0",
    "UPDATE notifications_deliveries AS d SET attempts = greatest(attempts, (r.value ->> "
    "1)::bigint),"
    " provider_id = CASE WHEN (r.value ->> 2)::bigint = 0 THEN provider_id"
    " ELSE (r.value ->> 2)::bigint END,"
    " provider_ref = CASE WHEN r.value ->> 3 = '' THEN provider_ref ELSE r.value ->> 3 END,"
    " next_at = CASE WHEN state = 0 THEN (r.value ->> 4)::bigint END"
    " FROM json_array_elements(?1::text::json) AS r(value)"
    " WHERE d.id = (r.value ->> 0)::bigint"};

// [[delivery, state, reason, detail, dead, at], …]. Sent is when it was handed over.
constexpr Sql kAdvance{
    Audience::kPlatform,
    "UPDATE notifications_deliveries SET state = r.value ->> 1, reason = r.value ->> 2,"
    " detail = r.value ->> 3, dead = r.value ->> 4, next_at = NULL, updated_at = r.value ->> 5,"
    " sent_at = CASE WHEN r.value ->> 1 = 2 THEN r.value ->> 5 ELSE sent_at END"
    " FROM json_each(?1) AS r WHERE notifications_deliveries.id = r.value ->> 0"
    " AND " RANK("r.value ->> 1") " > " RANK("state") " RETURNING notifications_deliveries.id",
    "UPDATE notifications_deliveries AS d SET state = (r.value ->> 1)::bigint,"
    " reason = r.value ->> 2, detail = r.value ->> 3, dead = (r.value ->> 4)::bigint,"
    " next_at = NULL, updated_at = (r.value ->> 5)::bigint,"
    " sent_at = CASE WHEN r.value ->> 1 = '2' THEN (r.value ->> 5)::bigint ELSE sent_at END"
    " FROM json_array_elements(?1::text::json) AS r(value)"
    " WHERE d.id = (r.value ->> 0)::bigint"
    " AND " RANK("(r.value ->> 1)::bigint") " > " RANK("d.state") " RETURNING d.id"};

// [[delivery, place among its own, tenant, at, took, provider, verdict, status, code, detail,
//   after_unknown], …]
constexpr Sql kAddAttempts{
    Audience::kPlatform,
    "INSERT INTO notifications_attempts (delivery_id, number, tenant_id, at, took_us, provider,"
    " verdict, status, code, detail, after_unknown) SELECT r.value ->> 0, (r.value ->> 1)"
    " + (SELECT COALESCE(MAX(a.number), 0) FROM notifications_attempts AS a"
    " WHERE a.delivery_id = r.value ->> 0), r.value ->> 2, r.value ->> 3, r.value ->> 4,"
    " r.value ->> 5, r.value ->> 6, r.value ->> 7, r.value ->> 8, r.value ->> 9, r.value ->> 10"
    " FROM json_each(?1) AS r",
    "INSERT INTO notifications_attempts (delivery_id, number, tenant_id, at, took_us, provider,"
    " verdict, status, code, detail, after_unknown) SELECT (r.value ->> 0)::bigint,"
    " (r.value ->> 1)::bigint + (SELECT COALESCE(MAX(a.number), 0) FROM notifications_attempts AS a"
    " WHERE a.delivery_id = (r.value ->> 0)::bigint), (r.value ->> 2)::bigint,"
    " (r.value ->> 3)::bigint, (r.value ->> 4)::bigint, r.value ->> 5, (r.value ->> 6)::bigint,"
    " (r.value ->> 7)::bigint, r.value ->> 8, r.value ->> 9, (r.value ->> 10)::bigint"
    " FROM json_array_elements(?1::text::json) AS r(value)"};

constexpr Sql kAddCaught{
    Audience::kPlatform,
    "INSERT INTO notifications_caught (tenant_id, delivery_id, channel, address, subject, text,"
    " html, url, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};

// So that of two who settle one notification the second sees what the first has written: a
// statement's snapshot on PostgreSQL is as old as its begin.
constexpr Sql kLock{
    Audience::kPlatform,
    "SELECT id FROM notifications WHERE id IN (SELECT o.notification_id FROM"
    " notifications_deliveries AS o WHERE o.id IN (SELECT value FROM json_each(?1)))",
    "SELECT id FROM notifications WHERE id IN (SELECT o.notification_id FROM"
    " notifications_deliveries AS o WHERE o.id IN"
    " (SELECT value::bigint FROM json_array_elements_text(?1::text::json)))"
    " ORDER BY id FOR UPDATE"};

constexpr Sql kSettle{
    Audience::kPlatform,
    "UPDATE notifications SET updated_at = ?2, state = (SELECT d.state FROM"
    " notifications_deliveries AS d WHERE d.tenant_id = notifications.tenant_id"
    " AND d.notification_id = notifications.id ORDER BY " LUCK("d.state") " LIMIT 1)"
    " WHERE id IN (SELECT o.notification_id FROM"
    " notifications_deliveries AS o WHERE o.id IN (SELECT value FROM json_each(?1)))",
    "UPDATE notifications SET updated_at = ?2, state = (SELECT d.state FROM"
    " notifications_deliveries AS d WHERE d.tenant_id = notifications.tenant_id"
    " AND d.notification_id = notifications.id ORDER BY " LUCK("d.state") " LIMIT 1)"
    " WHERE id IN (SELECT o.notification_id FROM"
    " notifications_deliveries AS o WHERE o.id IN"
    " (SELECT value::bigint FROM json_array_elements_text(?1::text::json)))"};

constexpr Sql kReportedByRef{Audience::kPlatform,
                             "SELECT " ASHLAR_NOTIFICATION_DELIVERY_COLUMNS
                             " FROM notifications_deliveries AS d WHERE d.tenant_id = ?1"
                             " AND d.provider_id = ?2 AND d.provider_ref = ?3"
                             " AND d.provider_ref <> '' ORDER BY d.id DESC LIMIT 1"};
// Until an attempt is written down the row names nobody, or who was asked before.
constexpr Sql kReportedById{Audience::kPlatform,
                            "SELECT " ASHLAR_NOTIFICATION_DELIVERY_COLUMNS
                            " FROM notifications_deliveries AS d WHERE d.tenant_id = ?1"
                            " AND (d.provider_id IN (0, ?2) OR d.state = 0) AND d.id = ?3"
                            " AND d.channel = ?4"};

constexpr Sql kCategory{Audience::kPlatform,
                        "SELECT category FROM notifications_deliveries WHERE id = ?1"};

constexpr Sql kAddReport{Audience::kPlatform,
                         "INSERT INTO notifications_reports (delivery_id, dedupe, tenant_id, kind,"
                         " detail, at, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                         " ON CONFLICT DO NOTHING"};

constexpr Sql kGiveUp{
    Audience::kPlatform,
    "UPDATE notifications_deliveries SET state = 3, reason = 'no_receipt', updated_at = ?3"
    " WHERE id IN (SELECT id FROM notifications_deliveries WHERE state = 2 AND channel = ?1"
    " AND sent_at < ?2 ORDER BY sent_at LIMIT ?4) AND state = 2 RETURNING id"};

constexpr std::array<const Sql*, 18> kStatements{
    &kAttempts, &kReports,       &kCaughtOnes,   &kDead,        &kFindDead,  &kBury,
    &kLoad,     &kNoteRounds,    &kAdvance,      &kAddAttempts, &kAddCaught, &kLock,
    &kSettle,   &kReportedByRef, &kReportedById, &kCategory,    &kAddReport, &kGiveUp};

void write_maybe(json::Writer& writer, const std::optional<base::Time>& time) {
  if (time) {
    writer.integer(base::to_micros(*time));
  } else {
    writer.null();
  }
}

std::string array_of(std::span<const DeliveryId> ids) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const DeliveryId id : ids) writer.integer(id.value);
  writer.end_array();
  return text;
}

AttemptRecord read_attempt(const Row& row) {
  AttemptRecord a;
  a.delivery = DeliveryId(row.integer(0));
  a.number = row.integer(1);
  a.at = base::from_micros(row.integer(2));
  a.took = base::Micros{row.integer(3)};
  a.provider = row.text(4);
  a.verdict = static_cast<Verdict>(row.integer(5));
  a.status = row.integer(6);
  a.code = row.text(7);
  a.detail = row.text(8);
  a.after_unknown = row.integer(9) != 0;
  return a;
}

std::string rounds_of(std::span<const Made> made) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Made& m : made) {
    writer.begin_array().integer(m.delivery.value).integer(m.round).integer(m.provider.value);
    writer.string(m.provider_ref);
    write_maybe(writer, m.next_at);
    writer.end_array();
  }
  writer.end_array();
  return text;
}

std::string states_of(std::span<const Made> made) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Made& m : made) {
    writer.begin_array().integer(m.delivery.value).integer(static_cast<std::int64_t>(m.state));
    writer.string(m.reason).string(m.detail).integer(m.dead ? 1 : 0);
    writer.integer(base::to_micros(m.at)).end_array();
  }
  writer.end_array();
  return text;
}

}  // namespace

base::Result<std::vector<AttemptRecord>> attempts_of(storage::Transaction& tx, NotificationId id) {
  std::vector<AttemptRecord> found;
  ASHLAR_TRY(
      tx.query(kAttempts, {id.value}, [&](const Row& row) { found.push_back(read_attempt(row)); }));
  return found;
}

base::Result<std::vector<ReportRecord>> reports_of(storage::Transaction& tx, NotificationId id) {
  std::vector<ReportRecord> found;
  ASHLAR_TRY(tx.query(kReports, {id.value}, [&](const Row& row) {
    found.push_back({DeliveryId(row.integer(0)), std::string(row.text(1)), std::string(row.text(2)),
                     base::from_micros(row.integer(3)), base::from_micros(row.integer(4))});
  }));
  return found;
}

base::Result<std::vector<Caught>> list_caught(storage::Transaction& tx,
                                              std::optional<Channel> channel, std::int64_t before,
                                              std::int64_t limit) {
  std::vector<Caught> found;
  const std::int64_t wanted = channel ? static_cast<std::int64_t>(*channel) : -1;
  ASHLAR_TRY(tx.query(kCaughtOnes, {wanted, before, limit}, [&](const Row& row) {
    Caught one;
    one.id = row.integer(0);
    one.delivery = DeliveryId(row.integer(1));
    one.channel = static_cast<Channel>(row.integer(2));
    one.address = row.text(3);
    one.content.subject = row.text(4);
    one.content.text = row.text(5);
    one.content.html = row.text(6);
    one.content.url = row.text(7);
    one.at = base::from_micros(row.integer(8));
    found.push_back(std::move(one));
  }));
  return found;
}

base::Result<std::vector<DeadLetter>> list_dead(storage::Transaction& tx, const DeadFilter& filter,
                                                DeliveryId before, std::int64_t limit) {
  std::vector<DeadLetter> found;
  const std::string reason = filter.reason.value_or("");
  const std::string category = filter.category.value_or("");
  ASHLAR_TRY(tx.query(kDead,
                      {filter.channel ? static_cast<std::int64_t>(*filter.channel) : -1, reason,
                       category, filter.provider.value_or(ProviderId()).value,
                       filter.from ? base::to_micros(*filter.from) : INT64_MIN,
                       filter.to ? base::to_micros(*filter.to) : INT64_MAX, before.value, limit},
                      [&](const Row& row) {
                        found.push_back({read_delivery(row),
                                         std::string(row.text(kDeliveryColumns)),
                                         std::string(row.text(kDeliveryColumns + 1))});
                      }));
  return found;
}

base::Result<std::optional<DeadDelivery>> find_dead(storage::Transaction& tx, DeliveryId id) {
  std::optional<DeadDelivery> found;
  ASHLAR_TRY(tx.query(kFindDead, {id.value}, [&](const Row& row) {
    found = DeadDelivery{read_delivery(row), read_notification(row, kDeliveryColumns)};
  }));
  return found;
}

base::Result<bool> bury(storage::Transaction& tx, DeliveryId id, base::Time now) {
  ASHLAR_ASSIGN(const std::int64_t changed, tx.execute(kBury, {id.value, base::to_micros(now)}));
  return changed > 0;
}

base::Result<std::vector<Sending>> load_sendings(storage::Transaction& tx,
                                                 std::span<const DeliveryId> ids) {
  std::vector<Sending> found;
  ASHLAR_TRY(tx.query(kLoad, {array_of(ids)}, [&](const Row& row) {
    constexpr int kRest = kDeliveryColumns + kNotificationColumns;
    Sending sending;
    sending.delivery = read_delivery(row);
    sending.notification = read_notification(row, kDeliveryColumns);
    sending.suppression = row.maybe_text(kRest).value_or("");
    sending.preferences = row.maybe_text(kRest + 1).value_or("");
    sending.name = row.maybe_text(kRest + 2).value_or("");
    sending.critical = row.maybe_integer(kRest + 3).value_or(0) != 0;
    if (!row.is_null(kRest + 4)) {
      sending.platform = static_cast<Platform>(row.integer(kRest + 4));
    }
    sending.maybe_sent = row.integer(kRest + 5) != 0;
    // A browser that registered again has keys of its own again: with the old ones it reads
    // nothing.
    if (!row.is_null(kRest + 6)) sending.delivery.target.extra = row.text(kRest + 6);
    found.push_back(std::move(sending));
  }));
  return found;
}

base::Result<std::vector<DeliveryId>> record_made(storage::Transaction& tx,
                                                  std::span<const Made> made) {
  ASHLAR_TRY(tx.execute(kNoteRounds, {rounds_of(made)}));
  std::vector<DeliveryId> advanced;
  ASHLAR_TRY(tx.query(kAdvance, {states_of(made)},
                      [&](const Row& row) { advanced.push_back(DeliveryId(row.integer(0))); }));
  return advanced;
}

base::Status record_attempts(storage::Transaction& tx, std::span<const TenantsAttempt> attempts) {
  if (attempts.empty()) return base::ok_status();
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  std::map<DeliveryId, std::int64_t> places;
  for (const auto& [tenant, attempt] : attempts) {
    const AttemptRecord& a = *attempt;
    writer.begin_array().integer(a.delivery.value).integer(++places[a.delivery]);
    writer.integer(tenant.value).integer(base::to_micros(a.at)).integer(a.took.count());
    writer.string(a.provider).integer(static_cast<std::int64_t>(a.verdict)).integer(a.status);
    writer.string(a.code).string(a.detail).integer(a.after_unknown ? 1 : 0).end_array();
  }
  writer.end_array();
  ASHLAR_TRY(tx.execute(kAddAttempts, {text}));
  return base::ok_status();
}

base::Status record_caught(storage::Transaction& tx, base::TenantId tenant, const Caught& caught) {
  ASHLAR_TRY(tx.execute(
      kAddCaught, {tenant.value, caught.delivery.value, static_cast<std::int64_t>(caught.channel),
                   caught.address, caught.content.subject, caught.content.text, caught.content.html,
                   caught.content.url, base::to_micros(caught.at)}));
  return base::ok_status();
}

base::Status settle_notifications(storage::Transaction& tx, std::span<const DeliveryId> deliveries,
                                  base::Time now) {
  if (deliveries.empty()) return base::ok_status();
  const std::string ids = array_of(deliveries);
  ASHLAR_TRY(tx.query(kLock, {ids}, [](const Row&) {}));
  ASHLAR_TRY(tx.execute(kSettle, {ids, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<std::optional<Delivery>> find_reported(storage::Transaction& tx, base::TenantId tenant,
                                                    Channel channel, ProviderId provider,
                                                    std::string_view provider_ref, DeliveryId id) {
  std::optional<Delivery> found;
  const auto read = [&](const Row& row) { found = read_delivery(row); };
  if (!provider_ref.empty()) {
    ASHLAR_TRY(tx.query(kReportedByRef, {tenant.value, provider.value, provider_ref}, read));
  }
  if (!found && id.is_set()) {
    ASHLAR_TRY(tx.query(
        kReportedById, {tenant.value, provider.value, id.value, static_cast<std::int64_t>(channel)},
        read));
  }
  return found;
}

base::Result<std::string> category_of(storage::Transaction& tx, DeliveryId id) {
  std::string category;
  ASHLAR_TRY(tx.query(kCategory, {id.value}, [&](const Row& row) { category = row.text(0); }));
  return category;
}

base::Result<bool> insert_report(storage::Transaction& tx, base::TenantId tenant,
                                 const ReportRecord& report, std::string_view dedupe) {
  ASHLAR_ASSIGN(const std::int64_t added,
                tx.execute(kAddReport,
                           {report.delivery.value, dedupe, tenant.value, report.kind, report.detail,
                            base::to_micros(report.at), base::to_micros(report.received_at)}));
  return added > 0;
}

base::Result<std::vector<DeliveryId>> give_up_receipts(storage::Transaction& tx, Channel channel,
                                                       base::Time before, base::Time now,
                                                       std::int64_t limit) {
  std::vector<DeliveryId> found;
  ASHLAR_TRY(tx.query(
      kGiveUp,
      {static_cast<std::int64_t>(channel), base::to_micros(before), base::to_micros(now), limit},
      [&](const Row& row) { found.push_back(DeliveryId(row.integer(0))); }));
  return found;
}

std::span<const Sql* const> delivery_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
