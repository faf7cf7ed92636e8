// Auditor: knows payments by their rules alone, in a few lines, and none of the code that it holds
// to them: what an operation must answer where a payment stands so, and, when everything has come
// to rest, what the books must say, from what the acquirers know.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "modules/payments/payment.h"
#include "modules/payments/reads.h"
#include "sim_provider.h"

namespace ashlar::sim {

using payments::Money;
using payments::Payment;
using payments::PaymentState;

enum class OpKind { kCreate, kConfirm, kCapture, kCancel, kRefund, kUpdate };
struct Op {
  OpKind kind = OpKind::kCreate;
  std::string payment;  // none: of kCreate
  std::optional<Money> amount;
  bool manual = false, with_method = true, confirm = false, last = true;
  std::string reference;  // of the merchant
  std::string key;
  int variant = 0;  // the same key with another one is another request
};

// What an answer may be: one of these reasons; "ok" where it has an effect or is under way;
// "declined".
using Verdicts = std::set<std::string>;

// Where a payment stands, as far as the rules look at it.
struct Standing {
  PaymentState state = PaymentState::kNeedsMethod;
  Money amount = 0, authorized = 0, captured = 0, refunded = 0, disputed = 0;
  bool in_flight = false, has_method = false, open_dispute = false, refunds_in_flight = false;

  static Standing of(const Payment& payment) {
    Standing standing;
    standing.state = payment.state;
    standing.amount = payment.amount;
    for (const payments::Attempt& attempt : payment.attempts) {
      if (attempt.state == payments::AttemptState::kAuthorized)
        standing.authorized += attempt.authorized;
    }
    for (const payments::CapturePart& part : payment.captures) {
      if (part.state == payments::CaptureState::kDone) standing.captured += part.amount;
    }
    for (const payments::Refund& refund : payment.refunds) {
      const bool counts = refund.state != payments::RefundState::kFailed &&
                          refund.state != payments::RefundState::kCanceled;
      standing.refunded += counts ? refund.amount : 0;
      standing.refunds_in_flight |= refund.state == payments::RefundState::kOpen ||
                                    refund.state == payments::RefundState::kUnknown;
    }
    for (const payments::Dispute& dispute : payment.disputes) {
      const bool open = dispute.state == payments::DisputeState::kNeedsResponse ||
                        dispute.state == payments::DisputeState::kUnderReview;
      standing.disputed +=
          open || dispute.state == payments::DisputeState::kLost ? dispute.amount : 0;
      standing.open_dispute |= open;
    }
    standing.in_flight = payment.in_flight != payments::InFlight::kNothing;
    standing.has_method = !payment.method.empty();
    return standing;
  }
};

// By the rules (docs/payments.md), one operation at a time.
inline Verdicts verdicts_of(const Op& op, const Standing& now) {
  const bool open =
      now.state == PaymentState::kNeedsMethod || now.state == PaymentState::kNeedsConfirmation;
  switch (op.kind) {
    case OpKind::kCreate:
      return {"ok", "declined"};
    case OpKind::kUpdate:
      return {"ok", "payment_state", "payment_in_progress"};
    case OpKind::kConfirm:
      if (now.in_flight) return {"payment_in_progress"};
      if (now.state == PaymentState::kNeedsAction)
        return {"ok", "declined", "payment_state", "payment_in_progress"};
      if (!open) return {"payment_state"};
      if (!now.has_method && !op.with_method)
        return {"payment_state", "method_missing", "method_not_found"};
      return {"ok", "declined", "provider_unavailable"};
    case OpKind::kCapture:
      if (now.in_flight) return {"payment_in_progress"};
      if (now.state != PaymentState::kCapturable) return {"payment_state"};
      if (op.amount && *op.amount > now.authorized - now.captured) return {"amount_too_large"};
      return {"ok", "provider_unavailable"};
    case OpKind::kCancel:
      if (now.in_flight) return {"payment_in_progress"};
      if (now.state == PaymentState::kSucceeded || now.state == PaymentState::kCanceled)
        return {"payment_state"};
      if (now.captured > 0) return {"ok", "payment_state", "provider_unavailable"};
      return {"ok", "provider_unavailable"};
    case OpKind::kRefund:
      if (now.captured == 0)
        return now.in_flight ? Verdicts{"payment_state", "payment_in_progress", "amount_too_large"}
                             : Verdicts{"payment_state", "amount_too_large"};
      const Money left = now.captured - now.refunded - now.disputed;
      if (op.amount.value_or(left) > left || left <= 0)
        return {"amount_too_large", "charge_already_refunded", "charge_disputed", "payment_state",
                "payment_in_progress"};
      Verdicts verdicts{"ok", "provider_unavailable"};
      if (now.in_flight) verdicts.insert("payment_in_progress");
      if (now.open_dispute) verdicts.insert("charge_disputed");
      return verdicts;
  }
  return {};
}

// What the acquirers know of one payment, added up.
struct Truth {
  Money held = 0, captured = 0, refunded = 0, fees = 0, disputed_open = 0, disputed_lost = 0,
        dispute_fees = 0;

  static Truth of(const std::vector<const SimProvider*>& providers, const std::string& payment) {
    Truth truth;
    for (const SimProvider* provider : providers) {
      for (const auto& [reference, charge] : provider->charges) {
        if (charge.payment != payment) continue;
        truth.held += charge.released ? 0 : charge.authorized - charge.captured;
        truth.captured += charge.captured;
        truth.refunded += charge.refunded;
        truth.fees += charge.fees;
        for (const auto& [id, dispute] : provider->disputes) {
          if (dispute.charge != reference) continue;
          if (dispute.state == SimDispute::State::kOpen) truth.disputed_open += dispute.amount;
          if (dispute.state == SimDispute::State::kLost) truth.disputed_lost += dispute.amount;
          if (dispute.state != SimDispute::State::kWon) truth.dispute_fees += dispute.fee;
        }
      }
    }
    return truth;
  }
};

// When everything has come to rest. Empty: the payment is what the acquirers say.
inline std::string differs(const Payment& payment, const Truth& truth) {
  const auto say = [&](const char* what, Money ours, Money theirs) {
    return payment.id + ": " + what + " " + std::to_string(ours) + ", the acquirers say " +
           std::to_string(theirs);
  };
  if (const std::string broken = payments::check(payment); !broken.empty())
    return payment.id + ": " + broken;
  if (payment.in_flight != payments::InFlight::kNothing || payment.unknown)
    return payment.id + ": something is in flight still";
  if (payment.capturable() != truth.held) return say("held", payment.capturable(), truth.held);
  const Standing standing = Standing::of(payment);
  if (standing.captured != truth.captured)
    return say("captured", standing.captured, truth.captured);
  if (standing.refunded != truth.refunded)
    return say("refunded", standing.refunded, truth.refunded);
  if (standing.disputed != truth.disputed_open + truth.disputed_lost)
    return say("disputed", standing.disputed, truth.disputed_open + truth.disputed_lost);
  if (truth.captured > payment.amount) return say("amount", payment.amount, truth.captured);
  return {};
}

}  // namespace ashlar::sim
