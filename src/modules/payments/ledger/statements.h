// Statements: what moved on one account in a stretch of time, page by page, oldest first.
//
// A page holds at most kMaxStatementRows legs, each with the account's totals after it. The first
// page begins with what the account had before `from`, the last ends with what it has then. Pages
// of a stretch that is over are the same whenever they are read: legs never change.
//
//   CSV     a line of names, then a line for each row; RFC 4180, lines end in CR LF
//   JSONL   an object for each row, lines end in LF
//   rows    number,at,transfer_id,kind,side,amount,debits_pending,debits_posted,credits_pending,
//           credits_posted,balance,code; kind is also opening and closing, which have no number,
//           transfer, side and amount.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/ledger/accounts_json.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::ledger {

namespace store {
struct LegRow;
}

inline constexpr std::int64_t kMaxStatementRows = 10'000;

struct StatementAsk {
  std::optional<base::Time> from;  // the first that counts
  std::optional<base::Time> to;    // the first that does not
  std::int64_t after = 0;          // the last leg of the page before; 0: the first page
  std::int64_t limit = kMaxStatementRows;
};

struct Statement {
  std::optional<Totals> opening, closing;  // of the first, of the last page
  std::optional<base::Time> from, to;
  std::vector<LegRowJson> rows;
  std::optional<std::int64_t> next_after;  // where the next page begins
};

base::Result<Statement> read_statement(storage::Transaction& tx, const Account& account,
                                       const StatementAsk& ask);

std::string to_csv(const Statement& statement);
std::string to_jsonl(const Statement& statement);

// Legs as an account's page shows them.
base::Result<std::vector<LegRowJson>> render_legs(storage::Transaction& tx,
                                                  const std::vector<store::LegRow>& legs);

}  // namespace ashlar::ledger
