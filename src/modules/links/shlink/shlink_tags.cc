// Tags: listed, counted, renamed and deleted, as Shlink has them. A tag is there as long as a link
// has it.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/links_module.h"
#include "modules/links/links_store.h"
#include "modules/links/settings_store.h"
#include "modules/links/shlink/shlink_api.h"
#include "platform/observability/trace.h"
#include "platform/storage/database.h"

namespace ashlar::links::shlink {
namespace {

using http::Call;
using http::Response;

constexpr std::int64_t kMostTags = 10'000;

struct TagStats {
  std::string tag;
  std::int64_t links = 0;
  Clicks clicks{};
};

base::Result<std::vector<TagStats>> read_tags(const Call& call, storage::Database& db) {
  std::vector<TagStats> tags;
  ASHLAR_TRY(db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    tags.clear();
    return store::list_tags(tx, "", kMostTags, [&](std::string tag, std::int64_t links) {
      tags.push_back({std::move(tag), links});
    });
  }));
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
    return field == "shortUrlsCount" ? each.links : field == "tag" ? 0 : each.clicks.total;
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

base::Error tag_not_found(const std::string& tag) {
  return base::fail(base::Code::kNotFound, "tag_not_found",
                    "Tag with name \"" + tag + "\" could not be found");
}

}  // namespace

base::Result<Response> ShlinkApi::tags(Call& call) const {
  ForeignQuery query(call.head->query);
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kMostTags, kMostTags));
  ASHLAR_ASSIGN(std::vector<TagStats> tags, read_tags(call, module_.db));
  keep_matching(tags, query);
  return tags_page(tags, page,
                   [](json::Writer& out, const TagStats& each) { out.string(each.tag); });
}

base::Result<Response> ShlinkApi::tag_stats(Call& call) const {
  ForeignQuery query(call.head->query);
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kMostTags, kMostTags));
  ASHLAR_ASSIGN(std::vector<TagStats> tags, read_tags(call, module_.db));
  std::unordered_map<std::string, std::int64_t> totals;
  CatalogQuery all;
  all.limit = kMaxLooked;
  ASHLAR_ASSIGN(const CatalogPage links, desk_.list(call, all));
  for (const CountedLink& each : links.links) {
    for (const std::string& tag : each.link.settings.tags) totals[tag] += each.clicks;
  }
  for (TagStats& each : tags) each.clicks.total = totals[each.tag];
  keep_matching(tags, query);
  if (const auto order = query.first("orderBy")) sort_stats(tags, *order);
  return tags_page(tags, page, [](json::Writer& out, const TagStats& each) {
    out.begin_object().key("tag").string(each.tag).key("shortUrlsCount").integer(each.links);
    write_summary(out, each.clicks);
    out.end_object();
  });
}

// All links of a tag in one transaction, so that no half of them is left with the other name.
base::Status ShlinkApi::retag(const Call& call, const std::string& tag,
                              const std::string& to) const {
  const std::string traceparent =
      call.trace.is_set() ? obs::format_traceparent(call.trace) : std::string();
  return module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const std::vector<LinkId> ids,
                  store::tagged_links(tx, tag, std::int64_t{kMostRetagged} + 1));
    if (ids.empty() && !to.empty()) return tag_not_found(tag);
    if (ids.size() > kMostRetagged) {
      return base::fail(base::Code::kConflict, "too_many_links",
                        "More than 2,000 links have this tag; change their tags in parts.");
    }
    ASHLAR_ASSIGN(const std::vector<LinkId> taken, store::tagged_links(tx, to, 1));
    if (!to.empty() && to != tag && !taken.empty()) {
      return base::fail(
          base::Code::kConflict, "tag_conflict",
          "You cannot rename tag " + tag + " to " + to + ", because it already exists");
    }
    std::vector<Link> links;
    ASHLAR_TRY(store::links_of(tx, ids, [&](Link link) { links.push_back(std::move(link)); }));
    for (const Link& link : links) {
      LinkChange change;
      change.settings.tags = link.settings.tags;
      std::erase(*change.settings.tags, tag);
      if (!to.empty()) change.settings.tags->push_back(to);
      ASHLAR_TRY(module_.links.update(tx, {.host = link.domain_host, .code = link.code}, change,
                                      link.version, traceparent));
    }
    return base::ok_status();
  });
}

base::Result<Response> ShlinkApi::rename_tag(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  const std::string from = body.text("oldName").value_or("");
  const std::string to = body.text("newName").value_or("");
  if (from.empty()) body.fault("oldName", "required", "Give the tag's name.");
  if (to.empty()) body.fault("newName", "required", "Give the tag's new name.");
  if (base::is_utf8(to) && base::utf8_length(to) > kMaxTagChars) {
    body.fault("newName", "too_long", "A tag has at most 50 characters.");
  }
  ASHLAR_TRY(body.finish());
  ASHLAR_TRY(retag(call, from, to));
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
  for (const std::string& tag : tags) ASHLAR_TRY(retag(call, tag, ""));
  return http::no_content();
}

}  // namespace ashlar::links::shlink
