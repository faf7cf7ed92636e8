#include "modules/payments/ledger/ledger_api.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "modules/payments/ledger/accounts_json.h"
#include "modules/payments/ledger/booking_requests.h"
#include "modules/payments/ledger/ledger_module.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/ledger_views.h"
#include "modules/payments/ledger/statements.h"
#include "modules/payments/ledger/transfers_json.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::ledger {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

constexpr std::int64_t kNewest = std::int64_t{1} << 62;
// A thousand accounts with all that may be in them.
constexpr json::ParseLimits kAccountLimits{.max_depth = 16, .max_values = 100'000};

http::CursorScope scope_of(const Call& call, std::string_view list) {
  return {list, call.principal.tenant.value};
}

// Where a list goes on: the cursor's number, else `otherwise`.
Result<std::int64_t> position_of(const Call& call, const http::CursorCodec& cursors,
                                 std::string_view list, std::int64_t otherwise) {
  const auto cursor = call.query_value("cursor");
  if (!cursor) return otherwise;
  ASHLAR_ASSIGN(const auto position, cursors.decode<std::int64_t>(scope_of(call, list), *cursor));
  return std::get<0>(position);
}

Result<std::optional<base::Time>> time_of(const Call& call, const char* name) {
  const auto text = call.query_value(name);
  if (!text) return std::optional<base::Time>();
  const std::optional<base::Time> time = base::parse_rfc3339(*text);
  if (time) return time;
  return http::bad_query(std::string("?") + name, "bad_timestamp",
                         "Give a time as RFC 3339 has it: 2026-11-22T10:00:00Z.");
}

Result<Account> account_of(Transaction& tx, const Call& call) {
  ASHLAR_ASSIGN(std::optional<Account> account, store::find_account(tx, call.param(0)));
  if (account) return std::move(*account);
  return base::fail(base::Code::kNotFound, "account_not_found", "There is no such account.");
}

// The account as it was at the end of the microsecond `at`.
Result<Account> account_at(Transaction& tx, Account account, base::Time at) {
  ASHLAR_ASSIGN(const std::optional<store::LegRow> leg, store::find_leg_at(tx, account.no, at));
  account.totals = leg ? leg->movement.after : Totals{};
  account.legs = leg ? leg->movement.leg_no : 0;
  return account;
}

Result<StatementAsk> statement_ask(const Call& call, const http::CursorCodec& cursors) {
  StatementAsk ask;
  ASHLAR_ASSIGN(ask.from, time_of(call, "from"));
  ASHLAR_ASSIGN(ask.to, time_of(call, "to"));
  ASHLAR_ASSIGN(ask.after, position_of(call, cursors, "ledger.statement", 0));
  if (const auto text = call.query_value("limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), ask.limit);
    const bool whole = error == std::errc{} && end == text->data() + text->size();
    if (!whole || ask.limit < 1 || ask.limit > kMaxStatementRows) {
      return http::bad_query("?limit", "out_of_range", "A limit is a whole number, 1 to 10,000.");
    }
  }
  return ask;
}

// Of transfers, what a page shows: accounts by their ids, holds by what is left of them.
Result<std::vector<TransferJson>> render(Transaction& tx,
                                         const std::vector<store::EntryRow>& rows) {
  std::vector<std::int64_t> nos;
  for (const store::EntryRow& row : rows) {
    for (const Movement& leg : row.entry.legs) nos.push_back(leg.account.value);
  }
  std::ranges::sort(nos);
  nos.erase(std::ranges::unique(nos).begin(), nos.end());
  ASHLAR_ASSIGN(const std::vector<Account> accounts, store::find_accounts(tx, nos));
  std::map<AccountNo, std::string> names;
  for (const Account& account : accounts) names[account.no] = account.id;
  std::vector<TransferJson> out;
  for (const store::EntryRow& row : rows) {
    std::optional<Hold> hold;
    if (row.entry.kind == TransferKind::kPending) {
      ASHLAR_ASSIGN(hold, store::find_hold(tx, row.entry.id));
    }
    out.push_back(render(row.entry, row.hold_id, names, hold));
  }
  return out;
}

std::int64_t integer_of(views::Sum sum) {
  return static_cast<std::int64_t>(std::clamp<views::Sum>(sum, INT64_MIN, INT64_MAX));
}

CurrencyTotalsJson render(const views::CurrencyTotals& totals) {
  return {.currency = totals.currency,
          .accounts = totals.accounts,
          .debits_pending = integer_of(totals.debits_pending),
          .debits_posted = integer_of(totals.debits_posted),
          .credits_pending = integer_of(totals.credits_pending),
          .credits_posted = integer_of(totals.credits_posted),
          .balanced = totals.balanced()};
}

// Hands `work` to the writer, and its answer to `answer`.
template <class Work>
void submit(LedgerModule& module, const Call& call, std::shared_ptr<Work> work,
            std::shared_ptr<http::LateAnswer> answer) {
  const base::TenantId tenant = call.principal.tenant;
  const base::Mono deadline = call.deadline;
  // From here on the Call may be gone: done() may answer before submit() returns.
  module.writer.submit(
      tenant, [work, &module](Booking& booking) { return work->run(booking, module.clock); },
      [work, answer = std::move(answer)](base::Status status) {
        if (!status.ok()) return answer->complete(std::move(status).error());
        answer->complete(work->take_answer());
      },
      deadline);
}

}  // namespace

base::Status LedgerApi::open(Call& call, std::shared_ptr<http::LateAnswer> answer) const {
  ASHLAR_ASSIGN(KeyedRequest request, KeyedRequest::of(call));
  ASHLAR_ASSIGN(const json::Value body, json::parse(call.body, kAccountLimits));
  ASHLAR_ASSIGN(const NewAccountsJson given, new_accounts_schema().parse(body));
  ASHLAR_ASSIGN(std::vector<NewAccount> accounts, accounts_of(given));
  for (NewAccount& account : accounts) {
    if (account.id.empty()) account.id = new_id("acct_", module_.clock, module_.entropy);
  }
  submit(module_, call,
         std::make_shared<OpenAccounts>(std::move(request), std::move(accounts), !given.accounts),
         std::move(answer));
  return base::ok_status();
}

base::Status LedgerApi::book(Call& call, std::shared_ptr<http::LateAnswer> answer) const {
  ASHLAR_ASSIGN(KeyedRequest request, KeyedRequest::of(call));
  ASHLAR_ASSIGN(const json::Value body, json::parse(call.body, kTransferLimits));
  ASHLAR_ASSIGN(const NewTransfersJson given, new_transfers_schema().parse(body));
  ASHLAR_ASSIGN(std::vector<AskedTransfer> asked, transfers_of(given));
  for (AskedTransfer& one : asked) {
    if (one.transfer.id.empty()) one.transfer.id = new_id("tr_", module_.clock, module_.entropy);
  }
  submit(module_, call, std::make_shared<BookTransfers>(std::move(request), std::move(asked)),
         std::move(answer));
  return base::ok_status();
}

Result<Response> LedgerApi::accounts(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const std::int64_t after, position_of(call, cursors_, "ledger.accounts", 0));
  const std::string currency(call.query_value("currency").value_or(""));
  ASHLAR_ASSIGN(std::vector<Account> found,
                module_.db.read(call.tenant_context(), [&](Transaction& tx) {
                  return views::list_accounts(tx, currency, after, limit + 1);
                }));
  json::Page<AccountJson> page;
  if (std::ssize(found) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor,
                  cursors_.encode(scope_of(call, "ledger.accounts"), found.back().no.value));
  }
  for (const Account& account : found) page.data.push_back(ledger::render(account));
  return http::page_response(call, account_page_schema(), page);
}

