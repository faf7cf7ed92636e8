// Target: whether this server may be told to call a URL, decided when the URL is given. Pure.
//
// What is refused here, so that a stranger cannot make this server talk to itself, to its
// neighbours or to a cloud's metadata service:
//   - addresses that are not of the public internet (public_address.h), in any spelling that
//     resolvers and browsers read: decimal, octal, hexadecimal, short forms (127.1), IPv4 inside
//     IPv6, a dot at the end;
//   - names that lead to this machine or its network: localhost, names without a dot, and those
//     under local, internal, home.arpa and their like (kLocalSuffixes in target.cc);
//   - what two readers may take for two hosts: a user name, a backslash, percent-encoding or
//     anything not ASCII in the host, a zone id;
//   - ports of services that are not HTTP (the "bad ports" of the Fetch standard).
// A name may still resolve to anything, and to something else the next time. So this check is the
// first of two: at each connection OutboundClient looks at the very address that it connects to.
//
// Errors: kInvalid with the given field and one of
//   target_empty  target_too_long  target_characters  target_scheme  target_credentials
//   target_host  target_host_not_ascii  target_malformed  target_port  target_forbidden
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::outbound {

inline constexpr std::size_t kMaxTargetBytes = 2048;

struct TargetRules {
  // Addresses, names and ports of the operator's own network may be called. What is malformed is
  // refused all the same.
  bool allow_private = false;
};

struct Target {
  std::string url;   // as given: it is ASCII, and every reader of it sees the same host
  std::string host;  // lower case, no dot at the end; IPv4 dotted, IPv6 in brackets
  std::uint16_t port = 0;
  bool secure = false;  // https
};

// `field`: JSON pointer of the URL in what the caller was given.
base::Result<Target> check_target(std::string_view url, const TargetRules& rules,
                                  std::string_view field = "/url");

}  // namespace ashlar::outbound
