// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed 64-bit hash. Without the key its results
// cannot be told from chance, so it makes short tags that outsiders cannot forge and hash tables
// that they cannot flood. 64 bits are too few against offline search: not for passwords or
// signatures. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ashlar::kit {

// The 16 bytes of a key as two little-endian words.
using SipKey = std::array<std::uint64_t, 2>;

// The same on every little-endian machine, for ever; it is built for no other.
std::uint64_t siphash(const SipKey& key, std::string_view bytes);

}  // namespace ashlar::kit
