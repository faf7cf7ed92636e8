#include "modules/payments/entries_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::payments::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO payment_entries (tenant_id, id, at, kind, source, subject, provider, currency,"
    " amount, fee, available_on, settled)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"};

#define ENTRY_COLUMNS \
  "id, at, kind, source, subject, provider, currency, amount, fee, available_on, settled"
constexpr Sql kFind{Audience::kTenant,
                    "SELECT " ENTRY_COLUMNS
                    " FROM payment_entries WHERE tenant_id = :tenant AND id = ?1"};

// ?6 source, ?7 currency, ?8 payment: '' any; ?9 kind: -1 any.
#define ENTRIES_BETWEEN                                                                  \
  "SELECT " ENTRY_COLUMNS                                                                \
  " FROM payment_entries WHERE tenant_id = :tenant AND (at, id) > (?1, ?2)"              \
  " AND (at, id) < (?3, ?4) AND (?6 = '' OR source = ?6) AND (?7 = '' OR currency = ?7)" \
  " AND (?8 = '' OR subject = ?8) AND (?9 < 0 OR kind = ?9)"
constexpr Sql kListDown{Audience::kTenant, ENTRIES_BETWEEN " ORDER BY at DESC, id DESC LIMIT ?5"};
constexpr Sql kListUp{Audience::kTenant, ENTRIES_BETWEEN " ORDER BY at, id LIMIT ?5"};
// Of one payment: its entries' ids begin with its own, ?10 to ?11.
#define OF_STEM " AND id >= ?10 AND id < ?11"
constexpr Sql kOfPaymentDown{Audience::kTenant,
                             ENTRIES_BETWEEN OF_STEM " ORDER BY at DESC, id DESC LIMIT ?5"};
constexpr Sql kOfPaymentUp{Audience::kTenant, ENTRIES_BETWEEN OF_STEM " ORDER BY at, id LIMIT ?5"};

// SQLite would walk all entries of the tenant, and of all tenants: equality looks better to it than
// the few that are not settled.
#define UNSETTLED " FROM payment_entries INDEXED BY payment_entries_unsettled"
#define DUE " WHERE tenant_id = :tenant AND settled = 0 AND available_on <= ?1"
constexpr Sql kDue{
    Audience::kTenant, "SELECT " ENTRY_COLUMNS UNSETTLED DUE " ORDER BY available_on LIMIT ?2",
    "SELECT " ENTRY_COLUMNS " FROM payment_entries" DUE " ORDER BY available_on LIMIT ?2"};
constexpr Sql kSettle{Audience::kTenant,
                      "UPDATE payment_entries SET settled = 1 WHERE tenant_id = :tenant"
                      " AND id = ?1"};
constexpr Sql kTenants{Audience::kPlatform,
                       "SELECT DISTINCT tenant_id" UNSETTLED
                       " WHERE settled = 0 AND available_on <= ?1 LIMIT ?2",
                       "SELECT DISTINCT tenant_id FROM payment_entries WHERE settled = 0"
                       " AND available_on <= ?1 LIMIT ?2"};

constexpr Sql kPutDispute{
    Audience::kTenant,
    "INSERT INTO payment_disputes (tenant_id, id, payment, charge, state, at, due_by)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6)"
    " ON CONFLICT (tenant_id, id) DO UPDATE SET state = excluded.state, due_by = excluded.due_by"};
// ?6 payment, ?7 charge: '' any.
#define DISPUTES_BETWEEN                                                           \
  "SELECT id, payment, at FROM payment_disputes WHERE tenant_id = :tenant"         \
  " AND (at, id) > (?1, ?2) AND (at, id) < (?3, ?4) AND (?6 = '' OR payment = ?6)" \
  " AND (?7 = '' OR charge = ?7)"
constexpr Sql kDisputesDown{Audience::kTenant,
                            DISPUTES_BETWEEN " ORDER BY at DESC, id DESC LIMIT ?5"};
constexpr Sql kDisputesUp{Audience::kTenant, DISPUTES_BETWEEN " ORDER BY at, id LIMIT ?5"};
constexpr Sql kFindDispute{Audience::kTenant,
                           "SELECT at FROM payment_disputes WHERE tenant_id = :tenant"
                           " AND id = ?1"};
constexpr Sql kOverdue{Audience::kPlatform,
                       "SELECT tenant_id, id FROM payment_disputes WHERE state = 0"
                       " AND due_by <= ?1 ORDER BY due_by LIMIT ?2"};

constexpr std::string_view kPendingPrefix = "merchant:pending:";
constexpr std::string_view kAvailablePrefix = "merchant:available:";
constexpr Sql kMerchantAccounts{
    Audience::kTenant,
    "SELECT a.id, t.credits_posted - t.debits_posted FROM ledger_accounts AS a"
    " JOIN ledger_totals AS t ON t.tenant_id = a.tenant_id AND t.account_no = a.no"
    " WHERE a.tenant_id = :tenant AND a.id >= 'merchant:' AND a.id < 'merchant;'"};

constexpr std::array<const Sql*, 15> kStatements{
    &kInsert,       &kFind,       &kListDown,    &kListUp,  &kOfPaymentDown,
    &kOfPaymentUp,  &kDue,        &kSettle,      &kTenants, &kPutDispute,
    &kDisputesDown, &kDisputesUp, &kFindDispute, &kOverdue, &kMerchantAccounts};

Entry entry_row(const Row& row) {
  Entry entry;
  entry.id = row.text(0);
  entry.at = base::from_micros(row.integer(1));
  entry.kind = static_cast<EntryKind>(row.integer(2));
  entry.source = row.text(3);
  entry.payment = row.text(4);
  entry.provider = row.text(5);
  entry.currency = row.text(6);
  entry.amount = row.integer(7);
  entry.fee = row.integer(8);
  entry.available_on = base::from_micros(row.integer(9));
  entry.settled = row.integer(10) != 0;
  return entry;
}

