#include "modules/links/dub/dub_link.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/utm.h"

namespace ashlar::links::dub {
namespace {

constexpr std::array<const char*, 5> kUtm{"utm_source", "utm_medium", "utm_campaign", "utm_term",
                                          "utm_content"};

void write_text(json::Writer& out, std::string_view key, std::string_view text) {
  out.key(key);
  text.empty() ? out.null() : out.string(text);
}

void write_time(json::Writer& out, std::string_view key, const std::optional<base::Time>& time) {
  out.key(key);
  time ? out.string(base::format_rfc3339(*time)) : out.null();
}

std::string_view query_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const std::size_t mark = url.find('?');
  return mark == std::string_view::npos ? std::string_view() : url.substr(mark + 1);
}

// A rule that has the condition given and no other.
bool is_for(const RuleJson& rule, std::size_t systems, std::size_t countries) {
  return rule.os.size() == systems && rule.countries.size() == countries && rule.devices.empty() &&
         rule.browsers.empty() && rule.languages.empty() && rule.query.empty() && !rule.from &&
         !rule.until;
}
bool is_for_system(const RuleJson& rule, std::string_view system) {
  return is_for(rule, 1, 0) && rule.os.front() == system;
}
bool is_for_country(const RuleJson& rule) { return is_for(rule, 0, 1); }

std::string system_url(const std::vector<RuleJson>& rules, std::string_view system) {
  const auto rule = std::ranges::find_if(
      rules, [&](const RuleJson& each) { return is_for_system(each, system); });
  return rule == rules.end() ? std::string() : rule->url;
}

void write_geo(json::Writer& out, const std::vector<RuleJson>& rules) {
  out.key("geo");
  if (std::ranges::none_of(rules, is_for_country)) {
    out.null();
    return;
  }
  out.begin_object();
  std::vector<std::string> seen;
  for (const RuleJson& rule : rules) {
    if (!is_for_country(rule)) continue;
    // The first of a country is the one that counts.
    if (std::ranges::find(seen, rule.countries.front()) != seen.end()) continue;
    seen.push_back(rule.countries.front());
    out.key(rule.countries.front()).string(rule.url);
  }
  out.end_object();
}

void write_variants(json::Writer& out, const std::vector<Variant>& variants) {
  out.key("testVariants");
  if (variants.empty()) {
    out.null();
    return;
  }
  std::int64_t all = 0;
  for (const Variant& variant : variants) all += variant.weight;
  out.begin_array();
  for (const Variant& variant : variants) {
    out.begin_object().key("url").string(variant.url).key("percentage");
    const double percentage =
        100.0 * static_cast<double>(variant.weight) / static_cast<double>(all);
    out.real(std::round(percentage * 100) / 100).end_object();
  }
  out.end_array();
}

void write_tags(json::Writer& out, const std::vector<std::string>& tags,
                const TagDesk::Colors& colors) {
  write_text(out, "tagId", tags.empty() ? "" : tags.front());
  out.key("tags").begin_array();
  for (const std::string& tag : tags) {
    const auto color = colors.find(tag);
    write_tag(out, tag, color == colors.end() ? "" : color->second);
  }
  out.end_array();
}

// What nothing here is made of.
void write_absent(json::Writer& out) {
  for (const char* name :
       {"externalId", "programId", "partnerId", "description", "image", "video", "folderId",
        "userId", "testStartedAt", "testCompletedAt", "lastClicked"}) {
    out.key(name).null();
  }
  for (const char* name : {"trackConversion", "proxy", "rewrite", "doIndex", "publicStats"}) {
    out.key(name).boolean(false);
  }
  for (const char* name : {"leads", "conversions", "sales", "saleAmount"}) {
    out.key(name).integer(0);
  }
  out.key("webhookIds").begin_array().end_array();
}

void set_rule(std::vector<RuleJson>& rules, const std::string& system, const std::string& url) {
  std::erase_if(rules, [&](const RuleJson& each) { return is_for_system(each, system); });
  if (url.empty()) return;
  RuleJson rule;
  rule.url = url;
  rule.os = {system};
  rules.push_back(std::move(rule));
}

void take_geo(ForeignBody& body, std::vector<RuleJson>& rules) {
  std::erase_if(rules, is_for_country);
  const json::Value::Object* const geo = body.object("geo");
  for (std::size_t i = 0; geo != nullptr && i < geo->size(); ++i) {
    const auto& [country, url] = (*geo)[i];
    if (url.if_string() == nullptr) {
      body.fault("geo", "wrong_type", "Give a URL for each country.");
      return;
    }
    RuleJson rule;
    rule.url = *url.if_string();
    rule.countries = {country};
    rules.push_back(std::move(rule));
  }
}

// Whether it says anything of the rules.
bool take_rules(ForeignBody& body, std::vector<RuleJson>& rules) {
  bool any = false;
  for (const char* system : {"ios", "android"}) {
    if (!body.has(system)) continue;
    any = true;
    set_rule(rules, system, body.text(system).value_or(""));
  }
  if (body.has("geo")) {
    any = true;
    take_geo(body, rules);
  }
  return any;
}

std::vector<VariantJson> variants_from(ForeignBody& body) {
  std::vector<VariantJson> variants;
  const json::Value::Array* const given = body.array("testVariants");
  for (std::size_t i = 0; given != nullptr && i < given->size(); ++i) {
    ForeignBody each((*given)[i]);
    const std::optional<std::string> url = each.text("url");
    const std::optional<std::int64_t> weight = each.integer("percentage");
    if (!url || !weight || *weight < 1 || *weight > 100) {
      body.fault("testVariants", "not_allowed",
                 "A variant has a url and a whole percentage from 1 to 100.");
      break;
    }
    variants.push_back({.url = *url, .weight = *weight});
  }
  return variants;
}

std::optional<std::vector<std::string>> tags_from(ForeignBody& body) {
  for (const char* name : {"tagIds", "tagNames", "tagId"}) {
    if (!body.has(name)) continue;
    std::vector<std::string> tags = body.texts(name).value_or(std::vector<std::string>());
    std::erase(tags, "");
    return tags;
  }
  return std::nullopt;
}

std::optional<std::string> nullable(ForeignBody& body, const char* name) {
  std::optional<std::string> text = body.text(name);
  if (text && text->empty()) text.reset();
  return text;
}

// With its utm_ parameters where any are given.
std::string url_with_parameters(ForeignBody& body, std::string url) {
  Utm utm;
  utm.source = nullable(body, "utm_source");
  utm.medium = nullable(body, "utm_medium");
  utm.campaign = nullable(body, "utm_campaign");
  utm.term = nullable(body, "utm_term");
  utm.content = nullable(body, "utm_content");
  url = with_utm(url, utm);
  return url;
}

void refuse_what_is_not_done(ForeignBody& body) {
  for (const char* name : {"externalId", "programId", "partnerId", "folderId", "ref"}) {
    const std::optional<std::string> text = body.text(name);
    if (text && !text->empty()) body.fault(name, "not_supported", "This server does not keep it.");
  }
  for (const char* name : {"trackConversion", "proxy", "rewrite"}) {
    if (body.boolean(name).value_or(false)) {
      body.fault(name, "not_supported", "This server does not do that.");
    }
  }
  const json::Value::Array* const webhooks = body.array("webhookIds");
  if (webhooks != nullptr && !webhooks->empty()) {
    body.fault("webhookIds", "not_supported", "Webhooks are told of all links here.");
  }
}

}  // namespace

