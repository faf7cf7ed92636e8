// LedgerStore: every line of SQL of the ledger. No rules here.
//
// The legs of all accounts lie in one table in the order in which they were booked, so that writing
// only appends, however many accounts a batch moves. Each leg points at the one of its account
// before it (prev), and at an older one (jump), as leg_chain.h chooses; so any leg is found by its
// number or by time in O(log n) steps, inside one statement.
//
// Functions run in the caller's transaction, for its tenant; due_tenants() runs under
// PlatformUse::kMaintenance. Stateless: free functions. Errors: storage's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/entry.h"
#include "modules/payments/ledger/leg_chain.h"

namespace ashlar::storage {
class Transaction;
enum class Dialect : std::uint8_t;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::ledger::store {

// --- Head and batches

struct HeadRow {
  std::int64_t seq = 0;                                            // of the last batch; 0: none yet
  std::int64_t accounts = 0, transfers = 0, legs = 0, burned = 0;  // so many of each
  base::Time at{};                                                 // of the last batch
  base::Time last_at{};                                            // of the last transfer
  std::string hash{};
  std::string signature{};  // of head.h; empty: not signed
};
// nullopt: nothing was ever booked.
base::Result<std::optional<HeadRow>> find_head(storage::Transaction& tx);

struct BatchRow {
  std::int64_t seq = 0;
  base::Time at{};
  // So many, and where they begin (each numbered from 1 without a gap over the whole book).
  std::int64_t first_account = 0, accounts = 0, first_transfer = 0, transfers = 0;
  std::int64_t first_leg = 0, legs = 0, first_burned = 0, burned = 0;
  std::string previous{}, hash{}, signature{};
};
// By seq, those after `after`.
base::Result<std::vector<BatchRow>> list_batches(storage::Transaction& tx, std::int64_t after,
                                                 std::int64_t limit);

// --- Accounts

base::Result<std::optional<Account>> find_account(storage::Transaction& tx, std::string_view id);
// By number, those after `after`.
base::Result<std::vector<Account>> list_accounts(storage::Transaction& tx, std::int64_t after,
                                                 std::int64_t limit);
// Those that exist, in no order.
base::Result<std::vector<Account>> find_accounts(storage::Transaction& tx,
                                                 std::span<const std::string> ids);
base::Result<std::vector<Account>> find_accounts(storage::Transaction& tx,
                                                 std::span<const std::int64_t> nos);

// --- Transfers

struct EntryRow {
  Entry entry;
  std::string hold_id;  // of the transfer hold_no
  std::int64_t batch = 0;
  std::int64_t first_leg = 0;
};
base::Result<std::optional<EntryRow>> find_transfer(storage::Transaction& tx, std::string_view id);
base::Result<std::optional<EntryRow>> find_transfer(storage::Transaction& tx, std::int64_t no);
// Those that exist, by number.
base::Result<std::vector<EntryRow>> find_transfers(storage::Transaction& tx,
                                                   std::span<const std::int64_t> nos);
// By number, those after `after`, with their legs.
base::Result<std::vector<EntryRow>> list_transfers(storage::Transaction& tx, std::int64_t after,
                                                   std::int64_t limit);
// What ids stand for: a transfer (its number) or burned (minus its number). Those that are used.
struct IdRow {
  std::string id;
  std::int64_t no = 0;
};
base::Result<std::vector<IdRow>> find_ids(storage::Transaction& tx,
                                          std::span<const std::string> ids);

struct BurnedRow {
  std::int64_t no = 0;
  Burned burned;
  std::int64_t batch = 0;
  base::Time at{};
};
base::Result<std::vector<BurnedRow>> list_burned(storage::Transaction& tx, std::int64_t after,
                                                 std::int64_t limit);

// --- Holds

base::Result<std::optional<Hold>> find_hold(storage::Transaction& tx, std::string_view id);
// Those that exist, by number.
base::Result<std::vector<Hold>> find_holds(storage::Transaction& tx,
                                           std::span<const std::string> ids);
// By number, those after `after`, resolved ones too.
base::Result<std::vector<Hold>> list_holds(storage::Transaction& tx, std::int64_t after,
                                           std::int64_t limit);
// Open ones whose time is over, the earliest first.
base::Result<std::vector<Hold>> due_holds(storage::Transaction& tx, base::Time now,
                                          std::int64_t limit);
// The earliest expires_at of an open hold.
base::Result<std::optional<base::Time>> next_expiry(storage::Transaction& tx);
// Tenants with open holds whose time is over. Platform context.
base::Result<std::vector<base::TenantId>> due_tenants(storage::Transaction& tx, base::Time now,
                                                      std::int64_t limit);

// --- Legs

struct LegRow {
  std::int64_t no = 0;  // over the whole book, from 1 without a gap
  std::int64_t transfer_no = 0;
  TransferKind kind = TransferKind::kPosted;
  base::Time at{};
  Movement movement;
  LegLinks links;
};
// The last leg of the account at or before `at`: its `after` is what the account was then.
base::Result<std::optional<LegRow>> find_leg_at(storage::Transaction& tx, AccountNo account,
                                                base::Time at);
// Legs of the account, newest first, those with a number below `before`.
base::Result<std::vector<LegRow>> legs_before(storage::Transaction& tx, AccountNo account,
                                              std::int64_t before, std::int64_t limit);
// Oldest first, those with a number above `after`.
base::Result<std::vector<LegRow>> legs_after(storage::Transaction& tx, AccountNo account,
                                             std::int64_t after, std::int64_t limit);
// Of all accounts, as booked; those after `after`.
base::Result<std::vector<LegRow>> list_legs(storage::Transaction& tx, std::int64_t after,
                                            std::int64_t limit);

// --- Writing: BookWriter's alone

// The head, locked until the transaction ends; made where there is none, with chain.h's
// first_hash().
base::Result<HeadRow> lock_head(storage::Transaction& tx, std::string_view first_hash);
// Where legs of the account hang on: leg_chain.h. Those that have legs.
struct ChainRow {
  AccountNo account;
  LegChain chain;
};
base::Result<std::vector<ChainRow>> find_chains(storage::Transaction& tx,
                                                std::span<const std::int64_t> accounts);

struct BatchWrite {
  storage::Dialect dialect;
  BatchRow row{};
  HeadRow head{};    // the new one
  HeadRow locked{};  // the one that was locked
  std::span<const Account* const> opened{};
  std::span<const Account* const> moved{};
  std::span<const std::int64_t> last_legs{};  // of each of `moved`: LegLinks::no
  std::span<const Entry> entries{};
  std::span<const LegLinks> links{};  // of each movement of `entries`, in their order
  std::span<const Burned> burned{};
  std::span<const Hold* const> holds{};  // changed or new
};
// Ids of `entries` and `burned` that are used already: nothing may be committed then. The first
// step of writing.
base::Result<std::vector<std::string>> take_ids(storage::Transaction& tx, const BatchWrite& batch);
// The rest. False: the head is not what was locked.
base::Result<bool> write_batch(storage::Transaction& tx, const BatchWrite& batch);

// Up to `limit` rows of the tenant's; how many.
base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit);

std::span<const storage::Sql* const> statements();  // of all of these

}  // namespace ashlar::ledger::store
