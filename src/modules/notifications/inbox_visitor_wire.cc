// THE table of what a user's browser asks of its own inbox, with a token (inbox_token.h) instead of
// an API key. The rows know nobody, so each handler lets in who has a token first; from then on the
// call is as the backend's own.
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "modules/notifications/inbox_api.h"
#include "modules/notifications/inbox_feed.h"
#include "modules/notifications/inbox_json.h"
#include "modules/notifications/inbox_tokens_store.h"
#include "modules/notifications/route_row.h"
#include "platform/http/call.h"
#include "platform/http/web_socket.h"
#include "platform/net/loop_group.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::ErrorDoc;
using http::Method;
using http::Response;
using storage::Transaction;
using Pending = std::shared_ptr<http::PendingWebSocket>;

const ErrorDoc kNoToken{401, "missing_credentials", "There is neither ?token= nor Authorization."};
const ErrorDoc kNone{401, "invalid_inbox_token", "This is no inbox token."};
const ErrorDoc kExpired{401, "expired_inbox_token", "The token's time is over."};
const ErrorDoc kEnded{401, "ended_inbox_token", "The user's tokens were ended."};
const ErrorDoc kNoEntry{404, "inbox_entry_not_found", "There is no such entry of this user's."};
const ErrorDoc kTooMany{429, "too_many_streams", "Too many inboxes are watched."};
const http::QueryParam kToken{"token", "The inbox token, where no Authorization can be sent.",
                              "it_aW5ib3gtMQ.c2lnbmF0dXJl"};

base::Error refused(const ErrorDoc& why) {
  return base::fail(base::Code::kUnauthenticated, why.reason.data(), std::string(why.when));
}

std::string_view credential_of(const Call& call) {
  constexpr std::string_view kBearer = "Bearer ";
  if (const auto token = call.query_value("token")) return *token;
  const std::string_view given = call.head->authorization;
  if (!base::ascii_iequals(given.substr(0, kBearer.size()), kBearer)) return {};
  return base::trim_spaces(given.substr(kBearer.size()));
}

// Who has a token comes in: the call is the tenant's from then on, its first parameter the user.
Result<InboxToken> admitted(const InboxApi::Parts& parts, Call& call) {
  const std::string_view credential = credential_of(call);
  if (credential.empty()) return refused(kNoToken);
  std::optional<InboxToken> token = parts.tokens.read(credential);
  if (!token) return refused(kNone);
  if (token->expires <= parts.clock.now()) return refused(kExpired);
  call.principal.tenant = token->tenant;
  call.principal.tenant_name = token->tenant_name;
  call.principal.key = token->key;
  ASHLAR_ASSIGN(const bool ended, parts.db.read(call.tenant_context(), [&](Transaction& tx) {
    return store::is_inbox_token_ended(tx, token->user, token->made);
  }));
  if (ended) return refused(kEnded);
  call.path_params.insert(call.path_params.begin(), token->user);
  return *std::move(token);
}

InboxFeed::Guest guest_of(const InboxApi::Parts& parts, const Call& call, const InboxToken& token) {
  return {token.tenant, token.key, token.user, token.expires,
          [&db = parts.db, context = call.tenant_context(), user = token.user, made = token.made] {
            const auto ended = db.read(context, [&](Transaction& tx) {
              return store::is_inbox_token_ended(tx, user, made);
            });
            return !ended.ok() || *ended;
          }};
}

// Browsers do not show a page why a handshake was refused: it is opened, and closed with the
// reason.
class Farewell final : public http::WebSocketReader {
 public:
  explicit Farewell(std::string reason) : reason_(std::move(reason)) {}
  void on_open(const std::shared_ptr<http::WebSocket>& socket) override {
    constexpr std::uint16_t kNotLetIn = 4401;
    socket->close(kNotLetIn, reason_);
  }
  void on_message(http::MessageKind /*kind*/, std::string_view /*data*/) override {}
  void on_close(std::uint16_t /*code*/) override {}

 private:
  const std::string reason_;
};

base::Status open_socket(const InboxApi::Parts& parts, Call& call, const Pending& socket) {
  const Result<InboxToken> token = admitted(parts, call);
  if (!token.ok()) {
    const bool can_say = token.error().code == base::Code::kUnauthenticated;
    if (!can_say || credential_of(call).empty()) return token.error();
    socket->accept(parts.loops.loop(0), std::make_shared<Farewell>(token.error().reason), {});
    return base::ok_status();
  }
  parts.feed.watch(guest_of(parts, call, *token), parts.loops, *socket);
  return base::ok_status();
}

