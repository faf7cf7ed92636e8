// WebSocket: the server's end of one WebSocket (RFC 6455), after its handshake.
//
//   HTTP request ──route's WebSocketHandler──> PendingWebSocket ──accept(loop, reader)──> kOpen
//                                                      └──its error──> an HTTP answer
//   kOpen ──close(), the peer's close frame, a protocol error──> kClosing ──closed, 5 s──> kClosed
//   kOpen ──end of stream, a reader too slow (kMaxQueueBytes), silence──> kClosed
//
// It lives on one loop, which need not be the HTTP server's: accept() moves the connection to the
// loop that is given (a document's), so that whoever works on that loop sends without a lock.
//
// Invariants
//  1. Everything but accept() is the loop's thread. WebSocketReader is called there, never after
//     on_close(), which comes exactly once, last.
//  2. Messages arrive whole and in order: fragments are joined, up to max_message_bytes; a text
//     message is UTF-8. Masks, reserved bits and opcodes, lengths, control frames are checked; an
//     error closes with 1002, 1007, 1009 as the RFC says.
//  3. One send() is one frame; frames are written together where they wait together.
//  4. queued_bytes() of what the peer has not read: whoever sends looks before it; beyond
//     max_queue_bytes the socket is cut (1013), so memory is bounded whoever looks or not.
//  5. A ping goes out each `ping_interval`; a peer that is silent for two of them is cut.
// No extension is negotiated. Of the subprotocols offered the first that the handler knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::http {

struct Call;
class WebSocket;

enum class MessageKind : std::uint8_t { kText, kBinary };

class WebSocketReader {
 public:
  virtual ~WebSocketReader() = default;
  virtual void on_open(const std::shared_ptr<WebSocket>& socket) = 0;
  // `data` is valid during the call.
  virtual void on_message(MessageKind kind, std::string_view data) = 0;
  // What waited has been written. Only after queued_bytes() was above zero.
  virtual void on_drained() {}
  virtual void on_close(std::uint16_t code) = 0;
};

struct WebSocketOptions {
  std::size_t max_message_bytes = 1 << 20;
  std::size_t max_queue_bytes = 8 << 20;
  base::Millis ping_interval{30'000};
  std::string protocol;  // of those offered; "": none
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  virtual void send(MessageKind kind, std::string_view data) = 0;
  // A frame that is already made (frame_of), shared by many receivers.
  virtual void send_frame(const std::shared_ptr<const std::string>& frame) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  [[nodiscard]] virtual runtime::EventLoop& loop() const = 0;
};

// The bytes of one unmasked frame.
std::shared_ptr<const std::string> frame_of(MessageKind kind, std::string_view data);

// The handshake's answer, not given yet. Dropped without accept(): 500.
class PendingWebSocket {
 public:
  virtual ~PendingWebSocket() = default;
  // Any thread, once. 101 goes out, the connection moves to `loop`, reader->on_open() is called
  // there. The reader is kept until on_close().
  virtual void accept(runtime::EventLoop& loop, std::shared_ptr<WebSocketReader> reader,
                      WebSocketOptions options) = 0;
};

}  // namespace ashlar::http
