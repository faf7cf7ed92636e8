// Target: where a link may lead, decided before it is stored. Pure.
//
// check_target() promises of what it returns:
//   1. It is ASCII without spaces or control characters: it can stand in a Location header as it
//   is.
//   2. It is http or https with a host that RFC 3986 and the browsers' URL standard read alike (no
//      credentials, no backslash, no percent-encoding in the host), at most kMaxTargetBytes.
//   3. It does not lead onto one of Ashlar's own hosts, however the host is spelled.
// Path, query and fragment stay as they were given, except that what a URL may not hold literally
// (non-ASCII, `"<>^`{|}` …) is percent-encoded.
//
// Errors are kInvalid with the field "/url" and one of the reasons
//   target_empty  target_too_long  target_characters  target_malformed  target_scheme
//   target_host  target_host_not_ascii  target_credentials  target_port  target_encoding
//   target_is_ashlar
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::links {

inline constexpr std::size_t kMaxTargetBytes = 2048;

// A host as one spelling: lower case, no trailing dot, IPv4 dotted (from decimal, hexadecimal,
// octal and short forms too), IPv6 in brackets and shortest, every name of this machine's loopback
// ("localhost", 127.0.0.0/8, ::1, mapped ones, 0.0.0.0, ::) as "localhost".
// nullopt: no host that the check would accept.
std::optional<std::string> canonical_host(std::string_view host);

// The hosts that lead to Ashlar itself. Immutable; any thread.
class OwnHosts {
 public:
  // Each is "host", "host:port", "[v6]:port" or a whole http(s) URL; without a port all ports are
  // own, and a default port (80, 443) stands for both. Those that are not hosts are kInvalid.
  static base::Result<OwnHosts> parse(const std::vector<std::string>& hosts);

  // And those of which `holds` says so, on each port: domains, which come and go. Any thread calls
  // it with a canonical host; it is quick.
  void also(std::function<bool(std::string_view host)> holds) { holds_ = std::move(holds); }

  // REQUIRES of both: host is canonical.
  [[nodiscard]] bool contains(std::string_view host, std::uint16_t port) const;
  // Whether it is, or lies below, one of the hosts given to parse(), whatever the port.
  [[nodiscard]] bool covers(std::string_view host) const;

 private:
  std::vector<std::pair<std::string, std::uint16_t>> hosts_;  // port 0: all
  std::function<bool(std::string_view host)> holds_;
};

base::Result<std::string> check_target(std::string_view url, const OwnHosts& own);

}  // namespace ashlar::links
