#include "modules/webhooks/endpoints_store.h"

#include <array>
#include <string>

#include "modules/webhooks/endpoint_columns.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO webhooks_endpoints (tenant_id, url, description, event_types, format, ordered,"
    " rate_per_s, max_running, secrets, created_at, updated_at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9) RETURNING id"};

constexpr Sql kFind{Audience::kTenant, "SELECT " WEBHOOKS_ENDPOINT_COLUMNS(
                                           "e") " FROM webhooks_endpoints AS e"
                                                " WHERE e.tenant_id = :tenant AND e.id = ?1"};

constexpr Sql kCount{Audience::kTenant,
                     "SELECT count(*) FROM webhooks_endpoints WHERE tenant_id = :tenant"};

constexpr Sql kList{Audience::kTenant,
                    "SELECT " WEBHOOKS_ENDPOINT_COLUMNS(
                        "e") " FROM webhooks_endpoints AS e"
                             " WHERE e.tenant_id = :tenant AND e.id < ?1"
                             " ORDER BY e.id DESC LIMIT ?2"};

constexpr Sql kUpdate{Audience::kTenant,
                      "UPDATE webhooks_endpoints SET url = ?2, description = ?3, event_types = ?4,"
                      " format = ?5, ordered = ?6, rate_per_s = ?7, max_running = ?8,"
                      " secrets = ?9, state = ?10, failing_since = ?11, disabled_at = ?12,"
                      " updated_at = ?13, version = ?14 WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kDelete{Audience::kTenant,
                      "DELETE FROM webhooks_endpoints WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kOf{Audience::kPlatform,
                  "SELECT " WEBHOOKS_ENDPOINT_COLUMNS(
                      "e") " FROM webhooks_endpoints AS e WHERE e.tenant_id = ?1 ORDER BY e.id"};

constexpr Sql kFailing{Audience::kPlatform,
                       "UPDATE webhooks_endpoints SET failing_since = ?2, version = version + 1"
                       " WHERE id = ?1 AND failing_since IS NULL"};

constexpr Sql kSuccess{Audience::kPlatform,
                       "UPDATE webhooks_endpoints SET failing_since = NULL, version = version + 1"
                       " WHERE id = ?1 AND failing_since IS NOT NULL"};

constexpr Sql kDisable{
    Audience::kPlatform,
    "UPDATE webhooks_endpoints SET state = ?2, disabled_at = ?3, updated_at = ?3,"
    " version = version + 1 WHERE id = ?1 AND state = 0 AND failing_since <= ?4"};

constexpr Sql kExport{Audience::kTenant,
                      "SELECT " WEBHOOKS_ENDPOINT_COLUMNS(
                          "e") " FROM webhooks_endpoints AS e"
                               " WHERE e.tenant_id = :tenant AND e.id > ?1"
                               " ORDER BY e.id LIMIT ?2"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM webhooks_endpoints WHERE tenant_id = :tenant AND id IN"
                     " (SELECT id FROM webhooks_endpoints WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 12> kStatements{&kInsert,  &kFind,    &kCount,  &kList,
                                                 &kUpdate,  &kDelete,  &kOf,     &kFailing,
                                                 &kSuccess, &kDisable, &kExport, &kErase};

Param nullable(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}
Param nullable(const std::optional<std::string>& text) {
  return text ? Param(std::string_view(*text)) : Param(nullptr);
}
Param nullable(std::optional<double> number) { return number ? Param(*number) : Param(nullptr); }

std::int64_t number(bool value) { return value ? 1 : 0; }

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

base::Result<std::vector<Endpoint>> all_of(storage::Transaction& tx, const Sql& sql,
                                           std::initializer_list<Param> params) {
  std::vector<Endpoint> endpoints;
  ASHLAR_TRY(
      tx.query(sql, params, [&](const Row& row) { endpoints.push_back(read_endpoint(row, 0)); }));
  return endpoints;
}

}  // namespace

