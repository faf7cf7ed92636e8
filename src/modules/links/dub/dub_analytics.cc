// Analytics of clicks, as Dub answers them: of a link, a tag, a domain, a tenantId (our owner) or
// the whole workspace; from the reports of analytics/report.h.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/links/analytics/report.h"
#include "modules/links/analytics/time_buckets.h"
#include "modules/links/dub/dub_api.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/links_module.h"
#include "platform/storage/database.h"
#include "platform/zone/time_zone.h"

namespace ashlar::links::dub {
namespace {

using analytics::Dimension;
using analytics::Report;
using analytics::ReportQuery;
using analytics::Subject;
using analytics::SubjectKind;
using analytics::TimeBuckets;
using http::Call;
using http::Response;

constexpr std::size_t kMostValues = 100;  // a list
constexpr base::Seconds kDay{86'400};

// What is grouped by a dimension, and what the values' field is called.
struct Group {
  std::string_view name, field;
  Dimension dimension;
};
constexpr std::array kGroups{
    Group{"countries", "country", Dimension::kCountry},
    Group{"regions", "region", Dimension::kRegion},
    Group{"devices", "device", Dimension::kDevice},
    Group{"browsers", "browser", Dimension::kBrowser},
    Group{"os", "os", Dimension::kOs},
    Group{"referers", "referer", Dimension::kReferrer},
    Group{"utm_sources", "utm_source", Dimension::kUtmSource},
    Group{"utm_mediums", "utm_medium", Dimension::kUtmMedium},
    Group{"utm_campaigns", "utm_campaign", Dimension::kUtmCampaign},
    Group{"utm_terms", "utm_term", Dimension::kUtmTerm},
    Group{"utm_contents", "utm_content", Dimension::kUtmContent},
};

// Of programs and devices: Dub's spelling of ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kSpelled{{
    {"desktop", "Desktop"},
    {"mobile", "Mobile"},
    {"tablet", "Tablet"},
    {"bot", "Bot"},
    {"other", "Unknown"},
    {"chrome", "Chrome"},
    {"safari", "Safari"},
    {"firefox", "Firefox"},
    {"edge", "Edge"},
    {"opera", "Opera"},
    {"samsung", "Samsung Browser"},
    {"ios", "iOS"},
    {"windows", "Windows"},
    {"macos", "Mac OS"},
    {"chromeos", "Chrome OS"},
    {"android", "Android"},
    {"linux", "Linux"},
}};

std::string spelled(Dimension dimension, const std::string& value) {
  const bool ours = dimension == Dimension::kDevice || dimension == Dimension::kBrowser ||
                    dimension == Dimension::kOs;
  if (!ours) return value;
  const auto* const known =
      std::ranges::find(kSpelled, value, &std::pair<std::string_view, std::string_view>::first);
  return known == kSpelled.end() ? value : std::string(known->second);
}

// Nothing is sold here.
void write_counts(json::Writer& out, std::int64_t clicks) {
  out.key("clicks").integer(clicks).key("leads").integer(0).key("sales").integer(0);
  out.key("saleAmount").integer(0);
}

std::optional<base::Time> since(std::string_view interval, base::Time now) {
  constexpr std::array<std::pair<std::string_view, int>, 6> kDays{
      {{"24h", 1}, {"7d", 7}, {"30d", 30}, {"90d", 90}, {"1y", 365}, {"all", 10 * 365}}};
  for (const auto& [name, days] : kDays) {
    if (name == interval) return now - days * kDay;
  }
  // So far in this month, quarter, year (UTC).
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const unsigned month = static_cast<unsigned>(date.month());
  const unsigned first = interval == "mtd"   ? month
                         : interval == "qtd" ? (month - 1) / 3 * 3 + 1
                         : interval == "ytd" ? 1
                                             : 0;
  if (first == 0) return std::nullopt;
  return std::chrono::sys_days(date.year() / std::chrono::month(first) / 1);
}

void refuse_what_is_not_told_apart(ForeignQuery& query) {
  for (const char* name :
       {"externalId", "folderId",    "partnerTagId", "groupId",    "partnerId",
        "customerId", "country",     "city",         "region",     "continent",
        "device",     "browser",     "os",           "trigger",    "referer",
        "refererUrl", "url",         "utm_source",   "utm_medium", "utm_campaign",
        "utm_term",   "utm_content", "root",         "saleType",   "query",
        "programId",  "qr"}) {
    if (query.first(name)) {
      query.fault(
          name, "not_supported",
          "Clicks are grouped here and not filtered, but by link, domain, tag and tenantId.");
    }
  }
  const std::string event = query.first("event").value_or("clicks");
  if (event != "clicks" && event != "composite") {
    query.fault("event", "not_supported", "Nothing but clicks is counted here.");
  }
}

void write_values(json::Writer& out, const Report& report, const Group& group) {
  for (const analytics::TopList& list : report.top) {
    if (list.dimension != group.dimension) continue;
    for (const analytics::TopValue& value : list.values) {
      out.begin_object();
      if (group.dimension == Dimension::kRegion) {
        const std::size_t dash = std::min(value.value.find('-'), value.value.size());
        out.key("country").string(value.value.substr(0, dash));
        out.key("region").string(value.value.substr(std::min(dash + 1, value.value.size())));
        out.key("city").string("*");
      } else {
        out.key(group.field).string(spelled(group.dimension, value.value));
        if (group.dimension == Dimension::kCountry) {
          out.key("region").string("*").key("city").string("*");
        }
      }
      write_counts(out, value.clicks);
      out.end_object();
    }
    if (group.dimension != Dimension::kReferrer || list.unknown == 0) continue;
    out.begin_object().key("referer").string("(direct)");
    write_counts(out, list.unknown);
    out.end_object();
  }
}

// The links themselves, most clicks first; of one link that one.
base::Result<std::vector<CountedLink>> top_links(storage::Transaction& tx, const Links& links,
                                                 const ReportQuery& query, const Report& report) {
  std::vector<CountedLink> found;
  if (query.subject.kind == SubjectKind::kLink) {
    ASHLAR_ASSIGN(Link link, links.find(tx, query.link));
    found.push_back({.link = std::move(link), .clicks = report.totals.clicks});
    return found;
  }
  for (const analytics::TopList& list : report.top) {
    if (list.dimension != Dimension::kLink) continue;
    for (const analytics::TopValue& value : list.values) {
      base::Result<Link> link = links.find(tx, ref_of_key(value.value));
      if (link.ok()) {
        found.push_back({.link = std::move(*link), .clicks = value.clicks});
      } else if (link.error().code != base::Code::kNotFound) {
        return link.error();
      }
    }
  }
  return found;
}

void write_urls(json::Writer& out, const std::vector<CountedLink>& links) {
  std::map<std::string, std::int64_t> urls;
  for (const CountedLink& each : links) urls[each.link.url] += each.clicks;
  std::vector<std::pair<std::string, std::int64_t>> sorted(urls.begin(), urls.end());
  std::ranges::stable_sort(sorted, std::greater<>(), &std::pair<std::string, std::int64_t>::second);
  for (const auto& [url, clicks] : sorted) {
    out.begin_object().key("url").string(url);
    write_counts(out, clicks);
    out.end_object();
  }
}

}  // namespace

