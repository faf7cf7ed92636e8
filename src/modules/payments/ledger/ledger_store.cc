#include "modules/payments/ledger/ledger_store.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "modules/payments/ledger/store_rows.h"
#include "platform/storage/database.h"

namespace ashlar::ledger::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

#define LEDGER_BATCH                                                                            \
  "seq, at, first_account, accounts, first_transfer, transfers, first_leg, legs, first_burned," \
  " burned, previous, hash, signature"
#define LEDGER_ACCOUNT                                                                          \
  "SELECT a.no, a.id, a.currency, a.rules, a.created_at, a.name, a.metadata, t.debits_pending," \
  " t.debits_posted, t.credits_pending, t.credits_posted, t.legs, t.closing"                    \
  " FROM ledger_accounts a"                                                                     \
  " JOIN ledger_totals t ON t.tenant_id = a.tenant_id AND t.account_no = a.no"
#define LEDGER_ENTRY                                                                     \
  "SELECT t.no, t.id, t.kind, t.hold_no, t.batch, t.at, t.timeout_ms, t.flags, t.asked," \
  " t.first_leg, t.legs, t.code, t.metadata, coalesce(h.id, '')"                         \
  " FROM ledger_transfers t"                                                             \
  " LEFT JOIN ledger_transfers h ON h.tenant_id = t.tenant_id AND h.no = t.hold_no"
#define LEDGER_HOLD                                                                  \
  "SELECT t.no, t.id, h.state, t.flags, h.expires_at, h.lefts, l.account_no, l.side" \
  " FROM ledger_transfers t"                                                         \
  " JOIN ledger_holds h ON h.tenant_id = t.tenant_id AND h.transfer_no = t.no"       \
  " JOIN ledger_legs l ON l.tenant_id = t.tenant_id AND l.no >= t.first_leg"         \
  " AND l.no < t.first_leg + t.legs"
#define LEDGER_LEG                                                                                 \
  "SELECT l.no, l.account_no, l.leg_no, l.transfer_no, l.kind, l.side, l.posted, l.pending,"       \
  " l.debits_pending, l.debits_posted, l.credits_pending, l.credits_posted, l.at, l.prev, l.jump," \
  " l.jump_leg, l.jump_at"
#define LEDGER_SQLITE_LIST "(SELECT value FROM json_each(?1))"
// As one array: the planner then looks each up in the index.
#define LEDGER_PG_TEXTS "ANY (ARRAY(SELECT jsonb_array_elements_text(?1::jsonb)))"
#define LEDGER_PG_NUMBERS "ANY (ARRAY(SELECT jsonb_array_elements_text(?1::jsonb)::bigint))"

constexpr Sql kFindHead{Audience::kTenant,
                        "SELECT seq, accounts, transfers, legs, burned, at, last_at, head,"
                        " signature FROM ledger_books WHERE tenant_id = :tenant AND seq > 0"};
constexpr Sql kListBatches{Audience::kTenant,
                           "SELECT " LEDGER_BATCH
                           " FROM ledger_batches"
                           " WHERE tenant_id = :tenant AND seq > ?1 ORDER BY seq LIMIT ?2"};

constexpr Sql kFindAccount{Audience::kTenant,
                           LEDGER_ACCOUNT " WHERE a.tenant_id = :tenant AND a.id = ?1"};
constexpr Sql kListAccounts{Audience::kTenant, LEDGER_ACCOUNT
                            " WHERE a.tenant_id = :tenant AND a.no > ?1 ORDER BY a.no LIMIT ?2"};
constexpr Sql kAccountsById{
    Audience::kTenant,
    LEDGER_ACCOUNT " WHERE a.tenant_id = :tenant AND a.id IN " LEDGER_SQLITE_LIST,
    LEDGER_ACCOUNT " WHERE a.tenant_id = :tenant AND a.id = " LEDGER_PG_TEXTS};
constexpr Sql kAccountsByNo{
    Audience::kTenant,
    LEDGER_ACCOUNT " WHERE a.tenant_id = :tenant AND a.no IN " LEDGER_SQLITE_LIST,
    LEDGER_ACCOUNT " WHERE a.tenant_id = :tenant AND a.no = " LEDGER_PG_NUMBERS};

constexpr Sql kFindTransfer{Audience::kTenant, LEDGER_ENTRY
                            " JOIN ledger_ids i ON i.tenant_id = t.tenant_id AND i.no = t.no"
                            " WHERE t.tenant_id = :tenant AND i.tenant_id = :tenant AND i.id = ?1"};
