#include "modules/notifications/callbacks.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/kept_text.h"
#include "modules/notifications/notification_events.h"
#include "modules/notifications/provider_store.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/suppressions_store.h"
#include "platform/events/outbox.h"
#include "platform/observability/metrics.h"
#include "platform/security/secret_box.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using Kind = Report::Kind;

constexpr std::int64_t kGiveUpBatch = 500;
constexpr int kMaxGiveUpBatches = 100;  // a round
constexpr std::size_t kMaxDedupeBytes = 200;
constexpr std::size_t kMaxRefBytes = 255;

storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kNotifications).read_committed();
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kSent:
      return "sent";
    case Kind::kDelivered:
      return "delivered";
    case Kind::kOpened:
      return "opened";
    case Kind::kFailed:
      return "undelivered";
    case Kind::kHardBounce:
      return "bounced";
    case Kind::kComplaint:
      return "complaint";
    case Kind::kStop:
      return "stop";
    case Kind::kStart:
      break;
  }
  return "start";
}

// Who complains has got it.
State state_of(Kind kind) {
  switch (kind) {
    case Kind::kSent:
      return State::kSent;
    case Kind::kDelivered:
    case Kind::kComplaint:
      return State::kDelivered;
    case Kind::kOpened:
      return State::kOpened;
    default:
      return State::kFailed;
  }
}

// Outgoing::id, read back: "n123".
DeliveryId delivery_of(std::string_view message_id) {
  std::int64_t id = 0;
  if (!message_id.starts_with('n')) return {};
  message_id.remove_prefix(1);
  const auto read = std::from_chars(message_id.data(), message_id.data() + message_id.size(), id);
  const bool whole = read.ec == std::errc() && read.ptr == message_id.data() + message_id.size();
  return whole && id > 0 ? DeliveryId(id) : DeliveryId();
}

// Wishes hang on no delivery: they are remembered under their provider's own negative number.
ReportRecord wish_of(const ProviderAccount& account, const Report& report, base::Time now) {
  return {DeliveryId(-account.id.value),
          std::string(name_of(report.kind)),
          {},
          report.at.value_or(now),
          now};
}

// Only SMS are known by the provider's reference alone.
bool may_be_of_campaigns(const ProviderAccount& account, const std::vector<Report>& reports) {
  return account.channel == Channel::kSms || std::ranges::any_of(reports, [](const Report& report) {
           return report.message_id.starts_with('c');
         });
}

}  // namespace

Callbacks::Callbacks(const std::vector<ProviderKind>& kinds, storage::Database& db,
                     const security::SecretBox& box, events::Outbox& outbox,
                     const base::Clock& clock, obs::Registry& metrics)
    : kinds_(kinds),
      db_(db),
      box_(box),
      outbox_(outbox),
      clock_(clock),
      campaigns_(db, clock),
      taken_(metrics.make_counter("ashlar_notifications_reports_total",
                                  "What providers told afterwards, by what became of it.",
                                  {{"outcome", "taken"}})),
      repeated_(metrics.make_counter("ashlar_notifications_reports_total",
                                     "What providers told afterwards, by what became of it.",
                                     {{"outcome", "repeated"}})),
      unknown_(metrics.make_counter("ashlar_notifications_reports_total",
                                    "What providers told afterwards, by what became of it.",
                                    {{"outcome", "unknown"}})),
      refused_(metrics.make_counter("ashlar_notifications_callbacks_refused_total",
                                    "Callbacks with a wrong token, signature or body.")) {}

base::Status Callbacks::hear(ProviderId id, std::string_view token, const Callback& callback) {
  ASHLAR_ASSIGN(const std::optional<ProviderAccount> account,
                db_.read(context(), [&](storage::Transaction& tx) {
                  return store::find_provider_anywhere(tx, id);
                }));
  if (!account || !is_callback_token(*account, token)) {
    refused_.add();
    return base::fail(base::Code::kForbidden, "callback_refused",
                      "No provider is called back under this address.");
  }
  const auto kind = std::ranges::find(kinds_, account->type, &ProviderKind::type);
  if (kind == kinds_.end() || !kind->read_callback) {
    return base::fail(base::Code::kNotFound, "callback_unused",
                      "Providers of this type tell nothing afterwards.");
  }
  ASHLAR_ASSIGN(const std::string settings, opened_settings(box_, *account));
  base::Result<std::vector<Report>> reports = kind->read_callback(settings, callback);
  if (!reports.ok()) {
    refused_.add();
    return std::move(reports).error();
  }
  return hear_reports(*account, *std::move(reports));
}

base::Status Callbacks::hear_reports(const ProviderAccount& account, std::vector<Report> reports) {
  if (reports.size() > kMaxReports) {
    return base::fail(base::Code::kInvalid, "callback_malformed",
                      "A call tells of 1,000 messages at most.");
  }
  if (may_be_of_campaigns(account, reports)) {
    ASHLAR_ASSIGN(CampaignCallbacks::Heard heard, campaigns_.hear(account, std::move(reports)));
    taken_.add(static_cast<std::uint64_t>(heard.taken));
    repeated_.add(static_cast<std::uint64_t>(heard.repeated));
    reports = std::move(heard.others);
    if (reports.empty()) return base::ok_status();
  }
  return db_.write(context(),
                   [&](storage::Transaction& tx) { return hear_in(tx, account, reports); });
}

