// Links. (Tags: dub_tags.cc, analytics: dub_analytics.cc, domains and QR codes: dub_rest.cc.)
#include "modules/links/dub/dub_api.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "modules/links/dub/dub_error.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/links_module.h"
#include "platform/json/parse.h"

namespace ashlar::links::dub {
namespace {

using http::Call;
using http::Response;

constexpr std::int64_t kMostOnPage = 100;
constexpr int kTries = 4;  // against changes of others meanwhile

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}
std::string host_of_url(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  return std::string(url.substr(0, url.find('/')));
}

void take_order(ForeignQuery& query, CatalogQuery& wanted) {
  std::string by = query.first("sortBy").value_or(query.first("sort").value_or("createdAt"));
  if (by == "clicks") {
    wanted.order = CatalogQuery::Field::kClicks;
  } else if (by != "createdAt") {
    query.fault("sortBy", "not_supported", "Links are sorted by createdAt or clicks.");
  }
  wanted.ascending = query.first("sortOrder").value_or("desc") == "asc";
}

Response json_answer(const std::function<void(json::Writer&)>& write) {
  std::string body;
  json::Writer out(body);
  write(out);
  return http::json_text(200, std::move(body));
}

base::Error too_many() {
  return base::fail(base::Code::kInvalid, "too_many_links", "Name at most 100 links at once.");
}

}  // namespace

std::vector<std::string> list_of(const ForeignQuery& query, std::string_view name) {
  std::vector<std::string> all;
  for (const std::string& value : query.all(name)) {
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (comma > 0) all.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return all;
}

DubApi::DubApi(LinksModule& module)
    : module_(module),
      desk_(module),
      tags_(module),
      public_url_(without_slash(module.links.short_url(LinkRef{}))),
      own_domain_(host_of_url(public_url_)) {}

std::string DubApi::host_of(std::string_view domain) const {
  if (domain == own_domain_) return {};
  const std::string key = module_.links.key_of({.host = domain, .code = {}});
  return key.empty() ? key : key.substr(0, key.size() - 1);
}

void DubApi::write(json::Writer& out, const CountedLink& link, const Call& call,
                   const TagDesk::Colors& colors) const {
  write_link(out, link,
             {.short_url = module_.links.short_url(link.link),
              .own_domain = own_domain_,
              .qr_url = public_url_ + "/api/dub/qr?url="},
             colors, call.principal.tenant_name);
}

base::Result<Response> DubApi::answer(const CountedLink& link, const Call& call) const {
  TagDesk::Colors colors;
  if (!link.link.settings.tags.empty()) {
    ASHLAR_ASSIGN(colors, tags_.colors(call));
  }
  return json_answer([&](json::Writer& out) { write(out, link, call, colors); });
}

base::Result<CatalogQuery> DubApi::catalog_query(ForeignQuery& query) const {
  CatalogQuery wanted;
  if (const auto domain = query.first("domain")) wanted.domain = host_of(*domain);
  for (const char* name : {"tagId", "tagIds", "tagNames"}) {
    for (std::string& tag : list_of(query, name)) wanted.tags.push_back(std::move(tag));
  }
  wanted.text = query.first("search").value_or("");
  if (const auto owner = query.first("tenantId")) wanted.owner = *owner;
  if (!query.is_true("showArchived")) wanted.archived = false;
  for (const char* name : {"folderId", "userId", "startingAfter", "endingBefore", "groupBy"}) {
    if (query.first(name)) query.fault(name, "not_supported", "This server has no such thing.");
  }
  take_order(query, wanted);
  const std::int64_t page = query.integer("page", 1, 1'000'000).value_or(1);
  const std::int64_t size = query.integer("pageSize", 1, kMostOnPage).value_or(kMostOnPage);
  ASHLAR_TRY(query.finish());
  wanted.limit = static_cast<std::size_t>(size);
  wanted.offset = static_cast<std::size_t>(page - 1) * wanted.limit;
  wanted.total = false;
  return wanted;
}

base::Result<Response> DubApi::list(Call& call) const {
  ForeignQuery query(call.head->query);
  ASHLAR_ASSIGN(const CatalogQuery wanted, catalog_query(query));
  ASHLAR_ASSIGN(const CatalogPage page, desk_.list(call, wanted));
  ASHLAR_ASSIGN(const TagDesk::Colors colors, tags_.colors(call));
  return json_answer([&](json::Writer& out) {
    out.begin_array();
    for (const CountedLink& link : page.links) write(out, link, call, colors);
    out.end_array();
  });
}

base::Result<Response> DubApi::count(Call& call) const {
  ForeignQuery query(call.head->query);
  ASHLAR_ASSIGN(CatalogQuery wanted, catalog_query(query));
  wanted.limit = wanted.offset = 0;
  wanted.total = true;
  ASHLAR_ASSIGN(const CatalogPage page, desk_.list(call, wanted));
  Response response = http::json_text(200, std::to_string(page.total));
  tell_bound(page, response);
  return response;
}

base::Result<Response> DubApi::info(Call& call) const {
  const ForeignQuery query(call.head->query);
  const std::string id = query.first("linkId").value_or("");
  const std::string host = host_of(query.first("domain").value_or(""));
  const std::string key = query.first("key").value_or("");
  const LinkRef ref = id.empty() ? LinkRef{.host = host, .code = key} : ref_of_foreign_id(id);
  ASHLAR_ASSIGN(const CountedLink link, desk_.find(call, ref));
  return answer(link, call);
}

base::Result<CountedLink> DubApi::make(const Call& call, ForeignBody& body) const {
  constexpr std::size_t kUsualLength = 7;
  WantedLink wanted = wanted_link(body);
  ASHLAR_TRY(body.finish());
  if (wanted.link.domain) wanted.link.domain = host_of(*wanted.link.domain);
  if (!wanted.link.code && (wanted.length || !wanted.prefix.empty())) {
    return desk_.create_by_chance(call, std::move(wanted.link), wanted.prefix,
                                  wanted.length.value_or(kUsualLength));
  }
  return desk_.create(call, wanted.link);
}

base::Result<Response> DubApi::create(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  ASHLAR_ASSIGN(const CountedLink made, make(call, body));
  return answer(made, call);
}

// What is asked for depends on what the link is (rules), so it is asked again where the link was
// changed meanwhile.
base::Result<CountedLink> DubApi::change(const Call& call, LinkRef ref,
                                         const json::Value& wanted) const {
  for (int i = 0;; ++i) {
    ASHLAR_ASSIGN(const CountedLink now, desk_.find(call, ref));
    ForeignBody body(wanted);
    const LinkPatchJson patch = wanted_change(body, now.link);
    ASHLAR_TRY(body.finish());
    base::Result<CountedLink> changed = desk_.update(call, ref, patch, now.link.version);
    const bool raced = !changed.ok() && changed.error().code == base::Code::kPreconditionFailed;
    if (!raced || i + 1 == kTries) return changed;
  }
}

base::Result<Response> DubApi::update(Call& call) const {
  ASHLAR_ASSIGN(const json::Value wanted, json::parse(call.body.empty() ? "{}" : call.body));
  ASHLAR_ASSIGN(const CountedLink link, change(call, ref_of_foreign_id(call.param(0)), wanted));
  return answer(link, call);
}

// Dub knows a link by its URL, in the whole workspace. Where a domain or a key is given the link
// must have these as well: neither can change here.
base::Result<Response> DubApi::upsert(Call& call) const {
  ASHLAR_ASSIGN(const json::Value value, json::parse(call.body));
  ForeignBody body(value);
  ForeignBody read(value);  // its faults are told by whatever follows
  const CreateLinkJson wanted = wanted_link(read).link;
  std::optional<std::string> host;
  if (wanted.domain) host = host_of(*wanted.domain);
  base::Result<std::optional<CountedLink>> there = std::optional<CountedLink>();
  if (wanted.code) {
    base::Result<CountedLink> named =
        desk_.find(call, {.host = host.value_or(""), .code = *wanted.code});
    if (!named.ok() && named.error().code != base::Code::kNotFound) return named.error();
    if (named.ok() && named->link.url == wanted.url) *there = std::move(*named);
  } else if (!wanted.url.empty()) {
    there = desk_.newest_to(call, wanted.url, host);
  }
  if (!there.ok()) return there.error();
  const base::Result<CountedLink> done =
      *there
          ? change(call, {.host = (*there)->link.domain_host, .code = (*there)->link.code}, value)
          : make(call, body);
  if (!done.ok()) return done.error();
  return answer(*done, call);
}

base::Result<Response> DubApi::remove(Call& call) const {
  ASHLAR_TRY(desk_.remove(call, ref_of_foreign_id(call.param(0))));
  return json_answer(
      [&](json::Writer& out) { out.begin_object().key("id").string(call.param(0)).end_object(); });
}

// Each for itself: what cannot be made stands as an error in its place.
base::Result<Response> DubApi::create_many(Call& call) const {
  ASHLAR_ASSIGN(const json::Value value, json::parse(call.body));
  const json::Value::Array* const all = value.if_array();
  if (all == nullptr) {
    return base::fail(base::Code::kInvalid, "not_an_array", "Give a list of links.");
  }
  if (all->size() > kMostAtOnce) return too_many();
  ASHLAR_ASSIGN(const TagDesk::Colors colors, tags_.colors(call));
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const json::Value& each : *all) {
    ForeignBody body(each);
    const base::Result<CountedLink> made = make(call, body);
    if (made.ok()) {
      write(out, *made, call, colors);
    } else {
      out.begin_object().key("link").value(each).key("error").string(message_of(made.error()));
      out.key("code").string(code_of(made.error())).end_object();
    }
  }
  out.end_array();
  return http::json_text(200, std::move(text));
}

