// Connection: one client's HTTP/1.1 session on one I/O thread.
//
//   kProxyHeader ──take_proxy_header──> kHead        (only where the listener expects the header)
//
//   kHead ──start_request: an inline route, or nothing there──> kHead        (answered at once)
//   kHead ──start_body: a worker is wanted────────────────────> kBody
//   kHead ──start_body: whole, and the pool is full───────────> kHead        (503)
//   kBody ──dispatch: the body is whole───────────────────────> kWorking
//   kBody ──dispatch: refused, the pool is full───────────────> kHead        (503)
//   kWorking ──complete, finish_request───────────────────────> kHead
//   kWorking ──start_stream───────────────────────────────────> kStreaming
//   kWorking ──upgrade: fd, TLS, what is unread go to a WebSocketConnection──> kClosed
//   kHead ──finish: refused with input unread─────────────────> kLingering   (read and thrown away)
//   any ──close: end of stream, time-out, error, last answer──> kClosed
//
// Invariants
//  1. One request is worked on at a time; pipelined ones wait in `input_`. Answers leave in order.
//  2. While kWorking, `input_` is neither moved nor freed: the Exchange has views into it.
//  3. All members are touched by the loop's thread only, but for client_gone_. Other threads reach
//     it through AnswerSink and the event stream, which post to the loop.
//  4. Input is bounded by head + body limits, output by max_pending_output_bytes: beyond it nothing
//     more is read.
//  5. A connection that was refused is read again when its turn comes (`unread_`, refusal_pace.h),
//     in whatever state it is by then; what had been read already is answered before.
//  6. Every state but kWorking has a deadline (`expire_` set by arm()); kWorking ends by its task.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/chunked_decoder.h"
#include "platform/http/exchange.h"
#include "platform/http/io_thread.h"
#include "platform/http/server_options.h"
#include "platform/http/tls.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::http {

class Connection final : public runtime::Watcher,
                         public AnswerSink,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoThread& io, int fd, std::string peer_address, std::unique_ptr<TlsStream> tls,
             bool expect_proxy_header);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Loop's thread.
  void start();
  void on_ready(Ready ready) override;
  void on_tick(base::Mono now);  // closes what is over its deadline, sends heartbeats
  void drain();                  // closes now if idle, else after the answer under way
  void close();
  void take_turn();  // after a refusal: IoThread::take_turn_at()

  // Any thread.
  void complete(Response response) override;
  std::shared_ptr<EventStream> start_stream(HeaderList headers) override;
  void upgrade(WebSocketUpgrade upgrade) override;
  [[nodiscard]] bool client_gone() const override { return client_gone_.load(); }

  std::size_t index_in_thread = 0;  // IoThread's own note

 private:
  friend class ConnectionStream;
  // An idle connection gives back a buffer that a large request has grown.
  static constexpr std::size_t kKeptInputBytes = 4096;

  enum class Phase : std::uint8_t {
    kProxyHeader,
    kHead,
    kBody,
    kWorking,
    kStreaming,
    kLingering,
    kClosed
  };
  enum class Step : std::uint8_t { kAgain, kNeedMore, kStop };

  // connection.cc: bytes in and out
  void read_ready();
  bool take_proxy_header();
  IoResult read_some(char* to, std::size_t size);
  IoResult write_some(const char* from, std::size_t size);
  std::string& out();
  void flush();
  void finish();
  void discard();
  void resume();
  void arm(base::Millis timeout);
  void wait_for_turn();
  void leave();
  void give_away(WebSocketUpgrade& upgrade);

  // connection_requests.cc: requests out of bytes, answers into them
  void consume(std::string_view data, bool in_input);
  bool consume_until_full(std::string_view& data, bool& in_input);
  Step consume_one(std::string_view& data, bool& in_input);
  Step start_request(std::string_view& data, bool& in_input);
  Step start_body(std::string_view& data, bool& in_input);
  Step continue_body(std::string_view& data);
  Step run_inline(std::string_view& data, bool& in_input);
  Step after_request(std::string_view& data, bool in_input, std::size_t bytes);
  Step dispatch(std::string_view body);
  void answer_readable(std::string_view origin, Response response);
  void answer_overloaded(std::string_view origin);
  Step refuse_overloaded(std::string_view origin);
  Step refuse_call(std::string_view origin, Response response);
  Step refuse_unrouted(std::string_view& data);
  // `face`: of the route; null: the listener's.
  Step refuse(int status, std::string_view reason, std::string_view detail,
              const ErrorFace* face = nullptr);
  [[nodiscard]] const ErrorFace& face_of_route() const;  // REQUIRES: one was matched
  void keep(std::string_view& data, bool& in_input);
  void note_client(const RequestHead& head);
  void answer(const Response& response);
  base::Status append_head(std::string& target, const Response& response) const;
  void count(const Endpoint& endpoint, int status) const;
  void finish_request();

  IoThread& io_;
  int fd_;                          // -1: closed, or given away
  std::string peer_address_;        // replaced by the PROXY header's
  std::unique_ptr<TlsStream> tls_;  // null: plain

  Phase phase_ = Phase::kHead;
  bool input_ready_ = false;              // an edge came while nothing could be read
  bool hangup_ = false;                   // the end of the stream is near: its edge has come
  std::atomic<bool> client_gone_{false};  // the same, and closing, for other threads
  bool close_after_output_ = false;
  bool draining_ = false;
  bool linger_ = false;     // the client may be sending what will not be read
  bool head_only_ = false;  // the request under way is HEAD
  bool secure_ = false;
  bool http_1_0_ = false;
  bool wrote_since_tick_ = false;
  bool unread_ = false;         // until its turn
  std::uint32_t refusals_ = 0;  // answered 503 since it was last read

  base::Mono expire_{};
  base::Mono request_started_{};
  std::string input_;  // unread remainder, or the request under way
  std::size_t linger_left_ = 0;
  std::size_t parsed_bytes_ = 0;   // of input_, known to be an incomplete head
  std::size_t head_bytes_ = 0;     // kBody, kWorking: of the request at the front of input_
  std::size_t request_bytes_ = 0;  // the same, with its body; 0 while a chunked body goes on
  std::size_t body_fed_ = 0;       // chunked: up to where the decoder has read input_
  std::optional<ChunkedDecoder> chunked_;
  std::string body_;  // chunked: decoded
  Router::Match match_;
  std::string output_;  // what the socket did not take
  std::string request_id_;
  std::string client_address_;
  std::weak_ptr<class ConnectionStream> stream_;
};

}  // namespace ashlar::http
