// Statements as the sandbox provider gives them: JSON, minor units.
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "modules/payments/reconcile/statement.h"
#include "platform/json/parse.h"

namespace ashlar::payments::reconcile {
namespace {

using json::Value;

constexpr std::size_t kValuesPerLine = 16;

base::Error malformed(std::int64_t line, std::string_view what) {
  return base::fail(base::Code::kInvalid, "statement_malformed",
                    "line " + std::to_string(line) + ": " + std::string(what));
}

std::string_view text_of(const Value& line, std::string_view name) {
  const Value* value = line.find(name);
  const std::string* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr && text->size() <= kMaxField ? std::string_view(*text)
                                                      : std::string_view();
}

bool read_money(const Value& line, std::string_view name, Money& into) {
  const Value* value = line.find(name);
  const std::int64_t* number = value != nullptr ? value->if_integer() : nullptr;
  if (number == nullptr || *number > kMaxMoney || *number < -kMaxMoney) return false;
  into = *number;
  return true;
}

base::Result<StatementLine> read_line(const Value& given, std::int64_t number) {
  StatementLine line;
  line.row = number;
  const auto kind = kind_of(text_of(given, "kind"));
  if (!kind) return malformed(number, "its kind is none of those that a statement has");
  line.kind = *kind;
  line.reference = text_of(given, "reference");
  line.description = text_of(given, "description");
  line.currency = base::ascii_lower(text_of(given, "currency"));
  if (!is_currency(line.currency)) return malformed(number, "its currency is none of ISO 4217");
  const auto at = base::parse_rfc3339(text_of(given, "at"));
  if (!at) return malformed(number, "its time is none");
  line.day = day_of(*at);
  if (!read_money(given, "amount", line.amount) || !read_money(given, "fee", line.fee)) {
    return malformed(number, "its amount or fee is no number of minor units");
  }
  return line;
}

// {"currency", "opening", "closing"} of each, held against the lines.
base::Status add_balances(const Value& balances, Statement& statement) {
  const Value::Array* list = balances.if_array();
  if (list == nullptr) return malformed(0, "its balances are no list");
  for (const Value& balance : *list) {
    const std::string currency = base::ascii_lower(text_of(balance, "currency"));
    Money opening = 0, closing = 0;
    if (!is_currency(currency) || !read_money(balance, "opening", opening) ||
        !read_money(balance, "closing", closing)) {
      return malformed(0, "a balance of it is no amount of a currency");
    }
    Money left = closing - opening;
    for (const StatementLine& line : statement.lines) {
      if (line.currency == currency && __builtin_sub_overflow(left, net_of(line), &left)) {
        return malformed(0, "its balances are too large");
      }
    }
    if (left != 0) statement.unexplained[currency] = left;
  }
  return base::ok_status();
}

}  // namespace

base::Result<Statement> read_sandbox_statement(std::string_view bytes) {
  const json::ParseLimits limits{.max_depth = 4, .max_values = kMaxLines * kValuesPerLine};
  const auto document = json::parse(bytes, limits);
  if (!document.ok()) {
    return base::fail(base::Code::kInvalid, "statement_malformed", document.error().detail);
  }
  const Value* lines = document->find("lines");
  const Value::Array* list = lines != nullptr ? lines->if_array() : nullptr;
  if (list == nullptr) {
    return base::fail(base::Code::kInvalid, "statement_empty", "there are no lines in it");
  }
  if (list->size() > kMaxLines) {
    return base::fail(base::Code::kInvalid, "statement_too_large",
                      "a statement has at most 100,000 lines");
  }
  Statement statement;
  statement.id = text_of(*document, "id");
  statement.lines.reserve(list->size());
  for (const Value& given : *list) {
    const auto number = static_cast<std::int64_t>(statement.lines.size()) + 1;
    ASHLAR_ASSIGN(StatementLine line, read_line(given, number));
    statement.lines.push_back(std::move(line));
  }
  constexpr std::size_t kMostBalances = 200;  // there are fewer currencies
  if (const Value* balances = document->find("balances")) {
    if (balances->if_array() != nullptr && balances->if_array()->size() > kMostBalances) {
      return malformed(0, "it has more balances than there are currencies");
    }
    ASHLAR_TRY(add_balances(*balances, statement));
  }
  return statement;
}

}  // namespace ashlar::payments::reconcile
