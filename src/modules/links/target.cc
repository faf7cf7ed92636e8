#include "modules/links/target.h"

#include <algorithm>
#include <boost/url/ipv6_address.hpp>
#include <charconv>

#include "base/text.h"
#include "platform/outbound/host_text.h"

namespace ashlar::links {
namespace {

namespace urls = boost::urls;

constexpr std::string_view kLoopback = "localhost";

base::Error refuse(const char* reason, std::string detail) {
  return base::Error{base::Code::kInvalid, reason, detail, {{"/url", reason, detail}}};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) {
  return is_digit(c) || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'f');
}
bool is_alnum(char c) {
  return is_digit(c) || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z');
}

// --- Hosts ---------------------------------------------------------------------------------------

std::string canonical_ipv4(std::uint32_t address) {
  if (address == 0 || address >> 24 == 127) return std::string(kLoopback);
  return outbound::v4_text(address);
}

std::optional<std::string> canonical_ipv6(std::string_view inside) {
  const auto address = urls::parse_ipv6_address(inside);
  if (!address) return std::nullopt;
  if (address->is_unspecified() || address->is_loopback()) return std::string(kLoopback);
  const auto bytes = address->to_bytes();
  if (address->is_v4_mapped()) {
    return canonical_ipv4(std::uint32_t{bytes[12]} << 24 | std::uint32_t{bytes[13]} << 16 |
                          std::uint32_t{bytes[14]} << 8 | bytes[15]);
  }
  return "[" + std::string(address->to_string()) + "]";
}

// --- URLs
// ------------------------------------------------------------------------------------------

// What may stand literally after the authority (RFC 3986: unreserved, sub-delims, and `:@/?%`).
bool is_literal(char c) {
  return is_alnum(c) || std::string_view("-._~!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

std::string encode_rest(std::string_view rest) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  bool fragment = false;
  for (const char c : rest) {
    if (is_literal(c) || (c == '#' && !fragment)) {
      fragment = fragment || c == '#';
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

bool has_broken_escape(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return true;
  }
  return false;
}

base::Status check_characters(std::string_view url) {
  if (url.empty()) return refuse("target_empty", "A link needs a target.");
  if (url.size() > kMaxTargetBytes) {
    return refuse("target_too_long", "A target has at most 2,048 bytes.");
  }
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) {
      return refuse("target_characters",
                    "A target has no spaces, line breaks or control characters.");
    }
  }
  if (!base::is_utf8(url)) return refuse("target_characters", "A target is valid UTF-8.");
  return base::ok_status();
}

// "http" or "https" and its "://", in any case. 0: another scheme, or none.
std::size_t scheme_length(std::string_view url) {
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (url.size() >= scheme.size() && base::ascii_iequals(url.substr(0, scheme.size()), scheme)) {
      return scheme.size();
    }
  }
  return 0;
}

// What is wrong with an authority that RFC 3986 could read in another way than a browser.
base::Status check_authority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return refuse("target_credentials", "A target carries no user name or password.");
  }
  for (const char c : authority) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      return refuse("target_host_not_ascii",
                    "Write an international host name in its ASCII form (xn--…).");
    }
    if (!is_alnum(c) && std::string_view("-._:[]").find(c) == std::string_view::npos) {
      return refuse("target_host", "The host holds a character that no host name has.");
    }
  }
  return base::ok_status();
}

// Splits by hand: Boost.URL 1.81 takes "1.2.3.4.example" for an address with rubbish after it.
// REQUIRES: check_authority(authority) is ok.
base::Result<std::pair<std::string, std::uint16_t>> read_authority(std::string_view authority,
                                                                   std::uint16_t default_port) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::uint16_t port = default_port;
  if (colon != std::string_view::npos && colon + 1 < authority.size()) {
    const std::string_view text = authority.substr(colon + 1);
    unsigned number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc::invalid_argument || read.ptr != text.data() + text.size()) {
      return refuse("target_malformed", "What stands between // and the path is not host:port.");
    }
    if (read.ec != std::errc() || number < 1 || number > 65535) {
      return refuse("target_port", "A port is a number from 1 to 65535.");
    }
    port = static_cast<std::uint16_t>(number);
  }
  const std::optional<std::string> host = canonical_host(authority.substr(0, colon));
  if (!host) return refuse("target_host", "The host is neither a host name nor an IP address.");
  return std::pair(*host, port);
}

