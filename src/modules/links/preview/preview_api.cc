#include "modules/links/preview/preview_api.h"

#include <optional>
#include <string>
#include <utility>

#include "modules/links/field_errors.h"
#include "modules/links/link_call.h"
#include "modules/links/links_module.h"
#include "modules/links/preview/link_preview.h"
#include "modules/links/preview/preview_json.h"
#include "modules/links/variant_draw.h"
#include "platform/http/call.h"
#include "platform/http/ip_address.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr base::Millis kDeadline{10'000};

std::optional<std::string> unless_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

// The visitor; the visit's views point into what was asked.
struct Described {
  std::string address;
  Geo geo;
  Visit visit;
};

base::Result<Described> describe(const LinksModule& module, const Link& link,
                                 const PreviewAskJson& ask) {
  Described who;
  if (ask.ip) {
    const auto address = http::parse_ip(*ask.ip);
    if (!address) {
      FieldErrors errors;
      errors.add("/ip", "bad_format", "That is no IP address.");
      ASHLAR_TRY(errors.status());
    }
    who.address = address->to_string();
    who.geo = module.geo.lookup(*address).value_or(Geo());
  }
  if (ask.country) {
    std::string country = *ask.country;
    for (char& letter : country) letter = static_cast<char>(letter & ~0x20);  // upper case
    if (country != who.geo.country) who.geo = {.country = std::move(country), .region = {}};
  }
  who.visit.agent = read_visitor_agent(ask.user_agent);
  who.visit.language = preferred_language(ask.accept_language);
  who.visit.query = ask.query;
  who.visit.now = ask.time.value_or(module.clock.now());
  who.visit.draw =
      variant_draw(module.visitor_key, link.id, who.address, ask.user_agent, who.visit.now);
  return who;
}

PreviewJson json_of(const LinkPreview& seen, const Link& link, const Described& who) {
  PreviewJson json;
  json.status = seen.status;
  json.url = seen.url;
  json.why = name_of(seen.why);
  if (seen.index) json.index = static_cast<std::int64_t>(*seen.index);
  json.asks_password = !link.settings.password_hash.empty();
  json.visitor = {.device = std::string(name_of(who.visit.agent.device)),
                  .os = std::string(name_of(who.visit.agent.os)),
                  .browser = std::string(name_of(who.visit.agent.browser)),
                  .language = unless_empty(std::string(who.visit.language)),
                  .country = unless_empty(who.geo.country),
                  .region = unless_empty(who.geo.region)};
  for (std::size_t i = 0; i < seen.rules.size(); ++i) {
    json.rules.push_back({.url = link.settings.rules[i].url,
                          .holds = seen.rules[i].holds,
                          .failing = {seen.rules[i].failing.begin(), seen.rules[i].failing.end()}});
  }
  std::int64_t weights = 0;
  for (const Variant& variant : link.settings.variants) weights += variant.weight;
  for (const Variant& variant : link.settings.variants) {
    json.variants.push_back(
        {variant.url, static_cast<double>(variant.weight) / static_cast<double>(weights)});
  }
  return json;
}

base::Result<http::Response> show(LinksModule& module, const http::Call& call) {
  ASHLAR_ASSIGN(const PreviewAskJson ask, preview_ask_schema().parse_body(call.body));
  Link link;
  ASHLAR_TRY(module.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(link, module.links.find(tx, link_ref_of(call)));
    return base::ok_status();
  }));
  if (ask.rules) link.settings.rules = rules_of(*ask.rules);
  if (ask.variants) link.settings.variants = variants_of(*ask.variants);
  ASHLAR_ASSIGN(Described who, describe(module, link, ask));
  who.visit.country = who.geo.country;  // a view of what stays where it is from here on
  const LinkPreview seen = preview(link, who.visit, ask.ip.has_value());
  return http::json_response(200, preview_schema(), json_of(seen, link, who));
}

}  // namespace

http::RouteTable preview_routes(LinksModule& module) {
  http::RouteTable table;
  table.push_back({
      .method = http::Method::kPost,
      .path = {"/v1/links/{code}/preview"},
      .summary = {"Tell where a link would lead a visitor, and why; nothing is counted."},
      .module = {"links"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 1,
      .idempotency = http::Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([&module](http::Call& call) { return show(module, call); })},
      .request = &preview_ask_schema(),
      .response = &preview_schema(),
      .query = {kDomainOfLink},
      .errors = {{404, "link_not_found", "There is no such link, or it is another tenant's."}},
  });
  return table;
}

}  // namespace ashlar::links
