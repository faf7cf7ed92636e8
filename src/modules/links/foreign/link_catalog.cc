#include "modules/links/foreign/link_catalog.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "modules/links/clicks_store.h"
#include "modules/links/foreign/candidate_walk.h"
#include "modules/links/links_store.h"

namespace ashlar::links {
namespace {

constexpr LinkId kNewest{std::int64_t{1} << 62};
constexpr std::int64_t kStep = 1'000;  // links read at once

bool holds(std::string_view text, std::string_view lower) {
  return base::ascii_lower(text).find(lower) != std::string::npos;
}

bool holds_text(const Link& link, std::string_view text) {
  if (text.empty()) return true;
  const std::string lower = base::ascii_lower(text);
  return holds(link.code, lower) || holds(link.url, lower) || holds(link.settings.title, lower) ||
         std::ranges::any_of(link.settings.tags,
                             [&](const std::string& tag) { return holds(tag, lower); });
}

bool has_tags(const Link& link, const std::vector<std::string>& tags, bool every) {
  const auto has = [&](const std::string& tag) {
    return std::ranges::find(link.settings.tags, tag) != link.settings.tags.end();
  };
  return every ? std::ranges::all_of(tags, has) : std::ranges::any_of(tags, has);
}

base::Status count(storage::Transaction& tx, std::vector<CountedLink>& links) {
  std::unordered_map<LinkId, CountedLink*> places;
  std::vector<LinkId> ids;
  ids.reserve(links.size());
  for (CountedLink& each : links) {
    ids.push_back(each.link.id);
    places.emplace(each.link.id, &each);
  }
  return store::totals_with_bots(tx, ids, [&](LinkId id, store::ClickTotal total) {
    places.at(id)->clicks = total.clicks;
    places.at(id)->bots = total.bots;
  });
}

// Where a page begins is found by the index alone.
base::Status read_plain(storage::Transaction& tx, const CatalogQuery& query, CatalogPage& page) {
  if (query.offset >= kMostReached) {
    page.bounded = true;
    page.total = kMostReached;
    return base::ok_status();
  }
  if (query.total) {
    const auto most = static_cast<std::int64_t>(query.offset + kMaxLooked);
    ASHLAR_ASSIGN(const std::int64_t total, store::count_links(tx, most));
    page.total = static_cast<std::size_t>(total);
    page.bounded = total == most;
    if (query.offset >= page.total) return base::ok_status();
  }
  LinkId before = kNewest;
  if (query.offset > 0) {
    ASHLAR_ASSIGN(const std::optional<LinkId> last,
                  store::search_end(tx, kNewest, static_cast<std::int64_t>(query.offset)));
    if (!last) return base::ok_status();
    before = *last;
  }
  return store::list_links(tx, before, static_cast<std::int64_t>(query.limit),
                           [&](Link link) { page.links.push_back({.link = std::move(link)}); });
}

bool by_clicks(const CatalogQuery& query) {
  return query.order == CatalogQuery::Field::kClicks || query.order == CatalogQuery::Field::kPeople;
}

// Of equals the newest first, whichever way the field is sorted.
void sort(std::vector<CountedLink>& links, const CatalogQuery& query) {
  using Field = CatalogQuery::Field;
  const auto less = [&](const CountedLink& a, const CountedLink& b) {
    switch (query.order) {
      case Field::kCreated:
        return a.link.id < b.link.id;
      case Field::kUpdated:
        return a.link.updated_at < b.link.updated_at;
      case Field::kCode:
        return a.link.code < b.link.code;
      case Field::kUrl:
        return a.link.url < b.link.url;
      case Field::kTitle:
        return a.link.settings.title < b.link.settings.title;
      case Field::kClicks:
        return a.clicks < b.clicks;
      case Field::kPeople:
        return a.clicks - a.bots < b.clicks - b.bots;
    }
    std::unreachable();
  };
  std::ranges::stable_sort(links, [&](const CountedLink& a, const CountedLink& b) {
    return query.ascending ? less(a, b) : less(b, a);
  });
}

// In the order of their age: what comes before the page is passed by, what comes after it counted.
base::Status read_by_age(storage::Transaction& tx, const CatalogQuery& query, base::Time now,
                         CatalogPage& page) {
  ASHLAR_ASSIGN(CandidateWalk walk, CandidateWalk::begin(tx, query));
  std::size_t looked = 0;
  std::int64_t step = std::clamp<std::int64_t>(static_cast<std::int64_t>(query.limit), 20, kStep);
  while (!walk.ended()) {
    const bool full = page.total >= query.offset + query.limit;
    if (looked >= kMostLooked || (full && (!query.total || looked >= kMaxLooked))) {
      page.bounded = true;
      break;
    }
    ASHLAR_ASSIGN(const std::size_t read, walk.next(tx, step, [&](Link link) {
      if (!matches(link, query, now)) return;
      const std::size_t number = page.total++;
      if (number < query.offset || page.links.size() >= query.limit) return;
      page.links.push_back({.link = std::move(link)});
    }));
    looked += read;
    step = std::min(2 * step, kStep);
  }
  return base::ok_status();
}

base::Status read_sorted(storage::Transaction& tx, const CatalogQuery& query, base::Time now,
                         CatalogPage& page) {
  ASHLAR_ASSIGN(CandidateWalk walk, CandidateWalk::begin(tx, query));
  std::vector<CountedLink> found;
  for (std::size_t looked = 0; !walk.ended() && looked < kMaxLooked;) {
    ASHLAR_ASSIGN(const std::size_t read, walk.next(tx, kStep, [&](Link link) {
      if (matches(link, query, now)) found.push_back({.link = std::move(link)});
    }));
    looked += read;
  }
  page.bounded = !walk.ended();
  if (by_clicks(query)) ASHLAR_TRY(count(tx, found));
  sort(found, query);
  page.total = found.size();
  const std::size_t begin = std::min(query.offset, found.size());
  const std::size_t end = begin + std::min(query.limit, found.size() - begin);
  page.links.assign(std::make_move_iterator(found.begin() + static_cast<std::ptrdiff_t>(begin)),
                    std::make_move_iterator(found.begin() + static_cast<std::ptrdiff_t>(end)));
  return base::ok_status();
}

}  // namespace

bool matches(const Link& link, const CatalogQuery& query, base::Time now) {
  const LinkSettings& settings = link.settings;
  if (query.domain && *query.domain != link.domain_host) return false;
  if (query.owner && *query.owner != settings.owner) return false;
  if (query.archived && *query.archived != settings.archived) return false;
  if (query.from && link.created_at < *query.from) return false;
  if (query.until && link.created_at > *query.until) return false;
  if (!query.expired_too && link.expires_at && *link.expires_at <= now) return false;
  if (!query.used_up_too && settings.max_clicks && link.clicks_used >= *settings.max_clicks) {
    return false;
  }
  if (!query.tags.empty() && !has_tags(link, query.tags, query.every_tag)) return false;
  if (!query.without_tags.empty() && has_tags(link, query.without_tags, query.without_every_tag)) {
    return false;
  }
  return holds_text(link, query.text);
}

bool CatalogQuery::is_plain() const {
  return text.empty() && tags.empty() && without_tags.empty() && !domain && !owner && !archived &&
         !from && !until && expired_too && used_up_too && order == Field::kCreated && !ascending;
}

base::Result<CatalogPage> read_catalog(storage::Transaction& tx, const CatalogQuery& query,
                                       base::Time now) {
  CatalogPage page;
  if (query.is_plain()) {
    ASHLAR_TRY(read_plain(tx, query, page));
  } else if (query.order == CatalogQuery::Field::kCreated) {
    ASHLAR_TRY(read_by_age(tx, query, now, page));
  } else {
    ASHLAR_TRY(read_sorted(tx, query, now, page));
  }
  if (!by_clicks(query)) ASHLAR_TRY(count(tx, page.links));
  return page;
}

}  // namespace ashlar::links
