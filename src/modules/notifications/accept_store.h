// AcceptStore: what is accepted together, written together: on PostgreSQL one statement for all
// rows of a table, on SQLite, where asking costs nothing, one for each (notification_store.h).
//
// Functions run in the caller's transaction, for its tenant. Stateless: free functions. What is
// given together is bounded by the caller.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/notification_store.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {

struct PlannedNotification {
  const Notification* notification;
  Plan plan;
};
// For each, in their order: as if it had come after those before it, also where they share a
// dedupe_key.
base::Result<std::vector<Accepted>> insert_notifications(
    storage::Transaction& tx, storage::Dialect dialect,
    std::span<const PlannedNotification> planned);

struct NewDelivery {
  Delivery delivery;
  std::string_view category;
  bool counts = false;  // caps count it from now on
};
// Gives each its id, which grow in their order.
base::Status insert_deliveries(storage::Transaction& tx, storage::Dialect dialect,
                               std::span<NewDelivery> deliveries);

// Those of PostgreSQL: on SQLite there are none of its own.
std::span<const storage::Sql* const> accept_statements();

}  // namespace ashlar::notifications::store
