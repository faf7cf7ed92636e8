#include "modules/links/domains_store.h"

#include <array>
#include <string>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

#define DOMAIN_COLUMNS                                                                            \
  "SELECT id, tenant_id, host, root_url, not_found_url, created_at, updated_at, "                 \
  "version, proof, checked_at, check_error, coalesce((SELECT reason FROM links_domain_stops AS s" \
  " WHERE s.tenant_id = links_domains.tenant_id AND s.host = links_domains.host), '')"            \
  " FROM links_domains"

constexpr Sql kInsert{Audience::kTenant,
                      "INSERT INTO links_domains (tenant_id, host, root_url, not_found_url,"
                      " created_at, updated_at, version, proof)"
                      " VALUES (:tenant, ?1, ?2, ?3, ?4, ?4, 1, ?5)"
                      " ON CONFLICT DO NOTHING RETURNING id"};
constexpr Sql kFind{Audience::kTenant, DOMAIN_COLUMNS " WHERE host = ?1 AND tenant_id = :tenant"};
constexpr Sql kUpdate{Audience::kTenant,
                      "UPDATE links_domains SET root_url = ?2, not_found_url = ?3, updated_at = ?4,"
                      " version = ?5 WHERE id = ?1 AND tenant_id = :tenant"};
constexpr Sql kRemove{Audience::kTenant,
                      "DELETE FROM links_domains WHERE id = ?1 AND tenant_id = :tenant"};
// All links of a domain are its tenant's.
constexpr Sql kHasLinks{Audience::kTenant,
                        "SELECT 1 FROM links WHERE domain_id = ?1 AND tenant_id = :tenant"
                        " LIMIT 1"};
constexpr Sql kCount{Audience::kTenant,
                     "SELECT 1 FROM links_domains WHERE tenant_id = :tenant LIMIT ?1"};
constexpr Sql kList{Audience::kTenant, DOMAIN_COLUMNS
                    " WHERE tenant_id = :tenant AND host > ?1 ORDER BY host LIMIT ?2"};
constexpr Sql kLoadAll{Audience::kPlatform,
                       DOMAIN_COLUMNS " WHERE id > ?1 AND proof > 0 ORDER BY id LIMIT ?2"};
constexpr Sql kLoad{Audience::kPlatform, DOMAIN_COLUMNS " WHERE host = ?1 AND proof > 0"};
constexpr Sql kLoadById{Audience::kPlatform, DOMAIN_COLUMNS " WHERE id = ?1"};
constexpr Sql kPutProof{Audience::kPlatform,
                        "UPDATE links_domains SET proof = ?2, checked_at = ?3, check_error = ?4,"
                        " updated_at = ?5, version = ?6 WHERE id = ?1"};
constexpr Sql kListEverybodys{Audience::kPlatform,
                              DOMAIN_COLUMNS " WHERE id > ?1 ORDER BY id LIMIT ?2"};
constexpr Sql kListClaims{Audience::kPlatform,
                          DOMAIN_COLUMNS " WHERE host = ?3 AND id > ?1 ORDER BY id LIMIT ?2"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM links_domains WHERE tenant_id = :tenant AND id IN (SELECT id FROM"
                     " links_domains WHERE tenant_id = :tenant LIMIT ?1) RETURNING host"};

constexpr std::array<const Sql*, 14> kStatements{
    &kInsert,  &kFind, &kUpdate,   &kRemove,   &kHasLinks,       &kCount,      &kList,
    &kLoadAll, &kLoad, &kLoadById, &kPutProof, &kListEverybodys, &kListClaims, &kErase};

Domain read_domain(const Row& row) {
  Domain domain;
  domain.id = DomainId(row.integer(0));
  domain.tenant = base::TenantId(row.integer(1));
  domain.host = row.text(2);
  domain.root_url = row.text(3);
  domain.not_found_url = row.text(4);
  domain.created_at = base::from_micros(row.integer(5));
  domain.updated_at = base::from_micros(row.integer(6));
  domain.version = row.integer(7);
  domain.proof = static_cast<DomainProof>(row.integer(8));
  if (!row.is_null(9)) domain.checked_at = base::from_micros(row.integer(9));
  domain.check_error = row.text(10);
  domain.stopped = row.text(11);
  return domain;
}

// As visitors are to be led.
Domain followed(const Row& row) {
  Domain domain = read_domain(row);
  if (domain.stopped.empty()) return domain;
  domain.root_url.clear();
  domain.not_found_url.clear();
  return domain;
}

base::Result<std::optional<Domain>> find_by_host(storage::Transaction& tx, const Sql& sql,
                                                 std::string_view host) {
  std::optional<Domain> found;
  ASHLAR_TRY(tx.query(sql, {host}, [&](const Row& row) { found = read_domain(row); }));
  return found;
}

}  // namespace

