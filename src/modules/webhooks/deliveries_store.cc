#include "modules/webhooks/deliveries_store.h"

#include <array>

#include "modules/webhooks/endpoint_columns.h"
#include "modules/webhooks/endpoints_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define DELIVERY_COLUMNS                                                                      \
  "d.id, d.tenant_id, d.endpoint_id, d.event_id, d.event_type, d.state, d.test, d.attempts, " \
  "d.series, d.series_start, d.created_at, d.attempted_at, d.next_at, d.status, d.error"
constexpr int kDeliveryColumns = 15;

// --- A tenant's ----------------------------------------------------------------------------------

constexpr Sql kPutMessage{
    Audience::kTenant,
    "INSERT INTO webhooks_messages (tenant_id, event_id, type, aggregate_type, aggregate_id, data,"
    " traceparent, occurred_at, seq, created_at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    " ON CONFLICT (tenant_id, event_id) DO NOTHING"};

constexpr Sql kInsertTest{
    Audience::kTenant,
    "INSERT INTO webhooks_deliveries (tenant_id, endpoint_id, event_id, event_type, test,"
    " created_at) VALUES (:tenant, ?1, ?2, ?3, 1, ?4) RETURNING id"};

constexpr Sql kFind{Audience::kTenant,
                    "SELECT " DELIVERY_COLUMNS
                    " FROM webhooks_deliveries AS d"
                    " WHERE d.tenant_id = :tenant AND d.endpoint_id = ?1 AND d.id = ?2"};

constexpr Sql kAttempts{Audience::kTenant,
                        "SELECT number, at, took_us, status, error, answer FROM webhooks_attempts"
                        " WHERE tenant_id = :tenant AND delivery_id = ?1"
                        " ORDER BY number DESC LIMIT 100"};

// ?4: state, -1 any; ?5: type, '' any.
constexpr Sql kList{Audience::kTenant,
                    "SELECT " DELIVERY_COLUMNS
                    " FROM webhooks_deliveries AS d"
                    " WHERE d.tenant_id = :tenant AND d.endpoint_id = ?1"
                    " AND (d.created_at, d.id) < (?2, ?3) AND (?4 < 0 OR d.state = ?4)"
                    " AND (?5 = '' OR d.event_type = ?5)"
                    " ORDER BY d.created_at DESC, d.id DESC LIMIT ?6"};

// The same of pending or failed ones: `state <> 1` is what the index of those is for.
constexpr Sql kListUnfinished{Audience::kTenant,
                              "SELECT " DELIVERY_COLUMNS
                              " FROM webhooks_deliveries AS d"
                              " WHERE d.tenant_id = :tenant AND d.endpoint_id = ?1"
                              " AND (d.created_at, d.id) < (?2, ?3) AND d.state = ?4"
                              " AND d.state <> 1 AND (?5 = '' OR d.event_type = ?5)"
                              " ORDER BY d.created_at DESC, d.id DESC LIMIT ?6"};

constexpr Sql kListEvent{Audience::kTenant,
                         "SELECT " DELIVERY_COLUMNS
                         " FROM webhooks_deliveries AS d"
                         " WHERE d.tenant_id = :tenant AND d.event_id = ?6 AND d.endpoint_id = ?1"
                         " AND (d.created_at, d.id) < (?2, ?3) AND (?4 < 0 OR d.state = ?4)"
                         " AND (?5 = '' OR d.event_type = ?5)"
                         " ORDER BY d.created_at DESC, d.id DESC LIMIT ?7"};

constexpr Sql kEndedFailed{Audience::kTenant,
                           "SELECT " DELIVERY_COLUMNS
                           " FROM webhooks_deliveries AS d"
                           " WHERE d.tenant_id = :tenant AND d.endpoint_id = ?1 AND d.state = 2"
                           " AND d.state <> 1 AND d.test = 0 AND d.created_at >= ?2"
                           " AND d.created_at < ?3 AND (d.created_at, d.id) > (?4, ?5)"
                           " ORDER BY d.created_at, d.id LIMIT ?6"};

constexpr Sql kEnded{Audience::kTenant,
                     "SELECT " DELIVERY_COLUMNS
                     " FROM webhooks_deliveries AS d"
                     " WHERE d.tenant_id = :tenant AND d.endpoint_id = ?1 AND d.state <> 0"
                     " AND d.test = 0 AND d.created_at >= ?2 AND d.created_at < ?3"
                     " AND (d.created_at, d.id) > (?4, ?5)"
                     " ORDER BY d.created_at, d.id LIMIT ?6"};

// ?3: 1 where only failed ones are wanted.
constexpr Sql kEndedOf{
    Audience::kTenant,
    "SELECT " DELIVERY_COLUMNS
    " FROM webhooks_deliveries AS d WHERE d.tenant_id = :tenant AND d.endpoint_id = ?1"
    " AND d.event_id IN (SELECT value FROM json_each(?2)) AND d.state <> 0"
    " AND (?3 = 0 OR d.state = 2) ORDER BY d.created_at, d.id LIMIT 1000",
    "SELECT " DELIVERY_COLUMNS
    " FROM webhooks_deliveries AS d WHERE d.tenant_id = :tenant AND d.endpoint_id = ?1"
    " AND d.event_id IN (SELECT value FROM json_array_elements_text(?2::text::json))"
    " AND d.state <> 0 AND (?3 = 0 OR d.state = 2) ORDER BY d.created_at, d.id LIMIT 1000"};

constexpr Sql kReopen{
    Audience::kTenant,
    "UPDATE webhooks_deliveries SET state = 0, series = series + 1,"
    " series_start = attempts, next_at = NULL"
    " WHERE tenant_id = :tenant AND state <> 0 AND id IN (SELECT value FROM json_each(?1))",
    "UPDATE webhooks_deliveries SET state = 0, series = series + 1,"
    " series_start = attempts, next_at = NULL"
    " WHERE tenant_id = :tenant AND state <> 0"
    " AND id IN (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};

constexpr Sql kHurry{Audience::kTenant,
                     "UPDATE webhooks_deliveries SET next_at = NULL"
                     " WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kExport{Audience::kTenant,
                      "SELECT " DELIVERY_COLUMNS
                      " FROM webhooks_deliveries AS d"
                      " WHERE d.tenant_id = :tenant AND d.id > ?1 ORDER BY d.id LIMIT ?2"};

constexpr Sql kEraseAttempts{
    Audience::kTenant,
    "DELETE FROM webhooks_attempts WHERE tenant_id = :tenant AND delivery_id IN (SELECT id FROM"
    " webhooks_deliveries WHERE tenant_id = :tenant ORDER BY endpoint_id, created_at, id"
    " LIMIT ?1)"};
constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM webhooks_deliveries WHERE tenant_id = :tenant AND id IN (SELECT id FROM"
    " webhooks_deliveries WHERE tenant_id = :tenant ORDER BY endpoint_id, created_at, id"
    " LIMIT ?1)"};
constexpr Sql kEraseMessages{
    Audience::kTenant,
    "DELETE FROM webhooks_messages WHERE tenant_id = :tenant AND event_id IN (SELECT event_id FROM"
    " webhooks_messages WHERE tenant_id = :tenant ORDER BY event_id LIMIT ?1)"};

// --- On the platform -----------------------------------------------------------------------------

constexpr Sql kPutMessageFor{
    Audience::kPlatform,
    "INSERT INTO webhooks_messages (tenant_id, event_id, type, aggregate_type, aggregate_id, data,"
    " traceparent, occurred_at, seq, created_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    " ON CONFLICT (tenant_id, event_id) DO NOTHING"};

// ?4: [[endpoint, state], …]
constexpr Sql kInsertMany{
    Audience::kPlatform,
    "INSERT INTO webhooks_deliveries (tenant_id, endpoint_id, event_id, event_type, state, error,"
    " created_at) SELECT ?1, value ->> 0, ?2, ?3, value ->> 1,"
    " CASE WHEN value ->> 1 = 2 THEN ?6 END, ?5 FROM json_each(?4) WHERE true"
    " RETURNING id, endpoint_id",
    "INSERT INTO webhooks_deliveries (tenant_id, endpoint_id, event_id, event_type, state, error,"
    " created_at) SELECT ?1, (value ->> 0)::bigint, ?2, ?3, (value ->> 1)::bigint,"
    " CASE WHEN (value ->> 1)::bigint = 2 THEN ?6::text END, ?5"
    " FROM json_array_elements(?4::text::json) RETURNING id, endpoint_id"};

constexpr Sql kLoad{
    Audience::kPlatform,
    "SELECT " DELIVERY_COLUMNS
    ", m.type, m.aggregate_type, m.aggregate_id, m.data, m.traceparent, m.occurred_at, m.seq,"
    " " WEBHOOKS_ENDPOINT_COLUMNS("e") " FROM webhooks_deliveries AS d"
    " JOIN webhooks_messages AS m ON m.tenant_id = d.tenant_id AND m.event_id = d.event_id"
    " JOIN webhooks_endpoints AS e ON e.id = d.endpoint_id AND e.tenant_id = d.tenant_id"
    " WHERE d.id = ?1"};

// [[delivery, at, took_us, status, error, answer, state, next_at], …], one for each delivery.
constexpr Sql kAddAttempts{
    Audience::kPlatform,
    "INSERT INTO webhooks_attempts (delivery_id, number, tenant_id, at, took_us, status, error,"
    " answer) SELECT d.id, d.attempts + 1, d.tenant_id, r.value ->> 1, r.value ->> 2,"
    " r.value ->> 3, r.value ->> 4, r.value ->> 5 FROM json_each(?1) AS r"
    " CROSS JOIN webhooks_deliveries AS d ON d.id = r.value ->> 0",
    "INSERT INTO webhooks_attempts (delivery_id, number, tenant_id, at, took_us, status, error,"
    " answer) SELECT d.id, d.attempts + 1, d.tenant_id, (r.value ->> 1)::bigint,"
    " (r.value ->> 2)::bigint, (r.value ->> 3)::bigint, r.value ->> 4, r.value ->> 5"
    " FROM json_array_elements(?1::text::json) AS r(value)"
    " JOIN webhooks_deliveries AS d ON d.id = (r.value ->> 0)::bigint"};

constexpr Sql kNoteAttempts{
    Audience::kPlatform,
    "UPDATE webhooks_deliveries SET attempts = attempts + 1, attempted_at = r.value ->> 1,"
    " status = r.value ->> 3, error = r.value ->> 4,"
    " state = CASE WHEN r.value ->> 6 = 1 OR state = 0 THEN r.value ->> 6 ELSE state END,"
    " next_at = CASE WHEN state = 0 THEN r.value ->> 7 END"
    " FROM json_each(?1) AS r WHERE webhooks_deliveries.id = r.value ->> 0",
    "UPDATE webhooks_deliveries AS d SET attempts = attempts + 1,"
    " attempted_at = (r.value ->> 1)::bigint, status = (r.value ->> 3)::bigint,"
    " error = r.value ->> 4, state = CASE WHEN (r.value ->> 6)::bigint = 1 OR state = 0"
    " THEN (r.value ->> 6)::bigint ELSE state END,"
    " next_at = CASE WHEN state = 0 THEN (r.value ->> 7)::bigint END"
    " FROM json_array_elements(?1::text::json) AS r(value)"
    " WHERE d.id = (r.value ->> 0)::bigint"};

constexpr Sql kDrop{
    Audience::kPlatform,
    "UPDATE webhooks_deliveries SET state = 2, next_at = NULL, error = ?2 WHERE state = 0"
    " AND id IN (SELECT value FROM json_each(?1))",
    "UPDATE webhooks_deliveries SET state = 2, next_at = NULL, error = ?2 WHERE state = 0"
    " AND id IN (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};

// Ids grow with time: the oldest are looked at, whether they are old enough or not.
constexpr Sql kSweepAttempts{
    Audience::kPlatform,
    "DELETE FROM webhooks_attempts WHERE delivery_id IN (SELECT id FROM (SELECT id, created_at"
    " FROM webhooks_deliveries ORDER BY id LIMIT ?2) AS o WHERE created_at < ?1)"};
constexpr Sql kSweep{Audience::kPlatform,
                     "DELETE FROM webhooks_deliveries WHERE id IN (SELECT id FROM (SELECT id,"
                     " created_at FROM webhooks_deliveries ORDER BY id LIMIT ?2) AS o"
                     " WHERE created_at < ?1)"};
constexpr Sql kSweepMessages{
    Audience::kPlatform,
    "DELETE FROM webhooks_messages WHERE (tenant_id, event_id) IN (SELECT tenant_id, event_id FROM"
    " webhooks_messages WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)"};

constexpr std::array<const Sql*, 25> kStatements{
    &kPutMessage,     &kInsertTest,    &kFind,          &kAttempts,      &kList,
    &kListUnfinished, &kListEvent,     &kEnded,         &kEndedFailed,   &kEndedOf,
    &kReopen,         &kHurry,         &kExport,        &kEraseAttempts, &kErase,
    &kEraseMessages,  &kPutMessageFor, &kInsertMany,    &kLoad,          &kAddAttempts,
    &kNoteAttempts,   &kDrop,          &kSweepAttempts, &kSweep,         &kSweepMessages};

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

Delivery read_delivery(const Row& row) {
  Delivery d;
  d.id = DeliveryId(row.integer(0));
  d.tenant = base::TenantId(row.integer(1));
  d.endpoint = EndpointId(row.integer(2));
  d.event_id = row.text(3);
  d.event_type = row.text(4);
  d.state = static_cast<DeliveryState>(row.integer(5));
  d.test = row.integer(6) != 0;
  d.attempts = row.integer(7);
  d.series = row.integer(8);
  d.series_start = row.integer(9);
  d.created_at = base::from_micros(row.integer(10));
  d.attempted_at = maybe_time(row, 11);
  d.next_at = maybe_time(row, 12);
  d.status = row.maybe_integer(13);
  d.error = row.maybe_text(14);
  return d;
}

base::Result<std::vector<Delivery>> all_of(storage::Transaction& tx, const Sql& sql,
                                           std::initializer_list<Param> params) {
  std::vector<Delivery> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(read_delivery(row)); }));
  return found;
}

std::string array_of(std::span<const DeliveryId> ids) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const DeliveryId id : ids) writer.integer(id.value);
  writer.end_array();
  return text;
}

