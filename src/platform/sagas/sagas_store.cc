#include "platform/sagas/sagas_store.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "platform/storage/database.h"

namespace ashlar::sagas::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SAGA_COLUMNS                                                                         \
  "id, kind, correlation, state, backward, step, attempts, skipped, version, command, data," \
  " error, traceparent, timer_job, started_at, updated_at, next_at, deadline, ended_at"
#define SAGA_NEW_COLUMNS                                                                 \
  "kind, correlation, state, backward, step, attempts, skipped, version, command, data," \
  " error, traceparent, timer_job, started_at, updated_at, next_at, deadline, ended_at"

// What start() writes is as good in a consumer's platform transaction as in a tenant's.
constexpr Sql kInsert{Audience::kTenant,
                      "INSERT INTO sagas (tenant_id, " SAGA_NEW_COLUMNS
                      ") VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, 0, '', 1, 1, ?6, '', ?7, 0, ?8, ?8,"
                      " NULL, ?9, ?10) ON CONFLICT (tenant_id, kind, correlation) DO NOTHING"
                      " RETURNING id"};
constexpr Sql kInsertFor{Audience::kPlatform,
                         "INSERT INTO sagas (tenant_id, " SAGA_NEW_COLUMNS
                         ") VALUES (?11, ?1, ?2, ?3, ?4, ?5, 0, '', 1, 1, ?6, '', ?7, 0, ?8, ?8,"
                         " NULL, ?9, ?10) ON CONFLICT (tenant_id, kind, correlation) DO NOTHING"
                         " RETURNING id"};
constexpr Sql kByCorrelation{Audience::kTenant,
                             "SELECT id FROM sagas WHERE tenant_id = :tenant AND kind = ?1"
                             " AND correlation = ?2"};
constexpr Sql kByCorrelationFor{Audience::kPlatform,
                                "SELECT id FROM sagas WHERE kind = ?1 AND correlation = ?2"
                                " AND tenant_id = ?3"};
