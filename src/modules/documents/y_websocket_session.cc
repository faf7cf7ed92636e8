#include "modules/documents/y_websocket_session.h"

#include <utility>

#include "modules/documents/broadcast.h"
#include "modules/documents/crdt/update.h"
#include "modules/documents/document.h"
#include "modules/documents/document_host.h"
#include "modules/documents/sync_message.h"

namespace ashlar::documents {
namespace {

enum class MessageType : std::uint8_t { kSync = 0, kAwareness = 1, kAuth = 2, kQueryAwareness = 3 };

constexpr std::uint64_t kPermissionDenied = 0;
constexpr WireClose kText{1003, "binary_only"};

void write_type(std::string& out, MessageType type) {
  crdt::write_varuint(out, static_cast<std::uint64_t>(type));
}

std::string sync_bytes(SyncKind kind, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 8);
  write_type(out, MessageType::kSync);
  write_sync(out, kind, payload);
  return out;
}

std::string awareness_bytes(std::string_view states) {
  std::string out;
  out.reserve(states.size() + 8);
  write_type(out, MessageType::kAwareness);
  crdt::write_var_bytes(out, states);
  return out;
}

Broadcast::Frame update_frame(const Broadcast& update) {
  return update.frame(Wire::kYWebSocket, [](std::string_view bytes) {
    return http::frame_of(http::MessageKind::kBinary, sync_bytes(SyncKind::kUpdate, bytes));
  });
}

Broadcast::Frame awareness_frame(const Broadcast& awareness) {
  return awareness.frame(Wire::kYWebSocket, [](std::string_view bytes) {
    return http::frame_of(http::MessageKind::kBinary, awareness_bytes(bytes));
  });
}

}  // namespace

YWebSocketSession::YWebSocketSession(DocumentHost& host, Visitor visitor, std::string name)
    : host_(host), visitor_(std::move(visitor)), name_(std::move(name)) {
  visitor_.wire = "y-websocket";
}

YWebSocketSession::~YWebSocketSession() = default;

void YWebSocketSession::on_open(const std::shared_ptr<http::WebSocket>& socket) {
  socket_ = socket;
  held_ = true;
  socket_->hold(true);
  host_.open(visitor_, name_,
             [self = shared_from_this()](base::Result<std::shared_ptr<Document>> document) {
               self->opened(std::move(document));
             });
}

void YWebSocketSession::opened(base::Result<std::shared_ptr<Document>> document) {
  if (!socket_ || !socket_->is_open()) return;
  if (!document.ok()) return close(close_of(document.error()));
  const base::Result<SessionId> session = (*document)->join(*this, visitor_);
  if (!session.ok()) return close(close_of(session.error()));
  document_ = std::move(*document);
  socket_->send(http::MessageKind::kBinary,
                sync_bytes(SyncKind::kStep1, crdt::encode_state_vector(document_->state_vector())));
  send_awareness_states();
  held_ = false;
  socket_->hold(false);
}

void YWebSocketSession::on_message(http::MessageKind kind, std::string_view data) {
  if (!document_) return;
  if (kind != http::MessageKind::kBinary) return close(kText);
  crdt::Reader reader(data);
  const std::uint64_t type = reader.varuint();
  if (!reader.ok()) return close(kNotYjs);
  // What follows the first message of a frame nobody reads, nor do we.
  switch (type) {
    case static_cast<std::uint64_t>(MessageType::kSync): {
      const std::optional<SyncMessage> message = read_sync(reader);
      return message ? take_sync(*message) : close(kNotYjs);
    }
    case static_cast<std::uint64_t>(MessageType::kAwareness): {
      const std::string_view update = reader.var_bytes();
      return reader.ok() ? take_awareness(update) : close(kNotYjs);
    }
    case static_cast<std::uint64_t>(MessageType::kQueryAwareness):
      return send_awareness_states();
    default:
      return;  // an application's own; and auth, which clients do not send
  }
}

