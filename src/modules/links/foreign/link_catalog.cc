#include "modules/links/foreign/link_catalog.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "modules/links/clicks_store.h"
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

bool is_plain(const CatalogQuery& query) {
  return query.text.empty() && query.tags.empty() && query.without_tags.empty() && !query.domain &&
         !query.owner && !query.url && !query.archived && !query.from && !query.until &&
         query.expired_too && query.used_up_too && query.order == CatalogQuery::Field::kCreated &&
         !query.ascending;
}

base::Status count(storage::Transaction& tx, std::vector<CountedLink>& links) {
  std::unordered_map<LinkId, std::int64_t*> places;
  std::vector<LinkId> ids;
  ids.reserve(links.size());
  for (CountedLink& each : links) {
    ids.push_back(each.link.id);
    places.emplace(each.link.id, &each.clicks);
  }
  return store::totals_of(tx, ids,
                          [&](LinkId id, std::int64_t clicks) { *places.at(id) = clicks; });
}

base::Status read_plain(storage::Transaction& tx, const CatalogQuery& query, CatalogPage& page) {
  ASHLAR_ASSIGN(const std::int64_t total, store::count_links(tx, kMaxLooked));
  page.total = static_cast<std::size_t>(total);
  if (query.offset >= page.total) return base::ok_status();
  LinkId before = kNewest;
  if (query.offset > 0) {
    ASHLAR_ASSIGN(const std::optional<LinkId> last,
                  store::search_end(tx, kNewest, static_cast<std::int64_t>(query.offset)));
    if (!last) return base::ok_status();
    before = *last;
  }
  const std::size_t limit = std::min(query.limit, page.total - query.offset);
  return store::list_links(tx, before, static_cast<std::int64_t>(limit),
                           [&](Link link) { page.links.push_back({std::move(link), 0}); });
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
    }
    std::unreachable();
  };
  std::ranges::stable_sort(links, [&](const CountedLink& a, const CountedLink& b) {
    return query.ascending ? less(a, b) : less(b, a);
  });
}

base::Result<std::vector<CountedLink>> read_matching(storage::Transaction& tx,
                                                     const CatalogQuery& query, base::Time now) {
  std::vector<CountedLink> found;
  LinkId before = kNewest;
  std::size_t looked = 0;
  bool more = true;
  while (more && looked < kMaxLooked) {
    std::int64_t got = 0;
    ASHLAR_TRY(store::list_links(tx, before, kStep, [&](Link link) {
      ++got;
      before = link.id;
      if (matches(link, query, now)) found.push_back({std::move(link), 0});
    }));
    looked += static_cast<std::size_t>(got);
    more = got == kStep;
  }
  return found;
}

}  // namespace

bool matches(const Link& link, const CatalogQuery& query, base::Time now) {
  const LinkSettings& settings = link.settings;
  if (query.domain && *query.domain != link.domain_host) return false;
  if (query.owner && *query.owner != settings.owner) return false;
  if (query.url && *query.url != link.url) return false;
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

base::Result<CatalogPage> read_catalog(storage::Transaction& tx, const CatalogQuery& query,
                                       base::Time now) {
  CatalogPage page;
  if (is_plain(query)) {
    ASHLAR_TRY(read_plain(tx, query, page));
    ASHLAR_TRY(count(tx, page.links));
    return page;
  }
  ASHLAR_ASSIGN(std::vector<CountedLink> found, read_matching(tx, query, now));
  const bool by_clicks = query.order == CatalogQuery::Field::kClicks;
  if (by_clicks) ASHLAR_TRY(count(tx, found));
  sort(found, query);
  page.total = found.size();
  const std::size_t begin = std::min(query.offset, found.size());
  const std::size_t end = begin + std::min(query.limit, found.size() - begin);
  page.links.assign(std::make_move_iterator(found.begin() + static_cast<std::ptrdiff_t>(begin)),
                    std::make_move_iterator(found.begin() + static_cast<std::ptrdiff_t>(end)));
  if (!by_clicks) ASHLAR_TRY(count(tx, page.links));
  return page;
}

}  // namespace ashlar::links
