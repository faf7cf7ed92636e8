#include "modules/payments/ledger/verdict.h"

#include <array>
#include <string>

#include "base/check.h"

namespace ashlar::ledger {
namespace {

struct Words {
  const char* reason;
  const char* explanation;
};

constexpr std::array<Words, kVerdicts> kWords{{
    {"created", "booked"},
    {"linked_event_chain_open", "the last transfer of a request cannot be linked with the next"},
    {"linked_event_failed", "another transfer of its chain was refused"},
    {"id_invalid", "an id is 1 to 64 of [A-Za-z0-9_.:-]"},
    {"exists_with_different_kind", "the id names a transfer of another kind"},
    {"exists_with_different_hold", "the id names a transfer that resolves another hold"},
    {"exists_with_different_legs", "the id names a transfer with other legs"},
    {"exists_with_different_timeout", "the id names a transfer with another timeout"},
    {"exists_with_different_flags", "the id names a transfer with other flags"},
    {"exists_with_different_code", "the id names a transfer with another code"},
    {"exists_with_different_metadata", "the id names a transfer with other metadata"},
    {"exists", "the same transfer is in the book"},
    {"id_already_failed", "a transfer of this id was refused before: take a new id"},
    {"kind_invalid", "transfers of this kind are the book's own"},
    {"hold_id_invalid", "a post or void names the hold by its id, others name none"},
    {"timeout_invalid", "the timeout of a hold is 1 ms to ten years; others have none"},
    {"flags_invalid", "flags that do not go with each other, its kind or its number of legs"},
    {"code_invalid", "a code is UTF-8 without NUL, at most 64 bytes"},
    {"metadata_invalid", "metadata is UTF-8 without NUL, at most 2048 bytes"},
    {"legs_missing", "a transfer has two legs or more"},
    {"too_many_legs", "a transfer has at most 64 legs"},
    {"legs_unexpected", "a void has no legs, and a part is given as legs or as one amount"},
    {"amount_invalid", "an amount is 1 to 2^60, and so is the sum of a side"},
    {"account_repeated", "an account has at most one leg of a transfer"},
    {"hold_not_found", "there is no transfer of the hold's id"},
    {"not_a_hold", "the transfer that the hold's id names was not pending"},
    {"hold_already_posted", "the hold is posted"},
    {"hold_already_voided", "the hold is voided"},
    {"hold_expired", "the hold's time is over"},
    {"legs_not_of_hold", "the hold has no leg on this account and side"},
    {"exceeds_hold", "more than what is left of the hold"},
    {"account_not_found", "there is no account of this id"},
    {"account_reserved", "the account is kept by a part of Ashlar"},
    {"debits_must_equal_credits", "the debits of a currency are not its credits"},
    {"account_closed", "a hold keeps the account closed"},
    {"overflows_debits", "the account's debits would grow beyond 2^62"},
    {"overflows_credits", "the account's credits would grow beyond 2^62"},
    {"exceeds_credits", "the account's debits, holds included, would exceed its credits"},
    {"exceeds_debits", "the account's credits, holds included, would exceed its debits"},
}};

const Words& words(Verdict verdict) { return kWords[static_cast<std::size_t>(verdict)]; }

// Refused by the book as it is, where another state of it would take the same request or has.
bool of_the_state(Verdict verdict) {
  if (is_transient(verdict)) return true;
  switch (verdict) {
    case Verdict::kLinkedEventFailed:
    case Verdict::kExistsWithDifferentKind:
    case Verdict::kExistsWithDifferentHold:
    case Verdict::kExistsWithDifferentLegs:
    case Verdict::kExistsWithDifferentTimeout:
    case Verdict::kExistsWithDifferentFlags:
    case Verdict::kExistsWithDifferentCode:
    case Verdict::kExistsWithDifferentMetadata:
    case Verdict::kExists:
    case Verdict::kIdAlreadyFailed:
    case Verdict::kHoldAlreadyPosted:
    case Verdict::kHoldAlreadyVoided:
    case Verdict::kHoldExpired:
    case Verdict::kExceedsHold:
    case Verdict::kOverflowsDebits:
    case Verdict::kOverflowsCredits:
      return true;
    default:
      return false;
  }
}

}  // namespace

const char* reason(Verdict verdict) { return words(verdict).reason; }
const char* explanation(Verdict verdict) { return words(verdict).explanation; }

bool is_transient(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHoldNotFound:
    case Verdict::kAccountNotFound:
    case Verdict::kAccountClosed:
    case Verdict::kExceedsCredits:
    case Verdict::kExceedsDebits:
      return true;
    default:
      return false;
  }
}

base::Error to_error(Verdict verdict, const NewTransfer& transfer) {
  CHECK(verdict != Verdict::kCreated);
  const auto code = of_the_state(verdict) ? base::Code::kConflict : base::Code::kInvalid;
  // An id that is not well-formed may be anything, also what must not be repeated.
  const bool named = verdict != Verdict::kIdInvalid;
  return base::fail(
      code, reason(verdict),
      (named ? "transfer " + transfer.id + ": " : std::string()) + explanation(verdict));
}

}  // namespace ashlar::ledger
