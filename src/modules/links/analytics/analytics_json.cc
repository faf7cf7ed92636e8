#include "modules/links/analytics/analytics_json.h"

namespace ashlar::links::analytics {
namespace {

constexpr const char* kClicksDoc = "Exact, up to as_of.";
constexpr const char* kVisitorsDoc =
    "Different visitors, estimated (1.6 %); bots are none. Each day (UTC) counts its own.";
constexpr const char* kBotsDoc = "Of the clicks: those of programs.";

const json::Schema<TrafficJson>& traffic_schema() {
  static const auto kSchema =
      json::Schema<TrafficJson>("LinkTraffic", "Clicks and who made them.")
          .required("clicks", &TrafficJson::clicks, {.doc = kClicksDoc})
          .required("visitors", &TrafficJson::visitors, {.doc = kVisitorsDoc})
          .required("bots", &TrafficJson::bots, {.doc = kBotsDoc});
  return kSchema;
}

const json::Schema<TrafficPointJson>& point_schema() {
  static const auto kSchema =
      json::Schema<TrafficPointJson>("LinkTrafficPoint", "The clicks of one interval.")
          .required("start", &TrafficPointJson::start,
                    {.doc = "Its first moment: midnight in the zone for days and months."})
          .required("clicks", &TrafficPointJson::clicks, {.doc = kClicksDoc})
          .required("visitors", &TrafficPointJson::visitors, {.doc = kVisitorsDoc})
          .required("bots", &TrafficPointJson::bots, {.doc = kBotsDoc});
  return kSchema;
}

const json::Schema<TopListJson>& top_list_schema() {
  static const auto kValue =
      json::Schema<TopValueJson>("LinkTopValue", "How many clicks had a value.")
          .required("value", &TopValueJson::value, {.example = "news.example"})
          .required("clicks", &TopValueJson::clicks);
  static const auto kSchema =
      json::Schema<TopListJson>("LinkTopList", "The commonest values of one dimension.")
          .required("dimension", &TopListJson::dimension,
                    {.doc = "link (its code, after HOST/ on a domain; not of one link), or what is "
                            "known of a click.",
                     .one_of = {"link", "referrer", "country", "region", "device", "browser", "os",
                                "utm_source", "utm_medium", "utm_campaign", "utm_term",
                                "utm_content", "choice"}})
          .required("values", &TopListJson::values, kValue, {.doc = "Most clicks first."})
          .required("other", &TopListJson::other, {.doc = "Clicks of values not in the list."})
          .required("unknown", &TopListJson::unknown, {.doc = "Clicks without a value."})
          .required(
              "error", &TopListJson::error,
              {.doc = "A value may have had so many clicks more than it says, and one that is "
                      "not in the list so many in all; 0: exact."});
  return kSchema;
}

const json::Schema<DetailJson>& detail_schema() {
  static const auto kSchema =
      json::Schema<DetailJson>("LinkAnalyticsDetail",
                               "Of how many clicks more is known than that they were.")
          .required("sampled", &DetailJson::sampled,
                    {.doc = "Then bots and top lists are estimates, and visitors too few."})
          .required("one_in", &DetailJson::one_in,
                    {.doc = "The detail of one click in so many is kept (links.detail_one_in)."})
          .required("kept", &DetailJson::kept, {.doc = "Clicks whose detail was kept."})
          .required("of", &DetailJson::of, {.doc = "Clicks that they stand for."});
  return kSchema;
}

}  // namespace

const json::Schema<LinkAnalyticsJson>& link_analytics_schema() {
  static const auto kSchema =
      json::Schema<LinkAnalyticsJson>("LinkAnalytics", "Who followed a link, or many, and when.")
          .required("scope", &LinkAnalyticsJson::scope,
                    {.doc = "Whose clicks.", .one_of = {"link", "tag", "domain", "owner", "all"}})
          .required(
              "name", &LinkAnalyticsJson::name,
              {.doc = "The link's code, the tag and so on; null of all.", .example = "spring-sale"})
          .required("from", &LinkAnalyticsJson::from, {.doc = "Widened to whole intervals."})
          .required("to", &LinkAnalyticsJson::to, {.doc = "Likewise; itself not included."})
          .required("zone", &LinkAnalyticsJson::zone, {.example = "Europe/Berlin"})
          .required("interval", &LinkAnalyticsJson::interval, {.one_of = {"hour", "day", "month"}})
          .required("as_of", &LinkAnalyticsJson::as_of,
                    {.doc = "Clicks up to here are counted; later ones perhaps not yet."})
          .required("totals", &LinkAnalyticsJson::totals, traffic_schema())
          .required("detail", &LinkAnalyticsJson::detail, detail_schema())
          .required("series", &LinkAnalyticsJson::series, point_schema(),
                    {.doc = "One an interval, oldest first, zeros too."})
          .required("top", &LinkAnalyticsJson::top, top_list_schema());
  return kSchema;
}

}  // namespace ashlar::links::analytics
