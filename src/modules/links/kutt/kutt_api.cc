#include "modules/links/kutt/kutt_api.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "modules/links/domains.h"
#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/kutt/kutt_stats.h"
#include "modules/links/kutt/time_span.h"
#include "modules/links/links_module.h"
#include "platform/storage/database.h"

namespace ashlar::links::kutt {
namespace {

using http::Call;
using http::Response;

constexpr std::int64_t kUsualLimit = 10;
constexpr std::int64_t kMostOnPage = 50;  // Kutt's own

// "example.com/a" is http://example.com/a to Kutt; "nonsense" is none, nor is what names a scheme.
std::string with_scheme(std::string target) {
  const std::size_t word = target.find_first_of(":/?#.");
  const bool is_host = word != std::string::npos && word > 0 && target[word] == '.';
  return is_host ? "http://" + target : target;
}

Response message(std::string_view text) {
  std::string body;
  json::Writer out(body);
  out.begin_object().key("message").string(text).end_object();
  return http::json_text(200, std::move(body));
}

void write_domain(json::Writer& out, const Domain& domain) {
  out.begin_object().key("id").string(domain.host).key("address").string(domain.host);
  out.key("banned").boolean(false).key("homepage");
  domain.root_url.empty() ? out.null() : out.string(domain.root_url);
  out.key("created_at").string(base::format_rfc3339(domain.created_at));
  out.key("updated_at").string(base::format_rfc3339(domain.updated_at)).end_object();
}

}  // namespace

void KuttApi::write(json::Writer& out, const CountedLink& link) const {
  const Link& each = link.link;
  const LinkSettings& settings = each.settings;
  out.key("id").string(foreign_id(each)).key("address").string(each.code);
  out.key("banned").boolean(false).key("link").string(module_.links.short_url(each));
  out.key("target").string(each.url).key("password").boolean(!settings.password_hash.empty());
  out.key("description");
  settings.notes.empty() ? out.null() : out.string(settings.notes);
  out.key("expire_in");
  each.expires_at ? out.string(base::format_rfc3339(*each.expires_at)) : out.null();
  out.key("domain");
  each.domain_host.empty() ? out.null() : out.string(each.domain_host);
  out.key("created_at").string(base::format_rfc3339(each.created_at));
  out.key("updated_at").string(base::format_rfc3339(each.updated_at));
  out.key("visit_count").integer(link.clicks);
}

Response KuttApi::answer(int status, const CountedLink& link) const {
  std::string body;
  json::Writer out(body);
  out.begin_object();
  write(out, link);
  out.end_object();
  return http::json_text(status, std::move(body));
}

base::Result<Response> KuttApi::health(Call& call) const {
  ASHLAR_TRY(module_.db.ping(call.deadline));
  return Response{200, "text/plain", {}, "OK"};
}

// The key is known as a hash alone, and who has it is a tenant, not a person.
base::Result<Response> KuttApi::user(Call& call) const {
  std::vector<Domain> domains;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(DomainPage page, module_.domains.list(tx, "", Domains::kMaxPerTenant));
    domains = std::move(page.domains);
    return base::ok_status();
  }));
  std::string body;
  json::Writer out(body);
  out.begin_object().key("apikey").string("").key("email").string(call.principal.tenant_name);
  out.key("domains").begin_array();
  for (const Domain& domain : domains) write_domain(out, domain);
  out.end_array().end_object();
  return http::json_text(200, std::move(body));
}

base::Result<Response> KuttApi::list(Call& call) const {
  ForeignQuery query(call.head->query);
  CatalogQuery wanted;
  const std::int64_t skip = query.integer("skip", 0, std::int64_t{1} << 40).value_or(0);
  const std::int64_t limit =
      std::min(query.integer("limit", 0, std::int64_t{1} << 40).value_or(kUsualLimit), kMostOnPage);
  wanted.text = query.first("search").value_or("");
  wanted.offset = static_cast<std::size_t>(skip);
  wanted.limit = static_cast<std::size_t>(limit);
  ASHLAR_TRY(query.finish());
  ASHLAR_ASSIGN(const CatalogPage page, desk_.list(call, wanted));
  std::string body;
  json::Writer out(body);
  out.begin_object().key("total").integer(static_cast<std::int64_t>(page.total));
  out.key("skip").integer(skip).key("limit").integer(limit).key("data").begin_array();
  for (const CountedLink& link : page.links) {
    out.begin_object();
    write(out, link);
    out.end_object();
  }
  out.end_array().end_object();
  Response response = http::json_text(200, std::move(body));
  tell_bound(page, response);
  return response;
}

