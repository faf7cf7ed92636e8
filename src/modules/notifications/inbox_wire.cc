// THE table of users' inboxes.
#include <memory>
#include <utility>

#include "modules/notifications/inbox_api.h"
#include "modules/notifications/inbox_json.h"
#include "modules/notifications/route_row.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;
using storage::Transaction;
using Api = std::shared_ptr<const InboxApi>;

const ErrorDoc kNoEntry{404, "inbox_entry_not_found", "There is no such entry of this user's."};
const ErrorDoc kTooMany{429, "too_many_streams", "Too many inboxes are watched."};

void add_change(http::RouteTable& table, const Api& api, std::string_view path,
                std::string_view summary, InboxChange change) {
  table.push_back(route_row(Method::kPost, path, summary,
                            http::TransactionHandler([api, change](Call& c, Transaction& tx) {
                              return api->change(c, tx, change);
                            }),
                            &inbox_entry_schema()));
  table.back().errors = {kNoEntry};
}

void add_streams(http::RouteTable& table, const Api& api) {
  table.push_back(
      route_row(Method::kGet, "/v1/recipients/{user_id}/inbox/stream",
                "That an inbox has changed, as it happens: server-sent events named \"inbox\".",
                http::StreamHandler([api](Call& call, std::shared_ptr<http::EventStream> stream) {
                  return api->stream(call, std::move(stream));
                }),
                nullptr));
  table.back().response_type = "text/event-stream";
  table.back().errors = {kTooMany};
  table.push_back(route_row(
      Method::kGet, "/v1/recipients/{user_id}/inbox/ws",
      "The same over a WebSocket: {\"event\": \"inbox\", \"data\": {\"user_id\": …}}.",
      http::WebSocketHandler([api](Call& call, std::shared_ptr<http::PendingWebSocket> socket) {
        return api->open_socket(call, std::move(socket));
      }),
      nullptr));
  table.back().success = 101;
  table.back().errors = {kTooMany};
}

}  // namespace

http::RouteTable inbox_routes(InboxApi::Parts parts) {
  const auto api = std::make_shared<const InboxApi>(parts);
  http::RouteTable table;
  table.push_back(route_row(
      Method::kGet, "/v1/recipients/{user_id}/inbox", "What lies in a user's inbox, newest first.",
      http::WorkerHandler([api](Call& c) { return api->list(c); }), &inbox_page_schema()));
  table.back().paged = true;
  table.back().query = {
      {"state", "current (read or not), unread or archived; without it current.", "unread"}};
  table.back().errors = {{400, "invalid_cursor", "The cursor was not given out for this list."}};
  table.push_back(route_row(Method::kGet, "/v1/recipients/{user_id}/inbox/counts",
                            "How many entries are unread, there, and archived.",
                            http::WorkerHandler([api](Call& c) { return api->counts(c); }),
                            &inbox_counts_schema()));
  table.push_back(route_row(
      Method::kPost, "/v1/recipients/{user_id}/inbox/read", "All of it has been seen.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->read_all(c, tx); }),
      &read_all_answer_schema()));
  table.back().request = &read_all_schema();
  table.back().body_optional = true;
  table.back().operation_id = "inbox_read_all";
  add_change(table, api, "/v1/recipients/{user_id}/inbox/{id}/read",
             "An entry was read: its notification is opened.", InboxChange::kRead);
  add_change(table, api, "/v1/recipients/{user_id}/inbox/{id}/unread",
             "Show an entry as new again.", InboxChange::kUnread);
  add_change(table, api, "/v1/recipients/{user_id}/inbox/{id}/archive", "Put an entry away.",
             InboxChange::kArchive);
  add_change(table, api, "/v1/recipients/{user_id}/inbox/{id}/unarchive",
             "Bring an entry back from the archive.", InboxChange::kUnarchive);
  add_streams(table, api);
  table.push_back(route_row(
      Method::kPost, "/v1/recipients/{user_id}/inbox-tokens",
      "Make a token with which this user's browser reads its inbox itself (/v1/inbox).",
      http::WorkerHandler([api](Call& c) { return api->make_token(c); }), &inbox_token_schema()));
  table.back().request = &new_inbox_token_schema();
  table.back().body_optional = true;
  table.back().success = 201;
  table.back().operation_id = "inbox_tokens_create";
  table.push_back(route_row(
      Method::kDelete, "/v1/recipients/{user_id}/inbox-tokens",
      "End all tokens of this user that were made until now; who came with one is shown out.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->end_tokens(c, tx); }),
      nullptr));
  table.back().success = 204;
  table.back().operation_id = "inbox_tokens_end";
  return table;
}

}  // namespace ashlar::notifications
