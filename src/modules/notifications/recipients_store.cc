#include "modules/notifications/recipients_store.h"

#include <array>
#include <string>

#include "modules/notifications/json_list.h"
#include "modules/notifications/recipient_columns.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SELECT_RECIPIENTS \
  "SELECT " NOTIFICATIONS_RECIPIENT_COLUMNS("r.user_id") " FROM notifications_recipients AS r"

constexpr Sql kFind{Audience::kTenant,
                    SELECT_RECIPIENTS " WHERE r.tenant_id = :tenant AND r.user_id = ?1"};

constexpr Sql kLock{Audience::kTenant,
                    SELECT_RECIPIENTS " WHERE r.tenant_id = :tenant AND r.user_id = ?1",
                    SELECT_RECIPIENTS " WHERE r.tenant_id = :tenant AND r.user_id = ?1 FOR UPDATE"};

#define RECIPIENTS_AMONG                                                            \
  SELECT_RECIPIENTS                                                                 \
  " WHERE r.tenant_id = :tenant AND r.user_id IN (SELECT value FROM json_each(?1))" \
  " ORDER BY r.user_id"
#define RECIPIENTS_AMONG_PG                                             \
  SELECT_RECIPIENTS                                                     \
  " WHERE r.tenant_id = :tenant AND r.user_id = ANY(ARRAY(SELECT value" \
  " FROM json_array_elements_text(?1::text::json))) ORDER BY r.user_id"
constexpr Sql kFindMany{Audience::kTenant, RECIPIENTS_AMONG, RECIPIENTS_AMONG_PG};
// In one order everywhere, so that no two wait for each other.
constexpr Sql kLockMany{Audience::kTenant, RECIPIENTS_AMONG, RECIPIENTS_AMONG_PG " FOR UPDATE"};

constexpr Sql kByEmail{Audience::kTenant, SELECT_RECIPIENTS
                       " WHERE r.tenant_id = :tenant AND r.email = ?1"
                       " ORDER BY r.user_id LIMIT ?2"};

constexpr Sql kByPhone{Audience::kTenant, SELECT_RECIPIENTS
                       " WHERE r.tenant_id = :tenant AND r.phone = ?1"
                       " ORDER BY r.user_id LIMIT ?2"};

constexpr Sql kList{Audience::kTenant, SELECT_RECIPIENTS
                    " WHERE r.tenant_id = :tenant AND r.user_id > ?1"
                    " ORDER BY r.user_id LIMIT ?2"};

#define INSERT_RECIPIENT                                                                       \
  "INSERT INTO notifications_recipients AS r (tenant_id, user_id, email, phone, name, locale," \
  " time_zone, quiet_hours, preferences, attributes, version, created_at, updated_at)"         \
  " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10)"
constexpr Sql kAdd{Audience::kTenant,
                   INSERT_RECIPIENT " ON CONFLICT (tenant_id, user_id) DO NOTHING"};

constexpr Sql kPut{Audience::kTenant, INSERT_RECIPIENT
                   " ON CONFLICT (tenant_id, user_id) DO UPDATE SET email = excluded.email,"
                   " phone = excluded.phone, name = excluded.name, locale = excluded.locale,"
                   " time_zone = excluded.time_zone, quiet_hours = excluded.quiet_hours,"
                   " preferences = excluded.preferences, attributes = excluded.attributes,"
                   " version = r.version + 1, updated_at = excluded.updated_at RETURNING version"};

constexpr Sql kDelete{
    Audience::kTenant,
    "DELETE FROM notifications_recipients WHERE tenant_id = :tenant AND user_id = ?1"};

constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM notifications_recipients WHERE tenant_id = :tenant AND user_id IN"
    " (SELECT user_id FROM notifications_recipients WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 11> kStatements{&kFind,    &kFindMany, &kLock, &kLockMany,
                                                 &kByEmail, &kByPhone,  &kList, &kAdd,
                                                 &kPut,     &kDelete,   &kErase};

