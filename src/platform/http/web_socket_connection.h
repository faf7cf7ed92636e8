// WebSocketConnection: one WebSocket, on the loop that its handler chose.
//
//   kOpen    ──close(), a protocol fault, enqueue: too slow──> kClosing   our close frame waits
//   kOpen    ──take_close: the peer's close frame────────────> kClosing   its answer waits
//   kClosing ──settle: both close frames are through─────────> kClosed
//   kClosing ──after a fault: the end of the peer's stream───> kClosed    (settle: half closed)
//   kClosing ──on_sweep: kCloseTimeout───────────────────────> kClosed
//   any      ──end of stream, an error, silence, cut()───────> broken_ ──settle──> kClosed
//
// Everything that ends it leaves notes (state_, broken_) and asks for settle(), which the loop
// calls outside of any call of the reader: only there is on_close() called and the socket closed.
// So send() and close() change nothing under the feet of who calls them.
//
// Output: frames wait in queue_ and are written by settle(), as many as the socket takes, in one
// call; but for send_frames_now(), which keeps only what the socket does not take. On TLS they go
// through tls_output_, because a write that OpenSSL has begun must go on with the same bytes.
//
// Invariants
//  1. Everything but the constructor is the loop's thread.
//  2. queued_ is the bytes of queue_ that are not written, and of tls_output_.
//  3. input_ready_ is set from an edge until a read found the socket empty (event_loop.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/http/read_pace.h"
#include "platform/http/response_head.h"
#include "platform/http/tls.h"
#include "platform/http/web_socket.h"
#include "platform/http/web_socket_frames.h"
#include "platform/http/web_sockets.h"

namespace ashlar::http {

// What the handler accepted, on its way to the connection that will be given away.
struct WebSocketUpgrade {
  runtime::EventLoop& loop;
  std::shared_ptr<WebSocketReader> reader;
  WebSocketOptions options;
  std::string accept_key;
  HeaderList headers;  // of the 101, besides its own
};

class WebSocketConnection final : public runtime::Watcher,
                                  public WebSocket,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  // What an HTTP connection leaves behind.
  struct Taken {
    int fd;
    std::unique_ptr<TlsStream> tls;  // null: plain
    std::string input;               // read already, behind the request
    std::string output;              // not written yet; the 101 at its end
  };
  WebSocketConnection(Taken taken, std::shared_ptr<WebSocketReader> reader,
                      WebSocketOptions options);
  ~WebSocketConnection() override;
  WebSocketConnection(const WebSocketConnection&) = delete;
  WebSocketConnection& operator=(const WebSocketConnection&) = delete;

  // For WebSocketLoop.
  void keep(std::shared_ptr<void> place) { place_ = std::move(place); }
  void begin(std::shared_ptr<WebSocketLoop> owner);
  void settle();
  void on_sweep(base::Mono now);
  void cut();  // without a word
  std::size_t index_in_loop = 0;
  bool settle_asked = false;

  void on_ready(Ready ready) override;

  // WebSocket
  void send(MessageKind kind, std::string_view data) override;
  void send_frames(const std::shared_ptr<const std::string>& frames, std::size_t count) override;
  void send_frames_now(const std::shared_ptr<const std::string>& frames,
                       std::size_t count) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void hold(bool held) override;
  [[nodiscard]] bool is_open() const override { return state_ == State::kOpen && !broken_; }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_; }
  [[nodiscard]] runtime::EventLoop& loop() const override;

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kClosed };
  struct Frames {
    std::shared_ptr<const std::string> bytes;
    std::size_t count = 1;
  };

  [[nodiscard]] bool is_paused() const { return held_ || slowed_; }
  void slow(std::size_t bytes);
  void read();
  IoResult read_some();
  void feed(std::span<char> bytes);
  void take_event(const FrameDecoder::Event& event);
  void take_close(std::uint16_t code);
  void begin_close(std::uint16_t code, std::string_view reason);
  void fail(std::uint16_t code, std::string_view what);
  void break_off();
  void enqueue(Frames frames);
  void enqueue_control(Opcode opcode, std::string_view payload);
  void push(Frames frames);
  void drop_queue();
  void finish_writing();
  void write();
  bool wrote(const IoResult& put);
  IoResult write_plain();
  IoResult after_write(std::ptrdiff_t put);
  IoResult write_tls();
  std::size_t pop(std::size_t bytes);
  void ask_to_settle();
  void destroy();

  std::shared_ptr<WebSocketLoop> owner_;  // null before begin() and after destroy()
  int fd_;                                // -1: closed
  std::unique_ptr<TlsStream> tls_;
  std::shared_ptr<WebSocketReader> reader_;  // null once on_close() was called
  const WebSocketOptions options_;
  FrameDecoder decoder_;

  State state_ = State::kOpen;
  bool broken_ = false;
  bool failed_ = false;  // the decoder reads nothing more
  bool half_closed_ = false;
  bool peer_closed_ = false;  // its close frame has come
  bool hangup_ = false;       // the end of the stream is near: its edge has come
  bool input_ready_ = false;
  bool blocked_ = false;  // the socket is full until its next edge
  bool waited_ = false;   // on_drained() is owed
  bool held_ = false;
  bool slowed_ = false;  // pace_ was exceeded; a timer ends it
  bool pong_waits_ = false;
  std::uint16_t close_code_ = kClosedAbnormally;  // for on_close()

  base::Mono last_input_{};
  base::Mono next_ping_{};
  base::Mono close_until_ = base::Mono::max();
  ReadPace pace_;
  std::string kept_;           // read, and not given: is_paused()
  std::vector<Frames> queue_;  // from front_ on
  std::size_t front_ = 0;
  std::size_t front_written_ = 0;  // of queue_[front_]
  std::string tls_output_;
  std::size_t queued_ = 0;
  std::string pong_;
  std::string early_input_;      // until begin()
  std::shared_ptr<void> place_;  // among the server's connections
};

}  // namespace ashlar::http
