#include "modules/links/qr_logo_api.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "modules/links/links_module.h"
#include "modules/links/picture.h"
#include "modules/links/qr_logos_store.h"
#include "platform/http/call.h"
#include "platform/json/schema.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Response;
using storage::Transaction;

constexpr const char* kPath = "/v1/link-qr-logo";

const http::QueryParam kOfDomain{
    "domain", "Of the links on this domain of yours; without it of all whose domain has none.",
    "go.example"};
const ErrorDoc kNoLogo{404, "logo_not_found", "There is no logo."};
const ErrorDoc kNoDomain{404, "domain_not_found", "The tenant has no such domain."};

struct QrLogoJson {
  std::optional<std::string> domain;
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t bytes = 0;
  base::Time updated_at;
};

const json::Schema<QrLogoJson>& qr_logo_schema() {
  static const auto kSchema =
      json::Schema<QrLogoJson>("LinkQrLogo", "The picture in the middle of QR codes.")
          .required("domain", &QrLogoJson::domain,
                    {.doc = "Of the links on this host; null: of all whose domain has none."})
          .required("width", &QrLogoJson::width, {.doc = "In pixels, as it is kept."})
          .required("height", &QrLogoJson::height)
          .required("bytes", &QrLogoJson::bytes, {.doc = "Of the PNG, as it is kept."})
          .required("updated_at", &QrLogoJson::updated_at);
  return kSchema;
}

std::string_view host_of(const Call& call) { return call.query_value("domain").value_or(""); }

base::Error no_logo() {
  return base::fail(base::Code::kNotFound, "logo_not_found",
                    "There is no logo; put one at /v1/link-qr-logo.");
}

// Decoded before the transaction begins: that takes longer than to keep it.
base::Result<Response> put(LinksModule& module, Call& call) {
  ASHLAR_ASSIGN(Picture picture, read_png(call.body));
  QrLogo logo{.width = 0, .height = 0, .updated_at = module.clock.now(), .png = {}};
  ASHLAR_ASSIGN(logo.png, kept_png(std::move(picture)));
  ASHLAR_ASSIGN(const Picture kept, read_png(logo.png, Picture::kMaxKeptBytes));
  logo.width = kept.width;
  logo.height = kept.height;
  QrLogoJson json{.domain = {},
                  .width = logo.width,
                  .height = logo.height,
                  .bytes = static_cast<std::int64_t>(logo.png.size()),
                  .updated_at = logo.updated_at};
  ASHLAR_TRY(module.db.write(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    json.domain.reset();
    ASHLAR_ASSIGN(const DomainId domain, module.links.domain_of(tx, host_of(call)));
    if (domain.value != 0) {
      ASHLAR_ASSIGN(const Domain known, module.domains.find(tx, host_of(call)));
      json.domain = known.host;
    }
    return store::put_qr_logo(tx, domain, logo);
  }));
  return http::json_response(200, qr_logo_schema(), json);
}

base::Result<Response> get(LinksModule& module, Call& call) {
  std::optional<QrLogo> logo;
  ASHLAR_TRY(module.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const DomainId domain, module.links.domain_of(tx, host_of(call)));
    ASHLAR_ASSIGN(logo, store::find_qr_logo(tx, domain));
    return base::ok_status();
  }));
  if (!logo) return no_logo();
  return Response{200, "image/png", {}, std::move(logo->png)};
}

base::Result<Response> remove(LinksModule& module, Call& call, Transaction& tx) {
  ASHLAR_ASSIGN(const DomainId domain, module.links.domain_of(tx, host_of(call)));
  ASHLAR_ASSIGN(const bool removed, store::remove_qr_logo(tx, domain));
  if (!removed) return no_logo();
  return Response{204, {}, {}, {}};
}

http::Route row(http::Method method, std::string_view summary, http::Handler handler) {
  const bool reads = method == http::Method::kGet;
  return {.method = method,
          .path = {kPath},
          .summary = summary,
          .module = {"links"},
          .tenancy = http::Tenancy::kTenant,
          .scope = {reads ? "links:read" : "links:write"},
          .cost = reads ? 1 : 5,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{10'000},
          .handler = {std::move(handler)},
          .query = {kOfDomain}};
}

}  // namespace

http::RouteTable qr_logo_routes(LinksModule& module) {
  http::RouteTable table;
  table.push_back(
      row(http::Method::kPut,
          "Put a picture into the middle of QR codes: a PNG of at most 64 KiB and 512 × "
          "512 pixels, as the body.",
          http::WorkerHandler([&module](Call& call) { return put(module, call); })));
  table.back().response = &qr_logo_schema();
  table.back().raw_body = true;
  table.back().errors = {{400, "logo_unreadable", "The body is no PNG, or a damaged one."},
                         {400, "logo_too_large", "It is wider or higher than 512 pixels."},
                         kNoDomain};
  table.push_back(row(http::Method::kGet, "The picture in the middle of QR codes.",
                      http::WorkerHandler([&module](Call& call) { return get(module, call); })));
  table.back().response_type = "image/png";
  table.back().errors = {kNoLogo, kNoDomain};
  table.push_back(row(http::Method::kDelete, "Take the picture out of QR codes.",
                      http::TransactionHandler([&module](Call& call, Transaction& tx) {
                        return remove(module, call, tx);
                      })));
  table.back().success = 204;
  table.back().response_type = "";
  table.back().errors = {kNoLogo, kNoDomain};
  return table;
}

}  // namespace ashlar::links