base::Result<DubApi::Question> DubApi::question_of(const Call& call) const {
  ForeignQuery query(call.head->query);
  refuse_what_is_not_told_apart(query);
  Question question;
  question.group = query.first("groupBy").value_or("count");
  const bool known = question.group == "count" || question.group == "timeseries" ||
                     question.group == "top_links" || question.group == "top_urls" ||
                     std::ranges::find(kGroups, question.group, &Group::name) != kGroups.end();
  if (!known) query.fault("groupBy", "not_supported", "Clicks are not grouped by this here.");
  question.link_id = query.first("linkId").value_or("");
  question.domain = query.first("domain");
  question.key = query.first("key").value_or("");
  std::vector<std::string> tags = list_of(query, "tagId");
  for (std::string& tag : list_of(query, "tagIds")) tags.push_back(std::move(tag));
  if (!tags.empty()) question.tag = tags.front();
  question.owner = query.first("tenantId").value_or("");
  const int scopes = static_cast<int>(!question.link_id.empty()) +
                     static_cast<int>(question.domain.has_value()) + static_cast<int>(tags.size()) +
                     static_cast<int>(!question.owner.empty());
  if (scopes > 1 || (!question.key.empty() && !question.domain)) {
    query.fault(
        "domain", "one_scope",
        "Ask for a link, a domain, a tag or a tenantId, not for several at once; a key goes "
        "with its domain.");
  }
  const base::Time now = module_.clock.now();
  const base::Time until = query.time("end").value_or(now);
  const auto interval = since(query.first("interval").value_or("24h"), now);
  if (!interval) query.fault("interval", "not_allowed", "There is no such interval.");
  const base::Time from = query.time("start").value_or(interval.value_or(now));
  const auto zone = module_.zones.find(query.first("timezone").value_or("UTC"));
  if (!zone.ok() && zone.error().code != base::Code::kInvalid) return zone.error();
  if (!zone.ok()) query.fault("timezone", "zone_unknown", "Give an IANA time zone: Europe/Berlin.");
  ASHLAR_TRY(query.finish());
  ASHLAR_ASSIGN(question.buckets,
                TimeBuckets::cut(**zone, analytics::interval_for(from, until), from, until));
  return question;
}

