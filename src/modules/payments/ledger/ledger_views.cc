#include "modules/payments/ledger/ledger_views.h"

#include <algorithm>
#include <array>

#include "modules/payments/ledger/ledger_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::ledger::views {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

// Halves, so that no sum overflows: a total is below 2^62, and there are fewer than 2^32 accounts.
#define LEDGER_HALVES(column) "sum(t." column " >> 32), sum(t." column " & 4294967295)"
#define LEDGER_HALVES_PG(column) \
  "sum(t." column " >> 32)::bigint, sum(t." column " & 4294967295)::bigint"

constexpr Sql kTrialBalance{
    Audience::kTenant,
    "SELECT a.currency, count(*), " LEDGER_HALVES("debits_pending") ", " LEDGER_HALVES(
        "debits_posted") ", " LEDGER_HALVES("credits_pending") ", " LEDGER_HALVES("credits_posted")
    " FROM ledger_accounts AS a JOIN ledger_totals AS t"
    " ON t.tenant_id = :tenant AND t.account_no = a.no"
    " WHERE a.tenant_id = :tenant GROUP BY a.currency ORDER BY a.currency",
    "SELECT a.currency, count(*), " LEDGER_HALVES_PG("debits_pending") ", " LEDGER_HALVES_PG(
        "debits_posted") ", " LEDGER_HALVES_PG("credits_pending") ", " LEDGER_HALVES_PG(
        "credits_posted")
    " FROM ledger_accounts AS a JOIN ledger_totals AS t"
    " ON t.tenant_id = :tenant AND t.account_no = a.no"
    " WHERE a.tenant_id = :tenant GROUP BY a.currency ORDER BY a.currency"};

#undef LEDGER_HALVES
#undef LEDGER_HALVES_PG

constexpr Sql kOfCurrency{Audience::kTenant,
                          "SELECT no FROM ledger_accounts WHERE tenant_id = :tenant"
                          " AND currency = ?1 AND no > ?2 ORDER BY no LIMIT ?3"};

// ?1 is [no, …].
constexpr Sql kTransferNames{
    Audience::kTenant,
    "SELECT no, id, code FROM ledger_transfers WHERE tenant_id = :tenant"
    " AND no IN (SELECT value FROM json_each(?1)) ORDER BY no",
    "SELECT no, id, code FROM ledger_transfers WHERE tenant_id = :tenant"
    " AND no = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text(?1::text::json)))"
    " ORDER BY no"};

constexpr std::array<const Sql*, 3> kStatements{&kTrialBalance, &kOfCurrency, &kTransferNames};

Sum whole(const Row& row, int column) {
  return (static_cast<Sum>(row.integer(column)) << 32) + row.integer(column + 1);
}

}  // namespace

base::Result<std::vector<CurrencyTotals>> trial_balance(storage::Transaction& tx) {
  std::vector<CurrencyTotals> all;
  ASHLAR_TRY(tx.query(kTrialBalance, {}, [&](const Row& row) {
    all.push_back({.currency = std::string(row.text(0)),
                   .accounts = row.integer(1),
                   .debits_pending = whole(row, 2),
                   .debits_posted = whole(row, 4),
                   .credits_pending = whole(row, 6),
                   .credits_posted = whole(row, 8)});
  }));
  return all;
}

base::Result<std::vector<Account>> list_accounts(storage::Transaction& tx,
                                                 std::string_view currency, std::int64_t after,
                                                 std::int64_t limit) {
  if (currency.empty()) return store::list_accounts(tx, after, limit);
  std::vector<std::int64_t> nos;
  ASHLAR_TRY(tx.query(kOfCurrency, {currency, after, limit},
                      [&](const Row& row) { nos.push_back(row.integer(0)); }));
  ASHLAR_ASSIGN(std::vector<Account> accounts, store::find_accounts(tx, nos));
  std::ranges::sort(accounts, {}, &Account::no);
  return accounts;
}

base::Result<std::vector<TransferName>> transfer_names(storage::Transaction& tx,
                                                       std::span<const std::int64_t> nos) {
  std::string list;
  json::Writer json(list);
  json.begin_array();
  for (const std::int64_t no : nos) json.integer(no);
  json.end_array();
  std::vector<TransferName> names;
  names.reserve(nos.size());
  ASHLAR_TRY(tx.query(kTransferNames, {std::string_view(list)}, [&](const Row& row) {
    names.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2))});
  }));
  return names;
}

std::span<const storage::Sql* const> statements() { return kStatements; }

}  // namespace ashlar::ledger::views
