#include "kit/siphash.h"

#include <bit>
#include <cstddef>

namespace ashlar::kit {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void mix() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    mix();
    mix();
    v0 ^= word;
  }
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    word = word << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return word;
}

}  // namespace

std::uint64_t siphash(const SipKey& key, std::string_view bytes) {
  State s{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
          key[1] ^ 0x7465646279746573};
  const std::uint64_t length = bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) s.absorb(little_endian(bytes.substr(0, 8)));
  s.absorb(length << 56 | little_endian(bytes));
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.mix();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace ashlar::kit
