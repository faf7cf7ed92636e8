// What the sandbox does by itself as time goes by, and what it tells of it.
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "kit/siphash.h"
#include "modules/payments/providers/card_tokens.h"
#include "modules/payments/providers/sandbox_rules.h"
#include "modules/payments/providers/sandbox_work.h"

namespace ashlar::payments {

void SandboxRules::age(SandboxBook& book, base::TenantId tenant, const std::string& reference,
                       base::Time now) const {
  SandboxObject& object = book.change_object(tenant, reference);
  object.due_at.reset();
  Work work{book, tenant, now, nullptr};
  switch (object.kind) {
    case SandboxKind::kCharge:
      return age_charge(work, reference, object);
    case SandboxKind::kRefund:
      return age_refund(work, reference, object);
    case SandboxKind::kDispute:
      return age_dispute(work, reference, object);
    case SandboxKind::kPayout:
      return age_payout(work, reference, object);
    case SandboxKind::kLate: {
      object.state = SandboxState::kDone;
      const auto call = call_of_json(object.call);
      if (call.ok())
        static_cast<void>(submit(book, *call, object.at, now, true));  // nobody listens
      return;
    }
    case SandboxKind::kBalance:
      return;
  }
}

void SandboxRules::age_charge(Work& work, const std::string& reference,
                              SandboxObject& charge) const {
  ProviderNotice notice;
  notice.key = charge.key;
  notice.reference = reference;
  notice.amount = charge.amount - charge.captured;
  notice.currency = charge.currency;
  if (charge.state == SandboxState::kAsking) {
    charge.state = SandboxState::kFailed;
    answer_anew(work, charge.key, ProviderEnd::kDeclined, "authentication_failed");
    notice.reason = "authentication_failed";
    return tell(work, NoticeKind::kDeclined, std::move(notice));
  }
  if (charge.state != SandboxState::kOpen) return;
  charge.state = charge.captured == 0 ? SandboxState::kReleased : SandboxState::kDone;
  notice.reason = "expired";
  tell(work, NoticeKind::kCanceled, std::move(notice));
}

bool SandboxRules::decide(SandboxBook& book, base::TenantId tenant, const std::string& reference,
                          bool approves, base::Time now) const {
  Work work{book, tenant, now, nullptr};
  const SandboxObject* found = work.find(reference, SandboxKind::kCharge);
  if (found == nullptr || found->state != SandboxState::kAsking || *found->until <= now) {
    return false;
  }
  SandboxObject& charge = book.change_object(tenant, reference);
  if (!approves) {
    age_charge(work, reference, charge);
    charge.due_at.reset();
    return true;
  }
  SandboxCall& call = book.change_call(tenant, charge.key);
  call.answer.action_url.clear();
  call.answer.reference = reference;
  settle_authorization(work, reference, charge, call.answer);
  if (charge.capture) return true;  // take() has told of it
  ProviderNotice notice;
  notice.key = charge.key;
  notice.reference = reference;
  notice.amount = charge.amount;
  notice.currency = charge.currency;
  tell(work, NoticeKind::kAuthorized, std::move(notice));
  return true;
}

void SandboxRules::age_refund(Work& work, const std::string& reference,
                              SandboxObject& refund) const {
  if (refund.state != SandboxState::kOpen) return;
  if (refund.reason.empty()) {
    refund.state = SandboxState::kDone;
    answer_anew(work, refund.key, ProviderEnd::kApplied, {});
    return tell_of_refund(work, NoticeKind::kRefunded, reference, refund);
  }
  refund.state = SandboxState::kFailed;
  work.book.change_object(work.tenant, refund.charge).refunded -= refund.amount;
  move(work, {.kind = MoveKind::kRefundFailure,
              .key = refund.key,
              .reference = reference,
              .about = refund.charge,
              .gross = refund.amount,
              .currency = refund.currency});
  answer_anew(work, refund.key, ProviderEnd::kDeclined, refund.reason);
  tell_of_refund(work, NoticeKind::kRefundFailed, reference, refund);
}

void SandboxRules::age_dispute(Work& work, const std::string& reference,
                               SandboxObject& dispute) const {
  if (dispute.state == SandboxState::kReview) {
    return end_dispute(work, reference, dispute, dispute.wins ? "" : "evidence");
  }
  if (dispute.state != SandboxState::kOpen) return;
  if (dispute.until) return end_dispute(work, reference, dispute, "expired");
  open_dispute(work, reference, dispute);
}

void SandboxRules::open_dispute(Work& work, const std::string& reference,
                                SandboxObject& dispute) const {
  SandboxObject& charge = work.book.change_object(work.tenant, dispute.charge);
  dispute.amount = charge.captured - charge.refunded;
  if (dispute.amount <= 0) {
    dispute.state = SandboxState::kDone;  // all was given back before
    return;
  }
  charge.disputed += dispute.amount;
  dispute.fee = terms_.dispute_fee;
  dispute.until = dispute.due_at = work.now + terms_.evidence_time;
  move(work, {.kind = MoveKind::kDispute,
              .reference = reference,
              .about = dispute.charge,
              .gross = -dispute.amount,
              .fee = dispute.fee,
              .currency = dispute.currency});
  tell_of_dispute(work, NoticeKind::kDisputeOpened, reference, dispute);
}

// `why` empty: won.
void SandboxRules::end_dispute(Work& work, const std::string& reference, SandboxObject& dispute,
                               std::string_view why) const {
  if (!why.empty()) {
    dispute.state = SandboxState::kFailed;
    return tell_of_dispute(work, NoticeKind::kDisputeLost, reference, dispute, why);
  }
  dispute.state = SandboxState::kDone;
  work.book.change_object(work.tenant, dispute.charge).disputed -= dispute.amount;
  move(work, {.kind = MoveKind::kDisputeReversal,
              .reference = reference,
              .about = dispute.charge,
              .gross = dispute.amount,
              .fee = -dispute.fee,
              .currency = dispute.currency});
  tell_of_dispute(work, NoticeKind::kDisputeWon, reference, dispute);
}

void SandboxRules::age_payout(Work& work, const std::string& reference,
                              SandboxObject& payout) const {
  if (payout.state != SandboxState::kOpen) return;
  ProviderNotice notice;
  notice.key = payout.key;
  notice.reference = reference;
  notice.amount = payout.amount;
  notice.currency = payout.currency;
  notice.reason = payout.reason;
  if (payout.reason.empty()) {
    payout.state = SandboxState::kDone;
    answer_anew(work, payout.key, ProviderEnd::kApplied, {});
    return tell(work, NoticeKind::kPaidOut, std::move(notice));
  }
  payout.state = SandboxState::kFailed;
  move(work, {.kind = MoveKind::kPayoutFailure,
              .key = payout.key,
              .reference = reference,
              .gross = payout.amount,
              .currency = payout.currency});
  answer_anew(work, payout.key, ProviderEnd::kDeclined, payout.reason);
  tell(work, NoticeKind::kPayoutFailed, std::move(notice));
}

void SandboxRules::move(Work& work, SandboxMove move) const {
  move.tenant = work.tenant;
  move.at = work.now;
  move.id =
      new_reference("bt", work.tenant, std::string(to_text(move.kind)) + ":" + move.reference);
  work.book.add_move(std::move(move));
}

void SandboxRules::tell(Work& work, NoticeKind kind, ProviderNotice notice) const {
  notice.kind = kind;
  notice.tenant = work.tenant;
  notice.at = work.now;
  notice.id = new_reference("evt", work.tenant,
                            std::string(to_text(kind)) + ":" + notice.reference + ":" +
                                std::to_string(base::to_micros(work.now)));
  work.book.add_notice(std::move(notice));
}

void SandboxRules::tell_of_refund(Work& work, NoticeKind kind, const std::string& reference,
                                  const SandboxObject& refund) const {
  ProviderNotice notice;
  notice.key = refund.key;
  notice.reference = reference;
  notice.about = refund.charge;
  notice.amount = refund.amount;
  notice.currency = refund.currency;
  if (kind == NoticeKind::kRefundFailed) notice.reason = refund.reason;
  tell(work, kind, std::move(notice));
}

void SandboxRules::tell_of_dispute(Work& work, NoticeKind kind, const std::string& reference,
                                   const SandboxObject& dispute, std::string_view why) const {
  ProviderNotice notice;
  notice.reference = reference;
  notice.about = dispute.charge;
  notice.amount = dispute.amount;
  notice.fee = dispute.fee;
  notice.currency = dispute.currency;
  notice.reason = why.empty() ? dispute.reason : std::string(why);
  if (dispute.state == SandboxState::kOpen) notice.due_by = dispute.until;
  tell(work, kind, std::move(notice));
}

void SandboxRules::answer_anew(Work& work, const std::string& key, ProviderEnd end,
                               std::string_view code) {
  SandboxCall& call = work.book.change_call(work.tenant, key);
  call.answer.end = end;
  call.answer.action_url.clear();
  call.answer.decline_code = code;
  call.answer.message = code.empty() ? std::string_view() : decline_message(code);
}

std::string SandboxRules::action_token(base::TenantId tenant, std::string_view reference) const {
  const std::string place = tenant.to_string() + "." + std::string(reference);
  constexpr std::size_t kDigits = 11;
  return place + "." + base::base62_encode(kit::siphash(action_key_, place), kDigits);
}

std::optional<SandboxRules::ActionPlace> SandboxRules::action_place(std::string_view token) const {
  const std::size_t first = token.find('.');
  const std::size_t second = token.rfind('.');
  if (first == std::string_view::npos || first == second) return std::nullopt;
  std::int64_t tenant = 0;
  const auto read = std::from_chars(token.data(), token.data() + first, tenant);
  if (read.ec != std::errc() || read.ptr != token.data() + first || tenant <= 0) {
    return std::nullopt;
  }
  ActionPlace place{base::TenantId(tenant),
                    std::string(token.substr(first + 1, second - first - 1))};
  if (action_token(place.tenant, place.reference) != token) return std::nullopt;
  return place;
}

}  // namespace ashlar::payments
