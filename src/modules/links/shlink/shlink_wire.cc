// THE table of Shlink's API. It has a description of its own, which its clients are made from; ours
// leaves it out.
#include "modules/links/shlink/shlink_wire.h"

#include <memory>
#include <string_view>
#include <utility>

#include "modules/links/foreign/foreign_query.h"
#include "modules/links/shlink/shlink_api.h"
#include "modules/links/shlink/shlink_error.h"

namespace ashlar::links::shlink {
namespace {

using http::Call;
using http::Method;
using http::Response;

constexpr base::Millis kDeadline{10'000};
constexpr std::size_t kMostBody = 256 * 1024;

using Api = std::shared_ptr<const ShlinkApi>;
using Function = base::Result<Response> (ShlinkApi::*)(Call&) const;

// What Shlink says of the short URL beside the error.
Extras extras_of(const Call& call, const base::Error& error) {
  const std::string_view reason = error.reason;
  Extras extras;
  if (reason == "link_not_found" && !call.path_params.empty()) {
    extras.emplace_back("shortCode", call.param(0));
    if (const auto domain = ForeignQuery(call.head->query).first("domain")) {
      extras.emplace_back("domain", *domain);
    }
  }
  return extras;
}

Response answered(const Call& call, base::Result<Response> result) {
  if (result.ok()) return std::move(*result);
  return error_response(result.error(), call.request_id, extras_of(call, result.error()));
}

class Table {
 public:
  explicit Table(LinksModule& module) : api_(std::make_shared<const ShlinkApi>(module)) {}

  void read(std::string_view path, int cost, Function function) {
    add(Method::kGet, path, "links:read", cost, function);
  }
  void write(Method method, std::string_view path, int cost, Function function) {
    add(method, path, "links:write", cost, function);
  }
  void open(std::string_view path, Function function) {
    add(Method::kGet, path, "", 1, function);
    rows_.back().tenancy = http::Tenancy::kPublic;
  }
  http::RouteTable take() { return std::move(rows_); }

 private:
  void add(Method method, std::string_view path, std::string_view scope, int cost,
           Function function) {
    http::Route route{.method = method,
                      .path = path,
                      .summary = {"A row of Shlink's API"},
                      .module = {"links_shlink"},
                      .tenancy = http::Tenancy::kTenant,
                      .scope = scope,
                      .cost = cost,
                      .idempotency = http::Idempotency::kNatural,
                      .deadline = kDeadline,
                      .handler = {http::WorkerHandler([api = api_, function](Call& call) {
                        return base::Result<Response>(answered(call, ((*api).*function)(call)));
                      })}};
    route.raw_body = true;
    route.raw_query = true;
    route.max_body_bytes = kMostBody;
    route.documented = false;
    route.key_field = http::KeyField::kApiKey;
    route.face = &shlink_face();
    rows_.push_back(std::move(route));
  }

  const Api api_;
  http::RouteTable rows_;
};

void add_urls(Table& table) {
  constexpr std::string_view kUrls = "/rest/v3/short-urls";
  constexpr std::string_view kUrl = "/rest/v3/short-urls/{shortCode}";
  constexpr std::string_view kRules = "/rest/v3/short-urls/{shortCode}/redirect-rules";
  table.read(kUrls, 3, &ShlinkApi::list_urls);
  table.write(Method::kPost, kUrls, 2, &ShlinkApi::create_url);
  table.read(kUrl, 1, &ShlinkApi::get_url);
  table.write(Method::kPatch, kUrl, 2, &ShlinkApi::edit_url);
  table.write(Method::kDelete, kUrl, 2, &ShlinkApi::delete_url);
  table.read(kRules, 1, &ShlinkApi::get_rules);
  table.write(Method::kPost, kRules, 2, &ShlinkApi::set_rules);
}

void add_visits(Table& table) {
  constexpr std::string_view kOfUrl = "/rest/v3/short-urls/{shortCode}/visits";
  table.read("/rest/v3/visits", 5, &ShlinkApi::overview);
  table.read("/rest/v3/visits/non-orphan", 5, &ShlinkApi::non_orphan_visits);
  table.read("/rest/v3/visits/orphan", 1, &ShlinkApi::orphan_visits);
  table.write(Method::kDelete, "/rest/v3/visits/orphan", 1, &ShlinkApi::delete_orphan_visits);
  table.read(kOfUrl, 2, &ShlinkApi::url_visits);
  table.write(Method::kDelete, kOfUrl, 2, &ShlinkApi::delete_url_visits);
  table.read("/rest/v3/tags/{tag}/visits", 5, &ShlinkApi::tag_visits);
  table.read("/rest/v3/domains/{domain}/visits", 5, &ShlinkApi::domain_visits);
}

void add_rest(Table& table) {
  table.read("/rest/v3/tags", 3, &ShlinkApi::tags);
  table.read("/rest/v3/tags/stats", 5, &ShlinkApi::tag_stats);
  table.write(Method::kPut, "/rest/v3/tags", 5, &ShlinkApi::rename_tag);
  table.write(Method::kDelete, "/rest/v3/tags", 5, &ShlinkApi::delete_tags);
  table.read("/rest/v3/domains", 2, &ShlinkApi::domains);
  table.write(Method::kPatch, "/rest/v3/domains/redirects", 2, &ShlinkApi::domain_redirects);
  table.read("/rest/v3/mercure-info", 1, &ShlinkApi::mercure_info);
  table.open("/rest/v3/health", &ShlinkApi::health);
  table.open("/rest/health", &ShlinkApi::health);
}

}  // namespace

http::RouteTable shlink_routes(LinksModule& module) {
  Table table(module);
  add_urls(table);
  add_visits(table);
  add_rest(table);
  return table.take();
}

}  // namespace ashlar::links::shlink
