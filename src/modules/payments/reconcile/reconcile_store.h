// ReconcileStore: the SQL of reconciliation: runs and their items. No rules here.
//
// All in the caller's transaction, for its tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/reconcile/reconciliation.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments::reconcile::store {

// False: there is one of this id.
base::Result<bool> insert_run(storage::Transaction& tx, const Run& run);
base::Status update_run(storage::Transaction& tx, const Run& run);
// A run that has not been finished, with the items that it has so far.
base::Status delete_run(storage::Transaction& tx, std::string_view id);
base::Result<std::optional<Run>> find_run(storage::Transaction& tx, std::string_view id);
// The newest version, whatever its state.
base::Result<std::optional<Run>> latest_run(storage::Transaction& tx, std::string_view provider,
                                            Day day);
struct RunPlace {  // of a list: newest day first, then by id downwards
  Day day{};
  std::string id;
};
base::Result<std::vector<Run>> list_runs(storage::Transaction& tx, std::string_view provider,
                                         const std::optional<RunPlace>& before, std::int64_t limit);

base::Status insert_item(storage::Transaction& tx, const Item& item);
// All but what names it.
base::Status update_item(storage::Transaction& tx, const Item& item);
base::Result<std::optional<Item>> find_item(storage::Transaction& tx, std::string_view run,
                                            std::int64_t no);
struct ItemFilter {
  std::optional<Outcome> outcome = {};
  std::optional<ItemState> state = {};
  bool breaks_only = false;
};
base::Result<std::vector<Item>> list_items(storage::Transaction& tx, std::string_view run,
                                           const ItemFilter& filter, std::int64_t after,
                                           std::int64_t limit);
struct ItemPlace {
  Day day{};
  std::string run;
  std::int64_t no = 0;
};
// Open breaks of all runs, oldest day first. `provider` empty: of all.
base::Result<std::vector<Item>> list_open(storage::Transaction& tx, std::string_view provider,
                                          const std::optional<ItemPlace>& after,
                                          std::int64_t limit);
// Open ones with this outcome, of other runs than `but_not`.
base::Result<std::vector<Item>> open_with(storage::Transaction& tx, std::string_view provider,
                                          Outcome outcome, std::string_view but_not,
                                          std::int64_t limit);
// Those that `run` has closed as "appeared".
base::Result<std::vector<Item>> appeared_by(storage::Transaction& tx, std::string_view provider,
                                            std::string_view run);
// Our entries of these days that an item of a current run stands for, other than as missing; those
// of `but_not` aside.
base::Result<std::set<std::string>> claimed_entries(storage::Transaction& tx,
                                                    std::string_view provider, Day from, Day to,
                                                    std::string_view but_not);
// Of a run: so many more open breaks.
base::Status add_open(storage::Transaction& tx, std::string_view run, std::int64_t more);
base::Status mark_replaced(storage::Transaction& tx, std::string_view run);

std::span<const storage::Sql* const> statements();

}  // namespace ashlar::payments::reconcile::store
