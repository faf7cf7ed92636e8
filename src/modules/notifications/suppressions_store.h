// SuppressionsStore: every line of SQL about suppressed addresses.
//
// Functions run in the caller's transaction: for its tenant, except those that are given one, which
// run on the platform (PlatformUse::kNotifications). Stateless: free functions. Addresses are given
// normalised (recipient.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/notifications/suppression.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// What keeps a message of this category from this address: of everything, else of the category.
base::Result<std::optional<Suppression>> suppressed(storage::Transaction& tx, Channel channel,
                                                    std::string_view address,
                                                    std::string_view category);
// What is said of these addresses, of everything and of these categories; by address and category.
base::Result<std::vector<Suppression>> suppressed_among(storage::Transaction& tx, Channel channel,
                                                        std::span<const std::string> addresses,
                                                        std::span<const std::string> categories);
// All that is said of an address, by category; 1,000 at most.
base::Result<std::vector<Suppression>> suppressions_of(storage::Transaction& tx, Channel channel,
                                                       std::string_view address);
// What is there already stays as it is, but where a reader might take it back (unsubscribe, stop)
// and this no reader may. True: it was written.
base::Result<bool> suppress(storage::Transaction& tx, const Suppression& suppression);
base::Result<bool> remove_suppression(storage::Transaction& tx, Channel channel,
                                      std::string_view address, std::string_view category);
// Of this category and of all, where the reader has unsubscribed; other reasons stay.
base::Status resubscribe(storage::Transaction& tx, Channel channel, std::string_view address,
                         std::string_view category);
// kNotFound tenant_not_found: who comes by an old link must write nothing for a tenant that is
// gone.
base::Status check_tenant(storage::Transaction& tx);
// Those after this one, in the order of channel, address and category.
struct SuppressionPosition {
  std::int64_t channel = -1;
  std::string address, category;
};
base::Result<std::vector<Suppression>> list_suppressions(storage::Transaction& tx,
                                                         const SuppressionPosition& after,
                                                         std::int64_t limit);
base::Result<std::int64_t> erase_suppressions(storage::Transaction& tx, std::int64_t limit);

// --- On the platform ---

base::Result<bool> suppress_for(storage::Transaction& tx, base::TenantId tenant,
                                const Suppression& suppression);
// Only what was suppressed for this reason: START takes back STOP, and no bounce.
base::Result<bool> remove_suppression_for(storage::Transaction& tx, base::TenantId tenant,
                                          Channel channel, std::string_view address,
                                          std::string_view reason);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> suppression_statements();

}  // namespace ashlar::notifications::store
