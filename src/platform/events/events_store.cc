#include "platform/events/events_store.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "platform/events/event_row.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::events::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

// Whether o.type fits one of the patterns in parameter `n`, a JSON array.
#define FITS(n) "EXISTS (SELECT 1 FROM json_each(" n ") AS p WHERE o.type GLOB p.value)"
#define FITS_PG(n)                                                          \
  "o.type LIKE ANY (ARRAY(SELECT replace(replace(p, '_', '\\_'), '*', '%')" \
  " FROM jsonb_array_elements_text(CAST(" n " AS jsonb)) AS t (p)))"
#define SNAPSHOT(n) "CAST(nullif(" n ", '') AS pg_snapshot)"
// What the snapshot in parameter `n` does not see, up to the xid `to`: by the index.
#define UNSEEN(n, to)                                                                           \
  "(SELECT * FROM outbox WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(" SNAPSHOT(              \
      n) "))) UNION ALL SELECT * FROM outbox WHERE xid >= pg_snapshot_xmax(" SNAPSHOT(n) ")" to \
                                                                                         ") AS o"

constexpr Sql kAppend{
    Audience::kTenant,
    "INSERT INTO outbox (id, tenant_id, aggregatetype, aggregateid, type, payload, traceparent,"
    " occurred_at) VALUES (?1, :tenant, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING seq",
    "WITH l AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended(concat(:tenant, '/',"
    " ?2, '/', ?3), 7)) AS held)"
    " INSERT INTO outbox (seq, id, tenant_id, aggregatetype, aggregateid, type, payload,"
    " traceparent, occurred_at)"
    " SELECT nextval('outbox_seq'), ?1, :tenant, ?2, ?3, ?4, ?5, ?6, ?7 FROM l RETURNING seq"};
constexpr Sql kAppendFor{
    Audience::kPlatform,
    "INSERT INTO outbox (id, tenant_id, aggregatetype, aggregateid, type, payload, traceparent,"
    " occurred_at) VALUES (?1, ?8, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING seq",
    "WITH l AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended(concat(?8, '/', ?2,"
    " '/', ?3), 7)) AS held)"
    " INSERT INTO outbox (seq, id, tenant_id, aggregatetype, aggregateid, type, payload,"
    " traceparent, occurred_at)"
    " SELECT nextval('outbox_seq'), ?1, ?8, ?2, ?3, ?4, ?5, ?6, ?7 FROM l RETURNING seq"};

// [[id, tenant, aggregate type, aggregate id, type, data, traceparent, at], …]. Each key's lock is
// taken before its number is drawn: the lock's row is what the number is drawn for.
constexpr Sql kAppendAll{
    Audience::kPlatform,
    "INSERT INTO outbox (id, tenant_id, aggregatetype, aggregateid, type, payload, traceparent,"
    " occurred_at) SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3,"
    " r.value ->> 4, r.value ->> 5, r.value ->> 6, r.value ->> 7 FROM json_each(?1) AS r"
    " ORDER BY r.key RETURNING seq",
    "WITH e AS MATERIALIZED (SELECT r.value, r.n FROM json_array_elements(?1::text::json)"
    " WITH ORDINALITY AS r(value, n) ORDER BY r.n), l AS MATERIALIZED (SELECT e.value, e.n,"
    " pg_advisory_xact_lock(hashtextextended(concat(e.value ->> 1, '/', e.value ->> 2, '/',"
    " e.value ->> 3), 7)) AS held FROM e)"
    " INSERT INTO outbox (seq, id, tenant_id, aggregatetype, aggregateid, type, payload,"
    " traceparent, occurred_at) SELECT nextval('outbox_seq'), l.value ->> 0,"
    " (l.value ->> 1)::bigint, l.value ->> 2, l.value ->> 3, l.value ->> 4, l.value ->> 5,"
    " l.value ->> 6, (l.value ->> 7)::bigint FROM l RETURNING seq"};

constexpr Sql kEventsAfter{Audience::kPlatform,
                           "SELECT " ASHLAR_EVENT_COLUMNS
                           " FROM outbox AS o"
                           " WHERE o.seq > ?1 AND " FITS("?2") " ORDER BY o.seq LIMIT ?3",
                           "SELECT " ASHLAR_EVENT_COLUMNS
                           " FROM outbox AS o"
                           " WHERE o.seq > ?1 AND " FITS_PG("?2") " ORDER BY o.seq LIMIT ?3"};
