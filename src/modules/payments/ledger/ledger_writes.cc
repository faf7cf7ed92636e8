// The part of the store that BookWriter alone uses: a batch is written in a few statements. SQLite
// runs one for each row (there it costs nothing to ask), PostgreSQL one for each table.
#include <array>
#include <utility>

#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/store_rows.h"
#include "platform/jobs/text_array.h"
#include "platform/storage/database.h"

namespace ashlar::ledger::store {
namespace {

using jobs::store::TextArray;
using storage::Audience;
using storage::Blob;
using storage::Dialect;
using storage::Row;
using storage::Sql;
using storage::Transaction;

#define LEDGER_HEAD                                                                               \
  "SELECT seq, accounts, transfers, legs, burned, at, last_at, head, signature FROM ledger_books" \
  " WHERE tenant_id = :tenant"
constexpr Sql kLockHead{Audience::kTenant, LEDGER_HEAD, LEDGER_HEAD " FOR UPDATE"};
constexpr Sql kMakeHead{Audience::kTenant,
                        "INSERT INTO ledger_books (tenant_id, seq, accounts, transfers, legs,"
                        " burned, at, last_at, head, signature)"
                        " VALUES (:tenant, 0, 0, 0, 0, 0, 0, 0, ?1, ?2)"
                        " ON CONFLICT (tenant_id) DO NOTHING"};
constexpr Sql kMoveHead{Audience::kTenant,
                        "UPDATE ledger_books SET seq = ?1, accounts = ?2, transfers = ?3,"
                        " legs = ?4, burned = ?5, at = ?6, last_at = ?7, head = ?8, signature = ?9"
                        " WHERE tenant_id = :tenant AND seq = ?10 AND head = ?11"};
constexpr Sql kInsertBatch{
    Audience::kTenant,
    "INSERT INTO ledger_batches (tenant_id, seq, at, first_account, accounts, first_transfer,"
    " transfers, first_leg, legs, first_burned, burned, previous, hash, signature)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"};

// For SQLite row by row, for PostgreSQL all at once.
constexpr Sql kTakeIds{Audience::kTenant,
                       "INSERT INTO ledger_ids (tenant_id, id, no) VALUES (:tenant, ?1, ?2)"
                       " ON CONFLICT (tenant_id, id) DO NOTHING",
                       "INSERT INTO ledger_ids (tenant_id, id, no) SELECT :tenant, u.id, u.no"
                       " FROM unnest(?1::text[], ?2::bigint[]) AS u(id, no)"
                       " ON CONFLICT (tenant_id, id) DO NOTHING"};
constexpr Sql kInsertAccounts{
    Audience::kTenant,
    "INSERT INTO ledger_accounts (tenant_id, no, id, currency, rules, created_at, name, metadata)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "INSERT INTO ledger_accounts (tenant_id, no, id, currency, rules, created_at, name, metadata)"
    " SELECT :tenant, u.* FROM unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bigint[],"
    " ?5::bigint[], ?6::text[], ?7::text[]) AS u"};
constexpr Sql kPutTotals{
    Audience::kTenant,
    "INSERT INTO ledger_totals (tenant_id, account_no, debits_pending, debits_posted,"
    " credits_pending, credits_posted, legs, last_leg, closing)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT (tenant_id, account_no) DO UPDATE SET debits_pending = excluded.debits_pending,"
    " debits_posted = excluded.debits_posted, credits_pending = excluded.credits_pending,"
    " credits_posted = excluded.credits_posted, legs = excluded.legs,"
    " last_leg = excluded.last_leg, closing = excluded.closing",
    "INSERT INTO ledger_totals (tenant_id, account_no, debits_pending, debits_posted,"
    " credits_pending, credits_posted, legs, last_leg, closing)"
    " SELECT :tenant, u.* FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[],"
    " ?5::bigint[], ?6::bigint[], ?7::bigint[], ?8::bigint[]) AS u"
    " ON CONFLICT (tenant_id, account_no) DO UPDATE SET debits_pending = excluded.debits_pending,"
    " debits_posted = excluded.debits_posted, credits_pending = excluded.credits_pending,"
    " credits_posted = excluded.credits_posted, legs = excluded.legs,"
    " last_leg = excluded.last_leg, closing = excluded.closing"};
constexpr Sql kInsertTransfers{
    Audience::kTenant,
    "INSERT INTO ledger_transfers (tenant_id, no, id, kind, hold_no, batch, at, timeout_ms, flags,"
    " asked, first_leg, legs, code, metadata)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, -1), ?8, ?9, ?10, ?11, ?12, ?13)",
    "INSERT INTO ledger_transfers (tenant_id, no, id, kind, hold_no, batch, at, timeout_ms, flags,"
    " asked, first_leg, legs, code, metadata)"
    " SELECT :tenant, u.no, u.id, u.kind, u.hold_no, u.batch, u.at, nullif(u.timeout_ms, -1),"
    " u.flags, u.asked, u.first_leg, u.legs, u.code, u.metadata"
    " FROM unnest(?1::bigint[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::bigint[],"
    " ?6::bigint[], ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::bigint[], ?11::bigint[],"
    " ?12::text[], ?13::text[]) AS u(no, id, kind, hold_no, batch, at, timeout_ms, flags, asked,"
    " first_leg, legs, code, metadata)"};
constexpr Sql kInsertLegs{
    Audience::kTenant,
    "INSERT INTO ledger_legs (tenant_id, no, account_no, leg_no, transfer_no, kind, side, posted,"
    " pending, debits_pending, debits_posted, credits_pending, credits_posted, at, prev, jump,"
    " jump_leg, jump_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
    " ?14, ?15, ?16, ?17)",
    "INSERT INTO ledger_legs (tenant_id, no, account_no, leg_no, transfer_no, kind, side, posted,"
    " pending, debits_pending, debits_posted, credits_pending, credits_posted, at, prev, jump,"
    " jump_leg, jump_at) SELECT :tenant, u.* FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[],"
    " ?4::bigint[], ?5::bigint[], ?6::bigint[], ?7::bigint[], ?8::bigint[], ?9::bigint[],"
    " ?10::bigint[], ?11::bigint[], ?12::bigint[], ?13::bigint[], ?14::bigint[], ?15::bigint[],"
    " ?16::bigint[], ?17::bigint[]) AS u"};
constexpr Sql kInsertBurned{
    Audience::kTenant,
    "INSERT INTO ledger_burned (tenant_id, no, id, verdict, batch, at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5)",
    "INSERT INTO ledger_burned (tenant_id, no, id, verdict, batch, at)"
    " SELECT :tenant, u.* FROM unnest(?1::bigint[], ?2::text[], ?3::bigint[], ?4::bigint[],"
    " ?5::bigint[]) AS u"};
constexpr Sql kPutHolds{
    Audience::kTenant,
    "INSERT INTO ledger_holds (tenant_id, transfer_no, state, expires_at, lefts)"
    " VALUES (:tenant, ?1, ?2, nullif(?3, -1), ?4) ON CONFLICT (tenant_id, transfer_no)"
    " DO UPDATE SET state = excluded.state, lefts = excluded.lefts",
    "INSERT INTO ledger_holds (tenant_id, transfer_no, state, expires_at, lefts)"
    " SELECT :tenant, u.no, u.state, nullif(u.expires_at, -1), u.lefts"
    " FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::text[])"
    " AS u(no, state, expires_at, lefts) ON CONFLICT (tenant_id, transfer_no)"
    " DO UPDATE SET state = excluded.state, lefts = excluded.lefts"};

constexpr Sql kEraseLegs{Audience::kTenant,
                         "DELETE FROM ledger_legs WHERE tenant_id = :tenant AND no IN (SELECT no"
                         " FROM ledger_legs WHERE tenant_id = :tenant ORDER BY no LIMIT ?1)"};
constexpr Sql kEraseHolds{
    Audience::kTenant,
    "DELETE FROM ledger_holds WHERE tenant_id = :tenant AND transfer_no IN (SELECT transfer_no"
    " FROM ledger_holds WHERE tenant_id = :tenant ORDER BY transfer_no LIMIT ?1)"};
constexpr Sql kEraseTransfers{
    Audience::kTenant,
    "DELETE FROM ledger_transfers WHERE tenant_id = :tenant AND no IN (SELECT no"
    " FROM ledger_transfers WHERE tenant_id = :tenant ORDER BY no LIMIT ?1)"};
constexpr Sql kEraseBurned{Audience::kTenant,
                           "DELETE FROM ledger_burned WHERE tenant_id = :tenant AND no IN (SELECT"
                           " no FROM ledger_burned WHERE tenant_id = :tenant ORDER BY no"
                           " LIMIT ?1)"};
constexpr Sql kEraseIds{Audience::kTenant,
                        "DELETE FROM ledger_ids WHERE tenant_id = :tenant AND id IN (SELECT id"
                        " FROM ledger_ids WHERE tenant_id = :tenant ORDER BY id LIMIT ?1)"};
constexpr Sql kEraseTotals{
    Audience::kTenant,
    "DELETE FROM ledger_totals WHERE tenant_id = :tenant AND account_no IN (SELECT account_no"
    " FROM ledger_totals WHERE tenant_id = :tenant ORDER BY account_no LIMIT ?1)"};
constexpr Sql kEraseAccounts{
    Audience::kTenant,
    "DELETE FROM ledger_accounts WHERE tenant_id = :tenant AND no IN (SELECT no"
    " FROM ledger_accounts WHERE tenant_id = :tenant ORDER BY no LIMIT ?1)"};
constexpr Sql kEraseBatches{
    Audience::kTenant,
    "DELETE FROM ledger_batches WHERE tenant_id = :tenant AND seq IN (SELECT seq"
    " FROM ledger_batches WHERE tenant_id = :tenant ORDER BY seq LIMIT ?1)"};
constexpr Sql kEraseBook{Audience::kTenant, "DELETE FROM ledger_books WHERE tenant_id = :tenant"};

constexpr std::array<const Sql*, 8> kErasures{&kEraseLegs,     &kEraseHolds,  &kEraseTransfers,
                                              &kEraseBurned,   &kEraseIds,    &kEraseTotals,
                                              &kEraseAccounts, &kEraseBatches};
constexpr std::array<const Sql*, 20> kStatements{
    &kLockHead,       &kMakeHead,    &kMoveHead,        &kInsertBatch,    &kTakeIds,
    &kInsertAccounts, &kPutTotals,   &kInsertTransfers, &kInsertLegs,     &kInsertBurned,
    &kPutHolds,       &kEraseLegs,   &kEraseHolds,      &kEraseTransfers, &kEraseBurned,
    &kEraseIds,       &kEraseTotals, &kEraseAccounts,   &kEraseBatches,   &kEraseBook};

// Rows for one statement: each is run at once (SQLite), or kept in a column's array each until
// send(). `Values` are integers and texts that last until then.
template <std::size_t N>
class Rows {
 public:
  Rows(Transaction& tx, const Sql& sql, Dialect dialect)
      : tx_(tx), sql_(sql), many_(dialect == Dialect::kPostgres) {}

