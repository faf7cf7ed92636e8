// Payment: what has become of a payment: a fold over its events, in their order. Pure.
//
//   needs_method ──updated──> needs_confirmation ──authorizing──> processing
//        ^                                                            │
//        └──── declined, authorize_not_done ──────────────────────────┤
//                 needs_action <── action_needed ─────────────────────┤
//                     └── authorized, declined                        │
//   succeeded <── captured (all, or the last part) ── capturable <── authorized
//   canceled  <── canceled, authorization_expired ── any of those before `succeeded`
//
// (The functions behind the arrows are named in payment.cc, above apply().) What is in flight with
// the provider and has an unknown outcome makes the state `processing`, whatever it was.
//
// Invariants, whatever order providers tell things in; check() holds them:
//  1. captured <= authorized.
//  2. refunded + open or lost disputes <= captured, but where the customer's bank disputes what has
//     been refunded already: then our refunds stand, and nothing more can be.
//  3. At most one of authorize, capture, cancel is in flight; while it is, no other begins.
//     Refunds may be in flight beside each other: their sum counts from their beginning.
//  4. A final state (succeeded, canceled) never leaves.
//  5. Each provider reference appears once.
//  6. An event applies to the state before it, or is refused: apply() never guesses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::payments {

using Money = std::int64_t;                                      // minor units
inline constexpr Money kMaxMoney = (std::int64_t{1} << 53) - 1;  // what a JavaScript number holds
// Of attempts, captures, refunds and disputes each; and of all events.
inline constexpr std::size_t kMaxPartsOfPayment = 500;
inline constexpr std::int64_t kMaxEventsOfPayment = 10'000;
using Pairs = std::vector<std::pair<std::string, std::string>>;

enum class PaymentState : std::uint8_t {
  kNeedsMethod,
  kNeedsConfirmation,
  kNeedsAction,
  kProcessing,
  kCapturable,
  kSucceeded,
  kCanceled
};
inline constexpr std::size_t kStatesOfPayment = 7;
enum class Capture : std::uint8_t { kAutomatic, kManual };

enum class AttemptState : std::uint8_t {
  kOpen,
  kUnknown,
  kNeedsAction,
  kAuthorized,
  kDeclined,
  kNotDone,
  kReleased  // authorised, then canceled or expired before anything was captured
};
// One try to get the money: a charge, for those who call it so.
struct Attempt {
  std::string id;  // "ch_…"
  AttemptState state = AttemptState::kOpen;
  std::string provider, reference, method, token;
  std::string decline_code, message, action_url, network, last4;
  Money amount = 0;  // asked for
  Money authorized = 0, captured = 0, refunded = 0;
  std::string description, receipt_email;
  Pairs metadata;
  base::Time at{};
  std::optional<base::Time> expires_at;  // of the authorisation
};

enum class CaptureState : std::uint8_t { kOpen, kUnknown, kDone, kNotDone };
struct CapturePart {
  std::string id;  // "cap_…"; its balance entry: entry_id(id, 'c')
  CaptureState state = CaptureState::kOpen;
  std::string attempt, reference;
  Money amount = 0, fee = 0;
  bool last = true;
  base::Time at{};
  base::Time available_on{};
};

enum class RefundState : std::uint8_t { kOpen, kUnknown, kPending, kSucceeded, kFailed, kCanceled };
struct Refund {
  std::string id;  // "re_…"; its balance entry: entry_id(id, 'r')
  RefundState state = RefundState::kOpen;
  std::string attempt, reference, reason, failure;
  Money amount = 0;
  Pairs metadata;
  base::Time at{};
};

enum class DisputeState : std::uint8_t { kNeedsResponse, kUnderReview, kWon, kLost };
struct Dispute {
  std::string id;  // "dp_…"; its balance entries: entry_id(id, 'd'), and 'w' once won
  DisputeState state = DisputeState::kNeedsResponse;
  std::string attempt, reference, reason;
  Money amount = 0, fee = 0;
  Pairs evidence, metadata;
  int submissions = 0;
  bool expired = false;  // lost because the deadline passed
  base::Time at{};
  std::optional<base::Time> due_by;
};

enum class InFlight : std::uint8_t { kNothing, kAuthorize, kCapture, kCancel };

struct Payment {
  std::string id;  // "pay_…"
  PaymentState state = PaymentState::kNeedsMethod;
  Money amount = 0;
  std::string currency;  // lower case, "usd"
  Capture capture = Capture::kAutomatic;
  std::string customer, method, description, descriptor, merchant_reference, receipt_email;
  std::string cancel_reason;
  bool off_session = false;
  Pairs metadata;
  InFlight in_flight = InFlight::kNothing;
  bool unknown = false;  // the outcome of what is in flight
  std::vector<Attempt> attempts;
  std::vector<CapturePart> captures;
  std::vector<Refund> refunds;
  std::vector<Dispute> disputes;
  base::Time created_at{};
  std::optional<base::Time> canceled_at;
  base::Time changed_at{};  // of the last event
  std::int64_t events = 0;  // so many have been applied

  [[nodiscard]] Money authorized() const;
  [[nodiscard]] Money capturable() const;  // authorised and neither captured nor released
  [[nodiscard]] Money captured() const;
  [[nodiscard]] Money refunded() const;  // pending ones among them, failed ones not
  [[nodiscard]] Money disputed() const;  // open or lost
  [[nodiscard]] Money refundable() const;
  [[nodiscard]] const Attempt* latest_attempt() const;  // null: none yet
  [[nodiscard]] const Attempt* attempt(std::string_view id) const;
  [[nodiscard]] const CapturePart* capture_part(std::string_view id) const;
  [[nodiscard]] const Refund* refund(std::string_view id) const;
  [[nodiscard]] const Dispute* dispute(std::string_view id) const;
};

std::string_view name_of(PaymentState state);  // "needs_method"
std::string_view name_of(AttemptState state);
std::string_view name_of(RefundState state);
std::string_view name_of(DisputeState state);

struct PaymentEvent;  // payment_events.h

// kInvalid event_refused: it does not apply to this state; the payment is as it was.
base::Status apply(Payment& payment, const PaymentEvent& event);
// The first invariant that does not hold, in words; empty: sound.
std::string check(const Payment& payment);

}  // namespace ashlar::payments
