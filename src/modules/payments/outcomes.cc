#include "modules/payments/outcomes.h"

#include <chrono>
#include <utility>

#include "modules/payments/ids.h"
#include "modules/payments/providers/providers.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::payments {
namespace {

using base::Code;

PaymentEvent event(EventType type, std::string_view part = {}) {
  PaymentEvent made;
  made.type = type;
  made.part = part;
  return made;
}

// False: it does not apply, which is noted.
base::Result<bool> try_add(Change& change, const store::AttemptRow& row, PaymentEvent happened) {
  const EventType type = happened.type;
  const base::Status added = change.add(std::move(happened));
  if (added.ok()) return true;
  if (added.error().code != Code::kInvalid) return added.error();
  change.desk().oddities.add();
  change.desk().log.warn("a provider said what cannot be",
                         {{"call", row.call.key},
                          {"event", name_of(type)},
                          {"why", std::string_view(added.error().detail)}});
  return false;
}

base::Error unavailable() {
  return base::fail(Code::kUnavailable, "provider_unavailable",
                    "The provider cannot be reached; nothing was done. Try again.");
}
base::Error refused(const char* reason, const ProviderAnswer& answer) {
  return base::fail(Code::kConflict, reason,
                    answer.message.empty() ? "The provider refused it." : answer.message);
}

bool is_open(const ProviderAnswer& answer) {
  return answer.end == ProviderEnd::kUnknown || answer.end == ProviderEnd::kPending;
}

Ending still_unknown() {
  Ending ending;
  ending.state = CallState::kUnknown;
  ending.pending = true;
  return ending;
}

// What is in flight has an unknown outcome; that is said once.
base::Result<Ending> note_unknown(Change& change, const store::AttemptRow& row) {
  if (!change.payment().unknown) {
    change.desk().unknown.add();
    ASHLAR_TRY(try_add(change, row, event(EventType::kUnknown)));
  }
  return still_unknown();
}

void enter_capture(Change& change, const CapturePart& part, const Attempt& attempt) {
  Entry entry;
  entry.id = entry_id(part.id, 'c');
  entry.kind = EntryKind::kCapture;
  entry.source = part.id;
  entry.payment = change.payment().id;
  entry.currency = change.payment().currency;
  entry.provider = attempt.provider;
  entry.amount = part.amount;
  entry.fee = part.fee;
  entry.at = change.now();
  entry.available_on = part.available_on;
  change.enter(std::move(entry));
}

// What leaves or comes back to what is available, at once.
void enter(Change& change, EntryKind kind, char letter, std::string_view part,
           std::string_view charge, Money amount, Money fee) {
  const Attempt* attempt = change.payment().attempt(charge);
  Entry entry;
  entry.id = entry_id(part, letter);
  entry.kind = kind;
  entry.source = part;
  entry.payment = change.payment().id;
  entry.currency = change.payment().currency;
  if (attempt != nullptr) entry.provider = attempt->provider;
  entry.amount = amount;
  entry.fee = fee;
  entry.at = entry.available_on = change.now();
  entry.settled = true;
  change.enter(std::move(entry));
}

// With the authorisation, or of one that was held before.
base::Status captured(Change& change, const store::AttemptRow& row, std::string_view part,
                      std::string reference, Money amount, Money fee, bool last, bool held) {
  PaymentEvent happened = event(EventType::kCaptured, part);
  happened.reference = std::move(reference);
  happened.amount = amount;
  happened.fee = fee;
  happened.last = last;
  happened.available_on = available_on(change.now(), change.desk().options.settle_after);
  const std::string booked = happened.reference;
  ASHLAR_ASSIGN(const bool added, try_add(change, row, std::move(happened)));
  if (!added) return base::ok_status();
  const Payment& payment = change.payment();
  const CapturePart& done = *payment.capture_part(part);
  const Attempt& attempt = *payment.attempt(done.attempt);
  // What the book keeps held is what can still be captured.
  CapturePart posted = done;
  posted.last = payment.state == PaymentState::kSucceeded;
  post_capture(change.postings(), payment, attempt, posted, held);
  enter_capture(change, done, attempt);
  change.refer(row.call.provider, booked, part, row.call.key);
  return base::ok_status();
}

base::Status authorized(Change& change, const store::AttemptRow& row, const CallPlan& plan,
                        const ProviderAnswer& answer) {
  PaymentEvent happened = event(EventType::kAuthorized, row.call.part);
  happened.reference = answer.reference;
  happened.amount = answer.amount > 0 ? answer.amount : plan.call.amount;
  happened.network = answer.network;
  happened.last4 = answer.last4;
  happened.expires_at = answer.expires_at;
  if (!happened.expires_at)
    happened.expires_at = change.now() + change.desk().options.authorization_life;
  const Money amount = happened.amount;
  ASHLAR_ASSIGN(const bool added, try_add(change, row, std::move(happened)));
  if (!added) return base::ok_status();
  change.refer(row.call.provider, answer.reference, row.call.part, row.call.key);
  const Payment& payment = change.payment();
  if (!plan.call.capture) {
    post_hold(change.postings(), payment, *payment.attempt(row.call.part));
    return base::ok_status();
  }
  const std::string part =
      part_id("cap_", payment.id, static_cast<std::int64_t>(payment.captures.size()) + 1);
  return captured(change, row, part, answer.capture_reference, amount, answer.fee, true, false);
}

base::Status declined(Change& change, const store::AttemptRow& row, const ProviderAnswer& answer) {
  PaymentEvent happened = event(EventType::kDeclined, row.call.part);
  happened.reference = answer.reference;
  happened.code = answer.decline_code;
  happened.message = answer.message;
  happened.network = answer.network;
  happened.last4 = answer.last4;
  ASHLAR_ASSIGN(const bool added, try_add(change, row, std::move(happened)));
  if (added) change.refer(row.call.provider, answer.reference, row.call.part, row.call.key);
  return base::ok_status();
}

base::Status needs_action(Change& change, const store::AttemptRow& row,
                          const ProviderAnswer& answer) {
  PaymentEvent happened = event(EventType::kActionNeeded, row.call.part);
  happened.reference = answer.reference;
  happened.url = answer.action_url;
  happened.network = answer.network;
  happened.last4 = answer.last4;
  ASHLAR_ASSIGN(const bool added, try_add(change, row, std::move(happened)));
  if (added) change.refer(row.call.provider, answer.reference, row.call.part, row.call.key);
  return base::ok_status();
}

// The next provider's attempt, in the same unit in which the one before ended.
base::Result<Ending> next_provider(Change& change, const store::AttemptRow& row,
                                   const CallPlan& plan) {
  Ending ending;
  const Payment& payment = change.payment();
  if (plan.others.empty() || payment.attempts.size() >= kMaxPartsOfPayment) {
    ending.error = unavailable();
    return ending;
  }
  NewCall next;
  next.op = ProviderOp::kAuthorize;
  next.subject = payment.id;
  next.number = static_cast<std::int64_t>(payment.attempts.size()) + 1;
  next.part = next.charge = part_id("ch_", payment.id, next.number);
  next.provider = plan.others.front();
  next.plan = plan;
  next.plan.others.erase(next.plan.others.begin());
  PaymentEvent begun = event(EventType::kAuthorizing, next.part);
  begun.amount = plan.call.amount;
  begun.provider = next.provider;
  begun.token = plan.call.token;
  ASHLAR_ASSIGN(const bool added, try_add(change, row, std::move(begun)));
  if (added) {
    ending.next = std::move(next);
  } else {
    ending.error = unavailable();
  }
  return ending;
}

base::Result<Ending> end_authorize(Change& change, const store::AttemptRow& row,
                                   const CallPlan& plan, const ProviderAnswer& answer) {
  const Attempt* attempt = change.payment().attempt(row.call.part);
  const bool over = attempt == nullptr || (attempt->state != AttemptState::kOpen &&
                                           attempt->state != AttemptState::kUnknown &&
                                           attempt->state != AttemptState::kNeedsAction);
  // Canceled while the customer was away: what was open with the provider has ended with that.
  if (over) return Ending{};
  Ending ending;
  switch (answer.end) {
    case ProviderEnd::kApplied:
      ASHLAR_TRY(authorized(change, row, plan, answer));
      return ending;
    case ProviderEnd::kDeclined:
      ASHLAR_TRY(declined(change, row, answer));
      return ending;
    case ProviderEnd::kNeedsAction:
      if (attempt->state != AttemptState::kNeedsAction)
        ASHLAR_TRY(needs_action(change, row, answer));
      ending.state = CallState::kWaiting;
      return ending;
    case ProviderEnd::kNotDone: {
      if (attempt->state == AttemptState::kNeedsAction) {
        PaymentEvent gone = event(EventType::kDeclined, row.call.part);
        gone.code = "authentication_abandoned";
        gone.message = "The provider knows nothing of it any more.";
        ASHLAR_TRY(try_add(change, row, std::move(gone)));
        return ending;
      }
      PaymentEvent not_done = event(EventType::kAuthorizeNotDone, row.call.part);
      not_done.message = answer.message;
      ASHLAR_TRY(try_add(change, row, std::move(not_done)));
      return next_provider(change, row, plan);
    }
    case ProviderEnd::kPending:
    case ProviderEnd::kUnknown:
      break;
  }
  if (attempt->state == AttemptState::kNeedsAction) {
    ending.state = CallState::kWaiting;
    return ending;
  }
  return note_unknown(change, row);
}

base::Result<Ending> end_capture(Change& change, const store::AttemptRow& row, const CallPlan& plan,
                                 const ProviderAnswer& answer) {
  const CapturePart* part = change.payment().capture_part(row.call.part);
  const bool over = part == nullptr || part->state == CaptureState::kDone ||
                    part->state == CaptureState::kNotDone;
  if (over) return Ending{};
  if (is_open(answer)) return note_unknown(change, row);
  if (answer.end == ProviderEnd::kApplied) {
    const Money amount = answer.amount > 0 ? answer.amount : plan.call.amount;
    ASHLAR_TRY(captured(change, row, row.call.part, answer.reference, amount, answer.fee,
                        plan.call.last, true));
    return Ending{};
  }
  PaymentEvent not_done = event(EventType::kCaptureNotDone, row.call.part);
  not_done.message = answer.message;
  ASHLAR_TRY(try_add(change, row, std::move(not_done)));
  Ending ending;
  ending.error =
      answer.end == ProviderEnd::kNotDone ? unavailable() : refused("capture_refused", answer);
  return ending;
}

base::Result<Ending> end_cancel(Change& change, const store::AttemptRow& row, const CallPlan& plan,
                                const ProviderAnswer& answer) {
  if (change.payment().in_flight != InFlight::kCancel) return Ending{};
  if (is_open(answer)) return note_unknown(change, row);
  const Payment& payment = change.payment();
  const bool held = payment.latest_attempt() != nullptr &&
                    payment.latest_attempt()->state == AttemptState::kAuthorized &&
                    payment.capturable() > 0;
  // Where its time is over, a provider that knows it no more has released it.
  const bool released = answer.end == ProviderEnd::kApplied ||
                        (plan.expiring && answer.end == ProviderEnd::kDeclined);
  if (released) {
    PaymentEvent happened = event(EventType::kCanceled);
    happened.reason = plan.reason;
    ASHLAR_ASSIGN(const bool added, try_add(change, row, std::move(happened)));
    if (added && held) post_release(change.postings(), payment, *payment.latest_attempt());
    return Ending{};
  }
  PaymentEvent not_done = event(EventType::kCancelNotDone);
  not_done.message = answer.message;
  ASHLAR_TRY(try_add(change, row, std::move(not_done)));
  Ending ending;
  ending.error =
      answer.end == ProviderEnd::kNotDone ? unavailable() : refused("cancel_refused", answer);
  return ending;
}

// Booked when the provider has taken it, be it done at once or told later.
base::Status refund_taken(Change& change, const store::AttemptRow& row, EventType type,
                          const ProviderAnswer& answer) {
  const Refund* before = change.payment().refund(row.call.part);
  const bool booked = before != nullptr && before->state == RefundState::kPending;
  if (booked && type == EventType::kRefundPending) return base::ok_status();
  PaymentEvent happened = event(type, row.call.part);
  happened.reference = answer.reference;
  ASHLAR_ASSIGN(const bool added, try_add(change, row, std::move(happened)));
  if (!added || booked) return base::ok_status();
  const Refund& refund = *change.payment().refund(row.call.part);
  post_refund(change.postings(), change.payment(), refund);
  enter(change, EntryKind::kRefund, 'r', refund.id, refund.attempt, -refund.amount, 0);
  change.refer(row.call.provider, answer.reference, refund.id, row.call.key);
  return base::ok_status();
}

base::Result<Ending> end_refund(Change& change, const store::AttemptRow& row,
                                const ProviderAnswer& answer) {
  const Refund* refund = change.payment().refund(row.call.part);
  const bool over = refund == nullptr || refund->state == RefundState::kSucceeded ||
                    refund->state == RefundState::kFailed ||
                    refund->state == RefundState::kCanceled;
  if (over) return Ending{};
  Ending ending;
  switch (answer.end) {
    case ProviderEnd::kApplied:
      ASHLAR_TRY(refund_taken(change, row, EventType::kRefunded, answer));
      return ending;
    case ProviderEnd::kPending:
      ASHLAR_TRY(refund_taken(change, row, EventType::kRefundPending, answer));
      ending.state = CallState::kWaiting;
      return ending;
    case ProviderEnd::kDeclined:
      ASHLAR_TRY(fail_refund(change, *refund,
                             answer.decline_code.empty() ? answer.message : answer.decline_code));
      return ending;
    case ProviderEnd::kNotDone:
      ASHLAR_TRY(fail_refund(change, *refund, "provider_unavailable"));
      ending.error = unavailable();
      return ending;
    case ProviderEnd::kNeedsAction:
    case ProviderEnd::kUnknown:
      break;
  }
  if (refund->state == RefundState::kPending) {
    ending.state = CallState::kWaiting;
    return ending;
  }
  if (refund->state == RefundState::kOpen) {
    change.desk().unknown.add();
    ASHLAR_TRY(try_add(change, row, event(EventType::kRefundUnknown, row.call.part)));
  }
  return still_unknown();
}

base::Result<Ending> end_evidence(Change& change, const store::AttemptRow& row,
                                  const ProviderAnswer& answer) {
  const Dispute* dispute = change.payment().dispute(row.call.part);
  const bool over = dispute == nullptr || dispute->state == DisputeState::kWon ||
                    dispute->state == DisputeState::kLost;
  if (over) return Ending{};
  if (answer.end == ProviderEnd::kUnknown) return still_unknown();
  Ending ending;
  if (answer.end == ProviderEnd::kNotDone) {
    ending.error = unavailable();
  } else if (answer.end == ProviderEnd::kDeclined) {
    ending.error = refused("dispute_state", answer);
  } else if (row.call.op == ProviderOp::kCloseDispute) {
    ASHLAR_TRY(lose_dispute(change, *dispute, false));
  } else {
    ASHLAR_TRY(try_add(change, row, event(EventType::kEvidenceSubmitted, row.call.part)));
    change.mark_dispute(row.call.part);
  }
  return ending;
}

base::Result<Ending> end_payout(Change& change, const store::AttemptRow& row,
                                const ProviderAnswer& answer) {
  ASHLAR_ASSIGN(auto stored, change.payout(row.call.subject));
  auto& [payout, events] = stored;
  if (payout.state == PayoutState::kPaid || payout.state == PayoutState::kFailed) return Ending{};
  Ending ending;
  if (!answer.reference.empty() && payout.reference.empty()) {
    payout.reference = answer.reference;
    change.refer(row.call.provider, answer.reference, payout.id, row.call.key);
  }
  const PayoutState before = payout.state;
  switch (answer.end) {
    case ProviderEnd::kApplied:
      payout.state = PayoutState::kPaid;
      post_payout_paid(change.postings(), payout.id, payout.currency, payout.amount);
      break;
    case ProviderEnd::kPending:
      payout.state = PayoutState::kInTransit;
      ending.state = CallState::kWaiting;
      break;
    case ProviderEnd::kDeclined:
    case ProviderEnd::kNotDone:
      ASHLAR_TRY(fail_payout(change, payout, events,
                             answer.message.empty() ? answer.decline_code : answer.message));
      if (answer.end == ProviderEnd::kNotDone) ending.error = unavailable();
      return ending;
    case ProviderEnd::kNeedsAction:
    case ProviderEnd::kUnknown:
      ending = still_unknown();
      if (before == PayoutState::kInTransit) {
        ending.state = CallState::kWaiting;
      } else {
        payout.state = PayoutState::kUnknown;
      }
      break;
  }
  const std::string_view type =
      payout.state == PayoutState::kPaid ? "payout.paid" : "payout.updated";
  if (payout.state != before) change.put(payout, type, events);
  return ending;
}

}  // namespace

