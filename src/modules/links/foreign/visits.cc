#include "modules/links/foreign/visits.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "modules/links/foreign/foreign_store.h"
#include "modules/links/links_store.h"

namespace ashlar::links {
namespace {

bool is_wanted(const store::StoredClick& click, const VisitsQuery& query) {
  return (!query.from || click.at >= *query.from) && (!query.until || click.at <= *query.until) &&
         (query.bots || click.agent != AgentClass::kBot);
}

using Found = std::vector<std::pair<LinkId, store::StoredClick>>;

base::Result<Found> read_clicks(storage::Transaction& tx, const VisitsQuery& query) {
  Found found;
  if (query.link) {
    ASHLAR_ASSIGN(std::vector<store::StoredClick> clicks,
                  store::list_details(tx, *query.link, std::int64_t{1} << 62, kMaxVisits));
    for (store::StoredClick& click : clicks) {
      if (is_wanted(click, query)) found.emplace_back(*query.link, std::move(click));
    }
    return found;
  }
  ASHLAR_TRY(store::newest_clicks(tx, kMaxVisits, [&](LinkId link, store::StoredClick click) {
    if (is_wanted(click, query)) found.emplace_back(link, std::move(click));
  }));
  return found;
}

}  // namespace

base::Result<VisitsPage> read_visits(storage::Transaction& tx, const VisitsQuery& query) {
  ASHLAR_ASSIGN(Found found, read_clicks(tx, query));
  std::vector<LinkId> ids;
  for (const auto& [link, click] : found) ids.push_back(link);
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  VisitsPage page;
  std::unordered_map<LinkId, std::size_t> places;
  ASHLAR_TRY(store::links_of(tx, ids, [&](Link link) {
    if (query.wanted && !query.wanted(link)) return;
    places.emplace(link.id, page.links.size());
    page.links.push_back(std::move(link));
  }));
  for (auto& [link, click] : found) {
    // None: another one's, or removed since.
    const auto place = places.find(link);
    if (place == places.end()) continue;
    const std::size_t number = page.total++;
    if (number < query.offset || page.visits.size() >= query.limit) continue;
    page.visits.push_back({std::move(click), place->second});
  }
  return page;
}

}  // namespace ashlar::links
