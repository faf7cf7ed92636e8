// Session: one HTTP/2 connection that speaks gRPC: nghttp2 makes frames of bytes, this makes calls
// of frames. For the loop's thread.
//
//   bytes ──on_input──> nghttp2 ──on_headers_end, on_data, on_input_end──> a method
//   a method ──finish──> answer ──nghttp2──fill_output──> bytes
//
// Ends of a session
//   drain:   on_drain ──GOAWAY(2^31-1), PING──> [PING's ack, or kGoodbye] ──GOAWAY(last)──> not
//   busy
//            when the last call has ended
//   abuse:   calm ──GOAWAY(ENHANCE_YOUR_CALM)──> finish()
//   error:   nghttp2 queues its own GOAWAY; where it cannot, abort()
//
// Invariants
//  1. calls_ holds each call from its first header to the stream's end, once; nghttp2's stream
//     points to it for as long.
//  2. A call is counted (SessionShared::count) once: by answer() or, where it had none, by
//  forget().
//  3. armed_ is not after the earliest `expire` of a call.
//  4. A handler is never destroyed within one of its own functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/grpc/call_state.h"
#include "platform/net/stream.h"

struct nghttp2_session;

namespace ashlar::grpc {

class SessionShared;

class Session final : public net::StreamSession {
 public:
  Session(net::Stream& stream, SessionShared& shared);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // net::StreamSession
  std::size_t on_input(std::string_view input, std::string& output) override;
  void fill_output(std::string& output) override;
  void on_wake(std::string& output) override;
  [[nodiscard]] bool busy() const override;
  void on_drain() override;
  void on_end() override;

  // For handles.
  [[nodiscard]] const std::string& peer_address() const { return stream_.peer_address(); }
  void finish(CallState& call, const Status& status);
  bool send(CallState& call, std::string_view message);

  // For nghttp2's functions (session_frames.h). `call` is of calls_.
  CallState& begin_call(std::int32_t stream_id);
  // False: the head is too large.
  bool on_header(CallState& call, std::string_view name, std::string_view value);
  void on_headers_end(CallState& call);
  void on_data(CallState& call, std::string_view data);
  void on_input_end(CallState& call);
  void on_stream_close(CallState& call) { forget(call); }
  void on_answer_sent(const CallState& call);
  void on_reset(const CallState& call);
  void on_ping(bool ack);
  void on_settings();
  void on_goaway_sent(std::uint32_t error);

 private:
  struct Abuse {  // in the second that began at `since`
    base::Mono since{};
    std::uint32_t resets = 0;
    std::uint32_t pings = 0;
    std::uint32_t settings = 0;
  };

  [[nodiscard]] base::Mono now() const { return stream_.loop().mono(); }

  // session_calls.cc: requests
  void call_unary(CallState& call);
  void call_stream(CallState& call);
  bool accept_prefix(CallState& call, std::size_t at, std::size_t& message_bytes);
  void deliver(CallState& call);

  // session_answers.cc
  void refuse(CallState& call, Code code, std::string message);
  void refuse_http(CallState& call, std::string_view http_status);
  void answer(CallState& call, const Status& status);
  void submit_head(CallState& call);
  void resume(CallState& call);

  // session.cc: the connection's life
  void forget(CallState& call);
  void expire(CallState& call);
  void expire_at(CallState& call, base::Mono at);
  void wake_at(base::Mono at);
  Abuse& abuse();
  void calm();
  void say_goodbye();

  net::Stream& stream_;
  SessionShared& shared_;
  nghttp2_session* http2_ = nullptr;
  std::vector<CallState*> calls_;  // owned
  std::size_t buffered_bytes_ = 0;
  base::Mono armed_ = base::Mono::max();
  base::Mono goodbye_at_ = base::Mono::max();
  base::Mono next_second_ = base::Mono::max();  // of streams' handlers
  bool draining_ = false;
  bool goodbye_said_ = false;
  bool broken_ = false;  // nghttp2 takes no more
  bool ended_ = false;   // nor is it asked for more: its streams point to calls that are no more
  Abuse abuse_;
};

}  // namespace ashlar::grpc
