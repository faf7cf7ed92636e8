#include "modules/notifications/inbox_api.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/inbox.h"
#include "modules/notifications/inbox_feed.h"
#include "modules/notifications/inbox_json.h"
#include "modules/notifications/inbox_tokens_store.h"
#include "modules/notifications/recipient.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/http/web_socket.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;

http::CursorScope scope_of(const Call& call) {
  return {"notifications.inbox." + call.param(0), call.principal.tenant.value};
}

Result<InboxView> view_of(const Call& call) {
  const std::string_view name = call.query_value("state").value_or("current");
  if (name == "current") return InboxView::kCurrent;
  if (name == "unread") return InboxView::kUnread;
  if (name == "archived") return InboxView::kArchived;
  return http::bad_query("?state", "not_allowed", "Give current, unread or archived.");
}

}  // namespace

Result<Response> InboxApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const InboxView view, view_of(call));
  InboxEntryId before{INT64_MAX};
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  parts_.cursors.decode<std::int64_t>(scope_of(call), *cursor));
    before = InboxEntryId(std::get<0>(position));
  }
  ASHLAR_ASSIGN(std::vector<InboxEntry> found,
                parts_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list_inbox(tx, call.param(0), view, before, limit + 1);
                }));
  json::Page<InboxEntryJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, parts_.cursors.encode(scope_of(call), found.back().id.value));
  }
  for (const InboxEntry& entry : found) page.data.push_back(notifications::render(entry));
  return http::page_response(call, inbox_page_schema(), page);
}

Result<Response> InboxApi::counts(Call& call) const {
  ASHLAR_ASSIGN(const InboxCounts counts,
                parts_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::count_inbox(tx, call.param(0));
                }));
  return http::json_response(200, inbox_counts_schema(),
                             InboxCountsJson{counts.unread, counts.current, counts.archived});
}

Result<Response> InboxApi::change(Call& call, storage::Transaction& tx, InboxChange change) const {
  ASHLAR_ASSIGN(const InboxEntry entry,
                parts_.inbox.change(tx, call.param(0), InboxEntryId(id_in_path(call, 1)), change));
  return http::json_response(200, inbox_entry_schema(), notifications::render(entry));
}

Result<Response> InboxApi::read_all(Call& call, storage::Transaction& tx) const {
  ReadAllJson given;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(given, read_all_schema().parse_body(call.body));
  }
  ReadAllAnswerJson answer;
  ASHLAR_ASSIGN(answer.read, parts_.inbox.read_all(tx, call.param(0),
                                                   given.up_to.value_or(InboxEntryId(INT64_MAX))));
  return http::json_response(200, read_all_answer_schema(), answer);
}

base::Status InboxApi::stream(Call& call, std::shared_ptr<http::EventStream> stream) const {
  ASHLAR_TRY(check_user_id(call.param(0), "/user_id"));
  return parts_.feed.watch({call.principal.tenant, call.principal.key, call.param(0), {}},
                           parts_.loops, std::move(stream));
}

base::Status InboxApi::open_socket(Call& call,
                                   std::shared_ptr<http::PendingWebSocket> socket) const {
  ASHLAR_TRY(check_user_id(call.param(0), "/user_id"));
  parts_.feed.watch({call.principal.tenant, call.principal.key, call.param(0), {}}, parts_.loops,
                    *socket);
  return base::ok_status();
}

Result<Response> InboxApi::make_token(Call& call) const {
  NewInboxTokenJson given;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(given, new_inbox_token_schema().parse_body(call.body));
  }
  ASHLAR_TRY(check_user_id(call.param(0), "/user_id"));
  InboxToken token;
  token.tenant = call.principal.tenant;
  token.tenant_name = call.principal.tenant_name;
  token.user = call.param(0);
  token.key = call.principal.key;
  token.made = parts_.clock.now();
  token.expires = token.made + base::Seconds{given.ttl_s};
  return http::json_response(201, inbox_token_schema(),
                             InboxTokenJson{parts_.tokens.make(token), token.user, token.expires})
      .header("Cache-Control", "no-store");
}

Result<Response> InboxApi::end_tokens(Call& call, storage::Transaction& tx) const {
  ASHLAR_TRY(check_user_id(call.param(0), "/user_id"));
  ASHLAR_TRY(store::end_inbox_tokens(tx, call.param(0), parts_.clock.now()));
  tx.notify(kInboxTokenNotices, inbox_notice(call.principal.tenant, call.param(0)));
  return http::no_content();
}

}  // namespace ashlar::notifications
