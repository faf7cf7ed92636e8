#include "platform/kafka/positions_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::kafka::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Row;
using storage::Sql;

constexpr Sql kClaim{
    Audience::kPlatform,
    "INSERT INTO kafka_positions (consumer, topic, partition, next_offset, epoch, owner,"
    " changed_at) VALUES (?1, ?2, ?3, -1, 1, ?4, ?5)"
    " ON CONFLICT (consumer, topic, partition) DO UPDATE SET epoch = kafka_positions.epoch + 1,"
    " owner = excluded.owner, changed_at = excluded.changed_at RETURNING epoch, next_offset"};
constexpr Sql kMove{
    Audience::kPlatform,
    "UPDATE kafka_positions SET next_offset = ?6, changed_at = ?7 WHERE consumer = ?1"
    " AND topic = ?2 AND partition = ?3 AND epoch = ?4 AND next_offset = ?5"};
constexpr Sql kFind{Audience::kPlatform,
                    "SELECT epoch, next_offset FROM kafka_positions WHERE consumer = ?1"
                    " AND topic = ?2 AND partition = ?3"};
constexpr Sql kCheckEpoch{Audience::kPlatform,
                          "UPDATE kafka_positions SET epoch = epoch WHERE consumer = ?1"
                          " AND topic = ?2 AND partition = ?3 AND epoch = ?4"};

constexpr Sql kPark{
    Audience::kPlatform,
    "INSERT INTO kafka_parked (tenant_id, consumer, topic, partition, record_offset, record_key,"
    " event_id, type, aggregatetype, aggregateid, payload, traceparent, occurred_at, attempts,"
    " next_at, state, error, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
    " ?12, ?13, ?14, ?15, ?16, ?17, ?18)"};
constexpr Sql kAnyWaiting{Audience::kPlatform,
                          "SELECT EXISTS (SELECT 1 FROM kafka_parked WHERE consumer = ?1"
                          " AND topic = ?2 AND partition = ?3 AND state = 0)"};
constexpr Sql kHasWaiting{Audience::kPlatform,
                          "SELECT EXISTS (SELECT 1 FROM kafka_parked WHERE consumer = ?1"
                          " AND topic = ?2 AND partition = ?3 AND record_key = ?4 AND state = 0)"};
#define PARKED_COLUMNS                                                                        \
  "id, record_offset, attempts, next_at, record_key, error, changed_at, tenant_id, event_id," \
  " type, aggregatetype, aggregateid, payload, traceparent, occurred_at"
constexpr Sql kDue{Audience::kPlatform,
                   "SELECT " PARKED_COLUMNS
                   " FROM kafka_parked WHERE consumer = ?1 AND topic = ?2"
                   " AND partition = ?3 AND state = 0 AND next_at <= ?4 ORDER BY next_at, id"
                   " LIMIT ?5"};
constexpr Sql kPromote{
    Audience::kPlatform,
    "UPDATE kafka_parked SET next_at = ?5 WHERE id = (SELECT min(id) FROM kafka_parked"
    " WHERE consumer = ?1 AND topic = ?2 AND partition = ?3 AND record_key = ?4 AND state = 0)"
    " AND next_at > ?5"};
constexpr Sql kUnpark{Audience::kPlatform, "DELETE FROM kafka_parked WHERE id = ?1"};
constexpr Sql kFailParked{Audience::kPlatform,
                          "UPDATE kafka_parked SET attempts = ?2, state = ?3, next_at = ?4,"
                          " error = ?5, changed_at = ?6 WHERE id = ?1"};
constexpr Sql kListDead{Audience::kPlatform, "SELECT " PARKED_COLUMNS
                                             " FROM kafka_parked WHERE consumer = ?1"
                                             " AND state = 1 AND id > ?2 ORDER BY id LIMIT ?3"};
// A new number: behind what its key has waiting.
constexpr Sql kRevive{
    Audience::kPlatform,
    "INSERT INTO kafka_parked (tenant_id, consumer, topic, partition, record_offset, record_key,"
    " event_id, type, aggregatetype, aggregateid, payload, traceparent, occurred_at, attempts,"
    " next_at, state, error, changed_at) SELECT tenant_id, consumer, topic, partition,"
    " record_offset, record_key, event_id, type, aggregatetype, aggregateid, payload,"
    " traceparent, occurred_at, 0, CASE WHEN EXISTS (SELECT 1 FROM kafka_parked AS q"
    " WHERE q.consumer = p.consumer AND q.topic = p.topic AND q.partition = p.partition"
    " AND q.record_key = p.record_key AND q.state = 0) THEN ?4 ELSE ?3 END, 0, error, ?3"
    " FROM kafka_parked AS p WHERE consumer = ?1 AND id = ?2 AND state = 1"};
