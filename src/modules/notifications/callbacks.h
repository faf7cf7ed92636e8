// Callbacks: what providers tell afterwards: delivered, opened, bounced, STOP. And what they never
// tell.
//
//   POST /v1/notification-callbacks/{provider_id}/{token}
//     token  ── the account's own (provider_account.h): wrong or unknown: 403, the same answer
//     body   ── ProviderKind::read_callback judges its signature ──> Reports ── heard
//     heard  ── each once (dedupe) ── state by rank, timeline, suppression, event ──> 200
//
// Promises
//  1. A report counts once, however often and in whatever order it comes, also before the end of
//  the
//     attempt it tells of is written down; a state never goes back.
//  2. All of a call's reports are taken, or the provider has to tell again (503): those that were
//     taken already are then no news.
//  3. A report of what we do not know is answered 200 and counted: the provider would only repeat
//     it.
//  4. At most kMaxReports of a call are taken, the rest is refused with it.
// Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign_callbacks.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/provider.h"
#include "modules/notifications/provider_account.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
class Outbox;
}
namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::security {
class SecretBox;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

class Callbacks {
 public:
  static constexpr std::size_t kMaxReports = 1'000;
  static constexpr base::Seconds kSmsPatience{72 * 3600};

  // All outlive it. `kinds`: provider_kinds().
  Callbacks(const std::vector<ProviderKind>& kinds, storage::Database& db,
            const security::SecretBox& box, events::Outbox& outbox, const base::Clock& clock,
            obs::Registry& metrics);

  // kForbidden callback_refused (token), and what read_callback says; kNotFound callback_unused:
  // this kind of provider tells nothing.
  base::Status hear(ProviderId id, std::string_view token, const Callback& callback);
  // What a provider's own inbound (bounces by mail) has read. In its own transaction.
  base::Status hear_reports(const ProviderAccount& account, std::vector<Report> reports);

  // What a channel's receipts are waited for no longer becomes unknown. House-keeping.
  base::Status give_up_receipts();

 private:
  base::Status hear_in(storage::Transaction& tx, const ProviderAccount& account,
                       const std::vector<Report>& reports);
  base::Status hear_one(storage::Transaction& tx, const ProviderAccount& account,
                        const Report& report, std::vector<DeliveryId>& changed);
  base::Status hear_wish(storage::Transaction& tx, const ProviderAccount& account,
                         const Report& report);
  base::Status suppress(storage::Transaction& tx, const ProviderAccount& account,
                        const Delivery& delivery, const Report& report);
  base::Status advance(storage::Transaction& tx, const ProviderAccount& account,
                       const Delivery& delivery, const Report& report,
                       std::vector<DeliveryId>& changed);

  const std::vector<ProviderKind>& kinds_;
  storage::Database& db_;
  const security::SecretBox& box_;
  events::Outbox& outbox_;
  const base::Clock& clock_;
  CampaignCallbacks campaigns_;
  obs::Counter& taken_;
  obs::Counter& repeated_;
  obs::Counter& unknown_;
  obs::Counter& refused_;
};

}  // namespace ashlar::notifications
