// THE table of activity.
#include <memory>

#include "modules/activity/activity_api.h"
#include "modules/activity/activity_json.h"
#include "modules/activity/activity_module.h"

namespace ashlar::activity {
namespace {

using http::Call;
using http::Idempotency;
using http::Method;
using http::Tenancy;
using storage::Transaction;

constexpr base::Millis kDeadline{10'000};
constexpr std::size_t kMaxBodyBytes = 4 * 1024 * 1024;

using Api = std::shared_ptr<const ActivityApi>;

std::vector<http::QueryParam> top_query() {
  return {{"dimension",
           "What to count: user, action, endpoint, or the name of a tag. One that has had no event "
           "is no error: no rows, and known is false.",
           "user"},
          {"k", "How many, 1 to 1000; 10 if not given.", "10"},
          {"window",
           "The last so many seconds; or with a unit: 90s, 5m, 1h, 1d. 1 s to 1 day; 300 if "
           "not given.",
           "300"}};
}

http::Route record_route(const Api& api) {
  return {
      .method = Method::kPost,
      .path = {"/v1/activity/events"},
      .summary = {"Record what users did: a list, or lines of JSON."},
      .module = {"activity"},
      .tenancy = Tenancy::kTenant,
      .scope = {"activity:write"},
      .cost = 2,
      .idempotency = Idempotency::kOptional,
      .deadline = kDeadline,
      .handler = {http::TransactionHandler(
          [api](Call& call, Transaction& tx) { return api->record(call, tx); })},
      .request = &events_schema(),
      .response = &receipt_schema(),
      .success = 202,
      .errors = {{400, "no_events", "There is no event in the body."},
                 {409, "too_many_dimensions", "The tenant would have more than 64 dimensions."},
                 {503, "activity_full", "Counting has reached its memory bound."}},
      .max_body_bytes = kMaxBodyBytes,
      .takes_lines = true,
  };
}

http::Route reading_route(std::string_view path, std::string_view summary, Tenancy tenancy,
                          http::WorkerHandler handler, const json::Shape& response) {
  return {
      .method = Method::kGet,
      .path = path,
      .summary = summary,
      .module = {"activity"},
      .tenancy = tenancy,
      .scope = tenancy == Tenancy::kTenant ? std::string_view("activity:read") : std::string_view(),
      .cost = 1,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {std::move(handler)},
      .response = &response,
      .errors = {{503, "activity_behind",
                  "Other instances' counts could not be read for a while."}},
  };
}

}  // namespace

http::RouteTable activity_routes(ActivityModule& module) {
  const auto api = std::make_shared<const ActivityApi>(module);
  http::RouteTable table;
  table.push_back(record_route(api));
  table.push_back(reading_route(
      "/v1/activity/top", "Those that occur most just now.", Tenancy::kTenant,
      [api](Call& call) { return api->top(call); }, top_schema()));
  table.back().query = top_query();
  table.push_back(reading_route(
      "/v1/activity/dimensions", "What can be asked for.", Tenancy::kTenant,
      [api](Call& call) { return api->dimensions(call); }, dimensions_schema()));
  table.push_back(reading_route(
      "/v1/requests/top", "Ashlar's own requests: the heaviest users, tenants and endpoints.",
      Tenancy::kPlatform, [api](Call& call) { return api->own_top(call); }, top_schema()));
  table.back().query = top_query();
  return table;
}

}  // namespace ashlar::activity
