#include "platform/grpc/call_state.h"

#include "base/check.h"
#include "platform/grpc/session.h"

namespace ashlar::grpc {
namespace {

constexpr std::size_t kKeptBytes = 2048;

void clear_buffer(std::string& buffer) {
  if (buffer.capacity() > kKeptBytes) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

}  // namespace

void CallState::drop_handle() {
  CHECK(handles_ > 0);
  if (--handles_ > 0) return;
  if (phase == Phase::kGone) {
    delete this;
  } else if (phase == Phase::kCalled) {
    session->finish(*this, {Code::kInternal, "the method gave no answer"});
  }
}

void CallState::clear() {
  clear_buffer(input);
  clear_buffer(output);
  metadata.clear();
  status = {};
  handler.reset();
  session = nullptr;
  method = nullptr;
  phase = Phase::kReceiving;
  post = grpc_content = bad_timeout = bad_encoding = input_ended = begun = deferred = false;
  head_bytes = prefix_sent = sent = 0;
  deadline = expire = base::Mono::max();
  handles_ = 0;
}

}  // namespace ashlar::grpc
