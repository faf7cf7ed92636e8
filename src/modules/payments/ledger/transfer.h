// Transfer: one journal of the ledger: N legs that move an amount, and how it ends.
//
//            posted ─────────────────────────> done         one phase
//   pending ──hold(), checked against limits──> held
//      held ──post(), the whole or a part──> done; what is left is released, or stays held
//      (keep_rest) held ──void_()──> released        held ──expire(), its time is over──> released
//
// Invariants
//  1. The legs of one transfer sum to zero per currency: debits equal credits. Amounts are whole
//  minor
//     units, 1 to kMaxAmount (0 only where a balancing transfer found nothing to move).
//  2. What is in the book never changes; it is corrected by adding.
//  3. An id names one transfer for ever. The same id and body again: exists. Another body: the
//  field that
//     differs. A transfer that was refused for a passing reason (is_transient()) has used its id
//     up.
//  4. A hold is resolved once: posted in parts that sum to at most its amount, or voided, or
//  expired.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace ashlar::ledger {

using Amount = std::int64_t;  // minor units of the account's currency
inline constexpr Amount kMaxAmount = std::int64_t{1} << 60;
inline constexpr std::size_t kMaxLegs = 64;
inline constexpr std::size_t kMaxBatch = 8189;  // transfers of one request
inline constexpr std::size_t kMaxIdBytes = 64;  // [A-Za-z0-9_.:-]
inline constexpr std::size_t kMaxMetadataBytes = 2048;

enum class Side : std::uint8_t { kDebit, kCredit };

struct Leg {
  std::string account;  // its id
  Side side = Side::kDebit;
  Amount amount = 0;
  friend bool operator==(const Leg&, const Leg&) = default;
};

enum class TransferKind : std::uint8_t {
  kPosted,   // in one phase
  kPending,  // a hold
  kPost,     // of a hold
  kVoid,     // of a hold
  kExpire,   // made by the book alone, when a hold's time is over
};

struct NewTransfer {
  std::string id;  // the caller's; unique in the book
  TransferKind kind = TransferKind::kPosted;
  std::string hold;                     // of kPost, kVoid: the id of the pending transfer
  std::vector<Leg> legs;                // of kPost: empty: `part`; of kVoid: none
  Amount part = 0;                      // of kPost without legs: of a hold of two legs; 0: all that is left
  std::optional<base::Millis> timeout;  // of kPending: it expires so long after it was made
  bool keep_rest = false;               // of kPost: what is left stays held
  bool linked = false;                  // with the next: both or none
  // Of two legs only: moves what the account has to give, at most `amount`.
  bool balancing_debit = false, balancing_credit = false;
  // Of kPending with two legs only: nothing else moves on the account until this is voided.
  bool closing_debit = false, closing_credit = false;
  std::string code;      // what for, by the caller: at most 64 bytes
  std::string metadata;  // one JSON object, or empty
};

}  // namespace ashlar::ledger
