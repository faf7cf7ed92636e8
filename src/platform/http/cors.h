// CorsPolicy: which web pages of other origins may call the API. Off until configured.
//
// A preflight carries no credentials, so its tenant is unknown: it is allowed when any rule names the
// origin. The answer itself is readable only where the tenant's own rule (or, without one, the common
// rule) names it. Cookies never cross: Access-Control-Allow-Credentials is not sent, so the console's
// session stays on its own origin. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/response.h"
#include "platform/http/server_options.h"

namespace ashlar::http {

struct RequestHead;

class CorsPolicy {
 public:
  explicit CorsPolicy(CorsRules rules) : rules_(std::move(rules)) {}

  // For OPTIONS at an address that has other methods, `allowed` ("GET, HEAD, POST").
  [[nodiscard]] Response preflight(const RequestHead& head, std::string_view allowed) const;

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // `tenant` empty: no tenant is known; the common rule decides.
  void add_headers(std::string_view origin, std::string_view tenant, Headers& headers) const;

 private:
  [[nodiscard]] bool is_on() const;
  [[nodiscard]] const std::vector<std::string>& rule_for(std::string_view tenant) const;
  [[nodiscard]] bool any_rule_allows(std::string_view origin) const;

  const CorsRules rules_;
};

}  // namespace ashlar::http
