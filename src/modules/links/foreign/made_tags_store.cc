#include "modules/links/foreign/made_tags_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kPut{Audience::kTenant,
                   "INSERT INTO links_made_tags (tenant_id, tag, color, created_at)"
                   " VALUES (:tenant, ?1, ?2, ?3)"
                   " ON CONFLICT (tenant_id, tag) DO UPDATE SET color = excluded.color"};
constexpr Sql kFind{Audience::kTenant,
                    "SELECT tag, color, created_at FROM links_made_tags"
                    " WHERE tenant_id = :tenant AND tag = ?1"};
constexpr Sql kRemove{Audience::kTenant,
                      "DELETE FROM links_made_tags WHERE tenant_id = :tenant AND tag = ?1"};
constexpr Sql kList{Audience::kTenant,
                    "SELECT tag, color, created_at FROM links_made_tags"
                    " WHERE tenant_id = :tenant ORDER BY tag LIMIT ?1"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM links_made_tags WHERE tenant_id = :tenant AND tag IN"
                     " (SELECT tag FROM links_made_tags WHERE tenant_id = :tenant"
                     " ORDER BY tag LIMIT ?1)"};

constexpr std::array<const Sql*, 5> kStatements{&kPut, &kFind, &kRemove, &kList, &kErase};

MadeTag read_tag(const Row& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), base::from_micros(row.integer(2))};
}

}  // namespace

base::Status put_made_tag(storage::Transaction& tx, const MadeTag& tag) {
  ASHLAR_TRY(tx.execute(kPut, {tag.tag, tag.color, base::to_micros(tag.created_at)}));
  return base::ok_status();
}

base::Result<std::optional<MadeTag>> find_made_tag(storage::Transaction& tx, std::string_view tag) {
  std::optional<MadeTag> found;
  ASHLAR_TRY(tx.query(kFind, {tag}, [&](const Row& row) { found = read_tag(row); }));
  return found;
}

base::Result<bool> remove_made_tag(storage::Transaction& tx, std::string_view tag) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kRemove, {tag}));
  return rows == 1;
}

base::Status list_made_tags(storage::Transaction& tx, std::int64_t limit,
                            const std::function<void(MadeTag)>& sink) {
  ASHLAR_TRY(tx.query(kList, {limit}, [&](const Row& row) { sink(read_tag(row)); }));
  return base::ok_status();
}

base::Result<std::int64_t> erase_made_tags(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> made_tags_statements() { return kStatements; }

}  // namespace ashlar::links::store
