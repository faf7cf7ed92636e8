// Entry: one transfer as it stands in the book, with what it did to each account. Never changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/transfer.h"

namespace ashlar::ledger {

// What one transfer did to one account.
struct Movement {
  AccountNo account;
  std::int64_t leg_no = 0;  // of the account's legs, from 1
  Side side = Side::kDebit;
  Amount posted = 0;   // added to the side's posted total; never negative
  Amount pending = 0;  // added to the side's pending total; negative where a hold is resolved
  Totals after;
  friend bool operator==(const Movement&, const Movement&) = default;
};

// Bits of Entry::flags. Stored: never changed.
enum EntryFlag : std::uint16_t {
  kKeepRest = 1U << 0U,
  kLinked = 1U << 1U,
  kBalancingDebit = 1U << 2U,
  kBalancingCredit = 1U << 3U,
  kClosingDebit = 1U << 4U,
  kClosingCredit = 1U << 5U,
  kWithoutLegs = 1U << 6U,  // kPost: `part` was asked for
};

struct Entry {
  std::int64_t no = 0;  // its place in the book, from 1 without a gap
  std::string id;
  TransferKind kind = TransferKind::kPosted;
  std::int64_t hold_no = 0;  // of kPost, kVoid, kExpire: the hold's place in the book
  base::Time at{};           // later than that of the entry before
  std::optional<base::Millis> timeout;
  std::uint16_t flags = 0;
  Amount asked = 0;  // of a balancing transfer: the legs' amount; of a kPost without legs: `part`
  std::string code;
  std::string metadata;
  std::vector<Movement> legs;  // in the order of the request; of a kPost of some legs with the rest
                               // released: then the others, in the order of the hold
  friend bool operator==(const Entry&, const Entry&) = default;
};

// What it moved or held: the sum of its debit legs; of a void or an expiry what it released.
Amount amount_of(const Entry& entry);

enum class HoldState : std::uint8_t { kOpen = 0, kPosted = 1, kVoided = 2, kExpired = 3 };

// A hold and what is left of it. The only record of the book that changes; it follows from entries.
struct Hold {
  struct Part {
    AccountNo account;
    Side side = Side::kDebit;
    Amount left = 0;
    friend bool operator==(const Part&, const Part&) = default;
  };
  std::int64_t no = 0;  // of its entry
  std::string id;
  HoldState state = HoldState::kOpen;
  std::uint16_t flags = 0;               // its entry's
  std::optional<base::Time> expires_at;  // cannot be posted from then on
  std::vector<Part> parts;               // in the order of its legs
  friend bool operator==(const Hold&, const Hold&) = default;

  // The sum of its debit legs.
  [[nodiscard]] Amount left() const;
};

// Who asks: an account that is reserved moves for parts of Ashlar only.
enum class Authority : std::uint8_t { kPart, kCaller };

}  // namespace ashlar::ledger
