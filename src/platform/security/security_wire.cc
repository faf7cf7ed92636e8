// The table of security's routes.
#include <memory>
#include <utility>

#include "platform/http/route.h"
#include "platform/security/security_api.h"
#include "platform/security/security_handlers.h"
#include "platform/security/security_json.h"

namespace ashlar::security {
namespace {

using base::Millis;
using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;

using Handlers = std::shared_ptr<const SecurityHandlers>;
using Method0 = base::Result<http::Response> (SecurityHandlers::*)(Call&) const;

constexpr Millis kRead{5000};
constexpr Millis kWrite{10'000};

http::WorkerHandler bind(const Handlers& handlers, Method0 method) {
  return [handlers, method](Call& call) { return (*handlers.*method)(call); };
}

const ErrorDoc kTooMany{429, "too_many_attempts",
                        "somebody tried too often; Retry-After says how long to wait"};
const ErrorDoc kBusy{503, "password_checks_busy", "others are signing in at this moment"};
const ErrorDoc kNoTenant{404, "tenant_not_found", "there is no such tenant"};
const ErrorDoc kNoKey{404, "key_not_found", "there is no such key, or it is another tenant's"};

void add_admin_routes(http::RouteTable& table, const Handlers& handlers) {
  table.push_back(
      {.method = Method::kGet,
       .path = {"/v1/admin/session"},
       .summary = {"Whether the console is signed in, and whether it has its administrator."},
       .module = {"admin"},
       .tenancy = Tenancy::kPublic,
       .scope = {""},
       .cost = 1,
       .idempotency = Idempotency::kNatural,
       .deadline = kRead,
       .handler = {bind(handlers, &SecurityHandlers::show_session)},
       .response = &session_schema()});
  table.push_back(
      {.method = Method::kPost,
       .path = {"/v1/admin/claim"},
       .summary = {"Sets the administrator's password with the one-time link, and signs in."},
       .module = {"admin"},
       .tenancy = Tenancy::kPublic,
       .scope = {""},
       .cost = 10,
       .idempotency = Idempotency::kNatural,  // the token works once
       .deadline = kWrite,
       .handler = {bind(handlers, &SecurityHandlers::claim)},
       .request = &claim_schema(),
       .response = &session_schema(),
       .errors = {{403, "claim_token_invalid", "the link was used, replaced or has expired"},
                  {409, "already_claimed", "there is an administrator: sign in"},
                  kTooMany,
                  kBusy}});
  table.push_back({.method = Method::kPost,
                   .path = {"/v1/admin/session"},
                   .summary = {"Signs the administrator in; the answer sets the session's cookie."},
                   .module = {"admin"},
                   .tenancy = Tenancy::kPublic,
                   .scope = {""},
                   .cost = 10,
                   .idempotency = Idempotency::kNatural,  // another session does no harm
                   .deadline = kWrite,
                   .handler = {bind(handlers, &SecurityHandlers::sign_in)},
                   .request = &sign_in_schema(),
                   .response = &session_schema(),
                   .errors = {{401, "wrong_password", "the password is wrong"},
                              {409, "not_claimed", "nobody has used the one-time link yet"},
                              kTooMany,
                              kBusy}});
  table.push_back(
      {.method = Method::kDelete,
       .path = {"/v1/admin/session"},
       .summary = {"Signs out."},
       .module = {"admin"},
       .tenancy = Tenancy::kPublic,
       .scope = {""},
       .cost = 1,
       .idempotency = Idempotency::kNatural,
       .deadline = kWrite,
       .handler = {bind(handlers, &SecurityHandlers::sign_out)},
       .success = 204,
       .errors = {{403, "csrf_check_failed", "the request does not come from the console"}}});
}

void add_tenant_routes(http::RouteTable& table, const Handlers& handlers) {
  table.push_back({.method = Method::kGet,
                   .path = {"/v1/tenants"},
                   .summary = {"Lists the tenants by name."},
                   .module = {"tenants"},
                   .tenancy = Tenancy::kPlatform,
                   .scope = {""},
                   .cost = 1,
                   .idempotency = Idempotency::kNatural,
                   .deadline = kRead,
                   .handler = {bind(handlers, &SecurityHandlers::list_tenants)},
                   .response = &tenant_page_schema(),
                   .paged = true});
  table.push_back({.method = Method::kPost,
                   .path = {"/v1/tenants"},
                   .summary = {"Creates a tenant."},
                   .module = {"tenants"},
                   .tenancy = Tenancy::kPlatform,
                   .scope = {""},
                   .cost = 5,
                   .idempotency = Idempotency::kOptional,
                   .deadline = kWrite,
                   .handler = {bind(handlers, &SecurityHandlers::create_tenant)},
                   .request = &new_tenant_schema(),
                   .response = &tenant_schema(),
                   .success = 201,
                   .errors = {{409, "tenant_exists", "the name is taken"},
                              {422, "tenant_name_reserved", "the name is Ashlar's own"}}});
  table.push_back({.method = Method::kGet,
                   .path = {"/v1/tenants/{name}"},
                   .summary = {"Shows a tenant."},
                   .module = {"tenants"},
                   .tenancy = Tenancy::kPlatform,
                   .scope = {""},
                   .cost = 1,
                   .idempotency = Idempotency::kNatural,
                   .deadline = kRead,
                   .handler = {bind(handlers, &SecurityHandlers::show_tenant)},
                   .response = &tenant_schema(),
                   .errors = {kNoTenant}});
}

void add_key_routes(http::RouteTable& table, const Handlers& handlers) {
  table.push_back({.method = Method::kGet,
                   .path = {"/v1/keys"},
                   .summary = {"Lists the tenant's API keys, newest first, revoked ones too."},
                   .module = {"keys"},
                   .tenancy = Tenancy::kTenant,
                   .scope = {"keys:read"},
                   .cost = 1,
                   .idempotency = Idempotency::kNatural,
                   .deadline = kRead,
                   .handler = {bind(handlers, &SecurityHandlers::list_keys)},
                   .response = &key_page_schema(),
                   .paged = true});
  table.push_back(
      {.method = Method::kPost,
       .path = {"/v1/keys"},
       .summary = {"Creates an API key. The answer shows it, this once; a repeat with the same "
                   "Idempotency-Key is answered without it, since the key itself is not kept."},
       .module = {"keys"},
       .tenancy = Tenancy::kTenant,
       .scope = {"keys:write"},
       .cost = 5,
       .idempotency = Idempotency::kOptional,
       .deadline = kWrite,
       .handler = {http::TransactionHandler([handlers](Call& call, storage::Transaction& tx) {
         return handlers->create_key(call, tx);
       })},
       .request = &new_key_schema(),
       .response = &created_key_schema(),
       .success = 201,
       .errors = {
           {403, "scope_not_held", "the calling key does not have a scope that it would give"}}});
  table.push_back({.method = Method::kGet,
                   .path = {"/v1/keys/{id}"},
                   .summary = {"Shows an API key, without its secret."},
                   .module = {"keys"},
                   .tenancy = Tenancy::kTenant,
                   .scope = {"keys:read"},
                   .cost = 1,
                   .idempotency = Idempotency::kNatural,
                   .deadline = kRead,
                   .handler = {bind(handlers, &SecurityHandlers::show_key)},
                   .response = &key_schema(),
                   .errors = {kNoKey}});
  table.push_back({.method = Method::kDelete,
                   .path = {"/v1/keys/{id}"},
                   .summary = {"Revokes an API key: the next request with it is refused."},
                   .module = {"keys"},
                   .tenancy = Tenancy::kTenant,
                   .scope = {"keys:write"},
                   .cost = 5,
                   .idempotency = Idempotency::kNatural,
                   .deadline = kWrite,
                   .handler = {bind(handlers, &SecurityHandlers::revoke_key)},
                   .success = 204,
                   .errors = {kNoKey}});
}

}  // namespace

http::RouteTable security_routes(const SecurityServices& services) {
  const auto handlers = std::make_shared<const SecurityHandlers>(services);
  http::RouteTable table;
  add_admin_routes(table, handlers);
  add_tenant_routes(table, handlers);
  add_key_routes(table, handlers);
  return table;
}

}  // namespace ashlar::security
