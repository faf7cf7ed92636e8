#include "modules/links/analytics/analytics_api.h"

#include <array>
#include <charconv>
#include <utility>

#include "modules/links/analytics/analytics_export.h"
#include "modules/links/analytics/analytics_json.h"
#include "modules/links/link_call.h"
#include "modules/links/links_module.h"
#include "platform/http/call.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"
#include "platform/zone/time_zone.h"

namespace ashlar::links::analytics {
namespace {

constexpr base::Seconds kDefaultRange{30 * 86'400};
constexpr std::size_t kDefaultTop = 10;
constexpr std::size_t kMaxTop = 100;
constexpr std::size_t kExportedTop = 1'000;

// What ?scope may be given of many links.
constexpr std::array<std::pair<SubjectKind, std::string_view>, 3> kScopes{
    {{SubjectKind::kTag, "tag"}, {SubjectKind::kDomain, "domain"}, {SubjectKind::kOwner, "owner"}}};

base::Result<base::Time> time_of(const http::Call& call, std::string_view name,
                                 base::Time otherwise) {
  const std::optional<std::string_view> text = call.query_value(name);
  if (!text) return otherwise;
  const std::optional<base::Time> time = base::parse_rfc3339(*text);
  if (time) return *time;
  return http::bad_query("?" + std::string(name), "bad_timestamp",
                         "Give a time as RFC 3339: 2026-11-22T00:00:00Z.");
}

base::Result<std::size_t> top_of(const http::Call& call) {
  const std::optional<std::string_view> text = call.query_value("top");
  if (!text) return kDefaultTop;
  std::size_t value = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  if (read.ec == std::errc() && read.ptr == text->data() + text->size() && value <= kMaxTop) {
    return value;
  }
  return http::bad_query("?top", "out_of_range", "Give a whole number from 0 to 100.");
}

TrafficJson json_of(const Traffic& traffic) {
  return {traffic.clicks, traffic.visitors, traffic.bots};
}

}  // namespace

base::Status AnalyticsApi::cut_range(const http::Call& call, Question& question) const {
  const base::Time now = module_.clock.now();
  ASHLAR_ASSIGN(const base::Time until, time_of(call, "to", now));
  ASHLAR_ASSIGN(const base::Time from, time_of(call, "from", until - kDefaultRange));
  question.zone = call.query_value("zone").value_or("UTC");
  const auto zone = module_.zones.find(question.zone);
  if (!zone.ok()) {
    if (zone.error().code != base::Code::kInvalid) return zone.error();
    return http::bad_query("?zone", "zone_unknown", "Give an IANA time zone: Europe/Berlin.");
  }
  question.interval = interval_for(from, until);
  if (const auto name = call.query_value("interval")) {
    const std::optional<Interval> interval = interval_named(*name);
    if (!interval) {
      return http::bad_query("?interval", "not_allowed", "Give hour, day or month.");
    }
    question.interval = *interval;
  }
  ASHLAR_ASSIGN(question.buckets, TimeBuckets::cut(**zone, question.interval, from, until));
  return base::ok_status();
}

base::Result<AnalyticsApi::Question> AnalyticsApi::question_of(const http::Call& call,
                                                               bool of_link) const {
  Question question;
  ASHLAR_TRY(cut_range(call, question));
  ASHLAR_ASSIGN(question.top, top_of(call));
  if (const auto bots = call.query_value("bots")) {
    if (*bots != "true" && *bots != "false") {
      return http::bad_query("?bots", "not_allowed", "Give true or false.");
    }
    question.bots = *bots == "true";
  }
  if (of_link) {
    question.kind = SubjectKind::kLink;
    question.scope = "link";
    question.name = call.param(0);
    return question;
  }
  for (const auto& [kind, scope] : kScopes) {
    const std::optional<std::string_view> name = call.query_value(scope);
    if (!name) continue;
    if (question.name) {
      return http::bad_query("?" + std::string(scope), "one_scope",
                             "Ask for a tag, a domain or an owner, not for several at once.");
    }
    question.kind = kind;
    question.scope = scope;
    question.name = *name;
  }
  return question;
}

base::Result<ReportQuery> AnalyticsApi::query_of(storage::Transaction& tx, const http::Call& call,
                                                 const Question& question) const {
  ReportQuery query{.bots = question.bots, .top = question.top, .seed = module_.entropy.u64()};
  switch (question.kind) {
    case SubjectKind::kLink: {
      ASHLAR_ASSIGN(const Link link, module_.links.find(tx, link_ref_of(call)));
      query.subject = Subject::link(link.id);
      query.link = link.id;
      break;
    }
    case SubjectKind::kDomain: {
      ASHLAR_ASSIGN(const DomainId domain, module_.links.domain_of(tx, *question.name));
      query.subject = Subject::domain(domain.value);
      break;
    }
    case SubjectKind::kTag:
      query.subject = Subject::tag(*question.name);
      break;
    case SubjectKind::kOwner:
      query.subject = Subject::owner(*question.name);
      break;
    case SubjectKind::kTenant:
      break;
  }
  return query;
}

base::Result<LinkAnalyticsJson> AnalyticsApi::answer(const http::Call& call,
                                                     const Question& question) const {
  Report report;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const ReportQuery query, query_of(tx, call, question));
    ASHLAR_ASSIGN(report,
                  read_report(tx, query, *question.buckets, module_.recorder.flushed_until()));
    return base::ok_status();
  }));
  LinkAnalyticsJson json;
  json.scope = question.scope;
  json.name = question.name;
  json.from = question.buckets->from();
  json.to = question.buckets->until();
  json.zone = question.zone;
  json.interval = name_of(question.interval);
  json.as_of = report.as_of;
  json.totals = json_of(report.totals);
  json.detail = {report.kept < report.told, module_.recorder.detail_one_in(), report.kept,
                 report.told};
  const std::vector<base::Time>& starts = question.buckets->starts();
  json.series.reserve(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const Traffic& traffic = report.series[i];
    json.series.push_back({starts[i], traffic.clicks, traffic.visitors, traffic.bots});
  }
  for (TopList& list : report.top) {
    TopListJson& to = json.top.emplace_back();
    to.dimension = name_of(list.dimension);
    to.other = list.other;
    to.unknown = list.unknown;
    to.error = list.error;
    for (TopValue& value : list.values) to.values.push_back({std::move(value.value), value.clicks});
  }
  return json;
}

