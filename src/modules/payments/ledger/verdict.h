// Verdict: what the book says of one transfer, and in which order it looks.
//
// The order below is the order of precedence: the first that holds is the answer, so that two
// implementations (and a replay) agree. It is part of the API: reasons are never renamed.
//
//   the chain    linked_event_chain_open, linked_event_failed
//   its id       id_invalid, then what the id was used for before
//   its form     what can be said without looking at anything but the transfer
//   its hold     for post and void
//   accounts     leg by leg: found, allowed
//   the sum      per currency
//   the book     closed (any leg), then overflow and limits, leg by leg
//
// A transient refusal (is_transient) may pass: funds may come, an account may be opened. It uses
// the id up all the same (id_already_failed), so that a late retry cannot succeed behind the back
// of who was told no. The others say that the same request fails for ever; they use nothing up.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/ledger/transfer.h"

namespace ashlar::ledger {

// Numbers are stored: new ones go to the end of the enumeration, whatever their precedence.
enum class Verdict : std::uint8_t {
  kCreated,
  kLinkedEventChainOpen,  // the last of a request is linked with nothing
  kLinkedEventFailed,     // another of its chain was refused
  kIdInvalid,
  // The id names a transfer of the book; of several fields that differ the first of these.
  kExistsWithDifferentKind,
  kExistsWithDifferentHold,
  kExistsWithDifferentLegs,
  kExistsWithDifferentTimeout,
  kExistsWithDifferentFlags,
  kExistsWithDifferentCode,
  kExistsWithDifferentMetadata,
  kExists,           // the same: nothing is done again
  kIdAlreadyFailed,  // refused once for a passing reason
  // Form.
  kKindInvalid,     // expire is the book's own
  kHoldIdInvalid,   // missing where it must be, or given where it means nothing
  kTimeoutInvalid,  // not 1 ms to kMaxTimeout, or not of a hold
  kFlagsInvalid,    // that do not go together, or not with its kind or number of legs
  kCodeInvalid,
  kMetadataInvalid,
  kLegsMissing,      // fewer than two
  kTooManyLegs,      // more than kMaxLegs
  kLegsUnexpected,   // of a void; or legs beside `part`
  kAmountInvalid,    // not 1 to kMaxAmount, or a side's sum beyond it
  kAccountRepeated,  // an account has at most one leg of a transfer
  // Hold.
  kHoldNotFound,  // transient
  kNotAHold,
  kHoldAlreadyPosted,
  kHoldAlreadyVoided,
  kHoldExpired,
  kLegsNotOfHold,  // a leg whose account and side the hold does not have; `part` of more than two
  kExceedsHold,    // more than what is left
  // Accounts.
  kAccountNotFound,  // transient
  kAccountReserved,
  // Sum.
  kDebitsMustEqualCredits,
  // Book.
  kAccountClosed,  // transient
  kOverflowsDebits,
  kOverflowsCredits,
  kExceedsCredits,  // transient: debits_must_not_exceed_credits
  kExceedsDebits,   // transient: credits_must_not_exceed_debits
};
inline constexpr std::size_t kVerdicts = static_cast<std::size_t>(Verdict::kExceedsDebits) + 1;

// "exceeds_credits": for API clients, never renamed.
const char* reason(Verdict verdict);
// A sentence for people.
const char* explanation(Verdict verdict);

bool is_transient(Verdict verdict);
// Whether something of this id and body is in the book now.
constexpr bool is_booked(Verdict verdict) {
  return verdict == Verdict::kCreated || verdict == Verdict::kExists;
}

// kConflict for what the state of the book refuses, kInvalid for what no state would take.
// REQUIRES: verdict != kCreated.
base::Error to_error(Verdict verdict, const NewTransfer& transfer);

// What became of one transfer of a request.
struct Outcome {
  Verdict verdict = Verdict::kCreated;
  // Of what is booked (is_booked), else unset.
  std::int64_t no = 0;  // its place in the book, from 1
  base::Time at{};
  Amount amount =
      0;  // what it moved or held: the sum of its debit legs; of a void what it released
};

}  // namespace ashlar::ledger
