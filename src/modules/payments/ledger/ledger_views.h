// LedgerViews: questions over many accounts, for people and for verify. What the writer needs is in
// ledger_store.h.
//
// Functions run in the caller's transaction, for its tenant. Errors: storage's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/ledger/account.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::ledger::views {

// The sum of a total over many accounts may exceed 64 bits.
__extension__ using Sum = __int128;

struct CurrencyTotals {
  std::string currency;
  std::int64_t accounts = 0;
  Sum debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
  [[nodiscard]] bool balanced() const {
    return debits_pending == credits_pending && debits_posted == credits_posted;
  }
};
// By currency. Reads every account of the tenant.
base::Result<std::vector<CurrencyTotals>> trial_balance(storage::Transaction& tx);

// By number, those after `after`; of one currency where it is not empty.
base::Result<std::vector<Account>> list_accounts(storage::Transaction& tx,
                                                 std::string_view currency, std::int64_t after,
                                                 std::int64_t limit);

// What a transfer of this number is called, and what for.
struct TransferName {
  std::int64_t no = 0;
  std::string id, code;
};
// By number; those that exist.
base::Result<std::vector<TransferName>> transfer_names(storage::Transaction& tx,
                                                       std::span<const std::int64_t> nos);

// For verify: how many rows the tenant has in each table, and rows that nothing in the book is the
// reason for or that hold what means nothing (at most `limit` of a kind).
struct RowCounts {
  std::int64_t accounts = 0, totals = 0, ids = 0, burned = 0, transfers = 0, holds = 0, legs = 0;
};
base::Result<RowCounts> row_counts(storage::Transaction& tx);
struct Stray {
  const char* table;
  std::string row;
  bool meaningless = false;  // a column has a value that nobody writes, and that is read as another
};
base::Result<std::vector<Stray>> find_strays(storage::Transaction& tx, std::int64_t limit);

std::span<const storage::Sql* const> statements();

}  // namespace ashlar::ledger::views
