// MadeTagsStore: the SQL of tags that were made for themselves: they are there before a link has
// them, and have a colour. (Tags that links have: settings_store.h.) No rules here.
//
// Functions run in the caller's transaction and for its tenant. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

struct MadeTag {
  std::string tag;
  std::string color;
  base::Time created_at{};
};

// One of that name gets this colour.
base::Status put_made_tag(storage::Transaction& tx, const MadeTag& tag);
base::Result<std::optional<MadeTag>> find_made_tag(storage::Transaction& tx, std::string_view tag);
// False: there was none.
base::Result<bool> remove_made_tag(storage::Transaction& tx, std::string_view tag);
// In their order, the first `limit`.
base::Status list_made_tags(storage::Transaction& tx, std::int64_t limit,
                            const std::function<void(MadeTag)>& sink);
base::Result<std::int64_t> erase_made_tags(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> made_tags_statements();

}  // namespace ashlar::links::store
