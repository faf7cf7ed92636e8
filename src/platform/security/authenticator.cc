#include "platform/security/authenticator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "base/text.h"
#include "platform/http/accept.h"
#include "platform/http/http_parser.h"
#include "platform/security/admin.h"
#include "platform/security/api_keys.h"
#include "platform/security/tenants.h"

namespace ashlar::security {
namespace {

using base::Code;

constexpr std::string_view kConsoleMark = "ashlar-console";  // of X-Requested-With

bool is_safe(http::Method method) {
  return method == http::Method::kGet || method == http::Method::kHead ||
         method == http::Method::kOptions;
}

// "https://host:port" is of the host that was asked. "null" and what is no origin are not.
bool is_own_origin(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  return base::ascii_iequals(origin.substr(scheme + 3), host);
}

// RFC 6750's b64token.
bool is_key_text(std::string_view key) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_' || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
  };
  return !key.empty() && std::ranges::all_of(key, allowed);
}

// The key of "Bearer KEY"; nullopt where it is something else.
std::optional<std::string_view> bearer(std::string_view authorization) {
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  if (!base::ascii_iequals(authorization.substr(0, space), "bearer")) return std::nullopt;
  const std::string_view key = base::trim_spaces(authorization.substr(space));
  if (!is_key_text(key)) return std::nullopt;
  return key;
}

// The key of "Basic base64(KEY:)".
std::optional<std::string> basic(std::string_view authorization) {
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  if (!base::ascii_iequals(authorization.substr(0, space), "basic")) return std::nullopt;
  std::string text(base::trim_spaces(authorization.substr(space)));
  text.erase(std::min(text.find('='), text.size()));
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  std::optional<std::string> pair = base::base64url_decode(text);
  // The colon ends the key, and nothing follows it.
  if (!pair || pair->size() < 2 || pair->find(':') != pair->size() - 1) return std::nullopt;
  pair->pop_back();
  return pair;
}

}  // namespace

std::string session_cookie(std::string_view token, bool secure) {
  std::string cookie = std::string(kSessionCookie) + "=" + std::string(token);
  cookie += "; Path=/; HttpOnly; SameSite=Strict";
  if (token.empty()) cookie += "; Max-Age=0";
  if (secure) cookie += "; Secure";
  return cookie;
}

base::Status check_same_site(const http::RequestHead& head) {
  if (is_safe(head.method)) return base::ok_status();
  if (head.find("x-requested-with") != kConsoleMark) {
    return base::fail(Code::kForbidden, "csrf_check_failed",
                      "a session counts only with the header X-Requested-With: ashlar-console");
  }
  if (!head.origin.empty() && !is_own_origin(head.origin, head.host)) {
    return base::fail(Code::kForbidden, "csrf_check_failed",
                      "this request comes from another site");
  }
  return base::ok_status();
}

base::Result<Principal> Authenticator::authenticate(const http::RequestHead& head,
                                                    std::optional<base::Mono> deadline) {
  if (!head.authorization.empty()) {
    const bool also_basic = taken_ == Credentials::kKeysAlsoBasic;
    const auto named = also_basic ? basic(head.authorization) : std::nullopt;
    const auto key = named ? std::optional<std::string_view>(*named) : bearer(head.authorization);
    if (!key) {
      return base::fail(Code::kUnauthenticated, "bad_authorization",
                        "give the key as Authorization: Bearer KEY");
    }
    ASHLAR_ASSIGN(const auto principal, keys_.authenticate(*key, deadline));
    return *principal;
  }
  const std::string_view token = http::cookie_value(head.cookie, kSessionCookie).value_or("");
  if (!token.empty() && taken_ == Credentials::kKeysAndSessions)
    return by_session(head, token, deadline);
  return base::fail(Code::kUnauthenticated, "missing_credentials",
                    "this needs an API key: Authorization: Bearer KEY");
}

base::Result<Principal> Authenticator::authenticate_api_key_field(
    const http::RequestHead& head, std::optional<base::Mono> deadline) {
  std::array<std::string_view, 2> values;
  const std::size_t sent = head.find_all("x-api-key", values);
  if (sent == 0 || (sent == 1 && values[0].empty())) {
    return base::fail(Code::kUnauthenticated, "missing_credentials",
                      "this needs an API key: X-Api-Key: KEY");
  }
  if (sent > 1 || !is_key_text(values[0])) {
    return base::fail(Code::kUnauthenticated, "bad_authorization",
                      "give one key as X-Api-Key: KEY");
  }
  ASHLAR_ASSIGN(const auto principal, keys_.authenticate(values[0], deadline));
  return *principal;
}

base::Result<Principal> Authenticator::by_session(const http::RequestHead& head,
                                                  std::string_view token,
                                                  std::optional<base::Mono> deadline) {
  ASHLAR_TRY(check_same_site(head));
  ASHLAR_TRY(admin_.check_session(token, deadline));
  Principal principal;
  principal.kind = Principal::Kind::kAdmin;
  const std::string_view name = head.find("ashlar-tenant");
  if (!name.empty()) {
    ASHLAR_ASSIGN(Tenant tenant, tenants_.find(name));
    principal.tenant = tenant.id;
    principal.tenant_name = std::move(tenant.name);
  }
  return principal;
}

}  // namespace ashlar::security
