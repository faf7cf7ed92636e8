// Authenticator: from the head of a request to who is calling.
//
// An API key ("Authorization: Bearer KEY") or, without that header, the console's session cookie.
// With a session, "Ashlar-Tenant: NAME" says for which tenant the administrator acts.
//
// Browsers send cookies along on requests that other sites cause. So a session counts for anything
// but GET, HEAD and OPTIONS only with "X-Requested-With: ashlar-console", which another site cannot
// set without our consent by CORS, and only when Origin, where sent, is this host. The cookie is
// SameSite=Strict besides.
//
// A listener for programs only takes keys, no cookie, and "Authorization: Basic" with the key as
// the user's name and no password too, which is how `curl -u KEY:` sends it.
//
// Routes that speak another API's protocol (http::KeyField) take a key in X-Api-Key and nothing
// else: what a browser sends by itself proves nobody there.
//
// Errors beside storage's:
//   kUnauthenticated missing_credentials, bad_authorization (not "Bearer KEY", or twice),
//   invalid_api_key,
//                    expired_api_key, session_ended
//   kForbidden       csrf_check_failed
//   kNotFound        tenant_not_found (of Ashlar-Tenant)
// Any thread. Blocks when storage must be asked: sessions always, keys when not cached.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/security/principal.h"

namespace ashlar::http {
struct RequestHead;
}

namespace ashlar::security {

class Admin;
class ApiKeys;
class Tenants;

inline constexpr std::string_view kSessionCookie = "ashlar_session";

// "ashlar_session=…; Path=/; HttpOnly; SameSite=Strict[; Secure]"; an empty token ends the cookie.
std::string session_cookie(std::string_view token, bool secure);
base::Status check_same_site(const http::RequestHead& head);

enum class Credentials : std::uint8_t { kKeysAndSessions, kKeysAlsoBasic };

class Authenticator {
 public:
  Authenticator(ApiKeys& keys, Admin& admin, Tenants& tenants,
                Credentials taken = Credentials::kKeysAndSessions)
      : keys_(keys), admin_(admin), tenants_(tenants), taken_(taken) {}

  base::Result<Principal> authenticate(const http::RequestHead& head,
                                       std::optional<base::Mono> deadline = {});
  base::Result<Principal> authenticate_api_key_field(const http::RequestHead& head,
                                                     std::optional<base::Mono> deadline = {});

 private:
  base::Result<Principal> by_session(const http::RequestHead& head, std::string_view token,
                                     std::optional<base::Mono> deadline);

  ApiKeys& keys_;
  Admin& admin_;
  Tenants& tenants_;
  const Credentials taken_;
};

}  // namespace ashlar::security