constexpr Sql kCountParked{Audience::kPlatform,
                           "SELECT state, count(*) FROM kafka_parked WHERE consumer = ?1"
                           " GROUP BY state"};

constexpr Sql kAddSource{Audience::kPlatform,
                         "INSERT INTO kafka_sources (shard, source_id) VALUES (?1, ?2)"
                         " ON CONFLICT (shard) DO NOTHING"};
constexpr Sql kSource{Audience::kPlatform, "SELECT source_id FROM kafka_sources WHERE shard = ?1"};
constexpr Sql kRefuse{
    Audience::kPlatform,
    "INSERT INTO kafka_refused (shard, seq, tenant_id, event_id, type, aggregatetype, aggregateid,"
    " payload, error, refused_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    " ON CONFLICT (shard, seq) DO NOTHING"};

constexpr std::array<const Sql*, 17> kStatements{
    &kClaim,      &kFind,      &kMove,    &kCheckEpoch, &kPark,       &kAnyWaiting,
    &kHasWaiting, &kDue,       &kPromote, &kUnpark,     &kFailParked, &kListDead,
    &kRevive,     &kAddSource, &kSource,  &kRefuse,     &kCountParked};

base::Error fenced() {
  return base::fail(base::Code::kConflict, "consumer_fenced",
                    "another instance has the partition now");
}

Parked read_parked(const Row& row) {
  Parked parked{.id = row.integer(0),
                .offset = row.integer(1),
                .attempts = static_cast<int>(row.integer(2)),
                .next_at = base::from_micros(row.integer(3)),
                .record_key = std::string(row.blob(4)),
                .error = std::string(row.text(5)),
                .changed_at = base::from_micros(row.integer(6)),
                .event = {}};
  events::Event& event = parked.event;
  event.seq = events::EventSeq{parked.offset};
  event.tenant = base::TenantId(row.integer(7));
  event.id = row.text(8);
  event.type = row.text(9);
  event.aggregate_type = row.text(10);
  event.aggregate_id = row.text(11);
  event.data = row.blob(12);
  event.traceparent = row.text(13);
  event.time = base::from_micros(row.integer(14));
  return parked;
}

base::Result<std::vector<Parked>> read_all(storage::Transaction& tx, const Sql& sql,
                                           std::initializer_list<storage::Param> params) {
  std::vector<Parked> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(read_parked(row)); }));
  return found;
}

base::Result<bool> ask(storage::Transaction& tx, const Sql& sql,
                       std::initializer_list<storage::Param> params) {
  bool answer = false;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { answer = row.integer(0) != 0; }));
  return answer;
}

}  // namespace

base::Result<Claim> claim(storage::Transaction& tx, const Partition& partition,
                          std::string_view owner, base::Time now) {
  Claim claimed;
  ASHLAR_TRY(tx.query(
      kClaim,
      {partition.consumer, partition.topic, std::int64_t{partition.partition}, owner,
       base::to_micros(now)},
      [&](const Row& row) { claimed = {.epoch = row.integer(0), .next_offset = row.integer(1)}; }));
  return claimed;
}

base::Status move(storage::Transaction& tx, const Partition& partition, const Claim& claim,
                  std::int64_t next_offset, base::Time now) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kMove, {partition.consumer, partition.topic, std::int64_t{partition.partition},
                         claim.epoch, claim.next_offset, next_offset, base::to_micros(now)}));
  return rows == 1 ? base::ok_status() : base::Status(fenced());
}

base::Result<std::optional<Claim>> find(storage::Transaction& tx, const Partition& partition) {
  std::optional<Claim> found;
  ASHLAR_TRY(tx.query(kFind,
                      {partition.consumer, partition.topic, std::int64_t{partition.partition}},
                      [&](const Row& row) {
                        found = Claim{.epoch = row.integer(0), .next_offset = row.integer(1)};
                      }));
  return found;
}

