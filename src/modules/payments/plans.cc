#include "modules/payments/plans.h"

#include <algorithm>
#include <utility>

#include "modules/payments/ask_checks.h"
#include "modules/payments/ids.h"
#include "modules/payments/providers/providers.h"

namespace ashlar::payments {
namespace {

using base::Code;
using store::Renders;

PaymentEvent event(EventType type, std::string_view part = {}) {
  PaymentEvent made;
  made.type = type;
  made.part = part;
  return made;
}

base::Error conflict(const char* reason, std::string why) {
  return base::fail(Code::kConflict, reason, std::move(why));
}
base::Error in_progress() {
  return conflict("payment_in_progress",
                  "Something about this payment is under way with the provider, or its outcome is "
                  "not known yet.");
}
base::Error wrong_state(const Payment& payment, const char* wanted) {
  return conflict("payment_state", "The payment is " + std::string(name_of(payment.state)) +
                                       "; this needs one that is " + wanted + ".");
}
base::Error too_large(std::string why) {
  return base::Error{
      Code::kInvalid, "amount_too_large", why, {{"/amount", "amount_too_large", why}}};
}

// What a state conflict is called: what is under way comes before what is over.
base::Error not_in(const Payment& payment, const char* wanted) {
  return payment.in_flight != InFlight::kNothing ? in_progress() : wrong_state(payment, wanted);
}

// Nobody pays with another customer's card, and with a deleted customer's nobody at all.
base::Status check_owner(Change& change, const Method& method) {
  const std::string& payer = change.payment().customer;
  if (method.customer.empty() || method.customer == payer) return base::ok_status();
  if (!payer.empty())
    return conflict("method_attached", "The means of payment is another customer's.");
  ASHLAR_TRY(change.customer(method.customer));
  return base::ok_status();
}

// The token that `method` stands for, and whose it is: a stored one's, or it is itself a token.
struct Token {
  std::string token, provider;
};
base::Result<Token> token_of(Change& change, const std::string& method) {
  if (method.starts_with("pm_")) {
    auto stored = change.method(method);
    if (stored.ok()) {
      ASHLAR_TRY(check_owner(change, stored->first));
      return Token{stored->first.token, stored->first.provider};
    }
    if (stored.error().code != Code::kNotFound) return stored.error();
  }
  return Token{method, {}};
}

// An attempt to get the money: its event, and the call that goes out.
base::Status authorize(Change& change, Turn& turn, const Confirmation& how) {
  const Payment& payment = change.payment();
  const std::string method = how.method.value_or(payment.method);
  if (payment.attempts.size() >= kMaxPartsOfPayment)
    return conflict("payment_state", "The payment has had too many attempts.");
  if (!payment.customer.empty()) ASHLAR_TRY(change.customer(payment.customer));
  ASHLAR_ASSIGN(const Token token, token_of(change, method));
  NewCall call;
  call.op = ProviderOp::kAuthorize;
  call.subject = payment.id;
  call.number = static_cast<std::int64_t>(payment.attempts.size()) + 1;
  call.part = call.charge = part_id("ch_", payment.id, call.number);
  ProviderCall& asked = call.plan.call;
  asked.op = ProviderOp::kAuthorize;
  asked.tenant = change.by().tenant;
  asked.key = call_key(payment.id, ProviderOp::kAuthorize, call.number);
  asked.amount = payment.amount;
  asked.currency = payment.currency;
  asked.token = token.token;
  asked.capture = payment.capture == Capture::kAutomatic;
  asked.off_session = how.off_session;
  asked.descriptor = payment.descriptor;
  asked.details = payment.metadata;
  call.plan.others = token.provider.empty() ? change.desk().providers.route(asked)
                                            : std::vector<std::string>{token.provider};
  if (call.plan.others.empty() || change.desk().providers.find(call.plan.others[0]) == nullptr) {
    return base::fail(Code::kUnavailable, "provider_unknown",
                      "No provider is configured that takes this payment.");
  }
  call.provider = call.plan.others.front();
  call.plan.others.erase(call.plan.others.begin());
  PaymentEvent begun = event(EventType::kAuthorizing, call.part);
  begun.amount = payment.amount;
  begun.provider = call.provider;
  begun.token = token.token;
  if (method != payment.method) begun.method = method;
  begun.receipt_email = how.receipt_email;
  if (how.off_session) begun.off_session = true;
  ASHLAR_TRY(change.add(std::move(begun)));
  turn.call = std::move(call);
  return base::ok_status();
}

// A call about an authorisation that is there.
NewCall call_about(const Payment& payment, const Attempt& attempt, ProviderOp op,
                   std::int64_t number) {
  NewCall call;
  call.op = op;
  call.subject = payment.id;
  call.number = number;
  call.charge = attempt.id;
  call.provider = attempt.provider;
  call.plan.call.op = op;
  call.plan.call.reference = attempt.reference;
  call.plan.call.currency = payment.currency;
  return call;
}

const Attempt* charge_to_refund(const Payment& payment, const std::string& charge) {
  if (!charge.empty()) return payment.attempt(charge);
  const auto at = std::find_if(payment.attempts.rbegin(), payment.attempts.rend(),
                               [](const Attempt& one) { return one.captured > 0; });
  return at == payment.attempts.rend() ? nullptr : &*at;
}

base::Status authorize_new(Change& change, Turn& turn, const NewPayment& wanted) {
  Confirmation how;
  how.off_session = wanted.off_session;
  return authorize(change, turn, how);
}

// Whether the loaded payment is what `wanted` made when it came before, and no provider did
// anything: then its key was free for this repetition.
base::Result<bool> is_made_before(Change& change, const NewPayment& wanted) {
  const Payment& payment = change.payment();
  const bool untouched =
      !payment.attempts.empty() && payment.state == PaymentState::kNeedsConfirmation &&
      std::ranges::all_of(payment.attempts,
                          [](const Attempt& one) { return one.state == AttemptState::kNotDone; });
  if (!untouched || !wanted.confirm || !change.by().key) return false;
  ASHLAR_ASSIGN(const Pairs metadata, merged("/metadata", {}, wanted.metadata));
  const bool same = payment.amount == wanted.amount && payment.currency == wanted.currency &&
                    payment.capture == wanted.capture && payment.customer == wanted.customer &&
                    payment.method == wanted.method && payment.description == wanted.description &&
                    payment.descriptor == wanted.descriptor &&
                    payment.receipt_email == wanted.receipt_email &&
                    payment.off_session == wanted.off_session && payment.metadata == metadata;
  if (!same) return false;
  ASHLAR_ASSIGN(const auto first, store::list_events(change.tx(), payment.id, 0, 1));
  return !first.empty() && first[0].key == *change.by().key;
}

}  // namespace

base::Status plan_create(Change& change, Turn& turn, const NewPayment& wanted,
                         const std::string& id, base::Time at) {
  if (!wanted.customer.empty()) ASHLAR_TRY(change.customer(wanted.customer));
  if (!wanted.merchant_reference.empty()) {
    ASHLAR_ASSIGN(const auto other,
                  store::find_by_reference(change.tx(), wanted.merchant_reference));
    if (other) {
      ASHLAR_TRY(change.load(*other));
      ASHLAR_ASSIGN(const bool again, is_made_before(change, wanted));
      if (!again) {
        return conflict("merchant_reference_used",
                        "Payment " + *other + " has this merchant reference.");
      }
      turn.renders = Renders::kNewPayment;
      turn.created = true;
      return authorize_new(change, turn, wanted);
    }
  }
  PaymentEvent made = event(EventType::kCreated, id);
  made.at = at;
  made.amount = wanted.amount;
  made.currency = wanted.currency;
  made.manual = wanted.capture == Capture::kManual;
  made.merchant_reference = wanted.merchant_reference;
  const auto given = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  made.customer = given(wanted.customer);
  made.method = given(wanted.method);
  made.description = given(wanted.description);
  made.descriptor = given(wanted.descriptor);
  made.receipt_email = given(wanted.receipt_email);
  if (wanted.off_session) made.off_session = true;
  if (!wanted.metadata.empty()) {
    ASHLAR_ASSIGN(made.metadata, merged("/metadata", {}, wanted.metadata));
  }
  ASHLAR_TRY(change.add(std::move(made)));
  turn.renders = Renders::kNewPayment;
  turn.created = true;
  return wanted.confirm ? authorize_new(change, turn, wanted) : base::ok_status();
}

base::Status plan_confirm(Change& change, Turn& turn, const Confirmation& how) {
  const Payment& now = change.payment();
  const bool ready =
      now.state == PaymentState::kNeedsConfirmation || now.state == PaymentState::kNeedsMethod;
  if (!ready || now.in_flight != InFlight::kNothing) return not_in(now, "waiting for confirmation");
  if (how.method.value_or(now.method).empty()) {
    const char* why = "To confirm a payment a means of payment is needed.";
    return base::Error{
        Code::kInvalid, "method_required", why, {{"/payment_method", "method_required", why}}};
  }
  return authorize(change, turn, how);
}

base::Status plan_update(Change& change, const PaymentChange& wanted) {
  const Payment& payment = change.payment();
  const bool money = wanted.amount || wanted.currency || wanted.customer || wanted.method;
  const bool changeable = payment.state == PaymentState::kNeedsMethod ||
                          payment.state == PaymentState::kNeedsConfirmation;
  if (money && !changeable) return not_in(payment, "not confirmed");
  if (wanted.customer && !wanted.customer->empty()) ASHLAR_TRY(change.customer(*wanted.customer));
  PaymentEvent happened = event(EventType::kUpdated);
  happened.amount = wanted.amount.value_or(0);
  happened.currency = wanted.currency;
  happened.customer = wanted.customer;
  happened.method = wanted.method;
  happened.description = wanted.description;
  happened.descriptor = wanted.descriptor;
  happened.receipt_email = wanted.receipt_email;
  if (wanted.metadata) {
    ASHLAR_ASSIGN(happened.metadata, merged("/metadata", payment.metadata, *wanted.metadata));
  }
  return change.add(std::move(happened));
}

base::Status plan_capture(Change& change, Turn& turn, const NewCapture& wanted) {
  const Payment& payment = change.payment();
  if (payment.state != PaymentState::kCapturable || payment.in_flight != InFlight::kNothing)
    return not_in(payment, "capturable");
  const Money amount = wanted.amount.value_or(payment.capturable());
  if (amount > payment.capturable()) {
    return too_large("At most " + std::to_string(payment.capturable()) + " can be captured.");
  }
  const auto number = static_cast<std::int64_t>(payment.captures.size()) + 1;
  if (payment.captures.size() >= kMaxPartsOfPayment)
    return conflict("payment_state", "The payment has had too many captures.");
  NewCall call = call_about(payment, *payment.latest_attempt(), ProviderOp::kCapture, number);
  call.part = part_id("cap_", payment.id, number);
  call.plan.call.amount = amount;
  call.plan.call.last = wanted.last;
  PaymentEvent begun = event(EventType::kCapturing, call.part);
  begun.amount = amount;
  begun.last = wanted.last;
  turn.call = std::move(call);
  return change.add(std::move(begun));
}

base::Status plan_cancel(Change& change, Turn& turn, const std::string& reason) {
  const Payment& payment = change.payment();
  const bool over =
      payment.state == PaymentState::kSucceeded || payment.state == PaymentState::kCanceled;
  if (over || payment.in_flight != InFlight::kNothing) return not_in(payment, "not over");
  const Attempt* attempt = payment.latest_attempt();
  const bool at_provider = attempt != nullptr && (attempt->state == AttemptState::kAuthorized ||
                                                  attempt->state == AttemptState::kNeedsAction);
  PaymentEvent happened = event(at_provider ? EventType::kCanceling : EventType::kCanceled);
  happened.reason = reason;
  if (at_provider) {
    NewCall call = call_about(payment, *attempt, ProviderOp::kCancel, payment.events + 1);
    call.part = attempt->id;
    call.plan.reason = reason;
    turn.call = std::move(call);
  }
  return change.add(std::move(happened));
}

base::Status plan_refund(Change& change, Turn& turn, const NewRefund& wanted) {
  const Payment& payment = change.payment();
  const Attempt* charge = charge_to_refund(payment, wanted.charge);
  if (charge == nullptr || charge->captured == 0) return not_in(payment, "captured");
  for (const Dispute& dispute : payment.disputes) {
    if (dispute.state == DisputeState::kNeedsResponse ||
        dispute.state == DisputeState::kUnderReview) {
      return conflict("charge_disputed", "The charge is disputed; the money is not there.");
    }
  }
  if (payment.refundable() == 0)
    return conflict("charge_already_refunded", "Nothing is left to be refunded.");
  const Money amount = wanted.amount.value_or(payment.refundable());
  if (amount > payment.refundable()) {
    return too_large("At most " + std::to_string(payment.refundable()) + " can be refunded.");
  }
  const auto number = static_cast<std::int64_t>(payment.refunds.size()) + 1;
  if (payment.refunds.size() >= kMaxPartsOfPayment)
    return conflict("payment_state", "The payment has had too many refunds.");
  NewCall call = call_about(payment, *charge, ProviderOp::kRefund, number);
  call.part = part_id("re_", payment.id, number);
  call.plan.call.amount = amount;
  PaymentEvent begun = event(EventType::kRefunding, call.part);
  begun.charge = charge->id;
  begun.amount = amount;
  begun.reason = wanted.reason;
  if (!wanted.metadata.empty()) {
    ASHLAR_ASSIGN(begun.metadata, merged("/metadata", {}, wanted.metadata));
  }
  turn.renders = Renders::kRefund;
  turn.part = call.part;
  turn.call = std::move(call);
  return change.add(std::move(begun));
}

base::Status plan_dispute_change(Change& change, Turn& turn, const std::string& id,
                                 const DisputeChange& wanted) {
  turn.renders = Renders::kDispute;
  turn.part = id;
  const Dispute& dispute = *change.payment().dispute(id);
  const bool over = dispute.state == DisputeState::kWon || dispute.state == DisputeState::kLost;
  if (over && (wanted.evidence || wanted.submit))
    return conflict("dispute_state", "The dispute is over.");
  if (wanted.evidence || wanted.metadata) {
    PaymentEvent happened = event(EventType::kDisputeUpdated, id);
    if (wanted.evidence) {
      ASHLAR_ASSIGN(happened.evidence, merged("/evidence", dispute.evidence, *wanted.evidence));
    }
    if (wanted.metadata) {
      ASHLAR_ASSIGN(happened.metadata, merged("/metadata", dispute.metadata, *wanted.metadata));
    }
    ASHLAR_TRY(change.add(std::move(happened)));
  }
  if (!wanted.submit) return base::ok_status();
  const Payment& payment = change.payment();
  const Dispute& now = *payment.dispute(id);
  NewCall call =
      call_about(payment, *payment.attempt(now.attempt), ProviderOp::kEvidence, payment.events + 1);
  call.part = id;
  call.plan.call.reference = now.reference;
  call.plan.call.details = now.evidence;
  turn.call = std::move(call);
  return base::ok_status();
}

base::Status plan_dispute_close(Change& change, Turn& turn, const std::string& id) {
  turn.renders = Renders::kDispute;
  turn.part = id;
  const Payment& payment = change.payment();
  const Dispute& dispute = *payment.dispute(id);
  if (dispute.state == DisputeState::kWon || dispute.state == DisputeState::kLost)
    return conflict("dispute_state", "The dispute is over.");
  NewCall call = call_about(payment, *payment.attempt(dispute.attempt), ProviderOp::kCloseDispute,
                            payment.events + 1);
  call.part = id;
  call.plan.call.reference = dispute.reference;
  turn.call = std::move(call);
  return base::ok_status();
}

}  // namespace ashlar::payments
