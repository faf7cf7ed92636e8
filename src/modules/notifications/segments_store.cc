#include "modules/notifications/segments_store.h"

#include <array>
#include <string>

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SELECT_SEGMENTS                                                               \
  "SELECT s.name, s.description, s.conditions, s.version, s.created_at, s.updated_at" \
  " FROM notifications_segments AS s"

constexpr Sql kFind{Audience::kTenant,
                    SELECT_SEGMENTS " WHERE s.tenant_id = :tenant AND s.name = ?1"};

constexpr Sql kPut{
    Audience::kTenant,
    "INSERT INTO notifications_segments AS s (tenant_id, name, description, conditions, version,"
    " created_at, updated_at) VALUES (:tenant, ?1, ?2, ?3, 1, ?4, ?4)"
    " ON CONFLICT (tenant_id, name) DO UPDATE SET description = excluded.description,"
    " conditions = excluded.conditions, version = s.version + 1, updated_at = excluded.updated_at"
    " RETURNING version"};

constexpr Sql kDelete{Audience::kTenant,
                      "DELETE FROM notifications_segments WHERE tenant_id = :tenant AND name = ?1"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM notifications_segments WHERE tenant_id = :tenant"};

constexpr Sql kList{Audience::kTenant, SELECT_SEGMENTS
                    " WHERE s.tenant_id = :tenant AND s.name > ?1 ORDER BY s.name LIMIT ?2"};

constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM notifications_segments WHERE tenant_id = :tenant AND name IN"
    " (SELECT name FROM notifications_segments WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 6> kStatements{&kFind, &kPut, &kDelete, &kCount, &kList, &kErase};

Segment read_segment(const Row& row) {
  Segment s;
  s.name = row.text(0);
  if (!row.is_null(1)) s.description = row.text(1);
  s.where = row.text(2);
  s.version = row.integer(3);
  s.created_at = base::from_micros(row.integer(4));
  s.updated_at = base::from_micros(row.integer(5));
  return s;
}

}  // namespace

base::Result<std::optional<Segment>> find_segment(storage::Transaction& tx, std::string_view name) {
  std::optional<Segment> found;
  ASHLAR_TRY(tx.query(kFind, {name}, [&](const Row& row) { found = read_segment(row); }));
  return found;
}

base::Result<std::int64_t> put_segment(storage::Transaction& tx, const Segment& s, base::Time now) {
  std::int64_t version = 0;
  const Param description =
      s.description.empty() ? Param(nullptr) : Param(std::string_view(s.description));
  ASHLAR_TRY(tx.query(kPut, {s.name, description, s.where, base::to_micros(now)},
                      [&](const Row& row) { version = row.integer(0); }));
  return version;
}

base::Result<bool> delete_segment(storage::Transaction& tx, std::string_view name) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {name}));
  return rows == 1;
}

base::Result<std::int64_t> count_segments(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Result<std::vector<Segment>> list_segments(storage::Transaction& tx, std::string_view after,
                                                 std::int64_t limit) {
  std::vector<Segment> found;
  ASHLAR_TRY(
      tx.query(kList, {after, limit}, [&](const Row& row) { found.push_back(read_segment(row)); }));
  return found;
}

base::Result<std::int64_t> erase_segments(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> segment_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
