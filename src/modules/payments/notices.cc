#include "modules/payments/notices.h"

#include <utility>

#include "modules/payments/calls_store.h"
#include "modules/payments/entries_store.h"
#include "modules/payments/ids.h"
#include "modules/payments/outcomes.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::payments {
namespace {

using base::Code;

base::Error too_early() {
  return base::fail(Code::kConflict, "notice_too_early",
                    "This is about something that is not known here yet; tell it again.");
}

PaymentEvent event(EventType type, std::string_view part) {
  PaymentEvent made;
  made.type = type;
  made.part = part;
  return made;
}

bool is_over(const Dispute& dispute) {
  return dispute.state == DisputeState::kWon || dispute.state == DisputeState::kLost;
}

void enter_dispute(Change& change, const Dispute& dispute, EntryKind kind, char letter,
                   Money amount, Money fee) {
  const Attempt* attempt = change.payment().attempt(dispute.attempt);
  Entry entry;
  entry.id = entry_id(dispute.id, letter);
  entry.kind = kind;
  entry.source = dispute.id;
  entry.payment = change.payment().id;
  entry.currency = change.payment().currency;
  if (attempt != nullptr) entry.provider = attempt->provider;
  entry.amount = amount;
  entry.fee = fee;
  entry.at = entry.available_on = change.now();
  entry.settled = true;
  change.enter(std::move(entry));
}

class Taking {
 public:
  Taking(Change& change, std::string_view provider, const ProviderNotice& notice,
         std::optional<std::string>& ask)
      : change_(change), provider_(provider), notice_(notice), ask_(ask) {}

  base::Status run() {
    ASHLAR_ASSIGN(const bool known, store::has_notice(change_.tx(), provider_, notice_.id));
    if (known) return base::ok_status();
    ASHLAR_TRY(find());
    ASHLAR_TRY(act());
    ASHLAR_TRY(change_.write());
    NoticeRow row;
    row.provider = provider_;
    row.id = notice_.id;
    row.subject = subject_;
    row.outcome = outcome_;
    row.kind = notice_.kind;
    row.at = change_.now();
    ASHLAR_TRY(store::insert_notice(change_.tx(), row));
    return base::ok_status();
  }

 private:
  // The call or part of ours that it is about.
  base::Status find() {
    std::string key = notice_.key;
    if (!notice_.reference.empty()) {
      ASHLAR_ASSIGN(own_, store::find_reference(change_.tx(), provider_, notice_.reference));
      if (own_ && key.empty()) key = own_->attempt;
    }
    if (!notice_.about.empty()) {
      ASHLAR_ASSIGN(about_, store::find_reference(change_.tx(), provider_, notice_.about));
    }
    if (!key.empty()) {
      ASHLAR_ASSIGN(call_, store::find_attempt(change_.tx(), key));
    }
    if (call_) subject_ = call_->call.subject;
    if (subject_.empty() && own_) subject_ = own_->subject;
    if (subject_.empty() && about_) subject_ = about_->subject;
    if (!subject_.starts_with("pay_")) return base::ok_status();
    return change_.load(subject_);
  }

  base::Status act() {
    switch (notice_.kind) {
      case NoticeKind::kDisputeOpened:
        return dispute_opened();
      case NoticeKind::kDisputeUpdated:
      case NoticeKind::kDisputeWon:
      case NoticeKind::kDisputeLost:
        return dispute_moved();
      case NoticeKind::kRefundFailed:
        if (!call_is_open()) return refund_came_back();
        break;
      case NoticeKind::kPayoutFailed:
        if (!call_is_open()) return payout_came_back();
        break;
      case NoticeKind::kCanceled:
        if (!call_is_open()) return released();
        break;
      default:
        break;
    }
    return about_a_call();
  }

  [[nodiscard]] bool call_is_open() const {
    return call_ && call_->call.state != CallState::kResolved;
  }

  base::Status about_a_call() {
    if (!call_) {
      outcome_ = "nothing of ours";
      if (!notice_.key.empty()) return too_early();
      return base::ok_status();
    }
    if (!call_is_open()) {
      outcome_ = "known";
      return base::ok_status();
    }
    // What was done and is undone again may overtake the answer that it was done, which would stand
    // then (the simulation's seeds 748, 15595).
    const bool undone =
        notice_.kind == NoticeKind::kRefundFailed || notice_.kind == NoticeKind::kPayoutFailed;
    if (undone && call_->call.state != CallState::kWaiting) return too_early();
    // Whoever made the call has its lease, and is about to be answered.
    if (call_->call.state == CallState::kOpen && call_->ask_at && *call_->ask_at > change_.now()) {
      outcome_ = "answer awaited";
      return base::ok_status();
    }
    call_->ask_at = change_.now();
    ASHLAR_TRY(store::update_attempt(change_.tx(), *call_, *call_));
    ask_ = call_->call.key;
    outcome_ = "asked";
    return base::ok_status();
  }

  base::Status released() {
    const Payment& payment = change_.payment();
    const Attempt* attempt = payment.latest_attempt();
    const bool ours =
        attempt != nullptr && !notice_.reference.empty() && attempt->reference == notice_.reference;
    if (!ours || payment.state != PaymentState::kCapturable) {
      outcome_ = "known";
      return base::ok_status();
    }
    // What is in flight ends first; then this is told again, or found by the sweep of expired ones.
    if (payment.in_flight != InFlight::kNothing) return too_early();
    outcome_ = "authorization expired";
    return expire_authorization(change_);
  }

