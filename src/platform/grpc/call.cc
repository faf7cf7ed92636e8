#include "platform/grpc/call.h"

#include "base/check.h"
#include "platform/grpc/call_state.h"
#include "platform/grpc/session.h"

namespace ashlar::grpc {
namespace {

using Phase = CallState::Phase;

// What peer_address() says of a connection that is no more.
const std::string kNobody;

}  // namespace

CallHandle::CallHandle(CallState* state) noexcept : state_(state) {
  if (state_ != nullptr) state_->add_handle();
}

CallHandle::~CallHandle() {
  if (state_ != nullptr) state_->drop_handle();
}

bool CallHandle::open() const { return state_->phase == Phase::kCalled; }

base::Mono CallHandle::deadline() const { return state_->deadline; }

std::string_view CallHandle::metadata(std::string_view name) const {
  for (const auto& [known, value] : state_->metadata) {
    if (known == name) return value;
  }
  return {};
}

const std::string& CallHandle::peer_address() const {
  return state_->phase == Phase::kGone ? kNobody : state_->session->peer_address();
}

std::size_t CallHandle::loop_index() const { return state_->loop_index; }

runtime::EventLoop& CallHandle::loop() const { return *state_->loop; }

std::string_view UnaryCall::request() const {
  return std::string_view(state_->input).substr(state_->prefix.size());
}

std::string& UnaryCall::reply() const { return state_->output; }

void UnaryCall::finish(const Status& status) const {
  if (open()) state_->session->finish(*state_, status);
}

bool MessageStream::send(std::string_view message) const {
  return open() && state_->session->send(*state_, message);
}

void MessageStream::finish(const Status& status) const {
  if (open()) state_->session->finish(*state_, status);
}

}  // namespace ashlar::grpc
