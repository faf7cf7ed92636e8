// CategoriesStore: every line of SQL about categories.
//
// Functions run in the caller's transaction, for its tenant. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/category.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

base::Result<std::optional<Category>> find_category(storage::Transaction& tx,
                                                    std::string_view name);
// There or not yet: its new version, 1 where it is new.
base::Result<std::int64_t> put_category(storage::Transaction& tx, const Category& category,
                                        base::Time now);
base::Result<bool> delete_category(storage::Transaction& tx, std::string_view name);
base::Result<std::int64_t> count_categories(storage::Transaction& tx);
// By name, those after `after`.
base::Result<std::vector<Category>> list_categories(storage::Transaction& tx,
                                                    std::string_view after, std::int64_t limit);
base::Result<std::int64_t> erase_categories(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> category_statements();

}  // namespace ashlar::notifications::store
