// EndpointsStore: every line of SQL about endpoints (deliveries have theirs in
// deliveries_store.h). No rules here.
//
// Functions run in the caller's transaction: for its tenant, except those that are given one, which
// run on the platform. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "modules/webhooks/endpoint.h"

namespace ashlar::storage {
class Row;
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::webhooks::store {

// Without its keys: they are sealed for the id that is given here.
base::Result<EndpointId> insert_endpoint(storage::Transaction& tx, const Endpoint& endpoint);
base::Result<std::optional<Endpoint>> find_endpoint(storage::Transaction& tx, EndpointId id);
base::Result<std::int64_t> count_endpoints(storage::Transaction& tx);
// The newest `limit` below `before`, newest first.
base::Result<std::vector<Endpoint>> list_endpoints(storage::Transaction& tx, EndpointId before,
                                                   std::int64_t limit);
// Writes everything that can change, of the endpoint with this id.
base::Status update_endpoint(storage::Transaction& tx, const Endpoint& endpoint);
base::Result<bool> delete_endpoint(storage::Transaction& tx, EndpointId id);

// --- On the platform ---

base::Result<std::vector<Endpoint>> endpoints_of(storage::Transaction& tx, base::TenantId tenant);
// From the first failure on; a success ends it.
base::Status note_failing(storage::Transaction& tx, EndpointId id, base::Time since);
base::Status note_success(storage::Transaction& tx, EndpointId id);
// False: it was disabled already. With `failing_before`: only where it fails since then or longer.
base::Result<bool> disable(storage::Transaction& tx, EndpointId id, EndpointState state,
                           std::optional<base::Time> failing_before, base::Time now);

// The tenant's `limit` oldest endpoints newer than `after`.
base::Result<std::vector<Endpoint>> export_endpoints(storage::Transaction& tx, EndpointId after,
                                                     std::int64_t limit);
base::Result<std::int64_t> erase_endpoints(storage::Transaction& tx, std::int64_t limit);

// An endpoint whose columns (kEndpointColumns' order) begin at `first`.
Endpoint read_endpoint(const storage::Row& row, int first);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> endpoint_statements();

}  // namespace ashlar::webhooks::store
