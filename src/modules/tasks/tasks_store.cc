#include "modules/tasks/tasks_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::tasks::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr Sql kFindSchedule{
    Audience::kTenant,
    "SELECT name, cron, time_zone, queue, task, paused, next_at, last_at, last_task, error,"
    " created_at, updated_at FROM tasks_schedules WHERE tenant_id = :tenant AND name = ?1"};

constexpr Sql kPutSchedule{
    Audience::kTenant,
    "INSERT INTO tasks_schedules (tenant_id, name, cron, time_zone, queue, task, paused, next_at,"
    " created_at, updated_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    " ON CONFLICT (tenant_id, name) DO UPDATE SET cron = excluded.cron,"
    " time_zone = excluded.time_zone, queue = excluded.queue, task = excluded.task,"
    " paused = excluded.paused, next_at = excluded.next_at, error = NULL,"
    " updated_at = excluded.updated_at"};

constexpr Sql kListSchedules{
    Audience::kTenant,
    "SELECT name, cron, time_zone, queue, task, paused, next_at, last_at, last_task, error,"
    " created_at, updated_at FROM tasks_schedules WHERE tenant_id = :tenant AND name > ?1"
    " ORDER BY name LIMIT ?2"};

constexpr Sql kDeleteSchedule{
    Audience::kTenant, "DELETE FROM tasks_schedules WHERE tenant_id = :tenant AND name = ?1"};

constexpr Sql kCountSchedules{Audience::kTenant,
                              "SELECT count(*) FROM tasks_schedules WHERE tenant_id = :tenant"};

constexpr Sql kDueSchedules{
    Audience::kPlatform,
    "SELECT name, cron, time_zone, queue, task, paused, next_at, last_at, last_task, error,"
    " created_at, updated_at, tenant_id FROM tasks_schedules"
    " WHERE paused = 0 AND next_at > 0 AND next_at <= ?1 ORDER BY next_at LIMIT ?2",
    "SELECT name, cron, time_zone, queue, task, paused, next_at, last_at, last_task, error,"
    " created_at, updated_at, tenant_id FROM tasks_schedules"
    " WHERE paused = 0 AND next_at > 0 AND next_at <= ?1 ORDER BY next_at LIMIT ?2"
    " FOR UPDATE SKIP LOCKED"};

constexpr Sql kNextDue{Audience::kPlatform,
                       "SELECT next_at FROM tasks_schedules WHERE paused = 0 AND next_at > 0"
                       " ORDER BY next_at LIMIT 1"};

constexpr Sql kFire{
    Audience::kPlatform,
    "UPDATE tasks_schedules SET next_at = ?4, last_at = CASE WHEN ?5 > 0 THEN ?3 ELSE last_at END,"
    " last_task = CASE WHEN ?5 > 0 THEN ?5 ELSE last_task END,"
    " error = CASE WHEN ?5 > 0 THEN NULL ELSE ?6 END"
    " WHERE tenant_id = ?1 AND name = ?2 AND next_at = ?3",
    "UPDATE tasks_schedules SET next_at = ?4,"
    " last_at = CASE WHEN ?5::bigint > 0 THEN ?3 ELSE last_at END,"
    " last_task = CASE WHEN ?5::bigint > 0 THEN ?5 ELSE last_task END,"
    " error = CASE WHEN ?5::bigint > 0 THEN NULL ELSE ?6 END"
    " WHERE tenant_id = ?1 AND name = ?2 AND next_at = ?3"};

constexpr Sql kFindLimits{Audience::kTenant,
                          "SELECT target_max_running, target_rate_per_s FROM tasks_queues"
                          " WHERE tenant_id = :tenant AND queue = ?1"};

constexpr Sql kPutLimits{
    Audience::kTenant,
    "INSERT INTO tasks_queues (tenant_id, queue, target_max_running, target_rate_per_s)"
    " VALUES (:tenant, ?1, ?2, ?3) ON CONFLICT (tenant_id, queue) DO UPDATE SET"
    " target_max_running = excluded.target_max_running,"
    " target_rate_per_s = excluded.target_rate_per_s"};

