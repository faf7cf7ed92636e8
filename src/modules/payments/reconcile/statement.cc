#include "modules/payments/reconcile/statement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

#include "base/currency.h"
#include "base/text.h"

namespace ashlar::payments::reconcile {
namespace {

constexpr std::array<std::string_view, 9> kKinds{
    "capture",        "refund", "refund_failure", "dispute", "dispute_reversal", "payout",
    "payout_failure", "fee",    "other"};
constexpr std::array<std::string_view, 3> kFormats{"csv", "camt.053", "sandbox"};

// So that no sum over its lines can overflow.
constexpr Money kMaxSum = Money{1} << 60;

base::Status check_sum(const Statement& statement) {
  Money sum = 0;
  for (const StatementLine& line : statement.lines) {
    sum += std::abs(line.amount) + std::abs(line.fee);
    if (sum > kMaxSum) {
      return base::fail(base::Code::kInvalid, "statement_too_large",
                        "the amounts of the statement are beyond what can be added");
    }
  }
  return base::ok_status();
}

base::Result<Statement> read_as(StatementFormat format, std::string_view bytes) {
  switch (format) {
    case StatementFormat::kCsv:
      return read_csv_statement(bytes);
    case StatementFormat::kCamt053:
      return read_camt_statement(bytes);
    case StatementFormat::kSandbox:
      return read_sandbox_statement(bytes);
  }
  return base::fail(base::Code::kInternal, "internal", "no such format");
}

}  // namespace

std::string_view kind_name(LineKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<LineKind> kind_of(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == name) return static_cast<LineKind>(i);
  }
  return std::nullopt;
}

std::string_view format_name(StatementFormat format) {
  return kFormats[static_cast<std::size_t>(format)];
}

std::optional<StatementFormat> format_of(std::string_view name) {
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    if (kFormats[i] == name) return static_cast<StatementFormat>(i);
  }
  return std::nullopt;
}

bool is_currency(std::string_view text) {
  return base::currency_digits(text).has_value() && base::ascii_lower(text) == text;
}

StatementFormat guess_format(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return StatementFormat::kCsv;
  if (bytes[first] == '<') return StatementFormat::kCamt053;
  return bytes[first] == '{' ? StatementFormat::kSandbox : StatementFormat::kCsv;
}

base::Result<Statement> read_statement(StatementFormat format, std::string_view bytes) {
  if (bytes.size() > kMaxStatementBytes) {
    return base::fail(base::Code::kInvalid, "statement_too_large",
                      "a statement has at most 16 MiB");
  }
  // PostgreSQL stores neither; and what cannot be stored cannot be reported.
  if (!base::is_utf8(bytes) || bytes.find('\0') != std::string_view::npos) {
    return base::fail(base::Code::kInvalid, "statement_malformed",
                      "the statement is not UTF-8 text");
  }
  ASHLAR_ASSIGN(Statement statement, read_as(format, bytes));
  ASHLAR_TRY(check_sum(statement));
  return statement;
}

}  // namespace ashlar::payments::reconcile