constexpr Sql kTransfersByNo{
    Audience::kTenant,
    LEDGER_ENTRY " WHERE t.tenant_id = :tenant AND t.no IN " LEDGER_SQLITE_LIST " ORDER BY t.no",
    LEDGER_ENTRY " WHERE t.tenant_id = :tenant AND t.no = " LEDGER_PG_NUMBERS " ORDER BY t.no"};
constexpr Sql kListTransfers{Audience::kTenant, LEDGER_ENTRY
                             " WHERE t.tenant_id = :tenant AND t.no > ?1 ORDER BY t.no LIMIT ?2"};
constexpr Sql kFindIds{
    Audience::kTenant,
    "SELECT id, no FROM ledger_ids WHERE tenant_id = :tenant AND id IN " LEDGER_SQLITE_LIST,
    "SELECT id, no FROM ledger_ids WHERE tenant_id = :tenant AND id = " LEDGER_PG_TEXTS};
constexpr Sql kListBurned{Audience::kTenant,
                          "SELECT no, id, verdict, batch, at FROM ledger_burned"
                          " WHERE tenant_id = :tenant AND no > ?1 ORDER BY no LIMIT ?2"};

constexpr Sql kHoldsById{Audience::kTenant,
                         LEDGER_HOLD
                         " JOIN ledger_ids i ON i.tenant_id = t.tenant_id AND i.no = t.no"
                         " WHERE t.tenant_id = :tenant AND i.tenant_id = :tenant AND i.id"
                         " IN " LEDGER_SQLITE_LIST " ORDER BY t.no, l.no",
                         LEDGER_HOLD
                         " JOIN ledger_ids i ON i.tenant_id = t.tenant_id AND i.no = t.no"
                         " WHERE t.tenant_id = :tenant AND i.tenant_id = :tenant"
                         " AND i.id = " LEDGER_PG_TEXTS " ORDER BY t.no, l.no"};
constexpr Sql kListHolds{
    Audience::kTenant, LEDGER_HOLD
    " WHERE t.tenant_id = :tenant AND t.no IN (SELECT transfer_no FROM ledger_holds"
    " WHERE tenant_id = :tenant AND transfer_no > ?1 ORDER BY transfer_no LIMIT ?2)"
    " ORDER BY t.no, l.no"};
constexpr Sql kDueHolds{
    Audience::kTenant, LEDGER_HOLD
    " WHERE t.tenant_id = :tenant AND t.no IN (SELECT transfer_no FROM ledger_holds"
    " WHERE tenant_id = :tenant AND state = 0 AND expires_at IS NOT NULL"
    " AND expires_at <= ?1 ORDER BY expires_at, transfer_no LIMIT ?2)"
    " ORDER BY h.expires_at, t.no, l.no"};
constexpr Sql kNextExpiry{Audience::kTenant,
                          "SELECT min(expires_at) FROM ledger_holds WHERE tenant_id = :tenant"
                          " AND state = 0 AND expires_at IS NOT NULL"};
constexpr Sql kDueTenants{Audience::kPlatform,
                          "SELECT DISTINCT tenant_id FROM ledger_holds WHERE state = 0"
                          " AND expires_at IS NOT NULL AND expires_at <= ?1 LIMIT ?2"};

constexpr Sql kLegAt{
    Audience::kTenant,
    "WITH RECURSIVE walk(no, at, prev, jump, jump_at) AS ("
    "SELECT l.no, l.at, l.prev, l.jump, l.jump_at FROM ledger_totals t"
    " JOIN ledger_legs l ON l.tenant_id = t.tenant_id AND l.no = t.last_leg"
    " WHERE t.tenant_id = :tenant AND t.account_no = ?1"
    " UNION ALL SELECT l.no, l.at, l.prev, l.jump, l.jump_at FROM walk w"
    " JOIN ledger_legs l ON l.tenant_id = :tenant AND l.no ="
    " CASE WHEN w.jump > 0 AND w.jump_at > ?2 THEN w.jump ELSE w.prev END WHERE w.at > "
    "?2) " LEDGER_LEG
    " FROM walk w JOIN ledger_legs l ON l.tenant_id = :tenant AND l.no = w.no WHERE w.at <= ?2"};
