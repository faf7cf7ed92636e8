// What a load generator says and hears on the two wires of collaborative documents: messages of
// y-websocket, and Hocuspocus', which stand behind the document's name; and the one kind of edit
// that it makes: a writer appends one letter to what it has written, in the root text "content".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yjs {

inline void put(std::string& to, std::uint64_t number) {
  while (number >= 0x80) {
    to += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  to += static_cast<char>(number);
}

inline std::string bytes_of(std::string_view text) {  // varString, varUint8Array
  std::string out;
  put(out, text.size());
  out += text;
  return out;
}

// Reads what a server sent, which is taken to be well-formed: at its end every read gives 0 or "".
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  std::uint64_t number() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; !in_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(in_[0]);
      in_.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return out;
  }
  unsigned byte() {
    if (in_.empty()) return 0;
    const auto out = static_cast<unsigned char>(in_[0]);
    in_.remove_prefix(1);
    return out;
  }
  std::string_view bytes() {
    const auto length = number();
    const std::string_view out = in_.substr(0, length);
    in_.remove_prefix(out.size());
    return out;
  }
  [[nodiscard]] bool at_end() const { return in_.empty(); }

 private:
  std::string_view in_;
};

// The letter at `clock` of `client`.
inline std::string letter(std::uint64_t client, std::uint64_t clock, char what) {
  std::string out("\x01\x01", 2);  // one client, one struct
  put(out, client);
  put(out, clock);
  if (clock == 0) {
    out += '\x04';  // a string; no neighbours: the parent is the root
    put(out, 1);
    out += bytes_of("content");
  } else {
    out += '\x84';  // a string right of
    put(out, client);
    put(out, clock - 1);
  }
  put(out, 1);
  out += what;
  out += '\0';  // nothing deleted
  return out;
}

// Letters that a client wrote while it was away, all it ever wrote.
inline std::string letters(std::uint64_t client, std::size_t count) {
  std::string out("\x01\x01", 2);
  put(out, client);
  out += std::string("\x00\x04\x01", 3);  // from clock 0: a string, the parent is the root
  out += bytes_of("content");
  out += bytes_of(std::string(count, 'z'));
  out += '\0';
  return out;
}

// Calls with (client, first clock, letters) for each run of letters in an update of such edits.
template <class F>
void each_run(std::string_view update, const F& on_run) {
  Reader in(update);
  for (auto clients = in.number(); clients > 0; --clients) {
    auto structs = in.number();
    const auto client = in.number();
    auto clock = in.number();
    for (; structs > 0; --structs) {
      const unsigned info = in.byte();
      std::uint64_t length = 0;
      if ((info & 0x1f) == 4) {
        if ((info & 0x80) != 0) in.number(), in.number();
        if ((info & 0x40) != 0) in.number(), in.number();
        if ((info & 0xc0) == 0) {
          if (in.number() == 1) {
            in.bytes();
          } else {
            in.number(), in.number();
          }
        }
        length = in.bytes().size();
        on_run(client, clock, length);
      } else {
        length = in.number();  // collected, deleted or skipped
      }
      clock += length;
    }
  }
}

enum class Wire : std::uint8_t { kYWebsocket, kHocuspocus };

class Messages {
 public:
  Messages(Wire wire, const std::string& document)
      : wire_(wire), prefix_(wire == Wire::kHocuspocus ? bytes_of(document) : "") {}

  [[nodiscard]] std::string auth(std::string_view token) const {  // of Hocuspocus alone
    return prefix_ + std::string("\x02\x00", 2) + bytes_of(token);
  }
  [[nodiscard]] std::string step1() const {  // I have nothing
    return prefix_ + std::string("\x00\x00\x01\x00", 4);
  }
  [[nodiscard]] std::string step2(std::string_view update) const {
    return prefix_ + std::string("\x00\x01", 2) + bytes_of(update);
  }
  [[nodiscard]] std::string update(std::string_view update) const {
    return prefix_ + std::string("\x00\x02", 2) + bytes_of(update);
  }

  struct Heard {
    enum class Kind : std::uint8_t { kStep1, kStep2, kUpdate, kStatus, kOther } kind = Kind::kOther;
    std::string_view bytes;
    bool stored = false;  // kStatus
  };
  [[nodiscard]] Heard read(std::string_view message) const {
    Reader in(message);
    if (wire_ == Wire::kHocuspocus) in.bytes();
    const auto type = in.number();
    if (type == 8 && wire_ == Wire::kHocuspocus)
      return {Heard::Kind::kStatus, {}, in.number() == 1};
    if (type != 0 && type != 4) return {};
    const auto kind = in.number();
    if (kind > 2) return {};
    return {static_cast<Heard::Kind>(kind), in.bytes()};
  }

 private:
  const Wire wire_;
  const std::string prefix_;
};

}  // namespace yjs
