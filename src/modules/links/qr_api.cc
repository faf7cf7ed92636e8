#include "modules/links/qr_api.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "modules/links/link_call.h"
#include "modules/links/links_module.h"
#include "modules/links/qr_code.h"
#include "modules/links/qr_logos_store.h"
#include "platform/http/call.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

base::Result<int> whole_number(const http::Call& call, std::string_view name, int least, int most,
                               int otherwise) {
  const std::optional<std::string_view> text = call.query_value(name);
  if (!text) return otherwise;
  int value = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool whole = read.ec == std::errc() && read.ptr == text->data() + text->size();
  if (whole && value >= least && value <= most) return value;
  return http::bad_query(
      "?" + std::string(name), "out_of_range",
      "Give a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
}

base::Result<Color> color(const http::Call& call, std::string_view name, Color otherwise) {
  const std::optional<std::string_view> text = call.query_value(name);
  if (!text) return otherwise;
  const std::optional<Color> color = color_of(*text);
  if (color) return *color;
  return http::bad_query("?" + std::string(name), "not_allowed",
                         "A colour is six hexadecimal digits: 1a2b3c.");
}

base::Result<QrLevel> level(const http::Call& call) {
  const std::string_view text = call.query_value("level").value_or("M");
  if (text == "L") return QrLevel::kLow;
  if (text == "M") return QrLevel::kMedium;
  if (text == "Q") return QrLevel::kQuartile;
  if (text == "H") return QrLevel::kHigh;
  return http::bad_query("?level", "not_allowed", "An error level is L, M, Q or H.");
}

base::Result<bool> wants_logo(const http::Call& call) {
  const std::string_view text = call.query_value("logo").value_or("false");
  if (text == "true" || text == "false") return text == "true";
  return http::bad_query("?logo", "not_allowed", "Give true or false.");
}

// The domain's own, or the tenant's.
base::Result<std::string> logo_for(storage::Transaction& tx, DomainId domain) {
  ASHLAR_ASSIGN(std::optional<QrLogo> logo, store::find_qr_logo(tx, domain));
  if (!logo && domain.value != 0) {
    ASHLAR_ASSIGN(logo, store::find_qr_logo(tx, DomainId()));
  }
  if (logo) return std::move(logo->png);
  return base::fail(base::Code::kNotFound, "logo_not_found",
                    "There is no logo; put one at /v1/link-qr-logo.");
}

base::Result<QrStyle> style_of(const http::Call& call) {
  QrStyle style;
  ASHLAR_ASSIGN(style.size_px,
                whole_number(call, "size", QrStyle::kMinSize, QrStyle::kMaxSize, style.size_px));
  ASHLAR_ASSIGN(style.margin, whole_number(call, "margin", 0, QrStyle::kMaxMargin, style.margin));
  ASHLAR_ASSIGN(style.dark, color(call, "color", style.dark));
  if (call.query_value("background") == "transparent") {
    style.light.reset();
  } else {
    ASHLAR_ASSIGN(style.light, color(call, "background", *style.light));
  }
  ASHLAR_ASSIGN(style.level, level(call));
  return style;
}

base::Result<http::Response> draw(LinksModule& module, const http::Call& call) {
  const std::string_view format = call.query_value("format").value_or("svg");
  if (format != "svg" && format != "png") {
    return http::bad_query("?format", "not_allowed", "A format is svg or png.");
  }
  ASHLAR_ASSIGN(QrStyle style, style_of(call));
  ASHLAR_ASSIGN(const bool with_logo, wants_logo(call));
  Link link;
  ASHLAR_TRY(module.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(link, module.links.find(tx, link_ref_of(call)));
    if (with_logo) {
      ASHLAR_ASSIGN(style.logo_png, logo_for(tx, link.domain));
    }
    return base::ok_status();
  }));
  ASHLAR_ASSIGN(const QrCode code, QrCode::make(module.links.short_url(link), std::move(style)));
  if (format == "svg") return http::Response{200, "image/svg+xml", {}, code.svg()};
  ASHLAR_ASSIGN(std::string png, code.png());
  return http::Response{200, "image/png", {}, std::move(png)};
}

}  // namespace

http::RouteTable qr_routes(LinksModule& module) {
  http::RouteTable table;
  table.push_back({
      .method = http::Method::kGet,
      .path = {"/v1/links/{code}/qr"},
      .summary = {"The short URL as a QR code."},
      .module = {"links"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 5,
      .idempotency = http::Idempotency::kNatural,
      .deadline = base::Millis{10'000},
      .handler = {http::WorkerHandler([&module](http::Call& call) { return draw(module, call); })},
      .response_type = "image/svg+xml",
      .query = {kDomainOfLink,
                {"format", "svg or png.", "svg"},
                {"size", "Width and height in pixels, 64 to 2048.", "300"},
                {"margin", "The quiet zone, in modules: 0 to 16. Readers expect 4.", "4"},
                {"color", "Of the modules: six hexadecimal digits.", "000000"},
                {"background", "Six hexadecimal digits, or transparent.", "ffffff"},
                {"level", "Error correction: L, M, Q or H (7, 15, 25, 30 %).", "M"},
                {"logo", "true: with your logo in the middle (/v1/link-qr-logo); the level is H.",
                 "true"}},
      .errors = {{404, "link_not_found", "There is no such link, or it is another tenant's."},
                 {404, "logo_not_found", "There is no logo of yours."},
                 {400, "contrast_too_low", "The colours could not be told apart by a reader."},
                 {400, "too_small", "The picture has fewer pixels than the code has modules."}},
  });
  return table;
}

}  // namespace ashlar::links