#define MOVE_COLUMNS "saga_id, version, at, event, step, backward, attempt, state, error, next_at"
constexpr Sql kInsertMove{Audience::kTenant,
                          "INSERT INTO saga_moves (tenant_id, " MOVE_COLUMNS
                          ") VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
constexpr Sql kInsertMoveFor{Audience::kPlatform,
                             "INSERT INTO saga_moves (" MOVE_COLUMNS
                             ", tenant_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"};
constexpr Sql kSetTimer{Audience::kTenant,
                        "UPDATE sagas SET timer_job = ?2 WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kSetTimerFor{Audience::kPlatform,
                           "UPDATE sagas SET timer_job = ?2 WHERE id = ?1 AND tenant_id = ?3"};

constexpr Sql kFind{Audience::kTenant,
                    "SELECT " SAGA_COLUMNS " FROM sagas WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kUpdate{
    Audience::kTenant,
    "UPDATE sagas SET state = ?2, backward = ?3, step = ?4, attempts = ?5, skipped = ?6,"
    " version = ?7, command = ?8, data = ?9, error = ?10, updated_at = ?11, next_at = ?12,"
    " ended_at = ?13 WHERE tenant_id = :tenant AND id = ?1 AND version = ?7 - 1"};

#define LIST_FILTER                                                     \
  " AND id < ?1 AND (?2 = '' OR state = ?2) AND (?3 = '' OR kind = ?3)" \
  " AND (?4 = '' OR correlation = ?4) ORDER BY id DESC LIMIT ?5"
constexpr Sql kList{Audience::kTenant,
                    "SELECT " SAGA_COLUMNS " FROM sagas WHERE tenant_id = :tenant" LIST_FILTER};
constexpr Sql kListLive{Audience::kTenant,
                        "SELECT " SAGA_COLUMNS
                        " FROM sagas WHERE tenant_id = :tenant AND ended_at IS NULL" LIST_FILTER};
constexpr Sql kMoves{Audience::kTenant,
                     "SELECT " MOVE_COLUMNS
                     " FROM saga_moves WHERE tenant_id = :tenant AND saga_id = ?1 AND version > ?2"
                     " ORDER BY version LIMIT ?3"};

constexpr Sql kCountParked{Audience::kPlatform,
                           "SELECT kind, count(*) FROM sagas WHERE state = 'parked' GROUP BY kind"};
#define OLDEST_ENDED                                                  \
  "SELECT id FROM sagas WHERE ended_at IS NOT NULL AND ended_at < ?1" \
  " ORDER BY ended_at, id LIMIT ?2"
constexpr Sql kRemoveMoves{Audience::kPlatform,
                           "DELETE FROM saga_moves WHERE saga_id IN (" OLDEST_ENDED ")"};
constexpr Sql kRemove{Audience::kPlatform, "DELETE FROM sagas WHERE id IN (" OLDEST_ENDED ")"};

constexpr Sql kEraseMoves{
    Audience::kTenant,
    "DELETE FROM saga_moves WHERE tenant_id = :tenant AND (saga_id, version) IN (SELECT saga_id,"
    " version FROM saga_moves WHERE tenant_id = :tenant ORDER BY saga_id, version LIMIT ?1)"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM sagas WHERE tenant_id = :tenant AND id IN"
                     " (SELECT id FROM sagas WHERE tenant_id = :tenant ORDER BY id LIMIT ?1)"};
constexpr Sql kEraseNotes{
    Audience::kTenant,
    "DELETE FROM saga_participants WHERE tenant_id = :tenant AND key IN"
    " (SELECT key FROM saga_participants WHERE tenant_id = :tenant ORDER BY key LIMIT ?1)"};
constexpr Sql kEraseAnswers{
    Audience::kTenant,
    "DELETE FROM correlation_answers WHERE tenant_id = :tenant AND correlation_id IN (SELECT"
    " correlation_id FROM correlation_answers WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseCorrelations{
    Audience::kTenant,
    "DELETE FROM correlations WHERE tenant_id = :tenant AND id IN"
    " (SELECT id FROM correlations WHERE tenant_id = :tenant ORDER BY id LIMIT ?1)"};
constexpr std::array kErasing{&kEraseMoves, &kErase, &kEraseNotes, &kEraseAnswers,
                              &kEraseCorrelations};

constexpr Sql kRemoveNotes{
    Audience::kPlatform,
    "DELETE FROM saga_participants WHERE (tenant_id, key) IN"
    " (SELECT tenant_id, key FROM saga_participants WHERE at < ?1 ORDER BY at LIMIT ?2)"};

constexpr std::array kStatements{&kInsert,
                                 &kInsertFor,
                                 &kByCorrelation,
                                 &kByCorrelationFor,
                                 &kInsertMove,
                                 &kInsertMoveFor,
                                 &kSetTimer,
                                 &kSetTimerFor,
                                 &kFind,
                                 &kUpdate,
                                 &kList,
                                 &kListLive,
                                 &kMoves,
                                 &kCountParked,
                                 &kRemoveMoves,
                                 &kRemove,
                                 &kEraseMoves,
                                 &kErase,
                                 &kEraseNotes,
                                 &kEraseAnswers,
                                 &kEraseCorrelations,
                                 &kRemoveNotes};

Param nullable(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

State read_state(std::string_view name) {
  const std::optional<State> state = state_of(name);
  CHECK(state.has_value());
  return *state;
}

SagaRow read_saga(const Row& row) {
  SagaRow saga;
  saga.id = SagaId(row.integer(0));
  saga.kind = row.text(1);
  saga.correlation = row.text(2);
  saga.state = read_state(row.text(3));
  saga.backward = row.integer(4) != 0;
  saga.step = row.text(5);
  saga.attempts = static_cast<int>(row.integer(6));
  saga.skipped = row.text(7);
  saga.version = row.integer(8);
  saga.command = row.integer(9);
  saga.data = row.text(10);
  saga.error = row.text(11);
  saga.traceparent = row.text(12);
  saga.timer_job = jobs::JobId(row.integer(13));
  saga.started_at = base::from_micros(row.integer(14));
  saga.updated_at = base::from_micros(row.integer(15));
  saga.next_at = maybe_time(row, 16);
  saga.deadline = maybe_time(row, 17);
  saga.ended_at = maybe_time(row, 18);
  return saga;
}

SagaMove read_move(const Row& row) {
  SagaMove move;
  move.version = row.integer(1);
  move.at = base::from_micros(row.integer(2));
  move.event = row.text(3);
  move.step = row.text(4);
  move.compensating = row.integer(5) != 0;
  move.attempt = static_cast<int>(row.integer(6));
  move.state = read_state(row.text(7));
  move.error = row.text(8);
  move.next_attempt_at = maybe_time(row, 9);
  return move;
}

}  // namespace

base::Result<std::optional<SagaId>> insert(storage::Transaction& tx, base::TenantId tenant,
                                           const SagaRow& row) {
  std::optional<SagaId> id;
  const auto take = [&](const Row& found) { id = SagaId(found.integer(0)); };
  const std::string_view state = state_name(row.state);
  const std::int64_t backward = row.backward ? 1 : 0;
  const std::int64_t at = base::to_micros(row.started_at);
  if (tx.context().is_tenant()) {
    ASHLAR_TRY(tx.query(kInsert,
                        {row.kind, row.correlation, state, backward, row.step, row.data,
                         row.traceparent, at, nullable(row.deadline), nullable(row.ended_at)},
                        take));
  } else {
    ASHLAR_TRY(
        tx.query(kInsertFor,
                 {row.kind, row.correlation, state, backward, row.step, row.data, row.traceparent,
                  at, nullable(row.deadline), nullable(row.ended_at), tenant.value},
                 take));
  }
  return id;
}

base::Result<SagaId> find_by_correlation(storage::Transaction& tx, base::TenantId tenant,
                                         std::string_view kind, std::string_view correlation) {
  SagaId id;
  const auto take = [&](const Row& row) { id = SagaId(row.integer(0)); };
  if (tx.context().is_tenant()) {
    ASHLAR_TRY(tx.query(kByCorrelation, {kind, correlation}, take));
  } else {
    ASHLAR_TRY(tx.query(kByCorrelationFor, {kind, correlation, tenant.value}, take));
  }
  // On PostgreSQL another transaction may hold the name and not be seen yet.
  if (!id.is_set()) {
    return base::fail(base::Code::kConflict, "storage_conflict",
                      "A saga of the same correlation is being started.");
  }
  return id;
}

base::Status insert_move(storage::Transaction& tx, base::TenantId tenant, SagaId id,
                         const SagaMove& move) {
  const std::int64_t at = base::to_micros(move.at);
  const std::int64_t backward = move.compensating ? 1 : 0;
  const std::int64_t attempt = move.attempt;
  const std::string_view state = state_name(move.state);
  const Param next = nullable(move.next_attempt_at);
  if (tx.context().is_tenant()) {
    ASHLAR_TRY(tx.execute(kInsertMove, {id.value, move.version, at, move.event, move.step, backward,
                                        attempt, state, move.error, next}));
  } else {
    ASHLAR_TRY(
        tx.execute(kInsertMoveFor, {id.value, move.version, at, move.event, move.step, backward,
                                    attempt, state, move.error, next, tenant.value}));
  }
  return base::ok_status();
}

base::Status set_timer(storage::Transaction& tx, base::TenantId tenant, SagaId id,
                       jobs::JobId timer) {
  if (tx.context().is_tenant()) {
    ASHLAR_TRY(tx.execute(kSetTimer, {id.value, timer.value}));
  } else {
    ASHLAR_TRY(tx.execute(kSetTimerFor, {id.value, timer.value, tenant.value}));
  }
  return base::ok_status();
}

base::Result<std::optional<SagaRow>> find(storage::Transaction& tx, SagaId id) {
  std::optional<SagaRow> found;
  ASHLAR_TRY(tx.query(kFind, {id.value}, [&](const Row& row) { found = read_saga(row); }));
  return found;
}

base::Result<bool> update(storage::Transaction& tx, const SagaRow& row) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kUpdate, {row.id.value, state_name(row.state), std::int64_t{row.backward ? 1 : 0},
                           row.step, std::int64_t{row.attempts}, row.skipped, row.version,
                           row.command, row.data, row.error, base::to_micros(row.updated_at),
                           nullable(row.next_at), nullable(row.ended_at)}));
  return rows == 1;
}

