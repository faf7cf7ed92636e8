// Tags: listed, counted, renamed and deleted, as Shlink has them.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/foreign/tag_desk.h"
#include "modules/links/links_module.h"
#include "modules/links/shlink/shlink_api.h"

namespace ashlar::links::shlink {
namespace {

using http::Call;
using http::Response;

constexpr std::int64_t kMostTags = TagDesk::kMostListed;

struct TagStats {
  std::string tag;
  std::int64_t links = 0;
  Clicks clicks{};
};

base::Result<std::vector<TagStats>> read_tags(const Call& call, const TagDesk& desk) {
  ASHLAR_ASSIGN(const std::vector<DeskTag> all, desk.list(call));
  std::vector<TagStats> tags;
  tags.reserve(all.size());
  for (const DeskTag& each : all) tags.push_back({each.name, each.links});
  return tags;
}

void keep_matching(std::vector<TagStats>& tags, const ForeignQuery& query) {
  const std::string text = base::ascii_lower(query.first("searchTerm").value_or(""));
  std::erase_if(tags, [&](const TagStats& each) {
    return base::ascii_lower(each.tag).find(text) == std::string::npos;
  });
}

void sort_stats(std::vector<TagStats>& tags, const std::string& order) {
  const std::string field = order.substr(0, order.find('-'));
  const auto number = [&](const TagStats& each) {
    if (field == "shortUrlsCount") return each.links;
    if (field == "nonBotVisits") return each.clicks.total - each.clicks.bots;
    return field == "tag" ? 0 : each.clicks.total;
  };
  const bool down = base::ascii_lower(order).ends_with("-desc");
  std::ranges::stable_sort(tags, [&](const TagStats& a, const TagStats& b) {
    if (field == "tag" || number(a) == number(b))
      return down && field == "tag" ? b.tag < a.tag : a.tag < b.tag;
    return down ? number(b) < number(a) : number(a) < number(b);
  });
}

Response tags_page(const std::vector<TagStats>& tags, const PageOf& page,
                   const std::function<void(json::Writer&, const TagStats&)>& write) {
  const std::size_t begin = std::min(page.offset(), tags.size());
  const std::size_t end =
      begin + std::min(static_cast<std::size_t>(page.size), tags.size() - begin);
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("tags");
    write_page(out, page, end - begin, tags.size(), [&] {
      for (std::size_t i = begin; i < end; ++i) write(out, tags[i]);
    });
    out.end_object();
  });
}

}  // namespace

base::Result<Response> ShlinkApi::tags(Call& call) const {
  ForeignQuery query(call.head->query);
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kMostTags, kMostTags));
  ASHLAR_ASSIGN(std::vector<TagStats> tags, read_tags(call, tags_));
  keep_matching(tags, query);
  return tags_page(tags, page,
                   [](json::Writer& out, const TagStats& each) { out.string(each.tag); });
}

base::Result<Response> ShlinkApi::tag_stats(Call& call) const {
  ForeignQuery query(call.head->query);
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kMostTags, kMostTags));
  ASHLAR_ASSIGN(std::vector<TagStats> tags, read_tags(call, tags_));
  std::unordered_map<std::string, Clicks> totals;
  CatalogQuery all;
  all.limit = kMaxLooked;
  ASHLAR_ASSIGN(const CatalogPage links, desk_.list(call, all));
  for (const CountedLink& each : links.links) {
    for (const std::string& tag : each.link.settings.tags) {
      totals[tag].total += each.clicks;
      totals[tag].bots += each.bots;
    }
  }
  for (TagStats& each : tags) each.clicks = totals[each.tag];
  keep_matching(tags, query);
  if (const auto order = query.first("orderBy")) sort_stats(tags, *order);
  return tags_page(tags, page, [](json::Writer& out, const TagStats& each) {
    out.begin_object().key("tag").string(each.tag).key("shortUrlsCount").integer(each.links);
    write_summary(out, each.clicks);
    out.end_object();
  });
}

base::Result<Response> ShlinkApi::rename_tag(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  const std::string from = body.text("oldName").value_or("");
  const std::string to = body.text("newName").value_or("");
  if (from.empty()) body.fault("oldName", "required", "Give the tag's name.");
  if (to.empty()) body.fault("newName", "required", "Give the tag's new name.");
  ASHLAR_TRY(body.finish());
  ASHLAR_TRY(tags_.update(call, from, to, {}));
  return http::no_content();
}

base::Result<Response> ShlinkApi::delete_tags(Call& call) const {
  constexpr std::size_t kMostAtOnce = 100;
  std::vector<std::string> tags = ForeignQuery(call.head->query).all("tags[]");
  if (tags.empty()) {
    // As the web client of older versions sends them.
    tags = ForeignQuery(call.head->query).all("tags");
  }
  if (tags.size() > kMostAtOnce) {
    return base::fail(base::Code::kInvalid, "too_many_tags", "Delete at most 100 tags at once.");
  }
  // As Shlink does, those that are not there are left out.
  for (const std::string& tag : tags) {
    const base::Status removed = tags_.remove(call, tag);
    if (!removed.ok() && removed.error().code != base::Code::kNotFound) return removed.error();
  }
  return http::no_content();
}

}  // namespace ashlar::links::shlink
