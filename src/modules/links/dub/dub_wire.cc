// THE table of Dub's API. Ours leaves it out of its description: docs/link-clients.md has it.
#include "modules/links/dub/dub_wire.h"

#include <memory>
#include <string_view>
#include <utility>

#include "modules/links/dub/dub_api.h"
#include "modules/links/dub/dub_error.h"

namespace ashlar::links::dub {
namespace {

using http::Call;
using http::Method;

constexpr base::Millis kDeadline{20'000};
constexpr std::size_t kMostBody = 1024 * 1024;
constexpr int kManyCost = 10;  // the dearest there is: limits_settings.cc

using Function = base::Result<http::Response> (DubApi::*)(Call&) const;

class Table {
 public:
  explicit Table(LinksModule& module) : api_(std::make_shared<const DubApi>(module)) {}

  void read(std::string_view path, int cost, Function function) {
    add(Method::kGet, path, "links:read", cost, function);
  }
  void write(Method method, std::string_view path, int cost, Function function) {
    add(method, path, "links:write", cost, function);
  }
  http::RouteTable take() { return std::move(rows_); }

 private:
  void add(Method method, std::string_view path, std::string_view scope, int cost,
           Function function) {
    http::Route route{.method = method,
                      .path = path,
                      .summary = {"A row of Dub's API"},
                      .module = {"links_dub"},
                      .tenancy = http::Tenancy::kTenant,
                      .scope = scope,
                      .cost = cost,
                      .idempotency = http::Idempotency::kNatural,
                      .deadline = kDeadline,
                      .handler = {http::WorkerHandler([api = api_, function](Call& call) {
                        return ((*api).*function)(call);
                      })}};
    route.raw_body = true;
    route.raw_query = true;
    route.max_body_bytes = kMostBody;
    route.documented = false;
    route.face = &dub_face();
    rows_.push_back(std::move(route));
  }

  const std::shared_ptr<const DubApi> api_;
  http::RouteTable rows_;
};

}  // namespace

http::RouteTable dub_routes(LinksModule& module) {
  constexpr std::string_view kLinks = "/api/dub/links";
  constexpr std::string_view kLink = "/api/dub/links/{linkId}";
  constexpr std::string_view kMany = "/api/dub/links/bulk";
  constexpr std::string_view kTags = "/api/dub/tags";
  constexpr std::string_view kTag = "/api/dub/tags/{id}";
  constexpr std::string_view kDomains = "/api/dub/domains";
  constexpr std::string_view kDomain = "/api/dub/domains/{slug}";
  Table table(module);
  table.read(kLinks, 3, &DubApi::list);
  table.read("/api/dub/links/count", 3, &DubApi::count);
  table.read("/api/dub/links/info", 1, &DubApi::info);
  table.write(Method::kPost, kLinks, 2, &DubApi::create);
  table.write(Method::kPut, "/api/dub/links/upsert", 5, &DubApi::upsert);
  table.write(Method::kPatch, kLink, 2, &DubApi::update);
  table.write(Method::kDelete, kLink, 2, &DubApi::remove);
  table.write(Method::kPost, kMany, kManyCost, &DubApi::create_many);
  table.write(Method::kPatch, kMany, kManyCost, &DubApi::update_many);
  table.write(Method::kDelete, kMany, kManyCost, &DubApi::remove_many);
  table.read(kTags, 3, &DubApi::tags);
  table.write(Method::kPost, kTags, 2, &DubApi::create_tag);
  table.write(Method::kPatch, kTag, 5, &DubApi::update_tag);
  table.write(Method::kDelete, kTag, 5, &DubApi::remove_tag);
  table.read("/api/dub/analytics", 5, &DubApi::analytics);
  table.read(kDomains, 2, &DubApi::domains);
  table.write(Method::kPost, kDomains, 2, &DubApi::create_domain);
  table.write(Method::kPatch, kDomain, 2, &DubApi::update_domain);
  table.write(Method::kDelete, kDomain, 2, &DubApi::remove_domain);
  table.read("/api/dub/qr", 5, &DubApi::qr);
  return table.take();
}

}  // namespace ashlar::links::dub
