#include "modules/payments/ledger/transfer_form.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace ashlar::ledger {
namespace {

bool is_upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_id_char(char c) {
  return is_upper_or_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == ':' ||
         c == '-';
}

// What storage takes as a text.
bool is_text(std::string_view text, std::size_t most) {
  return text.size() <= most && text.find('\0') == std::string_view::npos && base::is_utf8(text);
}

bool resolves_hold(const NewTransfer& transfer) {
  return transfer.kind == TransferKind::kPost || transfer.kind == TransferKind::kVoid;
}

bool flags_go_together(const NewTransfer& transfer) {
  const bool two = transfer.legs.size() == 2;
  const bool balancing = transfer.balancing_debit || transfer.balancing_credit;
  const bool closing = transfer.closing_debit || transfer.closing_credit;
  if (transfer.keep_rest && transfer.kind != TransferKind::kPost) return false;
  if (balancing && (resolves_hold(transfer) || !two)) return false;
  return !closing || (transfer.kind == TransferKind::kPending && two);
}

bool repeats_account(const std::vector<Leg>& legs) {
  if (legs.size() == 2) return legs[0].account == legs[1].account;
  std::vector<std::string_view> accounts;
  accounts.reserve(legs.size());
  for (const Leg& leg : legs) accounts.push_back(leg.account);
  std::sort(accounts.begin(), accounts.end());
  return std::adjacent_find(accounts.begin(), accounts.end()) != accounts.end();
}

bool amounts_fit(const std::vector<Leg>& legs) {
  Amount debits = 0, credits = 0;
  for (const Leg& leg : legs) {
    Amount& sum = leg.side == Side::kDebit ? debits : credits;
    if (leg.amount < 1 || leg.amount > kMaxAmount - sum) return false;
    sum += leg.amount;
  }
  return true;
}

Verdict check_legs(const NewTransfer& transfer) {
  const bool part = transfer.kind == TransferKind::kPost && transfer.legs.empty();
  if (transfer.kind == TransferKind::kVoid && !transfer.legs.empty()) {
    return Verdict::kLegsUnexpected;
  }
  if (!part && transfer.part != 0) return Verdict::kLegsUnexpected;
  if (transfer.kind == TransferKind::kVoid) return Verdict::kCreated;
  if (part) {
    const bool fits = transfer.part >= 0 && transfer.part <= kMaxAmount;
    return fits ? Verdict::kCreated : Verdict::kAmountInvalid;
  }
  if (transfer.legs.size() < 2) return Verdict::kLegsMissing;
  if (transfer.legs.size() > kMaxLegs) return Verdict::kTooManyLegs;
  if (!amounts_fit(transfer.legs)) return Verdict::kAmountInvalid;
  if (repeats_account(transfer.legs)) return Verdict::kAccountRepeated;
  return Verdict::kCreated;
}

}  // namespace

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && std::all_of(id.begin(), id.end(), is_id_char);
}

bool is_currency(std::string_view currency) {
  return currency.size() >= 3 && currency.size() <= 8 &&
         std::all_of(currency.begin(), currency.end(), is_upper_or_digit);
}

Verdict check_form(const NewTransfer& transfer) {
  if (transfer.kind == TransferKind::kExpire) return Verdict::kKindInvalid;
  if (resolves_hold(transfer) ? !is_id(transfer.hold) : !transfer.hold.empty()) {
    return Verdict::kHoldIdInvalid;
  }
  if (transfer.timeout &&
      (transfer.kind != TransferKind::kPending || *transfer.timeout < base::Millis(1) ||
       *transfer.timeout > kMaxTimeout)) {
    return Verdict::kTimeoutInvalid;
  }
  if (!flags_go_together(transfer)) return Verdict::kFlagsInvalid;
  if (!is_text(transfer.code, kMaxCodeBytes)) return Verdict::kCodeInvalid;
  if (!is_text(transfer.metadata, kMaxMetadataBytes)) return Verdict::kMetadataInvalid;
  return check_legs(transfer);
}

base::Status check_form(const NewAccount& account) {
  using base::Code;
  if (!is_id(account.id)) {
    return base::fail(Code::kInvalid, "account_id_invalid",
                      "an account's id is 1 to 64 of [A-Za-z0-9_.:-]");
  }
  if (!is_currency(account.currency)) {
    return base::fail(Code::kInvalid, "account_currency_invalid",
                      "a currency is 3 to 8 of [A-Z0-9]");
  }
  if (!is_text(account.name, kMaxNameBytes)) {
    return base::fail(Code::kInvalid, "account_name_invalid",
                      "a name is UTF-8 without NUL, at most 200 bytes");
  }
  if (!is_text(account.metadata, kMaxMetadataBytes)) {
    return base::fail(Code::kInvalid, "account_metadata_invalid",
                      "metadata is UTF-8 without NUL, at most 2048 bytes");
  }
  return base::ok_status();
}

}  // namespace ashlar::ledger
