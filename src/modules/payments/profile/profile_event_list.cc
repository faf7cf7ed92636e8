// The list of events. One event of the core is up to two here, so a page begins and may end within
// one.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "modules/payments/profile/list_pages.h"
#include "modules/payments/profile/profile_api.h"
#include "modules/payments/profile/profile_ask.h"
#include "modules/payments/profile/profile_event.h"
#include "modules/payments/reads.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

using http::Call;
using http::Response;

constexpr std::size_t kMostTypes = 20;

struct Row {
  ProfileEvent event;
  Told told;
};

// Which events are wanted; empty: all.
struct Types {
  std::vector<std::string> wanted;
  EventFilter filter;

  [[nodiscard]] bool has(std::string_view type) const {
    return wanted.empty() ||
           std::ranges::any_of(wanted, [&](const std::string& one) { return fits(one, type); });
  }
};

Types types_in(Params& params) {
  Types types;
  types.wanted = params.list("types");
  const std::string type = params.text("type").value_or("");
  if (!type.empty()) types.wanted.push_back(type);
  if (types.wanted.size() > kMostTypes) {
    params.fail("parameter_invalid", "types", "At most 20 types can be asked for.");
  }
  for (const std::string& one : types.wanted) {
    for (std::string& core : core_types_of(one)) types.filter.types.push_back(std::move(core));
    if (!is_event_type(one)) {
      params.fail("parameter_invalid", "types", "There are no events of the type '" + one + "'.");
    }
  }
  return types;
}

std::vector<Row> rows_of(const Told& told, const Types& types) {
  std::vector<Row> rows;
  for (const ProfileEvent& event : events_of(told)) {
    if (types.has(event.type)) rows.push_back({event, told});
  }
  return rows;
}

// Adds rows on the page's way, newest first or (back) oldest first; whether there is room left.
bool take(std::vector<Row> rows, bool back, std::size_t limit, std::vector<Row>& page) {
  if (back) std::ranges::reverse(rows);
  for (Row& row : rows) {
    page.push_back(std::move(row));
    if (page.size() > limit) return false;
  }
  return true;
}

// Up to limit + 1 rows on the page's way: one more says that there are more.
base::Result<std::vector<Row>> rows_from(Reads& reads, Window window, const Types& types) {
  constexpr int kMostPages = 100;
  const bool back = !window.ending_before.empty();
  std::string& cursor = back ? window.ending_before : window.starting_after;
  const auto limit = static_cast<std::size_t>(window.limit);
  std::vector<Row> page;
  if (!cursor.empty()) {
    // What of the cursor's own core event lies beyond it.
    ASHLAR_ASSIGN(const Told told, reads.event(core_event_id(cursor)));
    std::vector<Row> rows = rows_of(told, types);
    const std::vector<ProfileEvent> all = events_of(told);
    const auto at = std::ranges::find(all, cursor, &ProfileEvent::id);
    if (at == all.end()) return base::fail(base::Code::kNotFound, "event_not_found", {});
    std::erase_if(rows, [&](const Row& row) {
      const auto own = std::ranges::find(all, row.event.id, &ProfileEvent::id);
      return back ? own >= at : own <= at;
    });
    if (!take(std::move(rows), back, limit, page)) return page;
    cursor = told.id;
  }
  window.limit = kMostInPage;
  for (int i = 0; i < kMostPages; ++i) {
    ASHLAR_ASSIGN(Listed<Told> some, reads.events(window, types.filter));
    if (some.rows.empty()) return page;
    cursor = back ? some.rows.front().id : some.rows.back().id;
    if (back) std::ranges::reverse(some.rows);
    for (const Told& told : some.rows) {
      if (!take(rows_of(told, types), back, limit, page)) return page;
    }
    if (!some.has_more) return page;
  }
  return base::fail(base::Code::kInvalid, "list_too_wide",
                    "Too much would have to be looked through: narrow it by created.");
}

}  // namespace

base::Result<Response> ProfileApi::list_events(Call& call) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, ObjectKind::kEvent, true));
  const Window window = window_in(ask.params(), true);
  const Types types = types_in(ask.params());
  ask.names("starting_after", ObjectKind::kEvent, window.starting_after);
  ask.names("ending_before", ObjectKind::kEvent, window.ending_before);
  ASHLAR_TRY(ask.finish());
  std::string body;
  base::Status done = read(call, [&](Reads& reads) -> base::Status {
    ASHLAR_ASSIGN(std::vector<Row> rows, rows_from(reads, window, types));
    const bool more = rows.size() > static_cast<std::size_t>(window.limit);
    if (more) rows.pop_back();
    if (!window.ending_before.empty()) std::ranges::reverse(rows);
    ASHLAR_ASSIGN(body, list_text(call.head->path, more, [&](json::Writer& out) -> base::Status {
                    for (const Row& row : rows) {
                      ASHLAR_TRY(write_event(out, row.event, row.told, reads,
                                             call.principal.mode != "test", 0));
                    }
                    return base::ok_status();
                  }));
    return base::ok_status();
  });
  if (!done.ok()) return ask.told(std::move(done).error());
  return answer_json(call, std::move(body));
}

}  // namespace ashlar::payments::profile
