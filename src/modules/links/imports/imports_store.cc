#include "modules/links/imports/imports_store.h"

#include <array>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

#define IMPORT_COLUMNS                                                                         \
  "SELECT id, source, format, domain, state, header, part, chunk, at_byte, bytes, bytes_done," \
  " rows_done, created, existing, refused, error, created_at, updated_at, version"             \
  " FROM links_imports"

constexpr Sql kInsert{Audience::kTenant,
                      "INSERT INTO links_imports (tenant_id, source, format, domain, state,"
                      " created_at, updated_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?5)"
                      " RETURNING id"};
constexpr Sql kFind{Audience::kTenant, IMPORT_COLUMNS " WHERE id = ?1 AND tenant_id = :tenant"};
constexpr Sql kUpdate{
    Audience::kTenant,
    "UPDATE links_imports SET state = ?2, header = ?3, part = ?4, chunk = ?5, at_byte = ?6,"
    " bytes = ?7, bytes_done = ?8, rows_done = ?9, created = ?10, existing = ?11, refused = ?12,"
    " error = ?13, updated_at = ?14, version = ?15"
    " WHERE id = ?1 AND tenant_id = :tenant AND version = ?15 - 1"};
constexpr Sql kList{Audience::kTenant, IMPORT_COLUMNS
                    " WHERE tenant_id = :tenant AND id < ?1 ORDER BY id DESC LIMIT ?2"};
constexpr Sql kCountLive{Audience::kTenant,
                         "SELECT count(*) FROM (SELECT 1 FROM links_imports"
                         " WHERE tenant_id = :tenant AND state IN ('open', 'running')"
                         " LIMIT ?1) AS live"};

constexpr Sql kPutChunk{Audience::kTenant,
                        "INSERT INTO links_import_chunks (tenant_id, import_id, part, chunk, data)"
                        " VALUES (:tenant, ?1, ?2, ?3, ?4)"};
constexpr Sql kRemovePart{Audience::kTenant,
                          "DELETE FROM links_import_chunks WHERE tenant_id = :tenant"
                          " AND import_id = ?1 AND part = ?2 RETURNING length(data)"};
constexpr Sql kReadChunks{Audience::kTenant,
                          "SELECT part, chunk, data FROM links_import_chunks"
                          " WHERE tenant_id = :tenant AND import_id = ?1"
                          " AND (part, chunk) >= (?2, ?3) ORDER BY part, chunk LIMIT ?4"};
constexpr Sql kParts{Audience::kTenant,
                     "SELECT count(DISTINCT part), coalesce(max(part), 0) FROM links_import_chunks"
                     " WHERE tenant_id = :tenant AND import_id = ?1"};
constexpr Sql kRemoveChunks{
    Audience::kTenant,
    "DELETE FROM links_import_chunks WHERE tenant_id = :tenant AND (import_id, part, chunk) IN"
    " (SELECT import_id, part, chunk FROM links_import_chunks WHERE tenant_id = :tenant"
    " AND import_id = ?1 ORDER BY part, chunk LIMIT ?2)"};

constexpr Sql kAddRefusal{
    Audience::kTenant,
    "INSERT INTO links_import_refusals (tenant_id, import_id, row, code, url, reason, detail)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6)"};
constexpr Sql kListRefusals{Audience::kTenant,
                            "SELECT row, code, url, reason, detail FROM links_import_refusals"
                            " WHERE tenant_id = :tenant AND import_id = ?1 AND row > ?2"
                            " ORDER BY row LIMIT ?3"};

// Hour 0 is the total. REQUIRES: the link is new.
constexpr Sql kPutClicks{Audience::kTenant,
                         "INSERT INTO links_clicks_hourly (tenant_id, link_id, hour, clicks)"
                         " VALUES (:tenant, ?1, 0, ?3), (:tenant, ?1, ?2, ?3)"};
constexpr Sql kPutUsed{Audience::kTenant,
                       "UPDATE links_click_limits SET used = ?2"
                       " WHERE link_id = ?1 AND tenant_id = :tenant"};

constexpr Sql kEraseImports{Audience::kTenant,
                            "DELETE FROM links_imports WHERE tenant_id = :tenant AND id IN"
                            " (SELECT id FROM links_imports WHERE tenant_id = :tenant"
                            " ORDER BY id LIMIT ?1)"};
constexpr Sql kEraseChunks{
    Audience::kTenant,
    "DELETE FROM links_import_chunks WHERE tenant_id = :tenant AND (import_id, part, chunk) IN"
    " (SELECT import_id, part, chunk FROM links_import_chunks WHERE tenant_id = :tenant"
    " ORDER BY import_id, part, chunk LIMIT ?1)"};
constexpr Sql kEraseRefusals{
    Audience::kTenant,
    "DELETE FROM links_import_refusals WHERE tenant_id = :tenant AND (import_id, row) IN"
    " (SELECT import_id, row FROM links_import_refusals WHERE tenant_id = :tenant"
    " ORDER BY import_id, row LIMIT ?1)"};

constexpr std::array<const Sql*, 17> kStatements{
    &kInsert,     &kFind,       &kUpdate,       &kList,         &kCountLive,    &kPutChunk,
    &kRemovePart, &kReadChunks, &kParts,        &kRemoveChunks, &kAddRefusal,   &kListRefusals,
    &kPutClicks,  &kPutUsed,    &kEraseImports, &kEraseChunks,  &kEraseRefusals};