#define OF_SEQS " WHERE o.seq IN (SELECT value FROM json_each(?1)) ORDER BY o.seq"
#define OF_SEQS_PG                                     \
  " WHERE o.seq = ANY (ARRAY(SELECT CAST(n AS bigint)" \
  " FROM jsonb_array_elements_text(CAST(?1 AS jsonb)) AS t (n))) ORDER BY o.seq"
constexpr Sql kEventsOf{Audience::kPlatform,
                        "SELECT " ASHLAR_EVENT_COLUMNS " FROM outbox AS o" OF_SEQS,
                        "SELECT " ASHLAR_EVENT_COLUMNS " FROM outbox AS o" OF_SEQS_PG};
constexpr Sql kLastSeq{Audience::kPlatform, "SELECT coalesce(max(seq), 0) FROM outbox"};

// The next two are PostgreSQL's; the first text is never run.
constexpr Sql kSnapshot{Audience::kPlatform, "SELECT ''",
                        "SELECT CAST(pg_current_snapshot() AS text)"};
constexpr Sql kWindowSeqs{
    Audience::kPlatform,
    "SELECT o.seq FROM outbox AS o WHERE o.seq > ?1 AND ?2 = ?3 AND " FITS("?4") " LIMIT ?5",
    "SELECT o.seq FROM " UNSEEN("?2", " AND xid < pg_snapshot_xmax(" SNAPSHOT("?3") ")")
    " WHERE o.seq > ?1 AND pg_visible_in_snapshot(o.xid, " SNAPSHOT("?3") ") AND " FITS_PG("?4")
    " ORDER BY o.seq LIMIT ?5"};

constexpr Sql kListOfTenant{
    Audience::kTenant,
    "SELECT " ASHLAR_EVENT_COLUMNS
    " FROM outbox AS o WHERE o.tenant_id = :tenant"
    " AND o.seq < ?1 AND (?2 = '' OR o.type GLOB ?2) AND (?3 = '' OR o.aggregatetype = ?3)"
    " AND (?4 = '' OR o.aggregateid = ?4) ORDER BY o.seq DESC LIMIT ?5",
    "SELECT " ASHLAR_EVENT_COLUMNS
    " FROM outbox AS o WHERE o.tenant_id = :tenant"
    " AND o.seq < ?1 AND (?2 = '' OR o.type LIKE replace(replace(?2, '_', '\\_'), '*', '%'))"
    " AND (?3 = '' OR o.aggregatetype = ?3) AND (?4 = '' OR o.aggregateid = ?4)"
    " ORDER BY o.seq DESC LIMIT ?5"};

#define CONSUMER_COLUMNS "name, types, owner, seq, from_snapshot, to_snapshot, epoch, lease_until"
constexpr Sql kAddConsumer{
    Audience::kPlatform,
    "INSERT INTO event_consumers (name, types, seq, from_snapshot, to_snapshot, owner, epoch,"
    " lease_until, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, '', 0, 0, ?6)"
    " ON CONFLICT (name) DO UPDATE SET types = excluded.types, seen_at = excluded.seen_at"};
constexpr Sql kListConsumers{Audience::kPlatform,
                             "SELECT " CONSUMER_COLUMNS " FROM event_consumers ORDER BY name"};
constexpr Sql kFindConsumer{Audience::kPlatform,
                            "SELECT " CONSUMER_COLUMNS " FROM event_consumers WHERE name = ?1"};
constexpr Sql kTakeLease{
    Audience::kPlatform,
    "UPDATE event_consumers SET owner = ?2, epoch = epoch + 1, lease_until = ?3, seen_at = ?4"
    " WHERE name = ?1 AND (lease_until < ?4 OR owner = ?2 OR ?5 <> 0) RETURNING " CONSUMER_COLUMNS};
constexpr Sql kEndLease{Audience::kPlatform,
                        "UPDATE event_consumers SET lease_until = 0 WHERE name = ?1"
                        " AND epoch = ?2"};
constexpr Sql kMove{
    Audience::kPlatform,
    "UPDATE event_consumers SET seq = ?3, from_snapshot = ?4, to_snapshot = ?5, lease_until = ?6,"
    " seen_at = ?7 WHERE name = ?1 AND epoch = ?2"
    " RETURNING EXISTS (SELECT 1 FROM event_parked WHERE consumer = ?1 AND state = 0)"};
constexpr Sql kTouch{Audience::kPlatform,
                     "UPDATE event_consumers SET types = types WHERE name = ?1"};

