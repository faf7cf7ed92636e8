// public_address: whether an IP address is one of the public internet, so that a URL that a
// stranger wrote cannot make this server talk to itself, to its neighbours or to a cloud's metadata
// service (server-side request forgery).
//
// Not public: what the IANA special-purpose registries (RFC 6890 and after) do not call globally
// reachable, multicast, and IPv6 outside 2000::/3. An IPv4 address inside an IPv6 one (mapped,
// NAT64, 6to4) is judged by itself. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>

struct sockaddr;

namespace ashlar::outbound {

bool is_public_v4(std::uint32_t address);  // host byte order
bool is_public_v6(const std::array<std::uint8_t, 16>& address);
// Any family but these two is not public.
bool is_public(const sockaddr& address);

}  // namespace ashlar::outbound
