#include "modules/payments/profile/endpoints_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/payments/ids.h"
#include "modules/payments/profile/list_pages.h"
#include "modules/payments/profile/metadata.h"
#include "modules/payments/profile/objects.h"
#include "modules/payments/profile/profile_ask.h"
#include "modules/payments/profile/profile_error.h"
#include "modules/payments/profile/profile_event.h"
#include "modules/payments/profile/webhook_endpoint.h"
#include "platform/json/writer.h"
#include "platform/outbound/target.h"
#include "platform/security/answer_once.h"
#include "platform/storage/database.h"

namespace ashlar::payments::profile {
namespace {

using http::Call;
using http::Response;
using storage::Transaction;

constexpr std::size_t kSecretChars = 32;
constexpr std::size_t kMostTypes = 50;
constexpr std::size_t kMostTextBytes = 5'000;

base::Error no_endpoint() { return base::fail(base::Code::kNotFound, "endpoint_not_found", {}); }

Response shown(const WebhookEndpoint& endpoint, std::string_view secret) {
  std::string body;
  json::Writer out(body);
  write_endpoint(out, endpoint, secret);
  Response response = http::json_text(200, std::move(body));
  // What tells answer_once() to keep it without the secret.
  if (!secret.empty()) response.header("Cache-Control", "no-store");
  return response;
}

void take_events(Params& params, std::vector<std::string> types, WebhookEndpoint& endpoint) {
  if (types.size() > kMostTypes) {
    params.fail("parameter_invalid", "enabled_events", "At most 50 types can be named.");
  }
  for (const std::string& type : types) {
    if (type == "*" || (is_event_type(type) && !type.ends_with(".*"))) continue;
    params.fail("parameter_invalid", "enabled_events", "There is no event type '" + type + "'.");
  }
  endpoint.events = std::move(types);
}

void take_url(Params& params, const std::optional<std::string>& url, bool allow_private,
              WebhookEndpoint& endpoint) {
  if (!url) return;
  const auto target = outbound::check_target(*url, {allow_private});
  if (!target.ok()) {
    const base::Error& error = target.error();
    params.fail("url_invalid", "url",
                error.fields.empty() ? error.detail : error.fields.front().detail);
  }
  endpoint.url = *url;
}

void take_text(Params& params, std::string_view name, std::string& to) {
  const std::optional<std::string> text = params.text(name);
  if (!text) return;
  if (text->size() > kMostTextBytes) params.fail("parameter_invalid", name, "It is too long.");
  to = *text;
}

// By this API's rule: a value replaces, an empty one deletes, an empty text deletes all.
void take_metadata(Params& params, WebhookEndpoint& endpoint) {
  constexpr std::size_t kMostPairs = 50;
  constexpr std::size_t kMostKey = 40;
  constexpr std::size_t kMostValue = 500;
  const std::optional<Pairs> sent = params.pairs("metadata");
  if (unsets_all(sent)) endpoint.metadata.clear();
  if (!sent || unsets_all(sent)) return;
  for (const auto& [key, value] : *sent) {
    if (key.size() > kMostKey || value.size() > kMostValue) {
      params.fail("parameter_invalid", "metadata/" + key, "Keys have 40 bytes, values 500.");
    }
    std::erase_if(endpoint.metadata, [&](const auto& pair) { return pair.first == key; });
    if (!value.empty()) endpoint.metadata.emplace_back(key, value);
  }
  if (endpoint.metadata.size() > kMostPairs) {
    params.fail("parameter_invalid", "metadata", "There are at most 50 pairs.");
  }
}

}  // namespace

// Answers under a key are kept by the platform here: no money moves, one transaction is all.
base::Result<Response> EndpointsApi::once(
    Call& call, const std::function<base::Result<Response>(Transaction&)>& effect) const {
  ASHLAR_ASSIGN(const std::optional<std::string> key, security::idempotency_key_of(call));
  ASHLAR_ASSIGN(Response response, db_.write(call.tenant_context(), [&](Transaction& tx) {
    return security::answer_once(tx, call, key, clock_.now(), [&] { return effect(tx); });
  }));
  for (auto& [name, value] : response.headers) {
    if (name == "Idempotency-Replayed") name = "Idempotent-Replayed";
  }
  add_common_headers(response, call.request_id);
  if (key) response.header("Idempotency-Key", std::string(call.head->idempotency_key));
  return response;
}

base::Result<Response> EndpointsApi::create(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, ObjectKind::kWebhookEndpoint));
  Params& params = ask.params();
  WebhookEndpoint endpoint;
  endpoint.live = call.principal.mode != "test";
  take_url(params, params.need_text("url"), allow_private_, endpoint);
  take_events(params, params.list("enabled_events"), endpoint);
  if (endpoint.events.empty()) {
    params.fail("parameter_missing", "enabled_events", "Missing required param: enabled_events.");
  }
  take_text(params, "description", endpoint.description);
  take_metadata(params, endpoint);
  params.ignore({"api_version"});
  params.choice("connect", {"false"});
  ASHLAR_TRY(ask.finish());
  ASHLAR_TRY(refuse_card_numbers(endpoint));
  return once(call, [&](Transaction& tx) -> base::Result<Response> {
    ASHLAR_ASSIGN(const auto all, store::list_endpoints(tx));
    if (static_cast<std::int64_t>(all.size()) >= kMostEndpoints) {
      return base::fail(base::Code::kInvalid, "too_many_endpoints",
                        "You have 16 webhook endpoints; that is the most.");
    }
    WebhookEndpoint made = endpoint;
    made.created_at = clock_.now();
    made.id = new_id("we_", made.created_at, entropy_);
    const std::string secret = "whsec_" + entropy_.base62(kSecretChars);
    made.sealed_secret = seal_secret(box_, secret, call.principal.tenant, made.id);
    ASHLAR_TRY(store::insert_endpoint(tx, made));
    return shown(made, secret);
  });
}