Param nullable(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}

}  // namespace

base::Status insert_entry(storage::Transaction& tx, const Entry& entry) {
  ASHLAR_TRY(tx.execute(
      kInsert,
      {entry.id, base::to_micros(entry.at), static_cast<std::int64_t>(entry.kind), entry.source,
       entry.payment, entry.provider, entry.currency, entry.amount, entry.fee,
       base::to_micros(entry.available_on), std::int64_t{entry.settled ? 1 : 0}}));
  return base::ok_status();
}

base::Result<std::optional<Entry>> find_entry(storage::Transaction& tx, std::string_view id) {
  std::optional<Entry> entry;
  ASHLAR_TRY(tx.query(kFind, {id}, [&](const Row& row) { entry = entry_row(row); }));
  return entry;
}

base::Result<std::vector<Entry>> list_entries(storage::Transaction& tx, const EntryRange& range,
                                              const EntryFilter& filter) {
  std::vector<Entry> entries;
  const auto sink = [&](const Row& row) { entries.push_back(entry_row(row)); };
  const std::int64_t kind = filter.kind ? static_cast<std::int64_t>(*filter.kind) : -1;
  const bool down = range.newest_first;
  // What belongs to a payment has an id that begins with the payment's own.
  const std::string& of = filter.payment.empty() ? filter.source : filter.payment;
  const std::size_t mark = of.find('_');
  if (mark == std::string::npos || of.size() < mark + 1 + 22) {
    ASHLAR_TRY(tx.query(down ? kListDown : kListUp,
                        {range.after.at, range.after.part, range.before.at, range.before.part,
                         range.limit, filter.source, filter.currency, filter.payment, kind},
                        sink));
    return entries;
  }
  const std::string from = "txn_" + of.substr(mark + 1, 22);
  const std::string until = from + "~";
  ASHLAR_TRY(
      tx.query(down ? kOfPaymentDown : kOfPaymentUp,
               {range.after.at, range.after.part, range.before.at, range.before.part, range.limit,
                filter.source, filter.currency, filter.payment, kind, from, until},
               sink));
  return entries;
}

base::Result<std::vector<Entry>> due_entries(storage::Transaction& tx, base::Time now,
                                             std::int64_t limit) {
  std::vector<Entry> entries;
  ASHLAR_TRY(tx.query(kDue, {base::to_micros(now), limit},
                      [&](const Row& row) { entries.push_back(entry_row(row)); }));
  return entries;
}

base::Status settle_entry(storage::Transaction& tx, std::string_view id) {
  ASHLAR_TRY(tx.execute(kSettle, {id}));
  return base::ok_status();
}

base::Result<std::vector<base::TenantId>> tenants_to_settle(storage::Transaction& tx,
                                                            base::Time now, std::int64_t limit) {
  std::vector<base::TenantId> tenants;
  ASHLAR_TRY(tx.query(kTenants, {base::to_micros(now), limit},
                      [&](const Row& row) { tenants.emplace_back(row.integer(0)); }));
  return tenants;
}

base::Status put_dispute(storage::Transaction& tx, std::string_view payment,
                         const Dispute& dispute) {
  ASHLAR_TRY(tx.execute(
      kPutDispute, {dispute.id, payment, dispute.attempt, static_cast<std::int64_t>(dispute.state),
                    base::to_micros(dispute.at), nullable(dispute.due_by)}));
  return base::ok_status();
}

base::Result<std::vector<PartRow>> list_disputes(storage::Transaction& tx, const PartRange& range) {
  std::vector<PartRow> rows;
  ASHLAR_TRY(tx.query(range.newest_first ? kDisputesDown : kDisputesUp,
                      {range.after.at, range.after.part, range.before.at, range.before.part,
                       range.limit, range.subject, range.charge},
                      [&](const Row& row) {
                        rows.push_back(
                            {std::string(row.text(0)), std::string(row.text(1)), row.integer(2)});
                      }));
  return rows;
}

base::Result<std::optional<PartPlace>> find_dispute(storage::Transaction& tx, std::string_view id) {
  std::optional<PartPlace> place;
  ASHLAR_TRY(tx.query(kFindDispute, {id},
                      [&](const Row& row) { place = PartPlace{row.integer(0), std::string(id)}; }));
  return place;
}

base::Result<std::vector<Due>> overdue_disputes(storage::Transaction& tx, base::Time now,
                                                std::int64_t limit) {
  std::vector<Due> due;
  ASHLAR_TRY(tx.query(kOverdue, {base::to_micros(now), limit}, [&](const Row& row) {
    due.push_back({base::TenantId(row.integer(0)), std::string(row.text(1))});
  }));
  return due;
}

base::Result<std::vector<MerchantAccount>> merchant_accounts(storage::Transaction& tx) {
  std::vector<MerchantAccount> accounts;
  ASHLAR_TRY(tx.query(kMerchantAccounts, {}, [&](const Row& row) {
    const std::string_view id = row.text(0);
    const bool pending = id.starts_with(kPendingPrefix);
    if (!pending && !id.starts_with(kAvailablePrefix)) return;
    const std::size_t prefix = pending ? kPendingPrefix.size() : kAvailablePrefix.size();
    accounts.push_back({std::string(id.substr(prefix)), pending, row.integer(1)});
  }));
  return accounts;
}

std::span<const Sql* const> entry_statements() { return kStatements; }

}  // namespace ashlar::payments::store