  // Rows changed; of a kept one 0.
  template <class... Values>
  base::Result<std::int64_t> add(Values... values) {
    static_assert(sizeof...(Values) == N);
    if (!many_) return tx_.execute(sql_, {storage::Param(values)...});
    std::size_t column = 0;
    (keep(column++, values), ...);
    ++kept_;
    if (bytes_ < kBytesAtOnce) return std::int64_t{0};
    return send();
  }

  base::Result<std::int64_t> send() {
    if (kept_ == 0) return std::int64_t{0};
    const auto done = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return tx_.execute(sql_, {storage::Param(columns_[I].text())...});
    }(std::make_index_sequence<N>());
    kept_ = bytes_ = 0;
    columns_ = {};
    return done;
  }

 private:
  static constexpr std::size_t kBytesAtOnce = 8U << 20U;  // of texts

  void keep(std::size_t column, std::int64_t value) { columns_[column].add(value); }
  void keep(std::size_t column, std::string_view value) {
    columns_[column].add(value);
    bytes_ += value.size();
  }

  Transaction& tx_;
  const Sql& sql_;
  const bool many_;
  std::array<TextArray, N> columns_;
  std::size_t kept_ = 0;
  std::size_t bytes_ = 0;
};

base::Status write_accounts(Transaction& tx, const BatchWrite& batch) {
  Rows<7> rows(tx, kInsertAccounts, batch.dialect);
  for (const Account* account : batch.opened) {
    ASHLAR_TRY(rows.add(account->no.value, std::string_view(account->id),
                        std::string_view(account->currency), rule_bits(account->rules),
                        base::to_micros(account->created_at), std::string_view(account->name),
                        std::string_view(account->metadata)));
  }
  ASHLAR_TRY(rows.send());
  return base::ok_status();
}

base::Status write_totals(Transaction& tx, const BatchWrite& batch) {
  Rows<8> rows(tx, kPutTotals, batch.dialect);
  const auto add = [&](const Account& account, std::int64_t last_leg) {
    const Totals& totals = account.totals;
    return rows.add(account.no.value, totals.debits_pending, totals.debits_posted,
                    totals.credits_pending, totals.credits_posted, account.legs, last_leg,
                    std::int64_t{account.closing});
  };
  for (const Account* account : batch.opened) {
    if (account->legs == 0) ASHLAR_TRY(add(*account, 0));
  }
  for (std::size_t i = 0; i < batch.moved.size(); ++i) {
    ASHLAR_TRY(add(*batch.moved[i], batch.last_legs[i]));
  }
  ASHLAR_TRY(rows.send());
  return base::ok_status();
}

base::Status write_transfers(Transaction& tx, const BatchWrite& batch) {
  Rows<13> rows(tx, kInsertTransfers, batch.dialect);
  std::int64_t first_leg = batch.row.first_leg;
  for (const Entry& entry : batch.entries) {
    const auto legs = static_cast<std::int64_t>(entry.legs.size());
    const std::int64_t timeout = entry.timeout ? std::int64_t{entry.timeout->count()} : -1;
    ASHLAR_TRY(rows.add(entry.no, std::string_view(entry.id), static_cast<std::int64_t>(entry.kind),
                        entry.hold_no, batch.row.seq, base::to_micros(entry.at), timeout,
                        std::int64_t{entry.flags}, entry.asked, first_leg, legs,
                        std::string_view(entry.code), std::string_view(entry.metadata)));
    first_leg += legs;
  }
  ASHLAR_TRY(rows.send());
  return base::ok_status();
}

base::Status write_legs(Transaction& tx, const BatchWrite& batch) {
  Rows<17> rows(tx, kInsertLegs, batch.dialect);
  std::size_t i = 0;
  for (const Entry& entry : batch.entries) {
    for (const Movement& leg : entry.legs) {
      const LegLinks& links = batch.links[i++];
      ASHLAR_TRY(
          rows.add(links.no, leg.account.value, leg.leg_no, entry.no,
                   static_cast<std::int64_t>(entry.kind), std::int64_t{leg.side == Side::kCredit},
                   leg.posted, leg.pending, leg.after.debits_pending, leg.after.debits_posted,
                   leg.after.credits_pending, leg.after.credits_posted, base::to_micros(entry.at),
                   links.prev, links.jump, links.jump_leg, base::to_micros(links.jump_at)));
    }
  }
  ASHLAR_TRY(rows.send());
  return base::ok_status();
}

base::Status write_burned(Transaction& tx, const BatchWrite& batch) {
  Rows<5> rows(tx, kInsertBurned, batch.dialect);
  std::int64_t no = batch.row.first_burned;
  for (const Burned& one : batch.burned) {
    ASHLAR_TRY(rows.add(no++, std::string_view(one.id), static_cast<std::int64_t>(one.verdict),
                        batch.row.seq, base::to_micros(batch.row.at)));
  }
  ASHLAR_TRY(rows.send());
  return base::ok_status();
}

base::Status write_holds(Transaction& tx, const BatchWrite& batch) {
  Rows<4> rows(tx, kPutHolds, batch.dialect);
  for (const Hold* hold : batch.holds) {
    std::vector<std::int64_t> lefts;
    lefts.reserve(hold->parts.size());
    for (const Hold::Part& part : hold->parts) lefts.push_back(part.left);
    const std::string list = json_list(lefts);
    const std::int64_t expires_at = hold->expires_at ? base::to_micros(*hold->expires_at) : -1;
    ASHLAR_TRY(rows.add(hold->no, static_cast<std::int64_t>(hold->state), expires_at,
                        std::string_view(list)));
  }
  ASHLAR_TRY(rows.send());
  return base::ok_status();
}

base::Status insert_batch(Transaction& tx, const BatchRow& row) {
  ASHLAR_TRY(tx.execute(
      kInsertBatch, {row.seq, base::to_micros(row.at), row.first_account, row.accounts,
                     row.first_transfer, row.transfers, row.first_leg, row.legs, row.first_burned,
                     row.burned, Blob{row.previous}, Blob{row.hash}, Blob{row.signature}}));
  return base::ok_status();
}

base::Result<std::optional<HeadRow>> locked(Transaction& tx) {
  std::optional<HeadRow> found;
  ASHLAR_TRY(tx.query(kLockHead, {}, [&](const Row& row) { found = head_of(row); }));
  return found;
}

}  // namespace

