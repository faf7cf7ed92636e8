#include "platform/security/security_api.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "platform/http/accept.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/http/problem.h"
#include "platform/security/admin.h"
#include "platform/security/answer_once.h"
#include "platform/security/api_keys.h"
#include "platform/security/authenticator.h"
#include "platform/security/security_handlers.h"
#include "platform/security/security_json.h"
#include "platform/security/tenants.h"

namespace ashlar::security {
namespace {

using base::Code;
using base::Result;
using http::Call;
using http::Response;

constexpr std::string_view kTenantList = "tenants";
constexpr std::string_view kKeyList = "keys";

// What must stay out of every cache. The record of an Idempotency-Key leaves the secret out
// (idempotency.h).
Response secret(Response response) {
  response.header("Cache-Control", "no-store");
  return response;
}

// "12" is a key's id; "012", "+12" and "x" are nobody's.
KeyId key_id_of(std::string_view text) {
  std::int64_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole && id > 0 && text.front() != '0' ? KeyId(id) : KeyId();
}

std::string_view session_token(const Call& call) {
  return http::cookie_value(call.head->cookie, kSessionCookie).value_or("");
}

Response with_session(const Call& call, Response response, std::string_view token) {
  response.header("Set-Cookie", session_cookie(token, call.secure));
  return secret(std::move(response));
}

// Who was refused for trying too often is told for how long.
Response attempt_refused(const Call& call, const base::Error& error, base::Seconds retry_after) {
  Response response = http::problem(error, call.request_id);
  for (auto& [name, value] : response.headers) {
    if (base::ascii_iequals(name, "retry-after")) value = std::to_string(retry_after.count());
  }
  return response;
}

}  // namespace

Result<Response> SecurityHandlers::show_session(Call& call) const {
  SessionView view{false, false, services_.version};
  const std::string_view token = session_token(call);
  if (!token.empty()) {
    const base::Status status = services_.admin.check_session(token, call.deadline);
    if (!status.ok() && status.error().code != Code::kUnauthenticated) return status.error();
    view.authenticated = status.ok();
  }
  ASHLAR_ASSIGN(view.claimed, services_.admin.is_claimed());
  return secret(http::json_response(200, session_schema(), view));
}

Result<Response> SecurityHandlers::claim(Call& call) const {
  ASHLAR_ASSIGN(const ClaimBody body, claim_schema().parse_body(call.body));
  Admin::Attempt attempt{call.client_address};
  return session_answer(call, services_.admin.claim(body.token, body.password, attempt),
                        attempt.retry_after);
}

Result<Response> SecurityHandlers::sign_in(Call& call) const {
  ASHLAR_ASSIGN(const SignInBody body, sign_in_schema().parse_body(call.body));
  Admin::Attempt attempt{call.client_address};
  return session_answer(call, services_.admin.sign_in(body.password, attempt), attempt.retry_after);
}

Result<Response> SecurityHandlers::session_answer(const Call& call,
                                                  const Result<std::string>& session,
                                                  base::Seconds retry_after) const {
  if (!session.ok()) {
    if (session.error().code == Code::kTooMany)
      return attempt_refused(call, session.error(), retry_after);
    return session.error();
  }
  const SessionView view{true, true, services_.version};
  return with_session(call, http::json_response(200, session_schema(), view), *session);
}

Result<Response> SecurityHandlers::sign_out(Call& call) const {
  const std::string_view token = session_token(call);
  if (!token.empty()) {
    ASHLAR_TRY(check_same_site(*call.head));
    ASHLAR_TRY(services_.admin.sign_out(token));
  }
  return with_session(call, http::no_content(), "");
}

Result<Response> SecurityHandlers::list_tenants(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const http::CursorScope scope{kTenantList};
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, services_.cursors.decode<std::string>(scope, *cursor));
    after = std::get<0>(position);
  }
  // One more than asked for tells whether there is another page.
  json::Page<Tenant> page;
  ASHLAR_ASSIGN(page.data, services_.tenants.list(after, limit + 1));
  if (page.data.size() > static_cast<std::size_t>(limit)) {
    page.data.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, services_.cursors.encode(scope, page.data.back().name));
  }
  return http::page_response(call, tenant_page_schema(), page);
}

Result<Response> SecurityHandlers::create_tenant(Call& call) const {
  ASHLAR_ASSIGN(const TenantBody body, new_tenant_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const auto key, idempotency_key_of(call));
  std::optional<Response> response;
  ASHLAR_TRY(services_.tenants.in_transaction(
      [&](storage::Transaction& tx, base::Time now) -> base::Status {
        ASHLAR_ASSIGN(response, answer_once(tx, call, key, now, [&]() -> Result<Response> {
                        ASHLAR_ASSIGN(const Tenant tenant, services_.tenants.create(tx, body.name));
                        return http::json_response(201, tenant_schema(), tenant)
                            .header("Location", "/v1/tenants/" + tenant.name);
                      }));
        return base::ok_status();
      }));
  return *std::move(response);
}

Result<Response> SecurityHandlers::show_tenant(Call& call) const {
  ASHLAR_ASSIGN(const Tenant tenant, services_.tenants.find(call.param(0)));
  return http::json_response(200, tenant_schema(), tenant);
}

Result<Response> SecurityHandlers::list_keys(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const http::CursorScope scope{kKeyList, call.principal.tenant.value};
  std::optional<KeyPosition> after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  (services_.cursors.decode<std::int64_t, std::int64_t>(scope, *cursor)));
    after = KeyPosition{base::from_micros(std::get<0>(position)), KeyId(std::get<1>(position))};
  }
  ASHLAR_ASSIGN(std::vector<ApiKey> keys,
                services_.keys.list(call.tenant_context(), after, limit + 1));
  json::Page<KeyView> page;
  if (keys.size() > static_cast<std::size_t>(limit)) {
    keys.pop_back();
    ASHLAR_ASSIGN(page.next_cursor,
                  services_.cursors.encode(scope, base::to_micros(keys.back().created_at),
                                           keys.back().id.value));
  }
  for (const ApiKey& key : keys) page.data.push_back(view_of(key));
  return http::page_response(call, key_page_schema(), page);
}

Result<Response> SecurityHandlers::create_key(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const NewApiKey wanted, new_key_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const CreatedApiKey created, services_.keys.create(tx, wanted, call.principal));
  return secret(http::json_response(201, created_key_schema(), view_of(created))
                    .header("Location", "/v1/keys/" + created.key.id.to_string()));
}

Result<Response> SecurityHandlers::show_key(Call& call) const {
  ASHLAR_ASSIGN(const ApiKey key,
                services_.keys.find(call.tenant_context(), key_id_of(call.param(0))));
  return http::json_response(200, key_schema(), view_of(key));
}

Result<Response> SecurityHandlers::revoke_key(Call& call) const {
  ASHLAR_TRY(services_.keys.revoke(call.tenant_context(), key_id_of(call.param(0))));
  return http::no_content();
}

}  // namespace ashlar::security
