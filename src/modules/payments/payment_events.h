// PaymentEvent: one thing that happened to a payment, and its JSON.
//
// One flat record for all types: a type uses the fields that the comment beside it names, others
// are at their defaults and not written. What is stored is read back to the same record, by every
// later version: fields are added, never given another meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/payment.h"

namespace ashlar::payments {

enum class EventType : std::uint8_t {
  kCreated,               // payment.created: amount, currency, capture and the texts
  kUpdated,               // payment.updated: only what changed; an empty text unsets
  kAuthorizing,           // payment.authorizing: part ch_, amount, provider, method, token
  kActionNeeded,          // payment.action_needed: part, reference, url
  kAuthorized,            // payment.authorized: part, reference, amount, network, last4, expires_at
  kDeclined,              // payment.declined: part, code, message, network, last4
  kAuthorizeNotDone,      // payment.authorize_not_done: part
  kCapturing,             // payment.capturing: part cap_, amount, last
  kCaptured,              // payment.captured: part, reference, amount, fee, last, available_on
  kCaptureNotDone,        // payment.capture_not_done: part, message
  kCanceling,             // payment.canceling: reason
  kCanceled,              // payment.canceled: reason
  kCancelNotDone,         // payment.cancel_not_done: message
  kAuthorizationExpired,  // payment.authorization_expired: part
  kUnknown,               // payment.processing: what is in flight has an unknown outcome
  kChargeUpdated,         // charge.updated: part, metadata, description, receipt_email
  kRefunding,             // refund.created: part re_, charge, amount, reason, metadata
  kRefundUnknown,         // refund.unknown: part
  kRefundPending,         // refund.pending: part, reference
  kRefunded,              // refund.succeeded: part, reference
  kRefundFailed,          // refund.failed: part, reason
  kRefundCanceled,        // refund.canceled: part
  kRefundUpdated,         // refund.updated: part, metadata
  kDisputeOpened,      // dispute.opened: part dp_, charge, reference, amount, fee, reason, due_by
  kDisputeUpdated,     // dispute.updated: part, evidence, metadata, due_by
  kEvidenceSubmitted,  // dispute.submitted: part
  kDisputeWon,         // dispute.won: part, fee: what of it came back
  kDisputeLost,        // dispute.lost: part, expired
};
inline constexpr std::size_t kEventTypes = 28;

struct PaymentEvent {
  EventType type = EventType::kCreated;
  base::Time at{};
  std::string part, charge, reference, provider, token;
  std::string code, message, reason, url, network, last4;
  Money amount = 0, fee = 0;
  bool last = false, expired = false;
  std::optional<base::Time> expires_at, available_on, due_by;
  // Of kCreated and kUpdated; `method` of kAuthorizing too.
  std::optional<std::string> currency, customer, method, description, descriptor, receipt_email;
  std::string merchant_reference;
  bool manual = false;
  std::optional<bool> off_session;
  std::optional<Pairs> metadata, evidence;  // the whole of it after the event

  friend bool operator==(const PaymentEvent&, const PaymentEvent&) = default;
};

std::string_view name_of(EventType type);  // "payment.created"
std::optional<EventType> event_type_of(std::string_view name);
// Whether others hear of it, or only the payment's own story does.
bool is_published(EventType type);

// The body; type and time are columns of their own.
std::string to_json(const PaymentEvent& event);
// kInternal payment_event_damaged.
base::Result<PaymentEvent> event_of(EventType type, base::Time at, std::string_view body);

}  // namespace ashlar::payments