void YWebSocketSession::take_sync(const SyncMessage& message) {
  if (message.kind != SyncKind::kStep1) return push(message.payload);
  const base::Result<crdt::StateVector> have = crdt::decode_state_vector(message.payload);
  if (!have.ok()) return close(close_of(have.error()));
  document_->sync(*this, *have);
}

void YWebSocketSession::push(std::string_view update) {
  waiting_.push_back(update.size());  // before: the answer may come within the call
  unacknowledged_.add(update.size());
  const base::Result<Pushed> pushed = document_->push(*this, update, ++last_ticket_);
  if (!pushed.ok() || *pushed == Pushed::kNothingNew) {
    unacknowledged_.remove(waiting_.back());
    waiting_.pop_back();
  }
  if (!pushed.ok()) return refuse(pushed.error());
  if (socket_ && !held_ && unacknowledged_.wait(held_)) socket_->hold(held_ = true);
}

void YWebSocketSession::refuse(const base::Error& why) {
  if (std::string_view(why.reason) != "access_read_only") return close(close_of(why));
  if (!socket_) return;
  std::string out;
  write_type(out, MessageType::kAuth);
  crdt::write_varuint(out, kPermissionDenied);
  crdt::write_var_bytes(out, why.reason);
  socket_->send(http::MessageKind::kBinary, out);
}

void YWebSocketSession::take_awareness(std::string_view update) {
  const base::Status taken = document_->awareness(*this, update);
  // A provider repeats what others say, and may be behind: that is no reason to send it away.
  const bool foreign = !taken.ok() && taken.error().code == base::Code::kForbidden;
  if (!taken.ok() && !foreign) close(close_of(taken.error()));
}

void YWebSocketSession::send_awareness_states() {
  if (const auto states = document_->awareness_states()) {
    socket_->send_frame(awareness_frame(*states));
  }
}

void YWebSocketSession::on_update(const std::shared_ptr<const Broadcast>& update, bool own) {
  if (!own && socket_) socket_->send_frame(update_frame(*update));
}

// To its sender too: a provider that hears no message for 30 s takes the connection for dead.
void YWebSocketSession::on_awareness(const std::shared_ptr<const Broadcast>& awareness) {
  if (socket_) socket_->send_frame(awareness_frame(*awareness));
}

void YWebSocketSession::on_run(const std::shared_ptr<const BroadcastRun>& run) {
  if (!socket_) return;
  const Broadcast::Frame& frames =
      run->frames(Wire::kYWebSocket, [](const BroadcastRun::Part& part) {
        return part.kind == BroadcastKind::kUpdate ? update_frame(*part.what)
                                                   : awareness_frame(*part.what);
      });
  socket_->send_frames_now(frames, run->parts().size());
}

void YWebSocketSession::on_sync(std::string update) {
  if (socket_) {
    socket_->send(http::MessageKind::kBinary, sync_bytes(SyncKind::kStep2, update));
  }
}

void YWebSocketSession::on_stored(Ticket /*ticket*/) { settle_ticket(); }

void YWebSocketSession::on_refused(Ticket /*ticket*/, const base::Error& why) {
  settle_ticket();
  refuse(why);
}

// Answers come in the order of the pushes.
void YWebSocketSession::settle_ticket() {
  if (waiting_.empty()) return;
  unacknowledged_.remove(waiting_.front());
  waiting_.pop_front();
  if (socket_ && held_ && !unacknowledged_.wait(held_)) socket_->hold(held_ = false);
}

void YWebSocketSession::on_access(Access /*access*/) {}

void YWebSocketSession::on_end(EndReason reason) {
  document_.reset();
  close(close_of(reason));
}

void YWebSocketSession::close(const WireClose& with) {
  if (socket_) socket_->close(with.code, with.reason);
  leave();
}

void YWebSocketSession::leave() {
  if (const std::shared_ptr<Document> document = std::exchange(document_, nullptr)) {
    document->leave(*this);
  }
}

void YWebSocketSession::on_close(std::uint16_t /*code*/) {
  leave();
  socket_.reset();
}

}  // namespace ashlar::documents
