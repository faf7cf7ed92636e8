// DenialsStore: every line of SQL about hosts that may not be targets, and about what the operator
// has cleared. No rules here.
//
// Functions run in the caller's transaction: for its tenant, or under a PlatformUse where they say
// so. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/abuse/list_verdict.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::abuse::store {

struct Denial {
  std::string host;
  std::string note;
  base::Time created_at{};
};

// Of a tenant's transaction its own; of a platform's (kTenantAdmin) the operator's.
// False: it was there.
base::Result<bool> add_denial(storage::Transaction& tx, const Denial& denial);
base::Result<bool> remove_denial(storage::Transaction& tx, std::string_view host);
// By host, those after `after`.
base::Status list_denials(storage::Transaction& tx, std::string_view after, std::int64_t limit,
                          const std::function<void(Denial)>& sink);
// Whether there are so many.
base::Result<bool> has_denials(storage::Transaction& tx, std::int64_t count);

// Those of `hosts` that are denied to the tenant, by itself or the operator; of a platform's
// transaction by the operator.
base::Result<std::set<std::string>> denied(storage::Transaction& tx,
                                           const std::vector<std::string>& hosts);

// The matches that nobody has cleared. A tenant's transaction.
base::Result<std::vector<ListMatch>> uncleared(storage::Transaction& tx,
                                               std::vector<ListMatch> matches);
// kTenantAdmin.
base::Status add_clearance(storage::Transaction& tx, std::string_view url, std::string_view entry,
                           base::Time now);
// Those URLs are on no list any more. Rows removed.
base::Result<std::int64_t> end_clearances(storage::Transaction& tx,
                                          const std::vector<std::string>& urls);

base::Result<std::int64_t> erase_denials(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> denials_statements();

}  // namespace ashlar::links::abuse::store
