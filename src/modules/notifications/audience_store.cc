#include "modules/notifications/audience_store.h"

#include <array>

#include "modules/notifications/recipient_columns.h"
#include "modules/notifications/recipients_store.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr int kEmailSuppression = 12;  // the first column after those of a recipient
constexpr int kPhoneSuppression = 13;
constexpr int kDevices = 14;

// ?1 is the category, ?2 whether devices are wanted. Channel::kEmail is 0, kSms 1.
static_assert(static_cast<int>(Channel::kEmail) == 0 && static_cast<int>(Channel::kSms) == 1);
#define SUPPRESSION_OF(channel, column)                                               \
  "(SELECT s.reason FROM notifications_suppressions AS s WHERE s.tenant_id = :tenant" \
  " AND s.channel = " channel " AND s.address = " column                              \
  " AND s.category IN ('', ?1)"                                                       \
  " ORDER BY s.category LIMIT 1)"
#define DEVICES_OF(id, rows)            \
  "CASE WHEN ?2 = 1 THEN (SELECT " rows \
  " FROM notifications_devices AS d"    \
  " WHERE d.tenant_id = :tenant AND d.user_id = " id " AND d.state = 0) END"
#define SELECT_ROWS(id, rows)                                        \
  "SELECT " NOTIFICATIONS_RECIPIENT_COLUMNS(id) ", " SUPPRESSION_OF( \
      "0", "r.email") ", " SUPPRESSION_OF("1", "r.phone") ", " DEVICES_OF(id, rows)
#define SQLITE_DEVICES \
  "json_group_array(json_array(d.id, d.platform, d.app, d.token, d.keys, d.registered_at))"
#define PG_DEVICES \
  "json_agg(json_build_array(d.id, d.platform, d.app, d.token, d.keys, d.registered_at))::text"

#define OF_TOPIC                                                                   \
  " FROM notifications_topic_members AS m LEFT JOIN notifications_recipients AS r" \
  " ON r.tenant_id = :tenant AND r.user_id = m.user_id"                            \
  " WHERE m.tenant_id = :tenant AND m.topic_id = ?5 AND m.user_id > ?3"            \
  " ORDER BY m.user_id LIMIT ?4"

constexpr Sql kOfTopic{Audience::kTenant, SELECT_ROWS("m.user_id", SQLITE_DEVICES) OF_TOPIC,
                       SELECT_ROWS("m.user_id", PG_DEVICES) OF_TOPIC};

// No condition of segment.cc's list is broken. A condition on what is not there is broken: its
// comparison is NULL or finds nothing.
#define SQLITE_BROKEN(list)                                                                \
  "SELECT 1 FROM json_each(" list                                                          \
  ") AS c WHERE NOT coalesce(CASE"                                                         \
  " WHEN c.value ->> '$.x' IS NULL THEN CASE c.value ->> '$.f'"                            \
  " WHEN 'l' THEN json_quote(r.locale) WHEN 'z' THEN json_quote(r.time_zone)"              \
  " ELSE r.attributes -> (c.value ->> '$.p') END"                                          \
  " IN (SELECT v.value FROM json_each(c.value, '$.v') AS v)"                               \
  " WHEN c.value ->> '$.f' = 'a' AND json_type(r.attributes, c.value ->> '$.p') <> 'text'" \
  " THEN 0 ELSE substr(CASE c.value ->> '$.f' WHEN 'l' THEN r.locale"                      \
  " WHEN 'z' THEN r.time_zone ELSE r.attributes ->> (c.value ->> '$.p') END,"              \
  " 1, length(c.value ->> '$.x')) = (c.value ->> '$.x') END, 0)"
#define PG_BROKEN(list)                                                                     \
  "SELECT 1 FROM jsonb_array_elements(" list                                                \
  "::jsonb) AS c"                                                                           \
  " CROSS JOIN LATERAL (SELECT CASE c ->> 'f' WHEN 'l' THEN to_jsonb(r.locale)"             \
  " WHEN 'z' THEN to_jsonb(r.time_zone) ELSE r.attributes::jsonb -> (c ->> 'n') END AS is)" \
  " AS now WHERE NOT coalesce(CASE WHEN c ->> 'x' IS NULL"                                  \
  " THEN now.is IN (SELECT v::jsonb FROM jsonb_array_elements_text(c -> 'v') AS v)"         \
  " WHEN jsonb_typeof(now.is) <> 'string' THEN false"                                       \
  " ELSE left(now.is #>> '{}', length(c ->> 'x')) = (c ->> 'x') END, false)"

#define OF_SEGMENT(broken)                                                             \
  " FROM notifications_recipients AS r WHERE r.tenant_id = :tenant AND r.user_id > ?3" \
  " AND NOT EXISTS (" broken ") ORDER BY r.user_id LIMIT ?4"

constexpr Sql kOfSegment{Audience::kTenant,
                         SELECT_ROWS("r.user_id", SQLITE_DEVICES) OF_SEGMENT(SQLITE_BROKEN("?5")),
                         SELECT_ROWS("r.user_id", PG_DEVICES) OF_SEGMENT(PG_BROKEN("?5"))};

#define OF_ALL                                                                         \
  " FROM notifications_recipients AS r WHERE r.tenant_id = :tenant AND r.user_id > ?3" \
  " ORDER BY r.user_id LIMIT ?4"

constexpr Sql kOfAll{Audience::kTenant, SELECT_ROWS("r.user_id", SQLITE_DEVICES) OF_ALL,
                     SELECT_ROWS("r.user_id", PG_DEVICES) OF_ALL};

#define OF_USERS(list)                            \
  " FROM (SELECT DISTINCT " list                  \
  " AS u LEFT JOIN notifications_recipients AS r" \
  " ON r.tenant_id = :tenant AND r.user_id = u.user_id ORDER BY u.user_id"

