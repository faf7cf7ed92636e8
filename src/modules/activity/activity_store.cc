#include "modules/activity/activity_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::activity::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kAppend{Audience::kTenant,
                      "INSERT INTO activity_batches (tenant_id, folded, newest, written_at, data)"
                      " VALUES (:tenant, ?1, ?2, ?3, ?4) RETURNING id"};
constexpr Sql kAppendFor{
    Audience::kPlatform,
    "INSERT INTO activity_batches (tenant_id, folded, newest, written_at, data)"
    " VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id"};
constexpr Sql kLoad{Audience::kPlatform,
                    "SELECT id, tenant_id, folded, written_at, data FROM activity_batches"
                    " WHERE id > ?1 AND newest >= ?2 ORDER BY id LIMIT ?3"};
constexpr Sql kNewIds{Audience::kPlatform,
                      "SELECT id FROM activity_batches WHERE id > ?1 AND folded = 0"
                      " ORDER BY id LIMIT ?2"};
constexpr Sql kFind{Audience::kPlatform,
                    "SELECT id, tenant_id, folded, written_at, data FROM activity_batches"
                    " WHERE id = ?1"};
constexpr Sql kListFoldable{Audience::kPlatform,
                            "SELECT id, tenant_id FROM activity_batches"
                            " WHERE folded = 0 AND written_at < ?1 AND newest < ?2"
                            " ORDER BY id LIMIT ?3"};
constexpr Sql kTake{Audience::kPlatform,
                    "DELETE FROM activity_batches WHERE id = ?1 RETURNING data"};
constexpr Sql kExpire{Audience::kPlatform,
                      "DELETE FROM activity_batches WHERE id IN (SELECT id FROM activity_batches"
                      " WHERE newest < ?1 ORDER BY id LIMIT ?2)"};
constexpr Sql kExport{Audience::kTenant,
                      "SELECT id, tenant_id, folded, written_at, data FROM activity_batches"
                      " WHERE tenant_id = :tenant AND id > ?1 ORDER BY id LIMIT ?2"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM activity_batches WHERE tenant_id = :tenant AND id IN"
                     " (SELECT id FROM activity_batches WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 10> kStatements{&kAppend, &kAppendFor,    &kLoad, &kNewIds,
                                                 &kFind,   &kListFoldable, &kTake, &kExpire,
                                                 &kExport, &kErase};

std::int64_t as_flag(bool value) { return value ? 1 : 0; }

Batch batch_of(const Row& row) {
  return {row.integer(0), base::TenantId(row.integer(1)), row.integer(2) != 0,
          base::from_micros(row.integer(3)), std::string(row.blob(4))};
}

}  // namespace

base::Result<std::int64_t> append(storage::Transaction& tx, const NewBatch& batch) {
  std::int64_t id = 0;
  ASHLAR_TRY(tx.query(kAppend,
                      {as_flag(batch.folded), batch.newest, base::to_micros(batch.written_at),
                       storage::Blob{batch.data}},
                      [&](const Row& row) { id = row.integer(0); }));
  return id;
}

base::Result<std::int64_t> append_for(storage::Transaction& tx, base::TenantId tenant,
                                      const NewBatch& batch) {
  std::int64_t id = 0;
  ASHLAR_TRY(tx.query(kAppendFor,
                      {tenant.value, as_flag(batch.folded), batch.newest,
                       base::to_micros(batch.written_at), storage::Blob{batch.data}},
                      [&](const Row& row) { id = row.integer(0); }));
  return id;
}

base::Result<std::vector<Batch>> load(storage::Transaction& tx, std::int64_t after,
                                      std::int64_t newest_from, std::int64_t limit) {
  std::vector<Batch> batches;
  ASHLAR_TRY(tx.query(kLoad, {after, newest_from, limit},
                      [&](const Row& row) { batches.push_back(batch_of(row)); }));
  return batches;
}

base::Result<std::vector<std::int64_t>> new_ids(storage::Transaction& tx, std::int64_t after,
                                                std::int64_t limit) {
  std::vector<std::int64_t> ids;
  ASHLAR_TRY(
      tx.query(kNewIds, {after, limit}, [&](const Row& row) { ids.push_back(row.integer(0)); }));
  return ids;
}

base::Result<std::optional<Batch>> find(storage::Transaction& tx, std::int64_t id) {
  std::optional<Batch> found;
  ASHLAR_TRY(tx.query(kFind, {id}, [&](const Row& row) { found = batch_of(row); }));
  return found;
}

base::Result<std::vector<Foldable>> list_foldable(storage::Transaction& tx, base::Time before,
                                                  std::int64_t newest_before, std::int64_t limit) {
  std::vector<Foldable> found;
  ASHLAR_TRY(tx.query(
      kListFoldable, {base::to_micros(before), newest_before, limit},
      [&](const Row& row) { found.push_back({row.integer(0), base::TenantId(row.integer(1))}); }));
  return found;
}

base::Result<std::optional<std::string>> take(storage::Transaction& tx, std::int64_t id) {
  std::optional<std::string> data;
  ASHLAR_TRY(tx.query(kTake, {id}, [&](const Row& row) { data = std::string(row.blob(0)); }));
  return data;
}

base::Result<std::int64_t> expire(storage::Transaction& tx, std::int64_t newest_before,
                                  std::int64_t limit) {
  return tx.execute(kExpire, {newest_before, limit});
}

base::Result<std::vector<Batch>> export_batches(storage::Transaction& tx, std::int64_t after,
                                                std::int64_t limit) {
  std::vector<Batch> batches;
  ASHLAR_TRY(
      tx.query(kExport, {after, limit}, [&](const Row& row) { batches.push_back(batch_of(row)); }));
  return batches;
}

base::Result<std::int64_t> erase(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> statements() { return kStatements; }

}  // namespace ashlar::activity::store
