// DeliveryStore: every line of SQL about deliveries once they are queued: attempts, ends, reports,
// what was caught, dead letters. No rules here, but the ranks of states (notification.h, 1), which
// only the database can keep: two may write at once.
//
// Functions run in the caller's transaction: for its tenant, but where said. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/device.h"
#include "modules/notifications/notification.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// In the order in which they were made.
base::Result<std::vector<AttemptRecord>> attempts_of(storage::Transaction& tx, NotificationId id);
base::Result<std::vector<ReportRecord>> reports_of(storage::Transaction& tx, NotificationId id);

// What was caught instead of being sent: the newest first, below `before`.
struct Caught {
  std::int64_t id = 0;
  DeliveryId delivery;
  Channel channel = Channel::kEmail;
  std::string address;
  Rendered content;  // without `data`
  base::Time at{};
};
base::Result<std::vector<Caught>> list_caught(storage::Transaction& tx,
                                              std::optional<Channel> channel, std::int64_t before,
                                              std::int64_t limit);

// --- Dead letters ---

struct DeadFilter {
  std::optional<Channel> channel = {};
  std::optional<std::string> reason = {}, category = {};
  std::optional<ProviderId> provider = {};
  std::optional<base::Time> from = {}, to = {};  // failed at or after, before
};
struct DeadLetter {
  Delivery delivery;
  std::string category, template_key;
};
// The newest first, below `before`.
base::Result<std::vector<DeadLetter>> list_dead(storage::Transaction& tx, const DeadFilter& filter,
                                                DeliveryId before, std::int64_t limit);
struct DeadDelivery {
  Delivery delivery;
  Notification notification;
};
base::Result<std::optional<DeadDelivery>> find_dead(storage::Transaction& tx, DeliveryId id);
// It was replayed: dead no more. Whether it was.
base::Result<bool> bury(storage::Transaction& tx, DeliveryId id, base::Time now);

// --- On the platform ---

// A delivery on its way, with what may have changed since it was planned.
struct Sending {
  Delivery delivery;
  Notification notification;
  std::string suppression;           // why its address gets nothing now; empty: it does
  std::string preferences;           // the recipient's, JSON; empty: no choice made
  std::string name;                  // the recipient's; may be empty
  bool critical = false;             // its category goes whatever the recipient prefers
  std::optional<Platform> platform;  // of its device: there, active, still the user's
  bool maybe_sent = false;           // an attempt that is recorded may have handed it over
};
// Those that are there, in any order.
base::Result<std::vector<Sending>> load_sendings(storage::Transaction& tx,
                                                 std::span<const DeliveryId> ids);

// What became of one delivery, `tries` beside it.
struct Made {
  DeliveryId delivery;
  base::TenantId tenant = {};
  std::int64_t round = 0;  // attempts of the delivery, this one too; 0: none was made
  State state = State::kQueued;
  std::string reason = {}, detail = {};
  bool dead = false;
  ProviderId provider = {};  // unset: stays
  std::string provider_ref = {};
  std::optional<base::Time> next_at = {};
  base::Time at{};
};
// Each delivery once. A state of a lower or the same rank changes nothing but what was attempted.
// The answer: those whose state is another one now.
base::Result<std::vector<DeliveryId>> record_made(storage::Transaction& tx,
                                                  std::span<const Made> made);
// `number` is given here: the next of its delivery. A delivery's own in order.
struct TenantsAttempt {
  base::TenantId tenant;
  const AttemptRecord* attempt = nullptr;
};
base::Status record_attempts(storage::Transaction& tx, std::span<const TenantsAttempt> attempts);
base::Status record_caught(storage::Transaction& tx, base::TenantId tenant, const Caught& caught);
// Their notifications' states become those of their luckiest deliveries.
base::Status settle_notifications(storage::Transaction& tx, std::span<const DeliveryId> deliveries,
                                  base::Time now);

// Whose report it is: by the provider's reference, or by Outgoing::id, also where the attempt it
// tells of is not written down yet.
base::Result<std::optional<Delivery>> find_reported(storage::Transaction& tx, base::TenantId tenant,
                                                    Channel channel, ProviderId provider,
                                                    std::string_view provider_ref, DeliveryId id);
base::Result<std::string> category_of(storage::Transaction& tx, DeliveryId id);
// False: it is there already.
base::Result<bool> insert_report(storage::Transaction& tx, base::TenantId tenant,
                                 const ReportRecord& report, std::string_view dedupe);

// Those of the channel that were sent before `before` and never heard of again: unknown. Which.
base::Result<std::vector<DeliveryId>> give_up_receipts(storage::Transaction& tx, Channel channel,
                                                       base::Time before, base::Time now,
                                                       std::int64_t limit);

std::span<const storage::Sql* const> delivery_statements();

}  // namespace ashlar::notifications::store
