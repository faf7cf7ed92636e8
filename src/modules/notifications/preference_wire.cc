// THE table of the hosted page of wishes: open to whoever has a link.
#include <memory>
#include <string_view>

#include "modules/notifications/preference_api.h"
#include "modules/notifications/recipient_parts.h"
#include "modules/notifications/route_row.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::Method;

constexpr std::string_view kPage = "/n/{token}";
constexpr std::string_view kUnsubscribe = "/n/{token}/unsubscribe";
constexpr std::size_t kMaxFormBytes = 64 * 1024;

}  // namespace

http::RouteTable preference_routes(const RecipientParts& parts) {
  const auto api = std::make_shared<const PreferenceApi>(parts);
  http::RouteTable table;
  table.push_back(route_row(Method::kGet, kPage, "The page where a reader changes what they get.",
                            http::WorkerHandler([api](Call& c) { return api->show(c, ""); }),
                            nullptr));
  table.push_back(route_row(Method::kPost, kPage, "The page's form.",
                            http::WorkerHandler([api](Call& c) { return api->change(c); }),
                            nullptr));
  table.push_back(route_row(
      Method::kGet, kUnsubscribe, "The same page: following a link ends nothing.",
      http::WorkerHandler([api](Call& c) { return api->show(c, "../" + c.param(0)); }), nullptr));
  table.push_back(route_row(
      Method::kPost, kUnsubscribe, "One-click unsubscription (RFC 8058), as mail programs send it.",
      http::WorkerHandler([api](Call& c) { return api->unsubscribe(c); }), nullptr));
  for (http::Route& route : table) {
    route.tenancy = http::Tenancy::kPublic;
    route.scope = std::string_view("");
    route.lane = http::Lane::kLookup;
    route.response_type = "text/html";
    if (route.method.value == Method::kPost) {
      route.raw_body = true;
      route.max_body_bytes = kMaxFormBytes;
    }
  }
  return table;
}

}  // namespace ashlar::notifications
