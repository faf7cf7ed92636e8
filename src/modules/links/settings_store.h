// SettingsStore: every line of SQL that writes what a link has beyond its row in links: settings,
// tags, the limit of its clicks. (They are read with it: links_store.h.) No rules here.
//
// Functions run in the caller's transaction and for its tenant, but for take_clicks() and
// forget_places(). Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

// What was `before` becomes `now`.
base::Status write_settings(storage::Transaction& tx, LinkId link, const LinkSettings& before,
                            const LinkSettings& now);

// Keeps which owner and tags a link had that is being removed: its last clicks are added up after
// it is gone. forget_places() takes those away that were removed before; how many; of all tenants
// (PlatformUse::kClickWriter).
base::Status keep_place(storage::Transaction& tx, LinkId link, const LinkSettings& settings);
base::Result<std::int64_t> forget_places(storage::Transaction& tx, base::Time removed_before,
                                         std::int64_t limit);

// Of `wanted` visitors so many may pass, and are counted as having passed. Under
// PlatformUse::kRedirect. All of them where there is no such limit: it was taken away meanwhile.
base::Result<std::int64_t> take_clicks(storage::Transaction& tx, LinkId link, std::int64_t wanted);

// Tags of the tenant in their order after `after`, with how many links have each.
base::Status list_tags(storage::Transaction& tx, std::string_view after, std::int64_t limit,
                       const std::function<void(std::string tag, std::int64_t links)>& sink);

// Each takes the tenant's first `limit` rows away; rows removed.
base::Result<std::int64_t> erase_settings(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_tags(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_limits(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> settings_statements();

}  // namespace ashlar::links::store
