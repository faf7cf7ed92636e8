// KeyHash: the seeded hash of a link's key and the comparison of two, for keys of a few bytes: no
// call, no copy. The seed keeps anybody from choosing keys that collide (multiply and fold of
// wyhash, eight bytes at a time). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ashlar::links {

class KeyHash {
 public:
  explicit KeyHash(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t operator()(std::string_view key) const {
    const char* at = key.data();
    std::size_t left = key.size();
    std::uint64_t hash = seed_ ^ left;
    for (; left > sizeof hash; left -= sizeof hash, at += sizeof hash) {
      hash = mix(hash ^ load<std::uint64_t>(at), 0xe7037ed1a0b428db);
    }
    hash = mix(hash ^ tail(at, left), 0x8ebc6af09c88c6e3 ^ seed_);
    return mix(hash, 0x589965cc75374cc3);
  }

  static bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const char* one = a.data();
    const char* other = b.data();
    std::size_t left = a.size();
    for (; left > sizeof(std::uint64_t); left -= sizeof(std::uint64_t),
                                         one += sizeof(std::uint64_t),
                                         other += sizeof(std::uint64_t)) {
      if (load<std::uint64_t>(one) != load<std::uint64_t>(other)) return false;
    }
    return tail(one, left) == tail(other, left);
  }

 private:
  template <class Number>
  static Number load(const char* from) {
    Number value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  // Up to eight bytes as a number, another one for any others of that length.
  static std::uint64_t tail(const char* at, std::size_t bytes) {
    if (bytes >= 4) {
      return load<std::uint32_t>(at) |
             static_cast<std::uint64_t>(load<std::uint32_t>(at + bytes - 4)) << 32;
    }
    if (bytes == 0) return 0;
    const auto byte = [at](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(at[i])};
    };
    return byte(0) | byte(bytes / 2) << 8 | byte(bytes - 1) << 16;
  }
  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t seed_;
};

}  // namespace ashlar::links
