// THE table of events.
#include <memory>
#include <utility>

#include "modules/events/events_api.h"
#include "modules/events/events_json.h"
#include "modules/events/events_module.h"

namespace ashlar::events {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;

using Api = std::shared_ptr<const EventsApi>;

constexpr base::Millis kDeadline{10'000};
constexpr base::Millis kReplayDeadline{60'000};

const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kNoLetter{404, "dead_letter_not_found",
                         "There is no such dead letter, or its event is gone."};
const ErrorDoc kNoConsumer{404, "consumer_not_found", "There is no consumer of this name."};

http::Route reading_route(std::string_view path, std::string_view summary,
                          http::WorkerHandler handler, const json::Shape& response) {
  return {.method = Method::kGet,
          .path = path,
          .summary = summary,
          .module = {"events"},
          .tenancy = Tenancy::kPlatform,
          .scope = {""},
          .cost = 1,
          .idempotency = Idempotency::kNatural,
          .deadline = kDeadline,
          .handler = {std::move(handler)},
          .response = &response};
}

// Replaying twice is consuming twice, which consumers must bear anyhow; each is told in the answer.
http::Route replay_route(std::string_view path, std::string_view summary,
                         http::WorkerHandler handler, const json::Shape& request) {
  return {.method = Method::kPost,
          .path = path,
          .summary = summary,
          .module = {"events"},
          .tenancy = Tenancy::kPlatform,
          .scope = {""},
          .cost = 10,
          .idempotency = Idempotency::kNatural,
          .deadline = kReplayDeadline,
          .handler = {std::move(handler)},
          .request = &request,
          .response = &replayed_schema(),
          .success = 202};
}

http::Route list_route(const Api& api) {
  http::Route route = reading_route(
      "/v1/events", "What has happened, newest first.",
      [api](Call& call) { return api->list(call); }, event_page_schema());
  route.tenancy = Tenancy::kTenant;
  route.scope = std::string_view("events:read");
  route.query = {
      {"type", "Only this type, or all that begin so: link.*", "link.created"},
      {"aggregate_type", "Only what happened to things of this kind.", "link"},
      {"aggregate_id", "Only what happened to this one.", "spring"},
      {"format", "ashlar, or cloudevents: each as CloudEvents 1.0 writes it in structured mode.",
       "ashlar"}};
  route.errors = {kBadCursor};
  route.paged = true;
  return route;
}

}  // namespace

http::RouteTable events_routes(EventsModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const EventsApi>(module, cursors);
  http::RouteTable table;
  table.push_back(list_route(api));
  table.push_back(reading_route(
      "/v1/events/consumers", "Who is told of events, and how far each is.",
      [api](Call& call) { return api->consumers(call); }, consumers_schema()));
  table.push_back(reading_route(
      "/v1/events/dead-letters", "Events that a consumer could not take, oldest first.",
      [api](Call& call) { return api->dead_letters(call); }, dead_letter_page_schema()));
  table.back().query = {{"consumer", "Only this one's.", "webhooks"}};
  table.back().errors = {kBadCursor};
  table.back().paged = true;
  table.push_back(replay_route(
      "/v1/events/dead-letters/{id}/replay",
      "Try a dead letter again, behind what is parked of the same thing.",
      [api](Call& call) { return api->replay_dead(call); }, replay_dead_schema()));
  table.back().errors = {kNoLetter};
  table.push_back(replay_route(
      "/v1/events/consumers/{name}/replay", "Have events of a thing or a time consumed again.",
      [api](Call& call) { return api->replay(call); }, replay_schema()));
  table.back().errors = {kNoConsumer};
  return table;
}

}  // namespace ashlar::events