void KuttApi::take_expiry(ForeignBody& body, std::optional<base::Time>& expires_at) const {
  const std::optional<std::string> text = body.text("expire_in");
  if (!text || text->empty()) return;
  if (const auto time = base::parse_rfc3339(*text)) {
    expires_at = *time;
  } else if (const auto span = parse_time_span(*text)) {
    expires_at = module_.clock.now() + *span;
  } else {
    body.fault("expire_in", "bad_format", "Give a span of time like \"2 hours\".");
  }
}

base::Result<CreateLinkJson> KuttApi::wanted_link(ForeignBody& body) const {
  CreateLinkJson json;
  json.url = with_scheme(body.text("target").value_or(""));
  if (json.url.empty()) body.fault("target", "required", "Give the target.");
  if (auto code = body.text("customurl"); code && !code->empty()) json.code = std::move(code);
  if (auto host = body.text("domain"); host && !host->empty()) json.domain = std::move(host);
  if (auto secret = body.text("password"); secret && !secret->empty()) {
    json.password = std::move(secret);
  }
  json.notes = body.text("description");
  json.find_if_exists = body.boolean("reuse").value_or(false);
  take_expiry(body, json.expires_at);
  ASHLAR_TRY(body.finish());
  return json;
}

base::Result<Response> KuttApi::create(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  ASHLAR_ASSIGN(const CreateLinkJson json, wanted_link(body));
  ASHLAR_ASSIGN(const CountedLink made, desk_.create(call, json));
  return answer(201, made);
}

base::Result<Response> KuttApi::update(Call& call) const {
  const LinkRef ref = ref_of_foreign_id(call.param(0));
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  LinkPatchJson json;
  if (const auto url = body.text("target"); url && !url->empty()) json.url = with_scheme(*url);
  if (const auto address = body.text("address"); address && *address != ref.code) {
    body.fault("address", "not_allowed",
               "The address of a link never changes; make another link with it.");
  }
  if (body.has("description")) json.notes = body.text("description");
  // Its form sends an empty one where nothing was typed; null takes it away.
  if (const auto secret = body.text("password"); secret && !secret->empty()) json.password = secret;
  if (body.is_null("password")) json.password.emplace();
  std::optional<base::Time> expires_at;
  take_expiry(body, expires_at);
  if (expires_at || body.is_null("expire_in")) json.expires_at = expires_at;
  ASHLAR_TRY(body.finish());
  ASHLAR_ASSIGN(const CountedLink link, desk_.update(call, ref, json));
  return answer(200, link);
}

base::Result<Response> KuttApi::remove(Call& call) const {
  ASHLAR_TRY(desk_.remove(call, ref_of_foreign_id(call.param(0))));
  return message("Link has been deleted successfully.");
}

base::Result<Response> KuttApi::stats(Call& call) const {
  const LinkRef ref = ref_of_foreign_id(call.param(0));
  CountedLink link;
  KuttStats stats;
  const base::Time now = module_.clock.now();
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(link.link, module_.links.find(tx, ref));
    ASHLAR_ASSIGN(link.clicks, store::total_clicks(tx, link.link.id));
    ASHLAR_ASSIGN(stats, read_stats(tx, link.link.id, now));
    return base::ok_status();
  }));
  std::string body;
  json::Writer out(body);
  out.begin_object();
  write(out, link);
  out.key("updatedAt").string(base::format_rfc3339(now));
  write_stats(out, stats);
  out.end_object();
  return http::json_text(200, std::move(body));
}

base::Result<Response> KuttApi::create_domain(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  const NewDomain wanted{.host = body.text("address").value_or(""),
                         .root_url = body.text("homepage").value_or("")};
  if (wanted.host.empty()) body.fault("address", "required", "Give the domain's address.");
  ASHLAR_TRY(body.finish());
  ASHLAR_ASSIGN(const Domain domain,
                module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.proofs.add(tx, wanted);
                }));
  std::string text;
  json::Writer out(text);
  write_domain(out, domain);
  return http::json_text(201, std::move(text));
}

base::Result<Response> KuttApi::remove_domain(Call& call) const {
  ASHLAR_TRY(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
    return module_.domains.remove(tx, call.param(0), {});
  }));
  return message("Domain deleted successfully.");
}

}  // namespace ashlar::links::kutt