base::Result<HeadRow> lock_head(Transaction& tx, std::string_view first_hash) {
  ASHLAR_ASSIGN(std::optional<HeadRow> found, locked(tx));
  if (!found) {
    ASHLAR_TRY(tx.execute(kMakeHead, {Blob{first_hash}, Blob{""}}));
    ASHLAR_ASSIGN(found, locked(tx));
  }
  if (found) return *std::move(found);
  return base::fail(base::Code::kInternal, "storage_error", "a book's head cannot be made");
}

base::Result<std::vector<std::string>> take_ids(Transaction& tx, const BatchWrite& batch) {
  std::vector<std::string> used;
  Rows<2> rows(tx, kTakeIds, batch.dialect);
  std::int64_t taken = 0;
  const auto take = [&](const std::string& id, std::int64_t no) -> base::Status {
    ASHLAR_ASSIGN(const std::int64_t changed, rows.add(std::string_view(id), no));
    taken += changed;
    if (changed == 0 && batch.dialect == Dialect::kSqlite) used.push_back(id);
    return base::ok_status();
  };
  for (const Entry& entry : batch.entries) ASHLAR_TRY(take(entry.id, entry.no));
  std::int64_t burned = batch.row.first_burned;
  for (const Burned& one : batch.burned) ASHLAR_TRY(take(one.id, -burned++));
  ASHLAR_ASSIGN(const std::int64_t rest, rows.send());
  const auto wanted = static_cast<std::int64_t>(batch.entries.size() + batch.burned.size());
  if (batch.dialect == Dialect::kSqlite || taken + rest == wanted) return used;
  // Which: those that stand for something else.
  std::vector<std::string> ids;
  for (const Entry& entry : batch.entries) ids.push_back(entry.id);
  for (const Burned& one : batch.burned) ids.push_back(one.id);
  ASHLAR_ASSIGN(const std::vector<IdRow> found, find_ids(tx, ids));
  const std::int64_t first = batch.row.first_transfer;
  for (const IdRow& row : found) {
    const bool old = row.no > 0 ? row.no < first : -row.no < batch.row.first_burned;
    if (old) used.push_back(row.id);
  }
  return used;
}

