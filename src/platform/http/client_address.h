// client_address: whose request it is, and whether it came by TLS, behind proxies that we trust.
//
// Each proxy appends to X-Forwarded-For the address that it was called from, so the list is worth
// believing from its right end only, and only as far as trusted proxies wrote it:
//
//   peer trusted? ─no─► the client is the peer; X-Forwarded-* is anybody's invention
//        └─yes─► walk the list from the right: the first address that is not a trusted proxy is the
//                client; what is not an address ends the walk at the last one believed
//
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/http/ip_address.h"

namespace ashlar::http {

struct RequestHead;

struct ClientInfo {
  std::string address;  // canonical text
  bool secure = false;  // TLS ends here or, as X-Forwarded-Proto says, at a trusted proxy
};

class TrustedProxies {
 public:
  // Addresses and CIDR blocks. Error: kInvalid bad_trusted_proxy, naming the first that is neither.
  static base::Result<TrustedProxies> parse(const std::vector<std::string>& blocks);

  [[nodiscard]] ClientInfo client_of(std::string_view peer_address, bool tls,
                                     const RequestHead& head) const;

 private:
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] IpAddress walk(IpAddress peer, const RequestHead& head) const;

  std::vector<IpBlock> blocks_;
};

}  // namespace ashlar::http
