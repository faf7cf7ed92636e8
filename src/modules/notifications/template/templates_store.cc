#include "modules/notifications/template/templates_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SELECT_TEMPLATES                                                                     \
  "SELECT t.key, t.description, t.live_version, t.latest_version, t.revision, t.deleted_at," \
  " t.created_at, t.updated_at FROM notifications_templates AS t"

constexpr Sql kFind{Audience::kTenant,
                    SELECT_TEMPLATES " WHERE t.tenant_id = :tenant AND t.key = ?1"};

constexpr Sql kPut{
    Audience::kTenant,
    "INSERT INTO notifications_templates AS t (tenant_id, key, description, live_version,"
    " latest_version, created_at, updated_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?5)"
    " ON CONFLICT (tenant_id, key) DO UPDATE SET description = excluded.description,"
    " live_version = excluded.live_version, latest_version = excluded.latest_version,"
    " revision = t.revision + 1, deleted_at = NULL, updated_at = excluded.updated_at"
    " RETURNING revision"};

constexpr Sql kDelete{
    Audience::kTenant,
    "UPDATE notifications_templates SET live_version = 0, deleted_at = ?2, updated_at = ?2,"
    " revision = revision + 1"
    " WHERE tenant_id = :tenant AND key = ?1 AND deleted_at IS NULL"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM notifications_templates"
                     " WHERE tenant_id = :tenant AND deleted_at IS NULL"};

constexpr Sql kList{Audience::kTenant, SELECT_TEMPLATES
                    " WHERE t.tenant_id = :tenant AND t.key > ?1 AND t.deleted_at IS NULL"
                    " ORDER BY t.key LIMIT ?2"};

constexpr Sql kFindVersion{
    Audience::kTenant,
    "SELECT v.template_key, v.version, v.content, v.created_at"
    " FROM notifications_template_versions AS v"
    " WHERE v.tenant_id = :tenant AND v.template_key = ?1 AND v.version = ?2"};

constexpr Sql kAddVersion{Audience::kTenant,
                          "INSERT INTO notifications_template_versions"
                          " (tenant_id, template_key, version, content, created_at)"
                          " VALUES (:tenant, ?1, ?2, ?3, ?4)"};

constexpr Sql kListVersions{
    Audience::kTenant,
    "SELECT v.template_key, v.version, '' AS content, v.created_at"
    " FROM notifications_template_versions AS v"
    " WHERE v.tenant_id = :tenant AND v.template_key = ?1 AND v.version < ?2"
    " ORDER BY v.version DESC LIMIT ?3"};

constexpr Sql kDropVersions{
    Audience::kTenant,
    "DELETE FROM notifications_template_versions WHERE tenant_id = :tenant AND template_key = ?1"
    " AND version < ?2 AND version <> ?3"};

constexpr Sql kExport{Audience::kTenant,
                      "SELECT v.template_key, v.version, v.content, v.created_at"
                      " FROM notifications_template_versions AS v WHERE v.tenant_id = :tenant"
                      " AND (v.template_key > ?1 OR (v.template_key = ?1 AND v.version > ?2))"
                      " ORDER BY v.template_key, v.version LIMIT ?3"};

constexpr Sql kEraseVersions{
    Audience::kTenant,
    "DELETE FROM notifications_template_versions WHERE tenant_id = :tenant"
    " AND (template_key, version) IN (SELECT template_key, version"
    " FROM notifications_template_versions WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM notifications_templates WHERE tenant_id = :tenant AND key IN"
    " (SELECT key FROM notifications_templates WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kSweep{
    Audience::kPlatform,
    "DELETE FROM notifications_template_versions WHERE (tenant_id, template_key, version) IN"
    " (SELECT v.tenant_id, v.template_key, v.version FROM notifications_templates AS t"
    " JOIN notifications_template_versions AS v"
    " ON v.tenant_id = t.tenant_id AND v.template_key = t.key"
    " WHERE t.deleted_at < ?1 LIMIT ?2)"};

constexpr std::array<const Sql*, 13> kStatements{
    &kFind,         &kPut,          &kDelete, &kCount,         &kList,  &kFindVersion, &kAddVersion,
    &kListVersions, &kDropVersions, &kExport, &kEraseVersions, &kErase, &kSweep};

