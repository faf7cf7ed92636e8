// web_socket_frames: WebSocket's framing (RFC 6455, 5), a server's side: frames out, messages in.
//
// FrameDecoder takes a client's bytes as they come and gives whole messages and control frames:
//
//   head ──take_head──> payload ──take_payload──> whole frame ──finish──> event | head
//                └──────────── any fault ────────────> kError, for good
//
// Invariants, checked by web_socket_frames_fuzz.cc:
//   1. The events depend on the bytes, not on how they arrived.
//   2. It keeps max_message_bytes + 139 bytes at most, and memory grows with what has arrived, not
//      with what a head has announced.
//   3. A fault is seen as soon as the byte that makes it is there (UTF-8: at the end of a message).
//   4. After kClose or kError nothing more is read: every byte is taken and thrown away.
// What is refused: reserved bits (no extension is negotiated), unknown opcodes, frames without a
// mask, control frames that are long or in pieces, pieces out of order, lengths that are not
// written as short as they can be: 1002. Text or a close reason that is not UTF-8: 1007. A message
// beyond the bound, as soon as a head announces it: 1009.
//
// Pure; one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "platform/http/web_socket.h"

namespace ashlar::http {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

inline constexpr std::uint16_t kNoCloseCode = 1005;       // a close frame without one; never sent
inline constexpr std::uint16_t kClosedAbnormally = 1006;  // no close frame came; never sent

// One whole frame without a mask.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
// `reason` is cut to what a control frame holds, between characters. kNoCloseCode: no payload.
void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason);

// What a close frame may carry.
bool is_close_code(std::uint16_t code);

class FrameDecoder {
 public:
  enum class EventKind : std::uint8_t { kNeedMore, kMessage, kPing, kPong, kClose, kError };
  struct Event {
    EventKind kind = EventKind::kNeedMore;
    MessageKind message = MessageKind::kBinary;
    std::uint16_t code = 0;  // kClose: as sent, or kNoCloseCode; kError: to close with
    // The message, a ping's or pong's payload, a close's reason, what is wrong. Valid until the
    // next call, and as long as `input`'s bytes.
    std::string_view data{};
  };

  explicit FrameDecoder(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  // Takes bytes off the front of `input`, unmasking them where they stand, up to the end of the
  // next message or control frame. kNeedMore: all of it was taken.
  Event next(std::span<char>& input);

 private:
  static constexpr std::size_t kMaxHeadBytes = 14;
  static constexpr std::size_t kMaxControlBytes = 125;
  static constexpr std::size_t kKeptBytes = 16 * 1024;

  bool take_head(std::span<char>& input, Event& event);
  bool check_start(Event& event);
  bool read_length(Event& event);
  std::span<char> take_payload(std::span<char>& input);
  Event finish_message(std::string_view data);
  Event finish_control();
  Event fail(std::uint16_t code, std::string_view what);
  [[nodiscard]] bool is_control() const { return static_cast<std::uint8_t>(opcode_) >= 8; }

  const std::size_t max_message_bytes_;
  std::array<char, kMaxHeadBytes> head_{};
  std::size_t head_bytes_ = 0;  // of head_, come so far
  bool in_payload_ = false;
  bool final_ = false;
  bool ended_ = false;       // invariant 4
  bool fragmented_ = false;  // a message has begun whose last piece has not come
  bool delivered_ = false;   // message_ holds what was given out
  Opcode opcode_ = Opcode::kContinuation;
  MessageKind kind_ = MessageKind::kBinary;
  std::array<char, 4> mask_{};
  std::size_t mask_at_ = 0;
  std::uint64_t left_ = 0;  // of the frame's payload
  std::string message_;
  std::array<char, kMaxControlBytes> control_{};
  std::size_t control_bytes_ = 0;
};

}  // namespace ashlar::http