void write_tag(json::Writer& out, std::string_view name, std::string_view color) {
  out.begin_object().key("id").string(name).key("name").string(name);
  out.key("color").string(color.empty() ? "gray" : color).end_object();
}

void write_link(json::Writer& out, const CountedLink& counted, const DubAddresses& addresses,
                const TagDesk::Colors& colors, std::string_view workspace) {
  const Link& link = counted.link;
  const LinkSettings& settings = link.settings;
  const std::vector<RuleJson> rules = json_of(settings.rules);
  const std::string host = link.domain_host.empty() ? addresses.own_domain : link.domain_host;
  const std::string id = link.domain_host.empty() ? link.code : link.domain_host + "~" + link.code;
  out.begin_object().key("id").string(id).key("domain").string(host).key("key").string(link.code);
  out.key("url").string(link.url).key("shortLink").string(addresses.short_url);
  out.key("qrCode").string(addresses.qr_url + base::percent_encode(addresses.short_url));
  out.key("archived").boolean(settings.archived);
  write_time(out, "expiresAt", link.expires_at);
  write_text(out, "expiredUrl", settings.expired_url);
  write_time(out, "disabledAt",
             link.enabled ? std::nullopt : std::optional<base::Time>(link.updated_at));
  write_text(out, "password", settings.password_hash.empty() ? "" : kSomePassword);
  write_text(out, "title", settings.title);
  write_text(out, "comments", settings.notes);
  write_text(out, "tenantId", settings.owner);
  write_text(out, "ios", system_url(rules, "ios"));
  write_text(out, "android", system_url(rules, "android"));
  write_geo(out, rules);
  write_variants(out, settings.variants);
  write_tags(out, settings.tags, colors);
  const ForeignQuery query(query_of(link.url));
  for (const char* name : kUtm) write_text(out, name, query.first(name).value_or(""));
  write_absent(out);
  out.key("workspaceId").string("ws_" + std::string(workspace));
  out.key("projectId").string(workspace).key("clicks").integer(counted.clicks);
  out.key("createdAt").string(base::format_rfc3339(link.created_at));
  out.key("updatedAt").string(base::format_rfc3339(link.updated_at)).end_object();
}

