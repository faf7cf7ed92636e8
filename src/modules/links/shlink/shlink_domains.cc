// Domains and their redirects; health; the hub for live updates, which there is none of.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/links/domains.h"
#include "modules/links/foreign/foreign_body.h"
#include "modules/links/links_module.h"
#include "modules/links/shlink/shlink_api.h"
#include "platform/storage/database.h"

namespace ashlar::links::shlink {
namespace {

using http::Call;
using http::Response;

// Of Shlink, whose API this follows: clients look which of its features they may show.
constexpr std::string_view kVersion = "5.1.5";

void write_redirects(json::Writer& out, std::string_view base, std::string_view not_found) {
  out.begin_object();
  write_text_or_null(out, "baseUrlRedirect", base);
  out.key("regular404Redirect").null();
  write_text_or_null(out, "invalidShortUrlRedirect", not_found);
  out.end_object();
}

void write_domain(json::Writer& out, std::string_view host, bool is_default, std::string_view base,
                  std::string_view not_found) {
  out.begin_object().key("domain").string(host).key("isDefault").boolean(is_default);
  out.key("redirects");
  write_redirects(out, base, not_found);
  out.end_object();
}

std::optional<std::string> url_of(ForeignBody& body, std::string_view name) {
  if (!body.has(name)) return std::nullopt;
  return body.text(name).value_or("");
}

}  // namespace

base::Result<Response> ShlinkApi::domains(Call& call) const {
  std::vector<Domain> domains;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(DomainPage page, module_.domains.list(tx, "", Domains::kMaxPerTenant));
    domains = std::move(page.domains);
    return base::ok_status();
  }));
  return json_answer([&](json::Writer& out) {
    out.begin_object().key("domains").begin_object().key("data").begin_array();
    write_domain(out, default_authority_, true, "", "");
    for (const Domain& each : domains) {
      write_domain(out, each.host, false, each.root_url, each.not_found_url);
    }
    out.end_array().key("defaultRedirects");
    write_redirects(out, "", "");
    out.end_object().end_object();
  });
}

// A domain that is not there yet is made, as Shlink does.
base::Result<Response> ShlinkApi::domain_redirects(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  const std::string host = host_of(body.text("domain").value_or(""));
  if (host.empty()) {
    body.fault("domain", "not_allowed",
               "Name a domain of yours: where the installation's own host leads is not a tenant's "
               "to say.");
  }
  if (body.text("regular404Redirect")) {
    body.fault("regular404Redirect", "not_allowed",
               "What is no short code leads where unknown ones lead: invalidShortUrlRedirect.");
  }
  const DomainChange change{.root_url = url_of(body, "baseUrlRedirect"),
                            .not_found_url = url_of(body, "invalidShortUrlRedirect")};
  ASHLAR_TRY(body.finish());
  ASHLAR_ASSIGN(const Domain domain,
                module_.db.write(
                    call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<Domain> {
                      base::Result<Domain> changed = module_.domains.update(tx, host, change, {});
                      if (changed.ok() || changed.error().code != base::Code::kNotFound) {
                        return changed;
                      }
                      return module_.proofs.add(
                          tx, {.host = host,
                               .root_url = change.root_url.value_or(""),
                               .not_found_url = change.not_found_url.value_or("")});
                    }));
  return json_answer(
      [&](json::Writer& out) { write_redirects(out, domain.root_url, domain.not_found_url); });
}

base::Result<Response> ShlinkApi::health(Call& call) const {
  const bool ok = module_.db.ping(call.deadline).ok();
  Response response = json_answer([&](json::Writer& out) {
    out.begin_object().key("status").string(ok ? "pass" : "fail").key("version").string(kVersion);
    out.key("links").begin_object().key("about").string("https://shlink.io").key("project");
    out.string("https://github.com/shlinkio/shlink").end_object().end_object();
  });
  response.status = ok ? 200 : 503;
  response.content_type = "application/health+json";
  return response;
}

base::Result<Response> ShlinkApi::mercure_info(Call& /*call*/) const {
  return base::fail(base::Code::kUnavailable, "mercure_not_configured",
                    "This Shlink instance is not integrated with a mercure hub.");
}

}  // namespace ashlar::links::shlink