http::Route visitor_row(Method method, std::string_view path, std::string_view summary,
                        http::Handler handler, const json::Shape* response) {
  http::Route row = route_row(method, path, summary, std::move(handler), response);
  row.tenancy = {http::Tenancy::kPublic};
  row.scope = {std::string_view()};
  row.query = {kToken};
  row.errors = {kNoToken, kNone, kExpired, kEnded};
  return row;
}

using Api = std::shared_ptr<const InboxApi>;

// `run` in a transaction of the token's tenant.
template <class F>
http::Handler changes(const InboxApi::Parts& parts, F run) {
  return http::WorkerHandler([parts, run](Call& call) -> Result<Response> {
    ASHLAR_TRY(admitted(parts, call));
    return parts.db.write(call.tenant_context(), [&](Transaction& tx) { return run(call, tx); });
  });
}

template <class F>
http::Handler reads(const InboxApi::Parts& parts, F run) {
  return http::WorkerHandler([parts, run](Call& call) -> Result<Response> {
    ASHLAR_TRY(admitted(parts, call));
    return run(call);
  });
}

void add_change(http::RouteTable& table, const InboxApi::Parts& parts, const Api& api,
                std::string_view path, std::string_view summary, InboxChange change) {
  table.push_back(visitor_row(
      Method::kPost, path, summary,
      changes(parts,
              [api, change](Call& c, Transaction& tx) { return api->change(c, tx, change); }),
      &inbox_entry_schema()));
  table.back().errors.push_back(kNoEntry);
}

void add_streams(http::RouteTable& table, const InboxApi::Parts& parts) {
  table.push_back(visitor_row(
      Method::kGet, "/v1/inbox/stream",
      "That the inbox has changed, as it happens: server-sent events named \"inbox\"; \"ended\" "
      "when the token is over.",
      http::StreamHandler(
          [parts](Call& call, std::shared_ptr<http::EventStream> stream) -> base::Status {
            ASHLAR_ASSIGN(const InboxToken token, admitted(parts, call));
            return parts.feed.watch(guest_of(parts, call, token), parts.loops, std::move(stream));
          }),
      nullptr));
  table.back().response_type = "text/event-stream";
  table.back().errors.push_back(kTooMany);
  table.push_back(
      visitor_row(Method::kGet, "/v1/inbox/ws",
                  "The same over a WebSocket; closed with 4401 or 4403 when the token is over.",
                  http::WebSocketHandler([parts](Call& call, const Pending& socket) {
                    return open_socket(parts, call, socket);
                  }),
                  nullptr));
  table.back().success = 101;
  table.back().errors.push_back(kTooMany);
}

}  // namespace

http::RouteTable inbox_visitor_routes(InboxApi::Parts parts) {
  const auto api = std::make_shared<const InboxApi>(parts);
  http::RouteTable table;
  table.push_back(
      visitor_row(Method::kGet, "/v1/inbox", "What lies in the token's user's inbox, newest first.",
                  reads(parts, [api](Call& c) { return api->list(c); }), &inbox_page_schema()));
  table.back().paged = true;
  table.back().query.push_back(
      {"state", "current (read or not), unread or archived; without it current.", "unread"});
  table.back().errors.push_back(
      {400, "invalid_cursor", "The cursor was not given out for this list."});
  table.push_back(visitor_row(
      Method::kGet, "/v1/inbox/counts", "How many entries are unread, there, and archived.",
      reads(parts, [api](Call& c) { return api->counts(c); }), &inbox_counts_schema()));
  table.push_back(
      visitor_row(Method::kPost, "/v1/inbox/read", "All of it has been seen.",
                  changes(parts, [api](Call& c, Transaction& tx) { return api->read_all(c, tx); }),
                  &read_all_answer_schema()));
  table.back().request = &read_all_schema();
  table.back().body_optional = true;
  table.back().operation_id = "own_inbox_read_all";
  add_change(table, parts, api, "/v1/inbox/{id}/read",
             "An entry was read: its notification is opened.", InboxChange::kRead);
  add_change(table, parts, api, "/v1/inbox/{id}/unread", "Show an entry as new again.",
             InboxChange::kUnread);
  add_change(table, parts, api, "/v1/inbox/{id}/archive", "Put an entry away.",
             InboxChange::kArchive);
  add_change(table, parts, api, "/v1/inbox/{id}/unarchive", "Bring an entry back from the archive.",
             InboxChange::kUnarchive);
  add_streams(table, parts);
  return table;
}

}  // namespace ashlar::notifications