WantedLink wanted_link(ForeignBody& body) {
  constexpr std::int64_t kLeast = 3;
  constexpr std::int64_t kMost = 64;
  WantedLink wanted;
  CreateLinkJson& json = wanted.link;
  refuse_what_is_not_done(body);
  json.url = url_with_parameters(body, body.text("url").value_or(""));
  if (json.url.empty()) body.fault("url", "required", "Give the URL.");
  json.code = nullable(body, "key");
  json.domain = nullable(body, "domain");
  json.archived = body.boolean("archived").value_or(false);
  json.expires_at = body.time("expiresAt");
  json.expired_url = nullable(body, "expiredUrl");
  json.password = nullable(body, "password");
  json.title = nullable(body, "title");
  json.notes = nullable(body, "comments");
  json.owner = nullable(body, "tenantId");
  json.tags = tags_from(body).value_or(std::vector<std::string>());
  json.variants = variants_from(body);
  take_rules(body, json.rules);
  wanted.prefix = body.text("prefix").value_or("");
  if (const auto length = body.integer("keyLength")) {
    if (*length < kLeast || *length > kMost) {
      body.fault("keyLength", "out_of_range", "A key by chance has 3 to 64 characters.");
    } else {
      wanted.length = static_cast<std::size_t>(*length);
    }
  }
  return wanted;
}

LinkPatchJson wanted_change(ForeignBody& body, const Link& now) {
  LinkPatchJson json;
  refuse_what_is_not_done(body);
  const bool utm = std::ranges::any_of(kUtm, [&](const char* name) { return body.has(name); });
  const std::optional<std::string> url = body.text("url");
  if (url || utm) json.url = url_with_parameters(body, url.value_or(now.url));
  if (const auto key = body.text("key"); key && *key != now.code) {
    body.fault("key", "not_allowed", "The key of a link never changes; make another link.");
  }
  if (const auto archived = body.boolean("archived")) json.archived = *archived;
  if (body.has("expiresAt")) json.expires_at = body.time("expiresAt");
  if (body.has("expiredUrl")) json.expired_url = nullable(body, "expiredUrl");
  if (body.has("password") && body.text("password") != kSomePassword) {
    json.password = nullable(body, "password");
  }
  if (body.has("title")) json.title = nullable(body, "title");
  if (body.has("comments")) json.notes = nullable(body, "comments");
  if (body.has("tenantId")) json.owner = nullable(body, "tenantId");
  if (const auto tags = tags_from(body)) json.tags = *tags;
  if (body.has("testVariants")) json.variants = variants_from(body);
  std::vector<RuleJson> rules = json_of(now.settings.rules);
  if (take_rules(body, rules)) json.rules = std::move(rules);
  return json;
}

}  // namespace ashlar::links::dub
