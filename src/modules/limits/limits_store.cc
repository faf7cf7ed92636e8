#include "modules/limits/limits_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::limits::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kCurrent{Audience::kTenant,
                       "SELECT version, written_at, author, summary, rules, text"
                       " FROM limits_rule_versions WHERE tenant_id = :tenant"
                       " ORDER BY version DESC LIMIT 1"};

constexpr Sql kFind{Audience::kTenant,
                    "SELECT version, written_at, author, summary, rules, text"
                    " FROM limits_rule_versions WHERE tenant_id = :tenant AND version = ?1"};

constexpr Sql kList{Audience::kTenant,
                    "SELECT version, written_at, author, summary, rules, ''"
                    " FROM limits_rule_versions WHERE tenant_id = :tenant AND version < ?1"
                    " ORDER BY version DESC LIMIT ?2"};

constexpr Sql kInsert{Audience::kTenant,
                      "INSERT INTO limits_rule_versions"
                      " (tenant_id, version, written_at, author, summary, rules, text)"
                      " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6)"};

constexpr Sql kPrune{Audience::kTenant,
                     "DELETE FROM limits_rule_versions WHERE tenant_id = :tenant AND version < ?1"};

constexpr Sql kChangedSince{Audience::kPlatform,
                            "SELECT tenant_id, version FROM limits_rule_versions"
                            " WHERE written_at >= ?1 ORDER BY written_at LIMIT ?2"};

constexpr Sql kExport{Audience::kTenant,
                      "SELECT version, written_at, author, summary, rules, text"
                      " FROM limits_rule_versions WHERE tenant_id = :tenant AND version > ?1"
                      " ORDER BY version LIMIT ?2"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM limits_rule_versions WHERE tenant_id = :tenant AND version IN"
                     " (SELECT version FROM limits_rule_versions WHERE tenant_id = :tenant"
                     " ORDER BY version LIMIT ?1)"};

constexpr std::array<const Sql*, 8> kStatements{&kCurrent, &kFind,         &kList,   &kInsert,
                                                &kPrune,   &kChangedSince, &kExport, &kErase};

Version read_version(const Row& row) {
  Version version;
  version.version = row.integer(0);
  version.written_at = base::from_micros(row.integer(1));
  version.author = row.text(2);
  version.summary = row.text(3);
  version.rules = row.integer(4);
  version.text = row.text(5);
  return version;
}

}  // namespace

base::Result<std::optional<Version>> current(storage::Transaction& tx) {
  std::optional<Version> version;
  ASHLAR_TRY(tx.query(kCurrent, {}, [&](const Row& row) { version = read_version(row); }));
  return version;
}

base::Result<std::optional<Version>> find(storage::Transaction& tx, std::int64_t number) {
  std::optional<Version> version;
  ASHLAR_TRY(tx.query(kFind, {number}, [&](const Row& row) { version = read_version(row); }));
  return version;
}

base::Result<std::vector<Version>> list(storage::Transaction& tx, std::int64_t before,
                                        std::int64_t limit) {
  std::vector<Version> versions;
  ASHLAR_TRY(tx.query(kList, {before, limit},
                      [&](const Row& row) { versions.push_back(read_version(row)); }));
  return versions;
}

base::Status insert(storage::Transaction& tx, const Version& version) {
  ASHLAR_TRY(tx.execute(kInsert, {version.version, base::to_micros(version.written_at),
                                  version.author, version.summary, version.rules, version.text}));
  return base::ok_status();
}

base::Result<std::int64_t> prune(storage::Transaction& tx, std::int64_t version) {
  return tx.execute(kPrune, {version});
}

base::Result<std::vector<Change>> changed_since(storage::Transaction& tx, base::Time since,
                                                std::int64_t limit) {
  std::vector<Change> changes;
  ASHLAR_TRY(tx.query(kChangedSince, {base::to_micros(since), limit}, [&](const Row& row) {
    changes.push_back({base::TenantId(row.integer(0)), row.integer(1)});
  }));
  return changes;
}

base::Result<std::vector<Version>> export_versions(storage::Transaction& tx, std::int64_t after,
                                                   std::int64_t limit) {
  std::vector<Version> versions;
  ASHLAR_TRY(tx.query(kExport, {after, limit},
                      [&](const Row& row) { versions.push_back(read_version(row)); }));
  return versions;
}

base::Result<std::int64_t> erase(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> statements() { return kStatements; }

}  // namespace ashlar::limits::store
