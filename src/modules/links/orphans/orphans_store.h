// OrphansStore: every line of SQL about visits that led to no link. No rules here.
//
// Functions run in the caller's transaction. Writing is done without a tenant
// (PlatformUse::kClickWriter); reading, forgetting and erasing for one. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "modules/links/orphans/orphan_buffer.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::orphans::store {

// Of a domain there are the newest so many one by one, and a few more.
inline constexpr std::int64_t kKeptOfDomain = 1'000;

// --- Writing: PlatformUse::kClickWriter -----------------------------------------------------

// What is of a domain that is gone is left out: erasing a tenant takes its domains before these.
base::Status add(storage::Transaction& tx, const OrphanBuffer::Taken& taken);
// Leaves of those kept one by one the newest `keep` of the domain.
base::Status trim(storage::Transaction& tx, base::TenantId tenant, DomainId domain,
                  std::int64_t keep);
// Removes those that were kept before `before`, the first `limit` at most; how many.
base::Result<std::int64_t> expire(storage::Transaction& tx, base::Time before, std::int64_t limit);

// --- For a tenant ----------------------------------------------------------------------------

struct OrphanTotals {
  std::int64_t visits = 0;
  std::int64_t bots = 0;
};
base::Result<OrphanTotals> totals(storage::Transaction& tx);

struct StoredOrphan {
  std::int64_t id = 0;
  base::Time at{};
  AgentClass agent = AgentClass::kOther;
  std::string referrer{};
  Kind kind = Kind::kInvalidShortUrl;
  std::string path{};
  std::string host{};  // of the domain
};
// The newest `limit` that are older than `before`, newest first; of one domain where one is given.
base::Status newest(storage::Transaction& tx, std::optional<DomainId> domain, std::int64_t before,
                    std::int64_t limit, const std::function<void(StoredOrphan)>& sink);

// Takes all of the tenant's away; how many visits were counted.
base::Result<std::int64_t> forget(storage::Transaction& tx);
// Those of a domain.
base::Status forget_domain(storage::Transaction& tx, DomainId domain);

// In order of domain and kind.
base::Status list_counts(storage::Transaction& tx,
                         const std::function<void(std::string host, const OrphanCount&)>& sink);
base::Result<std::int64_t> erase_kept(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_counts(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> orphan_statements();

}  // namespace ashlar::links::orphans::store
