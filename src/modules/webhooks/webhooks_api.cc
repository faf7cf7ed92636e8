#include "modules/webhooks/webhooks_api.h"

#include <charconv>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/webhooks/endpoints_store.h"
#include "modules/webhooks/webhooks_json.h"
#include "modules/webhooks/webhooks_module.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/entity_tag.h"
#include "platform/http/paging.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

using base::Result;
using http::Call;
using http::Response;

http::CursorScope list_scope(const Call& call) { return {"webhooks", call.principal.tenant.value}; }
http::CursorScope deliveries_scope(const Call& call) {
  return {"webhooks.deliveries", call.principal.tenant.value};
}
http::CursorScope replay_scope(const Call& call) {
  return {"webhooks.replay", call.principal.tenant.value};
}

// "12" is an id; "012", "+12" and "x" are nobody's.
std::int64_t id_of(std::string_view text) {
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && id > 0 && text.front() != '0' ? id : 0;
}
EndpointId endpoint_id(const Call& call) { return EndpointId(id_of(call.param(0))); }
DeliveryId delivery_id(const Call& call) { return DeliveryId(id_of(call.param(1))); }

std::string etag_of(const Endpoint& endpoint) {
  return "\"v" + std::to_string(endpoint.version) + "\"";
}

base::Status check_if_match(const Call& call, const Endpoint& endpoint) {
  if (call.head->if_match.empty()) return base::ok_status();
  switch (http::match_strong(call.head->if_match, etag_of(endpoint))) {
    case http::TagMatch::kMatch:
      return base::ok_status();
    case http::TagMatch::kNone:
      return base::fail(base::Code::kPreconditionFailed, "etag_mismatch",
                        "The webhook was changed since; read it again.");
    case http::TagMatch::kMalformed:
      break;
  }
  return base::fail(base::Code::kInvalid, "bad_if_match", "If-Match is not a list of entity tags.");
}

Result<store::DeliveryFilter> filter_of(const Call& call) {
  store::DeliveryFilter filter;
  if (const auto name = call.query_value("state")) {
    filter.state = state_of(*name);
    if (!filter.state) {
      return http::bad_query("?state", "not_allowed", "Give pending, delivered or failed.");
    }
  }
  if (const auto type = call.query_value("event_type")) filter.event_type = std::string(*type);
  if (const auto id = call.query_value("event_id")) filter.event_id = std::string(*id);
  return filter;
}

}  // namespace

WebhookJson WebhooksApi::render(const Endpoint& e) const {
  WebhookJson json;
  json.id = e.id;
  json.url = e.url;
  json.event_types = e.event_types;
  json.description = e.description;
  const bool hmac = module_.webhooks.signature_of(e) == outbound::SignatureKind::kHmac;
  json.signature = hmac ? "hmac" : "ed25519";
  json.public_keys = module_.webhooks.public_keys(e);
  json.format = e.format == BodyFormat::kStandard ? "standard" : "cloudevents";
  json.ordered = e.ordered;
  json.rate_per_s = e.rate_per_s;
  json.max_running = e.max_running;
  json.enabled = e.state == EndpointState::kEnabled;
  json.disabled_reason = disabled_reason(e.state);
  json.failing_since = e.failing_since;
  json.disabled_at = e.disabled_at;
  json.created_at = e.created_at;
  json.updated_at = e.updated_at;
  return json;
}

Response WebhooksApi::answer(int status, const Endpoint& endpoint) const {
  return http::json_response(status, webhook_schema(), render(endpoint))
      .header("ETag", etag_of(endpoint));
}

// A private key is never shown: of a pair the receiver needs the public half.
static Response with_secret(WebhookJson json, int status, const WithSecret& made) {
  const bool hmac = made.key.kind == outbound::SignatureKind::kHmac;
  if (hmac) json.secret = made.key.to_text();
  Response response =
      http::json_response(status, webhook_schema(), json).header("ETag", etag_of(made.endpoint));
  if (hmac) response.header("Cache-Control", "no-store");
  return response;
}

Result<Response> WebhooksApi::create(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const NewWebhookJson wanted, new_webhook_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const WithSecret made, module_.webhooks.create(tx, endpoint_of(wanted)));
  Response response = with_secret(render(made.endpoint), 201, made);
  response.header("Location", "/v1/webhooks/" + made.endpoint.id.to_string());
  return response;
}

Result<Response> WebhooksApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  EndpointId before{INT64_MAX};
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(list_scope(call), *cursor));
    before = EndpointId(std::get<0>(position));
  }
  ASHLAR_ASSIGN(std::vector<Endpoint> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list_endpoints(tx, before, limit + 1);
                }));
  json::Page<WebhookJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(list_scope(call), found.back().id.value));
  }
  for (const Endpoint& endpoint : found) page.data.push_back(render(endpoint));
  return http::page_response(call, webhook_page_schema(), page);
}

Result<Response> WebhooksApi::get(Call& call) const {
  ASHLAR_ASSIGN(const Endpoint endpoint,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.webhooks.find(tx, endpoint_id(call));
                }));
  return answer(200, endpoint);
}

