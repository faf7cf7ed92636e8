#include "modules/links/orphans/orphans_store.h"

#include <array>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::orphans::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

// ?1 is [[tenant, domain, kind, visits, bots], …], each key once.
constexpr Sql kAddCounts{
    Audience::kPlatform,
    "INSERT INTO links_orphan_counts (tenant_id, domain_id, kind, visits, bots)"
    " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)"
    " WHERE EXISTS (SELECT 1 FROM links_domains WHERE id = value ->> 1)"
    " ON CONFLICT (tenant_id, domain_id, kind) DO UPDATE"
    " SET visits = links_orphan_counts.visits + excluded.visits,"
    " bots = links_orphan_counts.bots + excluded.bots",
    "INSERT INTO links_orphan_counts (tenant_id, domain_id, kind, visits, bots)"
    " SELECT (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint,"
    " (value ->> 3)::bigint, (value ->> 4)::bigint FROM json_array_elements(?1::text::json)"
    " WHERE (SELECT 1 FROM links_domains WHERE id = (value ->> 1)::bigint) IS NOT NULL"
    " ON CONFLICT (tenant_id, domain_id, kind) DO UPDATE"
    " SET visits = links_orphan_counts.visits + excluded.visits,"
    " bots = links_orphan_counts.bots + excluded.bots"};
// ?1 is [[tenant, domain, kind, at, agent, referrer, path], …].
constexpr Sql kAddKept{
    Audience::kPlatform,
    "INSERT INTO links_orphans (tenant_id, domain_id, kind, at, agent, referrer, path)"
    " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,"
    " value ->> 6 FROM json_each(?1)"
    " WHERE EXISTS (SELECT 1 FROM links_domains WHERE id = value ->> 1)",
    "INSERT INTO links_orphans (tenant_id, domain_id, kind, at, agent, referrer, path)"
    " SELECT (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint,"
    " (value ->> 3)::bigint, (value ->> 4)::bigint, value ->> 5, value ->> 6"
    " FROM json_array_elements(?1::text::json)"
    " WHERE (SELECT 1 FROM links_domains WHERE id = (value ->> 1)::bigint) IS NOT NULL"};
constexpr Sql kTrim{Audience::kPlatform,
                    "DELETE FROM links_orphans WHERE tenant_id = ?1 AND domain_id = ?2 AND id <="
                    " (SELECT id FROM links_orphans WHERE tenant_id = ?1 AND domain_id = ?2"
                    " ORDER BY id DESC LIMIT 1 OFFSET ?3)"};
// Ids rise with time, so the oldest are the first: no index on time is needed.
constexpr Sql kExpire{Audience::kPlatform,
                      "DELETE FROM links_orphans WHERE id IN (SELECT id FROM (SELECT id, at FROM"
                      " links_orphans ORDER BY id LIMIT ?2) AS oldest WHERE at < ?1)"};

constexpr Sql kTotals{Audience::kTenant,
                      "SELECT CAST(sum(visits) AS BIGINT), CAST(sum(bots) AS BIGINT)"
                      " FROM links_orphan_counts WHERE tenant_id = :tenant HAVING count(*) > 0"};
#define ORPHAN_COLUMNS                                                           \
  "SELECT o.id, o.at, o.agent, o.referrer, o.kind, o.path, d.host"               \
  " FROM links_orphans AS o LEFT JOIN links_domains AS d ON d.id = o.domain_id " \
  "AND d.tenant_id = :tenant WHERE o.tenant_id = :tenant"
constexpr Sql kNewest{Audience::kTenant,
                      ORPHAN_COLUMNS " AND o.id < ?1 ORDER BY o.id DESC LIMIT ?2"};
constexpr Sql kNewestOfDomain{Audience::kTenant, ORPHAN_COLUMNS
                              " AND o.domain_id = ?3 AND o.id < ?1 ORDER BY o.id DESC LIMIT ?2"};
constexpr Sql kForgetKept{Audience::kTenant, "DELETE FROM links_orphans WHERE tenant_id = :tenant"};
constexpr Sql kForgetCounts{Audience::kTenant,
                            "DELETE FROM links_orphan_counts WHERE tenant_id = :tenant"};
constexpr Sql kForgetKeptOf{
    Audience::kTenant, "DELETE FROM links_orphans WHERE tenant_id = :tenant AND domain_id = ?1"};
constexpr Sql kForgetCountsOf{
    Audience::kTenant,
    "DELETE FROM links_orphan_counts WHERE tenant_id = :tenant AND domain_id = ?1"};
constexpr Sql kListCounts{Audience::kTenant,
                          "SELECT d.host, o.domain_id, o.kind, o.visits, o.bots"
                          " FROM links_orphan_counts AS o LEFT JOIN links_domains AS d"
                          " ON d.id = o.domain_id AND d.tenant_id = :tenant"
                          " WHERE o.tenant_id = :tenant ORDER BY o.domain_id, o.kind"};
