// Short URLs and their redirect rules.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/links_module.h"
#include "modules/links/shlink/shlink_api.h"
#include "modules/links/shlink/shlink_rules.h"

namespace ashlar::links::shlink {
namespace {

using http::Call;
using http::Response;

constexpr std::int64_t kUsualPage = 10;
constexpr std::int64_t kMostOnPage = 1'000;
constexpr std::int64_t kLeastLength = 4;

struct Order {
  std::string_view name;
  CatalogQuery::Field field;
};
constexpr std::array kOrders{
    Order{"dateCreated", CatalogQuery::Field::kCreated},
    Order{"shortCode", CatalogQuery::Field::kCode},
    Order{"longUrl", CatalogQuery::Field::kUrl},
    Order{"title", CatalogQuery::Field::kTitle},
    Order{"visits", CatalogQuery::Field::kClicks},
    Order{"nonBotVisits", CatalogQuery::Field::kPeople},
};

// "title-ASC"; without a direction ascending, and without anything the newest first.
void take_order(ForeignQuery& query, CatalogQuery& wanted) {
  const std::optional<std::string> given = query.first("orderBy");
  if (!given || given->empty()) return;
  const std::size_t dash = std::min(given->find('-'), given->size());
  const auto* const known =
      std::ranges::find(kOrders, std::string_view(*given).substr(0, dash), &Order::name);
  const std::string_view direction =
      std::string_view(*given).substr(std::min(dash + 1, given->size()));
  const bool ascending = direction.empty() || base::ascii_iequals(direction, "asc");
  if (known == kOrders.end() || (!ascending && !base::ascii_iequals(direction, "desc"))) {
    query.fault("orderBy", "not_allowed", "There is no such order.");
    return;
  }
  wanted.order = known->field;
  wanted.ascending = ascending;
}

CatalogQuery catalog_query(ForeignQuery& query) {
  CatalogQuery wanted;
  wanted.text = query.first("searchTerm").value_or("");
  wanted.tags = query.all("tags[]");
  wanted.every_tag = query.first("tagsMode").value_or("any") == "all";
  wanted.without_tags = query.all("excludeTags[]");
  wanted.without_every_tag = query.first("excludeTagsMode").value_or("any") == "all";
  wanted.from = query.time("startDate");
  wanted.until = query.time("endDate");
  wanted.used_up_too = !query.is_true("excludeMaxVisitsReached");
  wanted.expired_too = !query.is_true("excludePastValidUntil");
  take_order(query, wanted);
  return wanted;
}

// A prefix and a length are for a code by chance, none of one's own.
struct Slug {
  std::optional<std::string> own;
  std::string prefix;
  std::optional<std::int64_t> length;
};

Slug slug_of(ForeignBody& body) {
  Slug slug{.own = body.text("customSlug"),
            .prefix = body.text("pathPrefix").value_or(""),
            .length = body.integer("shortCodeLength")};
  if (slug.own && slug.own->empty()) slug.own.reset();
  if (slug.length && (*slug.length < kLeastLength || *slug.length > 64)) {
    body.fault("shortCodeLength", "out_of_range", "A short code by chance has 4 to 64 characters.");
    slug.length.reset();
  }
  return slug;
}

CreateLinkJson wanted_link(ForeignBody& body) {
  CreateLinkJson json;
  json.url = body.text("longUrl").value_or("");
  if (json.url.empty()) body.fault("longUrl", "required", "Give the long URL.");
  json.expires_at = body.time("validUntil");
  json.valid_from = body.time("validSince");
  json.max_clicks = body.integer("maxVisits");
  json.tags = body.texts("tags").value_or(std::vector<std::string>());
  json.title = body.text("title");
  json.forward_query = body.boolean("forwardQuery").value_or(false);
  json.find_if_exists = body.boolean("findIfExists").value_or(false);
  return json;
}

template <class T>
void patch(ForeignBody& body, const char* name, json::Patch<std::optional<T>>& to,
           std::optional<T> (ForeignBody::*read)(std::string_view)) {
  if (body.has(name)) to = (body.*read)(name);
}

LinkPatchJson wanted_change(ForeignBody& body) {
  LinkPatchJson json;
  if (const auto url = body.text("longUrl")) json.url = *url;
  patch(body, "validUntil", json.expires_at, &ForeignBody::time);
  patch(body, "validSince", json.valid_from, &ForeignBody::time);
  patch(body, "maxVisits", json.max_clicks, &ForeignBody::integer);
  patch(body, "title", json.title, &ForeignBody::text);
  if (const auto tags = body.texts("tags")) json.tags = *tags;
  if (const auto forward = body.boolean("forwardQuery")) json.forward_query = *forward;
  return json;
}

// Of "https://sho.rt:8080/".
std::string authority_of(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  return std::string(url.substr(0, url.find('/')));
}

Response rules_answer(const Link& link) {
  return json_answer(
      [&](json::Writer& out) { write_rules(out, link.url, json_of(link.settings.rules)); });
}

}  // namespace

Response json_answer(const std::function<void(json::Writer&)>& write) {
  std::string body;
  json::Writer out(body);
  write(out);
  return http::json_text(200, std::move(body));
}

base::Result<PageOf> page_of(ForeignQuery& query, std::int64_t usual, std::int64_t most) {
  constexpr std::int64_t kMostPages = 1'000'000;
  PageOf page;
  page.number = query.integer("page", 1, kMostPages).value_or(1);
  page.size = query.integer("itemsPerPage", -1, std::int64_t{1} << 31).value_or(usual);
  page.size = page.size <= 0 ? most : std::min(page.size, most);
  ASHLAR_TRY(query.finish());
  return page;
}

ShlinkApi::ShlinkApi(LinksModule& module)
    : module_(module),
      desk_(module),
      tags_(module),
      default_authority_(authority_of(module.links.short_url(LinkRef{}))) {}

Response ShlinkApi::answer(const CountedLink& link) const {
  return json_answer([&](json::Writer& out) {
    write_short_url(out, link.link, module_.links.short_url(link.link), clicks_of(link));
  });
}

std::string ShlinkApi::host_of(std::string_view domain) const {
  if (domain == "DEFAULT" || domain == default_authority_) return {};
  const std::string key = module_.links.key_of({.host = domain, .code = {}});
  return key.empty() ? key : key.substr(0, key.size() - 1);
}

base::Result<Response> ShlinkApi::list_urls(Call& call) const {
  ForeignQuery query(call.head->query);
  CatalogQuery wanted = catalog_query(query);
  if (const auto domain = query.first("domain")) wanted.domain = host_of(*domain);
  ASHLAR_ASSIGN(const PageOf page, page_of(query, kUsualPage, kMostOnPage));
  wanted.offset = page.offset();
  wanted.limit = static_cast<std::size_t>(page.size);
  ASHLAR_ASSIGN(const CatalogPage found, desk_.list(call, wanted));
  Response response = json_answer([&](json::Writer& out) {
    out.begin_object().key("shortUrls");
    write_page(out, page, found.links.size(), found.total, [&] {
      for (const CountedLink& each : found.links) {
        write_short_url(out, each.link, module_.links.short_url(each.link), clicks_of(each));
      }
    });
    out.end_object();
  });
  tell_bound(found, response);
  return response;
}

base::Result<Response> ShlinkApi::create_url(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  CreateLinkJson json = wanted_link(body);
  const Slug slug = slug_of(body);
  if (const auto domain = body.text("domain")) json.domain = host_of(*domain);
  ASHLAR_TRY(body.finish());
  if (slug.own) json.code = slug.prefix + *slug.own;
  constexpr std::size_t kUsualLength = 6;
  if (!slug.own && (slug.length || !slug.prefix.empty())) {
    const std::size_t length = slug.length ? static_cast<std::size_t>(*slug.length) : kUsualLength;
    ASHLAR_ASSIGN(const CountedLink made,
                  desk_.create_by_chance(call, std::move(json), slug.prefix, length));
    return answer(made);
  }
  ASHLAR_ASSIGN(const CountedLink made, desk_.create(call, json));
  return answer(made);
}

namespace {

// ?domain= of the routes below a short code. Valid as long as what it is made of.
LinkRef ref_of(const Call& call, const std::string& host) {
  return {.host = host, .code = call.param(0)};
}
std::string domain_of(const Call& call) {
  return ForeignQuery(call.head->query).first("domain").value_or("");
}

}  // namespace

base::Result<Response> ShlinkApi::get_url(Call& call) const {
  const std::string host = host_of(domain_of(call));
  ASHLAR_ASSIGN(const CountedLink link, desk_.find(call, ref_of(call, host)));
  return answer(link);
}

base::Result<Response> ShlinkApi::edit_url(Call& call) const {
  const std::string host = host_of(domain_of(call));
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  const LinkPatchJson json = wanted_change(body);
  ASHLAR_TRY(body.finish());
  ASHLAR_ASSIGN(const CountedLink link, desk_.update(call, ref_of(call, host), json));
  return answer(link);
}

base::Result<Response> ShlinkApi::delete_url(Call& call) const {
  const std::string host = host_of(domain_of(call));
  ASHLAR_TRY(desk_.remove(call, ref_of(call, host)));
  return http::no_content();
}

base::Result<Response> ShlinkApi::get_rules(Call& call) const {
  const std::string host = host_of(domain_of(call));
  ASHLAR_ASSIGN(const CountedLink link, desk_.find(call, ref_of(call, host)));
  return rules_answer(link.link);
}

base::Result<Response> ShlinkApi::set_rules(Call& call) const {
  const std::string host = host_of(domain_of(call));
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  const json::Value::Array* const given = body.array("redirectRules");
  if (given == nullptr) body.fault("redirectRules", "required", "Give the list of rules.");
  ASHLAR_TRY(body.finish());
  LinkPatchJson json;
  ASHLAR_ASSIGN(json.rules, rules_from(*given));
  ASHLAR_ASSIGN(const CountedLink link, desk_.update(call, ref_of(call, host), json));
  return rules_answer(link.link);
}

}  // namespace ashlar::links::shlink
