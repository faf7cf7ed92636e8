// Statements as CSV: docs/reconciliation.md has the columns.
#include <algorithm>
#include <array>
#include <span>

#include "base/currency.h"
#include "base/text.h"
#include "modules/payments/reconcile/csv.h"
#include "modules/payments/reconcile/decimal.h"
#include "modules/payments/reconcile/statement.h"

namespace ashlar::payments::reconcile {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Where each column stands; kNone where it does not.
struct Columns {
  std::size_t type = kNone, reference = kNone, currency = kNone, date = kNone;
  std::size_t amount = kNone, amount_minor = kNone, fee = kNone, fee_minor = kNone;
  std::size_t description = kNone;
};

struct Name {
  std::string_view name;
  std::size_t Columns::* place;
};
constexpr std::array<Name, 9> kNames{{{"type", &Columns::type},
                                      {"reference", &Columns::reference},
                                      {"currency", &Columns::currency},
                                      {"date", &Columns::date},
                                      {"amount", &Columns::amount},
                                      {"amount_minor", &Columns::amount_minor},
                                      {"fee", &Columns::fee},
                                      {"fee_minor", &Columns::fee_minor},
                                      {"description", &Columns::description}}};

base::Error malformed(std::int64_t line, std::string_view what) {
  return base::fail(base::Code::kInvalid, "statement_malformed",
                    "line " + std::to_string(line) + ": " + std::string(what));
}

base::Result<Columns> read_header(const Row& row, std::int64_t line) {
  Columns columns;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string name = base::ascii_lower(base::trim_spaces(row[i]));
    const auto known =
        std::ranges::find_if(kNames, [&](const Name& one) { return one.name == name; });
    if (known == kNames.end()) continue;
    std::size_t& place = columns.*known->place;
    if (place != kNone) return malformed(line, "the column " + name + " stands twice");
    place = i;
  }
  for (const std::size_t Columns::* must :
       {&Columns::type, &Columns::reference, &Columns::currency, &Columns::date}) {
    if (columns.*must != kNone) continue;
    const auto named =
        std::ranges::find_if(kNames, [&](const Name& one) { return one.place == must; });
    return malformed(line, "the header has no column " + std::string(named->name));
  }
  if ((columns.amount == kNone) == (columns.amount_minor == kNone)) {
    return malformed(line, "the header has one of amount and amount_minor");
  }
  if (columns.fee != kNone && columns.fee_minor != kNone) {
    return malformed(line, "the header has one of fee and fee_minor");
  }
  return columns;
}

std::string_view cell(const Row& row, std::size_t column) {
  return column == kNone ? std::string_view() : base::trim_spaces(row[column]);
}

// An empty one is 0 where it may be.
std::optional<Money> amount_of(const Row& row, std::size_t decimal, std::size_t minor,
                               std::string_view currency, bool may_be_empty) {
  const std::string_view text = cell(row, decimal != kNone ? decimal : minor);
  if (text.empty() && may_be_empty) return 0;
  return parse_decimal(text, decimal != kNone ? base::currency_digits(currency).value_or(0) : 0);
}

base::Result<StatementLine> read_line(const Columns& columns, const Row& row, std::int64_t line) {
  StatementLine read;
  read.row = line;
  const auto kind = kind_of(cell(row, columns.type));
  if (!kind) return malformed(line, "the type is none of those that a statement has");
  read.kind = *kind;
  read.reference = cell(row, columns.reference);
  read.description = cell(row, columns.description);
  read.currency = base::ascii_lower(cell(row, columns.currency));
  if (!is_currency(read.currency)) return malformed(line, "the currency is none of ISO 4217");
  const auto day = parse_day(cell(row, columns.date));
  if (!day) return malformed(line, "the date is not YYYY-MM-DD");
  read.day = *day;
  const auto amount = amount_of(row, columns.amount, columns.amount_minor, read.currency, false);
  if (!amount) return malformed(line, "the amount is no amount of its currency");
  read.amount = *amount;
  const auto fee = amount_of(row, columns.fee, columns.fee_minor, read.currency, true);
  if (!fee) return malformed(line, "the fee is no amount of its currency");
  read.fee = *fee;
  return read;
}

}  // namespace

base::Result<Statement> read_csv_statement(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  CsvReader reader(bytes, guess_delimiter(bytes), kMaxField);
  Row row;
  ASHLAR_ASSIGN(const bool any, reader.next(row));
  if (!any) return base::fail(base::Code::kInvalid, "statement_empty", "the statement is empty");
  const std::size_t width = row.size();
  ASHLAR_ASSIGN(const Columns columns, read_header(row, reader.line()));
  Statement statement;
  while (true) {
    ASHLAR_ASSIGN(const bool more, reader.next(row));
    if (!more) return statement;
    if (statement.lines.size() == kMaxLines) {
      return base::fail(base::Code::kInvalid, "statement_too_large",
                        "a statement has at most 100,000 lines");
    }
    if (row.size() != width) return malformed(reader.line(), "it has not the header's columns");
    ASHLAR_ASSIGN(StatementLine line, read_line(columns, row, reader.line()));
    statement.lines.push_back(std::move(line));
  }
}

}  // namespace ashlar::payments::reconcile