void write_maybe(json::Writer& writer, const std::optional<base::Time>& time) {
  if (time) {
    writer.integer(base::to_micros(*time));
  } else {
    writer.null();
  }
}

std::string rows_of(std::span<const Made> made) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Made& m : made) {
    writer.begin_array().integer(m.delivery.value).integer(base::to_micros(m.at));
    writer.integer(m.took.count());
    if (m.status) {
      writer.integer(*m.status);
    } else {
      writer.null();
    }
    if (m.error.empty()) {
      writer.null();
    } else {
      writer.string(m.error);
    }
    if (m.answer) {
      writer.string(*m.answer);
    } else {
      writer.null();
    }
    writer.integer(static_cast<std::int64_t>(m.state));
    write_maybe(writer, m.next_at);
    writer.end_array();
  }
  writer.end_array();
  return text;
}

}  // namespace

base::Status put_message(storage::Transaction& tx, const Message& m, base::Time now) {
  ASHLAR_TRY(tx.execute(
      kPutMessage, {m.event_id, m.type, m.aggregate_type, m.aggregate_id, m.data, m.traceparent,
                    base::to_micros(m.occurred_at), m.seq, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<DeliveryId> insert_test(storage::Transaction& tx, EndpointId endpoint,
                                     const Message& message, base::Time now) {
  DeliveryId id;
  ASHLAR_TRY(tx.query(kInsertTest,
                      {endpoint.value, message.event_id, message.type, base::to_micros(now)},
                      [&](const Row& row) { id = DeliveryId(row.integer(0)); }));
  return id;
}

base::Result<std::optional<Delivery>> find_delivery(storage::Transaction& tx, EndpointId endpoint,
                                                    DeliveryId id) {
  std::optional<Delivery> found;
  ASHLAR_TRY(tx.query(kFind, {endpoint.value, id.value},
                      [&](const Row& row) { found = read_delivery(row); }));
  return found;
}

base::Result<std::vector<AttemptRecord>> attempts_of(storage::Transaction& tx, DeliveryId id) {
  std::vector<AttemptRecord> attempts;
  ASHLAR_TRY(tx.query(kAttempts, {id.value}, [&](const Row& row) {
    attempts.push_back({row.integer(0), base::from_micros(row.integer(1)),
                        base::Micros{row.integer(2)}, row.maybe_integer(3), row.maybe_text(4),
                        row.maybe_text(5)});
  }));
  return attempts;
}

base::Result<std::vector<Delivery>> list_deliveries(storage::Transaction& tx, EndpointId endpoint,
                                                    const Position& before,
                                                    const DeliveryFilter& filter,
                                                    std::int64_t limit) {
  const std::int64_t state = filter.state ? static_cast<std::int64_t>(*filter.state) : -1;
  const std::string_view type = filter.event_type ? *filter.event_type : std::string_view();
  if (filter.event_id) {
    return all_of(
        tx, kListEvent,
        {endpoint.value, before.created_at, before.id, state, type, *filter.event_id, limit});
  }
  const bool unfinished = filter.state && *filter.state != DeliveryState::kDelivered;
  return all_of(tx, unfinished ? kListUnfinished : kList,
                {endpoint.value, before.created_at, before.id, state, type, limit});
}

base::Result<std::vector<Delivery>> ended_deliveries(storage::Transaction& tx, EndpointId endpoint,
                                                     const ReplayRange& range,
                                                     const Position& after, std::int64_t limit) {
  return all_of(tx, range.failed_only ? kEndedFailed : kEnded,
                {endpoint.value, base::to_micros(range.from), base::to_micros(range.to),
                 after.created_at, after.id, limit});
}

base::Result<std::vector<Delivery>> ended_deliveries_of(storage::Transaction& tx,
                                                        EndpointId endpoint,
                                                        std::span<const std::string> event_ids,
                                                        bool failed_only) {
  std::string ids;
  json::Writer writer(ids);
  writer.begin_array();
  for (const std::string& id : event_ids) writer.string(id);
  writer.end_array();
  return all_of(tx, kEndedOf, {endpoint.value, ids, std::int64_t{failed_only ? 1 : 0}});
}

base::Status hurry(storage::Transaction& tx, DeliveryId id) {
  ASHLAR_TRY(tx.execute(kHurry, {id.value}));
  return base::ok_status();
}

base::Status reopen(storage::Transaction& tx, std::span<const DeliveryId> ids) {
  ASHLAR_TRY(tx.execute(kReopen, {array_of(ids)}));
  return base::ok_status();
}

base::Status put_message_for(storage::Transaction& tx, base::TenantId tenant, const Message& m,
                             base::Time now) {
  ASHLAR_TRY(
      tx.execute(kPutMessageFor,
                 {tenant.value, m.event_id, m.type, m.aggregate_type, m.aggregate_id, m.data,
                  m.traceparent, base::to_micros(m.occurred_at), m.seq, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<std::vector<std::pair<DeliveryId, EndpointId>>> insert_deliveries(
    storage::Transaction& tx, base::TenantId tenant, const Message& message,
    std::span<const NewDelivery> deliveries, base::Time now) {
  std::string rows;
  json::Writer writer(rows);
  writer.begin_array();
  for (const NewDelivery& one : deliveries) {
    writer.begin_array().integer(one.endpoint.value);
    writer.integer(static_cast<std::int64_t>(one.state)).end_array();
  }
  writer.end_array();
  std::vector<std::pair<DeliveryId, EndpointId>> ids;
  ASHLAR_TRY(tx.query(
      kInsertMany,
      {tenant.value, message.event_id, message.type, rows, base::to_micros(now), kDisabledError},
      [&](const Row& row) {
        ids.emplace_back(DeliveryId(row.integer(0)), EndpointId(row.integer(1)));
      }));
  return ids;
}

base::Result<std::optional<LoadedDelivery>> load_delivery(storage::Transaction& tx, DeliveryId id) {
  std::optional<LoadedDelivery> loaded;
  ASHLAR_TRY(tx.query(kLoad, {id.value}, [&](const Row& row) {
    Message message;
    constexpr int kAt = kDeliveryColumns;
    message.type = row.text(kAt);
    message.aggregate_type = row.text(kAt + 1);
    message.aggregate_id = row.text(kAt + 2);
    message.data = row.text(kAt + 3);
    message.traceparent = row.text(kAt + 4);
    message.occurred_at = base::from_micros(row.integer(kAt + 5));
    message.seq = row.integer(kAt + 6);
    loaded = LoadedDelivery{read_delivery(row), std::move(message), read_endpoint(row, kAt + 7)};
    loaded->message.event_id = loaded->delivery.event_id;
  }));
  return loaded;
}

base::Status record_attempts(storage::Transaction& tx, std::span<const Made> made) {
  const std::string rows = rows_of(made);
  ASHLAR_TRY(tx.execute(kAddAttempts, {rows}));
  ASHLAR_TRY(tx.execute(kNoteAttempts, {rows}));
  return base::ok_status();
}

base::Status record_dropped(storage::Transaction& tx, std::span<const DeliveryId> ids) {
  ASHLAR_TRY(tx.execute(kDrop, {array_of(ids), kDisabledError}));
  return base::ok_status();
}

base::Result<std::int64_t> sweep(storage::Transaction& tx, base::Time before, std::int64_t limit) {
  const std::int64_t cut = base::to_micros(before);
  ASHLAR_TRY(tx.execute(kSweepAttempts, {cut, limit}));
  ASHLAR_ASSIGN(const std::int64_t deliveries, tx.execute(kSweep, {cut, limit}));
  ASHLAR_ASSIGN(const std::int64_t messages, tx.execute(kSweepMessages, {cut, limit}));
  return deliveries + messages;
}

base::Result<std::vector<Delivery>> export_deliveries(storage::Transaction& tx, DeliveryId after,
                                                      std::int64_t limit) {
  return all_of(tx, kExport, {after.value, limit});
}

base::Result<std::int64_t> erase_deliveries(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_TRY(tx.execute(kEraseAttempts, {limit}));
  ASHLAR_ASSIGN(const std::int64_t deliveries, tx.execute(kErase, {limit}));
  if (deliveries > 0) return deliveries;
  return tx.execute(kEraseMessages, {limit});
}

std::span<const Sql* const> delivery_statements() { return kStatements; }

}  // namespace ashlar::webhooks::store