constexpr Sql kReplayable{
    Audience::kPlatform,
    "SELECT o.seq FROM outbox AS o WHERE o.seq <= ?1 AND ?2 = ?3 AND o.seq > ?4"
    " AND (?5 = '' OR o.aggregatetype = ?5) AND (?6 = '' OR o.aggregateid = ?6)"
    " AND (?7 < 0 OR o.tenant_id = ?7) AND o.occurred_at >= ?8 AND o.occurred_at < ?9"
    " AND " FITS("?10") " ORDER BY o.seq LIMIT ?11",
    "SELECT o.seq FROM outbox AS o WHERE (pg_visible_in_snapshot(o.xid, " SNAPSHOT("?2")
    ") OR (o.seq <= ?1 AND coalesce(pg_visible_in_snapshot(o.xid, " SNAPSHOT("?3") "), false)))"
    " AND o.seq > ?4 AND (?5 = '' OR o.aggregatetype = ?5) AND (?6 = '' OR o.aggregateid = ?6)"
    " AND (?7 < 0 OR o.tenant_id = ?7) AND o.occurred_at >= ?8 AND o.occurred_at < ?9"
    " AND " FITS_PG("?10") " ORDER BY o.seq LIMIT ?11"};

constexpr Sql kLag{
    Audience::kPlatform,
    "SELECT count(*), min(occurred_at) FROM (SELECT o.occurred_at FROM outbox AS o"
    " WHERE o.seq > ?1 AND ?2 = ?3 AND " FITS("?4") " LIMIT ?5) AS behind",
    "SELECT count(*), min(occurred_at) FROM (SELECT o.occurred_at FROM " UNSEEN("?2", "")
    " WHERE NOT (o.seq <= ?1 AND coalesce(pg_visible_in_snapshot(o.xid, " SNAPSHOT("?3")
    "), false)) AND " FITS_PG("?4") " LIMIT ?5) AS behind"};

constexpr Sql kExpiry{
    Audience::kPlatform,
    "SELECT o.seq, o.occurred_at < ?2 AND NOT EXISTS (SELECT 1 FROM event_consumers AS c"
    " WHERE c.seq < o.seq) FROM outbox AS o WHERE o.seq > ?1 ORDER BY o.seq LIMIT ?3",
    "SELECT o.seq, o.occurred_at < ?2 AND NOT EXISTS (SELECT 1 FROM event_consumers AS c"
    " WHERE NOT pg_visible_in_snapshot(o.xid, CAST(c.from_snapshot AS pg_snapshot)))"
    " FROM outbox AS o WHERE o.seq > ?1 ORDER BY o.seq LIMIT ?3"};
constexpr Sql kExpire{Audience::kPlatform,
                      "DELETE FROM outbox WHERE seq > ?1 AND seq <= ?2"
                      " AND NOT EXISTS (SELECT 1 FROM event_parked AS p WHERE p.seq = outbox.seq)"};
constexpr Sql kForget{Audience::kPlatform, "DELETE FROM event_consumers WHERE seen_at < ?1"};
constexpr Sql kOldest{Audience::kPlatform, "SELECT 0", "SELECT ashlar_oldest_transaction()"};

constexpr Sql kEraseLog{Audience::kTenant,
                        "DELETE FROM outbox WHERE tenant_id = :tenant AND seq IN (SELECT seq"
                        " FROM outbox WHERE tenant_id = :tenant ORDER BY seq LIMIT ?1)"};

constexpr std::array<const Sql*, 20> kStatements{
    &kAppend,        &kAppendFor,    &kAppendAll,  &kEventsAfter,  &kEventsOf,
    &kLastSeq,       &kSnapshot,     &kWindowSeqs, &kListOfTenant, &kAddConsumer,
    &kListConsumers, &kFindConsumer, &kTakeLease,  &kEndLease,     &kMove,
    &kTouch,         &kReplayable,   &kLag,        &kExpiry,       &kExpire};
constexpr std::array<const Sql*, 3> kMoreStatements{&kForget, &kOldest, &kEraseLog};

ConsumerRow read_consumer(const Row& row) {
  return {.name = std::string(row.text(0)),
          .types = std::string(row.text(1)),
          .owner = std::string(row.text(2)),
          .position = {row.integer(3), std::string(row.text(4)), std::string(row.text(5))},
          .epoch = row.integer(6),
          .lease_until = base::from_micros(row.integer(7))};
}

base::Result<std::vector<Event>> read_events(storage::Transaction& tx, const Sql& sql,
                                             std::initializer_list<storage::Param> params) {
  std::vector<Event> events;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { events.push_back(read_event(row, 0)); }));
  return events;
}

