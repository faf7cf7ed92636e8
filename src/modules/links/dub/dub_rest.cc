// Domains and QR codes, as Dub has them.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "modules/links/domains.h"
#include "modules/links/dub/dub_api.h"
#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/links_module.h"
#include "modules/links/qr_code.h"
#include "platform/storage/database.h"

namespace ashlar::links::dub {
namespace {

using http::Call;
using http::Response;

void write_text(json::Writer& out, std::string_view key, std::string_view text) {
  out.key(key);
  text.empty() ? out.null() : out.string(text);
}

void write_domain(json::Writer& out, const Domain& domain) {
  out.begin_object().key("id").string(domain.host).key("slug").string(domain.host);
  out.key("verified").boolean(domain.is_active()).key("primary").boolean(false);
  out.key("archived").boolean(false);
  out.key("placeholder").null().key("expiredUrl").null();
  write_text(out, "notFoundUrl", domain.not_found_url);
  out.key("logo").null().key("assetLinks").null().key("appleAppSiteAssociation").null();
  out.key("createdAt").string(base::format_rfc3339(domain.created_at));
  out.key("updatedAt").string(base::format_rfc3339(domain.updated_at));
  out.key("registeredDomain").null().end_object();
}

Response domain_answer(int status, const Domain& domain) {
  std::string body;
  json::Writer out(body);
  write_domain(out, domain);
  return http::json_text(status, std::move(body));
}

void refuse_what_is_not_done(ForeignBody& body) {
  for (const char* name :
       {"expiredUrl", "placeholder", "logo", "assetLinks", "appleAppSiteAssociation"}) {
    const std::optional<std::string> text = body.text(name);
    if (text && !text->empty()) body.fault(name, "not_supported", "Domains here have none.");
  }
  if (body.boolean("archived").value_or(false)) {
    body.fault("archived", "not_supported", "Domains here are not archived; remove it.");
  }
}

// Of pages from 1.
std::pair<std::size_t, std::size_t> page_of(ForeignQuery& query, std::int64_t most) {
  const std::int64_t page = query.integer("page", 1, 1'000'000).value_or(1);
  const std::int64_t size = query.integer("pageSize", 1, most).value_or(most);
  return {static_cast<std::size_t>((page - 1) * size), static_cast<std::size_t>(size)};
}

template <class T>
std::vector<T> cut(std::vector<T> all, std::size_t offset, std::size_t limit) {
  const std::size_t begin = std::min(offset, all.size());
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(begin));
  all.resize(std::min(limit, all.size()));
  return all;
}

bool holds(std::string_view text, std::string_view part) {
  return base::ascii_lower(text).find(base::ascii_lower(part)) != std::string::npos;
}

std::optional<QrLevel> level_of(std::string_view text) {
  if (text == "L") return QrLevel::kLow;
  if (text == "M") return QrLevel::kMedium;
  if (text == "Q") return QrLevel::kQuartile;
  if (text == "H") return QrLevel::kHigh;
  return std::nullopt;
}

Color color_of(ForeignQuery& query, std::string_view name, Color usual) {
  std::optional<std::string> text = query.first(name);
  if (!text) return usual;
  if (text->starts_with('#')) text->erase(0, 1);
  const std::optional<Color> color = links::color_of(*text);
  if (!color) query.fault(name, "not_allowed", "A colour is six hexadecimal digits: #1a2b3c.");
  return color.value_or(usual);
}

}  // namespace

base::Result<Response> DubApi::domains(Call& call) const {
  ForeignQuery query(call.head->query);
  const auto [offset, limit] = page_of(query, 50);
  const std::string text = query.first("search").value_or("");
  ASHLAR_TRY(query.finish());
  std::vector<Domain> domains;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(DomainPage page, module_.domains.list(tx, "", Domains::kMaxPerTenant));
    domains = std::move(page.domains);
    return base::ok_status();
  }));
  std::erase_if(domains, [&](const Domain& each) { return !holds(each.host, text); });
  std::string body;
  json::Writer out(body);
  out.begin_array();
  for (const Domain& each : cut(std::move(domains), offset, limit)) write_domain(out, each);
  out.end_array();
  return http::json_text(200, std::move(body));
}

base::Result<Response> DubApi::create_domain(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  refuse_what_is_not_done(body);
  const NewDomain wanted{.host = body.text("slug").value_or(""),
                         .not_found_url = body.text("notFoundUrl").value_or("")};
  if (wanted.host.empty()) body.fault("slug", "required", "Give the domain's name.");
  ASHLAR_TRY(body.finish());
  ASHLAR_ASSIGN(const Domain domain,
                module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.proofs.add(tx, wanted);
                }));
  return domain_answer(201, domain);
}

base::Result<Response> DubApi::update_domain(Call& call) const {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  refuse_what_is_not_done(body);
  if (const auto slug = body.text("slug"); slug && *slug != call.param(0)) {
    body.fault("slug", "not_allowed", "A domain's name never changes; make another one.");
  }
  DomainChange change;
  if (body.has("notFoundUrl")) change.not_found_url = body.text("notFoundUrl").value_or("");
  ASHLAR_TRY(body.finish());
  ASHLAR_ASSIGN(const Domain domain,
                module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.domains.update(tx, call.param(0), change, {});
                }));
  return domain_answer(200, domain);
}

base::Result<Response> DubApi::remove_domain(Call& call) const {
  ASHLAR_TRY(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
    return module_.domains.remove(tx, call.param(0), {});
  }));
  std::string body;
  json::Writer out(body);
  out.begin_object().key("slug").string(call.param(0)).end_object();
  return http::json_text(200, std::move(body));
}

base::Result<Response> DubApi::qr(Call& call) const {
  constexpr std::size_t kMostUrl = 2'048;
  ForeignQuery query(call.head->query);
  QrStyle style;
  const std::string url = query.first("url").value_or("");
  if (url.empty() || url.size() > kMostUrl) query.fault("url", "required", "Give a URL.");
  const auto size = query.integer("size", QrStyle::kMinSize, QrStyle::kMaxSize);
  style.size_px = static_cast<int>(size.value_or(600));
  const std::optional<QrLevel> level = level_of(query.first("level").value_or("L"));
  if (!level) query.fault("level", "not_allowed", "An error level is L, M, Q or H.");
  style.level = level.value_or(QrLevel::kLow);
  style.dark = color_of(query, "fgColor", style.dark);
  style.light = color_of(query, "bgColor", *style.light);
  const auto margin = query.integer("margin", 0, QrStyle::kMaxMargin);
  style.margin = query.first("includeMargin") == "false" ? 0 : static_cast<int>(margin.value_or(2));
  ASHLAR_TRY(query.finish());
  ASHLAR_ASSIGN(const QrCode code, QrCode::make(url, std::move(style)));
  ASHLAR_ASSIGN(std::string png, code.png());
  return Response{200, "image/png", {}, std::move(png)};
}

}  // namespace ashlar::links::dub
