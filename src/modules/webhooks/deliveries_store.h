// DeliveriesStore: every line of SQL about messages, deliveries and attempts. No rules here.
//
// Functions run in the caller's transaction: for its tenant, except those that are given one, which
// run on the platform. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/webhooks/delivery.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::webhooks::store {

// What fan-out writes for one endpoint.
struct NewDelivery {
  EndpointId endpoint;
  DeliveryState state = DeliveryState::kPending;  // kFailed: the endpoint is disabled
};

// An event that is there already stays as it is.
base::Status put_message(storage::Transaction& tx, const Message& message, base::Time now);
base::Result<DeliveryId> insert_test(storage::Transaction& tx, EndpointId endpoint,
                                     const Message& message, base::Time now);

base::Result<std::optional<Delivery>> find_delivery(storage::Transaction& tx, EndpointId endpoint,
                                                    DeliveryId id);
base::Result<std::vector<AttemptRecord>> attempts_of(storage::Transaction& tx, DeliveryId id);

// Where a list stands: the newest first.
struct Position {
  std::int64_t created_at = INT64_MAX;
  std::int64_t id = INT64_MAX;
};
struct DeliveryFilter {
  std::optional<DeliveryState> state;
  std::optional<std::string> event_type, event_id;
};
// The newest `limit` that fit, before `before`, newest first.
base::Result<std::vector<Delivery>> list_deliveries(storage::Transaction& tx, EndpointId endpoint,
                                                    const Position& before,
                                                    const DeliveryFilter& filter,
                                                    std::int64_t limit);

// Ended ones, but tests, created in [from, to) and after `after`, oldest first. `failed_only`: of
// delivered ones none.
struct ReplayRange {
  base::Time from{};
  base::Time to{};
  bool failed_only = true;
};
base::Result<std::vector<Delivery>> ended_deliveries(storage::Transaction& tx, EndpointId endpoint,
                                                     const ReplayRange& range,
                                                     const Position& after, std::int64_t limit);
base::Result<std::vector<Delivery>> ended_deliveries_of(storage::Transaction& tx,
                                                        EndpointId endpoint,
                                                        std::span<const std::string> event_ids,
                                                        bool failed_only);
// Ended ones of these become pending, with a whole plan before them.
base::Status reopen(storage::Transaction& tx, std::span<const DeliveryId> ids);
// A pending one may be tried at any time from now on.
base::Status hurry(storage::Transaction& tx, DeliveryId id);

// --- On the platform ---

base::Status put_message_for(storage::Transaction& tx, base::TenantId tenant,
                             const Message& message, base::Time now);
base::Result<std::vector<std::pair<DeliveryId, EndpointId>>> insert_deliveries(
    storage::Transaction& tx, base::TenantId tenant, const Message& message,
    std::span<const NewDelivery> deliveries, base::Time now);

// nullopt: it, its message or its endpoint is gone.
base::Result<std::optional<LoadedDelivery>> load_delivery(storage::Transaction& tx, DeliveryId id);

// An attempt and what followed from it.
struct Made {
  DeliveryId delivery;
  base::Time at{};
  base::Micros took{0};
  DeliveryState state = DeliveryState::kPending;
  std::optional<int> status;
  std::string error;  // empty: delivered
  std::optional<std::string> answer;
  std::optional<base::Time> next_at;
};
// Where somebody else's attempt has ended the delivery meanwhile, a failure does not undo that.
base::Status record_attempts(storage::Transaction& tx, std::span<const Made> made);
// Ended without an attempt: its endpoint is disabled.
base::Status record_dropped(storage::Transaction& tx, std::span<const DeliveryId> ids);

// What was created before `before`, oldest first: rows removed.
base::Result<std::int64_t> sweep(storage::Transaction& tx, base::Time before, std::int64_t limit);

// --- The tenant's share, exported and erased ---

base::Result<std::vector<Delivery>> export_deliveries(storage::Transaction& tx, DeliveryId after,
                                                      std::int64_t limit);
base::Result<std::int64_t> erase_deliveries(storage::Transaction& tx, std::int64_t limit);

std::span<const storage::Sql* const> delivery_statements();

}  // namespace ashlar::webhooks::store
