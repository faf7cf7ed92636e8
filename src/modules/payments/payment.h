// Payment: what has become of a payment: a fold over its events, in their order. Pure.
//
//                      created
//                         v
//   needs_method ──attach()──> needs_confirmation ──attempt_begun──> processing
//        ^                            ^                                 │
//        └──── attempt_declined ──────┴─────────────────────────────────┤
//                                     needs_action <── action_needed ───┤
//                                         └─ action_done ─> processing  │
//   succeeded <── captured (all, or the last part) ── capturable <── authorized
//   canceled  <── canceled, authorization_expired, abandoned ── any of those before `succeeded`
//
// (The functions behind the arrows are named in payment.cc, above apply().)
//
// Invariants, whatever order providers tell things in; check() holds them:
//  1. captured <= authorized. 2. refunded + lost to disputes <= captured. 3. At most one attempt is
//  in flight; while it is,
//     nothing else that would reach the provider about the same money begins. 4. A final state
//     never leaves.
//  5. Each provider reference appears once. 6. An event applies to the state before it, or is
//  refused: apply() never
//     guesses.
#pragma once

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
enum class Capture : std::uint8_t { kAutomatic, kManual };

enum class AttemptState : std::uint8_t {
  kOpen,
  kUnknown,
  kNeedsAction,
  kAuthorized,
  kDeclined,
  kNotDone
};
// One try to get the money: a charge, for those who call it so.
struct Attempt {
  std::string id;  // "ch_…"
  AttemptState state = AttemptState::kOpen;
  std::string provider, reference, method, token;
  std::string decline_code, message, action_url, network, last4;
  Money authorized = 0, captured = 0, refunded = 0;
  base::Time at{};
  std::optional<base::Time> expires_at;  // of the authorisation
};

struct CapturePart {
  std::string id;  // "cap_…"; its balance entry has the same number
  std::string attempt, reference;
  Money amount = 0, fee = 0;
  bool last = true;
  base::Time at{};
  base::Time available_on{};
};

enum class RefundState : std::uint8_t { kOpen, kUnknown, kPending, kSucceeded, kFailed, kCanceled };
struct Refund {
  std::string id;  // "re_…"
  RefundState state = RefundState::kOpen;
  std::string attempt, reference, reason, failure;
  Money amount = 0;
  Pairs metadata;
  base::Time at{};
};

enum class DisputeState : std::uint8_t { kNeedsResponse, kUnderReview, kWon, kLost };
struct Dispute {
  std::string id;  // "dp_…"
  DisputeState state = DisputeState::kNeedsResponse;
  std::string attempt, reference, reason;
  Money amount = 0, fee = 0;
  Pairs evidence, metadata;
  int submissions = 0;
  bool expired = false;  // lost because the deadline passed
  base::Time at{};
  std::optional<base::Time> due_by;
};

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
  std::vector<Attempt> attempts;
  std::vector<CapturePart> captures;
  std::vector<Refund> refunds;
  std::vector<Dispute> disputes;
  base::Time created_at{};
  std::optional<base::Time> canceled_at;
  std::int64_t events = 0;  // so many have been applied

  [[nodiscard]] Money capturable() const;  // authorized and neither captured nor released
  [[nodiscard]] Money captured() const;
  [[nodiscard]] Money refunded() const;  // pending ones among them, failed ones not
  [[nodiscard]] Money disputed() const;  // open or lost
  [[nodiscard]] Money refundable() const;
  [[nodiscard]] const Attempt* latest_attempt() const;
};

// What happens to a payment. `type` is what is published: "payment.authorized".
struct PaymentEvent {
  std::string type;
  base::Time at{};
  std::string body;  // JSON, of the type's own form (payment_events.h)
};

}  // namespace ashlar::payments