base::Time available_on(base::Time now, base::Seconds after) {
  const base::Time then = now + after;
  // Whole days are told as days, as statements do.
  if (after < std::chrono::days(1)) return then;
  return std::chrono::floor<std::chrono::days>(then);
}

base::Status fail_refund(Change& change, const Refund& refund, std::string_view why) {
  const Refund before = refund;
  PaymentEvent happened = event(EventType::kRefundFailed, before.id);
  happened.reason = why;
  ASHLAR_TRY(change.add(std::move(happened)));
  if (before.state != RefundState::kPending && before.state != RefundState::kSucceeded)
    return base::ok_status();
  post_refund_back(change.postings(), change.payment(), before);
  enter(change, EntryKind::kRefundFailed, 'f', before.id, before.attempt, before.amount, 0);
  return base::ok_status();
}

base::Status lose_dispute(Change& change, const Dispute& dispute, bool expired) {
  const Dispute before = dispute;
  PaymentEvent happened = event(EventType::kDisputeLost, before.id);
  happened.expired = expired;
  ASHLAR_TRY(change.add(std::move(happened)));
  post_dispute_lost(change.postings(), change.payment(), before);
  change.mark_dispute(before.id);
  return base::ok_status();
}

base::Status expire_authorization(Change& change) {
  const Attempt* attempt = change.payment().latest_attempt();
  const std::string id = attempt == nullptr ? std::string() : attempt->id;
  PaymentEvent happened = event(EventType::kAuthorizationExpired, id);
  happened.reason = "expired";
  ASHLAR_TRY(change.add(std::move(happened)));
  post_release(change.postings(), change.payment(), *change.payment().latest_attempt());
  return base::ok_status();
}

