#include "platform/events/event_id.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/entropy.h"

namespace ashlar::events {

std::string make_event_id(base::Time now, base::Entropy& entropy) {
  std::array<std::byte, 16> bytes{};
  entropy.fill(std::span(bytes).subspan(6));
  const auto milliseconds =
      static_cast<std::uint64_t>(std::chrono::floor<base::Millis>(now).time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<std::byte>(milliseconds >> (40 - 8 * i));
  }
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x70};  // version 7
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};  // the variant of RFC 9562
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[static_cast<std::size_t>(bytes[i] >> 4)];
    text += kHex[static_cast<std::size_t>(bytes[i] & std::byte{0x0f})];
  }
  return text;
}

}  // namespace ashlar::events
