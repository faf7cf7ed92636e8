#include "modules/links/domains_api.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "modules/links/domains_json.h"
#include "modules/links/links_module.h"
#include "modules/links/version_tag.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr const char* kChanged = "The domain was changed since; read it again.";

}  // namespace

http::Response DomainsApi::answer(int status, const Domain& domain) const {
  return http::json_response(status, domain_schema(),
                             json_of(domain, module_.proofs.challenge(domain)))
      .header("ETag", version_tag(domain.version));
}

base::Result<http::Response> DomainsApi::create(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const CreateDomainJson json, create_domain_schema().parse_body(call.body));
  NewDomain wanted = new_domain_of(json);
  wanted.by_operator = call.principal.kind == security::Principal::Kind::kAdmin;
  ASHLAR_ASSIGN(const Domain domain, module_.proofs.add(tx, wanted));
  http::Response response = answer(201, domain);
  response.header("Location", "/v1/link-domains/" + domain.host);
  return response;
}

base::Result<http::Response> DomainsApi::list(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const http::CursorScope scope{"links.domains", call.principal.tenant.value};
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::string>(scope, *cursor));
    after = std::get<0>(position);
  }
  DomainPage page;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(page, module_.domains.list(tx, after, limit));
    return base::ok_status();
  }));
  json::Page<DomainJson> body;
  for (const Domain& domain : page.domains) {
    body.data.push_back(json_of(domain, module_.proofs.challenge(domain)));
  }
  if (page.next) {
    ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(scope, *page.next));
  }
  return http::page_response(call, domain_page_schema(), body);
}

base::Result<http::Response> DomainsApi::get(http::Call& call) const {
  ASHLAR_ASSIGN(const Domain domain,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.domains.find(tx, call.param(0));
                }));
  return answer(200, domain);
}

base::Result<http::Response> DomainsApi::update(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const DomainPatchJson patch, update_domain_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const Domain before, module_.domains.find(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, before.version, kChanged));
  ASHLAR_ASSIGN(const Domain domain,
                module_.domains.update(tx, before.host, change_of(patch), before.version));
  return answer(200, domain);
}

// Who asks by hand is waiting for it: a job goes on looking from here.
base::Result<http::Response> DomainsApi::verify(http::Call& call) const {
  ASHLAR_ASSIGN(const Domain domain,
                module_.proofs.check(call.principal.tenant, call.param(0), call.deadline));
  if (!domain.is_active()) {
    ASHLAR_TRY(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
      return module_.proofs.enqueue(tx, domain);
    }));
  }
  return answer(200, domain);
}

base::Result<http::Response> DomainsApi::remove(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const Domain before, module_.domains.find(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, before.version, kChanged));
  ASHLAR_TRY(module_.domains.remove(tx, before.host, before.version));
  return http::Response{204, {}, {}, {}};
}

}  // namespace ashlar::links
