// YWebSocketSession: one connection of y-websocket's protocol: one document, one message a frame.
//
//   [0][0] state vector   [0][1] update   [0][2] update   [1] awareness   [2][0] reason: denied
//   [3] who is present?
//
//   kOpening ──(on_open) DocumentHost::open──> opened: join ──> kJoined
//       └── it failed, the socket closed ──> kEnded   <──on_end, a fault, the socket closed──┘
//
// On joining the newcomer is told the document's state vector and who is present. While opening,
// nothing is read of it. It lives on its document's loop, as its socket does; both calls' threads
// are that loop's. Kept by its socket until on_close().
//
// Invariants
//  1. joined with the document from join() until leave() or on_end(), which is once.
//  2. What is pushed and not durable is bounded: beyond, nothing more is read (unacknowledged.h).
//  3. A change by who may only read is answered with [2][0], and the connection stays.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "modules/documents/peer.h"
#include "modules/documents/unacknowledged.h"
#include "modules/documents/wire_close.h"
#include "platform/http/web_socket.h"

namespace ashlar::documents {

class Document;
class DocumentHost;
struct SyncMessage;

class YWebSocketSession final : public http::WebSocketReader,
                                public Peer,
                                public std::enable_shared_from_this<YWebSocketSession> {
 public:
  YWebSocketSession(DocumentHost& host, Visitor visitor, std::string name);
  ~YWebSocketSession() override;

  // http::WebSocketReader
  void on_open(const std::shared_ptr<http::WebSocket>& socket) override;
  void on_message(http::MessageKind kind, std::string_view data) override;
  void on_close(std::uint16_t code) override;

  // Peer
  void on_update(const std::shared_ptr<const Broadcast>& update, bool own) override;
  void on_awareness(const std::shared_ptr<const Broadcast>& awareness) override;
  void on_run(const std::shared_ptr<const BroadcastRun>& run) override;
  void on_sync(std::string update) override;
  void on_stored(Ticket ticket) override;
  void on_refused(Ticket ticket, const base::Error& why) override;
  void on_access(Access access) override;
  void on_end(EndReason reason) override;

 private:
  void opened(base::Result<std::shared_ptr<Document>> document);
  void take_sync(const SyncMessage& message);
  void push(std::string_view update);
  void take_awareness(std::string_view update);
  void send_awareness_states();
  void refuse(const base::Error& why);
  void settle_ticket();
  void leave();
  void close(const WireClose& with);

  DocumentHost& host_;
  Visitor visitor_;
  const std::string name_;
  std::shared_ptr<http::WebSocket> socket_;  // null: before on_open(), after on_close()
  std::shared_ptr<Document> document_;       // null: not joined
  Ticket last_ticket_ = 0;
  std::deque<std::size_t> waiting_;  // sizes of what was pushed and has no answer, in order
  Unacknowledged unacknowledged_;
  bool held_ = false;
};

}  // namespace ashlar::documents
