#include "modules/notifications/provider_store.h"

#include <array>
#include <string>

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SELECT_PROVIDERS                                                                  \
  "SELECT p.id, p.tenant_id, p.channel, p.type, p.name, p.settings, p.project, p.weight," \
  " p.priority, p.enabled, p.pace_per_s, p.max_running, p.callback_token, p.version,"     \
  " p.created_at, p.updated_at FROM notifications_providers AS p"

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO notifications_providers (tenant_id, channel, type, name, settings, project,"
    " weight, priority, enabled, pace_per_s, max_running, callback_token, created_at, updated_at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)"
    " ON CONFLICT DO NOTHING RETURNING id"};

constexpr Sql kFind{Audience::kTenant,
                    SELECT_PROVIDERS " WHERE p.tenant_id = :tenant AND p.id = ?1"};

constexpr Sql kFindByName{Audience::kTenant,
                          SELECT_PROVIDERS " WHERE p.tenant_id = :tenant AND p.name = ?1"};

constexpr Sql kList{Audience::kTenant,
                    SELECT_PROVIDERS " WHERE p.tenant_id = :tenant ORDER BY p.id LIMIT 1000"};

constexpr Sql kFor{Audience::kTenant, SELECT_PROVIDERS
                   " WHERE p.tenant_id = :tenant AND p.channel = ?1 AND p.enabled = 1"
                   " ORDER BY p.priority, p.id LIMIT 1000"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM notifications_providers WHERE tenant_id = :tenant"};

constexpr Sql kUpdate{Audience::kTenant,
                      "UPDATE notifications_providers SET name = ?2, settings = ?3, project = ?4,"
                      " weight = ?5, priority = ?6, enabled = ?7, pace_per_s = ?8,"
                      " max_running = ?9, version = ?10, updated_at = ?11"
                      " WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kDelete{Audience::kTenant,
                      "DELETE FROM notifications_providers WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM notifications_providers WHERE tenant_id = :tenant AND id IN"
    " (SELECT id FROM notifications_providers WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kFindAnywhere{Audience::kPlatform, SELECT_PROVIDERS " WHERE p.id = ?1"};

constexpr std::array<const Sql*, 10> kStatements{&kInsert, &kFind,        &kFindByName, &kList,
                                                 &kFor,    &kCount,       &kUpdate,     &kDelete,
                                                 &kErase,  &kFindAnywhere};

ProviderAccount read_provider(const Row& row) {
  ProviderAccount p;
  p.id = ProviderId(row.integer(0));
  p.tenant = base::TenantId(row.integer(1));
  p.channel = static_cast<Channel>(row.integer(2));
  p.type = row.text(3);
  p.name = row.text(4);
  p.sealed_settings = row.blob(5);
  p.project = row.text(6);
  p.weight = row.integer(7);
  p.priority = row.integer(8);
  p.enabled = row.integer(9) != 0;
  if (!row.is_null(10)) p.pace_per_s = row.real(10);
  p.max_running = row.integer(11);
  p.callback_token = row.text(12);
  p.version = row.integer(13);
  p.created_at = base::from_micros(row.integer(14));
  p.updated_at = base::from_micros(row.integer(15));
  return p;
}

base::Result<std::optional<ProviderAccount>> one_of(storage::Transaction& tx, const Sql& sql,
                                                    const Param& key) {
  std::optional<ProviderAccount> found;
  ASHLAR_TRY(tx.query(sql, {key}, [&](const Row& row) { found = read_provider(row); }));
  return found;
}

base::Result<std::vector<ProviderAccount>> all_of(storage::Transaction& tx, const Sql& sql,
                                                  std::initializer_list<Param> params) {
  std::vector<ProviderAccount> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(read_provider(row)); }));
  return found;
}

std::int64_t number(bool value) { return value ? 1 : 0; }
Param nullable(std::optional<double> value) { return value ? Param(*value) : Param(nullptr); }

}  // namespace

base::Result<std::optional<ProviderId>> insert_provider(storage::Transaction& tx,
                                                        const ProviderAccount& p) {
  std::optional<ProviderId> id;
  ASHLAR_TRY(tx.query(kInsert,
                      {static_cast<std::int64_t>(p.channel), p.type, p.name, Blob{""}, p.project,
                       p.weight, p.priority, number(p.enabled), nullable(p.pace_per_s),
                       p.max_running, p.callback_token, base::to_micros(p.created_at)},
                      [&](const Row& row) { id = ProviderId(row.integer(0)); }));
  return id;
}

base::Result<std::optional<ProviderAccount>> find_provider(storage::Transaction& tx,
                                                           ProviderId id) {
  return one_of(tx, kFind, id.value);
}

base::Result<std::optional<ProviderAccount>> find_provider(storage::Transaction& tx,
                                                           std::string_view name) {
  return one_of(tx, kFindByName, name);
}

base::Result<std::vector<ProviderAccount>> list_providers(storage::Transaction& tx) {
  return all_of(tx, kList, {});
}

base::Result<std::vector<ProviderAccount>> providers_for(storage::Transaction& tx,
                                                         Channel channel) {
  return all_of(tx, kFor, {static_cast<std::int64_t>(channel)});
}

base::Result<std::int64_t> count_providers(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Status update_provider(storage::Transaction& tx, const ProviderAccount& p) {
  ASHLAR_TRY(tx.execute(kUpdate, {p.id.value, p.name, Blob{p.sealed_settings}, p.project, p.weight,
                                  p.priority, number(p.enabled), nullable(p.pace_per_s),
                                  p.max_running, p.version, base::to_micros(p.updated_at)}));
  return base::ok_status();
}

base::Result<bool> delete_provider(storage::Transaction& tx, ProviderId id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {id.value}));
  return rows == 1;
}

base::Result<std::int64_t> erase_providers(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<std::optional<ProviderAccount>> find_provider_anywhere(storage::Transaction& tx,
                                                                    ProviderId id) {
  return one_of(tx, kFindAnywhere, id.value);
}

std::span<const Sql* const> provider_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
