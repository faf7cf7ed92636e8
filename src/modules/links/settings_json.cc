#include "modules/links/settings_json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "platform/json/writer.h"

namespace ashlar::links {
namespace {

constexpr json::Choices kDevices{"desktop", "mobile", "tablet", "bot", "other"};
constexpr json::Choices kSystems{"ios",   "android",  "windows", "macos",
                                 "linux", "chromeos", "other"};
constexpr json::Choices kBrowsers{"chrome", "safari",  "firefox", "edge",
                                  "opera",  "samsung", "other"};

constexpr std::size_t kMaxListed = 50;
constexpr std::size_t kMaxQueryConditions = 10;

const json::Schema<QueryConditionJson>& query_condition_schema() {
  static const auto kSchema =
      json::Schema<QueryConditionJson>("QueryCondition", "A parameter that the visit's query has.")
          .required("name", &QueryConditionJson::name,
                    {.min_length = 1, .max_length = 100, .example = "ref"})
          .optional("value", &QueryConditionJson::value,
                    {.doc = "Exactly this value; null: whichever.", .max_length = 200});
  return kSchema;
}

template <class Named>
std::uint8_t mask_of(const std::vector<std::string>& names, Named named) {
  std::uint8_t mask = 0;
  for (const std::string& name : names) mask |= static_cast<std::uint8_t>(*named(name));
  return mask;
}

template <class T>
std::vector<std::string> names_in(std::uint8_t mask) {
  std::vector<std::string> names;
  for (unsigned bit = 1; bit <= 64; bit <<= 1) {
    if ((mask & bit) != 0) names.emplace_back(name_of(static_cast<T>(bit)));
  }
  return names;
}

RedirectRule rule_of(const RuleJson& json) {
  RedirectRule rule;
  rule.url = json.url;
  rule.devices = mask_of(json.devices, device_named);
  rule.systems = mask_of(json.os, os_named);
  rule.browsers = mask_of(json.browsers, browser_named);
  rule.languages = json.languages;
  rule.from = json.from;
  rule.until = json.until;
  for (const QueryConditionJson& condition : json.query) {
    rule.query.push_back({condition.name, condition.value});
  }
  for (std::string country : json.countries) {
    for (char& letter : country) letter = static_cast<char>(letter & ~0x20);  // upper case
    rule.countries.push_back(std::move(country));
  }
  return rule;
}

RuleJson json_of(const RedirectRule& rule) {
  RuleJson json;
  json.url = rule.url;
  json.devices = names_in<Device>(rule.devices);
  json.os = names_in<Os>(rule.systems);
  json.browsers = names_in<Browser>(rule.browsers);
  json.languages = rule.languages;
  json.from = rule.from;
  json.until = rule.until;
  for (const QueryCondition& condition : rule.query) {
    json.query.push_back({condition.name, condition.value});
  }
  json.countries = rule.countries;
  return json;
}

// As LinkSettings, member by member; what is not there is not written.
struct StoredSettings {
  json::Patch<base::Time> valid_from;
  json::Patch<std::string> expired_url;
  json::Patch<std::int64_t> max_clicks;
  json::Patch<std::string> password;
  json::Patch<bool> forward_query;
  json::Patch<std::vector<RuleJson>> rules;
  json::Patch<std::vector<VariantJson>> variants;
  json::Patch<std::string> title;
  json::Patch<std::string> notes;
  json::Patch<std::string> owner;
  json::Patch<std::vector<std::string>> tags;
  json::Patch<bool> archived;
  json::Patch<std::string> flag;
  json::Patch<std::vector<std::string>> flag_reasons;
};

const json::Schema<StoredSettings>& stored_schema() {
  static const auto kSchema =
      json::Schema<StoredSettings>("StoredLinkSettings", "A row of links_settings.")
          .optional("valid_from", &StoredSettings::valid_from)
          .optional("expired_url", &StoredSettings::expired_url)
          .optional("max_clicks", &StoredSettings::max_clicks)
          .optional("password", &StoredSettings::password)
          .optional("forward_query", &StoredSettings::forward_query)
          .optional("rules", &StoredSettings::rules, rule_schema())
          .optional("variants", &StoredSettings::variants, variant_schema())
          .optional("title", &StoredSettings::title)
          .optional("notes", &StoredSettings::notes)
          .optional("owner", &StoredSettings::owner)
          .optional("tags", &StoredSettings::tags)
          .optional("archived", &StoredSettings::archived)
          .optional("flag", &StoredSettings::flag)
          .optional("flag_reasons", &StoredSettings::flag_reasons);
  return kSchema;
}

template <class T>
void store(const T& value, json::Patch<T>& to) {
  if (value != T()) to = value;
}

template <class T, class U>
void take(const json::Patch<T>& from, U& to) {
  if (from) to = *from;
}

}  // namespace

const json::Schema<RuleJson>& rule_schema() {
  static const auto kSchema =
      json::Schema<RuleJson>(
          "RedirectRule",
          "Where visits lead for which all of the given conditions hold; at least one is given. A "
          "condition with several values holds when one of them does.")
          .required("url", &RuleJson::url,
                    {.doc = "As the link's own.", .example = "https://example.com/de"})
          .optional("devices", &RuleJson::devices,
                    {.doc = "As the User-Agent tells.", .max_items = 5, .one_of = kDevices})
          .optional("os", &RuleJson::os, {.max_items = 7, .one_of = kSystems})
          .optional("browsers", &RuleJson::browsers, {.max_items = 7, .one_of = kBrowsers})
          .optional("languages", &RuleJson::languages,
                    {.doc = "Of the language that Accept-Language likes best: \"de\" takes \"de\" "
                            "and \"de-AT\" (RFC 4647, basic filtering).",
                     .max_length = 35,
                     .pattern = "^[A-Za-z][A-Za-z0-9-]*$",
                     .max_items = kMaxListed,
                     .example = "de"})
          .optional("from", &RuleJson::from, {.doc = "Not before."})
          .optional("until", &RuleJson::until, {.doc = "Not from then on."})
          .optional("query", &RuleJson::query, query_condition_schema(),
                    {.doc = "All of these.", .max_items = kMaxQueryConditions})
          .optional("countries", &RuleJson::countries,
                    {.doc = "Of the visitor's address (ISO 3166-1 alpha-2), as far as the server's "
                            "links.geoip_file knows it.",
                     .pattern = "^[A-Za-z][A-Za-z]$",
                     .max_items = kMaxListed,
                     .example = "DE"});
  return kSchema;
}

const json::Schema<VariantJson>& variant_schema() {
  static const auto kSchema =
      json::Schema<VariantJson>("LinkVariant",
                                "One of several targets among which visits are divided.")
          .required("url", &VariantJson::url,
                    {.doc = "As the link's own.", .example = "https://example.com/b"})
          .optional("weight", &VariantJson::weight,
                    {.doc = "Its share is its weight among the sum of all.",
                     .min = 1,
                     .max = kMaxWeight});
  return kSchema;
}

std::vector<RedirectRule> rules_of(const std::vector<RuleJson>& rules) {
  std::vector<RedirectRule> out;
  out.reserve(rules.size());
  for (const RuleJson& rule : rules) out.push_back(rule_of(rule));
  return out;
}

std::vector<Variant> variants_of(const std::vector<VariantJson>& variants) {
  std::vector<Variant> out;
  out.reserve(variants.size());
  for (const VariantJson& variant : variants) out.push_back({variant.url, variant.weight});
  return out;
}

std::vector<RuleJson> json_of(const std::vector<RedirectRule>& rules) {
  std::vector<RuleJson> out;
  out.reserve(rules.size());
  for (const RedirectRule& rule : rules) out.push_back(json_of(rule));
  return out;
}

std::vector<VariantJson> json_of(const std::vector<Variant>& variants) {
  std::vector<VariantJson> out;
  out.reserve(variants.size());
  for (const Variant& variant : variants) out.push_back({variant.url, variant.weight});
  return out;
}

std::string stored_settings(const LinkSettings& settings) {
  StoredSettings stored;
  if (settings.valid_from) stored.valid_from = *settings.valid_from;
  if (settings.max_clicks) stored.max_clicks = *settings.max_clicks;
  store(settings.expired_url, stored.expired_url);
  store(settings.password_hash, stored.password);
  store(settings.forward_query, stored.forward_query);
  if (!settings.rules.empty()) stored.rules = json_of(settings.rules);
  if (!settings.variants.empty()) stored.variants = json_of(settings.variants);
  store(settings.title, stored.title);
  store(settings.notes, stored.notes);
  store(settings.owner, stored.owner);
  store(settings.tags, stored.tags);
  store(settings.archived, stored.archived);
  if (settings.flag.state != FlagState::kNone)
    stored.flag = std::string(name_of(settings.flag.state));
  store(settings.flag.reasons, stored.flag_reasons);
  std::string text;
  json::Writer writer(text);
  stored_schema().write(writer, stored);
  return text;
}

base::Result<LinkSettings> settings_from_stored(std::string_view text) {
  const base::Result<StoredSettings> stored = stored_schema().parse_body(text);
  if (!stored.ok()) {
    return base::fail(base::Code::kInternal, "bad_settings", stored.error().detail);
  }
  LinkSettings settings;
  take(stored->valid_from, settings.valid_from);
  take(stored->expired_url, settings.expired_url);
  take(stored->max_clicks, settings.max_clicks);
  take(stored->password, settings.password_hash);
  take(stored->forward_query, settings.forward_query);
  if (stored->rules) settings.rules = rules_of(*stored->rules);
  if (stored->variants) settings.variants = variants_of(*stored->variants);
  take(stored->title, settings.title);
  take(stored->notes, settings.notes);
  take(stored->owner, settings.owner);
  take(stored->tags, settings.tags);
  take(stored->archived, settings.archived);
  if (stored->flag) settings.flag.state = flag_state_of(*stored->flag).value_or(FlagState::kNone);
  take(stored->flag_reasons, settings.flag.reasons);
  return settings;
}

}  // namespace ashlar::links
