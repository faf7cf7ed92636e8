#include "modules/links/foreign/candidate_walk.h"

#include <algorithm>
#include <utility>

#include "modules/links/domains_store.h"
#include "modules/links/links_store.h"

namespace ashlar::links {
namespace {

constexpr LinkId kNewest{std::int64_t{1} << 62};

bool is_ascending(const CatalogQuery& query) {
  return query.order == CatalogQuery::Field::kCreated && query.ascending;
}

}  // namespace

CandidateWalk::CandidateWalk(bool ascending)
    : direction_(ascending ? store::Direction::kOlderFirst : store::Direction::kNewerFirst),
      from_(ascending ? LinkId() : kNewest) {}

base::Result<CandidateWalk> CandidateWalk::begin(storage::Transaction& tx,
                                                 const CatalogQuery& query) {
  using Kind = store::LinkSource::Kind;
  CandidateWalk walk(is_ascending(query));
  if (!query.tags.empty() && (query.every_tag || query.tags.size() <= kMostTags)) {
    // Where all are wanted, whoever has the first is asked about the others.
    for (const std::string& tag : query.tags) {
      walk.sources_.push_back({Kind::kTag, tag, {}});
      if (query.every_tag) break;
    }
  } else if (query.owner && !query.owner->empty()) {
    walk.sources_.push_back({Kind::kOwner, *query.owner, {}});
  } else if (query.domain && !query.domain->empty()) {
    ASHLAR_ASSIGN(const std::optional<Domain> domain, store::find_domain(tx, *query.domain));
    if (domain) {
      walk.sources_.push_back({Kind::kDomain, {}, domain->id});
    } else {
      walk.ended_ = true;
    }
  }
  return walk;
}

base::Status CandidateWalk::read_all(storage::Transaction& tx, std::int64_t limit,
                                     std::vector<Link>& links) {
  const auto take = [&](Link link) { links.push_back(std::move(link)); };
  if (direction_ == store::Direction::kOlderFirst) {
    ASHLAR_TRY(store::export_links(tx, from_, limit, take));
  } else {
    ASHLAR_TRY(store::list_links(tx, from_, limit, take));
  }
  ended_ = static_cast<std::int64_t>(links.size()) < limit;
  if (!links.empty()) from_ = links.back().id;
  return base::ok_status();
}

base::Result<std::vector<LinkId>> CandidateWalk::next_ids(storage::Transaction& tx,
                                                          std::int64_t limit) {
  const bool older_first = direction_ == store::Direction::kOlderFirst;
  const auto before = [older_first](LinkId a, LinkId b) { return older_first ? a < b : b < a; };
  std::vector<LinkId> ids;
  std::optional<LinkId> last;  // what follows it, a source may have more of
  for (const store::LinkSource& source : sources_) {
    ASHLAR_ASSIGN(const std::vector<LinkId> some,
                  store::source_links(tx, source, direction_, from_, limit));
    ids.insert(ids.end(), some.begin(), some.end());
    if (static_cast<std::int64_t>(some.size()) < limit) continue;
    if (!last || before(some.back(), *last)) last = some.back();
  }
  if (last) std::erase_if(ids, [&](LinkId id) { return before(*last, id); });
  std::ranges::sort(ids, before);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  ended_ = !last.has_value();
  if (last) from_ = *last;
  return ids;
}

base::Result<std::size_t> CandidateWalk::next(storage::Transaction& tx, std::int64_t limit,
                                              const std::function<void(Link)>& sink) {
  std::vector<Link> links;
  if (ended_) return links.size();
  if (sources_.empty()) {
    ASHLAR_TRY(read_all(tx, limit, links));
  } else {
    ASHLAR_ASSIGN(const std::vector<LinkId> ids, next_ids(tx, limit));
    ASHLAR_TRY(store::links_of(tx, ids, [&](Link link) { links.push_back(std::move(link)); }));
    const bool older_first = direction_ == store::Direction::kOlderFirst;
    std::ranges::sort(links, [older_first](const Link& a, const Link& b) {
      return older_first ? a.id < b.id : b.id < a.id;
    });
  }
  const std::size_t read = links.size();
  for (Link& link : links) sink(std::move(link));
  return read;
}

}  // namespace ashlar::links
