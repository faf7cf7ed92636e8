// IpAddress: an IPv4 or IPv6 address as a value; IpBlock: a CIDR block of them.
//
// IPv4 addresses are held as IPv4-mapped IPv6 (::ffff:a.b.c.d), so that the same host is the same
// value by whichever socket it came.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::http {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] bool is_loopback() const;  // 127.0.0.0/8, ::1
  // "192.0.2.1", "2001:db8::1" (RFC 5952).
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// Dotted quad without leading zeros, or RFC 4291 text without zone or brackets. nullopt: not one.
std::optional<IpAddress> parse_ip(std::string_view text);

struct IpBlock {
  IpAddress base;
  int prefix_bits = 128;  // of the 128

  [[nodiscard]] bool contains(const IpAddress& address) const;
};

// "10.0.0.0/8", "fd00::/8" or one address. Bits beyond the prefix are ignored.
std::optional<IpBlock> parse_ip_block(std::string_view text);

}  // namespace ashlar::http
