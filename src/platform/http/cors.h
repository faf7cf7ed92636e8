// CorsPolicy: which other web sites' scripts may read our answers (WHATWG Fetch, 3.2).
//
// Off unless origins are configured. Never with credentials: a script of another site brings an API
// key or reads what is public, but never rides on the console's cookie; the fields that it may set
// leave out Ashlar-Tenant and X-Requested-With, which only the console sends.
//
// A preflight carries no key, so it cannot say which tenant it is for: it is granted when any rule
// knows the origin. The answer itself is readable only by the origins of the caller's tenant.
//
// Immutable; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/http/response.h"
#include "platform/http/response_head.h"
#include "platform/http/server_options.h"

namespace ashlar::http {

struct RequestHead;

class CorsPolicy {
 public:
  explicit CorsPolicy(CorsRules rules) : rules_(std::move(rules)) {}

  // Error: kInvalid bad_cors_origin, naming the first that no browser would send: an origin is
  // "https://app.example.com[:port]", in lower case, without a path, not "*" or "null".
  static base::Status check(const CorsRules& rules);

  // The answer to OPTIONS on a path that answers to `allowed` ("GET, HEAD, PATCH").
  [[nodiscard]] Response preflight(const RequestHead& head, std::string_view allowed) const;

  // Adds what lets `origin` read an answer of that tenant ("" for none), and Vary.
  void add_headers(std::string_view origin, std::string_view tenant, HeaderList& headers) const;

 private:
  [[nodiscard]] bool is_on() const;
  [[nodiscard]] bool knows(std::string_view origin) const;
  [[nodiscard]] bool allows(std::string_view origin, std::string_view tenant) const;

  CorsRules rules_;
};

}  // namespace ashlar::http
