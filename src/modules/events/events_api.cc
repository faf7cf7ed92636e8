#include "modules/events/events_api.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/events/events_json.h"
#include "modules/events/events_module.h"
#include "platform/events/cloud_event.h"
#include "platform/events/events_store.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::events {
namespace {

constexpr std::int64_t kNewest = std::int64_t{1} << 62;

http::CursorScope events_scope(const http::Call& call) {
  return {"events", call.principal.tenant.value};
}
constexpr http::CursorScope kDeadScope{"events.dead", 0};

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

base::Result<store::TenantQuery> tenant_query(const http::Call& call,
                                              const http::CursorCodec& cursors) {
  store::TenantQuery query{.before = kNewest};
  ASHLAR_ASSIGN(query.limit, http::page_limit(call));
  query.type = call.query_value("type").value_or("");
  if (!query.type.empty() && !is_type_pattern(query.type)) {
    return http::bad_query("?type", "bad_format", "Give a type, or a prefix: link.*");
  }
  query.aggregate_type = call.query_value("aggregate_type").value_or("");
  query.aggregate_id = call.query_value("aggregate_id").value_or("");
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors.decode<std::int64_t>(events_scope(call), *cursor));
    query.before = std::get<0>(position);
  }
  return query;
}

base::Result<bool> wants_cloud_events(const http::Call& call) {
  const auto format = call.query_value("format");
  if (!format || *format == "ashlar") return false;
  if (*format == "cloudevents") return true;
  return http::bad_query("?format", "not_allowed", "Give ashlar or cloudevents.");
}

http::Response cloud_events_response(const http::Call& call, const std::vector<Event>& events,
                                     const std::optional<std::string>& next,
                                     std::string_view source) {
  std::string body;
  json::Writer json(body);
  json.begin_object().key("data").begin_array();
  for (const Event& event : events) json.raw(structured_json(cloud_event_of(event, source)));
  json.end_array().key("next_cursor");
  if (next) {
    json.string(*next);
  } else {
    json.null();
  }
  json.end_object();
  http::Response response = http::json_text(200, std::move(body));
  if (next) response.header("Link", http::next_page_link(call, *next));
  return response;
}

}  // namespace

base::Result<http::Response> EventsApi::list(http::Call& call) const {
  ASHLAR_ASSIGN(store::TenantQuery query, tenant_query(call, cursors_));
  ASHLAR_ASSIGN(const bool cloud, wants_cloud_events(call));
  const auto limit = static_cast<std::size_t>(query.limit);
  ++query.limit;  // one more tells whether there is a next page
  ASHLAR_ASSIGN(std::vector<Event> events,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list_of_tenant(tx, query);
                }));
  std::optional<std::string> next;
  if (events.size() > limit) {
    events.pop_back();
    ASHLAR_ASSIGN(next, cursors_.encode(events_scope(call), events.back().seq.value));
  }
  if (cloud) return cloud_events_response(call, events, next, module_.source);
  json::Page<EventJson> page{.data = {}, .next_cursor = std::move(next)};
  page.data.reserve(events.size());
  for (const Event& event : events) page.data.push_back(event_json(event));
  return http::page_response(call, event_page_schema(), page);
}

base::Result<http::Response> EventsApi::consumers(http::Call&) const {
  ASHLAR_ASSIGN(const std::vector<ConsumerView> views, module_.consumers.list());
  ConsumersJson body;
  for (const ConsumerView& view : views) {
    ConsumerJson json{view.name,   view.lag_events, view.lag_time.count(),
                      view.parked, view.dead,       std::nullopt};
    if (!view.owner.empty()) json.owner = view.owner;
    body.data.push_back(std::move(json));
  }
  return http::json_response(200, consumers_schema(), body).header("Cache-Control", "no-store");
}

base::Result<http::Response> EventsApi::dead_letters(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::int64_t after = 0;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(kDeadScope, *cursor));
    after = std::get<0>(position);
  }
  const std::string consumer(call.query_value("consumer").value_or(""));
  ASHLAR_ASSIGN(std::vector<DeadLetter> letters,
                module_.consumers.dead_letters(consumer, after, limit + 1));
  json::Page<DeadLetterJson> page;
  if (letters.size() > static_cast<std::size_t>(limit)) {
    letters.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(kDeadScope, letters.back().id));
  }
  for (const DeadLetter& letter : letters) page.data.push_back(dead_letter_json(letter));
  return http::page_response(call, dead_letter_page_schema(), page);
}

base::Result<http::Response> EventsApi::replay_dead(http::Call& call) const {
  if (!call.body.empty()) ASHLAR_TRY(replay_dead_schema().parse_body(call.body));
  const std::optional<std::int64_t> id = number_of(call.param(0));
  // What is no number is no dead letter's id: the same answer.
  ASHLAR_TRY(module_.consumers.replay_dead(id.value_or(0)));
  return http::json_response(202, replayed_schema(), ReplayedJson{1});
}

base::Result<http::Response> EventsApi::replay(http::Call& call) const {
  ASHLAR_ASSIGN(const ReplayJson wanted, replay_schema().parse_body(call.body));
  ReplayRange range{.aggregate_type = wanted.aggregate_type,
                    .aggregate_id = wanted.aggregate_id,
                    .tenant = {},
                    .from = wanted.from,
                    .to = wanted.to};
  if (wanted.tenant) {
    const std::optional<std::int64_t> id = number_of(*wanted.tenant);
    if (!id) {
      return base::Error{base::Code::kInvalid,
                         "invalid_request",
                         "The tenant's id is too large.",
                         {{"/tenant", "out_of_range", "Give a tenant's id."}}};
    }
    range.tenant = base::TenantId(*id);
  }
  ASHLAR_ASSIGN(const std::int64_t events, module_.consumers.replay(call.param(0), range));
  return http::json_response(202, replayed_schema(), ReplayedJson{events});
}

}  // namespace ashlar::events