constexpr Sql kOfUsers{
    Audience::kTenant,
    SELECT_ROWS("u.user_id", SQLITE_DEVICES) OF_USERS("value AS user_id FROM json_each(?3))"),
    SELECT_ROWS("u.user_id", PG_DEVICES)
        OF_USERS("value COLLATE \"C\" AS user_id FROM jsonb_array_elements_text(?3::jsonb))")};

#define IDS_OF_SEGMENT(broken)                                                      \
  "SELECT r.user_id FROM notifications_recipients AS r WHERE r.tenant_id = :tenant" \
  " AND r.user_id > ?1 AND NOT EXISTS (" broken ") ORDER BY r.user_id LIMIT ?2"
constexpr Sql kIdsOfSegment{Audience::kTenant, IDS_OF_SEGMENT(SQLITE_BROKEN("?3")),
                            IDS_OF_SEGMENT(PG_BROKEN("?3"))};

constexpr Sql kIdsOfAll{Audience::kTenant,
                        "SELECT user_id FROM notifications_recipients WHERE tenant_id = :tenant"
                        " AND user_id > ?1 ORDER BY user_id LIMIT ?2"};

constexpr Sql kCountSegment{Audience::kTenant,
                            "SELECT count(*) FROM notifications_recipients AS r"
                            " WHERE r.tenant_id = :tenant AND NOT EXISTS (" SQLITE_BROKEN("?1") ")",
                            "SELECT count(*) FROM notifications_recipients AS r"
                            " WHERE r.tenant_id = :tenant AND NOT EXISTS (" PG_BROKEN("?1") ")"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM notifications_recipients WHERE tenant_id = :tenant"};

constexpr std::array<const Sql*, 8> kStatements{&kOfTopic,      &kOfSegment,    &kOfAll,
                                                &kOfUsers,      &kIdsOfSegment, &kIdsOfAll,
                                                &kCountSegment, &kCount};

std::vector<Device> devices_in(std::string_view text, std::string_view user_id) {
  std::vector<Device> found;
  const auto parsed = json::parse(text);
  if (!parsed.ok() || parsed->if_array() == nullptr) return found;
  for (const json::Value& row : *parsed->if_array()) {
    const json::Value::Array& columns = *row.if_array();
    Device device;
    device.user_id = user_id;
    device.id = DeviceId(*columns[0].if_integer());
    device.platform = static_cast<Platform>(*columns[1].if_integer());
    device.app = *columns[2].if_string();
    device.token = *columns[3].if_string();
    device.keys = *columns[4].if_string();
    device.registered_at = base::from_micros(*columns[5].if_integer());
    found.push_back(std::move(device));
  }
  return found;
}

AudienceRow read_row(const Row& row) {
  AudienceRow found;
  found.recipient = read_recipient(row, 0);
  if (!row.is_null(kEmailSuppression)) found.email_suppression = row.text(kEmailSuppression);
  if (!row.is_null(kPhoneSuppression)) found.phone_suppression = row.text(kPhoneSuppression);
  if (!row.is_null(kDevices)) {
    found.devices = devices_in(row.text(kDevices), found.recipient.user_id);
  }
  return found;
}

base::Result<std::vector<AudienceRow>> all_of(storage::Transaction& tx, const Sql& sql,
                                              std::initializer_list<storage::Param> params) {
  std::vector<AudienceRow> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(read_row(row)); }));
  return found;
}

base::Result<std::vector<std::string>> ids_of(storage::Transaction& tx, const Sql& sql,
                                              std::initializer_list<storage::Param> params) {
  std::vector<std::string> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.emplace_back(row.text(0)); }));
  return found;
}

std::int64_t number(bool value) { return value ? 1 : 0; }

}  // namespace

base::Result<std::vector<AudienceRow>> page_of_topic(storage::Transaction& tx, TopicId topic,
                                                     const AudienceQuery& q) {
  return all_of(tx, kOfTopic, {q.category, number(q.with_devices), q.after, q.limit, topic.value});
}

base::Result<std::vector<AudienceRow>> page_of_segment(storage::Transaction& tx,
                                                       std::string_view where,
                                                       const AudienceQuery& q) {
  return all_of(tx, kOfSegment, {q.category, number(q.with_devices), q.after, q.limit, where});
}

base::Result<std::vector<AudienceRow>> page_of_everybody(storage::Transaction& tx,
                                                         const AudienceQuery& q) {
  return all_of(tx, kOfAll, {q.category, number(q.with_devices), q.after, q.limit});
}

base::Result<std::vector<AudienceRow>> rows_of_users(storage::Transaction& tx,
                                                     std::span<const std::string> users,
                                                     const AudienceQuery& q) {
  std::string list;
  json::Writer json(list);
  json.begin_array();
  for (const std::string& user : users) json.string(user);
  json.end_array();
  return all_of(tx, kOfUsers, {q.category, number(q.with_devices), list});
}

base::Result<std::vector<std::string>> ids_of_segment(storage::Transaction& tx,
                                                      std::string_view where,
                                                      std::string_view after, std::int64_t limit) {
  return ids_of(tx, kIdsOfSegment, {after, limit, where});
}

base::Result<std::vector<std::string>> ids_of_everybody(storage::Transaction& tx,
                                                        std::string_view after,
                                                        std::int64_t limit) {
  return ids_of(tx, kIdsOfAll, {after, limit});
}

base::Result<std::int64_t> count_segment_members(storage::Transaction& tx, std::string_view where) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCountSegment, {where}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Result<std::int64_t> count_recipients(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

std::span<const Sql* const> audience_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