constexpr Sql kLegsBefore{
    Audience::kTenant,
    "WITH RECURSIVE walk(no, leg_no, prev, jump, jump_leg, taken) AS ("
    "SELECT l.no, l.leg_no, l.prev, l.jump, l.jump_leg, CASE WHEN l.leg_no < ?2 THEN 1 ELSE 0 END"
    " FROM ledger_totals t JOIN ledger_legs l ON l.tenant_id = t.tenant_id AND l.no = t.last_leg"
    " WHERE t.tenant_id = :tenant AND t.account_no = ?1"
    " UNION ALL SELECT l.no, l.leg_no, l.prev, l.jump, l.jump_leg,"
    " CASE WHEN l.leg_no < ?2 THEN w.taken + 1 ELSE 0 END FROM walk w"
    " JOIN ledger_legs l ON l.tenant_id = :tenant AND l.no ="
    " CASE WHEN w.jump > 0 AND w.jump_leg >= ?2 THEN w.jump ELSE w.prev END"
    " WHERE w.taken < ?3) " LEDGER_LEG
    " FROM walk w JOIN ledger_legs l ON l.tenant_id = :tenant AND l.no = w.no"
    " WHERE w.taken > 0 ORDER BY l.leg_no DESC"};
constexpr Sql kListLegs{Audience::kTenant, LEDGER_LEG
                        " FROM ledger_legs l WHERE l.tenant_id = :tenant AND l.no > ?1"
                        " ORDER BY l.no LIMIT ?2"};
#define LEDGER_CHAINS(which)                                                         \
  "WITH RECURSIVE walk(account_no, no, leg_no, at, jump) AS ("                       \
  "SELECT l.account_no, l.no, l.leg_no, l.at, l.jump FROM ledger_totals t"           \
  " JOIN ledger_legs l ON l.tenant_id = t.tenant_id AND l.no = t.last_leg"           \
  " WHERE t.tenant_id = :tenant AND t.account_no " which                             \
  " UNION ALL SELECT l.account_no, l.no, l.leg_no, l.at, l.jump FROM walk w"         \
  " JOIN ledger_legs l ON l.tenant_id = :tenant AND l.no = w.jump WHERE w.jump > 0)" \
  " SELECT account_no, no, leg_no, at FROM walk ORDER BY account_no, leg_no DESC"
constexpr Sql kFindChains{Audience::kTenant, LEDGER_CHAINS("IN " LEDGER_SQLITE_LIST),
                          LEDGER_CHAINS("= " LEDGER_PG_NUMBERS)};

constexpr std::array<const Sql*, 20> kStatements{
    &kFindHead,     &kListBatches,  &kFindAccount,   &kListAccounts,  &kAccountsById,
    &kAccountsByNo, &kFindTransfer, &kTransfersByNo, &kListTransfers, &kFindIds,
    &kListBurned,   &kHoldsById,    &kListHolds,     &kDueHolds,      &kNextExpiry,
    &kDueTenants,   &kLegAt,        &kLegsBefore,    &kListLegs,      &kFindChains};

using Params = std::initializer_list<Param>;

base::Result<std::vector<Account>> accounts(Transaction& tx, const Sql& sql, Params params) {
  std::vector<Account> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(account_of(row)); }));
  return found;
}

base::Result<std::vector<LegRow>> legs(Transaction& tx, const Sql& sql, Params params) {
  std::vector<LegRow> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(leg_of(row)); }));
  return found;
}

// One leg after the other: all of a transfer lie together, those of the next after them.
base::Status add_legs(Transaction& tx, EntryRow& row) {
  ASHLAR_ASSIGN(
      const std::vector<LegRow> found,
      legs(tx, kListLegs, {row.first_leg - 1, static_cast<std::int64_t>(row.entry.legs.size())}));
  row.entry.legs.clear();
  for (const LegRow& leg : found) {
    if (leg.transfer_no == row.entry.no) row.entry.legs.push_back(leg.movement);
  }
  return base::ok_status();
}

// Of entries that follow one another without a gap.
base::Status add_legs(Transaction& tx, std::vector<EntryRow>& rows) {
  if (rows.empty()) return base::ok_status();
  std::int64_t count = 0;
  for (EntryRow& row : rows) {
    count += static_cast<std::int64_t>(row.entry.legs.size());
    row.entry.legs.clear();
  }
  ASHLAR_ASSIGN(const std::vector<LegRow> found,
                legs(tx, kListLegs, {rows.front().first_leg - 1, count}));
  for (const LegRow& leg : found) {
    const std::int64_t place = leg.transfer_no - rows.front().entry.no;
    if (place < 0 || place >= static_cast<std::int64_t>(rows.size())) continue;
    rows[static_cast<std::size_t>(place)].entry.legs.push_back(leg.movement);
  }
  return base::ok_status();
}

base::Result<std::vector<EntryRow>> entries(Transaction& tx, const Sql& sql, Params params) {
  std::vector<EntryRow> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(entry_of(row)); }));
  return found;
}

