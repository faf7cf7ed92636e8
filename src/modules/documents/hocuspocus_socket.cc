#include "modules/documents/hocuspocus_socket.h"

#include <utility>

#include "modules/documents/document_host.h"
#include "modules/documents/hocuspocus_message.h"
#include "modules/documents/hocuspocus_visit.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {
namespace {

constexpr WireClose kText{1003, "binary_only"};
constexpr WireClose kTooMuch{4400, "too_much_before_auth"};
constexpr WireClose kNobody{4401, "missing_credentials"};
constexpr WireClose kServersOnly{4403, "broadcast_not_allowed"};

// What a frame costs until it has its sync status.
std::size_t cost_of(const HocuspocusFrame& frame) {
  const auto type = static_cast<HocuspocusType>(frame.type);
  const bool sync = type == HocuspocusType::kSync || type == HocuspocusType::kSyncReply;
  const bool changes =
      sync && !frame.body.empty() && frame.body[0] != static_cast<char>(SyncKind::kStep1);
  return changes ? frame.body.size() : 0;
}

// Runs now where `loop` is this one's.
template <class F>
void run_on(runtime::EventLoop& loop, const runtime::EventLoop& here, F run) {
  if (&loop == &here) return run();
  loop.post(std::move(run));
}

}  // namespace

HocuspocusSocket::HocuspocusSocket(DocumentHost& host, std::string credential,
                                   std::size_t max_documents)
    : host_(host), credential_(std::move(credential)), max_documents_(max_documents) {}

HocuspocusSocket::~HocuspocusSocket() = default;

void HocuspocusSocket::on_open(const std::shared_ptr<http::WebSocket>& socket) {
  socket_ = socket;
  runtime::EventLoop& loop = socket->loop();
  loop.run_at(loop.mono() + kAuthTime, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !self->admitted_) self->close(kNobody);
  });
}

void HocuspocusSocket::on_message(http::MessageKind kind, std::string_view data) {
  if (kind != http::MessageKind::kBinary) return close(kText);
  const std::optional<HocuspocusFrame> frame = read_hocuspocus(data);
  if (!frame) return close(kNotYjs);
  switch (static_cast<HocuspocusType>(frame->type)) {
    case HocuspocusType::kPing:
      return send(hocuspocus_pong(frame->key));
    case HocuspocusType::kPong:
      return;
    case HocuspocusType::kBroadcastStateless:
      return close(kServersOnly);
    case HocuspocusType::kClose: {
      const auto found = slots_.find(frame->key);
      if (found != slots_.end()) erase(found);
      return;
    }
    default:
      break;
  }
  Slot* const slot = slot_for(*frame);
  if (slot == nullptr) return;
  if (frame->type == static_cast<std::uint64_t>(HocuspocusType::kAuth)) {
    const std::optional<std::string_view> token = read_token(frame->body);
    if (!token) return close(kNotYjs);
    return authenticate(std::string(frame->key), *slot, *token);
  }
  if (slot->state == State::kJoined) return pass_on(*slot, *frame);
  keep(*slot, data);
}

HocuspocusSocket::Slot* HocuspocusSocket::slot_for(const HocuspocusFrame& frame) {
  const auto found = slots_.find(frame.key);
  if (found != slots_.end()) return &found->second;
  if (slots_.size() >= max_documents_) {
    send(hocuspocus_denied(frame.key, "too_many_documents"));
    return nullptr;
  }
  Slot& slot = slots_[std::string(frame.key)];
  slot.number = ++last_number_;
  return &slot;
}

void HocuspocusSocket::authenticate(const std::string& key, Slot& slot, std::string_view token) {
  if (slot.state == State::kAdmitting || slot.state == State::kOpening) return;
  if (slot.renewing) {
    slot.next_token = token.substr(0, kMaxTokenBytes);
    return;
  }
  if (slot.state == State::kUnknown) slot.state = State::kAdmitting;
  slot.renewing = slot.state == State::kJoined;
  runtime::EventLoop& loop = socket_->loop();
  ++admissions_;
  host_.admit(token.empty() ? credential_ : std::string(token), std::string(document_of(key)),
              [weak = weak_from_this(), &loop, key,
               number = slot.number](const base::Result<Visitor>& visitor) {
                loop.post([weak, key, number, visitor] {
                  const auto self = weak.lock();
                  if (!self) return;
                  --self->admissions_;
                  self->admitted(key, number, visitor);
                  self->let_wait();
                });
              });
  let_wait();
}

void HocuspocusSocket::admitted(const std::string& key, std::uint64_t number,
                                base::Result<Visitor> visitor) {
  Slot* const slot = find(key, number);
  if (slot == nullptr || !socket_) return;
  if (!visitor.ok()) {
    if (visitor.error().code == base::Code::kUnavailable) return close(close_of(visitor.error()));
    send(hocuspocus_denied(key, visitor.error().reason));
    return erase(slots_.find(key));
  }
  admitted_ = true;
  visitor->wire = "hocuspocus";
  if (slot->state != State::kJoined) return open(key, *slot, *visitor);
  run_on(*slot->loop, socket_->loop(),
         [visit = slot->visit, again = *visitor] { visit->renew(again); });
  renewed(key, number);
}

