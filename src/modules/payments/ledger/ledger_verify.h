// LedgerVerify: whether a book is what it must be: every row of it is computed again from nothing.
//
//   each batch, from the first: its rows are there, its hash follows from them and from the hash
//     before, its signature is ours, a fresh Book makes the same of each transfer, each leg hangs
//     where it must ──> each account's totals, each open hold, the head: as the fresh Book has them
//     ──> sums: zero per currency, open holds are the pending totals ──> heads that were kept
//
// So a change of any column of any row of the ledger's tables is found, and named by table and row;
// so is a row that is missing or too much. Rows that were changed together with all hashes after
// them are found by the signatures, which need a secret; a tail that was cut off whole, by a head
// that was kept elsewhere (head.h).
//
// One read transaction: a moment of the book, also beside a running server. Memory: what the
// accounts and open holds take, and one batch; not the transfers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/payments/ledger/head.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::ledger {

struct Finding {
  std::string table;  // "ledger_legs"
  std::string row;    // "no 17"
  std::string what;   // "posted is 5, the transfer says 4"
  [[nodiscard]] std::string text() const { return table + " " + row + ": " + what; }
};

struct VerifyReport {
  static constexpr std::size_t kMaxFindings = 100;  // kept; one fault may make many

  std::vector<Finding> findings;
  std::int64_t more = 0;  // beyond them
  std::int64_t batches = 0, accounts = 0, transfers = 0, legs = 0, open_holds = 0;
};

// The book of tx's tenant. `signer`: the installation's; null: signatures are not looked at.
// `kept`: heads of this tenant's book. Error: storage's.
base::Result<VerifyReport> verify_book(storage::Transaction& tx, base::TenantId tenant,
                                       const HeadSigner* signer, std::span<const SignedHead> kept);

}  // namespace ashlar::ledger
