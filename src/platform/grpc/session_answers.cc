// Answers into frames. The rest of Session is in session.cc and session_calls.cc.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "platform/grpc/session.h"
#include "platform/grpc/session_shared.h"

namespace ashlar::grpc {
namespace {

using Phase = CallState::Phase;

constexpr std::size_t kPrefixBytes = 5;

std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 only reads
}

// Of literals: nothing is copied.
nghttp2_nv fixed(std::string_view name, std::string_view value) {
  return {bytes_of(name), bytes_of(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

nghttp2_nv copied(std::string_view name, std::string_view value) {
  return {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

std::string_view digits_of(Code code) {
  constexpr std::array<std::string_view, kCodes> kDigits = {
      "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"};
  return kDigits[static_cast<std::size_t>(code)];
}

const nghttp2_nv kHttpOk = fixed(":status", "200");
const nghttp2_nv kGrpc = fixed("content-type", "application/grpc");

std::array<char, kPrefixBytes> prefix_of(std::size_t bytes) {
  return {0, static_cast<char>(bytes >> 24), static_cast<char>(bytes >> 16),
          static_cast<char>(bytes >> 8), static_cast<char>(bytes)};
}

void submit_trailers(nghttp2_session* http2, const CallState& call) {
  const std::string message = encode_message(call.status.message);
  const std::array<nghttp2_nv, 2> trailers = {fixed("grpc-status", digits_of(call.status.code)),
                                              copied("grpc-message", message)};
  static_cast<void>(
      nghttp2_submit_trailer(http2, call.stream_id, trailers.data(), message.empty() ? 1 : 2));
}

std::size_t copy_part(const char* from, std::size_t size, std::size_t& done, char* to,
                      std::size_t room) {
  const std::size_t part = std::min(size - done, room);
  std::memcpy(to, from + done, part);
  done += part;
  return part;
}

ssize_t read_answer(nghttp2_session* http2, std::int32_t /*stream_id*/, std::uint8_t* to,
                    std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                    void* /*user_data*/) {
  CallState& call = *static_cast<CallState*>(source->ptr);
  char* const out = reinterpret_cast<char*>(to);
  std::size_t copied = 0;
  if (call.method->unary) {
    copied = copy_part(call.prefix.data(), kPrefixBytes, call.prefix_sent, out, size);
  }
  copied +=
      copy_part(call.output.data(), call.output.size(), call.sent, out + copied, size - copied);
  if (call.sent < call.output.size()) return static_cast<ssize_t>(copied);
  if (call.phase == Phase::kAnswered) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    submit_trailers(http2, call);
    return static_cast<ssize_t>(copied);
  }
  call.output.clear();
  call.sent = 0;
  if (copied > 0) return static_cast<ssize_t>(copied);
  call.deferred = true;
  return NGHTTP2_ERR_DEFERRED;
}

}  // namespace

void Session::finish(CallState& call, const Status& status) {
  CHECK(call.phase == Phase::kCalled);
  const bool fits = call.output.size() <= UINT32_MAX;
  if (call.method->unary && fits) call.prefix = prefix_of(call.output.size());
  answer(call, fits ? status : Status{Code::kInternal, "the answer is too large"});
}

bool Session::send(CallState& call, std::string_view message) {
  CHECK(call.phase == Phase::kCalled && call.method->stream);
  const std::size_t waiting = call.output.size() - call.sent;
  if (waiting + message.size() > shared_.options.max_pending_bytes) return false;
  if (call.sent > 0 && call.sent * 2 >= call.output.size()) {
    call.output.erase(0, call.sent);
    call.sent = 0;
  }
  const auto prefix = prefix_of(message.size());
  call.output.append(prefix.data(), prefix.size()).append(message);
  if (!call.begun) submit_head(call);
  resume(call);
  return true;
}

void Session::refuse(CallState& call, Code code, std::string message) {
  answer(call, {code, std::move(message)});
}

// The answer is known: from here on only its bytes have to leave.
void Session::answer(CallState& call, const Status& status) {
  CHECK(call.phase == Phase::kReceiving || call.phase == Phase::kCalled);
  buffered_bytes_ -= call.input.size();
  call.phase = Phase::kAnswered;
  call.status = status;
  shared_.count(call.method, status.code);
  abuse_.pings = 0;
  expire_at(call, now() + shared_.options.write_timeout);
  if (call.begun) {
    resume(call);
  } else if (status.ok()) {
    submit_head(call);
  } else {
    const std::string encoded = encode_message(status.message);
    const std::array<nghttp2_nv, 4> head = {kHttpOk, kGrpc,
                                            fixed("grpc-status", digits_of(status.code)),
                                            copied("grpc-message", encoded)};
    static_cast<void>(nghttp2_submit_response(http2_, call.stream_id, head.data(),
                                              encoded.empty() ? 3 : 4, nullptr));
  }
  stream_.flush();
}

void Session::submit_head(CallState& call) {
  call.begun = true;
  nghttp2_data_provider body{};
  body.source.ptr = &call;
  body.read_callback = read_answer;
  const std::array<nghttp2_nv, 2> head = {kHttpOk, kGrpc};
  static_cast<void>(
      nghttp2_submit_response(http2_, call.stream_id, head.data(), head.size(), &body));
}

void Session::resume(CallState& call) {
  if (std::exchange(call.deferred, false)) {
    static_cast<void>(nghttp2_session_resume_data(http2_, call.stream_id));
  }
  stream_.flush();
}

void Session::refuse_http(CallState& call, std::string_view http_status) {
  buffered_bytes_ -= call.input.size();
  call.phase = Phase::kAnswered;
  call.status.code = Code::kUnknown;
  shared_.count(call.method, Code::kUnknown);
  expire_at(call, now() + shared_.options.write_timeout);
  const nghttp2_nv head = fixed(":status", http_status);
  static_cast<void>(nghttp2_submit_response(http2_, call.stream_id, &head, 1, nullptr));
}

void Session::on_answer_sent(const CallState& call) {
  // What the client goes on sending nobody reads: it may stop (RFC 9113, 8.1).
  if (!call.input_ended) {
    static_cast<void>(
        nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, call.stream_id, NGHTTP2_NO_ERROR));
  }
}

}  // namespace ashlar::grpc
