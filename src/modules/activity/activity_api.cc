#include "modules/activity/activity_api.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "modules/activity/activity_json.h"
#include "modules/activity/activity_module.h"
#include "modules/activity/event_reader.h"
#include "modules/activity/window_text.h"
#include "platform/http/call.h"
#include "platform/http/paging.h"

namespace ashlar::activity {
namespace {

constexpr base::Seconds kDefaultWindow{300};
constexpr std::size_t kDefaultK = 10;

base::Result<std::size_t> k_of(const http::Call& call) {
  const std::optional<std::string_view> text = call.query_value("k");
  if (!text) return kDefaultK;
  std::size_t k = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), k);
  if (error != std::errc{} || end != text->data() + text->size() || k < 1 || k > Board::kMaxRows) {
    return http::bad_query("?k", "out_of_range", "Give a number from 1 to 1000.");
  }
  return k;
}

base::Result<base::Seconds> window_of(const http::Call& call) {
  const std::optional<std::string_view> text = call.query_value("window");
  if (!text) return kDefaultWindow;
  const std::optional<base::Seconds> window = parse_window(*text);
  if (!window) {
    return http::bad_query("?window", "out_of_range",
                           "Give 1 s to 1 day: seconds (300), or a number with s, m, h or d (5m).");
  }
  return *window;
}

TopJson render(std::string dimension, base::Seconds window, const Standing& standing) {
  TopJson top{.dimension = std::move(dimension),
              .window_s = window.count(),
              .since = standing.since,
              .as_of = standing.as_of,
              .total = static_cast<std::int64_t>(standing.total),
              .exact = standing.exact,
              .known = standing.known,
              .data = {}};
  top.data.reserve(standing.rows.size());
  for (const kit::Heavy<std::string>& row : standing.rows) {
    top.data.push_back({.rank = static_cast<std::int64_t>(top.data.size()) + 1,
                        .key = row.key,
                        .count = static_cast<std::int64_t>(row.estimate),
                        .lower = static_cast<std::int64_t>(row.lower),
                        .upper = static_cast<std::int64_t>(row.upper),
                        .guaranteed = row.guaranteed});
  }
  return top;
}

}  // namespace

base::Result<http::Response> ActivityApi::record(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(EventBatch batch, read_events(call.body, module_.clock.now()));
  ASHLAR_TRY(module_.check_room(call.principal.tenant, batch.tally));
  ASHLAR_TRY(module_.log.record(tx, call.principal.tenant, std::move(batch.tally)));
  return http::json_response(202, receipt_schema(),
                             ReceiptJson{batch.accepted, batch.late, batch.ahead});
}

base::Result<http::Response> ActivityApi::answer(http::Call& call, base::TenantId of) const {
  ASHLAR_ASSIGN(const std::size_t k, k_of(call));
  ASHLAR_ASSIGN(const base::Seconds window, window_of(call));
  std::string dimension(call.query_value("dimension").value_or("user"));
  if (dimension.empty() || dimension.size() > Tally::kMaxDimensionBytes) {
    return http::bad_query("?dimension", "bad_format", "Give user, action, endpoint or a tag.");
  }
  ASHLAR_TRY(module_.log.check_current());
  const Standing standing = module_.board.top(of, dimension, window, k, module_.clock.now());
  return http::json_response(200, top_schema(), render(std::move(dimension), window, standing))
      .header("Cache-Control", "no-store");
}

base::Result<http::Response> ActivityApi::top(http::Call& call) const {
  return answer(call, call.principal.tenant);
}

base::Result<http::Response> ActivityApi::own_top(http::Call& call) const {
  return answer(call, base::TenantId{});
}

base::Result<http::Response> ActivityApi::dimensions(http::Call& call) const {
  ASHLAR_TRY(module_.log.check_current());
  return http::json_response(
      200, dimensions_schema(),
      DimensionsJson{module_.board.dimensions(call.principal.tenant, module_.clock.now())});
}

}  // namespace ashlar::activity
