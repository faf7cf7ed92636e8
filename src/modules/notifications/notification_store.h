// NotificationStore: every line of SQL about notifications before their deliveries are sent: what
// was accepted, what was planned of it, digests. No rules here. delivery_store.h has the rest.
//
// Functions run in the caller's transaction, for its tenant, but where said. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/notification.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

struct Accepted {
  NotificationId id;
  bool existed = false;  // by dedupe_key: nothing was written
};
// What its planning came to, where that came before it is written.
struct Plan {
  bool made = false;
  State state = State::kQueued;
  std::string reason = {};
};
// `id` is the database's to say, `state`, `planned` and `reason` are the plan's; times are
// created_at's.
base::Result<Accepted> insert_notification(storage::Transaction& tx, const Notification& n,
                                           const Plan& plan = {});
base::Result<std::optional<Notification>> find_notification(storage::Transaction& tx,
                                                            NotificationId id);

struct NotificationFilter {
  std::optional<std::string> user_id, template_key, category;
  std::optional<State> state;
};
// The newest first, below `before`.
base::Result<std::vector<Notification>> list_notifications(storage::Transaction& tx,
                                                           const NotificationFilter& filter,
                                                           NotificationId before,
                                                           std::int64_t limit);
// Planning has come to an end: what its deliveries are, or why there is none.
base::Status set_planned(storage::Transaction& tx, NotificationId id, State state,
                         std::string_view reason, base::Time now);
base::Status set_digested(storage::Transaction& tx, NotificationId id, NotificationId into,
                          base::Time now);

// Of one that is not planned yet, or gathered and not sent yet: whether it was.
base::Result<bool> cancel_waiting(storage::Transaction& tx, NotificationId id, base::Time now);

// `counts`: caps count it from now on.
base::Result<DeliveryId> insert_delivery(storage::Transaction& tx, const Delivery& delivery,
                                         std::string_view category, bool counts);
base::Result<std::vector<Delivery>> deliveries_of(storage::Transaction& tx, NotificationId id);
base::Result<std::optional<Delivery>> find_planned(storage::Transaction& tx, DeliveryId id);
// A deferred one is queued, deferred again or skipped: whether it was deferred still.
base::Result<bool> replan_delivery(storage::Transaction& tx, const Delivery& delivery, bool counts);
base::Result<std::vector<State>> states_of(storage::Transaction& tx, NotificationId id);

// When notifications of the category went to the user after `after`, but for this one: ascending,
// the last `limit` of them. One of several channels counts once.
base::Result<std::vector<base::Time>> sent_to(storage::Transaction& tx, std::string_view user_id,
                                              std::string_view category, NotificationId but,
                                              base::Time after, std::int64_t limit);

// --- Digests ---

struct OpenDigest {
  std::int64_t id = 0;
  base::Time due_at{};
  bool made = false;  // by this call
};
// The one of this key that gathers, else a new one that is due then.
base::Result<OpenDigest> open_digest(storage::Transaction& tx, std::string_view user_id,
                                     std::string_view key, base::Time due_at);
base::Result<std::optional<base::Time>> digest_due(storage::Transaction& tx,
                                                   std::string_view user_id, std::string_view key);
base::Status add_to_digest(storage::Transaction& tx, std::int64_t digest, NotificationId id);
// Whether it was open.
base::Result<bool> close_digest(storage::Transaction& tx, std::int64_t digest);
// Those that have not gone out yet.
base::Result<std::vector<Notification>> digest_items(storage::Transaction& tx, std::int64_t digest,
                                                     std::int64_t limit);

// --- On the platform ---

// What was created before `before` and has ended, oldest first, with all that hangs on it; what was
// caught, closed digests and recipients' wishes of that age. Up to `limit` of each; how many of the
// most: at the limit there may be more.
base::Result<std::int64_t> sweep(storage::Transaction& tx, base::Time before, std::int64_t limit);

// --- The tenant's share ---

base::Result<std::int64_t> erase_notifications(storage::Transaction& tx, std::int64_t limit);

std::span<const storage::Sql* const> notification_statements();

}  // namespace ashlar::notifications::store