base::Result<std::int64_t> read_number(storage::Transaction& tx, const Sql& sql) {
  std::int64_t number = 0;
  ASHLAR_TRY(tx.query(sql, {}, [&](const Row& row) { number = row.integer(0); }));
  return number;
}

base::Result<std::optional<ConsumerRow>> maybe_consumer(
    storage::Transaction& tx, const Sql& sql, std::initializer_list<storage::Param> params) {
  std::optional<ConsumerRow> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found = read_consumer(row); }));
  return found;
}

}  // namespace

Event read_event(const Row& row, int first) {
  Event event;
  event.seq = EventSeq{row.integer(first)};
  event.id = row.text(first + 1);
  event.tenant = base::TenantId(row.integer(first + 2));
  event.aggregate_type = row.text(first + 3);
  event.aggregate_id = row.text(first + 4);
  event.type = row.text(first + 5);
  event.data = row.text(first + 6);
  event.traceparent = row.text(first + 7);
  event.time = base::from_micros(row.integer(first + 8));
  return event;
}

std::string packed(std::span<const std::int64_t> numbers) {
  std::string text = "[";
  for (const std::int64_t number : numbers) {
    if (text.size() > 1) text += ',';
    text += std::to_string(number);
  }
  return text += ']';
}

base::Result<EventSeq> append(storage::Transaction& tx, const Event& event, std::string_view data) {
  EventSeq seq;
  const auto take = [&](const Row& row) { seq = EventSeq{row.integer(0)}; };
  const std::int64_t at = base::to_micros(event.time);
  if (tx.context().is_tenant()) {
    ASHLAR_TRY(tx.query(kAppend,
                        {event.id, event.aggregate_type, event.aggregate_id, event.type, data,
                         event.traceparent, at},
                        take));
  } else {
    ASHLAR_TRY(tx.query(kAppendFor,
                        {event.id, event.aggregate_type, event.aggregate_id, event.type, data,
                         event.traceparent, at, event.tenant.value},
                        take));
  }
  return seq;
}

base::Status append_all(storage::Transaction& tx, std::span<Event> events) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Event& event : events) {
    writer.begin_array().string(event.id).integer(event.tenant.value);
    writer.string(event.aggregate_type).string(event.aggregate_id).string(event.type);
    writer.string(event.data).string(event.traceparent).integer(base::to_micros(event.time));
    writer.end_array();
  }
  writer.end_array();
  std::size_t next = 0;
  ASHLAR_ASSIGN(const std::int64_t rows, tx.query(kAppendAll, {text}, [&](const Row& row) {
    if (next < events.size()) events[next++].seq = EventSeq{row.integer(0)};
  }));
  CHECK(rows == static_cast<std::int64_t>(events.size()));
  return base::ok_status();
}

base::Result<std::vector<Event>> events_after(storage::Transaction& tx, std::int64_t seq,
                                              std::string_view types, std::int64_t limit) {
  return read_events(tx, kEventsAfter, {seq, types, limit});
}

base::Result<std::vector<Event>> events_of(storage::Transaction& tx,
                                           std::span<const std::int64_t> seqs) {
  const std::string list = packed(seqs);
  return read_events(tx, kEventsOf, {list});
}

base::Result<std::int64_t> last_seq(storage::Transaction& tx) { return read_number(tx, kLastSeq); }

base::Result<std::string> snapshot(storage::Transaction& tx) {
  std::string text;
  ASHLAR_TRY(tx.query(kSnapshot, {}, [&](const Row& row) { text = row.text(0); }));
  return text;
}

base::Result<std::vector<std::int64_t>> window_seqs(storage::Transaction& tx, const LogPosition& at,
                                                    std::string_view types, std::int64_t limit) {
  std::vector<std::int64_t> seqs;
  ASHLAR_TRY(tx.query(kWindowSeqs, {at.seq, at.from, at.to, types, limit},
                      [&](const Row& row) { seqs.push_back(row.integer(0)); }));
  return seqs;
}

base::Result<std::vector<Event>> list_of_tenant(storage::Transaction& tx,
                                                const TenantQuery& query) {
  return read_events(
      tx, kListOfTenant,
      {query.before, query.type, query.aggregate_type, query.aggregate_id, query.limit});
}