  base::Status refund_came_back() {
    const Refund* refund = call_ ? change_.payment().refund(call_->call.part) : nullptr;
    if (refund == nullptr && own_) refund = change_.payment().refund(own_->part);
    if (refund == nullptr) return too_early();
    if (refund->state != RefundState::kSucceeded && refund->state != RefundState::kPending) {
      outcome_ = "known";
      return base::ok_status();
    }
    outcome_ = "refund failed";
    return fail_refund(change_, *refund, notice_.reason.empty() ? "failed" : notice_.reason);
  }

  base::Status payout_came_back() {
    if (!subject_.starts_with("po_")) return too_early();
    ASHLAR_ASSIGN(auto stored, change_.payout(subject_));
    if (stored.first.state == PayoutState::kFailed) {
      outcome_ = "known";
      return base::ok_status();
    }
    outcome_ = "payout failed";
    return fail_payout(change_, stored.first, stored.second, notice_.reason);
  }

  base::Status dispute_opened() {
    if (own_) {
      outcome_ = "known";
      return base::ok_status();
    }
    if (!about_) return too_early();
    const Payment& payment = change_.payment();
    const Attempt* charge = payment.attempt(about_->part);
    if (charge == nullptr || charge->captured == 0) return too_early();
    PaymentEvent happened =
        event(EventType::kDisputeOpened,
              part_id("dp_", payment.id, static_cast<std::int64_t>(payment.disputes.size()) + 1));
    happened.charge = charge->id;
    happened.reference = notice_.reference;
    happened.amount = notice_.amount > 0 ? notice_.amount : charge->captured;
    happened.fee = notice_.fee;
    happened.reason = notice_.reason;
    happened.due_by = notice_.due_by;
    const std::string id = happened.part;
    ASHLAR_TRY(try_add(std::move(happened)));
    const Dispute* dispute = payment.dispute(id);
    if (dispute == nullptr) return base::ok_status();
    outcome_ = "dispute opened";
    post_dispute(change_.postings(), payment, *dispute);
    enter_dispute(change_, *dispute, EntryKind::kDispute, 'd', -dispute->amount, dispute->fee);
    change_.refer(provider_, notice_.reference, id, "");
    change_.mark_dispute(id);
    return base::ok_status();
  }

  base::Status dispute_moved() {
    if (!own_) return too_early();
    const Dispute* dispute = change_.payment().dispute(own_->part);
    if (dispute == nullptr) return too_early();
    if (is_over(*dispute)) {
      outcome_ = "known";
      const bool told_won = notice_.kind == NoticeKind::kDisputeWon;
      if (told_won != (dispute->state == DisputeState::kWon) &&
          notice_.kind != NoticeKind::kDisputeUpdated) {
        return odd("a dispute that is over has ended otherwise");
      }
      return base::ok_status();
    }
    if (notice_.kind == NoticeKind::kDisputeLost) {
      outcome_ = "dispute lost";
      return lose_dispute(change_, *dispute, notice_.reason == "expired");
    }
    const Dispute before = *dispute;
    change_.mark_dispute(before.id);
    if (notice_.kind == NoticeKind::kDisputeUpdated) {
      outcome_ = "dispute updated";
      if (before.state == DisputeState::kNeedsResponse)
        return change_.add(event(EventType::kEvidenceSubmitted, before.id));
      return base::ok_status();
    }
    outcome_ = "dispute won";
    const Money back = std::min(before.fee, std::max<Money>(notice_.fee, 0));
    PaymentEvent happened = event(EventType::kDisputeWon, before.id);
    happened.fee = back;
    ASHLAR_TRY(change_.add(std::move(happened)));
    post_dispute_won(change_.postings(), change_.payment(), before, back);
    enter_dispute(change_, before, EntryKind::kDisputeWon, 'w', before.amount, -back);
    return base::ok_status();
  }

  base::Status try_add(PaymentEvent happened) {
    const base::Status added = change_.add(std::move(happened));
    if (added.ok() || added.error().code != Code::kInvalid) return added;
    // The provider may be ahead of us by what is in flight (the simulation's seed 4279).
    if (change_.payment().in_flight != InFlight::kNothing) return too_early();
    return odd(added.error().detail);
  }

  base::Status odd(std::string_view why) {
    outcome_ = "cannot be";
    change_.desk().oddities.add();
    change_.desk().log.warn("a provider told what cannot be", {{"provider", provider_},
                                                               {"notice", to_text(notice_.kind)},
                                                               {"subject", subject_},
                                                               {"why", why}});
    return base::ok_status();
  }

  Change& change_;
  const std::string_view provider_;
  const ProviderNotice& notice_;
  std::optional<std::string>& ask_;
  std::optional<store::ReferenceRow> own_, about_;
  std::optional<store::AttemptRow> call_;
  std::string subject_;
  std::string outcome_;
};

}  // namespace

base::Status take_notice(Change& change, std::string_view provider, const ProviderNotice& notice,
                         std::optional<std::string>& ask) {
  ask.reset();
  return Taking(change, provider, notice, ask).run();
}

}  // namespace ashlar::payments