base::Status fail_payout(Change& change, Payout payout, std::int64_t events, std::string_view why) {
  const bool paid = payout.state == PayoutState::kPaid;
  payout.state = PayoutState::kFailed;
  payout.failure = why;
  post_payout_back(change.postings(), payout.id, payout.currency, payout.amount, paid);
  Entry entry;
  entry.id = entry_id(payout.id, 'x');
  entry.kind = EntryKind::kPayoutFailed;
  entry.source = entry.payment = payout.id;
  entry.currency = payout.currency;
  entry.provider = payout.provider;
  entry.amount = payout.amount;
  entry.at = entry.available_on = change.now();
  entry.settled = true;
  change.enter(std::move(entry));
  change.put(payout, "payout.failed", events);
  return base::ok_status();
}

base::Result<Ending> end_call(Change& change, const store::AttemptRow& row, const CallPlan& plan,
                              const ProviderAnswer& answer) {
  switch (row.call.op) {
    case ProviderOp::kAuthorize:
      return end_authorize(change, row, plan, answer);
    case ProviderOp::kCapture:
      return end_capture(change, row, plan, answer);
    case ProviderOp::kCancel:
      return end_cancel(change, row, plan, answer);
    case ProviderOp::kRefund:
      return end_refund(change, row, answer);
    case ProviderOp::kPayout:
      return end_payout(change, row, answer);
    case ProviderOp::kEvidence:
    case ProviderOp::kCloseDispute:
      return end_evidence(change, row, answer);
  }
  return base::fail(Code::kInternal, "payment_call_damaged", "A call of no known kind.");
}

}  // namespace ashlar::payments
