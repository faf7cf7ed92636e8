// A statement of whatever bytes, in each format: refused, or within its bounds; what was read is
// matched against itself without a break, and written and read again as CSV it is the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/currency.h"
#include "base/text.h"
#include "modules/payments/reconcile/csv.h"
#include "modules/payments/reconcile/match.h"
#include "modules/payments/reconcile/statement.h"

namespace {

namespace reconcile = ashlar::payments::reconcile;
using ashlar::payments::kMaxMoney;
using reconcile::StatementLine;

void check_bounds(const reconcile::Statement& statement) {
  CHECK(statement.lines.size() <= reconcile::kMaxLines);
  for (const StatementLine& line : statement.lines) {
    CHECK(std::abs(line.amount) <= kMaxMoney && std::abs(line.fee) <= kMaxMoney);
    CHECK(line.reference.size() <= reconcile::kMaxField && ashlar::base::is_utf8(line.reference));
    CHECK(line.description.size() <= reconcile::kMaxField);
    CHECK(ashlar::base::is_utf8(line.description));
    CHECK(line.currency.size() == 3);
  }
}

void check_matching(const std::vector<StatementLine>& theirs) {
  std::vector<reconcile::OurLine> ours;
  for (const StatementLine& line : theirs) {
    ours.push_back({.kind = line.kind,
                    .reference = line.reference,
                    .payment = {},
                    .object = {},
                    .entry = {},
                    .amount = line.amount,
                    .fee = line.fee,
                    .currency = line.currency,
                    .day = line.day,
                    .due = !line.reference.empty()});
  }
  // Lines that share reference, kind, amount and fee may change places: only their days differ.
  for (const reconcile::Finding& finding : reconcile::match(theirs, ours, {})) {
    CHECK(finding.theirs.has_value());
    CHECK(finding.ours.has_value() != theirs[*finding.theirs].reference.empty());
    if (finding.ours) CHECK(finding.difference == 0);
  }
}

void check_round_trip(const std::vector<StatementLine>& lines) {
  std::string csv = "type,reference,amount,fee,currency,date,description\n";
  for (const StatementLine& line : lines) {
    // A year that RFC 3339 does not have is none that was read.
    csv += std::string(reconcile::kind_name(line.kind)) + ",," +
           ashlar::base::format_amount(line.amount, line.currency) + "," +
           ashlar::base::format_amount(line.fee, line.currency) + "," + line.currency + "," +
           reconcile::format_day(line.day) + ",\n";
  }
  if (csv.size() > reconcile::kMaxStatementBytes) return;
  const auto again = reconcile::read_statement(reconcile::StatementFormat::kCsv, csv);
  CHECK(again.ok());
  CHECK(again->lines.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(again->lines[i].amount == lines[i].amount && again->lines[i].fee == lines[i].fee);
    CHECK(again->lines[i].kind == lines[i].kind && again->lines[i].day == lines[i].day);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto statement = reconcile::read_statement(reconcile::guess_format(bytes), bytes);
  if (!statement.ok()) return 0;
  check_bounds(*statement);
  check_matching(statement->lines);
  check_round_trip(statement->lines);
  return 0;
}
