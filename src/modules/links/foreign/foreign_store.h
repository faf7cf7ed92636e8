// ForeignStore: the SQL that only the APIs of other shorteners need. (Links themselves:
// links_store.h.) No rules here.
//
// Functions run in the caller's transaction and for its tenant. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/clicks_store.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

// The tenant's newest clicks of those that were kept one by one.
base::Status newest_clicks(storage::Transaction& tx, std::int64_t limit,
                           const std::function<void(LinkId, StoredClick)>& sink);
// The first `limit` links that have the tag.
base::Result<std::vector<LinkId>> tagged_links(storage::Transaction& tx, std::string_view tag,
                                               std::int64_t limit);
// Takes away what was counted and kept of a link's clicks; the clicks that were counted.
base::Result<std::int64_t> forget_clicks(storage::Transaction& tx, LinkId link);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> foreign_statements();

}  // namespace ashlar::links::store
