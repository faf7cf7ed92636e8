#include "modules/sagas/sagas_api.h"

#include <charconv>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/sagas/sagas_json.h"
#include "modules/sagas/sagas_module.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/json/parse.h"
#include "platform/storage/database.h"

namespace ashlar::sagas {
namespace {

http::CursorScope scope_of(const http::Call& call) {
  return {"sagas", call.principal.tenant.value};
}

base::Result<SagaId> saga_of(const http::Call& call) {
  const std::string& text = call.param(0);
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number <= 0) {
    return base::fail(base::Code::kNotFound, "saga_not_found", "There is no such saga.");
  }
  return SagaId(number);
}

base::Result<SagaFilter> filter_of(const http::Call& call) {
  SagaFilter filter;
  if (const auto state = call.query_value("state")) {
    filter.state = state_of(*state);
    if (!filter.state) {
      return http::bad_query("?state", "not_allowed",
                             "Give running, compensating, parked, completed or compensated.");
    }
  }
  if (const auto kind = call.query_value("kind")) filter.kind = std::string(*kind);
  if (const auto correlation = call.query_value("correlation")) {
    filter.correlation = std::string(*correlation);
  }
  return filter;
}

std::string who_of(const http::Call& call) {
  if (call.principal.kind == security::Principal::Kind::kAdmin) return "the administrator";
  return "key " + call.principal.key.to_string();
}

}  // namespace

base::Result<http::Response> SagasApi::list(http::Call& call) const {
  ASHLAR_ASSIGN(const SagaFilter filter, filter_of(call));
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  SagaId before;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(scope_of(call), *cursor));
    before = SagaId(std::get<0>(position));
  }
  ASHLAR_ASSIGN(std::vector<SagaView> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.sagas.list(tx, filter, before, limit + 1);
                }));
  json::Page<SagaJson> page;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(scope_of(call), found.back().id.value));
  }
  for (const SagaView& saga : found) page.data.push_back(saga_json(saga));
  return http::page_response(call, saga_page_schema(), page);
}

base::Result<http::Response> SagasApi::get(http::Call& call) const {
  ASHLAR_ASSIGN(const SagaId id, saga_of(call));
  SagaView saga;
  std::vector<SagaMove> moves;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(saga, module_.sagas.find(tx, id));
    ASHLAR_ASSIGN(moves, module_.sagas.timeline(tx, id, 0, Sagas::kMaxListed));
    return base::ok_status();
  }));
  WholeSagaJson whole;
  whole.saga = saga_json(saga);
  ASHLAR_ASSIGN(json::Value data, json::parse(saga.data));
  if (auto* members = data.if_object()) whole.data = std::move(*members);
  for (const SagaMove& move : moves) whole.timeline.push_back(move_json(move));
  return http::json_response(200, whole_saga_schema(), whole).header("Cache-Control", "no-store");
}

base::Result<http::Response> SagasApi::tell(http::Call& call, storage::Transaction& tx,
                                            Word word) const {
  ASHLAR_ASSIGN(const SagaId id, saga_of(call));
  ASHLAR_TRY((module_.sagas.*word)(tx, id, who_of(call)));
  ASHLAR_ASSIGN(const SagaView saga, module_.sagas.find(tx, id));
  return http::json_response(200, saga_schema(), saga_json(saga));
}

}  // namespace ashlar::sagas
