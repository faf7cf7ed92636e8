#include "platform/http/client_address.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "platform/http/http_parser.h"

namespace ashlar::http {
namespace {

// Beyond that many entries nobody looks: chains of proxies are short.
constexpr int kMaxHops = 32;

// An entry as proxies write it: an address, or with a port "192.0.2.1:8080", "[2001:db8::1]:8080".
std::optional<IpAddress> parse_entry(std::string_view entry) {
  if (entry.starts_with('[')) {
    const std::size_t close = entry.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    if (close + 1 < entry.size() && entry[close + 1] != ':') return std::nullopt;
    return parse_ip(entry.substr(1, close - 1));
  }
  const std::size_t colon = entry.find(':');
  const bool one_colon = colon != std::string_view::npos && colon == entry.rfind(':');
  return parse_ip(one_colon ? entry.substr(0, colon) : entry);
}

}  // namespace

base::Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& blocks) {
  TrustedProxies proxies;
  for (const std::string& text : blocks) {
    const std::optional<IpBlock> block = parse_ip_block(text);
    if (!block) {
      return base::fail(
          base::Code::kInvalid, "bad_trusted_proxy",
          "trusted proxy \"" + text + "\" is not an address or a block like " + "10.0.0.0/8");
    }
    proxies.blocks_.push_back(*block);
  }
  return proxies;
}

bool TrustedProxies::contains(const IpAddress& address) const {
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [&](const IpBlock& block) { return block.contains(address); });
}

ClientInfo TrustedProxies::client_of(std::string_view peer_address, bool tls,
                                     const RequestHead& head) const {
  const std::optional<IpAddress> peer = parse_ip(peer_address);
  if (!peer) return {std::string(peer_address), tls};
  if (blocks_.empty() || !contains(*peer)) return {peer->to_string(), tls};
  // A proxy that says nothing of the scheme spoke to us as its client spoke to it.
  const std::string_view proto = head.x_forwarded_proto;
  const std::string_view nearest =
      base::trim_spaces(proto.substr(std::min(proto.rfind(',') + 1, proto.size())));
  const bool secure = proto.empty() ? tls : base::ascii_iequals(nearest, "https");
  return {walk(*peer, head).to_string(), secure};
}

// REQUIRES: peer is trusted.
IpAddress TrustedProxies::walk(IpAddress peer, const RequestHead& head) const {
  if (head.x_forwarded_for.empty()) return peer;
  std::array<std::string_view, kMaxFields> lines;
  std::size_t count = head.find_all("x-forwarded-for", lines);
  int hops = 0;
  while (count > 0) {
    std::string_view rest = lines[--count];
    for (bool more = true; more && hops < kMaxHops; ++hops) {
      const std::size_t comma = rest.rfind(',');
      more = comma != std::string_view::npos;
      const std::string_view entry = base::trim_spaces(more ? rest.substr(comma + 1) : rest);
      const std::optional<IpAddress> address = parse_entry(entry);
      if (!address) return peer;
      peer = *address;
      if (!contains(peer)) return peer;
      rest = more ? rest.substr(0, comma) : std::string_view{};
    }
  }
  return peer;
}

}  // namespace ashlar::http
