// THE table of what comes after planning.
#include <memory>
#include <utility>

#include "modules/notifications/delivery_api.h"
#include "modules/notifications/delivery_json.h"
#include "modules/notifications/route_row.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using storage::Transaction;

constexpr std::size_t kMaxCallbackBytes = 1024 * 1024;
constexpr std::size_t kMaxReplayBytes = 256 * 1024;

const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};

using Api = std::shared_ptr<const DeliveryApi>;

void add_letter_routes(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kGet, "/v1/notification-dead-letters",
                            "Deliveries that have failed for good, newest first.",
                            http::WorkerHandler([api](Call& c) { return api->dead_letters(c); }),
                            &dead_letter_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.back().query = {{"channel", "Only of this channel.", "email"},
                        {"reason", "Only for this reason.", "attempts_used"},
                        {"category", "Only of this category.", "billing"},
                        {"provider_id", "Only those that this provider was asked last.", "7"},
                        {"from", "Failed then or later.", "2026-01-01T00:00:00Z"},
                        {"to", "Failed before.", "2026-02-01T00:00:00Z"}};
  table.push_back(route_row(
      Method::kPost, "/v1/notification-dead-letters/{id}/replay",
      "Send a dead letter again, with other data, content or address where they are given.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->replay(c, tx); }),
      &replayed_letter_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &replay_letter_schema();
  table.back().body_optional = true;
  table.back().max_body_bytes = kMaxReplayBytes;
  table.back().success = 202;
  table.back().errors = {
      {404, "dead_letter_not_found", "There is none, it is another tenant's, or was replayed."},
      {422, "content_malformed", "The content is not what it has to be."},
      {422, "email_invalid", "The address is no mail address."},
      {422, "phone_invalid", "The address is no phone number."}};
  table.push_back(route_row(
      Method::kPost, "/v1/notification-dead-letters/replay",
      "Send the dead letters that fit again, 500 a call.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->replay_many(c, tx); }),
      &replayed_letters_schema()));
  table.back().operation_id = "dead_letters_replay_many";
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &replay_letters_schema();
  table.back().body_optional = true;
  table.back().success = 202;
  table.back().cost = 10;
  table.back().errors = {kBadCursor};
}

void add_look_routes(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kGet, "/v1/notification-catcher",
                            "What was kept instead of being sent, newest first: for development.",
                            http::WorkerHandler([api](Call& c) { return api->caught(c); }),
                            &caught_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.back().query = {{"channel", "Only of this channel.", "email"}};
  table.push_back(route_row(
      Method::kGet, "/v1/notification-provider-health",
      "How this instance finds the providers: breakers, paces, what is in hand.",
      http::WorkerHandler([api](Call& c) { return api->health(c); }), &provider_healths_schema()));
}

void add_callback_route(http::RouteTable& table, const Api& api) {
  http::Route route =
      route_row(Method::kPost, "/v1/notification-callbacks/{provider_id}/{token}",
                "Where a provider tells what became of a message.",
                http::WorkerHandler([api](Call& c) { return api->hear(c); }), nullptr);
  route.tenancy = http::Tenancy::kPublic;
  route.scope = std::string_view("");
  route.raw_body = true;
  route.raw_query = true;
  route.max_body_bytes = kMaxCallbackBytes;
  route.errors = {{403, "callback_refused", "No provider is called back under this address."},
                  {403, "callback_signature", "The provider's signature does not hold."},
                  {400, "callback_malformed", "The signature is right, the body is not."},
                  {404, "callback_unused", "Providers of this type tell nothing afterwards."}};
  table.push_back(std::move(route));
}

}  // namespace

http::RouteTable delivery_routes(DeliveryApi::Parts parts) {
  const auto api = std::make_shared<const DeliveryApi>(std::move(parts));
  http::RouteTable table;
  add_letter_routes(table, api);
  add_look_routes(table, api);
  add_callback_route(table, api);
  return table;
}

}  // namespace ashlar::notifications
