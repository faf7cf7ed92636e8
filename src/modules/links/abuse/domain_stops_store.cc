#include "modules/links/abuse/domain_stops_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::links::abuse::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

#define STOP_COLUMNS "SELECT tenant_id, host, reason, note, entries, at FROM links_domain_stops"
#define PAGE_COLUMNS "SELECT id, tenant_id, host, root_url, not_found_url FROM links_domains"

constexpr Sql kFind{Audience::kTenant, STOP_COLUMNS " WHERE tenant_id = :tenant AND host = ?1"};
constexpr Sql kPut{Audience::kTenant,
                   "INSERT INTO links_domain_stops (tenant_id, host, reason, note, entries, at)"
                   " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5)"
                   " ON CONFLICT (tenant_id, host) DO UPDATE SET reason = excluded.reason,"
                   " note = excluded.note, entries = excluded.entries, at = excluded.at"};
constexpr Sql kRemove{Audience::kTenant,
                      "DELETE FROM links_domain_stops WHERE tenant_id = :tenant AND host = ?1"};
constexpr Sql kFindPages{Audience::kTenant, PAGE_COLUMNS " WHERE id = ?1 AND tenant_id = :tenant"};
constexpr Sql kPagesAfter{Audience::kPlatform, PAGE_COLUMNS " WHERE id > ?1 ORDER BY id LIMIT ?2"};
constexpr Sql kHas{Audience::kPlatform, "SELECT 1 FROM links_domain_stops LIMIT 1"};
constexpr Sql kList{Audience::kPlatform, STOP_COLUMNS
                    " WHERE (tenant_id, host) > (?1, ?2) ORDER BY tenant_id, host LIMIT ?3"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM links_domain_stops WHERE tenant_id = :tenant AND host IN"
                     " (SELECT host FROM links_domain_stops WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 8> kStatements{&kFind,       &kPut, &kRemove, &kFindPages,
                                                &kPagesAfter, &kHas, &kList,   &kErase};

DomainStop read_stop(const Row& row) {
  return {.tenant = base::TenantId(row.integer(0)),
          .host = std::string(row.text(1)),
          .reason = std::string(row.text(2)),
          .note = std::string(row.text(3)),
          .entries = std::string(row.text(4)),
          .at = base::from_micros(row.integer(5))};
}

DomainPages read_pages(const Row& row) {
  return {.id = DomainId(row.integer(0)),
          .tenant = base::TenantId(row.integer(1)),
          .host = std::string(row.text(2)),
          .root_url = std::string(row.text(3)),
          .not_found_url = std::string(row.text(4))};
}

}  // namespace

base::Result<std::optional<DomainStop>> find_stop(storage::Transaction& tx, std::string_view host) {
  std::optional<DomainStop> found;
  ASHLAR_TRY(tx.query(kFind, {host}, [&](const Row& row) { found = read_stop(row); }));
  return found;
}

base::Status put_stop(storage::Transaction& tx, const DomainStop& stop) {
  ASHLAR_TRY(tx.execute(
      kPut, {stop.host, stop.reason, stop.note, stop.entries, base::to_micros(stop.at)}));
  return base::ok_status();
}

base::Result<bool> remove_stop(storage::Transaction& tx, std::string_view host) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kRemove, {host}));
  return rows == 1;
}

base::Result<std::optional<DomainPages>> find_pages(storage::Transaction& tx, DomainId id) {
  std::optional<DomainPages> found;
  ASHLAR_TRY(tx.query(kFindPages, {id.value}, [&](const Row& row) { found = read_pages(row); }));
  return found;
}

base::Status pages_after(storage::Transaction& tx, DomainId after, std::int64_t limit,
                         const std::function<void(DomainPages)>& sink) {
  ASHLAR_TRY(
      tx.query(kPagesAfter, {after.value, limit}, [&](const Row& row) { sink(read_pages(row)); }));
  return base::ok_status();
}

base::Result<bool> has_stops(storage::Transaction& tx) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.query(kHas, {}, [](const Row&) {}));
  return rows > 0;
}

base::Status list_stops(storage::Transaction& tx, base::TenantId after, std::string_view after_host,
                        std::int64_t limit, const std::function<void(DomainStop)>& sink) {
  ASHLAR_TRY(tx.query(kList, {after.value, after_host, limit},
                      [&](const Row& row) { sink(read_stop(row)); }));
  return base::ok_status();
}

base::Result<std::int64_t> erase_stops(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> domain_stops_statements() { return kStatements; }

}  // namespace ashlar::links::abuse::store
