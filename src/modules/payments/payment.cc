#include "modules/payments/payment.h"

#include <algorithm>
#include <array>

#include "modules/payments/ids.h"
#include "modules/payments/payment_events.h"

namespace ashlar::payments {
namespace {

base::Error refused(std::string why) {
  return base::fail(base::Code::kInvalid, "event_refused", std::move(why));
}

template <class Part>
Part* find_part(std::vector<Part>& parts, std::string_view id) {
  const auto at =
      std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.id == id; });
  return at == parts.end() ? nullptr : &*at;
}
template <class Part>
bool is_next(const std::vector<Part>& parts, std::string_view prefix, const Payment& payment,
             std::string_view id) {
  return parts.size() < kMaxPartsOfPayment &&
         id == part_id(prefix, payment.id, static_cast<std::int64_t>(parts.size()) + 1);
}

bool is_open(AttemptState state) {
  return state == AttemptState::kOpen || state == AttemptState::kUnknown ||
         state == AttemptState::kNeedsAction;
}
bool is_open(RefundState state) {
  return state == RefundState::kOpen || state == RefundState::kUnknown ||
         state == RefundState::kPending;
}
bool counts(RefundState state) {
  return state != RefundState::kFailed && state != RefundState::kCanceled;
}
bool is_final(DisputeState state) {
  return state == DisputeState::kWon || state == DisputeState::kLost;
}
bool is_final(PaymentState state) {
  return state == PaymentState::kSucceeded || state == PaymentState::kCanceled;
}

// Where a payment stands while nothing is in flight and nothing is final.
PaymentState resting_state(const Payment& payment) {
  if (!payment.attempts.empty()) {
    const AttemptState last = payment.attempts.back().state;
    if (last == AttemptState::kAuthorized) return PaymentState::kCapturable;
    if (last == AttemptState::kNeedsAction) return PaymentState::kNeedsAction;
  }
  return payment.method.empty() ? PaymentState::kNeedsMethod : PaymentState::kNeedsConfirmation;
}

void land(Payment& payment) {
  payment.in_flight = InFlight::kNothing;
  payment.unknown = false;
  payment.state = resting_state(payment);
}

