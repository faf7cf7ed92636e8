#include "modules/links/operator_domains_api.h"

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "modules/links/domains_json.h"
#include "modules/links/domains_store.h"
#include "modules/links/links_module.h"
#include "modules/links/target.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using http::Call;
using http::Response;
using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

const http::ErrorDoc kNotFound{404, "domain_not_found", "There is no such domain."};

struct TenantsDomainJson {
  DomainId id;
  base::TenantId tenant;
  std::string host;
  std::string state;
  std::optional<std::string> proof;
  std::optional<base::Time> checked_at;
  std::optional<std::string> check_error;
  base::Time created_at;
};

TenantsDomainJson shown(const Domain& domain) {
  DomainJson json = json_of(domain, {});
  return {.id = domain.id,
          .tenant = domain.tenant,
          .host = domain.host,
          .state = std::move(json.state),
          .proof = std::move(json.proof),
          .checked_at = domain.checked_at,
          .check_error = std::move(json.check_error),
          .created_at = domain.created_at};
}

const json::Schema<TenantsDomainJson>& tenants_domain_schema() {
  static const auto kSchema =
      json::Schema<TenantsDomainJson>("OperatorLinkDomain", "A tenant's domain, for the operator.")
          .required("id", &TenantsDomainJson::id)
          .required("tenant", &TenantsDomainJson::tenant, {.doc = "The id of whose it is."})
          .required("host", &TenantsDomainJson::host, {.example = "go.example"})
          .required("state", &TenantsDomainJson::state, {.one_of = {"active", "unverified"}})
          .required("proof", &TenantsDomainJson::proof,
                    {.one_of = {"first_come", "operator", "dns"}})
          .required("checked_at", &TenantsDomainJson::checked_at)
          .required("check_error", &TenantsDomainJson::check_error)
          .required("created_at", &TenantsDomainJson::created_at);
  return kSchema;
}

const json::Schema<json::Page<TenantsDomainJson>>& tenants_domain_page_schema() {
  static const auto kSchema = json::page_schema(tenants_domain_schema());
  return kSchema;
}

Context context_of(const Call& call) {
  return Context::platform(PlatformUse::kTenantAdmin, call.deadline);
}

// What is no number names a domain that is not there.
DomainId id_of(const Call& call) {
  const std::string& text = call.param(0);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return DomainId(error == std::errc() && end == text.data() + text.size() ? number : 0);
}

class OperatorDomainsApi {
 public:
  OperatorDomainsApi(LinksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<Response> list(Call& call) const {
    ASHLAR_ASSIGN(const int limit, http::page_limit(call));
    const http::CursorScope scope{"links.everybodys_domains", 0};
    DomainId after;
    if (const auto cursor = call.query_value("cursor")) {
      ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(scope, *cursor));
      after = DomainId(std::get<0>(position));
    }
    std::string host;
    if (const auto given = call.query_value("host")) {
      // What is no host is nobody's.
      host = canonical_host(*given).value_or("-");
    }
    json::Page<TenantsDomainJson> body;
    ASHLAR_TRY(module_.db.read(context_of(call), [&](Transaction& tx) {
      body.data.clear();
      return store::list_everybodys_domains(tx, host, after, limit + 1, [&](const Domain& domain) {
        body.data.push_back(shown(domain));
      });
    }));
    if (body.data.size() > static_cast<std::size_t>(limit)) {
      body.data.pop_back();
      ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(scope, body.data.back().id.value));
    }
    return http::page_response(call, tenants_domain_page_schema(), body);
  }

  using Decide = base::Result<Domain> (DomainProofs::*)(Transaction&, DomainId) const;
  base::Result<Response> decide(Call& call, Decide decide) const {
    ASHLAR_ASSIGN(const Domain domain, module_.db.write(context_of(call), [&](Transaction& tx) {
      return (module_.proofs.*decide)(tx, id_of(call));
    }));
    return http::json_response(200, tenants_domain_schema(), shown(domain));
  }

 private:
  LinksModule& module_;
  const http::CursorCodec& cursors_;
};

http::Route row(http::Method method, std::string_view path, std::string_view summary,
                http::WorkerHandler handler) {
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = {"links"},
          .tenancy = http::Tenancy::kPlatform,
          .scope = {""},
          .cost = 1,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{10'000},
          .handler = {std::move(handler)}};
}

}  // namespace

http::RouteTable operator_domain_routes(LinksModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const OperatorDomainsApi>(module, cursors);
  http::RouteTable table;
  table.push_back(row(http::Method::kGet, "/v1/operator-link-domains",
                      "List everybody's domains, those first that were added first.",
                      [api](Call& call) { return api->list(call); }));
  table.back().response = &tenants_domain_page_schema();
  table.back().query = {{"host", "Only those that name this host.", "go.example"}};
  table.back().errors = {{400, "invalid_cursor", "The cursor was not given out for this list."}};
  table.back().paged = true;
  table.push_back(row(http::Method::kPost, "/v1/operator-link-domains/{id}/approve",
                      "Give a domain its host, whoever has it now.",
                      [api](Call& call) { return api->decide(call, &DomainProofs::approve); }));
  table.back().response = &tenants_domain_schema();
  table.back().errors = {kNotFound};
  table.push_back(row(http::Method::kPost, "/v1/operator-link-domains/{id}/revoke",
                      "Take a domain's host from it; its links are kept, and lead nowhere.",
                      [api](Call& call) { return api->decide(call, &DomainProofs::revoke); }));
  table.back().response = &tenants_domain_schema();
  table.back().errors = {kNotFound};
  return table;
}

}  // namespace ashlar::links