base::Result<ReportQuery> DubApi::report_query(storage::Transaction& tx,
                                               const Question& question) const {
  ReportQuery query{.top = kMostValues};
  const std::string host = host_of(question.domain.value_or(""));
  if (!question.link_id.empty() || !question.key.empty()) {
    const LinkRef ref = question.key.empty() ? ref_of_foreign_id(question.link_id)
                                             : LinkRef{.host = host, .code = question.key};
    ASHLAR_ASSIGN(const Link link, module_.links.find(tx, ref));
    query.subject = Subject::link(link.id);
    query.link = link.id;
  } else if (question.domain) {
    ASHLAR_ASSIGN(const DomainId domain, module_.links.domain_of(tx, host));
    query.subject = Subject::domain(domain.value);
  } else if (!question.tag.empty()) {
    query.subject = Subject::tag(question.tag);
  } else if (!question.owner.empty()) {
    query.subject = Subject::owner(question.owner);
  }
  return query;
}

void DubApi::write_top_links(json::Writer& out, const std::vector<CountedLink>& links) const {
  for (const CountedLink& each : links) {
    const Link& link = each.link;
    const std::string id = foreign_id(link);
    out.begin_object().key("link").string(id).key("id").string(id).key("domain");
    out.string(link.domain_host.empty() ? own_domain_ : link.domain_host);
    out.key("key").string(link.code).key("shortLink").string(module_.links.short_url(link));
    out.key("url").string(link.url).key("createdAt").string(base::format_rfc3339(link.created_at));
    write_counts(out, each.clicks);
    out.end_object();
  }
}

base::Result<Response> DubApi::analytics(Call& call) const {
  ASHLAR_ASSIGN(const Question question, question_of(call));
  Report report;
  std::vector<CountedLink> links;
  const bool of_links = question.group == "top_links" || question.group == "top_urls";
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const ReportQuery query, report_query(tx, question));
    ASHLAR_ASSIGN(report, analytics::read_report(tx, query, *question.buckets,
                                                 module_.recorder.flushed_until()));
    if (!of_links) return base::ok_status();
    ASHLAR_ASSIGN(links, top_links(tx, module_.links, query, report));
    return base::ok_status();
  }));
  std::string body;
  json::Writer out(body);
  if (question.group == "count") {
    out.begin_object();
    write_counts(out, report.totals.clicks);
    out.end_object();
    return http::json_text(200, std::move(body));
  }
  out.begin_array();
  for (std::size_t i = 0; question.group == "timeseries" && i < report.series.size(); ++i) {
    out.begin_object().key("start").string(base::format_rfc3339(question.buckets->starts()[i]));
    write_counts(out, report.series[i].clicks);
    out.end_object();
  }
  const auto* const group = std::ranges::find(kGroups, question.group, &Group::name);
  if (group != kGroups.end()) write_values(out, report, *group);
  if (question.group == "top_links") write_top_links(out, links);
  if (question.group == "top_urls") write_urls(out, links);
  out.end_array();
  return http::json_text(200, std::move(body));
}

}  // namespace ashlar::links::dub