template <class T>
void take(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

base::Status on_created(Payment& payment, const PaymentEvent& event) {
  if (payment.events != 0) return refused("it was created before");
  payment.id = event.part;
  payment.amount = event.amount;
  payment.capture = event.manual ? Capture::kManual : Capture::kAutomatic;
  payment.merchant_reference = event.merchant_reference;
  payment.created_at = event.at;
  take(event.currency, payment.currency);
  take(event.customer, payment.customer);
  take(event.method, payment.method);
  take(event.description, payment.description);
  take(event.descriptor, payment.descriptor);
  take(event.receipt_email, payment.receipt_email);
  take(event.off_session, payment.off_session);
  take(event.metadata, payment.metadata);
  payment.state = resting_state(payment);
  return base::ok_status();
}

base::Status on_updated(Payment& payment, const PaymentEvent& event) {
  const bool money = event.amount != 0 || event.currency || event.method || event.customer;
  const bool changeable = payment.state == PaymentState::kNeedsMethod ||
                          payment.state == PaymentState::kNeedsConfirmation;
  if (money && !changeable) return refused("what the money depends on is fixed by now");
  if (event.amount != 0) payment.amount = event.amount;
  take(event.currency, payment.currency);
  take(event.customer, payment.customer);
  take(event.method, payment.method);
  take(event.description, payment.description);
  take(event.descriptor, payment.descriptor);
  take(event.receipt_email, payment.receipt_email);
  take(event.metadata, payment.metadata);
  if (changeable) payment.state = resting_state(payment);
  return base::ok_status();
}

base::Status on_authorizing(Payment& payment, const PaymentEvent& event) {
  if (payment.state != PaymentState::kNeedsConfirmation &&
      payment.state != PaymentState::kNeedsMethod)
    return refused("an attempt begins where a confirmation is needed");
  if (payment.in_flight != InFlight::kNothing) return refused("something is in flight");
  if (!is_next(payment.attempts, "ch_", payment, event.part)) return refused("no next attempt");
  Attempt attempt;
  attempt.id = event.part;
  attempt.provider = event.provider;
  attempt.token = event.token;
  attempt.amount = event.amount;
  attempt.at = event.at;
  take(event.method, payment.method);
  take(event.receipt_email, payment.receipt_email);
  take(event.off_session, payment.off_session);
  attempt.method = payment.method;
  attempt.description = payment.description;
  attempt.receipt_email = payment.receipt_email;
  attempt.metadata = payment.metadata;
  payment.attempts.push_back(std::move(attempt));
  payment.in_flight = InFlight::kAuthorize;
  payment.state = PaymentState::kProcessing;
  return base::ok_status();
}

// The attempt that an answer is about: always the last one, and not resolved yet.
base::Result<Attempt*> open_attempt(Payment& payment, std::string_view id) {
  if (payment.attempts.empty() || payment.attempts.back().id != id)
    return refused("it is not the last attempt");
  Attempt& attempt = payment.attempts.back();
  if (!is_open(attempt.state) || is_final(payment.state)) return refused("it is resolved");
  return &attempt;
}

// A cancellation may be under way while the customer still authenticates: then its outcome is what
// ends the flight.
void land_attempt(Payment& payment) {
  if (payment.in_flight == InFlight::kCancel) {
    if (!payment.unknown) payment.state = resting_state(payment);
    return;
  }
  land(payment);
}

base::Status on_action_needed(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(Attempt * attempt, open_attempt(payment, event.part));
  if (payment.in_flight != InFlight::kAuthorize) return refused("it is not in flight");
  attempt->state = AttemptState::kNeedsAction;
  attempt->reference = event.reference;
  attempt->action_url = event.url;
  if (!event.network.empty()) attempt->network = event.network;
  if (!event.last4.empty()) attempt->last4 = event.last4;
  land(payment);
  return base::ok_status();
}

base::Status on_authorized(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(Attempt * attempt, open_attempt(payment, event.part));
  if (event.amount <= 0 || event.amount > attempt->amount)
    return refused("more or less is authorised than was asked for");
  attempt->state = AttemptState::kAuthorized;
  attempt->reference = event.reference;
  attempt->authorized = event.amount;
  attempt->action_url.clear();
  attempt->expires_at = event.expires_at;
  if (!event.network.empty()) attempt->network = event.network;
  if (!event.last4.empty()) attempt->last4 = event.last4;
  land_attempt(payment);
  return base::ok_status();
}

base::Status on_declined(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(Attempt * attempt, open_attempt(payment, event.part));
  attempt->state = AttemptState::kDeclined;
  attempt->decline_code = event.code;
  attempt->message = event.message;
  attempt->action_url.clear();
  if (!event.reference.empty()) attempt->reference = event.reference;
  if (!event.network.empty()) attempt->network = event.network;
  if (!event.last4.empty()) attempt->last4 = event.last4;
  payment.method.clear();
  land_attempt(payment);
  return base::ok_status();
}

base::Status on_authorize_not_done(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(Attempt * attempt, open_attempt(payment, event.part));
  if (payment.in_flight != InFlight::kAuthorize) return refused("it is not in flight");
  attempt->state = AttemptState::kNotDone;
  attempt->message = event.message;
  land(payment);
  return base::ok_status();
}

base::Status on_capturing(Payment& payment, const PaymentEvent& event) {
  if (payment.state != PaymentState::kCapturable) return refused("nothing can be captured");
  if (payment.in_flight != InFlight::kNothing) return refused("something is in flight");
  if (event.amount <= 0 || event.amount > payment.capturable())
    return refused("more than can be captured");
  if (!is_next(payment.captures, "cap_", payment, event.part)) return refused("no next capture");
  CapturePart part;
  part.id = event.part;
  part.attempt = payment.attempts.back().id;
  part.amount = event.amount;
  part.last = event.last;
  part.at = event.at;
  payment.captures.push_back(std::move(part));
  payment.in_flight = InFlight::kCapture;
  return base::ok_status();
}

base::Result<CapturePart*> open_capture(Payment& payment, std::string_view id) {
  CapturePart* part = find_part(payment.captures, id);
  if (part == nullptr) return refused("there is no such capture");
  if (part->state != CaptureState::kOpen && part->state != CaptureState::kUnknown)
    return refused("the capture is resolved");
  return part;
}

// Begun by us, or made by the provider together with the authorisation.
base::Status on_captured(Payment& payment, const PaymentEvent& event) {
  if (payment.attempts.empty() || payment.attempts.back().state != AttemptState::kAuthorized)
    return refused("nothing is authorised");
  if (event.amount <= 0 || event.amount > payment.capturable())
    return refused("more than is authorised");
  if (find_part(payment.captures, event.part) == nullptr) {
    if (payment.in_flight == InFlight::kCapture) return refused("another capture is in flight");
    if (!is_next(payment.captures, "cap_", payment, event.part)) return refused("no next capture");
    CapturePart part;
    part.id = event.part;
    part.attempt = payment.attempts.back().id;
    payment.captures.push_back(std::move(part));
  }
  ASHLAR_ASSIGN(CapturePart * part, open_capture(payment, event.part));
  part->state = CaptureState::kDone;
  part->reference = event.reference;
  part->amount = event.amount;
  part->fee = event.fee;
  part->last = event.last;
  part->at = event.at;
  part->available_on = event.available_on.value_or(event.at);
  Attempt& attempt = payment.attempts.back();
  attempt.captured += event.amount;
  const bool canceling = payment.in_flight == InFlight::kCancel;
  if (!canceling) land(payment);
  if (event.last || payment.capturable() == 0) payment.state = PaymentState::kSucceeded;
  return base::ok_status();
}

base::Status on_capture_not_done(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(CapturePart * part, open_capture(payment, event.part));
  part->state = CaptureState::kNotDone;
  land(payment);
  return base::ok_status();
}

base::Status on_canceling(Payment& payment, const PaymentEvent& event) {
  if (is_final(payment.state)) return refused("it is over");
  if (payment.in_flight != InFlight::kNothing) return refused("something is in flight");
  payment.in_flight = InFlight::kCancel;
  payment.cancel_reason = event.reason;
  return base::ok_status();
}

// What was captured stays captured: then the rest alone is released, and the payment is complete.
void release(Payment& payment, const PaymentEvent& event) {
  if (!payment.attempts.empty()) {
    Attempt& attempt = payment.attempts.back();
    if (attempt.captured == 0 &&
        (attempt.state == AttemptState::kAuthorized || is_open(attempt.state)))
      attempt.state = AttemptState::kReleased;
  }
  payment.in_flight = InFlight::kNothing;
  payment.unknown = false;
  if (payment.captured() > 0) {
    payment.cancel_reason.clear();
    payment.captures.back().last = true;
    payment.state = PaymentState::kSucceeded;
    return;
  }
  payment.state = PaymentState::kCanceled;
  payment.canceled_at = event.at;
  payment.cancel_reason = event.reason;
}

base::Status on_canceled(Payment& payment, const PaymentEvent& event) {
  if (is_final(payment.state)) return refused("it is over");
  if (payment.in_flight != InFlight::kNothing && payment.in_flight != InFlight::kCancel)
    return refused("something else is in flight");
  release(payment, event);
  return base::ok_status();
}

base::Status on_cancel_not_done(Payment& payment, const PaymentEvent& /*event*/) {
  if (payment.in_flight != InFlight::kCancel) return refused("no cancellation is in flight");
  payment.cancel_reason.clear();
  const bool over = payment.state == PaymentState::kSucceeded;
  land(payment);
  if (over) payment.state = PaymentState::kSucceeded;
  return base::ok_status();
}

base::Status on_authorization_expired(Payment& payment, const PaymentEvent& event) {
  if (payment.state != PaymentState::kCapturable || payment.in_flight != InFlight::kNothing)
    return refused("no authorisation waits");
  if (payment.attempts.back().id != event.part) return refused("it is another attempt's");
  release(payment, event);
  return base::ok_status();
}

base::Status on_unknown(Payment& payment, const PaymentEvent& /*event*/) {
  if (payment.in_flight == InFlight::kNothing) return refused("nothing is in flight");
  if (payment.unknown) return refused("that is known");
  payment.unknown = true;
  if (payment.in_flight == InFlight::kAuthorize)
    payment.attempts.back().state = AttemptState::kUnknown;
  if (payment.in_flight == InFlight::kCapture)
    payment.captures.back().state = CaptureState::kUnknown;
  if (!is_final(payment.state)) payment.state = PaymentState::kProcessing;
  return base::ok_status();
}

base::Status on_charge_updated(Payment& payment, const PaymentEvent& event) {
  Attempt* attempt = find_part(payment.attempts, event.part);
  if (attempt == nullptr) return refused("there is no such charge");
  take(event.metadata, attempt->metadata);
  take(event.description, attempt->description);
  take(event.receipt_email, attempt->receipt_email);
  return base::ok_status();
}

base::Status on_refunding(Payment& payment, const PaymentEvent& event) {
  Attempt* attempt = find_part(payment.attempts, event.charge);
  if (attempt == nullptr || attempt->captured == 0) return refused("nothing was captured");
  for (const Dispute& dispute : payment.disputes) {
    if (!is_final(dispute.state)) return refused("it is disputed");
  }
  if (event.amount <= 0 || event.amount > payment.refundable())
    return refused("more than can be refunded");
  if (!is_next(payment.refunds, "re_", payment, event.part)) return refused("no next refund");
  Refund refund;
  refund.id = event.part;
  refund.attempt = event.charge;
  refund.amount = event.amount;
  refund.reason = event.reason;
  refund.at = event.at;
  take(event.metadata, refund.metadata);
  attempt->refunded += event.amount;
  payment.refunds.push_back(std::move(refund));
  return base::ok_status();
}

// To `next`, from one of the open states; where a refund that was told as done comes back, from
// kSucceeded too.
template <RefundState next>
base::Status move_refund(Payment& payment, const PaymentEvent& event) {
  Refund* refund = find_part(payment.refunds, event.part);
  if (refund == nullptr) return refused("there is no such refund");
  const bool bounced = next == RefundState::kFailed && refund->state == RefundState::kSucceeded;
  if (!is_open(refund->state) && !bounced) return refused("the refund is resolved");
  if (next == refund->state) return refused("that is known");
  if (next == RefundState::kUnknown && refund->state != RefundState::kOpen)
    return refused("its outcome is known");
  if (!event.reference.empty()) refund->reference = event.reference;
  if (next == RefundState::kFailed) refund->failure = event.reason;
  refund->state = next;
  if (!counts(next)) {
    Attempt* attempt = find_part(payment.attempts, refund->attempt);
    if (attempt != nullptr) attempt->refunded -= refund->amount;
  }
  return base::ok_status();
}

base::Status on_refund_updated(Payment& payment, const PaymentEvent& event) {
  Refund* refund = find_part(payment.refunds, event.part);
  if (refund == nullptr) return refused("there is no such refund");
  take(event.metadata, refund->metadata);
  return base::ok_status();
}

base::Status on_dispute_opened(Payment& payment, const PaymentEvent& event) {
  const Attempt* attempt = find_part(payment.attempts, event.charge);
  if (attempt == nullptr || attempt->captured == 0) return refused("nothing was captured");
  if (event.amount <= 0 || event.amount > attempt->captured)
    return refused("more than was captured is disputed");
  if (!is_next(payment.disputes, "dp_", payment, event.part)) return refused("no next dispute");
  for (const Dispute& other : payment.disputes) {
    if (other.reference == event.reference) return refused("that dispute is known");
  }
  Dispute dispute;
  dispute.id = event.part;
  dispute.attempt = event.charge;
  dispute.reference = event.reference;
  dispute.reason = event.reason;
  dispute.amount = event.amount;
  dispute.fee = event.fee;
  dispute.at = event.at;
  dispute.due_by = event.due_by;
  payment.disputes.push_back(std::move(dispute));
  return base::ok_status();
}

base::Result<Dispute*> open_dispute(Payment& payment, std::string_view id) {
  Dispute* dispute = find_part(payment.disputes, id);
  if (dispute == nullptr) return refused("there is no such dispute");
  if (is_final(dispute->state)) return refused("the dispute is over");
  return dispute;
}

// Metadata may change at any time, evidence only while somebody reads it.
base::Status on_dispute_updated(Payment& payment, const PaymentEvent& event) {
  Dispute* dispute = find_part(payment.disputes, event.part);
  if (dispute == nullptr) return refused("there is no such dispute");
  if (is_final(dispute->state) && (event.evidence || event.due_by))
    return refused("the dispute is over");
  take(event.evidence, dispute->evidence);
  take(event.metadata, dispute->metadata);
  if (event.due_by) dispute->due_by = event.due_by;
  return base::ok_status();
}

base::Status on_evidence_submitted(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(Dispute * dispute, open_dispute(payment, event.part));
  dispute->state = DisputeState::kUnderReview;
  ++dispute->submissions;
  return base::ok_status();
}

base::Status on_dispute_won(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(Dispute * dispute, open_dispute(payment, event.part));
  dispute->state = DisputeState::kWon;
  return base::ok_status();
}

base::Status on_dispute_lost(Payment& payment, const PaymentEvent& event) {
  ASHLAR_ASSIGN(Dispute * dispute, open_dispute(payment, event.part));
  dispute->state = DisputeState::kLost;
  dispute->expired = event.expired;
  return base::ok_status();
}

// The functions behind the arrows of payment.h's diagram:
//
//   needs_method ──on_updated()──> needs_confirmation ──on_authorizing()──> processing
//   processing ──on_authorized()──> capturable    ──on_captured()──> succeeded, or capturable again
//   processing ──on_action_needed()──> needs_action ──on_authorized(), on_declined()──> …
//   processing ──on_declined()──> needs_method    ──on_authorize_not_done()──> needs_confirmation
//   any before succeeded ──on_canceled(), on_authorization_expired(), both by release()──> canceled
//   what is in flight ──on_unknown()──> processing ──land()──> resting_state()
// In the order of EventType.
using Step = base::Status (*)(Payment&, const PaymentEvent&);
constexpr std::array<Step, kEventTypes> kSteps{on_created,
                                               on_updated,
                                               on_authorizing,
                                               on_action_needed,
                                               on_authorized,
                                               on_declined,
                                               on_authorize_not_done,
                                               on_capturing,
                                               on_captured,
                                               on_capture_not_done,
                                               on_canceling,
                                               on_canceled,
                                               on_cancel_not_done,
                                               on_authorization_expired,
                                               on_unknown,
                                               on_charge_updated,
                                               on_refunding,
                                               move_refund<RefundState::kUnknown>,
                                               move_refund<RefundState::kPending>,
                                               move_refund<RefundState::kSucceeded>,
                                               move_refund<RefundState::kFailed>,
                                               move_refund<RefundState::kCanceled>,
                                               on_refund_updated,
                                               on_dispute_opened,
                                               on_dispute_updated,
                                               on_evidence_submitted,
                                               on_dispute_won,
                                               on_dispute_lost};

}  // namespace

base::Status apply(Payment& payment, const PaymentEvent& event) {
  if (payment.events == 0 && event.type != EventType::kCreated)
    return refused("it has not been created");
  if (payment.events >= kMaxEventsOfPayment) return refused("it has too many events");
  ASHLAR_TRY(kSteps[static_cast<std::size_t>(event.type)](payment, event));
  ++payment.events;
  payment.changed_at = event.at;
  return base::ok_status();
}

}  // namespace ashlar::payments
