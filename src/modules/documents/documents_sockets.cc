#include "modules/documents/documents_sockets.h"

#include <memory>
#include <string>
#include <utility>

#include "base/text.h"
#include "modules/documents/document_host.h"
#include "modules/documents/hocuspocus_socket.h"
#include "modules/documents/wire_close.h"
#include "modules/documents/y_websocket_session.h"
#include "platform/http/query.h"
#include "platform/http/web_socket.h"

namespace ashlar::documents {
namespace {

using http::Call;
using Pending = std::shared_ptr<http::PendingWebSocket>;

// Tells why, in the only way that a page can read.
class Farewell final : public http::WebSocketReader {
 public:
  explicit Farewell(base::Error why) : why_(std::move(why)) {}
  void on_open(const std::shared_ptr<http::WebSocket>& socket) override {
    const WireClose with = close_of(why_);
    socket->close(with.code, with.reason);
  }
  void on_message(http::MessageKind /*kind*/, std::string_view /*data*/) override {}
  void on_close(std::uint16_t /*code*/) override {}

 private:
  const base::Error why_;
};

// Of the query, else of Authorization; "": there is none. What else the query holds is the
// application's own: providers put their parameters there.
base::Result<std::string> credential_of(const Call& call) {
  ASHLAR_ASSIGN(const http::QueryParameters query, http::parse_query(call.head->query));
  for (const auto& [name, value] : query) {
    if (name == "token" && !value.empty()) return value;
  }
  static constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = call.head->authorization;
  if (!base::ascii_iequals(authorization.substr(0, kBearer.size()), kBearer)) return std::string();
  return std::string(base::trim_spaces(authorization.substr(kBearer.size())));
}

http::WebSocketOptions options_of(const SocketLimits& limits) {
  return {.max_message_bytes = limits.max_message_bytes,
          .max_queue_bytes = limits.max_queue_bytes,
          .ping_interval = limits.ping_interval,
          .protocol = {},
          .max_messages_per_s = limits.max_messages_per_s,
          .max_bytes_per_s = limits.max_bytes_per_s};
}

base::Status open_y_websocket(DocumentHost& host, const SocketLimits& limits, const Call& call,
                              Pending pending) {
  const std::string& name = call.param(0);
  ASHLAR_TRY(check_document_name(name));
  ASHLAR_ASSIGN(std::string credential, credential_of(call));
  if (credential.empty()) {
    return base::fail(base::Code::kUnauthenticated, "missing_credentials",
                      "Give an API key or a document token as ?token=.");
  }
  host.admit(
      std::move(credential), name,
      [&host, limits, name, pending = std::move(pending)](base::Result<Visitor> visitor) {
        if (visitor.ok()) {
          runtime::EventLoop& loop = host.loop_of(visitor->tenant, name);
          auto session = std::make_shared<YWebSocketSession>(host, std::move(*visitor), name);
          return pending->accept(loop, std::move(session), options_of(limits));
        }
        const base::Code code = visitor.error().code;
        if (code == base::Code::kUnavailable || code == base::Code::kInternal) {
          return pending->refuse(std::move(visitor).error());
        }
        pending->accept(host.loop_of({}, name),
                        std::make_shared<Farewell>(std::move(visitor).error()), options_of(limits));
      });
  return base::ok_status();
}

base::Status open_hocuspocus(DocumentHost& host, const SocketLimits& limits, const Call& call,
                             const Pending& pending) {
  ASHLAR_ASSIGN(std::string credential, credential_of(call));
  // Which documents it will open nobody knows yet: any loop, but not always the same.
  runtime::EventLoop& loop = host.loop_of({}, call.request_id);
  pending->accept(loop,
                  std::make_shared<HocuspocusSocket>(host, std::move(credential),
                                                     limits.max_documents_per_socket),
                  options_of(limits));
  return base::ok_status();
}

http::Route row(std::string_view path, std::string_view summary, http::WebSocketHandler handler) {
  http::Route route{.method = http::Method::kGet,
                    .path = path,
                    .summary = summary,
                    .module = std::string_view("documents"),
                    .tenancy = http::Tenancy::kPublic,  // the handler asks the host
                    .scope = std::string_view(""),
                    .cost = 1,
                    .idempotency = http::Idempotency::kNatural,
                    .deadline = base::Millis{10'000},
                    .handler = http::Handler(std::move(handler))};
  route.success = 101;
  route.raw_query = true;
  route.errors = {{401, "missing_credentials", "There is neither ?token= nor Authorization."}};
  return route;
}

}  // namespace

http::RouteTable documents_socket_routes(DocumentHost& host, const SocketLimits& limits) {
  http::RouteTable table;
  table.push_back(row("/v1/documents/ws/{name}",
                      "Write a document together: y-websocket's protocol. `?token=` is an API key "
                      "or a document token",
                      [&host, limits](Call& call, Pending pending) {
                        return open_y_websocket(host, limits, call, std::move(pending));
                      }));
  table.push_back(row("/v1/documents/hocuspocus",
                      "Write documents together: Hocuspocus' protocol. Its auth message carries an "
                      "API key or a document token",
                      [&host, limits](Call& call, const Pending& pending) {
                        return open_hocuspocus(host, limits, call, pending);
                      }));
  return table;
}

}  // namespace ashlar::documents
