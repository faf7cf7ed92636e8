// HocuspocusVisit: one document that a Hocuspocus connection has open, on the document's loop. The
// connection (hocuspocus_socket.h) may live on another: what the visit has to say is posted there.
//
//   kLoading ──join──> kJoined ──leave, on_end──> kOver
//       └── leave, or join failed ──────────────────^
//
// Invariants
//  1. Exactly one sync status for each step 2 and each update, in their order: 1 when it is durable
//     (or nothing of it was new), 0 when it was refused for want of access.
//  2. It is told the document's state vector, then what it lacks, for each step 1.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "modules/documents/hocuspocus_message.h"
#include "modules/documents/peer.h"
#include "modules/documents/wire_close.h"

namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::documents {

class Document;
class HocuspocusSocket;

class HocuspocusVisit final : public Peer, public std::enable_shared_from_this<HocuspocusVisit> {
 public:
  // `number`: the socket's own, for what is said of this visit.
  HocuspocusVisit(std::string key, std::uint64_t number, std::weak_ptr<HocuspocusSocket> socket,
                  runtime::EventLoop& socket_loop, runtime::EventLoop& document_loop);
  ~HocuspocusVisit() override;

  // The document's loop.
  void join(base::Result<std::shared_ptr<Document>> document, const Visitor& visitor);
  void renew(const Visitor& visitor);
  // `cost` comes back to the socket with the sync status.
  void take(std::uint64_t type, std::string_view body, std::size_t cost);
  void leave();

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
  using Frame = std::shared_ptr<const std::string>;

  template <class F>
  void at_socket(F run);
  void send(std::string_view bytes);
  void send_frames(Frame frames, std::size_t count = 1);
  [[nodiscard]] Frame frame_of(const Broadcast& what, bool is_update) const;
  void take_sync(std::string_view body, bool ask_back, std::size_t cost);
  void push(std::string_view update, std::size_t cost);
  void status(bool stored, std::size_t cost);
  void refuse(const base::Error& why, std::size_t cost);
  void close_socket(const WireClose& with);
  void over(std::string_view reason, bool denied);

  const std::string key_;
  const std::uint64_t number_;
  const std::weak_ptr<HocuspocusSocket> socket_;
  runtime::EventLoop& socket_loop_;
  const bool one_loop_;
  const bool plain_;  // the key is the document's name: frames may be shared
  bool left_ = false;
  std::shared_ptr<Document> document_;  // null: not joined
  Ticket last_ticket_ = 0;
  std::deque<std::size_t> costs_;  // of what has no answer, in order
};

}  // namespace ashlar::documents
