// client_frame: one frame as a client sends it, masked: for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::http {

// `first`: the frame's first byte, FIN and reserved bits and opcode.
inline std::string client_frame(std::uint8_t first, std::string_view payload) {
  constexpr std::string_view kMask = "\x5a\x01\xfe\x99";
  std::string out(1, static_cast<char>(first));
  const auto number = [&](int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
      out += static_cast<char>(payload.size() >> shift & 0xff);
    }
  };
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(0xfe);
    number(2);
  } else {
    out += static_cast<char>(0xff);
    number(8);
  }
  out += kMask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return out;
}

}  // namespace ashlar::http