// One row a part.
base::Result<std::vector<Hold>> holds(Transaction& tx, const Sql& sql, Params params) {
  std::vector<Hold> found;
  std::vector<std::int64_t> lefts;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) {
    if (found.empty() || found.back().no != row.integer(0)) {
      Hold& hold = found.emplace_back();
      hold.no = row.integer(0);
      hold.id = row.text(1);
      hold.state = static_cast<HoldState>(row.integer(2));
      hold.flags = static_cast<std::uint16_t>(row.integer(3));
      if (const auto at = row.maybe_integer(4)) hold.expires_at = base::from_micros(*at);
      lefts = parse_numbers(row.text(5));
    }
    std::vector<Hold::Part>& parts = found.back().parts;
    const Amount left = parts.size() < lefts.size() ? lefts[parts.size()] : 0;
    parts.push_back(
        {AccountNo{row.integer(6)}, row.integer(7) == 0 ? Side::kDebit : Side::kCredit, left});
  }));
  return found;
}

}  // namespace

base::Result<std::optional<HeadRow>> find_head(Transaction& tx) {
  std::optional<HeadRow> found;
  ASHLAR_TRY(tx.query(kFindHead, {}, [&](const Row& row) { found = head_of(row); }));
  return found;
}

base::Result<std::vector<BatchRow>> list_batches(Transaction& tx, std::int64_t after,
                                                 std::int64_t limit) {
  std::vector<BatchRow> found;
  ASHLAR_TRY(tx.query(kListBatches, {after, limit},
                      [&](const Row& row) { found.push_back(batch_of(row)); }));
  return found;
}

base::Result<std::optional<Account>> find_account(Transaction& tx, std::string_view id) {
  ASHLAR_ASSIGN(std::vector<Account> found, accounts(tx, kFindAccount, {id}));
  if (found.empty()) return std::optional<Account>();
  return std::optional(std::move(found.front()));
}

base::Result<std::vector<Account>> list_accounts(Transaction& tx, std::int64_t after,
                                                 std::int64_t limit) {
  return accounts(tx, kListAccounts, {after, limit});
}

base::Result<std::vector<Account>> find_accounts(Transaction& tx,
                                                 std::span<const std::string> ids) {
  if (ids.empty()) return std::vector<Account>();
  const std::string list = json_list(ids);
  return accounts(tx, kAccountsById, {std::string_view(list)});
}

base::Result<std::vector<Account>> find_accounts(Transaction& tx,
                                                 std::span<const std::int64_t> nos) {
  if (nos.empty()) return std::vector<Account>();
  const std::string list = json_list(nos);
  return accounts(tx, kAccountsByNo, {std::string_view(list)});
}

base::Result<std::optional<EntryRow>> find_transfer(Transaction& tx, std::string_view id) {
  ASHLAR_ASSIGN(std::vector<EntryRow> found, entries(tx, kFindTransfer, {id}));
  if (found.empty()) return std::optional<EntryRow>();
  ASHLAR_TRY(add_legs(tx, found.front()));
  return std::optional(std::move(found.front()));
}

base::Result<std::optional<EntryRow>> find_transfer(Transaction& tx, std::int64_t no) {
  ASHLAR_ASSIGN(std::vector<EntryRow> found, list_transfers(tx, no - 1, 1));
  if (found.empty() || found.front().entry.no != no) return std::optional<EntryRow>();
  return std::optional(std::move(found.front()));
}

base::Result<std::vector<EntryRow>> find_transfers(Transaction& tx,
                                                   std::span<const std::int64_t> nos) {
  if (nos.empty()) return std::vector<EntryRow>();
  const std::string list = json_list(nos);
  ASHLAR_ASSIGN(std::vector<EntryRow> found, entries(tx, kTransfersByNo, {std::string_view(list)}));
  for (EntryRow& row : found) ASHLAR_TRY(add_legs(tx, row));
  return found;
}

base::Result<std::vector<EntryRow>> list_transfers(Transaction& tx, std::int64_t after,
                                                   std::int64_t limit) {
  ASHLAR_ASSIGN(std::vector<EntryRow> found, entries(tx, kListTransfers, {after, limit}));
  ASHLAR_TRY(add_legs(tx, found));
  return found;
}

base::Result<std::vector<IdRow>> find_ids(Transaction& tx, std::span<const std::string> ids) {
  std::vector<IdRow> found;
  if (ids.empty()) return found;
  const std::string list = json_list(ids);
  ASHLAR_TRY(tx.query(kFindIds, {std::string_view(list)}, [&](const Row& row) {
    found.push_back({std::string(row.text(0)), row.integer(1)});
  }));
  return found;
}