base::Error not_a_host(std::string_view text) {
  return base::fail(base::Code::kInvalid, "own_host_invalid",
                    "'" + std::string(text) + "' is not a host, host:port or http(s) URL");
}

bool is_default_port(std::uint16_t port) { return port == 80 || port == 443; }

}  // namespace

std::optional<std::string> canonical_host(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    return canonical_ipv6(host.substr(1, host.size() - 2));
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > outbound::kMaxHostBytes) return std::nullopt;
  const std::vector<std::string_view> labels = outbound::split_labels(host);
  if (!std::all_of(labels.begin(), labels.end(), outbound::is_host_label)) return std::nullopt;
  if (outbound::is_number_label(labels.back())) {
    const std::optional<std::uint32_t> address = outbound::read_v4(labels);
    return address ? std::optional(canonical_ipv4(*address)) : std::nullopt;
  }
  if (base::ascii_iequals(labels.back(), kLoopback)) return std::string(kLoopback);
  return base::ascii_lower(host);
}

base::Result<OwnHosts> OwnHosts::parse(const std::vector<std::string>& hosts) {
  OwnHosts own;
  for (const std::string& text : hosts) {
    std::string_view rest = text;
    const std::size_t scheme = scheme_length(rest);
    rest.remove_prefix(scheme);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (!check_authority(authority).ok()) return not_a_host(text);
    // A URL names one port even where it leaves it out; a bare host names all.
    const auto read = read_authority(authority, scheme == 0 ? 0 : scheme == 7 ? 80 : 443);
    if (!read.ok()) return not_a_host(text);
    own.hosts_.push_back(*read);
  }
  return own;
}

bool OwnHosts::covers(std::string_view host) const {
  return std::ranges::any_of(hosts_, [&](const auto& own) {
    return host == own.first || (host.size() > own.first.size() && host.ends_with(own.first) &&
                                 host[host.size() - own.first.size() - 1] == '.');
  });
}

bool OwnHosts::contains(std::string_view host, std::uint16_t port) const {
  if (holds_ && holds_(host)) return true;
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& own) {
    return own.first == host && (own.second == 0 || own.second == port ||
                                 (is_default_port(own.second) && is_default_port(port)));
  });
}

base::Result<std::string> check_target(std::string_view url, const OwnHosts& own) {
  ASHLAR_TRY(check_characters(url));
  const std::size_t scheme = scheme_length(url);
  if (scheme == 0) return refuse("target_scheme", "A target begins with http:// or https://.");
  const std::string_view after = url.substr(scheme);
  const std::string_view authority = after.substr(0, after.find_first_of("/?#"));
  if (authority.empty()) return refuse("target_host", "A target needs a host.");
  ASHLAR_TRY(check_authority(authority));
  ASHLAR_ASSIGN(const auto host_port, read_authority(authority, scheme == 7 ? 80 : 443));
  const std::string_view rest = after.substr(authority.size());
  if (has_broken_escape(rest)) {
    return refuse("target_encoding", "Every % in a target is followed by two hexadecimal digits.");
  }
  std::string text(url.substr(0, scheme + authority.size()));
  text += encode_rest(rest);
  if (text.size() > kMaxTargetBytes) {
    return refuse("target_too_long",
                  "A target has at most 2,048 bytes once it is percent-encoded.");
  }
  if (own.contains(host_port.first, host_port.second)) {
    return refuse("target_is_ashlar", "A link may not lead back to this service.");
  }
  return text;
}

}  // namespace ashlar::links
