#include "modules/links/analytics/analytics_wire.h"

#include <memory>
#include <vector>

#include "modules/links/analytics/analytics_api.h"
#include "modules/links/analytics/analytics_json.h"
#include "modules/links/link_call.h"

namespace ashlar::links::analytics {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::QueryParam;
using http::Tenancy;

constexpr base::Millis kDeadline{10'000};

const ErrorDoc kNotFound{404, "link_not_found",
                         "There is no such link, or it is another tenant's."};

std::vector<QueryParam> range_query(std::vector<QueryParam> more) {
  std::vector<QueryParam> all{
      {"from", "The first moment; 30 days before `to` without it.", "2026-11-01T00:00:00Z"},
      {"to", "The moment after the last; now without it.", "2026-11-22T00:00:00Z"},
      {"zone", "Where days begin: an IANA time zone; UTC without it.", "Europe/Berlin"},
      {"interval", "hour, day or month; without it what suits the range.", "day"},
      {"bots", "false leaves the clicks of bots out.", "false"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const QueryParam kTop{"top", "Values a list, 0 to 100; 10 without it.", "10"};
const QueryParam kFormat{"format", "csv or jsonl; csv without it.", "csv"};
const QueryParam kTag{"tag", "Only clicks of links with this tag.", "spring"};
const QueryParam kDomain{"domain", "Only clicks of links on this host.", "go.example"};
const ErrorDoc kNoDomain{404, "domain_not_found",
                         "There is no such domain, or it is another tenant's."};
const QueryParam kOwner{"owner", "Only clicks of this owner's links.", "ada"};

}  // namespace

http::RouteTable analytics_routes(LinksModule& module) {
  const auto api = std::make_shared<const AnalyticsApi>(module);
  http::RouteTable table;
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/links/{code}/analytics"},
      .summary = {"Who followed a link, and when."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 5,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->of_link(call); })},
      .response = &link_analytics_schema(),
      .query = range_query({kTop, kDomainOfLink}),
      .errors = {kNotFound},
  });
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/links/{code}/analytics/export"},
      .summary = {"The same as lines, for spreadsheets and programs."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 10,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->export_link(call); })},
      .response_type = "text/csv",
      .query = range_query({kFormat, kDomainOfLink}),
      .errors = {kNotFound},
  });
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/link-analytics"},
      .summary = {"Who followed the links of a tag, a domain, an owner, or all, and when."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 5,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->of_many(call); })},
      .response = &link_analytics_schema(),
      .query = range_query({kTag, kDomain, kOwner, kTop}),
      .errors = {kNoDomain},
  });
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/link-analytics/export"},
      .summary = {"The same as lines, for spreadsheets and programs."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 10,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->export_many(call); })},
      .response_type = "text/csv",
      .query = range_query({kTag, kDomain, kOwner, kFormat}),
      .errors = {kNoDomain},
  });
  return table;
}

}  // namespace ashlar::links::analytics