base::Result<bool> write_batch(Transaction& tx, const BatchWrite& batch) {
  ASHLAR_TRY(write_accounts(tx, batch));
  ASHLAR_TRY(write_transfers(tx, batch));
  ASHLAR_TRY(write_legs(tx, batch));
  ASHLAR_TRY(write_totals(tx, batch));
  ASHLAR_TRY(write_holds(tx, batch));
  ASHLAR_TRY(write_burned(tx, batch));
  ASHLAR_TRY(insert_batch(tx, batch.row));
  const HeadRow& head = batch.head;
  ASHLAR_ASSIGN(
      const std::int64_t moved,
      tx.execute(kMoveHead,
                 {head.seq, head.accounts, head.transfers, head.legs, head.burned,
                  base::to_micros(head.at), base::to_micros(head.last_at), Blob{head.hash},
                  Blob{head.signature}, batch.locked.seq, Blob{batch.locked.hash}}));
  return moved == 1;
}

base::Result<std::int64_t> erase_some(Transaction& tx, std::int64_t limit) {
  for (const Sql* sql : kErasures) {
    ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(*sql, {limit}));
    if (rows > 0) return rows;
  }
  return tx.execute(kEraseBook, {});
}

std::span<const Sql* const> write_statements() { return kStatements; }

std::span<const Sql* const> statements() {
  static const std::vector<const Sql*> kAll = [] {
    std::vector<const Sql*> all;
    for (const auto list : {read_statements(), write_statements()}) {
      all.insert(all.end(), list.begin(), list.end());
    }
    return all;
  }();
  return kAll;
}

}  // namespace ashlar::ledger::store