// As Dub does, those that are not there are left out.
base::Result<Response> DubApi::update_many(Call& call) const {
  ASHLAR_ASSIGN(const json::Value value, json::parse(call.body));
  ForeignBody body(value);
  const auto ids = body.texts("linkIds").value_or(std::vector<std::string>());
  const json::Value* const data = value.find("data");
  if (data == nullptr) body.fault("data", "required", "Say what to change.");
  if (body.has("externalIds")) body.fault("externalIds", "not_supported", "Name them by linkIds.");
  ASHLAR_TRY(body.finish());
  if (ids.size() > kMostAtOnce) return too_many();
  ASHLAR_ASSIGN(const TagDesk::Colors colors, tags_.colors(call));
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const std::string& id : ids) {
    const base::Result<CountedLink> changed = change(call, ref_of_foreign_id(id), *data);
    if (changed.ok()) {
      write(out, *changed, call, colors);
    } else if (changed.error().code != base::Code::kNotFound) {
      return changed.error();
    }
  }
  out.end_array();
  return http::json_text(200, std::move(text));
}

base::Result<Response> DubApi::remove_many(Call& call) const {
  const std::vector<std::string> ids = list_of(ForeignQuery(call.head->query), "linkIds");
  if (ids.empty() || ids.size() > kMostAtOnce) return too_many();
  std::int64_t removed = 0;
  for (const std::string& id : ids) {
    const base::Status status = desk_.remove(call, ref_of_foreign_id(id));
    if (!status.ok() && status.error().code != base::Code::kNotFound) return status.error();
    if (status.ok()) ++removed;
  }
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("deletedCount").integer(removed).end_object();
  });
}

}  // namespace ashlar::links::dub