Result<Response> LedgerApi::account(Call& call) const {
  ASHLAR_ASSIGN(const std::optional<base::Time> at, time_of(call, "at"));
  ASHLAR_ASSIGN(const Account account,
                module_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<Account> {
                  ASHLAR_ASSIGN(Account now, account_of(tx, call));
                  if (!at) return now;
                  return account_at(tx, std::move(now), *at);
                }));
  return http::json_response(200, account_schema(), ledger::render(account, at));
}

Result<Response> LedgerApi::legs(Call& call) const {
  using Page = json::Page<LegRowJson>;
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const std::int64_t before, position_of(call, cursors_, "ledger.legs", kNewest));
  ASHLAR_ASSIGN(
      const Page page, module_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<Page> {
        ASHLAR_ASSIGN(const Account account, account_of(tx, call));
        ASHLAR_ASSIGN(const std::vector<store::LegRow> found,
                      store::legs_before(tx, account.no, before, limit));
        Page made;
        ASHLAR_ASSIGN(made.data, render_legs(tx, found));
        if (!found.empty() && found.back().movement.leg_no > 1) {
          ASHLAR_ASSIGN(made.next_cursor,
                        cursors_.encode(scope_of(call, "ledger.legs"), made.data.back().number));
        }
        return made;
      }));
  return http::page_response(call, leg_page_schema(), page);
}