LinkImport read_import(const Row& row) {
  LinkImport import;
  import.id = ImportId(row.integer(0));
  import.source = source_named(row.text(1)).value_or(ImportSource::kJsonl);
  import.format = format_named(row.text(2)).value_or(ImportFormat::kJsonl);
  import.domain = row.text(3);
  import.state = state_named(row.text(4)).value_or(ImportState::kFailed);
  import.header = row.text(5);
  import.position = {row.integer(6), row.integer(7), row.integer(8)};
  import.bytes = row.integer(9);
  import.bytes_done = row.integer(10);
  import.rows_done = row.integer(11);
  import.created = row.integer(12);
  import.existing = row.integer(13);
  import.refused = row.integer(14);
  import.error = row.text(15);
  import.created_at = base::from_micros(row.integer(16));
  import.updated_at = base::from_micros(row.integer(17));
  import.version = row.integer(18);
  return import;
}

}  // namespace

base::Status insert_import(storage::Transaction& tx, LinkImport& import) {
  ASHLAR_TRY(tx.query(kInsert,
                      {name_of(import.source), name_of(import.format), import.domain,
                       name_of(import.state), base::to_micros(import.created_at)},
                      [&](const Row& row) { import.id = ImportId(row.integer(0)); }));
  return base::ok_status();
}

base::Result<std::optional<LinkImport>> find_import(storage::Transaction& tx, ImportId id) {
  std::optional<LinkImport> found;
  ASHLAR_TRY(tx.query(kFind, {id.value}, [&](const Row& row) { found = read_import(row); }));
  return found;
}

base::Result<bool> update_import(storage::Transaction& tx, const LinkImport& import) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kUpdate,
                 {import.id.value, name_of(import.state), import.header, import.position.part,
                  import.position.chunk, import.position.at_byte, import.bytes, import.bytes_done,
                  import.rows_done, import.created, import.existing, import.refused, import.error,
                  base::to_micros(import.updated_at), import.version}));
  return rows == 1;
}

base::Status list_imports(storage::Transaction& tx, ImportId before, std::int64_t limit,
                          const std::function<void(LinkImport)>& sink) {
  ASHLAR_TRY(
      tx.query(kList, {before.value, limit}, [&](const Row& row) { sink(read_import(row)); }));
  return base::ok_status();
}

base::Result<std::int64_t> count_live_imports(storage::Transaction& tx, std::int64_t most) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCountLive, {most}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Status put_chunk(storage::Transaction& tx, ImportId id, const Chunk& chunk) {
  ASHLAR_TRY(tx.execute(kPutChunk, {id.value, chunk.part, chunk.chunk, storage::Blob{chunk.data}}));
  return base::ok_status();
}

base::Result<std::int64_t> remove_part(storage::Transaction& tx, ImportId id, std::int64_t part) {
  std::int64_t bytes = 0;
  ASHLAR_TRY(
      tx.query(kRemovePart, {id.value, part}, [&](const Row& row) { bytes += row.integer(0); }));
  return bytes;
}

base::Status read_chunks(storage::Transaction& tx, ImportId id, const ImportPosition& from,
                         std::int64_t limit, const std::function<void(Chunk)>& sink) {
  ASHLAR_TRY(tx.query(kReadChunks, {id.value, from.part, from.chunk, limit}, [&](const Row& row) {
    sink({row.integer(0), row.integer(1), std::string(row.blob(2))});
  }));
  return base::ok_status();
}

base::Result<PartsInfo> parts_of(storage::Transaction& tx, ImportId id) {
  PartsInfo info;
  ASHLAR_TRY(tx.query(kParts, {id.value},
                      [&](const Row& row) { info = {row.integer(0), row.integer(1)}; }));
  return info;
}

base::Result<std::int64_t> remove_chunks(storage::Transaction& tx, ImportId id,
                                         std::int64_t limit) {
  return tx.execute(kRemoveChunks, {id.value, limit});
}

base::Status add_refusal(storage::Transaction& tx, ImportId id, const ImportRefusal& refusal) {
  ASHLAR_TRY(tx.execute(kAddRefusal, {id.value, refusal.row, refusal.code, refusal.url,
                                      refusal.reason, refusal.detail}));
  return base::ok_status();
}

base::Status list_refusals(storage::Transaction& tx, ImportId id, std::int64_t after_row,
                           std::int64_t limit, const std::function<void(ImportRefusal)>& sink) {
  ASHLAR_TRY(tx.query(kListRefusals, {id.value, after_row, limit}, [&](const Row& row) {
    sink({row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
          std::string(row.text(3)), std::string(row.text(4))});
  }));
  return base::ok_status();
}

base::Status put_clicks(storage::Transaction& tx, LinkId link, std::int64_t hour,
                        std::int64_t clicks) {
  ASHLAR_TRY(tx.execute(kPutClicks, {link.value, hour, clicks}));
  return base::ok_status();
}

base::Status put_clicks_used(storage::Transaction& tx, LinkId link, std::int64_t used) {
  ASHLAR_TRY(tx.execute(kPutUsed, {link.value, used}));
  return base::ok_status();
}

base::Result<std::int64_t> erase_imports(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseImports, {limit});
}
base::Result<std::int64_t> erase_import_chunks(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseChunks, {limit});
}
base::Result<std::int64_t> erase_refusals(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseRefusals, {limit});
}

std::span<const Sql* const> import_statements() { return kStatements; }

}  // namespace ashlar::links::store