constexpr Sql kEraseKept{Audience::kTenant,
                         "DELETE FROM links_orphans WHERE tenant_id = :tenant AND id IN"
                         " (SELECT id FROM links_orphans WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseCounts{
    Audience::kTenant,
    "DELETE FROM links_orphan_counts WHERE tenant_id = :tenant AND (domain_id, kind) IN"
    " (SELECT domain_id, kind FROM links_orphan_counts WHERE tenant_id = :tenant"
    " ORDER BY domain_id, kind LIMIT ?1)"};

constexpr std::array<const Sql*, 14> kStatements{
    &kAddCounts,      &kAddKept,        &kTrim,       &kExpire,       &kTotals,
    &kNewest,         &kNewestOfDomain, &kForgetKept, &kForgetCounts, &kForgetKeptOf,
    &kForgetCountsOf, &kListCounts,     &kEraseKept,  &kEraseCounts};

std::string counts_json(const std::vector<OrphanCount>& counts) {
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (const OrphanCount& count : counts) {
    json.begin_array().integer(count.tenant.value).integer(count.domain.value);
    json.integer(static_cast<std::int64_t>(count.kind)).integer(count.visits);
    json.integer(count.bots).end_array();
  }
  json.end_array();
  return text;
}

std::string kept_json(const std::vector<KeptOrphan>& kept) {
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (const KeptOrphan& each : kept) {
    json.begin_array().integer(each.tenant.value).integer(each.domain.value);
    json.integer(static_cast<std::int64_t>(each.kind)).integer(base::to_micros(each.at));
    json.integer(static_cast<std::int64_t>(each.agent)).string(each.referrer);
    json.string(each.path).end_array();
  }
  json.end_array();
  return text;
}

}  // namespace

base::Status add(storage::Transaction& tx, const OrphanBuffer::Taken& taken) {
  if (!taken.counts.empty()) ASHLAR_TRY(tx.execute(kAddCounts, {counts_json(taken.counts)}));
  if (!taken.kept.empty()) ASHLAR_TRY(tx.execute(kAddKept, {kept_json(taken.kept)}));
  return base::ok_status();
}

base::Status trim(storage::Transaction& tx, base::TenantId tenant, DomainId domain,
                  std::int64_t keep) {
  ASHLAR_TRY(tx.execute(kTrim, {tenant.value, domain.value, keep}));
  return base::ok_status();
}

base::Result<std::int64_t> expire(storage::Transaction& tx, base::Time before, std::int64_t limit) {
  return tx.execute(kExpire, {base::to_micros(before), limit});
}

base::Result<OrphanTotals> totals(storage::Transaction& tx) {
  OrphanTotals totals;
  ASHLAR_TRY(
      tx.query(kTotals, {}, [&](const Row& row) { totals = {row.integer(0), row.integer(1)}; }));
  return totals;
}

base::Status newest(storage::Transaction& tx, std::optional<DomainId> domain, std::int64_t before,
                    std::int64_t limit, const std::function<void(StoredOrphan)>& sink) {
  const auto take = [&](const Row& row) {
    if (row.is_null(6)) return;  // its domain is gone
    sink({.id = row.integer(0),
          .at = base::from_micros(row.integer(1)),
          .agent = agent_from_stored(row.integer(2)),
          .referrer = std::string(row.text(3)),
          .kind = kind_from_stored(row.integer(4)),
          .path = std::string(row.text(5)),
          .host = std::string(row.text(6))});
  };
  if (domain) {
    ASHLAR_TRY(tx.query(kNewestOfDomain, {before, limit, domain->value}, take));
  } else {
    ASHLAR_TRY(tx.query(kNewest, {before, limit}, take));
  }
  return base::ok_status();
}

base::Result<std::int64_t> forget(storage::Transaction& tx) {
  ASHLAR_ASSIGN(const OrphanTotals all, totals(tx));
  ASHLAR_TRY(tx.execute(kForgetKept, {}));
  ASHLAR_TRY(tx.execute(kForgetCounts, {}));
  return all.visits;
}

base::Status forget_domain(storage::Transaction& tx, DomainId domain) {
  ASHLAR_TRY(tx.execute(kForgetKeptOf, {domain.value}));
  ASHLAR_TRY(tx.execute(kForgetCountsOf, {domain.value}));
  return base::ok_status();
}

base::Status list_counts(storage::Transaction& tx,
                         const std::function<void(std::string, const OrphanCount&)>& sink) {
  ASHLAR_TRY(tx.query(kListCounts, {}, [&](const Row& row) {
    sink(row.maybe_text(0).value_or(""), {.tenant = {},
                                          .domain = DomainId(row.integer(1)),
                                          .kind = kind_from_stored(row.integer(2)),
                                          .visits = row.integer(3),
                                          .bots = row.integer(4)});
  }));
  return base::ok_status();
}

base::Result<std::int64_t> erase_kept(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseKept, {limit});
}

base::Result<std::int64_t> erase_counts(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseCounts, {limit});
}

std::span<const Sql* const> orphan_statements() { return kStatements; }

}  // namespace ashlar::links::orphans::store