base::Result<bool> insert_domain(storage::Transaction& tx, Domain& domain) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.query(kInsert,
               {domain.host, domain.root_url, domain.not_found_url,
                base::to_micros(domain.created_at), static_cast<std::int64_t>(domain.proof)},
               [&](const Row& row) { domain.id = DomainId(row.integer(0)); }));
  return rows == 1;
}

base::Result<std::optional<Domain>> find_domain(storage::Transaction& tx, std::string_view host) {
  return find_by_host(tx, kFind, host);
}

base::Status update_domain(storage::Transaction& tx, const Domain& domain) {
  ASHLAR_TRY(tx.execute(kUpdate, {domain.id.value, domain.root_url, domain.not_found_url,
                                  base::to_micros(domain.updated_at), domain.version}));
  return base::ok_status();
}

base::Status remove_domain(storage::Transaction& tx, DomainId id) {
  ASHLAR_TRY(tx.execute(kRemove, {id.value}));
  return base::ok_status();
}

base::Result<bool> domain_has_links(storage::Transaction& tx, DomainId id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.query(kHasLinks, {id.value}, [](const Row&) {}));
  return rows > 0;
}

base::Result<std::int64_t> count_domains(storage::Transaction& tx, std::int64_t most) {
  return tx.query(kCount, {most}, [](const Row&) {});
}

base::Status list_domains(storage::Transaction& tx, std::string_view after, std::int64_t limit,
                          const std::function<void(Domain)>& sink) {
  ASHLAR_TRY(tx.query(kList, {after, limit}, [&](const Row& row) { sink(read_domain(row)); }));
  return base::ok_status();
}

base::Status load_domains(storage::Transaction& tx, DomainId after, std::int64_t limit,
                          const std::function<void(Domain)>& sink) {
  ASHLAR_TRY(
      tx.query(kLoadAll, {after.value, limit}, [&](const Row& row) { sink(followed(row)); }));
  return base::ok_status();
}

base::Result<std::optional<Domain>> load_domain(storage::Transaction& tx, std::string_view host) {
  std::optional<Domain> found;
  ASHLAR_TRY(tx.query(kLoad, {host}, [&](const Row& row) { found = followed(row); }));
  return found;
}

base::Result<std::optional<Domain>> load_domain_by_id(storage::Transaction& tx, DomainId id) {
  std::optional<Domain> found;
  ASHLAR_TRY(tx.query(kLoadById, {id.value}, [&](const Row& row) { found = read_domain(row); }));
  return found;
}

base::Status put_proof(storage::Transaction& tx, const Domain& domain) {
  const storage::Param checked_at =
      domain.checked_at ? storage::Param(base::to_micros(*domain.checked_at)) : nullptr;
  ASHLAR_TRY(tx.execute(kPutProof,
                        {domain.id.value, static_cast<std::int64_t>(domain.proof), checked_at,
                         domain.check_error, base::to_micros(domain.updated_at), domain.version}));
  return base::ok_status();
}

base::Status list_everybodys_domains(storage::Transaction& tx, std::string_view host,
                                     DomainId after, std::int64_t limit,
                                     const std::function<void(Domain)>& sink) {
  const auto take = [&](const Row& row) { sink(read_domain(row)); };
  if (host.empty()) {
    ASHLAR_TRY(tx.query(kListEverybodys, {after.value, limit}, take));
  } else {
    ASHLAR_TRY(tx.query(kListClaims, {after.value, limit, host}, take));
  }
  return base::ok_status();
}

base::Result<std::int64_t> erase_domains(storage::Transaction& tx, std::int64_t limit,
                                         const std::function<void(std::string_view)>& sink) {
  return tx.query(kErase, {limit}, [&](const Row& row) { sink(row.text(0)); });
}

std::span<const Sql* const> domain_statements() { return kStatements; }

}  // namespace ashlar::links::store
