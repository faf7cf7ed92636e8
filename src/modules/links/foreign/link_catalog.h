// LinkCatalog: links by pages with numbers, filtered and sorted, as the APIs of other shorteners
// list them.
//
// Promises
//  1. Sorted by age a list has no end but kMostReached: a page costs its own links and a walk over
//     an index (candidate_walk.h) to where it begins. Filters that no index knows are asked of each
//     link on the way, of kMostLooked at most.
//  2. Sorted otherwise it is about the newest kMaxLooked of those that the index gives.
//  3. A total is exact up to kMaxLooked links beyond the page; else `bounded` says that there may
//     be more. It is not worked out where it is not asked for.
// matches() is pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

struct CountedLink {
  Link link;
  std::int64_t clicks = 0;
  std::int64_t bots = 0;  // of the clicks
};

struct CatalogQuery {
  enum class Field : std::uint8_t { kCreated, kUpdated, kCode, kUrl, kTitle, kClicks, kPeople };

  std::string text{};  // in the code, the URL, the title or a tag (ASCII case ignored); "" all
  std::vector<std::string> tags{};
  bool every_tag = false;  // of `tags`; else one of them
  std::vector<std::string> without_tags{};
  bool without_every_tag = false;  // leaves out those that have all of them; else that have one
  std::optional<std::string> domain{};  // its host, "" the installation's own; not set: whichever
  std::optional<std::string> owner{};
  std::optional<bool> archived{};
  std::optional<base::Time> from{}, until{};  // created in [from, until]
  bool expired_too = true;
  bool used_up_too = true;

  Field order = Field::kCreated;
  bool ascending = false;
  std::size_t offset = 0;
  std::size_t limit = 20;
  bool total = true;  // is asked for

  // By their age alone, whatever they are.
  [[nodiscard]] bool is_plain() const;
};

struct CatalogPage {
  std::vector<CountedLink> links;
  std::size_t total = 0;
  bool bounded = false;  // the total, or the order, is of no more than were looked at
};

inline constexpr std::size_t kMaxLooked = 10'000;
inline constexpr std::size_t kMostLooked = 50'000;
inline constexpr std::size_t kMostReached = 1'000'000;

bool matches(const Link& link, const CatalogQuery& query, base::Time now);
base::Result<CatalogPage> read_catalog(storage::Transaction& tx, const CatalogQuery& query,
                                       base::Time now);

}  // namespace ashlar::links
