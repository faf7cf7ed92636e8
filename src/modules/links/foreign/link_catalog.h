// LinkCatalog: links by pages with numbers, filtered and sorted, as the APIs of other shorteners
// list them.
//
// Promises
//  1. It looks at the newest kMaxLooked links of a tenant and no further: totals count up to there,
//     and no page reaches beyond. (Lists of /v1 have no such end: they go on by a cursor.)
//  2. Neither filtered nor sorted otherwise than by age, a page costs its own links and an index
//     walk to where it begins; else reading up to kMaxLooked links.
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
};

struct CatalogQuery {
  enum class Field : std::uint8_t { kCreated, kUpdated, kCode, kUrl, kTitle, kClicks };

  std::string text{};  // in the code, the URL, the title or a tag (ASCII case ignored); "" all
  std::vector<std::string> tags{};
  bool every_tag = false;  // of `tags`; else one of them
  std::vector<std::string> without_tags{};
  bool without_every_tag = false;  // leaves out those that have all of them; else that have one
  std::optional<std::string> domain{};  // its host, "" the installation's own; not set: whichever
  std::optional<std::string> owner{};
  std::optional<std::string> url{};  // exactly
  std::optional<bool> archived{};
  std::optional<base::Time> from{}, until{};  // created in [from, until]
  bool expired_too = true;
  bool used_up_too = true;

  Field order = Field::kCreated;
  bool ascending = false;
  std::size_t offset = 0;
  std::size_t limit = 20;
};

struct CatalogPage {
  std::vector<CountedLink> links;
  std::size_t total = 0;
};

inline constexpr std::size_t kMaxLooked = 10'000;

bool matches(const Link& link, const CatalogQuery& query, base::Time now);
base::Result<CatalogPage> read_catalog(storage::Transaction& tx, const CatalogQuery& query,
                                       base::Time now);

}  // namespace ashlar::links