constexpr Sql kListLimits{Audience::kTenant,
                          "SELECT queue, target_max_running, target_rate_per_s FROM tasks_queues"
                          " WHERE tenant_id = :tenant ORDER BY queue"};

constexpr Sql kFindSigning{Audience::kTenant,
                           "SELECT sealed, previous, previous_until, created_at"
                           " FROM tasks_signing_keys WHERE tenant_id = :tenant"};

constexpr Sql kInsertSigning{Audience::kTenant,
                             "INSERT INTO tasks_signing_keys (tenant_id, sealed, created_at)"
                             " VALUES (:tenant, ?1, ?2) ON CONFLICT DO NOTHING"};

constexpr Sql kUpdateSigning{
    Audience::kTenant,
    "UPDATE tasks_signing_keys SET sealed = ?1, previous = ?2, previous_until = ?3, created_at = ?4"
    " WHERE tenant_id = :tenant"};

constexpr Sql kEraseSchedules{
    Audience::kTenant,
    "DELETE FROM tasks_schedules WHERE tenant_id = :tenant AND name IN"
    " (SELECT name FROM tasks_schedules WHERE tenant_id = :tenant ORDER BY name LIMIT ?1)"};

constexpr Sql kEraseQueues{
    Audience::kTenant,
    "DELETE FROM tasks_queues WHERE tenant_id = :tenant AND queue IN"
    " (SELECT queue FROM tasks_queues WHERE tenant_id = :tenant ORDER BY queue LIMIT ?1)"};

constexpr Sql kEraseSigning{Audience::kTenant,
                            "DELETE FROM tasks_signing_keys WHERE tenant_id = :tenant"};

constexpr std::array<const Sql*, 17> kStatements{
    &kFindSchedule, &kPutSchedule, &kListSchedules, &kDeleteSchedule, &kCountSchedules,
    &kDueSchedules, &kNextDue,     &kFire,          &kFindLimits,     &kPutLimits,
    &kListLimits,   &kFindSigning, &kInsertSigning, &kUpdateSigning,  &kEraseSchedules,
    &kEraseQueues,  &kEraseSigning};

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column) || row.integer(column) == 0) return std::nullopt;
  return base::from_micros(row.integer(column));
}

std::int64_t micros_or_zero(std::optional<base::Time> time) {
  return time ? base::to_micros(*time) : 0;
}

template <class T>
Param maybe(const std::optional<T>& value) {
  return value ? Param(*value) : Param(nullptr);
}

Schedule read_schedule(const Row& row) {
  Schedule schedule;
  schedule.name = row.text(0);
  schedule.cron = row.text(1);
  schedule.time_zone = row.text(2);
  schedule.queue = row.text(3);
  schedule.task = row.text(4);
  schedule.paused = row.integer(5) != 0;
  schedule.next_at = maybe_time(row, 6);
  schedule.last_at = maybe_time(row, 7);
  if (!row.is_null(8)) schedule.last_task = jobs::JobId(row.integer(8));
  schedule.error = row.maybe_text(9);
  schedule.created_at = base::from_micros(row.integer(10));
  schedule.updated_at = base::from_micros(row.integer(11));
  return schedule;
}

TargetLimits read_limits(const Row& row, int from) {
  TargetLimits limits;
  limits.max_running = row.maybe_integer(from);
  if (!row.is_null(from + 1)) limits.rate_per_s = row.real(from + 1);
  return limits;
}

}  // namespace

base::Result<std::optional<Schedule>> find_schedule(storage::Transaction& tx,
                                                    std::string_view name) {
  std::optional<Schedule> found;
  ASHLAR_TRY(tx.query(kFindSchedule, {name}, [&](const Row& row) { found = read_schedule(row); }));
  return found;
}

base::Status put_schedule(storage::Transaction& tx, const Schedule& schedule) {
  ASHLAR_TRY(tx.execute(
      kPutSchedule, {schedule.name, schedule.cron, schedule.time_zone, schedule.queue,
                     schedule.task, std::int64_t{schedule.paused}, micros_or_zero(schedule.next_at),
                     base::to_micros(schedule.created_at), base::to_micros(schedule.updated_at)}));
  return base::ok_status();
}

