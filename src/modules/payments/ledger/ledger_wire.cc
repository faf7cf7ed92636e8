// THE table of the ledger.
#include <memory>
#include <utility>
#include <vector>

#include "modules/payments/ledger/accounts_json.h"
#include "modules/payments/ledger/ledger_api.h"
#include "modules/payments/ledger/ledger_module.h"
#include "modules/payments/ledger/transfers_json.h"

namespace ashlar::ledger {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;

constexpr base::Millis kDeadline{10'000};
constexpr base::Millis kLongDeadline{30'000};
// The server's own limit of a body: 8,189 transfers of 500 bytes each.
constexpr std::size_t kMaxTransfersBytes = 4 << 20;
constexpr std::size_t kMaxAccountsBytes = 2 << 20;

const ErrorDoc kNoAccount{404, "account_not_found",
                          "There is no such account, or it is another tenant's."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kBusy{503, "ledger_busy", "Too many requests wait for the book; nothing was done."};

const ErrorDoc kStopped{503, "ledger_stopped", "The server is being stopped; nothing was done."};

using Api = std::shared_ptr<const LedgerApi>;
using Read = base::Result<http::Response> (LedgerApi::*)(Call&) const;
using Write = base::Status (LedgerApi::*)(Call&, std::shared_ptr<http::LateAnswer>) const;

http::Handler on_worker(const Api& api, Read function) {
  return http::WorkerHandler([api, function](Call& call) { return ((*api).*function)(call); });
}
http::Handler late(const Api& api, Write function) {
  return http::LateHandler([api, function](Call& call, std::shared_ptr<http::LateAnswer> answer) {
    return ((*api).*function)(call, std::move(answer));
  });
}

http::Route row(Method method, std::string_view path, std::string_view summary,
                http::Handler handler, const json::Shape* response) {
  const bool reads = method == Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"ledger"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {reads ? "ledger:read" : "ledger:write"},
      .cost = reads ? 1 : 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {std::move(handler)},
      .response = response,
  };
}

void add_accounts(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kPost, "/v1/ledger/accounts",
                      "Open an account, or several; one that is there already is answered by 200.",
                      late(api, &LedgerApi::open), &made_accounts_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &new_accounts_schema();
  table.back().success = 201;
  table.back().max_body_bytes = kMaxAccountsBytes;
  table.back().errors = {
      kBusy,
      kStopped,
      {409, "account_exists", "There is an account of this id with another currency or rules."},
      {400, "too_many_values", "The body has more than 100,000 values."}};
  table.push_back(row(Method::kGet, "/v1/ledger/accounts", "List accounts, the oldest first.",
                      on_worker(api, &LedgerApi::accounts), &account_page_schema()));
  table.back().paged = true;
  table.back().query = {{"currency", "Only of this currency.", "USD"}};
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/ledger/accounts/{id}",
                      "Get an account with its balances, now or at a time.",
                      on_worker(api, &LedgerApi::account), &account_schema()));
  table.back().query = {{"at",
                         "The balances at the end of this moment. Before the first transfer "
                         "all are 0; of a time to come, what is known now.",
                         "2026-11-22T10:00:00Z"}};
  table.back().errors = {kNoAccount};
}

void add_legs(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kGet, "/v1/ledger/accounts/{id}/legs",
                      "What moved on an account, newest first.", on_worker(api, &LedgerApi::legs),
                      &leg_page_schema()));
  table.back().paged = true;
  table.back().errors = {kNoAccount, kBadCursor};
  table.push_back(
      row(Method::kGet, "/v1/ledger/accounts/{id}/statement",
          "A statement as CSV or JSONL, oldest first, with opening and closing balance.",
          on_worker(api, &LedgerApi::statement), nullptr));
  table.back().response_type = "text/csv";
  table.back().cost = 10;
  table.back().deadline = kLongDeadline;
  table.back().query = {
      {"from", "The first moment that counts.", "2026-11-01T00:00:00Z"},
      {"to", "The first moment that does not count any more.", "2026-12-01T00:00:00Z"},
      {"format", "csv, or jsonl.", "csv"},
      {"limit", "Rows of a page, 1 to 10,000.", "10000"},
      {"cursor", "From the Link header of the page before.", ""}};
  table.back().errors = {kNoAccount, kBadCursor};
}

void add_transfers(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kPost, "/v1/ledger/transfers",
                      "Book up to 8,189 transfers; 201 when all of them were made, 200 else.",
                      late(api, &LedgerApi::book), &results_schema()));
  table.back().idempotency = Idempotency::kRequired;
  table.back().request = &new_transfers_schema();
  table.back().success = 201;
  table.back().cost = 5;
  table.back().deadline = kLongDeadline;
  table.back().max_body_bytes = kMaxTransfersBytes;
  table.back().errors = {
      kBusy, kStopped, {400, "too_many_values", "The body has more than 400,000 values."}};
  table.push_back(row(Method::kGet, "/v1/ledger/transfers", "List transfers, newest first.",
                      on_worker(api, &LedgerApi::transfers), &transfer_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/ledger/transfers/{id}",
                      "Get a transfer; of a hold also what is left of it.",
                      on_worker(api, &LedgerApi::transfer), &transfer_schema()));
  table.back().errors = {
      {404, "transfer_not_found", "There is no such transfer, or it is another tenant's."}};
}

void add_book(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kGet, "/v1/ledger/head",
                      "Get the signed head of the book, to be kept elsewhere.",
                      on_worker(api, &LedgerApi::head), &head_schema()));
  table.push_back(row(Method::kGet, "/v1/ledger/trial-balance",
                      "Get the sums over all accounts: whether the book adds up.",
                      on_worker(api, &LedgerApi::trial_balance), &trial_balance_schema()));
  table.back().cost = 10;
  table.back().deadline = kLongDeadline;
}

}  // namespace

http::RouteTable ledger_routes(LedgerModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const LedgerApi>(module, cursors);
  http::RouteTable table;
  add_accounts(table, api);
  add_legs(table, api);
  add_transfers(table, api);
  add_book(table, api);
  return table;
}

}  // namespace ashlar::ledger
