#include "modules/payments/providers/sandbox_rules.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "kit/siphash.h"
#include "modules/payments/providers/card_tokens.h"
#include "modules/payments/providers/sandbox_work.h"

namespace ashlar::payments {
namespace {

constexpr std::int64_t kMost = (std::int64_t{1} << 53) - 1;

ProviderAnswer declined(std::string_view code) {
  ProviderAnswer answer;
  answer.end = ProviderEnd::kDeclined;
  answer.decline_code = code;
  answer.message = decline_message(code);
  return answer;
}

ProviderAnswer silence(ProviderEnd end) {
  ProviderAnswer answer;
  answer.end = end;
  return answer;
}

void show(const CardToken& card, ProviderAnswer& answer) {
  answer.network = card.network;
  answer.last4 = card.last4;
}

// What must be the same when a key comes again.
std::string terms_of(const ProviderCall& call) {
  return std::string(to_text(call.op)) + ":" + std::to_string(call.amount) + call.currency + ":" +
         call.reference + (call.op == ProviderOp::kAuthorize ? call.token : std::string());
}

CallFate fate_by_card(const ProviderCall& call) {
  const CardToken* card = call.op == ProviderOp::kAuthorize ? find_card(call.token) : nullptr;
  if (card == nullptr) return CallFate::kServed;
  switch (card->conduct) {
    case CardConduct::kAnswerLost:
      return CallFate::kAnswerLost;
    case CardConduct::kCallLost:
      return CallFate::kCallLost;
    case CardConduct::kArrivesLate:
      return CallFate::kArrivesLate;
    case CardConduct::kNotDone:
      return CallFate::kNotDone;
    default:
      return CallFate::kServed;
  }
}

bool usable(std::int64_t amount) { return amount > 0 && amount <= kMost; }

kit::SipKey key_of(std::string_view secret) {
  constexpr std::size_t kSecretBytes = 32;
  CHECK(secret.size() == kSecretBytes);
  kit::SipKey key{};
  std::memcpy(key.data(), secret.data(), sizeof key);
  return key;
}

}  // namespace

SandboxRules::SandboxRules(SandboxTerms terms, const SandboxFaults& faults)
    : terms_(std::move(terms)), dice_(faults), action_key_(key_of(terms_.secret)) {}

std::string SandboxRules::new_reference(std::string_view prefix, base::TenantId tenant,
                                        std::string_view from) const {
  const auto number = static_cast<std::uint64_t>(tenant.value);
  const std::string text = terms_.bank + ":" + std::string(prefix) + ":" + std::string(from);
  constexpr std::size_t kDigits = 11;
  return "sbx_" + std::string(prefix) + "_" +
         base::base62_encode(kit::siphash({number, 0x7361'6e64}, text), kDigits) +
         base::base62_encode(kit::siphash({number, 0x626f'7821}, text), kDigits);
}

std::int64_t SandboxRules::fee_of(std::int64_t amount) const {
  constexpr std::int64_t kThousand = 1'000;
  const std::int64_t whole = amount / kThousand;
  const std::int64_t rest = amount % kThousand;
  const std::int64_t share =
      whole * terms_.fee_per_mille + (rest * terms_.fee_per_mille + kThousand / 2) / kThousand;
  return std::min(amount, share + terms_.fee_fixed);
}

ProviderAnswer SandboxRules::submit(SandboxBook& book, const ProviderCall& call, base::Time sent,
                                    base::Time now, bool late) const {
  const SandboxCall* known = book.call(call.tenant, call.key);
  const std::int64_t asked = known == nullptr ? 0 : known->asked;
  if (known != nullptr && known->answer.end != ProviderEnd::kNotDone) {
    const bool same = known->terms == terms_of(call);
    ++book.change_call(call.tenant, call.key).asked;
    return same ? known->answer : declined("key_reused");
  }
  // At the same moment a new one came after, and what was on its way before.
  if (known != nullptr && (late ? sent <= known->fence : sent < known->fence)) {
    ++book.change_call(call.tenant, call.key).asked;
    return silence(ProviderEnd::kNotDone);
  }
  CallFate fate = fate_by_card(call);
  if (fate == CallFate::kServed) fate = dice_.fate(call, asked);
  if (late) fate = CallFate::kServed;  // it has had its fate

  SandboxCall& row = book.change_call(call.tenant, call.key);
  row.op = call.op;
  row.asked = asked + 1;
  row.at = now;
  row.answer = silence(ProviderEnd::kNotDone);
  if (fate == CallFate::kNotDone) return row.answer;
  if (fate == CallFate::kCallLost) return silence(ProviderEnd::kUnknown);
  if (fate == CallFate::kArrivesLate) {
    SandboxObject& coming = book.change_object(
        call.tenant, new_reference("late", call.tenant, call.key + "#" + std::to_string(asked)));
    coming.kind = SandboxKind::kLate;
    coming.at = sent;
    coming.due_at = now + dice_.arrival_delay(call, asked) + base::Micros{1};
    coming.call = to_json(call);
    return silence(ProviderEnd::kUnknown);
  }
  Work work{book, call.tenant, now, &call};
  ProviderAnswer answer = serve(work);
  SandboxCall& kept = book.change_call(call.tenant, call.key);
  kept.answer = answer;
  kept.terms = terms_of(call);
  return fate == CallFate::kAnswerLost ? silence(ProviderEnd::kUnknown) : answer;
}

ProviderAnswer SandboxRules::query(SandboxBook& book, const ProviderCall& call,
                                   base::Time now) const {
  if (dice_.query_fails(call, now)) return silence(ProviderEnd::kUnknown);
  const SandboxCall* known = book.call(call.tenant, call.key);
  if (known != nullptr && known->answer.end != ProviderEnd::kNotDone) return known->answer;
  // The same wait as for any provider that cannot recall what is still on its way to it.
  if (call.begun_at + settles_after() > now) return silence(ProviderEnd::kUnknown);
  SandboxCall& row = book.change_call(call.tenant, call.key);
  row.op = call.op;
  row.at = now;
  row.fence = now;
  row.answer = silence(ProviderEnd::kNotDone);
  return row.answer;
}

ProviderAnswer SandboxRules::serve(Work& work) const {
  switch (work.call->op) {
    case ProviderOp::kAuthorize:
      return authorize(work);
    case ProviderOp::kCapture:
      return capture(work);
    case ProviderOp::kCancel:
      return cancel(work);
    case ProviderOp::kRefund:
      return refund(work);
    case ProviderOp::kPayout:
      return payout(work);
    case ProviderOp::kEvidence:
      return evidence(work);
    case ProviderOp::kCloseDispute:
      return close(work);
  }
  return declined("unknown_reference");
}

ProviderAnswer SandboxRules::authorize(Work& work) const {
  const ProviderCall& call = *work.call;
  const CardToken* card = find_card(call.token);
  if (card == nullptr) return declined("unknown_token");
  ProviderAnswer answer;
  std::string_view code;
  if (!usable(call.amount) || call.currency.empty()) {
    code = "amount_invalid";
  } else if (card->conduct == CardConduct::kDeclines) {
    code = card->code;
  } else if (card->conduct == CardConduct::kAsksCustomer && call.off_session) {
    code = "authentication_required";
  } else if (dice_.hits(dice_.faults().declines, call.tenant, "decline:" + call.key)) {
    code = "generic_decline";
  }
  if (!code.empty()) {
    answer = declined(code);
    show(*card, answer);
    return answer;
  }
  const std::string reference = new_reference("ch", call.tenant, call.key);
  SandboxObject& charge = work.book.change_object(call.tenant, reference);
  charge.kind = SandboxKind::kCharge;
  charge.key = call.key;
  charge.token = call.token;
  charge.currency = call.currency;
  charge.amount = call.amount;
  charge.capture = call.capture;
  charge.at = work.now;
  answer.reference = reference;
  answer.amount = call.amount;
  show(*card, answer);
  if (card->conduct == CardConduct::kAsksCustomer) {
    charge.state = SandboxState::kAsking;
    charge.until = charge.due_at = work.now + terms_.action_lives;
    answer.end = ProviderEnd::kNeedsAction;
    answer.action_url =
        terms_.public_url + "/v1/payments/sandbox/actions/" + action_token(call.tenant, reference);
    return answer;
  }
  settle_authorization(work, reference, charge, answer);
  if (!charge.capture) {
    ProviderNotice notice;
    notice.key = charge.key;
    notice.reference = reference;
    notice.amount = charge.amount;
    notice.currency = charge.currency;
    if (terms_.tells_all) tell(work, NoticeKind::kAuthorized, std::move(notice));
  }
  return answer;
}

void SandboxRules::settle_authorization(Work& work, const std::string& reference,
                                        SandboxObject& charge, ProviderAnswer& answer) const {
  charge.state = SandboxState::kOpen;
  charge.until = charge.due_at = work.now + terms_.authorization_lives;
  answer.end = ProviderEnd::kApplied;
  answer.expires_at = charge.until;
  if (charge.capture) {
    take(work, reference, charge, charge.key, charge.amount, true, answer);
    answer.capture_reference = std::exchange(answer.reference, reference);
  }
}

ProviderAnswer SandboxRules::capture(Work& work) const {
  const ProviderCall& call = *work.call;
  const SandboxObject* found = work.find(call.reference, SandboxKind::kCharge);
  if (found == nullptr) return declined("unknown_reference");
  if (!usable(call.amount)) return declined("amount_invalid");
  if (call.currency != found->currency) return declined("currency_mismatch");
  if (found->state == SandboxState::kReleased && found->until && *found->until <= work.now) {
    return declined("authorization_expired");
  }
  if (found->state != SandboxState::kOpen) return declined("not_capturable");
  if (*found->until <= work.now) return declined("authorization_expired");
  if (call.amount > found->amount - found->captured) return declined("amount_too_large");
  SandboxObject& charge = work.book.change_object(work.tenant, call.reference);
  ProviderAnswer answer;
  answer.end = ProviderEnd::kApplied;
  take(work, call.reference, charge, call.key, call.amount, call.last, answer);
  return answer;
}

void SandboxRules::take(Work& work, const std::string& authorization, SandboxObject& charge,
                        const std::string& key, std::int64_t amount, bool last,
                        ProviderAnswer& answer) const {
  charge.captured += amount;
  CHECK(charge.captured <= charge.amount);
  ++charge.parts;
  if (last || charge.captured == charge.amount) {
    charge.state = SandboxState::kDone;
    charge.due_at.reset();
  }
  answer.reference =
      new_reference("cap", work.tenant, authorization + "#" + std::to_string(charge.parts));
  answer.amount = amount;
  answer.fee = fee_of(amount);
  move(work, {.kind = MoveKind::kCapture,
              .key = key,
              .reference = answer.reference,
              .about = authorization,
              .gross = amount,
              .fee = answer.fee,
              .currency = charge.currency});
  if (terms_.tells_all || work.call == nullptr) {
    ProviderNotice notice;
    notice.key = key;
    notice.reference = answer.reference;
    notice.about = authorization;
    notice.amount = amount;
    notice.fee = answer.fee;
    notice.currency = charge.currency;
    tell(work, NoticeKind::kCaptured, std::move(notice));
  }
  const CardToken* card = find_card(charge.token);
  const bool disputes = card != nullptr && card->conduct == CardConduct::kDisputes;
  if (charge.parts > 1) return;
  if (!disputes && !dice_.hits(dice_.faults().disputes, work.tenant, "dispute:" + authorization)) {
    return;
  }
  SandboxObject& dispute =
      work.book.change_object(work.tenant, new_reference("dp", work.tenant, authorization));
  dispute.kind = SandboxKind::kDispute;
  dispute.charge = authorization;
  dispute.currency = charge.currency;
  dispute.reason = disputes ? card->code : "general";
  dispute.at = work.now;
  dispute.due_at = work.now + terms_.dispute_opens;
}

ProviderAnswer SandboxRules::cancel(Work& work) const {
  const ProviderCall& call = *work.call;
  const SandboxObject* found = work.find(call.reference, SandboxKind::kCharge);
  if (found == nullptr) return declined("unknown_reference");
  if (found->state != SandboxState::kOpen && found->state != SandboxState::kAsking) {
    return declined("not_cancelable");
  }
  SandboxObject& charge = work.book.change_object(work.tenant, call.reference);
  charge.state = charge.captured == 0 ? SandboxState::kReleased : SandboxState::kDone;
  charge.due_at.reset();
  charge.until.reset();
  ProviderAnswer answer;
  answer.end = ProviderEnd::kApplied;
  answer.reference = call.reference;
  answer.amount = charge.amount - charge.captured;
  if (terms_.tells_all) {
    ProviderNotice notice;
    notice.key = charge.key;
    notice.reference = call.reference;
    notice.amount = answer.amount;
    notice.currency = charge.currency;
    tell(work, NoticeKind::kCanceled, std::move(notice));
  }
  return answer;
}

ProviderAnswer SandboxRules::refund(Work& work) const {
  const ProviderCall& call = *work.call;
  const SandboxObject* found = work.find(call.reference, SandboxKind::kCharge);
  if (found == nullptr) return declined("unknown_reference");
  if (!usable(call.amount)) return declined("amount_invalid");
  if (call.currency != found->currency) return declined("currency_mismatch");
  const std::int64_t left = found->captured - found->refunded;
  if (call.amount > left) return declined("refund_exceeds_captured");
  if (call.amount > left - found->disputed) return declined("charge_disputed");
  SandboxObject& charge = work.book.change_object(work.tenant, call.reference);
  charge.refunded += call.amount;
  const std::string reference = new_reference("re", work.tenant, call.key);
  SandboxObject& refund = work.book.change_object(work.tenant, reference);
  refund.kind = SandboxKind::kRefund;
  refund.key = call.key;
  refund.charge = call.reference;
  refund.currency = charge.currency;
  refund.amount = call.amount;
  refund.at = work.now;
  refund.state = SandboxState::kDone;
  const CardToken* card = find_card(charge.token);
  const CardConduct conduct = card == nullptr ? CardConduct::kPays : card->conduct;
  const auto dice = [&](int chance, std::string_view what) {
    return dice_.hits(chance, work.tenant, std::string(what) + call.key);
  };
  const bool fails =
      conduct == CardConduct::kRefundFails || dice(dice_.faults().refund_fails, "refund_fails:");
  const bool waits =
      conduct == CardConduct::kRefundPending || dice(dice_.faults().refund_waits, "refund_waits:");
  if (fails || waits) {
    refund.state = SandboxState::kOpen;
    refund.due_at = work.now + terms_.refund_time;
    if (fails) refund.reason = "expired_or_canceled_card";
  }
  move(work, {.kind = MoveKind::kRefund,
              .key = call.key,
              .reference = reference,
              .about = call.reference,
              .gross = -call.amount,
              .currency = charge.currency});
  ProviderAnswer answer;
  answer.end = waits ? ProviderEnd::kPending : ProviderEnd::kApplied;
  answer.reference = reference;
  answer.amount = call.amount;
  if (terms_.tells_all && !waits) tell_of_refund(work, NoticeKind::kRefunded, reference, refund);
  return answer;
}

ProviderAnswer SandboxRules::payout(Work& work) const {
  const ProviderCall& call = *work.call;
  if (!usable(call.amount)) return declined("amount_invalid");
  const SandboxObject* balance =
      work.find(SandboxBook::balance_reference(call.currency), SandboxKind::kBalance);
  if (balance == nullptr || balance->amount < call.amount) return declined("balance_insufficient");
  const std::string reference = new_reference("po", work.tenant, call.key);
  SandboxObject& payout = work.book.change_object(work.tenant, reference);
  payout.kind = SandboxKind::kPayout;
  payout.key = call.key;
  payout.token = call.token;
  payout.currency = call.currency;
  payout.amount = call.amount;
  payout.at = work.now;
  payout.due_at = work.now + terms_.payout_time;
  if (call.token == kFailingAccount) payout.reason = "account_closed";
  move(work, {.kind = MoveKind::kPayout,
              .key = call.key,
              .reference = reference,
              .gross = -call.amount,
              .currency = call.currency});
  ProviderAnswer answer;
  answer.end = ProviderEnd::kPending;
  answer.reference = reference;
  answer.amount = call.amount;
  return answer;
}

ProviderAnswer SandboxRules::evidence(Work& work) const {
  const ProviderCall& call = *work.call;
  const SandboxObject* found = work.find(call.reference, SandboxKind::kDispute);
  if (found == nullptr || !found->until) return declined("unknown_reference");
  if (found->state != SandboxState::kOpen) return declined("dispute_closed");
  if (*found->until <= work.now) return declined("evidence_late");
  SandboxObject& dispute = work.book.change_object(work.tenant, call.reference);
  dispute.state = SandboxState::kReview;
  dispute.wins = std::ranges::any_of(call.details, [](const auto& one) {
    return one.second.find("winning_evidence") != std::string::npos;
  });
  dispute.due_at = work.now + terms_.review_time;
  if (terms_.tells_all) {
    tell_of_dispute(work, NoticeKind::kDisputeUpdated, call.reference, dispute);
  }
  ProviderAnswer answer;
  answer.end = ProviderEnd::kApplied;
  answer.reference = call.reference;
  return answer;
}

ProviderAnswer SandboxRules::close(Work& work) const {
  const ProviderCall& call = *work.call;
  const SandboxObject* found = work.find(call.reference, SandboxKind::kDispute);
  if (found == nullptr || !found->until) return declined("unknown_reference");
  if (found->state != SandboxState::kOpen && found->state != SandboxState::kReview) {
    return declined("dispute_closed");
  }
  SandboxObject& dispute = work.book.change_object(work.tenant, call.reference);
  dispute.state = SandboxState::kFailed;
  dispute.due_at.reset();
  if (terms_.tells_all) tell_of_dispute(work, NoticeKind::kDisputeLost, call.reference, dispute);
  ProviderAnswer answer;
  answer.end = ProviderEnd::kApplied;
  answer.reference = call.reference;
  answer.amount = dispute.amount;
  return answer;
}

}  // namespace ashlar::payments
