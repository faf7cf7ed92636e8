// ForeignStore: the SQL that only the APIs of other shorteners need. (Links themselves:
// links_store.h.) No rules here.
//
// Functions run in the caller's transaction and for its tenant. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
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

// Where links are found by an index, other than by their age alone.
struct LinkSource {
  enum class Kind : std::uint8_t { kTag, kOwner, kDomain };
  Kind kind = Kind::kTag;
  std::string name{};  // of a tag or an owner
  DomainId domain{};
};
enum class Direction : std::uint8_t { kNewerFirst, kOlderFirst };
// The first `limit` of them that follow `from`, in that direction.
base::Result<std::vector<LinkId>> source_links(storage::Transaction& tx, const LinkSource& source,
                                               Direction direction, LinkId from,
                                               std::int64_t limit);

// The newest `limit` links to the URL; `hashes`: of it on each domain that is looked at.
base::Result<std::vector<LinkId>> links_to(storage::Transaction& tx,
                                           std::span<const std::int64_t> hashes,
                                           std::string_view url, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> foreign_statements();

}  // namespace ashlar::links::store
