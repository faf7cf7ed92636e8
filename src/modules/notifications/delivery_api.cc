#include "modules/notifications/delivery_api.h"

#include <charconv>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "modules/notifications/callbacks.h"
#include "modules/notifications/dead_letters.h"
#include "modules/notifications/delivery_json.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;

http::CursorScope letters_scope(const Call& call) {
  return {"notifications.dead", call.principal.tenant.value};
}
http::CursorScope replay_scope(const Call& call) {
  return {"notifications.replay", call.principal.tenant.value};
}
http::CursorScope caught_scope(const Call& call) {
  return {"notifications.caught", call.principal.tenant.value};
}

// "12" is an id; "012", "+12" and "x" are nobody's.
std::int64_t id_of(std::string_view text) {
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && id > 0 && text.front() != '0' ? id : 0;
}

Result<std::optional<base::Time>> time_in(const Call& call, std::string_view name) {
  const auto text = call.query_value(name);
  if (!text) return std::optional<base::Time>();
  const auto time = base::parse_rfc3339(*text);
  if (!time) {
    return http::bad_query("?" + std::string(name), "bad_timestamp", "Give an RFC 3339 time.");
  }
  return time;
}

Result<std::optional<Channel>> channel_in(const Call& call) {
  const auto name = call.query_value("channel");
  if (!name) return std::optional<Channel>();
  const auto channel = channel_of(*name);
  if (!channel) return http::bad_query("?channel", "not_allowed", "There is no such channel.");
  return channel;
}

Result<store::DeadFilter> filter_of(const Call& call) {
  store::DeadFilter filter;
  ASHLAR_ASSIGN(filter.channel, channel_in(call));
  ASHLAR_ASSIGN(filter.from, time_in(call, "from"));
  ASHLAR_ASSIGN(filter.to, time_in(call, "to"));
  if (const auto reason = call.query_value("reason")) filter.reason = std::string(*reason);
  if (const auto category = call.query_value("category")) filter.category = std::string(*category);
  if (const auto provider = call.query_value("provider_id")) {
    filter.provider = ProviderId(id_of(*provider));
    if (!filter.provider->is_set()) {
      return http::bad_query("?provider_id", "bad_format", "Give a provider's id.");
    }
  }
  return filter;
}

store::DeadFilter filter_of(const ReplayLettersJson& given) {
  store::DeadFilter filter;
  if (given.channel) filter.channel = channel_of(*given.channel);
  filter.reason = given.reason;
  filter.category = given.category;
  filter.provider = given.provider_id;
  filter.from = given.from;
  filter.to = given.to;
  return filter;
}

std::optional<std::string> text_of(const std::optional<json::Value::Object>& object) {
  if (!object) return std::nullopt;
  return json::to_text(json::Value(*object));
}

}  // namespace

Result<Response> DeliveryApi::hear(Call& call) const {
  Callback callback;
  const std::string url = parts_.public_url + std::string(call.head->target);
  callback.url = url;
  for (std::size_t i = 0; i < call.head->field_count; ++i) {
    callback.headers.emplace_back(base::ascii_lower(call.head->fields[i].name),
                                  std::string(call.head->fields[i].value));
  }
  callback.body = call.body;
  callback.now = parts_.clock.now();
  ASHLAR_TRY(parts_.callbacks.hear(ProviderId(id_of(call.param(0))), call.param(1), callback));
  Response response;
  response.status = 200;
  return response;
}

Result<Response> DeliveryApi::dead_letters(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const store::DeadFilter filter, filter_of(call));
  DeliveryId before{INT64_MAX};
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  parts_.cursors.decode<std::int64_t>(letters_scope(call), *cursor));
    before = DeliveryId(std::get<0>(position));
  }
  ASHLAR_ASSIGN(std::vector<store::DeadLetter> found,
                parts_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list_dead(tx, filter, before, limit + 1);
                }));
  json::Page<DeadLetterJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor,
                  parts_.cursors.encode(letters_scope(call), found.back().delivery.id.value));
  }
  for (const store::DeadLetter& letter : found) page.data.push_back(render(letter));
  return http::page_response(call, dead_letter_page_schema(), page);
}

Result<Response> DeliveryApi::replay(Call& call, storage::Transaction& tx) const {
  ReplayLetterJson wanted;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(wanted, replay_letter_schema().parse_body(call.body));
  }
  const DeadLetterEdit edit{text_of(wanted.data), text_of(wanted.content), wanted.address};
  ASHLAR_ASSIGN(const Delivery delivery,
                parts_.letters.replay(tx, DeliveryId(id_of(call.param(0))), edit));
  const ReplayedLetterJson json{delivery.id, delivery.notification,
                                std::string(name_of(delivery.state))};
  return http::json_response(202, replayed_letter_schema(), json)
      .header("Location", "/v1/notifications/" + delivery.notification.to_string());
}

Result<Response> DeliveryApi::replay_many(Call& call, storage::Transaction& tx) const {
  ReplayLettersJson wanted;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(wanted, replay_letters_schema().parse_body(call.body));
  }
  DeliveryId before{INT64_MAX};
  if (wanted.cursor) {
    ASHLAR_ASSIGN(const auto position,
                  parts_.cursors.decode<std::int64_t>(replay_scope(call), *wanted.cursor));
    before = DeliveryId(std::get<0>(position));
  }
  ASHLAR_ASSIGN(const Replayed replayed, parts_.letters.replay_many(tx, filter_of(wanted), before));
  ReplayedLettersJson json{replayed.count, {}};
  if (replayed.next_before.is_set()) {
    ASHLAR_ASSIGN(json.next_cursor,
                  parts_.cursors.encode(replay_scope(call), replayed.next_before.value));
  }
  return http::json_response(202, replayed_letters_schema(), json);
}

Result<Response> DeliveryApi::caught(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const std::optional<Channel> channel, channel_in(call));
  std::int64_t before = INT64_MAX;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  parts_.cursors.decode<std::int64_t>(caught_scope(call), *cursor));
    before = std::get<0>(position);
  }
  ASHLAR_ASSIGN(std::vector<store::Caught> found,
                parts_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list_caught(tx, channel, before, limit + 1);
                }));
  json::Page<CaughtJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, parts_.cursors.encode(caught_scope(call), found.back().id));
  }
  for (const store::Caught& one : found) page.data.push_back(render(one));
  return http::page_response(call, caught_page_schema(), page);
}

Result<Response> DeliveryApi::health(Call& call) const {
  ASHLAR_ASSIGN(const std::vector<ProviderPool::ProviderView> views,
                parts_.pool.health(call.principal.tenant));
  ProviderHealthsJson json;
  for (const ProviderPool::ProviderView& view : views) json.data.push_back(render(view));
  return http::json_response(200, provider_healths_schema(), json);
}

}  // namespace ashlar::notifications
