// The inner structs of Book, for its two files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "modules/payments/ledger/book.h"

namespace ashlar::ledger {

struct Book::AccountSlot {
  Account account;
};

struct Book::HoldSlot {
  Hold hold;
};

// What one transfer is about to do.
struct Book::Work {
  struct Piece {
    AccountSlot* account = nullptr;
    Side side = Side::kDebit;
    Amount posted = 0;
    Amount pending = 0;
    std::size_t part = 0;  // of the hold
  };
  std::vector<Piece> pieces{};
  HoldSlot* hold = nullptr;  // that is resolved, in part or whole
  HoldState then = HoldState::kOpen;
};

// One change, and what it takes to undo it.
struct Book::Step {
  enum class Kind : std::uint8_t {
    kOpened,
    kMoved,    // `totals`: before
    kClosing,  // `by`
    kHoldMade,
    kHoldChanged,  // `before`
    kEntry,        // `last_at`: before
    kBurned,
  };
  Kind kind;
  int by = 0;
  AccountSlot* account = nullptr;
  HoldSlot* hold = nullptr;
  Totals totals{};
  base::Time last_at{};
  std::unique_ptr<Hold> before{};
};

}  // namespace ashlar::ledger
