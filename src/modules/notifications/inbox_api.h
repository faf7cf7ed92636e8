// InboxApi: the HTTP face of users' inboxes: parse, call, render; and its table (inbox_wire.cc).
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "modules/notifications/inbox_store.h"
#include "modules/notifications/inbox_token.h"
#include "platform/http/response.h"
#include "platform/http/route.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::http {
class CursorCodec;
class EventStream;
class PendingWebSocket;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::net {
class LoopGroup;
}

namespace ashlar::notifications {

class Inbox;
class InboxFeed;

class InboxApi {
 public:
  // All outlive it.
  struct Parts {
    storage::Database& db;
    const Inbox& inbox;
    InboxFeed& feed;
    net::LoopGroup& loops;
    const http::CursorCodec& cursors;
    const InboxTokens& tokens;
    const base::Clock& clock;
  };
  explicit InboxApi(Parts parts) : parts_(parts) {}

  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> counts(http::Call& call) const;
  base::Result<http::Response> change(http::Call& call, storage::Transaction& tx,
                                      InboxChange change) const;
  base::Result<http::Response> read_all(http::Call& call, storage::Transaction& tx) const;
  base::Status stream(http::Call& call, std::shared_ptr<http::EventStream> stream) const;
  base::Status open_socket(http::Call& call, std::shared_ptr<http::PendingWebSocket> socket) const;
  base::Result<http::Response> make_token(http::Call& call) const;
  base::Result<http::Response> end_tokens(http::Call& call, storage::Transaction& tx) const;

 private:
  const Parts parts_;
};

// What the parts refer to outlives the tables.
http::RouteTable inbox_routes(InboxApi::Parts parts);
// For browsers, by inbox tokens (inbox_visitor_wire.cc).
http::RouteTable inbox_visitor_routes(InboxApi::Parts parts);

}  // namespace ashlar::notifications
