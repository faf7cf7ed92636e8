#include "modules/documents/hocuspocus_visit.h"

#include <utility>

#include "modules/documents/broadcast.h"
#include "modules/documents/crdt/update.h"
#include "modules/documents/document.h"
#include "modules/documents/hocuspocus_socket.h"
#include "platform/http/web_socket.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {
namespace {

std::shared_ptr<const std::string> binary(std::string_view bytes) {
  return http::frame_of(http::MessageKind::kBinary, bytes);
}

}  // namespace

HocuspocusVisit::HocuspocusVisit(std::string key, std::uint64_t number,
                                 std::weak_ptr<HocuspocusSocket> socket,
                                 runtime::EventLoop& socket_loop, runtime::EventLoop& document_loop)
    : key_(std::move(key)),
      number_(number),
      socket_(std::move(socket)),
      socket_loop_(socket_loop),
      one_loop_(&socket_loop == &document_loop),
      plain_(document_of(key_) == key_) {}

HocuspocusVisit::~HocuspocusVisit() = default;

// In order, whichever loop it is.
template <class F>
void HocuspocusVisit::at_socket(F run) {
  if (one_loop_) {
    if (const auto socket = socket_.lock()) run(*socket);
    return;
  }
  socket_loop_.post([weak = socket_, run = std::move(run)] {
    if (const auto socket = weak.lock()) run(*socket);
  });
}

void HocuspocusVisit::send(std::string_view bytes) { send_frames(binary(bytes)); }

void HocuspocusVisit::send_frames(Frame frames, std::size_t count) {
  at_socket([frames = std::move(frames), count](HocuspocusSocket& socket) {
    socket.send_frames(frames, count);
  });
}

void HocuspocusVisit::join(base::Result<std::shared_ptr<Document>> document,
                           const Visitor& visitor) {
  if (left_) return;
  const auto deny = [this](const base::Error& why) {
    if (why.code == base::Code::kUnavailable || why.code == base::Code::kInternal) {
      return close_socket(close_of(why));  // comes again
    }
    over(why.reason, true);
  };
  if (!document.ok()) return deny(document.error());
  const base::Result<SessionId> session = (*document)->join(*this, visitor);
  if (!session.ok()) return deny(session.error());
  document_ = std::move(*document);
  send(hocuspocus_authenticated(key_, document_->access_of(*this) == Access::kWrite));
  if (const auto states = document_->awareness_states()) send_frames(frame_of(*states, false));
  at_socket(
      [key = key_, number = number_](HocuspocusSocket& socket) { socket.joined(key, number); });
}

void HocuspocusVisit::renew(const Visitor& visitor) {
  if (!document_) return;
  document_->renew(*this, visitor);
  if (!document_) return;
  send(hocuspocus_authenticated(key_, document_->access_of(*this) == Access::kWrite));
}

void HocuspocusVisit::take(std::uint64_t type, std::string_view body, std::size_t cost) {
  if (!document_) return;
  crdt::Reader reader(body);
  switch (static_cast<HocuspocusType>(type)) {
    case HocuspocusType::kSync:
      return take_sync(body, true, cost);
    case HocuspocusType::kSyncReply:
      return take_sync(body, false, cost);
    case HocuspocusType::kAwareness: {
      const std::string_view update = reader.var_bytes();
      if (!reader.ok()) return close_socket(kNotYjs);
      const base::Status taken = document_->awareness(*this, update);
      const bool foreign = !taken.ok() && taken.error().code == base::Code::kForbidden;
      if (!taken.ok() && !foreign) close_socket(close_of(taken.error()));
      return;
    }
    case HocuspocusType::kQueryAwareness: {
      if (const auto states = document_->awareness_states()) send_frames(frame_of(*states, false));
      return;
    }
    default:
      return;  // stateless messages are between a client and a program's own server
  }
}

void HocuspocusVisit::take_sync(std::string_view body, bool ask_back, std::size_t cost) {
  crdt::Reader reader(body);
  const std::optional<SyncMessage> message = read_sync(reader);
  if (!message) return close_socket(kNotYjs);
  if (message->kind != SyncKind::kStep1) return push(message->payload, cost);
  const base::Result<crdt::StateVector> have = crdt::decode_state_vector(message->payload);
  if (!have.ok()) return close_socket(close_of(have.error()));
  if (ask_back) {
    send(hocuspocus_sync(key_, SyncKind::kStep1,
                         crdt::encode_state_vector(document_->state_vector())));
  }
  document_->sync(*this, *have);
}

