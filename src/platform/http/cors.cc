#include "platform/http/cors.h"

#include <algorithm>

#include "platform/http/http_parser.h"

namespace ashlar::http {
namespace {

bool names(const std::vector<std::string>& origins, std::string_view origin) {
  return std::ranges::find(origins, origin) != origins.end();
}

}  // namespace

bool CorsPolicy::is_on() const {
  return !rules_.origins.empty() || !rules_.tenant_origins.empty();
}

const std::vector<std::string>& CorsPolicy::rule_for(std::string_view tenant) const {
  for (const auto& [name, origins] : rules_.tenant_origins) {
    if (name == tenant) return origins;
  }
  return rules_.origins;
}

bool CorsPolicy::any_rule_allows(std::string_view origin) const {
  return names(rules_.origins, origin) ||
         std::ranges::any_of(rules_.tenant_origins,
                             [&](const auto& rule) { return names(rule.second, origin); });
}

Response CorsPolicy::preflight(const RequestHead& head, std::string_view allowed) const {
  Response response = no_content();
  if (!is_on()) return response;
  response.header("Vary", "Origin");
  const bool asked = !head.find("access-control-request-method").empty();
  if (!asked || head.origin.empty() || !any_rule_allows(head.origin)) return response;
  response.header("Access-Control-Allow-Origin", std::string(head.origin))
      .header("Access-Control-Allow-Methods", std::string(allowed))
      .header("Access-Control-Allow-Headers",
              "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
              "X-Request-Id, traceparent, tracestate")
      .header("Access-Control-Max-Age", "600");
  return response;
}

void CorsPolicy::add_headers(std::string_view origin, std::string_view tenant,
                             Headers& headers) const {
  if (!is_on()) return;
  headers.emplace_back("Vary", "Origin");
  if (origin.empty() || !names(rule_for(tenant), origin)) return;
  headers.emplace_back("Access-Control-Allow-Origin", origin);
  headers.emplace_back("Access-Control-Expose-Headers",
                       "ETag, Link, Location, Retry-After, X-Request-Id, Idempotency-Replayed");
}

}  // namespace ashlar::http
