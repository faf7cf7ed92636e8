#include "modules/links/links_json.h"

namespace ashlar::links {
namespace {

constexpr const char* kUrlDoc =
    "Where the link leads: an http or https URL of at most 2,048 bytes, not one of this service.";
constexpr const char* kStatusDoc =
    "How it redirects. Browsers keep 301 and 308 for a while, so their clicks are seen only in "
    "part.";
constexpr const char* kExpiryDoc = "From then on it answers 410. In the future, or null for never.";

const json::Choices kStatuses{301, 302, 307, 308};

}  // namespace

const json::Schema<NewLink>& create_link_schema() {
  static const auto kSchema =
      json::Schema<NewLink>("CreateLink", "What to shorten.")
          .required("url", &NewLink::url,
                    {.doc = kUrlDoc, .example = "https://example.com/a/long/path?of=no&return"})
          .optional(
              "code", &NewLink::code,
              {.doc = "Your own code: 3 to 64 letters, digits, '-' or '_'. Upper and lower case "
                      "differ. Without it a code of 6 or 7 characters is made.",
               .example = "spring-sale"})
          .optional("status", &NewLink::status, {.doc = kStatusDoc, .one_of = kStatuses})
          .optional("expires_at", &NewLink::expires_at, {.doc = kExpiryDoc});
  return kSchema;
}

const json::Schema<LinkPatchJson>& update_link_schema() {
  static const auto kSchema =
      json::Schema<LinkPatchJson>("UpdateLink",
                                  "What to change; the rest stays. A code never changes.")
          .optional("url", &LinkPatchJson::url, {.doc = kUrlDoc})
          .optional("status", &LinkPatchJson::status, {.doc = kStatusDoc, .one_of = kStatuses})
          .optional("expires_at", &LinkPatchJson::expires_at, {.doc = kExpiryDoc})
          .optional("enabled", &LinkPatchJson::enabled, {.doc = "A disabled link answers 410."});
  return kSchema;
}

const json::Schema<LinkJson>& link_schema() {
  static const auto kSchema =
      json::Schema<LinkJson>("Link", "A short code that leads to a URL.")
          .required("code", &LinkJson::code,
                    {.doc = "Unique on its domain.", .example = "spring-sale"})
          .required("short_url", &LinkJson::short_url,
                    {.doc = "What to hand out.", .example = "https://sho.rt/spring-sale"})
          .required("url", &LinkJson::url,
                    {.doc = "Where it leads, percent-encoded where needed.",
                     .example = "https://example.com/a/long/path"})
          .required("status", &LinkJson::status, {.doc = kStatusDoc, .one_of = kStatuses})
          .required("expires_at", &LinkJson::expires_at, {.doc = "From then on it answers 410."})
          .required("enabled", &LinkJson::enabled, {.doc = "A disabled link answers 410."})
          .required("created_at", &LinkJson::created_at)
          .required("updated_at", &LinkJson::updated_at,
                    {.doc = "Of the last change; clicks are none."})
          .required("clicks", &LinkJson::clicks,
                    {.doc = "Counted so far; under heavy load some seconds behind."});
  return kSchema;
}

const json::Schema<json::Page<LinkJson>>& link_page_schema() {
  static const auto kSchema = json::page_schema(link_schema());
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

}  // namespace ashlar::links
