#include "platform/http/cors.h"

#include <algorithm>

#include "base/text.h"
#include "platform/http/http_parser.h"

namespace ashlar::http {
namespace {

constexpr std::string_view kRequestFields =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
    "X-Api-Key, X-Request-Id, traceparent, tracestate, Ashlar-Timeout-Ms, Priority";
constexpr std::string_view kAnswerFields =
    "ETag, Link, Location, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy, "
    "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-RateLimit-Limit, "
    "X-RateLimit-Remaining, X-RateLimit-Reset, Idempotency-Replayed, Deprecation, Sunset";
constexpr std::string_view kPreflightSeconds = "600";

bool contains(const std::vector<std::string>& origins, std::string_view origin) {
  return std::find(origins.begin(), origins.end(), origin) != origins.end();
}

bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) {
      return is_valid_host(text.substr(scheme.size())) && base::ascii_lower(text) == text;
    }
  }
  return false;
}

base::Status check_origins(const std::vector<std::string>& origins) {
  for (const std::string& origin : origins) {
    if (is_origin(origin)) continue;
    return base::fail(base::Code::kInvalid, "bad_cors_origin",
                      "CORS origin \"" + origin + "\" is not like https://app.example.com");
  }
  return base::ok_status();
}

}  // namespace

base::Status CorsPolicy::check(const CorsRules& rules) {
  ASHLAR_TRY(check_origins(rules.origins));
  for (const auto& [tenant, origins] : rules.tenant_origins) ASHLAR_TRY(check_origins(origins));
  return base::ok_status();
}

bool CorsPolicy::is_on() const { return !rules_.origins.empty() || !rules_.tenant_origins.empty(); }

bool CorsPolicy::knows(std::string_view origin) const {
  return contains(rules_.origins, origin) ||
         std::any_of(rules_.tenant_origins.begin(), rules_.tenant_origins.end(),
                     [&](const auto& rule) { return contains(rule.second, origin); });
}

bool CorsPolicy::allows(std::string_view origin, std::string_view tenant) const {
  for (const auto& [name, origins] : rules_.tenant_origins) {
    if (name == tenant) return contains(origins, origin);
  }
  return contains(rules_.origins, origin);
}

Response CorsPolicy::preflight(const RequestHead& head, std::string_view allowed) const {
  Response response = no_content();
  if (!is_on()) return response;
  response.header("Vary", "Origin");
  const bool asks = !head.find("access-control-request-method").empty();
  if (!asks || head.origin.empty() || !knows(head.origin)) return response;
  response.header("Access-Control-Allow-Origin", std::string(head.origin));
  response.header("Access-Control-Allow-Methods", std::string(allowed));
  response.header("Access-Control-Allow-Headers", std::string(kRequestFields));
  response.header("Access-Control-Max-Age", std::string(kPreflightSeconds));
  return response;
}

void CorsPolicy::add_headers(std::string_view origin, std::string_view tenant,
                             HeaderList& headers) const {
  if (!is_on()) return;
  // Also where no origin was sent: a cache must not serve that answer to one that sends it.
  headers.emplace_back("Vary", "Origin");
  if (origin.empty() || !allows(origin, tenant)) return;
  headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  headers.emplace_back("Access-Control-Expose-Headers", std::string(kAnswerFields));
}

}  // namespace ashlar::http