base::Status Callbacks::hear_in(storage::Transaction& tx, const ProviderAccount& account,
                                const std::vector<Report>& reports) {
  std::vector<DeliveryId> changed;
  for (const Report& report : reports) ASHLAR_TRY(hear_one(tx, account, report, changed));
  return store::settle_notifications(tx, changed, clock_.now());
}

base::Status Callbacks::hear_one(storage::Transaction& tx, const ProviderAccount& account,
                                 const Report& report, std::vector<DeliveryId>& changed) {
  if (report.kind == Kind::kStop || report.kind == Kind::kStart) {
    return hear_wish(tx, account, report);
  }
  ASHLAR_ASSIGN(const std::optional<Delivery> delivery,
                store::find_reported(tx, account.tenant, account.channel, account.id,
                                     report.provider_ref, delivery_of(report.message_id)));
  if (!delivery) {
    tx.on_commit([this] { unknown_.add(); });
    return base::ok_status();
  }
  const base::Time now = clock_.now();
  const ReportRecord record{delivery->id, std::string(name_of(report.kind)),
                            kept_text(report.detail, Outgoing::kMaxDetailBytes),
                            report.at.value_or(now), now};
  ASHLAR_ASSIGN(const bool fresh, store::insert_report(tx, account.tenant, record,
                                                       report.dedupe.substr(0, kMaxDedupeBytes)));
  tx.on_commit([this, fresh] { (fresh ? taken_ : repeated_).add(); });
  if (!fresh) return base::ok_status();
  if (report.kind == Kind::kHardBounce || report.kind == Kind::kComplaint) {
    ASHLAR_TRY(suppress(tx, account, *delivery, report));
  }
  return advance(tx, account, *delivery, report, changed);
}

base::Status Callbacks::suppress(storage::Transaction& tx, const ProviderAccount& account,
                                 const Delivery& delivery, const Report& report) {
  Suppression suppression;
  suppression.channel = delivery.channel;
  suppression.address = delivery.target.address;
  const bool complaint = report.kind == Kind::kComplaint;
  suppression.reason = complaint ? Suppression::kComplaint : Suppression::kHardBounce;
  suppression.source = account.name;
  suppression.detail = kept_text(report.detail, Outgoing::kMaxDetailBytes);
  suppression.created_at = clock_.now();
  ASHLAR_TRY(store::suppress_for(tx, account.tenant, suppression));
  return base::ok_status();
}

base::Status Callbacks::hear_wish(storage::Transaction& tx, const ProviderAccount& account,
                                  const Report& report) {
  const auto address = normalized_address(account.channel, report.address, "/address");
  if (!address.ok()) {
    tx.on_commit([this] { unknown_.add(); });
    return base::ok_status();
  }
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const bool fresh,
                store::insert_report(tx, account.tenant, wish_of(account, report, now),
                                     report.dedupe.substr(0, kMaxDedupeBytes)));
  tx.on_commit([this, fresh] { (fresh ? taken_ : repeated_).add(); });
  if (!fresh) return base::ok_status();
  if (report.kind == Kind::kStart) {
    ASHLAR_TRY(store::remove_suppression_for(tx, account.tenant, account.channel, *address,
                                             Suppression::kStop));
    return base::ok_status();
  }
  Suppression suppression;
  suppression.channel = account.channel;
  suppression.address = *address;
  suppression.reason = Suppression::kStop;
  suppression.source = account.name;
  suppression.detail = kept_text(report.detail, Outgoing::kMaxDetailBytes);
  suppression.created_at = now;
  ASHLAR_TRY(store::suppress_for(tx, account.tenant, suppression));
  return base::ok_status();
}

base::Status Callbacks::advance(storage::Transaction& tx, const ProviderAccount& account,
                                const Delivery& delivery, const Report& report,
                                std::vector<DeliveryId>& changed) {
  const State state = state_of(report.kind);
  const bool failed = state == State::kFailed;
  store::Made made{.delivery = delivery.id, .tenant = delivery.tenant, .state = state};
  if (failed) made.reason = name_of(report.kind);
  if (failed) made.detail = kept_text(report.detail, Outgoing::kMaxDetailBytes);
  made.dead = report.kind == Kind::kFailed;
  made.at = clock_.now();
  // The attempt is not written down yet: who tells of it has it.
  if (delivery.provider != account.id) {
    made.provider = account.id;
    made.provider_ref = kept_text(report.provider_ref, kMaxRefBytes);
  }
  ASHLAR_ASSIGN(const std::vector<DeliveryId> advanced, store::record_made(tx, {&made, 1}));
  if (advanced.empty()) return base::ok_status();
  changed.push_back(delivery.id);
  ASHLAR_ASSIGN(const std::string category, store::category_of(tx, delivery.id));
  const auto event = state_event(delivery, category, state, made.reason, {});
  if (event) ASHLAR_TRY(outbox_.append_for(tx, delivery.tenant, *event));
  return base::ok_status();
}

base::Status Callbacks::give_up_receipts() {
  const base::Time now = clock_.now();
  for (int batch = 0; batch < kMaxGiveUpBatches; ++batch) {
    std::size_t given_up = 0;
    ASHLAR_TRY(db_.write(context(), [&](storage::Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(
          const std::vector<DeliveryId> ids,
          store::give_up_receipts(tx, Channel::kSms, now - kSmsPatience, now, kGiveUpBatch));
      given_up = ids.size();
      return store::settle_notifications(tx, ids, now);
    }));
    if (given_up < static_cast<std::size_t>(kGiveUpBatch)) break;
  }
  return base::ok_status();
}

}  // namespace ashlar::notifications
