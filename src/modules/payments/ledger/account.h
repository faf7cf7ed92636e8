// Account: four totals that only a transfer moves, and what they must not exceed.
//
// Invariants: 1. no total is negative, none is beyond kMaxTotal. 2. Posted ones only grow.
// 3. Pending ones are the sum of what is left of the holds that are open. 4. An account that was
// opened never goes, nor does its currency or rules.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "modules/payments/ledger/transfer.h"

namespace ashlar::ledger {

inline constexpr Amount kMaxTotal = std::int64_t{1} << 62;
inline constexpr std::size_t kMaxNameBytes = 200;

// Its place in the book, from 1.
struct AccountNo {
  std::int64_t value = 0;
  friend constexpr auto operator<=>(AccountNo, AccountNo) = default;
};

struct Totals {
  Amount debits_pending = 0;
  Amount debits_posted = 0;
  Amount credits_pending = 0;
  Amount credits_posted = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};

struct AccountRules {
  // debits_pending + debits_posted + amount <= credits_posted, asked when a hold is made: so that
  // posting it cannot break the rule.
  bool debits_must_not_exceed_credits = false;
  bool credits_must_not_exceed_debits = false;
  // Kept by a part of Ashlar (payments): callers of the API read it and move nothing on it.
  bool reserved = false;
  friend bool operator==(const AccountRules&, const AccountRules&) = default;
};

struct NewAccount {
  std::string id;        // as a transfer's
  std::string currency;  // "USD": 3 to 8 of [A-Z0-9]
  AccountRules rules;
  std::string name;      // for people: at most kMaxNameBytes
  std::string metadata;  // one JSON object, or empty: at most kMaxMetadataBytes
};

struct Account {
  AccountNo no;
  std::string id;
  std::string currency;
  AccountRules rules;
  Totals totals;
  std::int64_t legs = 0;  // so many have moved it
  int closing = 0;        // holds that keep it closed
  std::string name;
  std::string metadata;
  base::Time created_at{};
};

}  // namespace ashlar::ledger
