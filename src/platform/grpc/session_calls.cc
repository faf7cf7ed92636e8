// Requests out of frames. The rest of Session is in session.cc and session_answers.cc.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "platform/grpc/session.h"
#include "platform/grpc/session_shared.h"
#include "platform/grpc/timeout.h"

namespace ashlar::grpc {
namespace {

using Phase = CallState::Phase;

constexpr std::size_t kPrefixBytes = 5;  // of each message: compressed or not, its length
constexpr std::string_view kContentType = "application/grpc";

bool is_grpc(std::string_view content_type) {
  if (!content_type.starts_with(kContentType)) return false;
  content_type.remove_prefix(kContentType.size());
  if (content_type.starts_with("+proto")) content_type.remove_prefix(6);
  return content_type.empty() || content_type.front() == ';';
}

std::size_t length_at(const std::string& input, std::size_t at) {
  std::size_t length = 0;
  for (std::size_t i = at + 1; i < at + kPrefixBytes; ++i) {
    length = length << 8 | static_cast<std::uint8_t>(input[i]);
  }
  return length;
}

}  // namespace

bool Session::on_header(CallState& call, std::string_view name, std::string_view value) {
  constexpr std::size_t kFieldOverhead = 32;  // as RFC 9113, 6.5.2 counts
  call.head_bytes += name.size() + value.size() + kFieldOverhead;
  if (call.head_bytes > shared_.options.max_header_bytes) {
    if (call.phase != Phase::kAnswered) {  // by the reset that nghttp2 sends
      call.phase = Phase::kAnswered;
      shared_.count(call.method, Code::kResourceExhausted);
    }
    return false;
  }
  if (name == ":path") {
    call.method = shared_.methods.find(value);
  } else if (name == ":method") {
    call.post = value == "POST";
  } else if (name == "content-type") {
    call.grpc_content = is_grpc(value);
  } else if (name == "grpc-timeout") {
    const auto timeout = parse_timeout(value);
    call.bad_timeout = !timeout;
    if (timeout) call.deadline = now() + *timeout;
  } else if (name == "grpc-encoding") {
    call.bad_encoding = value != "identity";
  } else {
    for (const std::string& wanted : shared_.options.metadata) {
      if (name == wanted) call.metadata.emplace_back(name, value);
    }
  }
  return true;
}

void Session::on_headers_end(CallState& call) {
  if (!call.post) return refuse_http(call, "405");
  if (!call.grpc_content) return refuse_http(call, "415");
  if (call.method == nullptr) return refuse(call, Code::kUnimplemented, "no such method");
  if (call.bad_encoding) {
    return refuse(call, Code::kUnimplemented, "only identity is known as grpc-encoding");
  }
  if (call.bad_timeout) {
    return refuse(call, Code::kInvalidArgument, "grpc-timeout is not of the protocol's form");
  }
  if (call.deadline <= now()) {
    return refuse(call, Code::kDeadlineExceeded, "the deadline was over when the call came");
  }
  if (call.method->unary) {
    expire_at(call, std::min(call.expire, call.deadline));
  } else {
    expire_at(call, call.deadline);
    call_stream(call);
  }
}

void Session::on_data(CallState& call, std::string_view data) {
  if (call.phase == Phase::kAnswered || call.method == nullptr) return;
  if (buffered_bytes_ + data.size() > shared_.options.max_buffered_bytes) {
    return refuse(call, Code::kResourceExhausted, "too much is under way on this connection");
  }
  buffered_bytes_ += data.size();
  call.input.append(data);
  if (call.method->stream) return deliver(call);
  std::size_t bytes = 0;
  if (accept_prefix(call, 0, bytes) && call.input.size() > kPrefixBytes + bytes) {
    refuse(call, Code::kInvalidArgument, "a unary call has one message");
  }
}

// Looks at the message at `at`. False: its length is not there yet, or the call has been refused.
bool Session::accept_prefix(CallState& call, std::size_t at, std::size_t& message_bytes) {
  if (call.input.size() - at < kPrefixBytes) return false;
  message_bytes = length_at(call.input, at);
  if (call.input[at] != 0) {
    const bool known = call.input[at] == 1;
    refuse(call, known ? Code::kUnimplemented : Code::kInternal,
           known ? "compressed messages are not taken" : "a message's first byte is 0 or 1");
    return false;
  }
  if (message_bytes > shared_.options.max_message_bytes) {
    refuse(call, Code::kResourceExhausted,
           "messages have at most " + std::to_string(shared_.options.max_message_bytes) + " bytes");
    return false;
  }
  return true;
}

void Session::on_input_end(CallState& call) {
  call.input_ended = true;
  if (call.phase == Phase::kAnswered) return;
  if (call.method->unary) return call_unary(call);
  if (!call.input.empty()) return refuse(call, Code::kInternal, "the last message is not whole");
  call.handler->on_half_close();
}

void Session::call_unary(CallState& call) {
  std::size_t bytes = 0;
  if (call.input.empty()) {
    return refuse(call, Code::kInvalidArgument, "a unary call has one message");
  }
  const bool whole = accept_prefix(call, 0, bytes) && call.input.size() == kPrefixBytes + bytes;
  if (call.phase == Phase::kAnswered) return;
  if (!whole) return refuse(call, Code::kInternal, "the message is not whole");
  call.expire = call.deadline;
  call.phase = Phase::kCalled;
  call.method->unary(UnaryCall(&call));
}

void Session::call_stream(CallState& call) {
  call.phase = Phase::kCalled;
  MessageStream stream(&call);
  call.handler = call.method->stream(stream);
  if (!call.handler && call.phase == Phase::kCalled) {
    refuse(call, Code::kInternal, "the method gave no answer");
  }
  if (next_second_ == base::Mono::max()) {
    next_second_ = now() + base::Seconds{1};
    wake_at(next_second_);
  }
}

// Hands over the whole messages that have come.
void Session::deliver(CallState& call) {
  std::size_t at = 0;
  std::size_t bytes = 0;
  while (accept_prefix(call, at, bytes)) {
    if (call.input.size() - at < kPrefixBytes + bytes) break;
    call.handler->on_message(std::string_view(call.input).substr(at + kPrefixBytes, bytes));
    at += kPrefixBytes + bytes;
    if (call.phase != Phase::kCalled) return;  // by the handler; nothing more is wanted
  }
  if (call.phase != Phase::kCalled) return;
  buffered_bytes_ -= at;
  call.input.erase(0, at);
}

}  // namespace ashlar::grpc