Endpoint read_endpoint(const Row& row, int first) {
  Endpoint endpoint;
  endpoint.id = EndpointId(row.integer(first));
  endpoint.tenant = base::TenantId(row.integer(first + 1));
  endpoint.url = row.text(first + 2);
  endpoint.description = row.maybe_text(first + 3);
  endpoint.event_types = patterns_of(row.text(first + 4));
  endpoint.format = static_cast<BodyFormat>(row.integer(first + 5));
  endpoint.ordered = row.integer(first + 6) != 0;
  if (!row.is_null(first + 7)) endpoint.rate_per_s = row.real(first + 7);
  endpoint.max_running = row.integer(first + 8);
  endpoint.sealed_keys = row.blob(first + 9);
  endpoint.state = static_cast<EndpointState>(row.integer(first + 10));
  endpoint.failing_since = maybe_time(row, first + 11);
  endpoint.disabled_at = maybe_time(row, first + 12);
  endpoint.created_at = base::from_micros(row.integer(first + 13));
  endpoint.updated_at = base::from_micros(row.integer(first + 14));
  endpoint.version = row.integer(first + 15);
  return endpoint;
}

base::Result<EndpointId> insert_endpoint(storage::Transaction& tx, const Endpoint& e) {
  EndpointId id;
  const std::string types = to_column(e.event_types);
  ASHLAR_TRY(tx.query(kInsert,
                      {e.url, nullable(e.description), types, static_cast<std::int64_t>(e.format),
                       number(e.ordered), nullable(e.rate_per_s), e.max_running, Blob{""},
                       base::to_micros(e.created_at)},
                      [&](const Row& row) { id = EndpointId(row.integer(0)); }));
  return id;
}

base::Result<std::optional<Endpoint>> find_endpoint(storage::Transaction& tx, EndpointId id) {
  std::optional<Endpoint> endpoint;
  ASHLAR_TRY(
      tx.query(kFind, {id.value}, [&](const Row& row) { endpoint = read_endpoint(row, 0); }));
  return endpoint;
}

base::Result<std::int64_t> count_endpoints(storage::Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Result<std::vector<Endpoint>> list_endpoints(storage::Transaction& tx, EndpointId before,
                                                   std::int64_t limit) {
  return all_of(tx, kList, {before.value, limit});
}

base::Status update_endpoint(storage::Transaction& tx, const Endpoint& e) {
  const std::string types = to_column(e.event_types);
  ASHLAR_TRY(tx.execute(
      kUpdate,
      {e.id.value, e.url, nullable(e.description), types, static_cast<std::int64_t>(e.format),
       number(e.ordered), nullable(e.rate_per_s), e.max_running, Blob{e.sealed_keys},
       static_cast<std::int64_t>(e.state), nullable(e.failing_since), nullable(e.disabled_at),
       base::to_micros(e.updated_at), e.version}));
  return base::ok_status();
}

base::Result<bool> delete_endpoint(storage::Transaction& tx, EndpointId id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {id.value}));
  return rows == 1;
}

base::Result<std::vector<Endpoint>> endpoints_of(storage::Transaction& tx, base::TenantId tenant) {
  return all_of(tx, kOf, {tenant.value});
}

base::Status note_failing(storage::Transaction& tx, EndpointId id, base::Time since) {
  ASHLAR_TRY(tx.execute(kFailing, {id.value, base::to_micros(since)}));
  return base::ok_status();
}

base::Status note_success(storage::Transaction& tx, EndpointId id) {
  ASHLAR_TRY(tx.execute(kSuccess, {id.value}));
  return base::ok_status();
}

base::Result<bool> disable(storage::Transaction& tx, EndpointId id, EndpointState state,
                           std::optional<base::Time> failing_before, base::Time now) {
  // Whoever is disabled for another reason has just failed, so since now at the latest.
  const base::Time before = failing_before.value_or(now);
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kDisable, {id.value, static_cast<std::int64_t>(state),
                                      base::to_micros(now), base::to_micros(before)}));
  return rows == 1;
}

base::Result<std::vector<Endpoint>> export_endpoints(storage::Transaction& tx, EndpointId after,
                                                     std::int64_t limit) {
  return all_of(tx, kExport, {after.value, limit});
}

base::Result<std::int64_t> erase_endpoints(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> endpoint_statements() { return kStatements; }

}  // namespace ashlar::webhooks::store
