// Statement: what a provider says has moved on our account with it: one form, whatever it was
// written in.
//
//   CSV       a header and columns by name: docs/reconciliation.md. RFC 4180, "," or ";".
//   camt.053  ISO 20022 bank-to-customer statement, any version's namespace. Booked entries only;
//             an entry of several transactions is as many lines. No document type, no entities.
//   sandbox   the sandbox provider's own, JSON:
//             {"id": "…", "provider": "sandbox", "day": "2026-11-21", "balances": [{"currency":
//             "usd", "opening": 0, "closing": 941}], "lines": [{"kind": "capture", "reference":
//             "…", "amount": 1000, "fee": 59, "currency": "usd", "at": "2026-11-21T10:00:00Z",
//             "description": "…"}]}
//
// Signs are those of the account with the provider: what it credits us is positive (a capture),
// what it takes is negative (a refund, a payout). `fee` is what it keeps beside, positive; so a
// line moves amount − fee.
//
// Bounds: kMaxBytes, kMaxLines, kMaxField bytes a field; each amount within kMaxMoney either way.
// Errors (kInvalid; the detail names the line, never repeats a value): statement_malformed,
// statement_too_large, statement_empty (nothing to read: no header, no statement).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/payment.h"
#include "modules/payments/reconcile/day.h"

namespace ashlar::payments::reconcile {

inline constexpr std::size_t kMaxStatementBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxLines = 100'000;
inline constexpr std::size_t kMaxField = 512;

enum class LineKind : std::uint8_t {
  kCapture,
  kRefund,
  kRefundFailure,  // the money is back
  kDispute,
  kDisputeReversal,  // it was won
  kPayout,
  kPayoutFailure,
  kFee,
  kOther
};
std::string_view kind_name(LineKind kind);  // "capture", "dispute_reversal"
std::optional<LineKind> kind_of(std::string_view name);

struct StatementLine {
  LineKind kind = LineKind::kOther;
  std::string reference;  // the provider's own id; may be empty: then it matches nothing
  Money amount = 0;
  Money fee = 0;
  std::string currency;  // lower case
  Day day{};
  std::string description;
  std::int64_t row = 0;  // where it stands: line of the file, number of the entry
};
inline Money net_of(const StatementLine& line) { return line.amount - line.fee; }

struct Statement {
  std::string id;  // the provider's number of it; may be empty
  std::vector<StatementLine> lines;
  // By currency: its own closing balance less the opening one less all its lines, where it gives
  // balances and they do not add up.
  std::map<std::string, Money> unexplained;
};

// One of base/currency.h, in lower case.
bool is_currency(std::string_view text);

enum class StatementFormat : std::uint8_t { kCsv, kCamt053, kSandbox };
std::string_view format_name(StatementFormat format);  // "csv", "camt.053", "sandbox"
std::optional<StatementFormat> format_of(std::string_view name);
// By the first byte that is no blank: '<' camt.053, '{' sandbox, else CSV.
StatementFormat guess_format(std::string_view bytes);

base::Result<Statement> read_statement(StatementFormat format, std::string_view bytes);

// The readers behind it. REQUIRES: at most kMaxStatementBytes.
base::Result<Statement> read_csv_statement(std::string_view bytes);
base::Result<Statement> read_camt_statement(std::string_view bytes);
base::Result<Statement> read_sandbox_statement(std::string_view bytes);

}  // namespace ashlar::payments::reconcile
