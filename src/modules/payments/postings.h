// Postings: which journals each thing that happens to money makes. Pure.
//
//   what              debited                     credited
//   authorised        provider (held)             merchant:pending (held)
//   captured          of that hold, the rest kept or released; at once where the provider captured
//                     with the authorisation
//   its fee           merchant:pending            fees:<provider>
//   available         merchant:pending            merchant:available     a day's captures in one
//   refunded          merchant:available          provider               failed: the other way
//   dispute opened    merchant:available          disputes, dispute_fees won: the other way
//   dispute lost      disputes                    chargebacks
//   payout            merchant:available          payouts                failed: the other way
//   paid out          payouts                     bank
//
// So the provider's account says what it owes us before fees (fees:<provider> is what it keeps of
// that), and the merchant's what is theirs. Accounts are per currency, reserved, and opened when
// first used. Ids follow from the payment and what happened, so that a second posting of the same
// is found out by the book.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/transfer.h"
#include "modules/payments/payment.h"

namespace ashlar::payments {

struct Postings {
  std::vector<ledger::NewAccount> accounts;
  std::vector<ledger::NewTransfer> transfers;
};

// "merchant:available:usd".
std::string available_account(std::string_view currency);

void post_hold(Postings& to, const Payment& payment, const Attempt& attempt);
// `held`: the authorisation made a hold.
void post_capture(Postings& to, const Payment& payment, const Attempt& attempt,
                  const CapturePart& part, bool held);
// What is left of the attempt's hold.
void post_release(Postings& to, const Payment& payment, const Attempt& attempt);
void post_refund(Postings& to, const Payment& payment, const Refund& refund);
void post_refund_back(Postings& to, const Payment& payment, const Refund& refund);
void post_dispute(Postings& to, const Payment& payment, const Dispute& dispute);
// `fee_back`: what of the fee the provider gives back.
void post_dispute_won(Postings& to, const Payment& payment, const Dispute& dispute, Money fee_back);
void post_dispute_lost(Postings& to, const Payment& payment, const Dispute& dispute);
void post_payout(Postings& to, std::string_view id, std::string_view currency, Money amount);
void post_payout_paid(Postings& to, std::string_view id, std::string_view currency, Money amount);
// `paid`: it had been told as paid.
void post_payout_back(Postings& to, std::string_view id, std::string_view currency, Money amount,
                      bool paid);
// `first`: the id of the first balance entry of those that become available together.
void post_settlement(Postings& to, std::string_view first, std::string_view currency, Money amount);

}  // namespace ashlar::payments