void HocuspocusVisit::push(std::string_view update, std::size_t cost) {
  costs_.push_back(cost);  // before: the answer may come within the call
  const base::Result<Pushed> pushed = document_->push(*this, update, ++last_ticket_);
  if (pushed.ok() && *pushed == Pushed::kWaiting) return;
  costs_.pop_back();
  pushed.ok() ? status(true, cost) : refuse(pushed.error(), cost);
}

void HocuspocusVisit::status(bool stored, std::size_t cost) {
  at_socket([frame = binary(hocuspocus_sync_status(key_, stored)), cost, key = key_,
             number = number_](HocuspocusSocket& socket) {
    socket.send_frames(frame, 1);
    socket.give_back(key, number, cost);
  });
}

void HocuspocusVisit::refuse(const base::Error& why, std::size_t cost) {
  if (why.code == base::Code::kForbidden) return status(false, cost);
  close_socket(close_of(why));
}

void HocuspocusVisit::close_socket(const WireClose& with) {
  leave();
  at_socket([with](HocuspocusSocket& socket) { socket.close(with); });
}

void HocuspocusVisit::over(std::string_view reason, bool denied) {
  if (denied) send(hocuspocus_denied(key_, reason));
  send(hocuspocus_close(key_, reason));
  at_socket(
      [key = key_, number = number_](HocuspocusSocket& socket) { socket.forget(key, number); });
}

void HocuspocusVisit::leave() {
  left_ = true;
  if (const std::shared_ptr<Document> document = std::exchange(document_, nullptr)) {
    document->leave(*this);
  }
}

void HocuspocusVisit::on_update(const std::shared_ptr<const Broadcast>& update, bool own) {
  if (!own) send_frames(frame_of(*update, true));
}

void HocuspocusVisit::on_awareness(const std::shared_ptr<const Broadcast>& awareness) {
  send_frames(frame_of(*awareness, false));
}

void HocuspocusVisit::on_run(const std::shared_ptr<const BroadcastRun>& run) {
  const auto make = [this](const BroadcastRun::Part& part) {
    return frame_of(*part.what, part.kind == BroadcastKind::kUpdate);
  };
  if (plain_) {
    at_socket([frames = run->frames(Wire::kHocuspocus, make), count = run->parts().size()](
                  HocuspocusSocket& socket) { socket.send_frames_now(frames, count); });
    return;
  }
  for (const BroadcastRun::Part& part : run->parts()) send_frames(make(part));
}

HocuspocusVisit::Frame HocuspocusVisit::frame_of(const Broadcast& what, bool is_update) const {
  const auto make = [&](std::string_view bytes) {
    return binary(is_update ? hocuspocus_sync(key_, SyncKind::kUpdate, bytes)
                            : hocuspocus_awareness(key_, bytes));
  };
  return plain_ ? what.frame(Wire::kHocuspocus, make) : make(what.bytes());
}

void HocuspocusVisit::on_sync(std::string update) {
  send(hocuspocus_sync(key_, SyncKind::kStep2, update));
}

void HocuspocusVisit::on_stored(Ticket /*ticket*/) {
  if (costs_.empty()) return;
  const std::size_t cost = costs_.front();
  costs_.pop_front();
  status(true, cost);
}

void HocuspocusVisit::on_refused(Ticket /*ticket*/, const base::Error& why) {
  if (costs_.empty()) return;
  const std::size_t cost = costs_.front();
  costs_.pop_front();
  refuse(why, cost);
}

void HocuspocusVisit::on_access(Access access) {
  send(hocuspocus_authenticated(key_, access == Access::kWrite));
}

void HocuspocusVisit::on_end(EndReason reason) {
  document_.reset();
  left_ = true;
  const WireClose with = close_of(reason);
  switch (reason) {
    case EndReason::kExpired:
    case EndReason::kKeyExpired:
    case EndReason::kRevoked:
      return over(with.reason, true);
    case EndReason::kDeleted:
      return over(with.reason, false);
    case EndReason::kKicked:
    case EndReason::kReload:
      return close_socket({4205, with.reason});  // the provider connects again and syncs
    case EndReason::kStopping:
      return close_socket(with);
  }
}

}  // namespace ashlar::documents
