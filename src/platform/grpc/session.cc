#include "platform/grpc/session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "platform/grpc/session_shared.h"
#include "platform/observability/metrics.h"

namespace ashlar::grpc {
namespace {

// How much is made ready for one write.
constexpr std::size_t kFillBytes = 256 * 1024;
// What a client may send ahead: of a call, and of a connection.
constexpr std::int32_t kStreamWindowBytes = 256 * 1024;
constexpr std::int32_t kConnectionWindowBytes = 1024 * 1024;
// How long a client may take to hear of a GOAWAY: calls that it has begun meanwhile are served.
constexpr base::Millis kGoodbye{1'000};
constexpr base::Seconds kSecond{1};

}  // namespace

Session::Session(net::Stream& stream, SessionShared& shared) : stream_(stream), shared_(shared) {
  CHECK(nghttp2_session_server_new2(&http2_, shared.callbacks, this, shared.http2_options) == 0);
  const std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, shared.options.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(shared.options.max_header_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  CHECK(nghttp2_submit_settings(http2_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  CHECK(nghttp2_session_set_local_window_size(http2_, NGHTTP2_FLAG_NONE, 0,
                                              kConnectionWindowBytes) == 0);
}

Session::~Session() {
  broken_ = ended_ = true;
  while (!calls_.empty()) forget(*calls_.back());
  nghttp2_session_del(http2_);
}

std::size_t Session::on_input(std::string_view input, std::string& /*output*/) {
  if (broken_) return input.size();
  const ssize_t took = nghttp2_session_mem_recv(
      http2_, reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  if (took < 0) {
    broken_ = true;
    shared_.connection_errors.add();
    // A GOAWAY may be waiting; to what is no HTTP/2 at all nothing needs to be said.
    if (took == NGHTTP2_ERR_BAD_CLIENT_MAGIC) stream_.abort();
    stream_.finish();
  }
  return input.size();
}

void Session::fill_output(std::string& output) {
  if (ended_) return;
  while (output.size() < kFillBytes) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(http2_, &bytes);
    if (size < 0) {
      broken_ = true;
      stream_.abort();
    }
    if (size <= 0) break;
    output.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  if (nghttp2_session_want_read(http2_) == 0 && nghttp2_session_want_write(http2_) == 0) {
    stream_.finish();
  }
}

bool Session::busy() const { return !calls_.empty() || (draining_ && !goodbye_said_); }

void Session::on_drain() {
  if (std::exchange(draining_, true)) return;
  // RFC 9113, 6.8: calls that are on their way here when the client hears of it are served, too.
  CHECK(nghttp2_submit_shutdown_notice(http2_) == 0);
  static_cast<void>(nghttp2_submit_ping(http2_, NGHTTP2_FLAG_NONE, nullptr));
  goodbye_at_ = now() + kGoodbye;
  wake_at(goodbye_at_);
}

void Session::say_goodbye() {
  goodbye_said_ = true;
  goodbye_at_ = base::Mono::max();
  static_cast<void>(nghttp2_submit_goaway(http2_, NGHTTP2_FLAG_NONE,
                                          nghttp2_session_get_last_proc_stream_id(http2_),
                                          NGHTTP2_NO_ERROR, nullptr, 0));
}

void Session::on_end() {
  // What is said already may still be read. More nobody waits for: HTTP/2 has no connections that
  // are open one way.
  fill_output(stream_.output());
  broken_ = ended_ = goodbye_said_ = true;
  while (!calls_.empty()) forget(*calls_.back());
}

void Session::on_wake(std::string& /*output*/) {
  armed_ = base::Mono::max();
  const base::Mono time = now();
  if (goodbye_at_ <= time) say_goodbye();
  const bool second = next_second_ <= time;
  if (second) next_second_ = base::Mono::max();
  base::Mono next = goodbye_at_;
  // Neither takes a call out of the list: nghttp2 does, when it sends.
  for (CallState* call : calls_) {
    if (call->expire <= time) expire(*call);
    next = std::min(next, call->expire);
    if (!call->handler || call->phase != CallState::Phase::kCalled) continue;
    if (second) call->handler->on_second();
    next_second_ = std::min(next_second_, time + kSecond);
  }
  wake_at(std::min(next, next_second_));
}

void Session::expire(CallState& call) {
  if (call.phase == CallState::Phase::kAnswered) {
    call.expire = base::Mono::max();
    static_cast<void>(
        nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, call.stream_id, NGHTTP2_CANCEL));
    return;
  }
  refuse(call, Code::kDeadlineExceeded, "the deadline is over");
  if (call.handler) call.handler->on_cancelled();
}

void Session::expire_at(CallState& call, base::Mono at) {
  call.expire = at;
  wake_at(at);
}

void Session::wake_at(base::Mono at) {
  if (at >= armed_) return;
  armed_ = at;
  stream_.wake_at(at);
}

CallState& Session::begin_call(std::int32_t stream_id) {
  CallState& call = *shared_.pools[stream_.loop_index()].take().release();
  call.session = this;
  call.loop = &stream_.loop();
  call.loop_index = stream_.loop_index();
  call.stream_id = stream_id;
  call.index = calls_.size();
  calls_.push_back(&call);
  expire_at(call, now() + shared_.options.receive_timeout);
  return call;
}

void Session::forget(CallState& call) {
  CHECK(calls_[call.index] == &call);
  calls_[call.index] = calls_.back();
  calls_[call.index]->index = call.index;
  calls_.pop_back();
  if (nghttp2_session_get_stream_user_data(http2_, call.stream_id) != nullptr) {
    static_cast<void>(nghttp2_session_set_stream_user_data(http2_, call.stream_id, nullptr));
  }
  const bool unanswered = call.phase != CallState::Phase::kAnswered;
  if (unanswered) {
    buffered_bytes_ -= call.input.size();
    shared_.count(call.method, Code::kCancelled);
  }
  call.phase = CallState::Phase::kGone;
  call.session = nullptr;
  call.add_handle();  // the handler may have the last one
  if (call.handler && unanswered) call.handler->on_cancelled();
  call.handler.reset();
  if (call.handles() == 1) {
    shared_.pools[stream_.loop_index()].give(std::unique_ptr<CallState>(&call));
  } else {
    call.drop_handle();
  }
}

void Session::on_reset(const CallState& call) {
  if (call.phase == CallState::Phase::kAnswered) return;
  if (++abuse().resets > shared_.options.max_resets) calm();
}

void Session::on_ping(bool ack) {
  if (ack) {
    if (draining_ && !goodbye_said_) say_goodbye();
  } else if (++abuse().pings > shared_.options.max_pings) {
    calm();
  }
}

void Session::on_settings() {
  if (++abuse().settings > shared_.options.max_settings) calm();
}

Session::Abuse& Session::abuse() {
  if (now() - abuse_.since >= kSecond) abuse_ = {.since = now()};
  return abuse_;
}

// The connection ends, with what is under way on it.
void Session::calm() {
  static_cast<void>(nghttp2_session_terminate_session(http2_, NGHTTP2_ENHANCE_YOUR_CALM));
}

void Session::on_goaway_sent(std::uint32_t error) {
  if (error != NGHTTP2_NO_ERROR) shared_.connection_errors.add();
}

}  // namespace ashlar::grpc
