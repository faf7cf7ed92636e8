// WebSocket: the server's end of one WebSocket (RFC 6455), after its handshake.
//
//   HTTP request ──route's WebSocketHandler──> PendingWebSocket ──accept(loop, reader)──> kOpen
//                                                      └──refuse()──> an HTTP answer
//   kOpen ──close(), the peer's close frame, a fault, a slow reader──> kClosing ──> kClosed
//   kOpen ──end of stream, silence──> kClosed              (web_socket_connection.h has it whole)
//
// It lives on one loop, which need not be the HTTP server's: accept() moves the connection to the
// loop that is given (a document's), so that whoever works on that loop sends without a lock.
//
// Invariants
//  1. Everything but PendingWebSocket is the loop's thread. WebSocketReader is called there, never
//     after on_close(), which comes exactly once, last: when nothing more will be read or taken,
//     though the close handshake may still be under way. It never comes within a call of this
//     class, so whoever goes through a list of sockets may send to each.
//  2. Messages arrive whole and in order: fragments are joined, up to max_message_bytes; a text
//     message is UTF-8. Masks, reserved bits and opcodes, lengths, control frames are checked; an
//     error closes with 1002, 1007, 1009 as the RFC says.
//  3. One send() is one frame; what is sent in one round of the loop is written together, and by
//     one call where it is one buffer (send_frames) or few. send_frames_now() is written within the
//     call where nothing waits before it.
//  4. queued_bytes() is what the peer has not taken: whoever sends may look before it. A frame that
//     would bring it above max_queue_bytes throws away what waits, itself too, and closes with
//     1013, so memory is bounded whoever looks or not. An empty queue takes a frame of any size.
//  5. A ping goes out each `ping_interval`; a peer that is silent for two of them is cut.
//  6. Who sends more than max_messages_per_s or max_bytes_per_s is not read for a while
//     (read_pace.h); nothing is lost, and he is not cut.
//  7. The server's stop() closes every socket with 1001 (server.h); the loops must run until then.
// No extension is negotiated. Of the subprotocols offered the first that the handler knows
// (offers_protocol(), web_socket_handshake.h).
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
  // The socket had not taken all at once; now it has.
  virtual void on_drained() {}
  // The peer's code, else the one that this side closed with; 1006: there was no close.
  virtual void on_close(std::uint16_t code) = 0;
};

struct WebSocketOptions {
  std::size_t max_message_bytes = 1 << 20;
  std::size_t max_queue_bytes = 8 << 20;
  base::Millis ping_interval{30'000};
  std::string protocol{};                // of those offered; "": none
  std::uint64_t max_messages_per_s = 0;  // 0: any
  std::uint64_t max_bytes_per_s = 0;
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  virtual void send(MessageKind kind, std::string_view data) = 0;
  // So many frames that are already made (frame_of), one behind the other, shared by many
  // receivers.
  virtual void send_frames(const std::shared_ptr<const std::string>& frames, std::size_t count) = 0;
  void send_frame(const std::shared_ptr<const std::string>& frame) { send_frames(frame, 1); }
  // The same for who sends to many, and to each of them nothing else in this round: going through
  // all of them once is enough.
  virtual void send_frames_now(const std::shared_ptr<const std::string>& frames,
                               std::size_t count) = 0;
  // Idempotent. What waits is sent before it.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // While true nothing is read or given to the reader, so the peer has to wait: for who has more
  // to do than room for it.
  virtual void hold(bool held) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  [[nodiscard]] virtual runtime::EventLoop& loop() const = 0;
};

// The bytes of one unmasked frame.
std::shared_ptr<const std::string> frame_of(MessageKind kind, std::string_view data);

// The handshake's answer, not given yet. Any thread; the first call counts. Dropped without one:
// 500. Once a call was made, or the object was handed to another thread, nothing of the Call may be
// used.
class PendingWebSocket {
 public:
  virtual ~PendingWebSocket() = default;
  // 101 goes out, the connection moves to `loop`, reader->on_open() is called there. The reader is
  // kept until on_close(). A client that has left before is no WebSocket: the reader is dropped,
  // on any thread, without a call.
  virtual void accept(runtime::EventLoop& loop, std::shared_ptr<WebSocketReader> reader,
                      WebSocketOptions options) = 0;
  // An ordinary HTTP answer.
  virtual void refuse(base::Error error) = 0;
};

}  // namespace ashlar::http
