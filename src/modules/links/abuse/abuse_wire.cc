// The table of what keeps links from doing harm.
#include <memory>
#include <utility>

#include "modules/links/abuse/abuse_api.h"
#include "modules/links/abuse/abuse_json.h"
#include "modules/links/abuse/domain_stops_json.h"
#include "modules/links/link_call.h"
#include "platform/http/call.h"

namespace ashlar::links::abuse {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;

constexpr base::Millis kDeadline{10'000};

const ErrorDoc kNotFound{404, "link_not_found",
                         "There is no such link, or it is another tenant's."};
const ErrorDoc kNoDomain{404, "domain_not_found", "The tenant has no such domain."};
const ErrorDoc kNoReview{404, "review_not_found", "There is no such review."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kMalformed{422, "denial_malformed", "The host is neither a name nor an address."};
const ErrorDoc kExists{409, "denial_exists", "The host is on the list already."};
const ErrorDoc kTooMany{409, "too_many_denials", "The list has 10,000 entries."};
const ErrorDoc kNoDenial{404, "denial_not_found", "The host is not on the list."};

using Api = std::shared_ptr<AbuseApi>;

http::Route row(Method method, std::string_view path, std::string_view summary,
                http::WorkerHandler handler) {
  const bool reads = method == Method::kGet;
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = {"links"},
          .tenancy = Tenancy::kTenant,
          .scope = {reads ? "links:read" : "links:write"},
          .cost = reads ? 1 : 2,
          .idempotency = Idempotency::kNatural,
          .deadline = kDeadline,
          .handler = {std::move(handler)}};
}

http::Route platform_row(Method method, std::string_view path, std::string_view summary,
                         http::WorkerHandler handler) {
  http::Route route = row(method, path, summary, std::move(handler));
  route.tenancy = Tenancy::kPlatform;
  route.scope = {""};
  return route;
}

http::Route visitors_row(Method method, std::string_view summary, http::WorkerHandler handler) {
  http::Route route = row(method, "/{code}/report", summary, std::move(handler));
  route.tenancy = Tenancy::kPublic;
  route.scope = {""};
  route.raw_query = true;
  route.lane = http::Lane::kLookup;
  route.errors = {{404, "link_not_found", "There is no link with this code."}};
  return route;
}

using MakeRow = http::Route (*)(Method, std::string_view, std::string_view, http::WorkerHandler);

struct DenialPaths {
  std::string_view list;
  std::string_view one;
  std::string_view whose[3];
};
constexpr DenialPaths kTenants{
    "/v1/link-denials",
    "/v1/link-denials/{host}",
    {"List the hosts that your links may not lead to.",
     "Deny your links a host, or all below a name.", "Allow a host again."}};
constexpr DenialPaths kOperators{
    "/v1/operator-link-denials",
    "/v1/operator-link-denials/{host}",
    {"List the hosts that nobody's links may lead to.",
     "Deny everybody's links a host, or all below a name.", "Allow everybody a host again."}};

void add_denial_routes(http::RouteTable& table, const Api& api, const DenialPaths& paths,
                       MakeRow make) {
  table.push_back(make(Method::kGet, paths.list, paths.whose[0],
                       [api](Call& call) { return api->list_denials(call); }));
  table.back().response = &denial_page_schema();
  table.back().errors = {kBadCursor};
  table.back().paged = true;
  table.push_back(make(Method::kPost, paths.list, paths.whose[1],
                       [api](Call& call) { return api->add_denial(call); }));
  table.back().request = &new_denial_schema();
  table.back().response = &denial_schema();
  table.back().success = 201;
  table.back().errors = {kMalformed, kExists, kTooMany};
  table.push_back(make(Method::kDelete, paths.one, paths.whose[2],
                       [api](Call& call) { return api->remove_denial(call); }));
  table.back().success = 204;
  table.back().errors = {kNoDenial};
}

void add_owner_routes(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kGet, "/v1/links/{code}/review",
                      "Whether a link is flagged or suspected, why, and what was decided.",
                      [api](Call& call) { return api->review_of_link(call); }));
  table.back().response = &link_review_schema();
  table.back().query = {kDomainOfLink};
  table.back().errors = {kNotFound, kNoDomain};
  table.push_back(row(Method::kPost, "/v1/links/{code}/appeal",
                      "Ask the operator to look again at a flagged link.",
                      [api](Call& call) { return api->appeal(call); }));
  table.back().request = &appeal_schema();
  table.back().response = &link_review_schema();
  table.back().success = 202;
  table.back().query = {kDomainOfLink};
  table.back().errors = {kNotFound,
                         kNoDomain,
                         {409, "link_not_flagged", "The link is not flagged."},
                         {409, "appeal_pending", "The last appeal has not been decided on yet."},
                         {409, "appealed_lately", "The last appeal is not a day old."}};
}

