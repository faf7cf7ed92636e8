#include "platform/outbound/public_address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace ashlar::outbound {
namespace {

struct Block4 {
  std::uint32_t first;
  int bits;
};

constexpr std::array kNotPublic4 = {
    Block4{0x00000000, 8},   // this network
    Block4{0x0a000000, 8},   // private
    Block4{0x64400000, 10},  // carrier-grade NAT
    Block4{0x7f000000, 8},   // loopback
    Block4{0xa9fe0000, 16},  // link-local, metadata services
    Block4{0xac100000, 12},  // private
    Block4{0xc0000000, 24},  // protocol assignments
    Block4{0xc0000200, 24},  // documentation
    Block4{0xc0586300, 24},  // 6to4 relays
    Block4{0xc0a80000, 16},  // private
    Block4{0xc6120000, 15},  // benchmarks
    Block4{0xc6336400, 24},  // documentation
    Block4{0xcb007100, 24},  // documentation
    Block4{0xe0000000, 4},   // multicast
    Block4{0xf0000000, 4},   // reserved, broadcast
};

struct Block6 {
  std::array<std::uint8_t, 6> first;
  int bits;
};

// Within 2000::/3.
constexpr std::array kNotPublic6 = {
    Block6{{0x20, 0x01, 0x00, 0x00, 0x00, 0x00}, 23},  // protocol assignments, Teredo
    Block6{{0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00}, 32},  // documentation
    Block6{{0x3f, 0xff, 0x00, 0x00, 0x00, 0x00}, 20},  // documentation
};

bool begins_with(const std::array<std::uint8_t, 16>& address, const Block6& block) {
  for (int bit = 0; bit < block.bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if (((address[byte] ^ block.first[byte]) & mask) != 0) return false;
  }
  return true;
}

std::uint32_t v4_at(const std::array<std::uint8_t, 16>& address, std::size_t at) {
  return (std::uint32_t{address[at]} << 24) | (std::uint32_t{address[at + 1]} << 16) |
         (std::uint32_t{address[at + 2]} << 8) | address[at + 3];
}

}  // namespace

bool is_public_v4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublic4, [address](const Block4& block) {
    return (address ^ block.first) >> (32 - block.bits) == 0;
  });
}

bool is_public_v6(const std::array<std::uint8_t, 16>& address) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  const auto prefix_is = [&](const std::array<std::uint8_t, 12>& prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
  };
  if (prefix_is(kMapped) || prefix_is(kNat64)) return is_public_v4(v4_at(address, 12));
  if (address[0] == 0x20 && address[1] == 0x02) return is_public_v4(v4_at(address, 2));  // 6to4
  if ((address[0] & 0xe0) != 0x20) return false;
  return std::ranges::none_of(kNotPublic6,
                              [&](const Block6& block) { return begins_with(address, block); });
}

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_public_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_public_v6(bytes);
  }
  return false;
}

}  // namespace ashlar::outbound
