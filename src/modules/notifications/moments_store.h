// MomentsStore: what happened to a delivery here and its row no longer shows: that it was put off,
// and why; that its reader opened it. Kept beside what providers report, and read with that
// (reports_of(), delivery_store.h).
//
// Functions run in the caller's transaction, for its tenant. Stateless: free functions.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/notification.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// A kind's code stands after it: "deferred/quiet_hours".
inline constexpr char kCodeMark = '/';

// It was put off from delivery.updated_at until now, and why.
base::Status keep_deferral(storage::Transaction& tx, const Delivery& waited, base::Time now);
base::Status keep_opening(storage::Transaction& tx, DeliveryId id, base::Time now);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> moment_statements();

}  // namespace ashlar::notifications::store
