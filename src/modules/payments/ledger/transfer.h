// Transfer: one journal of the ledger: N legs that move amounts, and how it ends.
//
//   kPosted ──apply──> done, in one phase
//   kPending ──apply, held against the limits──> open
//      open ──kPost, all that is left or a part──> posted; what is left is released,
//      open ──kPost with keep_rest──> open         or stays held; nothing left: posted
//      open ──kVoid──> voided
//      open ──kExpire, the book's own, its time is over──> expired
//
// Invariants
//  1. The legs of one transfer sum to zero per currency: debits equal credits. Amounts are whole
//     minor units, 1 to kMaxAmount (0 only where a balancing transfer found nothing to move).
//     An account has at most one leg of a transfer.
//  2. What is in the book never changes; it is corrected by adding.
//  3. An id names one transfer for ever. The same id and body again: exists. Another body: the
//     field that differs. A transfer that was refused for a passing reason (verdict.h) has used
//     its id up.
//  4. A hold is resolved once: posted in parts that sum to at most its amount, or voided, or
//     expired. From its expires_at on it cannot be posted, even where the sweep is late.
#pragma once

#include <cstddef>
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
inline constexpr std::size_t kMaxIdBytes = 64;  // [A-Za-z0-9_.:-], at least one
inline constexpr std::size_t kMaxCodeBytes = 64;
inline constexpr std::size_t kMaxMetadataBytes = 2048;
inline constexpr base::Millis kMaxTimeout{std::int64_t{1000} * 60 * 60 * 24 * 3660};  // ten years

enum class Side : std::uint8_t { kDebit, kCredit };

struct Leg {
  std::string account;  // its id
  Side side = Side::kDebit;
  Amount amount = 0;
  friend bool operator==(const Leg&, const Leg&) = default;
};

// Numbers are stored: never changed.
enum class TransferKind : std::uint8_t {
  kPosted = 0,   // in one phase
  kPending = 1,  // a hold
  kPost = 2,     // of a hold
  kVoid = 3,     // of a hold
  kExpire = 4,   // made by the book alone, when a hold's time is over; its id is "~" and its number
};

struct NewTransfer {
  std::string id;  // the caller's; unique in the book
  TransferKind kind = TransferKind::kPosted;
  std::string hold;       // of kPost, kVoid: the id of the pending transfer
  std::vector<Leg> legs;  // of kPost: some of the hold's, or none: `part`; of kVoid: none
  Amount part = 0;        // of kPost without legs, of a hold of two legs; 0: all that is left
  std::optional<base::Millis> timeout;  // of kPending: it expires so long after it was made
  bool keep_rest = false;               // of kPost: what is left stays held
  bool linked = false;                  // with the next: both or none
  // Of kPosted and kPending with two legs only: moves what the account of that side has to give
  // until its totals are even, at most the legs' amount.
  bool balancing_debit = false, balancing_credit = false;
  // Of kPending with two legs only: nothing else moves on the account of that side until this is
  // voided or expires (holds can still be voided and expire).
  bool closing_debit = false, closing_credit = false;
  std::string code;      // what for, by the caller: at most kMaxCodeBytes
  std::string metadata;  // one JSON object, or empty: at most kMaxMetadataBytes
};

}  // namespace ashlar::ledger