Result<Response> LedgerApi::statement(Call& call) const {
  const std::string_view format = call.query_value("format").value_or("csv");
  if (format != "csv" && format != "jsonl") {
    return http::bad_query("?format", "not_allowed", "Give csv or jsonl.");
  }
  ASHLAR_ASSIGN(const StatementAsk ask, statement_ask(call, cursors_));
  ASHLAR_ASSIGN(const Statement statement,
                module_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<Statement> {
                  ASHLAR_ASSIGN(const Account account, account_of(tx, call));
                  return read_statement(tx, account, ask);
                }));
  Response response = format == "csv"
                          ? Response{200, "text/csv; charset=utf-8", {}, to_csv(statement)}
                          : Response{200, "application/x-ndjson", {}, to_jsonl(statement)};
  response.header("Content-Disposition",
                  "attachment; filename=\"" + call.param(0) + "." + std::string(format) + "\"");
  if (statement.next_after) {
    ASHLAR_ASSIGN(const std::string cursor,
                  cursors_.encode(scope_of(call, "ledger.statement"), *statement.next_after));
    response.header("Link", http::next_page_link(call, cursor));
  }
  return response;
}

// Newest first: numbers have no gaps, so a page is a stretch of them.
Result<Response> LedgerApi::transfers(Call& call) const {
  using Page = json::Page<TransferJson>;
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(std::int64_t before, position_of(call, cursors_, "ledger.transfers", kNewest));
  ASHLAR_ASSIGN(const Page page,
                module_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<Page> {
                  ASHLAR_ASSIGN(const std::optional<store::HeadRow> head, store::find_head(tx));
                  const std::int64_t end = std::min(before, (head ? head->transfers : 0) + 1);
                  const std::int64_t after = std::max<std::int64_t>(end - 1 - limit, 0);
                  ASHLAR_ASSIGN(std::vector<store::EntryRow> rows,
                                store::list_transfers(tx, after, end - 1 - after));
                  std::ranges::reverse(rows);
                  Page made;
                  ASHLAR_ASSIGN(made.data, render(tx, rows));
                  if (after > 0) {
                    ASHLAR_ASSIGN(made.next_cursor,
                                  cursors_.encode(scope_of(call, "ledger.transfers"), after + 1));
                  }
                  return made;
                }));
  return http::page_response(call, transfer_page_schema(), page);
}

Result<Response> LedgerApi::transfer(Call& call) const {
  ASHLAR_ASSIGN(
      const TransferJson transfer,
      module_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<TransferJson> {
        ASHLAR_ASSIGN(std::optional<store::EntryRow> row, store::find_transfer(tx, call.param(0)));
        if (!row) {
          return base::fail(base::Code::kNotFound, "transfer_not_found",
                            "There is no such transfer in the book.");
        }
        ASHLAR_ASSIGN(std::vector<TransferJson> rendered, render(tx, {std::move(*row)}));
        return std::move(rendered.front());
      }));
  return http::json_response(200, transfer_schema(), transfer);
}

Result<Response> LedgerApi::head(Call& call) const {
  ASHLAR_ASSIGN(
      const std::optional<store::HeadRow> row,
      module_.db.read(call.tenant_context(), [](Transaction& tx) { return store::find_head(tx); }));
  Head head{call.principal.tenant, 0, 0, {}, std::string(32, '\0')};
  if (row) {
    head.seq = row->seq;
    head.transfers = row->transfers;
    head.at = row->at;
    head.hash = row->hash;
  }
  return http::json_text(200,
                         to_json({head, module_.signer.sign(head), module_.signer.public_key()}));
}

Result<Response> LedgerApi::trial_balance(Call& call) const {
  ASHLAR_ASSIGN(
      const TrialBalanceJson json,
      module_.db.read(call.tenant_context(), [](Transaction& tx) -> Result<TrialBalanceJson> {
        ASHLAR_ASSIGN(const std::optional<store::HeadRow> head, store::find_head(tx));
        ASHLAR_ASSIGN(const auto all, views::trial_balance(tx));
        TrialBalanceJson made;
        if (head) {
          made.seq = head->seq;
          made.at = head->at;
        }
        for (const views::CurrencyTotals& totals : all) {
          made.balanced = made.balanced && totals.balanced();
          made.currencies.push_back(render(totals));
        }
        return made;
      }));
  return http::json_response(200, trial_balance_schema(), json);
}

}  // namespace ashlar::ledger
