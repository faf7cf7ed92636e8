#include "modules/payments/ledger/statements.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/ledger_views.h"
#include "modules/payments/ledger/transfers_json.h"
#include "platform/json/writer.h"

namespace ashlar::ledger {
namespace {

// What the transfer did on the account: moved, or held, or gave back.
Amount amount_of(const store::LegRow& leg) {
  const Movement& movement = leg.movement;
  const bool moves = leg.kind == TransferKind::kPosted || leg.kind == TransferKind::kPost;
  if (moves) return movement.posted;
  return movement.pending < 0 ? -movement.pending : movement.pending;
}

void write_totals(json::Writer& json, const Totals& totals) {
  json.key("debits_pending").integer(totals.debits_pending);
  json.key("debits_posted").integer(totals.debits_posted);
  json.key("credits_pending").integer(totals.credits_pending);
  json.key("credits_posted").integer(totals.credits_posted);
  json.key("balance").integer(balance_of(totals));
}

std::string time_or_nothing(const std::optional<base::Time>& time) {
  return time ? base::format_rfc3339(*time) : std::string();
}

// What the caller wrote is quoted where RFC 4180 wants it, and so that no spreadsheet takes it for
// a formula.
std::string quoted(const std::string& text) {
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").contains(text.front());
  if (!formula && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void append_line(std::string& out, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    out += fields[i];
  }
  out += "\r\n";
}

void append_balance_line(std::string& out, const char* kind, const std::optional<base::Time>& at,
                         const Totals& totals) {
  append_line(out,
              {"", time_or_nothing(at), "", kind, "", "", std::to_string(totals.debits_pending),
               std::to_string(totals.debits_posted), std::to_string(totals.credits_pending),
               std::to_string(totals.credits_posted), std::to_string(balance_of(totals)), ""});
}

void append_balance_object(std::string& out, const char* kind, const std::optional<base::Time>& at,
                           const Totals& totals) {
  json::Writer json(out);
  json.begin_object().key("kind").string(kind).key("at");
  if (at) {
    json.string(base::format_rfc3339(*at));
  } else {
    json.null();
  }
  write_totals(json, totals);
  json.end_object();
  out += '\n';
}

// The number of the account's last leg before `time`, and what the account was then.
base::Result<std::pair<std::int64_t, Totals>> state_before(storage::Transaction& tx,
                                                           const Account& account,
                                                           base::Time time) {
  ASHLAR_ASSIGN(const std::optional<store::LegRow> leg,
                store::find_leg_at(tx, account.no, time - base::Micros{1}));
  if (!leg) return std::pair(std::int64_t{0}, Totals{});
  return std::pair(leg->movement.leg_no, leg->movement.after);
}

}  // namespace

base::Result<std::vector<LegRowJson>> render_legs(storage::Transaction& tx,
                                                  const std::vector<store::LegRow>& legs) {
  std::vector<std::int64_t> nos;
  nos.reserve(legs.size());
  for (const store::LegRow& leg : legs) nos.push_back(leg.transfer_no);
  ASHLAR_ASSIGN(const std::vector<views::TransferName> names, views::transfer_names(tx, nos));
  std::vector<LegRowJson> rows;
  rows.reserve(legs.size());
  for (const store::LegRow& leg : legs) {
    const Totals& after = leg.movement.after;
    LegRowJson& row = rows.emplace_back();
    row.number = leg.movement.leg_no;
    const auto name =
        std::ranges::lower_bound(names, leg.transfer_no, {}, &views::TransferName::no);
    if (name != names.end() && name->no == leg.transfer_no) {
      row.transfer_id = name->id;
      if (!name->code.empty()) row.code = name->code;
    }
    row.kind = name_of(leg.kind);
    row.side = name_of(leg.movement.side);
    row.amount = amount_of(leg);
    row.debits_pending = after.debits_pending;
    row.debits_posted = after.debits_posted;
    row.credits_pending = after.credits_pending;
    row.credits_posted = after.credits_posted;
    row.balance = balance_of(after);
    row.at = leg.at;
  }
  return rows;
}

base::Result<Statement> read_statement(storage::Transaction& tx, const Account& account,
                                       const StatementAsk& ask) {
  CHECK(ask.limit >= 1 && ask.limit <= kMaxStatementRows);
  Statement statement;
  statement.from = ask.from;
  statement.to = ask.to;
  std::int64_t after = ask.after;
  if (after == 0) {
    Totals opening;
    if (ask.from) {
      ASHLAR_ASSIGN(const auto before, state_before(tx, account, *ask.from));
      after = before.first;
      opening = before.second;
    }
    statement.opening = opening;
  }
  std::int64_t end = account.legs;
  Totals closing = account.totals;
  if (ask.to) {
    ASHLAR_ASSIGN(const auto before, state_before(tx, account, *ask.to));
    end = before.first;
    closing = before.second;
  }
  const std::int64_t wanted = std::clamp<std::int64_t>(end - after, 0, ask.limit);
  if (wanted > 0) {
    ASHLAR_ASSIGN(const std::vector<store::LegRow> legs,
                  store::legs_after(tx, account.no, after, wanted));
    ASHLAR_ASSIGN(statement.rows, render_legs(tx, legs));
  }
  if (after + wanted < end) {
    statement.next_after = after + wanted;
  } else {
    // `from` after `to` is an empty stretch: what it begins with it ends with.
    statement.closing = statement.opening && after > end ? *statement.opening : closing;
  }
  return statement;
}

std::string to_csv(const Statement& statement) {
  std::string out;
  out.reserve(256 + statement.rows.size() * 128);
  append_line(out, {"number", "at", "transfer_id", "kind", "side", "amount", "debits_pending",
                    "debits_posted", "credits_pending", "credits_posted", "balance", "code"});
  if (statement.opening) {
    append_balance_line(out, "opening", statement.from, *statement.opening);
  }
  for (const LegRowJson& row : statement.rows) {
    append_line(out, {std::to_string(row.number), base::format_rfc3339(row.at),
                      quoted(row.transfer_id), row.kind, row.side, std::to_string(row.amount),
                      std::to_string(row.debits_pending), std::to_string(row.debits_posted),
                      std::to_string(row.credits_pending), std::to_string(row.credits_posted),
                      std::to_string(row.balance), quoted(row.code.value_or(""))});
  }
  if (statement.closing) append_balance_line(out, "closing", statement.to, *statement.closing);
  return out;
}

std::string to_jsonl(const Statement& statement) {
  std::string out;
  out.reserve(256 + statement.rows.size() * 256);
  if (statement.opening) {
    append_balance_object(out, "opening", statement.from, *statement.opening);
  }
  for (const LegRowJson& row : statement.rows) {
    json::Writer json(out);
    leg_row_schema().write(json, row);
    out += '\n';
  }
  if (statement.closing) append_balance_object(out, "closing", statement.to, *statement.closing);
  return out;
}

}  // namespace ashlar::ledger