base::Result<http::Response> AnalyticsApi::of_link(http::Call& call) const {
  ASHLAR_ASSIGN(const Question question, question_of(call, true));
  ASHLAR_ASSIGN(const LinkAnalyticsJson json, answer(call, question));
  return http::json_response(200, link_analytics_schema(), json);
}

base::Result<http::Response> AnalyticsApi::of_many(http::Call& call) const {
  ASHLAR_ASSIGN(const Question question, question_of(call, false));
  ASHLAR_ASSIGN(const LinkAnalyticsJson json, answer(call, question));
  return http::json_response(200, link_analytics_schema(), json);
}

base::Result<http::Response> AnalyticsApi::exported(const http::Call& call,
                                                    Question question) const {
  const std::string_view format = call.query_value("format").value_or("csv");
  if (format != "csv" && format != "jsonl") {
    return http::bad_query("?format", "not_allowed", "A format is csv or jsonl.");
  }
  question.top = kExportedTop;
  ASHLAR_ASSIGN(const LinkAnalyticsJson json, answer(call, question));
  if (format == "csv") return http::Response{200, "text/csv; charset=utf-8", {}, as_csv(json)};
  return http::Response{200, "application/jsonl", {}, as_json_lines(json)};
}

base::Result<http::Response> AnalyticsApi::export_link(http::Call& call) const {
  ASHLAR_ASSIGN(Question question, question_of(call, true));
  return exported(call, std::move(question));
}

base::Result<http::Response> AnalyticsApi::export_many(http::Call& call) const {
  ASHLAR_ASSIGN(Question question, question_of(call, false));
  return exported(call, std::move(question));
}

}  // namespace ashlar::links::analytics