void add_operator_routes(http::RouteTable& table, const Api& api) {
  table.push_back(platform_row(Method::kGet, "/v1/link-reviews",
                               "List links to be judged, those first that wait longest.",
                               [api](Call& call) { return api->list_reviews(call); }));
  table.back().response = &review_page_schema();
  table.back().query = {{"status", "open, flagged, cleared or lapsed; open without it.", "open"}};
  table.back().errors = {kBadCursor};
  table.back().paged = true;
  table.push_back(platform_row(Method::kPost, "/v1/link-reviews",
                               "Put a link into the queue that nobody has reported.",
                               [api](Call& call) { return api->open_review(call); }));
  table.back().request = &open_review_schema();
  table.back().response = &review_detail_schema();
  table.back().errors = {{404, "link_not_found", "There is no link with this code."}};
  table.push_back(platform_row(Method::kGet, "/v1/link-reviews/{id}",
                               "One of them, with what visitors report.",
                               [api](Call& call) { return api->get_review(call); }));
  table.back().response = &review_detail_schema();
  table.back().errors = {kNoReview};
  table.push_back(platform_row(Method::kPost, "/v1/link-reviews/{id}/decide",
                               "Flag the link, or clear it; every process follows at once.",
                               [api](Call& call) { return api->decide(call); }));
  table.back().request = &decide_schema();
  table.back().response = &review_detail_schema();
  table.back().errors = {kNoReview, kNotFound};
}

void add_stop_routes(http::RouteTable& table, const Api& api) {
  constexpr const char* kPath = "/v1/operator-link-domain-stops";
  const ErrorDoc nowhere{404, "domain_not_found", "Links are followed on no such domain."};
  table.push_back(platform_row(Method::kGet, kPath, "List domains whose pages are not followed.",
                               [api](Call& call) { return api->list_stops(call); }));
  table.back().response = &domain_stop_page_schema();
  table.back().errors = {kBadCursor};
  table.back().paged = true;
  table.push_back(platform_row(Method::kPost, kPath,
                               "Stop following a domain's root_url and not_found_url.",
                               [api](Call& call) { return api->put_stop(call); }));
  table.back().request = &new_domain_stop_schema();
  table.back().response = &domain_stop_schema();
  table.back().errors = {nowhere};
  table.push_back(platform_row(Method::kDelete, "/v1/operator-link-domain-stops/{domain}",
                               "Follow a domain's pages again, whatever lists hold of them now.",
                               [api](Call& call) { return api->remove_stop(call); }));
  table.back().success = 204;
  table.back().errors = {nowhere};
}

void add_visitor_routes(http::RouteTable& table, const Api& api) {
  table.push_back(visitors_row(Method::kGet, "The page on which visitors report a link.",
                               [api](Call& call) { return api->report_page(call); }));
  table.back().response_type = "text/html; charset=utf-8";
  table.back().errors.push_back({406, "not_acceptable", "Only browsers get the page."});
  table.push_back(visitors_row(Method::kPost, "Report a link: a form, or JSON.",
                               [api](Call& call) { return api->report(call); }));
  table.back().response = &reported_schema();
  table.back().success = 202;
  table.back().errors.push_back({429, "too_many_reports", "Too many came, or from one address."});
  table.back().raw_body = true;
  table.back().max_body_bytes = std::size_t{8} * 1024;
}

}  // namespace

http::RouteTable abuse_routes(LinksModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<AbuseApi>(module, cursors);
  http::RouteTable table;
  add_denial_routes(table, api, kTenants, row);
  add_denial_routes(table, api, kOperators, platform_row);
  add_owner_routes(table, api);
  add_operator_routes(table, api);
  add_stop_routes(table, api);
  add_visitor_routes(table, api);
  return table;
}

}  // namespace ashlar::links::abuse
