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

#define LEDGER_COUNT(table) "(SELECT count(*) FROM ledger_" table " WHERE tenant_id = :tenant)"

constexpr Sql kCounts{
    Audience::kTenant,
    "SELECT " LEDGER_COUNT("accounts") ", " LEDGER_COUNT("totals") ", " LEDGER_COUNT(
        "ids") ", " LEDGER_COUNT("burned") ", " LEDGER_COUNT("transfers") ", " LEDGER_COUNT(
        "holds") ", " LEDGER_COUNT("legs")};

#undef LEDGER_COUNT

constexpr Sql kStrayIds{
    Audience::kTenant,
    "SELECT i.id FROM ledger_ids AS i WHERE i.tenant_id = :tenant"
    " AND NOT EXISTS (SELECT 1 FROM ledger_transfers AS t WHERE t.tenant_id = :tenant"
    " AND t.no = i.no AND t.id = i.id)"
    " AND NOT EXISTS (SELECT 1 FROM ledger_burned AS b WHERE b.tenant_id = :tenant"
    " AND b.no = -i.no AND b.id = i.id) ORDER BY i.id LIMIT ?1"};
constexpr Sql kStrayTotals{
    Audience::kTenant,
    "SELECT t.account_no FROM ledger_totals AS t WHERE t.tenant_id = :tenant"
    " AND NOT EXISTS (SELECT 1 FROM ledger_accounts AS a WHERE a.tenant_id = :tenant"
    " AND a.no = t.account_no) ORDER BY t.account_no LIMIT ?1"};
constexpr Sql kStrayHolds{
    Audience::kTenant,
    "SELECT h.transfer_no FROM ledger_holds AS h WHERE h.tenant_id = :tenant"
    " AND NOT EXISTS (SELECT 1 FROM ledger_transfers AS t WHERE t.tenant_id = :tenant"
    " AND t.no = h.transfer_no AND t.kind = 1) ORDER BY h.transfer_no LIMIT ?1"};

constexpr Sql kMeaningless{
    Audience::kTenant,
    "SELECT 0, no FROM ledger_accounts WHERE tenant_id = :tenant AND rules NOT BETWEEN 0 AND 7"
    " UNION ALL SELECT 1, no FROM ledger_transfers WHERE tenant_id = :tenant"
    " AND (kind NOT BETWEEN 0 AND 4 OR flags NOT BETWEEN 0 AND 127 OR legs NOT BETWEEN 0 AND 64)"
    " UNION ALL SELECT 2, no FROM ledger_legs WHERE tenant_id = :tenant"
    " AND (kind NOT BETWEEN 0 AND 4 OR side NOT BETWEEN 0 AND 1)"
    " UNION ALL SELECT 3, transfer_no FROM ledger_holds WHERE tenant_id = :tenant"
    " AND state NOT BETWEEN 0 AND 3"
    " UNION ALL SELECT 4, no FROM ledger_burned WHERE tenant_id = :tenant"
    " AND verdict NOT BETWEEN 0 AND 255"
    " UNION ALL SELECT 5, account_no FROM ledger_totals WHERE tenant_id = :tenant"
    " AND (closing NOT BETWEEN 0 AND 2147483647 OR (legs = 0 AND last_leg <> 0)) LIMIT ?1"};
constexpr std::array<const char*, 6> kMeaninglessOf{"ledger_accounts", "ledger_transfers",
                                                    "ledger_legs",     "ledger_holds",
                                                    "ledger_burned",   "ledger_totals"};

constexpr std::array<const Sql*, 8> kStatements{&kMeaningless,   &kTrialBalance, &kOfCurrency,
                                                &kTransferNames, &kCounts,       &kStrayIds,
                                                &kStrayTotals,   &kStrayHolds};

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

base::Result<RowCounts> row_counts(storage::Transaction& tx) {
  RowCounts counts;
  ASHLAR_TRY(tx.query(kCounts, {}, [&](const Row& row) {
    counts = {row.integer(0), row.integer(1), row.integer(2), row.integer(3),
              row.integer(4), row.integer(5), row.integer(6)};
  }));
  return counts;
}

base::Result<std::vector<Stray>> find_strays(storage::Transaction& tx, std::int64_t limit) {
  std::vector<Stray> strays;
  ASHLAR_TRY(tx.query(kStrayIds, {limit}, [&](const Row& row) {
    strays.push_back({"ledger_ids", std::string(row.text(0))});
  }));
  ASHLAR_TRY(tx.query(kStrayTotals, {limit}, [&](const Row& row) {
    strays.push_back({"ledger_totals", "account_no " + std::to_string(row.integer(0))});
  }));
  ASHLAR_TRY(tx.query(kStrayHolds, {limit}, [&](const Row& row) {
    strays.push_back({"ledger_holds", "transfer_no " + std::to_string(row.integer(0))});
  }));
  ASHLAR_TRY(tx.query(kMeaningless, {limit}, [&](const Row& row) {
    strays.push_back({kMeaninglessOf[static_cast<std::size_t>(row.integer(0))],
                      "no " + std::to_string(row.integer(1)), true});
  }));
  return strays;
}

std::span<const storage::Sql* const> statements() { return kStatements; }

}  // namespace ashlar::ledger::views