base::Status add_consumer(storage::Transaction& tx, std::string_view name, std::string_view types,
                          const LogPosition& position, base::Time now) {
  ASHLAR_TRY(tx.execute(
      kAddConsumer, {name, types, position.seq, position.from, position.to, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<std::vector<ConsumerRow>> list_consumers(storage::Transaction& tx) {
  std::vector<ConsumerRow> rows;
  ASHLAR_TRY(
      tx.query(kListConsumers, {}, [&](const Row& row) { rows.push_back(read_consumer(row)); }));
  return rows;
}

base::Result<std::optional<ConsumerRow>> find_consumer(storage::Transaction& tx,
                                                       std::string_view name) {
  return maybe_consumer(tx, kFindConsumer, {name});
}

base::Result<std::optional<ConsumerRow>> take_lease(storage::Transaction& tx, const Lease& lease) {
  return maybe_consumer(tx, kTakeLease,
                        {lease.consumer, lease.owner, base::to_micros(lease.until),
                         base::to_micros(lease.now), std::int64_t{lease.anyhow ? 1 : 0}});
}

base::Status end_lease(storage::Transaction& tx, const Lease& lease) {
  ASHLAR_TRY(tx.execute(kEndLease, {lease.consumer, lease.epoch}));
  return base::ok_status();
}

base::Result<bool> move(storage::Transaction& tx, const Lease& lease, const LogPosition& position) {
  bool parked = false;
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.query(kMove,
                         {lease.consumer, lease.epoch, position.seq, position.from, position.to,
                          base::to_micros(lease.until), base::to_micros(lease.now)},
                         [&](const Row& row) { parked = row.integer(0) != 0; }));
  if (rows == 1) return parked;
  return base::fail(base::Code::kConflict, "consumer_fenced", "another instance works it now");
}

base::Status touch_consumer(storage::Transaction& tx, std::string_view name) {
  ASHLAR_TRY(tx.execute(kTouch, {name}));
  return base::ok_status();
}

base::Result<std::vector<std::int64_t>> replayable(storage::Transaction& tx,
                                                   const LogPosition& position,
                                                   std::string_view types, const ReplayRange& range,
                                                   std::int64_t seq, std::int64_t limit) {
  constexpr std::int64_t kEver = std::int64_t{1} << 62;
  const std::string_view type = range.aggregate_type ? *range.aggregate_type : std::string_view();
  const std::string_view id = range.aggregate_id ? *range.aggregate_id : std::string_view();
  std::vector<std::int64_t> seqs;
  ASHLAR_TRY(tx.query(kReplayable,
                      {position.seq, position.from, position.to, seq, type, id,
                       range.tenant ? range.tenant->value : std::int64_t{-1},
                       range.from ? base::to_micros(*range.from) : -kEver,
                       range.to ? base::to_micros(*range.to) : kEver, types, limit},
                      [&](const Row& row) { seqs.push_back(row.integer(0)); }));
  return seqs;
}

base::Result<Lag> lag(storage::Transaction& tx, const LogPosition& position,
                      std::string_view types) {
  Lag found;
  ASHLAR_TRY(tx.query(kLag, {position.seq, position.from, position.to, types, kMostCounted},
                      [&](const Row& row) {
                        found.events = row.integer(0);
                        if (!row.is_null(1)) found.oldest = base::from_micros(row.integer(1));
                      }));
  return found;
}

base::Result<Expiry> expiry(storage::Transaction& tx, std::int64_t seq, base::Time before,
                            std::int64_t limit) {
  Expiry found;
  std::int64_t seen = 0;
  bool stopped = false;
  ASHLAR_TRY(tx.query(kExpiry, {seq, base::to_micros(before), limit}, [&](const Row& row) {
    ++seen;
    stopped = stopped || row.integer(1) == 0;
    if (!stopped) found.last = row.integer(0);
  }));
  found.more = !stopped && seen == limit;
  return found;
}

base::Result<std::int64_t> expire(storage::Transaction& tx, std::int64_t after, std::int64_t last) {
  return tx.execute(kExpire, {after, last});
}

base::Result<std::int64_t> forget_consumers(storage::Transaction& tx, base::Time seen_before) {
  return tx.execute(kForget, {base::to_micros(seen_before)});
}

base::Result<base::Micros> oldest_transaction(storage::Transaction& tx) {
  ASHLAR_ASSIGN(const std::int64_t micros, read_number(tx, kOldest));
  return base::Micros{micros};
}

base::Result<std::int64_t> erase(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t parked, erase_parked(tx, limit));
  if (parked > 0) return parked;
  return tx.execute(kEraseLog, {limit});
}

std::vector<const Sql*> statements() {
  std::vector<const Sql*> all(kStatements.begin(), kStatements.end());
  all.insert(all.end(), kMoreStatements.begin(), kMoreStatements.end());
  const auto parked = parked_statements();
  all.insert(all.end(), parked.begin(), parked.end());
  return all;
}

}  // namespace ashlar::events::store
