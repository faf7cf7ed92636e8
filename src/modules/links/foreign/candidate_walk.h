// CandidateWalk: links of a tenant in the order of their age, from the index that knows best which
// of them a query may take: those that have one of its tags, those of its domain, those of its
// owner, else all. Which of them it takes is matches()'s to say (link_catalog.h).
//
// next() reads the next ones by where the last ended (keyset), so a step costs its own links,
// however far the walk has come. One transaction, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/foreign/link_catalog.h"

namespace ashlar::links {

class CandidateWalk {
 public:
  // Of more tags than that, one of which is wanted, all links are walked.
  static constexpr std::size_t kMostTags = 20;

  // `query` outlives it. Sorted otherwise than by age it begins with the newest.
  static base::Result<CandidateWalk> begin(storage::Transaction& tx, const CatalogQuery& query);

  // About `limit` links, each once; how many. Fewer than one: it is at its end.
  base::Result<std::size_t> next(storage::Transaction& tx, std::int64_t limit,
                                 const std::function<void(Link)>& sink);
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  explicit CandidateWalk(bool ascending);

  base::Status read_all(storage::Transaction& tx, std::int64_t limit, std::vector<Link>& links);
  // Of the sources what lies before where the first of them may have more.
  base::Result<std::vector<LinkId>> next_ids(storage::Transaction& tx, std::int64_t limit);

  std::vector<store::LinkSource> sources_;  // none: all links
  store::Direction direction_;
  LinkId from_;
  bool ended_ = false;
};

}  // namespace ashlar::links
