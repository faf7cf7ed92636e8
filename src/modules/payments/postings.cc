#include "modules/payments/postings.h"

#include <utility>

namespace ashlar::payments {
namespace {

using ledger::Leg;
using ledger::NewTransfer;
using ledger::Side;
using ledger::TransferKind;

std::string upper(std::string_view currency) {
  std::string text(currency);
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

// Number of the part, as its id says: the last two characters.
std::string_view number_of(std::string_view part) { return part.substr(part.size() - 2); }

std::string transfer_id(std::string_view subject, std::string_view what, std::string_view number) {
  std::string id(subject);
  id.append(":").append(what);
  if (!number.empty()) id.append(":").append(number);
  return id;
}

class Journal {
 public:
  Journal(Postings& to, std::string_view currency, std::string id, std::string code)
      : to_(to), currency_(currency) {
    transfer_.id = std::move(id);
    transfer_.code = std::move(code);
  }
  Journal& debit(std::string_view account, Money amount) {
    return leg(account, Side::kDebit, amount);
  }
  Journal& credit(std::string_view account, Money amount) {
    return leg(account, Side::kCredit, amount);
  }
  NewTransfer& transfer() { return transfer_; }
  void book() { to_.transfers.push_back(std::move(transfer_)); }

 private:
  // An account is named without its currency.
  Journal& leg(std::string_view account, Side side, Money amount) {
    if (amount == 0) return *this;
    std::string id = std::string(account) + ":" + std::string(currency_);
    bool known = false;
    for (const ledger::NewAccount& one : to_.accounts) known = known || one.id == id;
    if (!known) {
      ledger::NewAccount opened;
      opened.id = id;
      opened.currency = upper(currency_);
      opened.rules.reserved = true;
      to_.accounts.push_back(std::move(opened));
    }
    transfer_.legs.push_back(Leg{std::move(id), side, amount});
    return *this;
  }

  Postings& to_;
  std::string_view currency_;
  NewTransfer transfer_;
};

constexpr std::string_view kPending = "merchant:pending";
constexpr std::string_view kAvailable = "merchant:available";

std::string provider_account(std::string_view provider) {
  return "provider:" + std::string(provider);
}
std::string fees_account(std::string_view provider) { return "fees:" + std::string(provider); }

std::string hold_id(const Payment& payment, const Attempt& attempt) {
  return transfer_id(payment.id, "hold", number_of(attempt.id));
}

// Of the charge that a refund is of.
std::string provider_of(const Payment& payment, std::string_view charge) {
  const Attempt* attempt = payment.attempt(charge);
  return provider_account(attempt == nullptr ? std::string_view() : attempt->provider);
}

}  // namespace

std::string available_account(std::string_view currency) {
  return std::string(kAvailable) + ":" + std::string(currency);
}

void post_hold(Postings& to, const Payment& payment, const Attempt& attempt) {
  Journal journal(to, payment.currency, hold_id(payment, attempt), "payment.authorized");
  journal.transfer().kind = TransferKind::kPending;
  journal.debit(provider_account(attempt.provider), attempt.authorized)
      .credit(kPending, attempt.authorized)
      .book();
}

void post_capture(Postings& to, const Payment& payment, const Attempt& attempt,
                  const CapturePart& part, bool held) {
  Journal journal(to, payment.currency, transfer_id(payment.id, "capture", number_of(part.id)),
                  "payment.captured");
  if (held) {
    journal.transfer().kind = TransferKind::kPost;
    journal.transfer().hold = hold_id(payment, attempt);
    journal.transfer().keep_rest = !part.last;
  }
  journal.debit(provider_account(attempt.provider), part.amount).credit(kPending, part.amount);
  journal.book();
  if (part.fee <= 0) return;
  Journal(to, payment.currency, transfer_id(payment.id, "fee", number_of(part.id)), "payment.fee")
      .debit(kPending, part.fee)
      .credit(fees_account(attempt.provider), part.fee)
      .book();
}

void post_release(Postings& to, const Payment& payment, const Attempt& attempt) {
  NewTransfer transfer;
  transfer.id = transfer_id(payment.id, "release", number_of(attempt.id));
  transfer.kind = TransferKind::kVoid;
  transfer.hold = hold_id(payment, attempt);
  transfer.code = "payment.released";
  to.transfers.push_back(std::move(transfer));
}

void post_refund(Postings& to, const Payment& payment, const Refund& refund) {
  Journal(to, payment.currency, transfer_id(payment.id, "refund", number_of(refund.id)),
          "refund.made")
      .debit(kAvailable, refund.amount)
      .credit(provider_of(payment, refund.attempt), refund.amount)
      .book();
}

void post_refund_back(Postings& to, const Payment& payment, const Refund& refund) {
  Journal(to, payment.currency, transfer_id(payment.id, "refund_back", number_of(refund.id)),
          "refund.failed")
      .debit(provider_of(payment, refund.attempt), refund.amount)
      .credit(kAvailable, refund.amount)
      .book();
}

void post_dispute(Postings& to, const Payment& payment, const Dispute& dispute) {
  Journal(to, payment.currency, transfer_id(payment.id, "dispute", number_of(dispute.id)),
          "dispute.opened")
      .debit(kAvailable, dispute.amount + dispute.fee)
      .credit("disputes", dispute.amount)
      .credit("dispute_fees", dispute.fee)
      .book();
}

void post_dispute_won(Postings& to, const Payment& payment, const Dispute& dispute,
                      Money fee_back) {
  Journal(to, payment.currency, transfer_id(payment.id, "dispute_won", number_of(dispute.id)),
          "dispute.won")
      .debit("disputes", dispute.amount)
      .debit("dispute_fees", fee_back)
      .credit(kAvailable, dispute.amount + fee_back)
      .book();
}

void post_dispute_lost(Postings& to, const Payment& payment, const Dispute& dispute) {
  Journal(to, payment.currency, transfer_id(payment.id, "dispute_lost", number_of(dispute.id)),
          "dispute.lost")
      .debit("disputes", dispute.amount)
      .credit("chargebacks", dispute.amount)
      .book();
}

void post_payout(Postings& to, std::string_view id, std::string_view currency, Money amount) {
  Journal(to, currency, transfer_id(id, "out", ""), "payout.created")
      .debit(kAvailable, amount)
      .credit("payouts", amount)
      .book();
}

void post_payout_paid(Postings& to, std::string_view id, std::string_view currency, Money amount) {
  Journal(to, currency, transfer_id(id, "paid", ""), "payout.paid")
      .debit("payouts", amount)
      .credit("bank", amount)
      .book();
}

void post_payout_back(Postings& to, std::string_view id, std::string_view currency, Money amount,
                      bool paid) {
  Journal(to, currency, transfer_id(id, "back", ""), "payout.failed")
      .debit(paid ? "bank" : "payouts", amount)
      .credit(kAvailable, amount)
      .book();
}

void post_settlement(Postings& to, std::string_view first, std::string_view currency,
                     Money amount) {
  Journal journal(to, currency, transfer_id(first, "settle", ""), "settlement");
  if (amount >= 0) {
    journal.debit(kPending, amount).credit(kAvailable, amount);
  } else {
    journal.debit(kAvailable, -amount).credit(kPending, -amount);
  }
  if (amount != 0) journal.book();
}

}  // namespace ashlar::payments