base::Result<std::vector<BurnedRow>> list_burned(Transaction& tx, std::int64_t after,
                                                 std::int64_t limit) {
  std::vector<BurnedRow> found;
  ASHLAR_TRY(tx.query(kListBurned, {after, limit}, [&](const Row& row) {
    found.push_back({.no = row.integer(0),
                     .burned = {std::string(row.text(1)), static_cast<Verdict>(row.integer(2))},
                     .batch = row.integer(3),
                     .at = base::from_micros(row.integer(4))});
  }));
  return found;
}

base::Result<std::optional<Hold>> find_hold(Transaction& tx, std::string_view id) {
  const std::string own(id);
  ASHLAR_ASSIGN(std::vector<Hold> found, find_holds(tx, {&own, 1}));
  if (found.empty()) return std::optional<Hold>();
  return std::optional(std::move(found.front()));
}

base::Result<std::vector<Hold>> find_holds(Transaction& tx, std::span<const std::string> ids) {
  if (ids.empty()) return std::vector<Hold>();
  const std::string list = json_list(ids);
  return holds(tx, kHoldsById, {std::string_view(list)});
}

base::Result<std::vector<Hold>> list_holds(Transaction& tx, std::int64_t after,
                                           std::int64_t limit) {
  return holds(tx, kListHolds, {after, limit});
}

base::Result<std::vector<Hold>> due_holds(Transaction& tx, base::Time now, std::int64_t limit) {
  return holds(tx, kDueHolds, {base::to_micros(now), limit});
}

base::Result<std::optional<base::Time>> next_expiry(Transaction& tx) {
  std::optional<base::Time> next;
  ASHLAR_TRY(tx.query(kNextExpiry, {}, [&](const Row& row) {
    if (const auto at = row.maybe_integer(0)) next = base::from_micros(*at);
  }));
  return next;
}

base::Result<std::vector<base::TenantId>> due_tenants(Transaction& tx, base::Time now,
                                                      std::int64_t limit) {
  std::vector<base::TenantId> found;
  ASHLAR_TRY(tx.query(kDueTenants, {base::to_micros(now), limit},
                      [&](const Row& row) { found.emplace_back(row.integer(0)); }));
  return found;
}

base::Result<std::optional<LegRow>> find_leg_at(Transaction& tx, AccountNo account, base::Time at) {
  ASHLAR_ASSIGN(std::vector<LegRow> found, legs(tx, kLegAt, {account.value, base::to_micros(at)}));
  if (found.empty()) return std::optional<LegRow>();
  return std::optional(found.front());
}

base::Result<std::vector<LegRow>> legs_before(Transaction& tx, AccountNo account,
                                              std::int64_t before, std::int64_t limit) {
  if (limit <= 0) return std::vector<LegRow>();
  return legs(tx, kLegsBefore, {account.value, before, limit});
}

base::Result<std::vector<LegRow>> legs_after(Transaction& tx, AccountNo account, std::int64_t after,
                                             std::int64_t limit) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (after >= kMost - limit) return std::vector<LegRow>();
  ASHLAR_ASSIGN(std::vector<LegRow> found, legs_before(tx, account, after + limit + 1, limit));
  std::erase_if(found, [&](const LegRow& leg) { return leg.movement.leg_no <= after; });
  std::reverse(found.begin(), found.end());
  return found;
}

base::Result<std::vector<LegRow>> list_legs(Transaction& tx, std::int64_t after,
                                            std::int64_t limit) {
  return legs(tx, kListLegs, {after, limit});
}

base::Result<std::vector<ChainRow>> find_chains(Transaction& tx,
                                                std::span<const std::int64_t> wanted) {
  std::vector<ChainRow> found;
  if (wanted.empty()) return found;
  const std::string list = json_list(wanted);
  std::vector<LegChain::Place> places;
  AccountNo account;
  const auto finish = [&] {
    if (!places.empty()) found.push_back({account, LegChain(std::exchange(places, {}))});
  };
  ASHLAR_TRY(tx.query(kFindChains, {std::string_view(list)}, [&](const Row& row) {
    if (row.integer(0) != account.value) finish();
    account = AccountNo{row.integer(0)};
    places.push_back({row.integer(1), row.integer(2), base::from_micros(row.integer(3))});
  }));
  finish();
  return found;
}

std::span<const Sql* const> read_statements() { return kStatements; }

}  // namespace ashlar::ledger::store
