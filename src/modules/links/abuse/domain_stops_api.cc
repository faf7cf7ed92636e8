// The operator's hand on domains: whose pages are not followed.
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/links/abuse/abuse_api.h"
#include "modules/links/abuse/domain_stops_json.h"
#include "modules/links/links_module.h"
#include "modules/links/target.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"

namespace ashlar::links::abuse {
namespace {

constexpr http::CursorScope kStopScope{"links.domain-stops", 0};

// As domains are spelled; what is no host is nobody's.
std::string host_in(std::string_view given) { return canonical_host(given).value_or("-"); }

}  // namespace

base::Result<http::Response> AbuseApi::list_stops(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  base::TenantId after;
  std::string after_host;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  (cursors_.decode<std::int64_t, std::string>(kStopScope, *cursor)));
    after = base::TenantId(std::get<0>(position));
    after_host = std::get<1>(position);
  }
  ASHLAR_ASSIGN(std::vector<DomainStop> found,
                module_.domain_stops.list(after, after_host, limit + 1));
  json::Page<DomainStopJson> body;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    ASHLAR_ASSIGN(body.next_cursor,
                  cursors_.encode(kStopScope, found.back().tenant.value, found.back().host));
  }
  for (const DomainStop& each : found) body.data.push_back(json_of(each));
  return http::page_response(call, domain_stop_page_schema(), body);
}

base::Result<http::Response> AbuseApi::put_stop(http::Call& call) const {
  ASHLAR_ASSIGN(const NewDomainStopJson wanted, new_domain_stop_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const DomainStop stop,
                module_.domain_stops.stop(host_in(wanted.domain), wanted.note));
  return http::json_response(200, domain_stop_schema(), json_of(stop));
}

base::Result<http::Response> AbuseApi::remove_stop(http::Call& call) const {
  ASHLAR_TRY(module_.domain_stops.release(host_in(call.param(0))));
  return http::no_content();
}

}  // namespace ashlar::links::abuse
