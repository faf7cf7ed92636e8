#include "modules/notifications/categories_store.h"

#include <array>
#include <string>

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SELECT_CATEGORIES                                                                   \
  "SELECT c.name, c.title, c.description, c.critical, c.settings, c.version, c.created_at," \
  " c.updated_at FROM notifications_categories AS c"

constexpr Sql kFind{Audience::kTenant,
                    SELECT_CATEGORIES " WHERE c.tenant_id = :tenant AND c.name = ?1"};

constexpr Sql kPut{
    Audience::kTenant,
    "INSERT INTO notifications_categories AS c (tenant_id, name, title, description, critical,"
    " settings, version, created_at, updated_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, 1, ?6, ?6)"
    " ON CONFLICT (tenant_id, name) DO UPDATE SET title = excluded.title,"
    " description = excluded.description, critical = excluded.critical,"
    " settings = excluded.settings, version = c.version + 1, updated_at = excluded.updated_at"
    " RETURNING version"};

constexpr Sql kDelete{
    Audience::kTenant,
    "DELETE FROM notifications_categories WHERE tenant_id = :tenant AND name = ?1"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM notifications_categories WHERE tenant_id = :tenant"};

constexpr Sql kList{Audience::kTenant, SELECT_CATEGORIES
                    " WHERE c.tenant_id = :tenant AND c.name > ?1 ORDER BY c.name LIMIT ?2"};

constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM notifications_categories WHERE tenant_id = :tenant AND name IN"
    " (SELECT name FROM notifications_categories WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 6> kStatements{&kFind, &kPut, &kDelete, &kCount, &kList, &kErase};

Category read_category(const Row& row) {
  Category c;
  c.name = row.text(0);
  c.title = row.text(1);
  if (!row.is_null(2)) c.description = row.text(2);
  c.critical = row.integer(3) != 0;
  c.settings = row.text(4);
  c.version = row.integer(5);
  c.created_at = base::from_micros(row.integer(6));
  c.updated_at = base::from_micros(row.integer(7));
  return c;
}

}  // namespace

base::Result<std::optional<Category>> find_category(storage::Transaction& tx,
                                                    std::string_view name) {
  std::optional<Category> found;
  ASHLAR_TRY(tx.query(kFind, {name}, [&](const Row& row) { found = read_category(row); }));
  return found;
}

base::Result<std::int64_t> put_category(storage::Transaction& tx, const Category& c,
                                        base::Time now) {
  std::int64_t version = 0;
  const Param description =
      c.description.empty() ? Param(nullptr) : Param(std::string_view(c.description));
  ASHLAR_TRY(tx.query(kPut,
                      {c.name, c.title, description, std::int64_t{c.critical ? 1 : 0}, c.settings,
                       base::to_micros(now)},
                      [&](const Row& row) { version = row.integer(0); }));
  return version;
}

base::Result<bool> delete_category(storage::Transaction& tx, std::string_view name) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {name}));
  return rows == 1;
}

base::Result<std::int64_t> count_categories(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Result<std::vector<Category>> list_categories(storage::Transaction& tx,
                                                    std::string_view after, std::int64_t limit) {
  std::vector<Category> found;
  ASHLAR_TRY(tx.query(kList, {after, limit},
                      [&](const Row& row) { found.push_back(read_category(row)); }));
  return found;
}

base::Result<std::int64_t> erase_categories(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> category_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