Param nullable(std::string_view text) { return text.empty() ? Param(nullptr) : Param(text); }

base::Result<std::vector<Recipient>> all_of(storage::Transaction& tx, const Sql& sql,
                                            std::initializer_list<Param> params) {
  std::vector<Recipient> found;
  ASHLAR_TRY(
      tx.query(sql, params, [&](const Row& row) { found.push_back(read_recipient(row, 0)); }));
  return found;
}

}  // namespace

Recipient read_recipient(const Row& row, int first) {
  Recipient r;
  const auto text = [&](int column, std::string& into) {
    if (!row.is_null(first + column)) into = row.text(first + column);
  };
  r.user_id = row.text(first);
  text(1, r.email);
  text(2, r.phone);
  text(3, r.name);
  text(4, r.locale);
  text(5, r.time_zone);
  text(6, r.quiet_hours);
  text(7, r.preferences);
  text(8, r.attributes);
  if (row.is_null(first + 9)) return r;  // of an audience: nobody is kept under this id
  r.version = row.integer(first + 9);
  r.created_at = base::from_micros(row.integer(first + 10));
  r.updated_at = base::from_micros(row.integer(first + 11));
  return r;
}

base::Result<std::optional<Recipient>> find_recipient(storage::Transaction& tx,
                                                      std::string_view user_id) {
  std::optional<Recipient> found;
  ASHLAR_TRY(tx.query(kFind, {user_id}, [&](const Row& row) { found = read_recipient(row, 0); }));
  return found;
}

base::Result<std::optional<Recipient>> lock_recipient(storage::Transaction& tx,
                                                      std::string_view user_id) {
  std::optional<Recipient> found;
  ASHLAR_TRY(tx.query(kLock, {user_id}, [&](const Row& row) { found = read_recipient(row, 0); }));
  return found;
}

base::Result<std::vector<Recipient>> find_recipients(storage::Transaction& tx,
                                                     std::span<const std::string> user_ids) {
  return all_of(tx, kFindMany, {json_list(user_ids)});
}

base::Result<std::vector<Recipient>> lock_recipients(storage::Transaction& tx,
                                                     std::span<const std::string> user_ids) {
  return all_of(tx, kLockMany, {json_list(user_ids)});
}

base::Result<std::vector<Recipient>> recipients_by_email(storage::Transaction& tx,
                                                         std::string_view email,
                                                         std::int64_t limit) {
  return all_of(tx, kByEmail, {email, limit});
}

base::Result<std::vector<Recipient>> recipients_by_phone(storage::Transaction& tx,
                                                         std::string_view phone,
                                                         std::int64_t limit) {
  return all_of(tx, kByPhone, {phone, limit});
}

base::Result<std::vector<Recipient>> list_recipients(storage::Transaction& tx,
                                                     std::string_view after, std::int64_t limit) {
  return all_of(tx, kList, {after, limit});
}

base::Result<std::int64_t> put_recipient(storage::Transaction& tx, const Recipient& r,
                                         base::Time now) {
  std::int64_t version = 0;
  ASHLAR_TRY(tx.query(kPut,
                      {r.user_id, nullable(r.email), nullable(r.phone), nullable(r.name),
                       nullable(r.locale), nullable(r.time_zone), nullable(r.quiet_hours),
                       nullable(r.preferences), r.attributes, base::to_micros(now)},
                      [&](const Row& row) { version = row.integer(0); }));
  return version;
}

base::Result<bool> add_recipient(storage::Transaction& tx, const Recipient& r, base::Time now) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kAdd, {r.user_id, nullable(r.email), nullable(r.phone), nullable(r.name),
                        nullable(r.locale), nullable(r.time_zone), nullable(r.quiet_hours),
                        nullable(r.preferences), r.attributes, base::to_micros(now)}));
  return rows == 1;
}

base::Result<bool> delete_recipient(storage::Transaction& tx, std::string_view user_id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {user_id}));
  return rows == 1;
}

base::Result<std::int64_t> erase_recipients(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> recipient_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