base::Result<std::vector<Schedule>> list_schedules(storage::Transaction& tx, std::string_view after,
                                                   std::int64_t limit) {
  std::vector<Schedule> found;
  ASHLAR_TRY(tx.query(kListSchedules, {after, limit},
                      [&](const Row& row) { found.push_back(read_schedule(row)); }));
  return found;
}

base::Result<bool> delete_schedule(storage::Transaction& tx, std::string_view name) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDeleteSchedule, {name}));
  return rows > 0;
}

base::Result<std::int64_t> count_schedules(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCountSchedules, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Result<std::vector<DueSchedule>> due_schedules(storage::Transaction& tx, base::Time now,
                                                     std::int64_t limit) {
  std::vector<DueSchedule> due;
  ASHLAR_TRY(tx.query(kDueSchedules, {base::to_micros(now), limit}, [&](const Row& row) {
    due.push_back({base::TenantId(row.integer(12)), read_schedule(row)});
  }));
  return due;
}

base::Result<std::optional<base::Time>> next_due(storage::Transaction& tx) {
  std::optional<base::Time> next;
  ASHLAR_TRY(tx.query(kNextDue, {}, [&](const Row& row) { next = maybe_time(row, 0); }));
  return next;
}

base::Result<bool> fire(storage::Transaction& tx, const Fired& fired) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kFire, {fired.tenant.value, fired.name, base::to_micros(fired.was),
                                   micros_or_zero(fired.next_at),
                                   fired.task.value_or(jobs::JobId()).value, fired.error}));
  return rows > 0;
}

base::Result<std::optional<TargetLimits>> find_target_limits(storage::Transaction& tx,
                                                             std::string_view queue) {
  std::optional<TargetLimits> found;
  ASHLAR_TRY(tx.query(kFindLimits, {queue}, [&](const Row& row) { found = read_limits(row, 0); }));
  return found;
}

base::Status put_target_limits(storage::Transaction& tx, std::string_view queue,
                               const TargetLimits& limits) {
  ASHLAR_TRY(tx.execute(kPutLimits, {queue, maybe(limits.max_running), maybe(limits.rate_per_s)}));
  return base::ok_status();
}

base::Result<std::vector<QueueLimits>> list_target_limits(storage::Transaction& tx) {
  std::vector<QueueLimits> found;
  ASHLAR_TRY(tx.query(kListLimits, {}, [&](const Row& row) {
    found.push_back({std::string(row.text(0)), read_limits(row, 1)});
  }));
  return found;
}

base::Result<std::optional<SigningRow>> find_signing(storage::Transaction& tx) {
  std::optional<SigningRow> found;
  ASHLAR_TRY(tx.query(kFindSigning, {}, [&](const Row& row) {
    SigningRow one;
    one.sealed = row.blob(0);
    if (!row.is_null(1)) one.previous = std::string(row.blob(1));
    one.previous_until = maybe_time(row, 2);
    one.created_at = base::from_micros(row.integer(3));
    found = std::move(one);
  }));
  return found;
}

base::Result<bool> insert_signing(storage::Transaction& tx, const SigningRow& row) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kInsertSigning, {Blob{row.sealed}, base::to_micros(row.created_at)}));
  return rows > 0;
}

base::Status update_signing(storage::Transaction& tx, const SigningRow& row) {
  const Param previous = row.previous ? Param(Blob{*row.previous}) : Param(nullptr);
  ASHLAR_TRY(
      tx.execute(kUpdateSigning, {Blob{row.sealed}, previous, micros_or_zero(row.previous_until),
                                  base::to_micros(row.created_at)}));
  return base::ok_status();
}

base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t schedules, tx.execute(kEraseSchedules, {limit}));
  if (schedules > 0) return schedules;
  ASHLAR_ASSIGN(const std::int64_t queues, tx.execute(kEraseQueues, {limit}));
  if (queues > 0) return queues;
  return tx.execute(kEraseSigning, {});
}

std::span<const Sql* const> statements() { return kStatements; }

}  // namespace ashlar::tasks::store
