// Any bytes: a prefix says "more" or what the whole says; an address that comes out is one.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "platform/http/ip_address.h"
#include "platform/http/proxy_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::http::ProxyHeader;
  using ashlar::http::ProxyParse;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  ProxyHeader header;
  const ProxyParse whole = ashlar::http::parse_proxy_header(input, header);
  if (whole == ProxyParse::kNeedMore) CHECK(size < ashlar::http::kMaxProxyHeaderBytes);
  if (whole == ProxyParse::kComplete) {
    CHECK(header.bytes <= size && header.bytes <= ashlar::http::kMaxProxyHeaderBytes);
    CHECK(header.source_address.empty() || ashlar::http::parse_ip(header.source_address));
  }
  ProxyHeader part;
  for (std::size_t length = 0; length < size && length < 256; ++length) {
    const ProxyParse state = ashlar::http::parse_proxy_header(input.substr(0, length), part);
    CHECK(state == ProxyParse::kNeedMore || state == whole);
    if (state == ProxyParse::kComplete) CHECK(part.bytes == header.bytes);
  }
  return 0;
}
