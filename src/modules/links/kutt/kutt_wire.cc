// THE table of Kutt's API. Ours leaves it out of its description: docs/link-clients.md has it.
#include "modules/links/kutt/kutt_wire.h"

#include <memory>
#include <string_view>
#include <utility>

#include "modules/links/kutt/kutt_api.h"
#include "modules/links/kutt/kutt_error.h"

namespace ashlar::links::kutt {
namespace {

using http::Call;
using http::Method;

constexpr base::Millis kDeadline{10'000};

using Api = std::shared_ptr<const KuttApi>;
using Function = base::Result<http::Response> (KuttApi::*)(Call&) const;

http::Route row(const Api& api, Method method, std::string_view path, std::string_view scope,
                int cost, Function function) {
  http::Route route{.method = method,
                    .path = path,
                    .summary = {"A row of Kutt's API"},
                    .module = {"links_kutt"},
                    .tenancy = http::Tenancy::kTenant,
                    .scope = scope,
                    .cost = cost,
                    .idempotency = http::Idempotency::kNatural,
                    .deadline = kDeadline,
                    .handler = {http::WorkerHandler(
                        [api, function](Call& call) { return ((*api).*function)(call); })}};
  route.raw_body = true;
  route.raw_query = true;
  route.documented = false;
  route.key_field = http::KeyField::kApiKey;
  route.face = &kutt_face();
  return route;
}

}  // namespace

http::RouteTable kutt_routes(LinksModule& module) {
  constexpr std::string_view kRead = "links:read";
  constexpr std::string_view kWrite = "links:write";
  constexpr std::string_view kLinks = "/api/v2/links";
  constexpr std::string_view kLink = "/api/v2/links/{id}";
  constexpr std::string_view kStats = "/api/v2/links/{id}/stats";
  const auto api = std::make_shared<const KuttApi>(module);
  http::RouteTable table;
  table.push_back(row(api, Method::kGet, kLinks, kRead, 3, &KuttApi::list));
  table.push_back(row(api, Method::kPost, kLinks, kWrite, 2, &KuttApi::create));
  table.push_back(row(api, Method::kPatch, kLink, kWrite, 2, &KuttApi::update));
  table.push_back(row(api, Method::kDelete, kLink, kWrite, 2, &KuttApi::remove));
  table.push_back(row(api, Method::kGet, kStats, kRead, 2, &KuttApi::stats));
  // The npm package asks for statistics by DELETE; nothing is deleted.
  table.push_back(row(api, Method::kDelete, kStats, kRead, 2, &KuttApi::stats));
  table.push_back(row(api, Method::kGet, "/api/v2/users", kRead, 1, &KuttApi::user));
  table.push_back(row(api, Method::kPost, "/api/v2/domains", kWrite, 2, &KuttApi::create_domain));
  table.push_back(
      row(api, Method::kDelete, "/api/v2/domains/{id}", kWrite, 2, &KuttApi::remove_domain));
  table.push_back(row(api, Method::kGet, "/api/v2/health", "", 1, &KuttApi::health));
  table.back().tenancy = http::Tenancy::kPublic;
  return table;
}

}  // namespace ashlar::links::kutt