base::Status check_epoch(storage::Transaction& tx, const Partition& partition, std::int64_t epoch) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kCheckEpoch, {partition.consumer, partition.topic,
                                         std::int64_t{partition.partition}, epoch}));
  return rows == 1 ? base::ok_status() : base::Status(fenced());
}

base::Status park(storage::Transaction& tx, const Partition& partition, const NewParked& parked,
                  base::Time now) {
  const events::Event& event = parked.event;
  ASHLAR_TRY(tx.execute(
      kPark,
      {event.tenant.value, partition.consumer, partition.topic, std::int64_t{partition.partition},
       parked.offset, Blob{parked.record_key}, event.id, event.type, event.aggregate_type,
       event.aggregate_id, Blob{event.data}, event.traceparent, base::to_micros(event.time),
       std::int64_t{parked.attempts}, base::to_micros(parked.next_at),
       static_cast<std::int64_t>(parked.state), parked.error, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<bool> any_waiting(storage::Transaction& tx, const Partition& partition) {
  return ask(tx, kAnyWaiting,
             {partition.consumer, partition.topic, std::int64_t{partition.partition}});
}

base::Result<bool> has_waiting(storage::Transaction& tx, const Partition& partition,
                               std::string_view record_key) {
  return ask(
      tx, kHasWaiting,
      {partition.consumer, partition.topic, std::int64_t{partition.partition}, Blob{record_key}});
}

base::Result<std::vector<Parked>> due(storage::Transaction& tx, const Partition& partition,
                                      base::Time now, std::int64_t limit) {
  return read_all(tx, kDue,
                  {partition.consumer, partition.topic, std::int64_t{partition.partition},
                   base::to_micros(now), limit});
}

base::Status unpark(storage::Transaction& tx, std::int64_t id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kUnpark, {id}));
  return rows == 1 ? base::ok_status() : base::Status(fenced());
}

base::Status promote(storage::Transaction& tx, const Partition& partition,
                     std::string_view record_key, base::Time now) {
  ASHLAR_TRY(
      tx.execute(kPromote, {partition.consumer, partition.topic, std::int64_t{partition.partition},
                            Blob{record_key}, base::to_micros(now)}));
  return base::ok_status();
}

base::Status fail_parked(storage::Transaction& tx, std::int64_t id, const Failure& failure,
                         base::Time now) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kFailParked,
                 {id, std::int64_t{failure.attempts}, static_cast<std::int64_t>(failure.state),
                  base::to_micros(failure.next_at), failure.error, base::to_micros(now)}));
  return rows == 1 ? base::ok_status() : base::Status(fenced());
}

base::Result<std::vector<Parked>> list_dead(storage::Transaction& tx, std::string_view consumer,
                                            std::int64_t after, std::int64_t limit) {
  return read_all(tx, kListDead, {consumer, after, limit});
}

base::Result<bool> revive(storage::Transaction& tx, std::string_view consumer, std::int64_t id,
                          base::Time now) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kRevive, {consumer, id, base::to_micros(now), kBehind}));
  if (rows == 0) return false;
  ASHLAR_TRY(unpark(tx, id));
  return true;
}

base::Result<ParkedCounts> count_parked(storage::Transaction& tx, std::string_view consumer) {
  ParkedCounts counts;
  ASHLAR_TRY(tx.query(kCountParked, {consumer}, [&](const Row& row) {
    (row.integer(0) == 0 ? counts.waiting : counts.dead) = row.integer(1);
  }));
  return counts;
}

base::Result<std::string> source_id(storage::Transaction& tx, std::string_view shard,
                                    std::string_view fresh) {
  ASHLAR_TRY(tx.execute(kAddSource, {shard, fresh}));
  std::string id;
  ASHLAR_TRY(tx.query(kSource, {shard}, [&](const Row& row) { id = row.text(0); }));
  return id;
}

base::Status refuse(storage::Transaction& tx, std::string_view shard, const events::Event& event,
                    std::string_view error, base::Time now) {
  ASHLAR_TRY(tx.execute(kRefuse, {shard, event.seq.value, event.tenant.value, event.id, event.type,
                                  event.aggregate_type, event.aggregate_id, event.data, error,
                                  base::to_micros(now)}));
  return base::ok_status();
}

std::span<const Sql* const> statements() { return kStatements; }

}  // namespace ashlar::kafka::store
