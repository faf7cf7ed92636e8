#include "modules/links/links_json.h"

#include <algorithm>
#include <utility>

#include "modules/links/link_passwords.h"
#include "modules/links/link_ref.h"

namespace ashlar::links {
namespace {

constexpr const char* kUrlDoc =
    "Where the link leads: an http or https URL of at most 2,048 bytes, not one of this service.";
constexpr const char* kStatusDoc =
    "How it redirects. Browsers keep 301 and 308 for a while, so their clicks are seen only in "
    "part.";
constexpr const char* kExpiryDoc = "From then on it answers 410. In the future, or null for never.";

const json::Choices kStatuses{301, 302, 307, 308};

constexpr const char* kValidFromDoc = "Before it the link answers as if it were not there.";
constexpr const char* kExpiredUrlDoc =
    "Where the link leads once it has expired or is used up; without it, it answers 410.";
constexpr const char* kMaxClicksDoc =
    "So many visitors pass, exactly, however many come at once; then the link is used up.";
constexpr const char* kPasswordDoc = "Visitors are asked for it. It is kept as a hash alone.";
constexpr const char* kForwardDoc = "Appends the visit's query to the target.";
constexpr const char* kRulesDoc =
    "The first whose conditions hold says where the visit leads; without one, a variant or url.";
constexpr const char* kVariantsDoc =
    "Two or more, among which visits are divided that no rule takes; none: they go to url.";
constexpr const char* kTagsDoc = "For finding links. Upper and lower case differ.";
constexpr const char* kArchivedDoc = "Put away: still followed; ?archived=false hides it in lists.";

constexpr const char* kFlagDoc =
    "none; suspected: before the operator, and followed; flagged: visitors get a warning instead; "
    "cleared: the operator has found it harmless.";
constexpr const char* kWarningsDoc =
    "What was noticed: look_alike, mixed_scripts, name_inside, open_redirect, many_nested_urls, "
    "reports, operator, denied, list:MALWARE and the like.";
const json::Choices kFlags{"none", "suspected", "flagged", "cleared"};

constexpr std::size_t kMaxTitle = 200;
constexpr std::size_t kMaxNotes = 2'000;
constexpr std::size_t kMaxOwner = 100;
constexpr std::size_t kMaxUtm = 200;

const json::Schema<Utm>& utm_schema() {
  static const auto kSchema =
      json::Schema<Utm>("Utm", "Parameters for web analytics, put into url (utm_source and so on).")
          .optional("source", &Utm::source, {.max_length = kMaxUtm, .example = "newsletter"})
          .optional("medium", &Utm::medium, {.max_length = kMaxUtm, .example = "email"})
          .optional("campaign", &Utm::campaign, {.max_length = kMaxUtm, .example = "spring"})
          .optional("term", &Utm::term, {.max_length = kMaxUtm})
          .optional("content", &Utm::content, {.max_length = kMaxUtm});
  return kSchema;
}

// What a body that creates and one that changes say of a link's settings in the same words.
template <class T>
void add_settings(json::Schema<T>& schema) {
  schema.optional("valid_from", &T::valid_from, {.doc = kValidFromDoc})
      .optional("expired_url", &T::expired_url, {.doc = kExpiredUrlDoc})
      .optional("max_clicks", &T::max_clicks,
                {.doc = kMaxClicksDoc, .min = 1, .max = kMaxClickLimit})
      .optional("password", &T::password,
                {.doc = kPasswordDoc,
                 .min_length = kMinPasswordChars,
                 .max_length = kMaxPasswordChars,
                 .format = "password"})
      .optional("forward_query", &T::forward_query, {.doc = kForwardDoc})
      .optional("rules", &T::rules, rule_schema(), {.doc = kRulesDoc, .max_items = kMaxRules})
      .optional("variants", &T::variants, variant_schema(),
                {.doc = kVariantsDoc, .max_items = kMaxVariants})
      .optional("title", &T::title, {.max_length = kMaxTitle})
      .optional("notes", &T::notes, {.doc = "For yourselves.", .max_length = kMaxNotes})
      .optional("owner", &T::owner,
                {.doc = "Whose it is, in words of your own.", .max_length = kMaxOwner})
      .optional("tags", &T::tags,
                {.doc = kTagsDoc,
                 .min_length = 1,
                 .max_length = kMaxTagChars,
                 .max_items = kMaxTags,
                 .example = "spring"})
      .optional("archived", &T::archived, {.doc = kArchivedDoc});
}

json::Schema<CreateLinkJson> make_create_link_schema() {
  auto schema =
      json::Schema<CreateLinkJson>("CreateLink", "What to shorten.")
          .required("url", &CreateLinkJson::url,
                    {.doc = kUrlDoc, .example = "https://example.com/a/long/path?of=no&return"})
          .optional(
              "code", &CreateLinkJson::code,
              {.doc = "Your own code: 3 to 64 letters, digits, '-' or '_'. Upper and lower case "
                      "differ. Without it a code of 6 or 7 characters is made.",
               .example = "spring-sale"})
          .optional("domain", &CreateLinkJson::domain,
                    {.doc = "The host of one of your domains; without it, or with null, the "
                            "installation's own.",
                     .max_length = kMaxDomainHostBytes + 1,
                     .example = "go.example"})
          .optional("status", &CreateLinkJson::status, {.doc = kStatusDoc, .one_of = kStatuses})
          .optional("expires_at", &CreateLinkJson::expires_at, {.doc = kExpiryDoc})
          .optional("utm", &CreateLinkJson::utm, utm_schema())
          .optional(
              "find_if_exists", &CreateLinkJson::find_if_exists,
              {.doc = "Answers 200 with the newest link that does the same, if there is one."})
          .optional("fetch_title", &CreateLinkJson::fetch_title,
                    {.doc = "Without a title: the page is asked for its own, some seconds later."});
  add_settings(schema);
  return schema;
}

json::Schema<LinkPatchJson> make_update_link_schema() {
  auto schema =
      json::Schema<LinkPatchJson>("UpdateLink",
                                  "What to change; the rest stays. A code never changes.")
          .optional("url", &LinkPatchJson::url, {.doc = kUrlDoc})
          .optional("status", &LinkPatchJson::status, {.doc = kStatusDoc, .one_of = kStatuses})
          .optional("expires_at", &LinkPatchJson::expires_at, {.doc = kExpiryDoc})
          .optional("enabled", &LinkPatchJson::enabled, {.doc = "A disabled link answers 410."});
  add_settings(schema);
  return schema;
}

json::Schema<LinkJson> make_link_schema(const char* name) {
  auto schema =
      json::Schema<LinkJson>(name, "A short code that leads to a URL.")
          .required("code", &LinkJson::code,
                    {.doc = "Unique on its domain.", .example = "spring-sale"})
          .required("domain", &LinkJson::domain,
                    {.doc = "The host of its domain; null: the installation's own.",
                     .example = "go.example"})
          .required("short_url", &LinkJson::short_url,
                    {.doc = "What to hand out.", .example = "https://sho.rt/spring-sale"})
          .required("url", &LinkJson::url,
                    {.doc = "Where it leads, percent-encoded where needed.",
                     .example = "https://example.com/a/long/path"})
          .required("status", &LinkJson::status, {.doc = kStatusDoc, .one_of = kStatuses})
          .required("expires_at", &LinkJson::expires_at, {.doc = "From then on it answers 410."})
          .required("enabled", &LinkJson::enabled, {.doc = "A disabled link answers 410."})
          .required("valid_from", &LinkJson::valid_from, {.doc = kValidFromDoc})
          .required("expired_url", &LinkJson::expired_url, {.doc = kExpiredUrlDoc})
          .required("max_clicks", &LinkJson::max_clicks, {.doc = kMaxClicksDoc})
          .required("clicks_left", &LinkJson::clicks_left,
                    {.doc = "Of max_clicks; null where any number may pass."})
          .required("has_password", &LinkJson::has_password, {.doc = "Visitors are asked for one."})
          .required("forward_query", &LinkJson::forward_query, {.doc = kForwardDoc})
          .required("rules", &LinkJson::rules, rule_schema(), {.doc = kRulesDoc})
          .required("variants", &LinkJson::variants, variant_schema(), {.doc = kVariantsDoc})
          .required("title", &LinkJson::title)
          .required("notes", &LinkJson::notes)
          .required("owner", &LinkJson::owner)
          .required("tags", &LinkJson::tags, {.doc = kTagsDoc})
          .required("archived", &LinkJson::archived, {.doc = kArchivedDoc})
          .required("flag", &LinkJson::flag, {.doc = kFlagDoc, .one_of = kFlags})
          .required("warnings", &LinkJson::warnings, {.doc = kWarningsDoc})
          .required("created_at", &LinkJson::created_at)
          .required("updated_at", &LinkJson::updated_at,
                    {.doc = "Of the last change; clicks are none."});
  return schema;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

template <class T>
std::optional<T> given(const json::Patch<T>& patch) {
  return patch ? std::optional<T>(*patch) : std::nullopt;
}

std::optional<std::string> given_text(const json::Patch<std::optional<std::string>>& patch) {
  return patch ? std::optional(patch->value_or("")) : std::nullopt;
}

}  // namespace

const json::Schema<CreateLinkJson>& create_link_schema() {
  static const auto kSchema = make_create_link_schema();
  return kSchema;
}

const json::Schema<LinkPatchJson>& update_link_schema() {
  static const auto kSchema = make_update_link_schema();
  return kSchema;
}

NewLink new_link_of(const CreateLinkJson& json, std::string password_hash) {
  NewLink link{.url = json.utm ? with_utm(json.url, *json.utm) : json.url,
               .code = json.code,
               .status = json.status,
               .expires_at = json.expires_at,
               .domain = json.domain.value_or(""),
               .find_if_exists = json.find_if_exists};
  LinkSettings& settings = link.settings;
  settings.valid_from = json.valid_from;
  settings.expired_url = json.expired_url.value_or("");
  settings.max_clicks = json.max_clicks;
  settings.password_hash = std::move(password_hash);
  settings.forward_query = json.forward_query;
  settings.rules = rules_of(json.rules);
  settings.variants = variants_of(json.variants);
  settings.title = json.title.value_or("");
  settings.notes = json.notes.value_or("");
  settings.owner = json.owner.value_or("");
  settings.tags = json.tags;
  settings.archived = json.archived;
  return link;
}

LinkChange change_of(const LinkPatchJson& json, std::string password_hash) {
  LinkChange change{.url = given(json.url),
                    .status = given(json.status),
                    .expires_at = given(json.expires_at),
                    .enabled = given(json.enabled)};
  SettingsChange& settings = change.settings;
  settings.valid_from = given(json.valid_from);
  settings.expired_url = given_text(json.expired_url);
  settings.max_clicks = given(json.max_clicks);
  if (json.password) settings.password_hash = std::move(password_hash);
  settings.forward_query = given(json.forward_query);
  if (json.rules) settings.rules = rules_of(*json.rules);
  if (json.variants) settings.variants = variants_of(*json.variants);
  settings.title = given_text(json.title);
  settings.notes = given_text(json.notes);
  settings.owner = given_text(json.owner);
  settings.tags = given(json.tags);
  settings.archived = given(json.archived);
  return change;
}

LinkJson json_of(const Link& link, std::string short_url, std::int64_t clicks) {
  const LinkSettings& settings = link.settings;
  LinkJson json;
  json.code = link.code;
  json.domain = unless_empty(link.domain_host);
  json.short_url = std::move(short_url);
  json.url = link.url;
  json.status = link.status;
  json.expires_at = link.expires_at;
  json.enabled = link.enabled;
  json.valid_from = settings.valid_from;
  json.expired_url = unless_empty(settings.expired_url);
  json.max_clicks = settings.max_clicks;
  if (settings.max_clicks) {
    json.clicks_left = std::max<std::int64_t>(*settings.max_clicks - link.clicks_used, 0);
  }
  json.has_password = !settings.password_hash.empty();
  json.forward_query = settings.forward_query;
  json.rules = json_of(settings.rules);
  json.variants = json_of(settings.variants);
  json.title = unless_empty(settings.title);
  json.notes = unless_empty(settings.notes);
  json.owner = unless_empty(settings.owner);
  json.tags = settings.tags;
  json.archived = settings.archived;
  json.flag = name_of(settings.flag.state);
  json.warnings = settings.flag.reasons;
  json.created_at = link.created_at;
  json.updated_at = link.updated_at;
  json.clicks = clicks;
  return json;
}

const json::Schema<LinkJson>& link_schema() {
  static const auto kSchema = make_link_schema("Link").required(
      "clicks", &LinkJson::clicks,
      {.doc = "Counted so far; under heavy load some seconds behind."});
  return kSchema;
}

const json::Schema<LinkJson>& link_event_schema() {
  static const auto kSchema = make_link_schema("LinkEventData");
  return kSchema;
}

const json::Schema<json::Page<LinkJson>>& link_page_schema() {
  static const auto kSchema = json::page_schema(link_schema());
  return kSchema;
}

const json::Schema<json::Page<LinkTagJson>>& link_tag_page_schema() {
  static const auto kItem =
      json::Schema<LinkTagJson>("LinkTag", "A tag of links.")
          .required("tag", &LinkTagJson::tag, {.example = "spring"})
          .required("links", &LinkTagJson::links, {.doc = "How many have it."});
  static const auto kSchema = json::page_schema(kItem);
  return kSchema;
}

namespace {

const json::Schema<ClickBucketJson>& click_bucket_schema() {
  static const auto kSchema =
      json::Schema<ClickBucketJson>("ClickBucket", "The clicks of one hour or day.")
          .required("start", &ClickBucketJson::start, {.doc = "Its first moment, UTC."})
          .required("clicks", &ClickBucketJson::clicks);
  return kSchema;
}

}  // namespace

const json::Schema<ClickStatsJson>& click_stats_schema() {
  static const auto kSchema =
      json::Schema<ClickStatsJson>("ClickStats", "How often a link was followed.")
          .required("code", &ClickStatsJson::code)
          .required("clicks", &ClickStatsJson::clicks, {.doc = "In all."})
          .required("as_of", &ClickStatsJson::as_of,
                    {.doc = "Clicks up to here are counted; later ones perhaps not yet."})
          .required("by_hour", &ClickStatsJson::by_hour, click_bucket_schema(),
                    {.doc = "The last 48 hours, this one included, oldest first."})
          .required("by_day", &ClickStatsJson::by_day, click_bucket_schema(),
                    {.doc = "The last 90 days (UTC), this one included, oldest first."});
  return kSchema;
}

const json::Schema<ClickJson>& click_schema() {
  static const auto kSchema =
      json::Schema<ClickJson>("Click", "One click, without anything that tells who it was.")
          .required("at", &ClickJson::at)
          .required("referrer", &ClickJson::referrer,
                    {.doc = "Host of the page that it came from, where the browser told.",
                     .example = "news.example"})
          .required("agent", &ClickJson::agent,
                    {.doc = "Kind of program.", .one_of = {"browser", "mobile", "bot", "other"}});
  return kSchema;
}

const json::Schema<json::Page<ClickJson>>& click_page_schema() {
  static const auto kSchema = json::page_schema(click_schema());
  return kSchema;
}

const json::Schema<ResetClicksJson>& reset_clicks_schema() {
  static const auto kSchema =
      json::Schema<ResetClicksJson>("ResetClicks", "What was forgotten of a link.")
          .required("deleted", &ResetClicksJson::deleted, {.doc = "Clicks that were counted."});
  return kSchema;
}

}  // namespace ashlar::links