TemplateRow read_template(const Row& row) {
  TemplateRow t;
  t.key = row.text(0);
  if (!row.is_null(1)) t.description = row.text(1);
  t.live_version = row.integer(2);
  t.latest_version = row.integer(3);
  t.revision = row.integer(4);
  t.deleted = !row.is_null(5);
  t.created_at = base::from_micros(row.integer(6));
  t.updated_at = base::from_micros(row.integer(7));
  return t;
}

TemplateVersion read_version(const Row& row) {
  return {std::string(row.text(0)), row.integer(1), std::string(row.text(2)),
          base::from_micros(row.integer(3))};
}

}  // namespace

base::Result<std::optional<TemplateRow>> find_template(storage::Transaction& tx,
                                                       std::string_view key) {
  std::optional<TemplateRow> found;
  ASHLAR_TRY(tx.query(kFind, {key}, [&](const Row& row) { found = read_template(row); }));
  return found;
}

base::Result<std::int64_t> put_template(storage::Transaction& tx, const TemplateRow& t,
                                        base::Time now) {
  std::int64_t revision = 0;
  const Param description =
      t.description.empty() ? Param(nullptr) : Param(std::string_view(t.description));
  ASHLAR_TRY(tx.query(kPut,
                      {t.key, description, t.live_version, t.latest_version, base::to_micros(now)},
                      [&](const Row& row) { revision = row.integer(0); }));
  return revision;
}

base::Result<bool> delete_template(storage::Transaction& tx, std::string_view key, base::Time now) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {key, base::to_micros(now)}));
  return rows == 1;
}

base::Result<std::int64_t> count_templates(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Result<std::vector<TemplateRow>> list_templates(storage::Transaction& tx,
                                                      std::string_view after, std::int64_t limit) {
  std::vector<TemplateRow> found;
  ASHLAR_TRY(tx.query(kList, {after, limit},
                      [&](const Row& row) { found.push_back(read_template(row)); }));
  return found;
}

base::Result<std::optional<TemplateVersion>> find_template_version(storage::Transaction& tx,
                                                                   std::string_view key,
                                                                   std::int64_t version) {
  std::optional<TemplateVersion> found;
  ASHLAR_TRY(
      tx.query(kFindVersion, {key, version}, [&](const Row& row) { found = read_version(row); }));
  return found;
}

base::Status add_template_version(storage::Transaction& tx, const TemplateVersion& v) {
  const auto added =
      tx.execute(kAddVersion, {v.key, v.version, v.content, base::to_micros(v.created_at)});
  return added.ok() ? base::ok_status() : base::Status(added.error());
}

base::Result<std::vector<TemplateVersion>> list_template_versions(storage::Transaction& tx,
                                                                  std::string_view key,
                                                                  std::int64_t before,
                                                                  std::int64_t limit) {
  std::vector<TemplateVersion> found;
  ASHLAR_TRY(tx.query(kListVersions, {key, before, limit},
                      [&](const Row& row) { found.push_back(read_version(row)); }));
  return found;
}

base::Status drop_old_versions(storage::Transaction& tx, std::string_view key, std::int64_t before,
                               std::int64_t live) {
  const auto dropped = tx.execute(kDropVersions, {key, before, live});
  return dropped.ok() ? base::ok_status() : base::Status(dropped.error());
}

base::Result<std::vector<TemplateVersion>> export_versions(storage::Transaction& tx,
                                                           std::string_view after_key,
                                                           std::int64_t after_version,
                                                           std::int64_t limit) {
  std::vector<TemplateVersion> found;
  ASHLAR_TRY(tx.query(kExport, {after_key, after_version, limit},
                      [&](const Row& row) { found.push_back(read_version(row)); }));
  return found;
}

base::Result<std::int64_t> erase_templates(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t versions, tx.execute(kEraseVersions, {limit}));
  if (versions > 0) return versions;
  return tx.execute(kErase, {limit});
}

base::Result<std::int64_t> sweep_templates(storage::Transaction& tx, base::Time before,
                                           std::int64_t limit) {
  return tx.execute(kSweep, {base::to_micros(before), limit});
}

std::span<const Sql* const> template_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