Result<Response> WebhooksApi::update(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const WebhookPatchJson patch, webhook_patch_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const Endpoint before, module_.webhooks.find(tx, endpoint_id(call)));
  ASHLAR_TRY(check_if_match(call, before));
  ASHLAR_ASSIGN(const Endpoint endpoint, module_.webhooks.update(tx, before.id, change_of(patch)));
  return answer(200, endpoint);
}

Result<Response> WebhooksApi::remove(Call& call, storage::Transaction& tx) const {
  ASHLAR_TRY(module_.webhooks.remove(tx, endpoint_id(call)));
  return http::no_content();
}

Result<Response> WebhooksApi::enable(Call& call, storage::Transaction& tx) const {
  EndpointChange change;
  change.enabled = true;
  ASHLAR_ASSIGN(const Endpoint endpoint, module_.webhooks.update(tx, endpoint_id(call), change));
  return answer(200, endpoint);
}

Result<Response> WebhooksApi::rotate(Call& call, storage::Transaction& tx) const {
  RotateJson wanted;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(wanted, rotate_schema().parse_body(call.body));
  }
  std::optional<outbound::SignatureKind> kind;
  if (wanted.signature) kind = signature_of(*wanted.signature);
  ASHLAR_ASSIGN(const WithSecret made, module_.webhooks.rotate(tx, endpoint_id(call), kind,
                                                               base::Seconds{wanted.overlap_s}));
  return with_secret(render(made.endpoint), 200, made);
}

Result<Response> WebhooksApi::test(Call& call, storage::Transaction& tx) const {
  TestJson wanted;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(wanted, test_schema().parse_body(call.body));
  }
  TestSend send;
  send.event_type = wanted.event_type.value_or("");
  if (wanted.data) send.data = json::to_text(json::Value(*wanted.data));
  ASHLAR_ASSIGN(const Delivery delivery, module_.webhooks.test(tx, endpoint_id(call), send));
  return http::json_response(202, delivery_schema(), webhooks::render(delivery))
      .header("Location", "/v1/webhooks/" + delivery.endpoint.to_string() + "/deliveries/" +
                              delivery.id.to_string());
}

Result<Response> WebhooksApi::deliveries(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const store::DeliveryFilter filter, filter_of(call));
  store::Position before;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  (cursors_.decode<std::int64_t, std::int64_t>(deliveries_scope(call), *cursor)));
    before = {std::get<0>(position), std::get<1>(position)};
  }
  std::vector<Delivery> found;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const Endpoint endpoint, module_.webhooks.find(tx, endpoint_id(call)));
    ASHLAR_ASSIGN(found, store::list_deliveries(tx, endpoint.id, before, filter, limit + 1));
    return base::ok_status();
  }));
  json::Page<DeliveryJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor,
                  cursors_.encode(deliveries_scope(call), base::to_micros(found.back().created_at),
                                  found.back().id.value));
  }
  for (const Delivery& delivery : found) page.data.push_back(webhooks::render(delivery));
  return http::page_response(call, delivery_page_schema(), page);
}

Result<Response> WebhooksApi::delivery(Call& call) const {
  DeliveryJson json;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const Delivery delivery,
                  module_.webhooks.find_delivery(tx, endpoint_id(call), delivery_id(call)));
    ASHLAR_ASSIGN(const auto attempts, store::attempts_of(tx, delivery.id));
    json = webhooks::render(delivery);
    std::vector<AttemptJson> history;
    for (const AttemptRecord& attempt : attempts) history.push_back(webhooks::render(attempt));
    json.history = std::move(history);
    return base::ok_status();
  }));
  return http::json_response(200, delivery_schema(), json);
}

Result<Response> WebhooksApi::retry(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const Delivery delivery,
                module_.webhooks.retry(tx, endpoint_id(call), delivery_id(call)));
  return http::json_response(202, delivery_schema(), webhooks::render(delivery));
}

Result<Response> WebhooksApi::replay(Call& call, storage::Transaction& tx) const {
  ReplayJson wanted;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(wanted, replay_schema().parse_body(call.body));
  }
  ReplayRequest request;
  request.range.from = wanted.from.value_or(base::Time{});
  request.range.to = wanted.to.value_or(module_.clock.now() + base::Seconds{1});
  request.range.failed_only = wanted.only == "failed";
  request.event_ids = wanted.event_ids;
  if (wanted.cursor) {
    ASHLAR_ASSIGN(const auto position, (cursors_.decode<std::int64_t, std::int64_t>(
                                           replay_scope(call), *wanted.cursor)));
    request.after = {std::get<0>(position), std::get<1>(position)};
  }
  ASHLAR_ASSIGN(const Replayed replayed, module_.webhooks.replay(tx, endpoint_id(call), request));
  ReplayedJson json{replayed.count, {}};
  if (replayed.next) {
    ASHLAR_ASSIGN(json.next_cursor, cursors_.encode(replay_scope(call), replayed.next->created_at,
                                                    replayed.next->id));
  }
  return http::json_response(202, replayed_schema(), json);
}

}  // namespace ashlar::webhooks
