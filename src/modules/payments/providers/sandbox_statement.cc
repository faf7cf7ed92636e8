#include "modules/payments/providers/sandbox_statement.h"

#include <utility>

#include "modules/payments/providers/sandbox_faults.h"
#include "platform/json/writer.h"

namespace ashlar::payments {
namespace {

// By the words that readers of statements know: what was given back has the other sign.
std::string_view line_kind(MoveKind kind) {
  switch (kind) {
    case MoveKind::kRefundFailure:
      return to_text(MoveKind::kRefund);
    case MoveKind::kPayoutFailure:
      return to_text(MoveKind::kPayout);
    default:
      return to_text(kind);
  }
}

std::string_view description(MoveKind kind) {
  switch (kind) {
    case MoveKind::kRefundFailure:
      return "refund failed";
    case MoveKind::kPayoutFailure:
      return "payout failed";
    case MoveKind::kDisputeReversal:
      return "dispute won";
    default:
      return "";
  }
}

std::string day_text(base::Time at) {
  constexpr std::size_t kDate = 10;  // "2026-11-22"
  return base::format_rfc3339(at).substr(0, kDate);
}

// The line as it is to stand there; false: not at all.
bool spoil(SandboxMove& line, StatementError what, base::Random& dice,
           std::vector<SandboxMove>& more) {
  constexpr std::uint64_t kMostOff = 100;
  const auto off = static_cast<std::int64_t>(dice.below(kMostOff) + 1);
  switch (what) {
    case StatementError::kMissing:
      return false;
    case StatementError::kExtra:
      more.push_back(line);
      more.back().id += "x";
      more.back().reference = "sbx_unknown_" + line.id;
      return true;
    case StatementError::kTwice:
      more.push_back(line);
      return true;
    case StatementError::kAmount:
      line.gross += line.gross < 0 ? -off : off;
      return true;
    case StatementError::kFee:
      line.fee += off;
      return true;
    case StatementError::kDate:
      line.at += std::chrono::days{3};
      return true;
  }
  return true;
}

}  // namespace

void plant_errors(SandboxStatement& statement, const SandboxDice& dice) {
  std::vector<SandboxMove> lines;
  for (SandboxMove& line : statement.lines) {
    std::vector<SandboxMove> more;
    bool stays = true;
    if (dice.hits(dice.faults().statement_errors, line.tenant, "line:" + line.id)) {
      base::Random throws = dice.throw_for(line.tenant, "error:" + line.id, 0);
      const auto what = static_cast<StatementError>(throws.below(kStatementErrors));
      statement.planted.push_back({what, line.reference});
      stays = spoil(line, what, throws, more);
    }
    if (stays) lines.push_back(std::move(line));
    for (SandboxMove& extra : more) lines.push_back(std::move(extra));
  }
  statement.lines = std::move(lines);
}

std::string statement_json(const SandboxStatement& statement) {
  const std::string day = day_text(statement.day);
  std::string out;
  json::Writer json(out);
  json.begin_object().key("id").string(statement.bank + "-" + day);
  json.key("provider").string(statement.bank).key("day").string(day);
  json.key("balances").begin_array();
  for (const auto& [currency, balance] : statement.balances) {
    json.begin_object().key("currency").string(currency);
    json.key("opening").integer(balance.opening).key("closing").integer(balance.closing);
    json.end_object();
  }
  json.end_array().key("lines").begin_array();
  for (const SandboxMove& line : statement.lines) {
    json.begin_object().key("id").string(line.id).key("kind").string(line_kind(line.kind));
    json.key("reference").string(line.reference).key("about").string(line.about);
    json.key("at").string(base::format_rfc3339(line.at)).key("amount").integer(line.gross);
    json.key("fee").integer(line.fee).key("currency").string(line.currency);
    json.key("description").string(description(line.kind)).end_object();
  }
  json.end_array().end_object();
  return out;
}

// No field can hold a comma, a quote or a line feed: words, references, numbers and dates.
std::string statement_csv(const SandboxStatement& statement) {
  std::string out = "type,reference,currency,date,amount_minor,fee_minor,description\r\n";
  for (const SandboxMove& line : statement.lines) {
    out += std::string(line_kind(line.kind)) + "," + line.reference + "," + line.currency + "," +
           day_text(line.at) + "," + std::to_string(line.gross) + "," + std::to_string(line.fee) +
           "," + std::string(description(line.kind)) + "\r\n";
  }
  return out;
}

}  // namespace ashlar::payments