base::Result<Response> EndpointsApi::update(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, ObjectKind::kWebhookEndpoint));
  ask.about(ObjectKind::kWebhookEndpoint, call.param(0));
  Params& params = ask.params();
  WebhookEndpoint sent;
  const std::optional<std::string> url = params.text("url");
  take_url(params, url, allow_private_, sent);
  take_events(params, params.list("enabled_events"), sent);
  const std::optional<std::string> description = params.text("description");
  const std::optional<bool> disabled = params.boolean("disabled");
  take_text(params, "description", sent.description);
  params.ignore({"metadata"});
  ASHLAR_TRY(ask.finish());
  auto done = once(call, [&](Transaction& tx) -> base::Result<Response> {
    ASHLAR_ASSIGN(std::optional<WebhookEndpoint> found, store::find_endpoint(tx, call.param(0)));
    if (!found) return no_endpoint();
    take_metadata(params, *found);
    ASHLAR_TRY(ask.finish());
    if (url) found->url = sent.url;
    if (!sent.events.empty()) found->events = sent.events;
    if (description) found->description = sent.description;
    if (disabled) found->disabled = *disabled;
    ASHLAR_TRY(refuse_card_numbers(*found));
    ASHLAR_TRY(store::update_endpoint(tx, *found));
    return shown(*found, "");
  });
  if (!done.ok()) return ask.told(std::move(done).error());
  return done;
}

base::Result<Response> EndpointsApi::remove(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, ObjectKind::kWebhookEndpoint));
  ask.about(ObjectKind::kWebhookEndpoint, call.param(0));
  ASHLAR_TRY(ask.finish());
  auto done = once(call, [&](Transaction& tx) -> base::Result<Response> {
    ASHLAR_ASSIGN(const bool was_there, store::delete_endpoint(tx, call.param(0)));
    if (!was_there) return no_endpoint();
    std::string body;
    json::Writer out(body);
    write_deleted(out, "webhook_endpoint", call.param(0));
    return http::json_text(200, std::move(body));
  });
  if (!done.ok()) return ask.told(std::move(done).error());
  return done;
}

base::Result<Response> EndpointsApi::get(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, ObjectKind::kWebhookEndpoint));
  ask.about(ObjectKind::kWebhookEndpoint, call.param(0));
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(const auto found, db_.read(call.tenant_context(), [&](Transaction& tx) {
    return store::find_endpoint(tx, call.param(0));
  }));
  if (!found) return ask.told(no_endpoint());
  std::string body;
  json::Writer out(body);
  write_endpoint(out, *found, "");
  return answer_json(call, std::move(body));
}

// There are few: all of them are read, and the page is cut out here.
base::Result<Response> EndpointsApi::list(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, ObjectKind::kWebhookEndpoint, true));
  const Window window = window_in(ask.params(), false);
  ask.names("starting_after", ObjectKind::kWebhookEndpoint, window.starting_after);
  ask.names("ending_before", ObjectKind::kWebhookEndpoint, window.ending_before);
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(const auto all, db_.read(call.tenant_context(), [&](Transaction& tx) {
    return store::list_endpoints(tx);
  }));
  const bool back = !window.ending_before.empty();
  const std::string& cursor = back ? window.ending_before : window.starting_after;
  const auto at = std::ranges::find(all, cursor, &WebhookEndpoint::id);
  if (!cursor.empty() && at == all.end()) return ask.told(no_endpoint());
  auto begin = back || cursor.empty() ? all.begin() : at + 1;
  auto end = back ? at : all.end();
  const bool more = end - begin > window.limit;
  if (more && back) begin = end - window.limit;
  if (more && !back) end = begin + window.limit;
  ASHLAR_ASSIGN(std::string body,
                list_text(call.head->path, more, [&](json::Writer& out) -> base::Status {
                  for (auto one = begin; one != end; ++one) {
                    write_endpoint(out, *one, "");
                  }
                  return base::ok_status();
                }));
  return answer_json(call, std::move(body));
}

}  // namespace ashlar::payments::profile