base::Result<std::vector<SagaRow>> list(storage::Transaction& tx, const ListFilter& filter,
                                        SagaId before, int limit) {
  std::vector<SagaRow> found;
  const bool live =
      filter.state && *filter.state != State::kCompleted && *filter.state != State::kCompensated;
  const std::string_view state = filter.state ? state_name(*filter.state) : std::string_view();
  ASHLAR_TRY(tx.query(live ? kListLive : kList,
                      {before.value, state, filter.kind.value_or(""),
                       filter.correlation.value_or(""), std::int64_t{limit}},
                      [&](const Row& row) { found.push_back(read_saga(row)); }));
  return found;
}

base::Result<std::vector<SagaMove>> moves(storage::Transaction& tx, SagaId id, std::int64_t after,
                                          int limit) {
  std::vector<SagaMove> found;
  ASHLAR_TRY(tx.query(kMoves, {id.value, after, std::int64_t{limit}},
                      [&](const Row& row) { found.push_back(read_move(row)); }));
  return found;
}

base::Status count_parked(
    storage::Transaction& tx,
    const std::function<void(std::string_view kind, std::int64_t count)>& sink) {
  ASHLAR_TRY(
      tx.query(kCountParked, {}, [&](const Row& row) { sink(row.text(0), row.integer(1)); }));
  return base::ok_status();
}

base::Result<std::int64_t> remove_ended(storage::Transaction& tx, base::Time before,
                                        std::int64_t limit) {
  ASHLAR_TRY(tx.execute(kRemoveMoves, {base::to_micros(before), limit}));
  return tx.execute(kRemove, {base::to_micros(before), limit});
}

base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit) {
  for (const Sql* sql : kErasing) {
    ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(*sql, {limit}));
    if (rows > 0) return rows;
  }
  return 0;
}

base::Result<std::int64_t> remove_notes(storage::Transaction& tx, base::Time before,
                                        std::int64_t limit) {
  return tx.execute(kRemoveNotes, {base::to_micros(before), limit});
}

std::span<const Sql* const> saga_statements() { return kStatements; }

}  // namespace ashlar::sagas::store
