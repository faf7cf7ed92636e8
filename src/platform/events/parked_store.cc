// The statements about what consumers have parked; declared in events_store.h.
#include <array>
#include <utility>

#include "platform/events/event_row.h"
#include "platform/events/events_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::events::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr std::int64_t kIsParked = 0;
constexpr std::int64_t kIsDead = 1;

constexpr Sql kAmong{Audience::kPlatform,
                     "SELECT DISTINCT key FROM event_parked WHERE consumer = ?1 AND state = 0"
                     " AND key IN (SELECT value FROM json_each(?2))",
                     "SELECT DISTINCT key FROM event_parked WHERE consumer = ?1 AND state = 0"
                     " AND key = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(?2 AS jsonb))))"};
constexpr Sql kPark{Audience::kPlatform,
                    "INSERT INTO event_parked (consumer, tenant_id, key, seq, attempts, next_at,"
                    " state, error, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
constexpr Sql kParkBehind{
    Audience::kPlatform,
    "INSERT INTO event_parked (consumer, tenant_id, key, seq, attempts, next_at, state, error,"
    " changed_at) SELECT ?1, o.tenant_id, o.tenant_id || '/' || o.aggregatetype || '/' ||"
    " o.aggregateid, o.seq, 0, ?3, 0, '', ?4 FROM outbox AS o"
    " WHERE o.seq IN (SELECT value FROM json_each(?2)) ORDER BY o.seq",
    "INSERT INTO event_parked (consumer, tenant_id, key, seq, attempts, next_at, state, error,"
    " changed_at) SELECT ?1, o.tenant_id, concat(o.tenant_id, '/', o.aggregatetype, '/',"
    " o.aggregateid), o.seq, 0, ?3, 0, '', ?4 FROM outbox AS o"
    " WHERE o.seq = ANY (ARRAY(SELECT CAST(n AS bigint)"
    " FROM jsonb_array_elements_text(CAST(?2 AS jsonb)) AS t (n))) ORDER BY o.seq"};
#define PARKED_COLUMNS                                                 \
  "SELECT p.id, p.attempts, p.tenant_id, p.consumer, p.key, p.error, " \
  "p.changed_at, " ASHLAR_EVENT_COLUMNS                                \
  " FROM event_parked AS p LEFT JOIN outbox AS o"                      \
  " ON o.seq = p.seq"
constexpr Sql kDue{Audience::kPlatform, PARKED_COLUMNS
                   " WHERE p.consumer = ?1 AND p.state = 0 AND p.next_at <= ?2"
                   " ORDER BY p.next_at, p.id LIMIT ?3"};
constexpr Sql kParkedOf{Audience::kPlatform, PARKED_COLUMNS
                        " WHERE p.consumer = ?1 AND p.key = ?2 AND p.state = 0"
                        " ORDER BY p.id LIMIT ?3"};
constexpr Sql kUnpark{Audience::kPlatform,
                      "DELETE FROM event_parked WHERE consumer = ?1 AND key = ?2 AND id <= ?3"
                      " AND state = 0"};
constexpr Sql kFail{Audience::kPlatform,
                    "UPDATE event_parked SET attempts = ?2, next_at = ?3, state = ?4, error = ?5,"
                    " changed_at = ?6 WHERE id = ?1 AND state = 0"};
constexpr Sql kPromote{Audience::kPlatform,
                       "UPDATE event_parked SET next_at = ?3 WHERE id = (SELECT min(id)"
                       " FROM event_parked WHERE consumer = ?1 AND key = ?2 AND state = 0)"
                       " AND next_at = ?4"};
constexpr Sql kPromoteAll{
    Audience::kPlatform,
    "UPDATE event_parked SET next_at = ?2 WHERE consumer = ?1 AND state = 0 AND next_at = ?3"
    " AND NOT EXISTS (SELECT 1 FROM event_parked AS b WHERE b.consumer = ?1"
    " AND b.key = event_parked.key AND b.state = 0 AND b.id < event_parked.id)"};
constexpr Sql kListDead{Audience::kPlatform, PARKED_COLUMNS
                        " WHERE p.state = 1 AND (?1 = '' OR p.consumer = ?1) AND p.id > ?2"
                        " ORDER BY p.id LIMIT ?3"};
constexpr Sql kFindDead{Audience::kPlatform, PARKED_COLUMNS " WHERE p.state = 1 AND p.id = ?1"};
constexpr Sql kTakeDead{Audience::kPlatform,
                        "DELETE FROM event_parked WHERE id = ?1 AND state = 1"};
constexpr Sql kCount{Audience::kPlatform,
                     "SELECT coalesce(sum(CASE WHEN state = 0 THEN 1 ELSE 0 END), 0),"
                     " coalesce(sum(CASE WHEN state = 1 THEN 1 ELSE 0 END), 0)"
                     " FROM event_parked WHERE consumer = ?1"};
constexpr Sql kExpireDead{Audience::kPlatform,
                          "DELETE FROM event_parked WHERE id IN (SELECT id FROM event_parked"
                          " WHERE (state = 1 AND changed_at < ?1)"
                          " OR consumer NOT IN (SELECT name FROM event_consumers) LIMIT ?2)"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM event_parked WHERE tenant_id = :tenant AND id IN (SELECT id"
                     " FROM event_parked WHERE tenant_id = :tenant ORDER BY id LIMIT ?1)"};

constexpr std::array<const Sql*, 15> kStatements{
    &kAmong,      &kPark,     &kParkBehind, &kDue,      &kUnpark, &kParkedOf,   &kFail, &kPromote,
    &kPromoteAll, &kListDead, &kFindDead,   &kTakeDead, &kCount,  &kExpireDead, &kErase};

constexpr int kFirstOfEvent = 7;

Parked read_parked(const Row& row) {
  Parked parked{.id = row.integer(0),
                .attempts = static_cast<int>(row.integer(1)),
                .tenant = base::TenantId(row.integer(2)),
                .consumer = std::string(row.text(3)),
                .key = std::string(row.text(4)),
                .error = std::string(row.text(5)),
                .changed_at = base::from_micros(row.integer(6)),
                .event = {}};
  if (!row.is_null(kFirstOfEvent)) parked.event = read_event(row, kFirstOfEvent);
  return parked;
}

}  // namespace

base::Result<std::vector<std::string>> parked_among(storage::Transaction& tx,
                                                    std::string_view consumer,
                                                    std::span<const std::string> keys) {
  std::string list;
  json::Writer json(list);
  json.begin_array();
  for (const std::string& key : keys) json.string(key);
  json.end_array();
  std::vector<std::string> found;
  ASHLAR_TRY(
      tx.query(kAmong, {consumer, list}, [&](const Row& row) { found.emplace_back(row.text(0)); }));
  return found;
}

base::Status park(storage::Transaction& tx, std::string_view consumer, const Event& event,
                  const Failure& failure) {
  const std::string key = event.key();
  const std::int64_t next_at = failure.next_at ? base::to_micros(*failure.next_at) : 0;
  ASHLAR_TRY(tx.execute(
      kPark,
      {consumer, event.tenant.value, key, event.seq.value, std::int64_t{failure.attempts}, next_at,
       failure.next_at ? kIsParked : kIsDead, failure.error, base::to_micros(failure.now)}));
  return base::ok_status();
}

base::Status park_behind(storage::Transaction& tx, std::string_view consumer,
                         std::span<const std::int64_t> seqs, base::Time now) {
  const std::string list = packed(seqs);
  ASHLAR_TRY(tx.execute(kParkBehind, {consumer, list, kBehind, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<std::vector<Parked>> due(storage::Transaction& tx, std::string_view consumer,
                                      base::Time now, std::int64_t limit) {
  std::vector<Parked> found;
  ASHLAR_TRY(tx.query(kDue, {consumer, base::to_micros(now), limit},
                      [&](const Row& row) { found.push_back(read_parked(row)); }));
  return found;
}

base::Result<std::vector<Parked>> parked_of(storage::Transaction& tx, std::string_view consumer,
                                            std::string_view key, std::int64_t first,
                                            std::int64_t limit) {
  std::vector<Parked> found;
  ASHLAR_TRY(tx.query(kParkedOf, {consumer, key, limit},
                      [&](const Row& row) { found.push_back(read_parked(row)); }));
  if (!found.empty() && found.front().id != first) found.clear();
  return found;
}

base::Status unpark(storage::Transaction& tx, std::string_view consumer, std::string_view key,
                    std::int64_t last) {
  ASHLAR_TRY(tx.execute(kUnpark, {consumer, key, last}));
  return base::ok_status();
}

base::Result<bool> fail_parked(storage::Transaction& tx, std::int64_t id, const Failure& failure) {
  const std::int64_t next_at = failure.next_at ? base::to_micros(*failure.next_at) : 0;
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kFail, {id, std::int64_t{failure.attempts}, next_at,
                                   failure.next_at ? kIsParked : kIsDead, failure.error,
                                   base::to_micros(failure.now)}));
  return rows == 1;
}

base::Status promote(storage::Transaction& tx, std::string_view consumer, std::string_view key,
                     base::Time now) {
  ASHLAR_TRY(tx.execute(kPromote, {consumer, key, base::to_micros(now), kBehind}));
  return base::ok_status();
}

base::Status promote_all(storage::Transaction& tx, std::string_view consumer, base::Time now) {
  ASHLAR_TRY(tx.execute(kPromoteAll, {consumer, base::to_micros(now), kBehind}));
  return base::ok_status();
}

base::Result<std::vector<Parked>> list_dead(storage::Transaction& tx, std::string_view consumer,
                                            std::int64_t after, std::int64_t limit) {
  std::vector<Parked> found;
  ASHLAR_TRY(tx.query(kListDead, {consumer, after, limit},
                      [&](const Row& row) { found.push_back(read_parked(row)); }));
  return found;
}

base::Result<std::optional<Parked>> take_dead(storage::Transaction& tx, std::int64_t id) {
  std::optional<Parked> found;
  ASHLAR_TRY(tx.query(kFindDead, {id}, [&](const Row& row) { found = read_parked(row); }));
  if (!found) return found;
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kTakeDead, {id}));
  if (rows == 0) found.reset();
  return found;
}

base::Result<ParkedCounts> count_parked(storage::Transaction& tx, std::string_view consumer) {
  ParkedCounts counts;
  ASHLAR_TRY(tx.query(kCount, {consumer},
                      [&](const Row& row) { counts = {row.integer(0), row.integer(1)}; }));
  return counts;
}

base::Result<std::int64_t> expire_dead(storage::Transaction& tx, base::Time before,
                                       std::int64_t limit) {
  return tx.execute(kExpireDead, {base::to_micros(before), limit});
}

base::Result<std::int64_t> erase_parked(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> parked_statements() { return kStatements; }

}  // namespace ashlar::events::store
