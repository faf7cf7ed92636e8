#include "modules/links/abuse/denials_store.h"

#include <algorithm>
#include <array>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kAdd{Audience::kTenant,
                   "INSERT INTO links_denials (tenant_id, host, note, created_at)"
                   " VALUES (:tenant, ?1, ?2, ?3) ON CONFLICT (tenant_id, host) DO NOTHING"};
constexpr Sql kAddForAll{Audience::kPlatform,
                         "INSERT INTO links_operator_denials (host, note, created_at)"
                         " VALUES (?1, ?2, ?3) ON CONFLICT (host) DO NOTHING"};

constexpr Sql kRemove{Audience::kTenant,
                      "DELETE FROM links_denials WHERE tenant_id = :tenant AND host = ?1"};
constexpr Sql kRemoveForAll{Audience::kPlatform,
                            "DELETE FROM links_operator_denials WHERE host = ?1"};

constexpr Sql kList{Audience::kTenant,
                    "SELECT host, note, created_at FROM links_denials"
                    " WHERE tenant_id = :tenant AND host > ?1 ORDER BY host LIMIT ?2"};
constexpr Sql kListForAll{Audience::kPlatform,
                          "SELECT host, note, created_at FROM links_operator_denials"
                          " WHERE host > ?1 ORDER BY host LIMIT ?2"};

constexpr Sql kHas{Audience::kTenant,
                   "SELECT 1 FROM links_denials WHERE tenant_id = :tenant LIMIT 1 OFFSET ?1"};
constexpr Sql kHasForAll{Audience::kPlatform,
                         "SELECT 1 FROM links_operator_denials LIMIT 1 OFFSET ?1"};

// ?1 is a JSON array of hosts.
constexpr Sql kDenied{Audience::kTenant,
                      "SELECT host FROM links_denials WHERE tenant_id = :tenant"
                      " AND host IN (SELECT value FROM json_each(?1))"
                      " UNION ALL SELECT host FROM links_operator_denials"
                      " WHERE host IN (SELECT value FROM json_each(?1))",
                      "SELECT host FROM links_denials WHERE tenant_id = :tenant"
                      " AND host IN (SELECT json_array_elements_text(?1::text::json))"
                      " UNION ALL SELECT host FROM links_operator_denials"
                      " WHERE host IN (SELECT json_array_elements_text(?1::text::json))"};
constexpr Sql kDeniedToAll{Audience::kPlatform,
                           "SELECT host FROM links_operator_denials"
                           " WHERE host IN (SELECT value FROM json_each(?1))",
                           "SELECT host FROM links_operator_denials"
                           " WHERE host IN (SELECT json_array_elements_text(?1::text::json))"};

// What the operator found is true for all: :tenant is there because the statement runs for one.
constexpr Sql kCleared{Audience::kTenant,
                       "SELECT 1 FROM links_clearances WHERE url = ?1 AND entry = ?2"
                       " AND :tenant > 0"};
constexpr Sql kClear{Audience::kPlatform,
                     "INSERT INTO links_clearances (url, entry, created_at) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT (url, entry) DO NOTHING"};
constexpr Sql kEndClearances{
    Audience::kPlatform,
    "DELETE FROM links_clearances WHERE url IN (SELECT value FROM json_each(?1))",
    "DELETE FROM links_clearances WHERE url IN (SELECT json_array_elements_text(?1::text::json))"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM links_denials WHERE tenant_id = :tenant AND host IN"
                     " (SELECT host FROM links_denials WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 14> kStatements{
    &kAdd,       &kAddForAll, &kRemove,      &kRemoveForAll, &kList,  &kListForAll,    &kHas,
    &kHasForAll, &kDenied,    &kDeniedToAll, &kCleared,      &kClear, &kEndClearances, &kErase};

std::string json_array(const std::vector<std::string>& texts) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
  return out;
}

const Sql& either(storage::Transaction& tx, const Sql& of_tenant, const Sql& of_all) {
  return tx.context().is_tenant() ? of_tenant : of_all;
}

}  // namespace

base::Result<bool> add_denial(storage::Transaction& tx, const Denial& denial) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(either(tx, kAdd, kAddForAll),
                           {denial.host, denial.note, base::to_micros(denial.created_at)}));
  return rows == 1;
}

base::Result<bool> remove_denial(storage::Transaction& tx, std::string_view host) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(either(tx, kRemove, kRemoveForAll), {host}));
  return rows == 1;
}

base::Status list_denials(storage::Transaction& tx, std::string_view after, std::int64_t limit,
                          const std::function<void(Denial)>& sink) {
  ASHLAR_TRY(tx.query(either(tx, kList, kListForAll), {after, limit}, [&](const Row& row) {
    sink({std::string(row.text(0)), std::string(row.text(1)), base::from_micros(row.integer(2))});
  }));
  return base::ok_status();
}

base::Result<bool> has_denials(storage::Transaction& tx, std::int64_t count) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.query(either(tx, kHas, kHasForAll), {count - 1}, [](const Row&) {}));
  return rows > 0;
}

base::Result<std::set<std::string>> denied(storage::Transaction& tx,
                                           const std::vector<std::string>& hosts) {
  std::set<std::string> found;
  ASHLAR_TRY(tx.query(either(tx, kDenied, kDeniedToAll), {json_array(hosts)},
                      [&](const Row& row) { found.emplace(row.text(0)); }));
  return found;
}

base::Result<std::vector<ListMatch>> uncleared(storage::Transaction& tx,
                                               std::vector<ListMatch> matches) {
  std::vector<ListMatch> left;
  for (ListMatch& match : matches) {
    ASHLAR_ASSIGN(const std::int64_t rows,
                  tx.query(kCleared, {match.url, match.entry}, [](const Row&) {}));
    if (rows == 0) left.push_back(std::move(match));
  }
  return left;
}

base::Status add_clearance(storage::Transaction& tx, std::string_view url, std::string_view entry,
                           base::Time now) {
  ASHLAR_TRY(tx.execute(kClear, {url, entry, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<std::int64_t> end_clearances(storage::Transaction& tx,
                                          const std::vector<std::string>& urls) {
  return tx.execute(kEndClearances, {json_array(urls)});
}

base::Result<std::int64_t> erase_denials(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> denials_statements() { return kStatements; }

}  // namespace ashlar::links::abuse::store
