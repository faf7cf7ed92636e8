// LinksStore: every line of SQL about links (clicks have theirs in clicks_store.h). No rules here.
//
// Functions run in the caller's transaction: for its tenant, except find_for_redirect() and those
// of tenant removal that say otherwise. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "modules/links/link.h"
#include "modules/links/link_ref.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

// The next dense id. Never given twice, also not after a rollback that others could have seen.
base::Result<LinkId> next_link_id(storage::Transaction& tx);

// False: the code is taken on its domain, by whichever tenant.
// Without its settings: settings_store.h writes them.
// `url_hash` of both: CodeSpace::url_hash().
base::Result<bool> insert_link(storage::Transaction& tx, const Link& link, std::int64_t url_hash);

base::Result<std::optional<Link>> find_link(storage::Transaction& tx, LinkRef ref);
base::Result<std::optional<Link>> find_link(storage::Transaction& tx, LinkId id);

// Writes everything that can change, of the link with this id; its settings apart.
base::Status update_link(storage::Transaction& tx, const Link& link, std::int64_t url_hash);

// The newest `limit` links to the URL on the domain that the hash is of, newest first.
base::Status newest_with_url(storage::Transaction& tx, std::int64_t url_hash, std::string_view url,
                             std::int64_t limit, const std::function<void(Link)>& sink);
// Links of all tenants that have no hash, oldest first; and one of them gets it. Under
// PlatformUse::kMaintenance.
base::Status list_unhashed(storage::Transaction& tx, std::int64_t limit,
                           const std::function<void(LinkId, DomainId, std::string_view url)>& sink);
base::Status set_hash(storage::Transaction& tx, LinkId link, std::int64_t url_hash);

// Leaves of the link with this id its code, which stays taken; its settings apart. False: there is
// none.
base::Result<bool> remove_link(storage::Transaction& tx, const Link& link);

// The newest `limit` links older than `before`, newest first.
base::Status list_links(storage::Transaction& tx, LinkId before, std::int64_t limit,
                        const std::function<void(Link)>& sink);

// How many the tenant has, counted up to `most`.
base::Result<std::int64_t> count_links(storage::Transaction& tx, std::int64_t most);
// Those of them that there are, in no order.
base::Status links_of(storage::Transaction& tx, std::span<const LinkId> ids,
                      const std::function<void(Link)>& sink);

struct Search {
  std::string_view text{};  // "" all
  std::optional<bool> enabled{};
  std::optional<bool> archived{};
  std::string_view owner{};  // "" whichever
  std::string_view tag{};    // "" whichever
  std::optional<DomainId> domain{};
  LinkId oldest{};  // looks at this one last
};
base::Status search_links(storage::Transaction& tx, LinkId before, std::int64_t limit,
                          const Search& search, const std::function<void(Link)>& sink);
// The oldest of the `scan` links before `before`; nullopt: there are fewer.
base::Result<std::optional<LinkId>> search_end(storage::Transaction& tx, LinkId before,
                                               std::int64_t scan);

base::Result<std::optional<RedirectTarget>> find_redirect(storage::Transaction& tx, LinkRef ref);

// The oldest `limit` links newer than `after`, oldest first.
base::Status export_links(storage::Transaction& tx, LinkId after, std::int64_t limit,
                          const std::function<void(Link)>& sink);

// Takes the tenant's oldest `limit` links away and tells which; rows removed.
base::Result<std::int64_t> erase_links(storage::Transaction& tx, std::int64_t limit,
                                       const std::function<void(LinkRef)>& sink);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> links_statements();

}  // namespace ashlar::links::store
