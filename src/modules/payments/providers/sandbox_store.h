// SandboxStore: every line of SQL about the sandbox's book. No rules here.
//
// A batch is the platform's own transaction, READ COMMITTED: lock_book() is the first thing in it
// and puts all who write the book of a bank in a row, in whatever process. What is read for the API
// runs for a tenant. Many rows go in one statement. Stateless: free functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/providers/sandbox_book.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments::store {

using Places = std::set<SandboxBook::Place>;

struct StoredNotice {
  base::TenantId tenant;
  std::string id;
  int copy = 0;
  int tries = 0;
  base::Time at{};
  std::optional<base::Time> due_at{};
  std::string body;
};

// --- On the platform, in a batch ---

base::Status lock_book(storage::Transaction& tx, std::string_view bank);
// What is not there is not loaded.
base::Status load_calls(storage::Transaction& tx, std::string_view bank, const Places& keys,
                        SandboxBook& book);
base::Status load_objects(storage::Transaction& tx, std::string_view bank, const Places& references,
                          SandboxBook& book);
// Those whose time has come, the oldest first; loaded, too.
base::Result<std::vector<SandboxBook::Place>> load_due(storage::Transaction& tx,
                                                       std::string_view bank, base::Time now,
                                                       std::int64_t limit, SandboxBook& book);
// All that was changed. Notices apart: they are told at times of their own.
base::Status save_book(storage::Transaction& tx, std::string_view bank, const SandboxBook& book);

base::Result<std::vector<StoredNotice>> due_notices(storage::Transaction& tx, std::string_view bank,
                                                    base::Time now, std::int64_t limit);
// due_at: when it is told again. Not set: it was taken.
base::Status put_notice(storage::Transaction& tx, std::string_view bank,
                        const StoredNotice& notice);
// Those that were taken.
base::Status forget_notices(storage::Transaction& tx, std::string_view bank, base::Time before);
// When something is due next: objects, and notices where they count.
base::Result<std::optional<base::Time>> next_due(storage::Transaction& tx, std::string_view bank,
                                                 bool with_notices);

// --- For the transaction's tenant ---

struct KeyView {
  SandboxCall call;
  std::int64_t moves = 0;  // how often money has moved under the key
  std::int64_t gross = 0;  // how much, to us
};
base::Result<std::optional<KeyView>> view_key(storage::Transaction& tx, std::string_view bank,
                                              const std::string& key);
// Those in [from, to), in the order of (at, id), after that place.
struct MovePlace {
  base::Time at{};
  std::string id;
};
base::Result<std::vector<SandboxMove>> moves_between(storage::Transaction& tx,
                                                     std::string_view bank, base::Time from,
                                                     base::Time to, const MovePlace& after,
                                                     std::int64_t limit);
// Balances before `at`: what all moves until then have brought, by currency.
base::Result<std::map<std::string, std::int64_t>> balances_before(storage::Transaction& tx,
                                                                  std::string_view bank,
                                                                  base::Time at);
// Keys under which money moved otherwise than once: none, unless the sandbox itself is wrong.
base::Result<std::int64_t> keys_moved_twice(storage::Transaction& tx, std::string_view bank);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> sandbox_statements();

}  // namespace ashlar::payments::store
