// The PROXY protocol, versions 1 and 2: the first bytes that a load balancer sends on a connection,
// to say for whom it speaks (haproxy.org, proxy-protocol.txt of 2020).
//
// Only for listeners that are set to expect it: whoever may connect to such a listener may claim
// any address. Type-length-value fields are skipped; UNKNOWN (v1) and LOCAL (v2) name nobody. Pure;
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::http {

// A header that is longer is an error, so a reader needs to look at no more than this.
inline constexpr std::size_t kMaxProxyHeaderBytes = 4096;

enum class ProxyParse : std::uint8_t { kNeedMore, kComplete, kError };

struct ProxyHeader {
  std::string source_address;  // canonical text; empty: the proxy speaks for itself
  std::uint16_t source_port = 0;
  std::size_t bytes = 0;  // how long the header is; what follows is the client's
};

// `buffer` starts where the connection does. `out` is meaningful after kComplete. The answer for a
// prefix is kNeedMore or that for the whole; never kNeedMore from kMaxProxyHeaderBytes on.
ProxyParse parse_proxy_header(std::string_view buffer, ProxyHeader& out);

}  // namespace ashlar::http
