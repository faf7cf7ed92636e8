#include "modules/notifications/event_rules/event_rules_store.h"

#include <array>
#include <string>

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SELECT_RULES                                                                      \
  "SELECT r.id, r.name, r.event_type, r.enabled, r.definition, r.version, r.accepted,"    \
  " r.failed, r.error_reason, r.error_detail, r.error_event, r.accepted_at, r.failed_at," \
  " r.created_at, r.updated_at FROM notifications_event_rules AS r"

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO notifications_event_rules (tenant_id, name, event_type, enabled, definition,"
    " created_at, updated_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?5)"
    " ON CONFLICT DO NOTHING RETURNING id"};

constexpr Sql kFind{Audience::kTenant, SELECT_RULES " WHERE r.tenant_id = :tenant AND r.id = ?1"};

constexpr Sql kFindByName{Audience::kTenant,
                          SELECT_RULES " WHERE r.tenant_id = :tenant AND r.name = ?1"};

constexpr Sql kList{Audience::kTenant,
                    SELECT_RULES " WHERE r.tenant_id = :tenant ORDER BY r.id LIMIT 1000"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM notifications_event_rules WHERE tenant_id = :tenant"};

constexpr Sql kUpdate{
    Audience::kTenant,
    "UPDATE notifications_event_rules SET name = ?2, event_type = ?3, enabled = ?4,"
    " definition = ?5, updated_at = ?6, version = version + 1"
    " WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kDelete{
    Audience::kTenant,
    "DELETE FROM notifications_event_rules WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kAccepted{
    Audience::kTenant,
    "UPDATE notifications_event_rules SET accepted = accepted + 1, accepted_at = ?2"
    " WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kFailed{Audience::kTenant,
                      "UPDATE notifications_event_rules SET failed = failed + 1, error_event = ?2,"
                      " error_reason = ?3, error_detail = ?4, failed_at = ?5"
                      " WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM notifications_event_rules WHERE tenant_id = :tenant AND id IN"
    " (SELECT id FROM notifications_event_rules WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kOf{Audience::kPlatform, SELECT_RULES
                  " WHERE r.tenant_id = ?1 AND r.enabled = 1 ORDER BY r.id LIMIT 1000"};

constexpr std::array<const Sql*, 11> kStatements{&kInsert, &kFind,   &kFindByName, &kList,
                                                 &kCount,  &kUpdate, &kDelete,     &kAccepted,
                                                 &kFailed, &kErase,  &kOf};

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

EventRule read_rule(const Row& row) {
  EventRule r;
  r.id = EventRuleId(row.integer(0));
  r.name = row.text(1);
  r.event_type = row.text(2);
  r.enabled = row.integer(3) != 0;
  r.definition = row.text(4);
  r.version = row.integer(5);
  r.accepted = row.integer(6);
  r.failed = row.integer(7);
  r.error_reason = row.text(8);
  r.error_detail = row.text(9);
  r.error_event = row.text(10);
  r.accepted_at = maybe_time(row, 11);
  r.failed_at = maybe_time(row, 12);
  r.created_at = base::from_micros(row.integer(13));
  r.updated_at = base::from_micros(row.integer(14));
  return r;
}

base::Result<std::optional<EventRule>> one_of(storage::Transaction& tx, const Sql& sql,
                                              const Param& key) {
  std::optional<EventRule> found;
  ASHLAR_TRY(tx.query(sql, {key}, [&](const Row& row) { found = read_rule(row); }));
  return found;
}

base::Result<std::vector<EventRule>> all_of(storage::Transaction& tx, const Sql& sql,
                                            std::initializer_list<Param> params) {
  std::vector<EventRule> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(read_rule(row)); }));
  return found;
}

std::int64_t number(bool value) { return value ? 1 : 0; }

}  // namespace

base::Result<std::optional<EventRuleId>> insert_rule(storage::Transaction& tx, const EventRule& r) {
  std::optional<EventRuleId> id;
  ASHLAR_TRY(tx.query(
      kInsert,
      {r.name, r.event_type, number(r.enabled), r.definition, base::to_micros(r.created_at)},
      [&](const Row& row) { id = EventRuleId(row.integer(0)); }));
  return id;
}

base::Result<std::optional<EventRule>> find_rule(storage::Transaction& tx, EventRuleId id) {
  return one_of(tx, kFind, id.value);
}

base::Result<std::optional<EventRule>> find_rule(storage::Transaction& tx, std::string_view name) {
  return one_of(tx, kFindByName, name);
}

base::Result<std::vector<EventRule>> list_rules(storage::Transaction& tx) {
  return all_of(tx, kList, {});
}

base::Result<std::int64_t> count_rules(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Status update_rule(storage::Transaction& tx, const EventRule& r) {
  ASHLAR_TRY(tx.execute(kUpdate, {r.id.value, r.name, r.event_type, number(r.enabled), r.definition,
                                  base::to_micros(r.updated_at)}));
  return base::ok_status();
}

base::Result<bool> delete_rule(storage::Transaction& tx, EventRuleId id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {id.value}));
  return rows == 1;
}

base::Status count_accepted(storage::Transaction& tx, EventRuleId id, base::Time now) {
  ASHLAR_TRY(tx.execute(kAccepted, {id.value, base::to_micros(now)}));
  return base::ok_status();
}

base::Status count_failed(storage::Transaction& tx, EventRuleId id, std::string_view event,
                          std::string_view reason, std::string_view detail, base::Time now) {
  ASHLAR_TRY(tx.execute(kFailed, {id.value, event, reason, detail, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<std::int64_t> erase_rules(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<std::vector<EventRule>> rules_of(storage::Transaction& tx, base::TenantId tenant) {
  return all_of(tx, kOf, {tenant.value});
}

std::span<const Sql* const> rule_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