void HocuspocusSocket::renewed(const std::string& key, std::uint64_t number) {
  Slot* const slot = find(key, number);  // the one before may have ended it
  if (slot == nullptr || !socket_) return;
  slot->renewing = false;
  const std::optional<std::string> next = std::exchange(slot->next_token, {});
  if (next) authenticate(key, *slot, *next);
}

void HocuspocusSocket::open(const std::string& key, Slot& slot, const Visitor& visitor) {
  const std::string name(document_of(key));
  slot.state = State::kOpening;
  slot.loop = &host_.loop_of(visitor.tenant, name);
  slot.visit = std::make_shared<HocuspocusVisit>(key, slot.number, weak_from_this(),
                                                 socket_->loop(), *slot.loop);
  host_.open(visitor, name,
             [visit = slot.visit, visitor](base::Result<std::shared_ptr<Document>> document) {
               visit->join(std::move(document), visitor);
             });
}

void HocuspocusSocket::keep(Slot& slot, std::string_view data) {
  waiting_bytes_ += data.size();
  slot.waiting_bytes += data.size();
  if (waiting_bytes_ > kMaxWaitingBytes || ++waiting_frames_ > kMaxWaitingFrames) {
    return close(kTooMuch);
  }
  slot.waiting.emplace_back(data);
}

void HocuspocusSocket::pass_on(Slot& slot, const HocuspocusFrame& frame) {
  const std::size_t cost = cost_of(frame);
  slot.unacknowledged += cost;
  unacknowledged_.add(cost);
  const std::shared_ptr<HocuspocusVisit> visit = slot.visit;
  if (slot.loop == &socket_->loop()) {
    visit->take(frame.type, frame.body, cost);
  } else {
    slot.loop->post([visit, type = frame.type, body = std::string(frame.body), cost] {
      visit->take(type, body, cost);
    });
  }
  let_wait();
}

void HocuspocusSocket::let_wait() {
  const bool wait = unacknowledged_.wait(held_) || admissions_ >= kMaxAdmissions;
  if (!socket_ || wait == held_) return;
  held_ = wait;
  socket_->hold(wait);
}

void HocuspocusSocket::joined(const std::string& key, std::uint64_t number) {
  Slot* slot = find(key, number);
  if (slot == nullptr) return;
  slot->state = State::kJoined;
  const std::vector<std::string> waiting = std::exchange(slot->waiting, {});
  waiting_bytes_ -= std::exchange(slot->waiting_bytes, 0);
  waiting_frames_ -= waiting.size();
  for (const std::string& data : waiting) {
    slot = find(key, number);
    if (slot == nullptr || !socket_) return;  // what came before has ended it
    pass_on(*slot, *read_hocuspocus(data));
  }
}

void HocuspocusSocket::forget(const std::string& key, std::uint64_t number) {
  if (find(key, number) != nullptr) erase(slots_.find(key));
}

void HocuspocusSocket::give_back(const std::string& key, std::uint64_t number, std::size_t bytes) {
  Slot* const slot = find(key, number);
  if (slot == nullptr) return;
  slot->unacknowledged -= bytes;
  unacknowledged_.remove(bytes);
  let_wait();
}

void HocuspocusSocket::erase(Slots::iterator at) {
  Slot slot = std::move(at->second);
  slots_.erase(at);
  waiting_bytes_ -= slot.waiting_bytes;
  waiting_frames_ -= slot.waiting.size();
  unacknowledged_.remove(slot.unacknowledged);
  if (slot.visit) {
    run_on(*slot.loop, socket_->loop(), [visit = std::move(slot.visit)] { visit->leave(); });
  }
  let_wait();
}

HocuspocusSocket::Slot* HocuspocusSocket::find(const std::string& key, std::uint64_t number) {
  const auto found = slots_.find(key);
  return found == slots_.end() || found->second.number != number ? nullptr : &found->second;
}

void HocuspocusSocket::send(std::string_view bytes) {
  if (socket_) socket_->send(http::MessageKind::kBinary, bytes);
}

void HocuspocusSocket::send_frames(const std::shared_ptr<const std::string>& frames,
                                   std::size_t count) {
  if (socket_) socket_->send_frames(frames, count);
}

void HocuspocusSocket::send_frames_now(const std::shared_ptr<const std::string>& frames,
                                       std::size_t count) {
  if (socket_) socket_->send_frames_now(frames, count);
}

void HocuspocusSocket::close(const WireClose& with) {
  if (socket_) socket_->close(with.code, with.reason);
}

void HocuspocusSocket::on_close(std::uint16_t /*code*/) {
  while (!slots_.empty()) erase(slots_.begin());
  socket_.reset();
}

}  // namespace ashlar::documents
