// Which slot of a Redis Cluster a key is in: CRC-16/XMODEM of the key, or of what is within its
// first {…} where that is not empty, modulo 16384. Keys of one script must be of one slot.
#pragma once

#include <cstdint>
#include <string_view>

namespace ashlar::redis {

inline constexpr std::uint16_t kSlots = 16'384;

std::uint16_t key_slot(std::string_view key);

}  // namespace ashlar::redis
