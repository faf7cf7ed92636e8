#include "platform/http/web_socket_frames.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/text.h"

namespace ashlar::http {
namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kNotUtf8 = 1007;
constexpr std::uint16_t kTooBig = 1009;

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift & 0xff);
  }
}

std::uint64_t number_at(const char* from, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) number = number << 8 | static_cast<std::uint8_t>(from[i]);
  return number;
}

// Eight bytes at a time; `at` is where in the mask the first byte stands.
void unmask(std::span<char> bytes, const std::array<char, 4>& mask, std::size_t at) {
  std::array<char, 8> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = mask[(at + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, key.data(), sizeof wide);
  std::size_t i = 0;
  for (; i + sizeof wide <= bytes.size(); i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    word ^= wide;
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  for (; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ key[i % 8]);
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  out += static_cast<char>(kFinal | static_cast<std::uint8_t>(opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(126);
    append_number(out, payload.size(), 2);
  } else {
    out += static_cast<char>(127);
    append_number(out, payload.size(), 8);
  }
  out += payload;
}

void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code != kNoCloseCode) {
    append_number(payload, code, 2);
    constexpr std::size_t kLongest = 123;
    std::size_t size = std::min(reason.size(), kLongest);
    if (size < reason.size()) {
      while (size > 0 && (static_cast<std::uint8_t>(reason[size]) & 0xc0) == 0x80) --size;
    }
    payload += reason.substr(0, size);
  }
  append_frame(out, Opcode::kClose, payload);
}

bool is_close_code(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

std::shared_ptr<const std::string> frame_of(MessageKind kind, std::string_view data) {
  constexpr std::size_t kHeadBytes = 10;
  std::string frame;
  frame.reserve(data.size() + kHeadBytes);
  append_frame(frame, kind == MessageKind::kText ? Opcode::kText : Opcode::kBinary, data);
  return std::make_shared<const std::string>(std::move(frame));
}

FrameDecoder::Event FrameDecoder::next(std::span<char>& input) {
  if (delivered_) {
    delivered_ = false;
    message_.clear();
    if (message_.capacity() > kKeptBytes) message_.shrink_to_fit();
  }
  while (!ended_) {
    Event event;
    if (!in_payload_ && !take_head(input, event)) return event;
    if (is_control()) {
      const std::span<char> piece = take_payload(input);
      std::copy(piece.begin(), piece.end(), control_.begin() + control_bytes_);
      control_bytes_ += piece.size();
      if (left_ > 0) return {};
      in_payload_ = false;
      return finish_control();
    }
    // The common message: one frame that is here as a whole is read where it stands.
    const bool in_place = final_ && message_.empty() && input.size() >= left_;
    const std::span<char> piece = take_payload(input);
    if (!in_place) message_.append(piece.data(), piece.size());
    if (left_ > 0) return {};
    in_payload_ = false;
    if (!final_) continue;
    fragmented_ = false;
    delivered_ = !in_place;
    return finish_message(in_place ? std::string_view(piece.data(), piece.size()) : message_);
  }
  input = input.last(0);
  return {};
}

// False: `event` says why there is no payload to read yet.
bool FrameDecoder::take_head(std::span<char>& input, Event& event) {
  for (;;) {
    std::size_t wanted = 2;
    if (head_bytes_ >= 2) {
      const int length = head_[1] & 0x7f;
      wanted = length == 127 ? 14 : length == 126 ? 8 : 6;
    }
    while (head_bytes_ < wanted && !input.empty()) {
      head_[head_bytes_++] = input.front();
      input = input.subspan(1);
      if (head_bytes_ <= 2 && !check_start(event)) return false;
    }
    if (head_bytes_ < wanted) return false;
    if (wanted > 2) break;
  }
  if (!read_length(event)) return false;
  head_bytes_ = 0;
  in_payload_ = true;
  control_bytes_ = 0;
  mask_at_ = 0;
  return true;
}

// The first byte, then the second, as soon as each is there.
bool FrameDecoder::check_start(Event& event) {
  const auto refuse = [&](std::string_view what) {
    event = fail(kProtocolError, what);
    return false;
  };
  const auto first = static_cast<std::uint8_t>(head_[0]);
  if (head_bytes_ == 1) {
    final_ = (first & kFinal) != 0;
    opcode_ = static_cast<Opcode>(first & 0x0f);
    if ((first & kReserved) != 0) return refuse("A reserved bit is set.");
    switch (opcode_) {
      case Opcode::kContinuation:
        if (!fragmented_) return refuse("A continuation without a beginning.");
        break;
      case Opcode::kText:
      case Opcode::kBinary:
        if (fragmented_) return refuse("A new message before the end of another.");
        break;
      case Opcode::kClose:
      case Opcode::kPing:
      case Opcode::kPong:
        if (!final_) return refuse("A control frame in pieces.");
        break;
      default:
        return refuse("An unknown opcode.");
    }
    return true;
  }
  const auto second = static_cast<std::uint8_t>(head_[1]);
  if ((second & kMasked) == 0) return refuse("A client's frame without a mask.");
  if (is_control() && (second & 0x7f) > kMaxControlBytes) return refuse("A long control frame.");
  return true;
}

bool FrameDecoder::read_length(Event& event) {
  const int length = head_[1] & 0x7f;
  const std::size_t more = length == 127 ? 8 : length == 126 ? 2 : 0;
  left_ = more == 0 ? static_cast<std::uint64_t>(length) : number_at(head_.data() + 2, more);
  const bool shortest = length < 126 || (length == 126 && left_ > 125) ||
                        (length == 127 && left_ > 0xffff && left_ >> 63 == 0);
  if (!shortest) {
    event = fail(kProtocolError, "A length that is not written as RFC 6455 has it.");
    return false;
  }
  std::copy_n(head_.data() + 2 + more, mask_.size(), mask_.begin());
  if (is_control()) return true;
  if (left_ > max_message_bytes_ - message_.size()) {
    event = fail(kTooBig, "The message is larger than this server takes.");
    return false;
  }
  if (opcode_ != Opcode::kContinuation) {
    kind_ = opcode_ == Opcode::kText ? MessageKind::kText : MessageKind::kBinary;
    fragmented_ = true;
  }
  return true;
}

std::span<char> FrameDecoder::take_payload(std::span<char>& input) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  const std::span<char> piece = input.first(size);
  unmask(piece, mask_, mask_at_);
  mask_at_ = (mask_at_ + size) % 4;
  left_ -= size;
  input = input.subspan(size);
  return piece;
}

FrameDecoder::Event FrameDecoder::finish_message(std::string_view data) {
  if (kind_ == MessageKind::kText && !base::is_utf8(data)) {
    return fail(kNotUtf8, "A text message is not UTF-8.");
  }
  return {.kind = EventKind::kMessage, .message = kind_, .code = 0, .data = data};
}

FrameDecoder::Event FrameDecoder::finish_control() {
  const std::string_view data(control_.data(), control_bytes_);
  Event event{.kind = EventKind::kPing, .data = data};
  if (opcode_ == Opcode::kPing) return event;
  event.kind = EventKind::kPong;
  if (opcode_ == Opcode::kPong) return event;
  event.kind = EventKind::kClose;
  event.code = kNoCloseCode;
  if (!data.empty()) {
    if (data.size() == 1) return fail(kProtocolError, "A close frame with half a code.");
    event.code = static_cast<std::uint16_t>(number_at(data.data(), 2));
    event.data = data.substr(2);
    if (!is_close_code(event.code)) return fail(kProtocolError, "No code to close with.");
    if (!base::is_utf8(event.data)) return fail(kNotUtf8, "A close reason is not UTF-8.");
  }
  ended_ = true;
  return event;
}

FrameDecoder::Event FrameDecoder::fail(std::uint16_t code, std::string_view what) {
  ended_ = true;
  message_ = {};
  return {.kind = EventKind::kError, .code = code, .data = what};
}

}  // namespace ashlar::http
