#include "platform/outbound/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "platform/outbound/host_text.h"
#include "platform/outbound/public_address.h"

namespace ashlar::outbound {
namespace {

// Names under these never lead to a stranger's server on the public internet (RFC 6761, 6762,
// 8375, ICANN's "internal", and what private networks and clouds use).
constexpr std::array<std::string_view, 16> kLocalSuffixes{
    "localhost", "localdomain", "local",   "internal",  "intranet",     "private",
    "corp",      "home",        "lan",     "home.arpa", "in-addr.arpa", "ip6.arpa",
    "onion",     "test",        "invalid", "alt"};

// https://fetch.spec.whatwg.org/#bad-port
constexpr std::array<std::uint16_t, 83> kBadPorts{
    0,    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,   25,
    37,   42,   43,   53,   69,   77,   79,   87,   95,   101,  102,  103,  104,  109,
    110,  111,  113,  115,  117,  119,  123,  135,  137,  139,  143,  161,  179,  389,
    427,  465,  512,  513,  514,  515,  526,  530,  531,  532,  540,  548,  554,  556,
    563,  587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049, 3659, 4045,
    4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) {
  return is_digit(c) || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z');
}

// One refusal, under the caller's name for the field.
struct Refusal {
  const char* reason;
  std::string detail;
};
template <class T>
using Checked = std::variant<T, Refusal>;

// --- Hosts ---------------------------------------------------------------------------------------

// An address or a name, as one spelling.
struct Host {
  std::string text;
  std::optional<bool> is_public;  // of an address
};

std::optional<Host> v6_host(std::string_view inside) {
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(inside).c_str(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address, bytes.size());
  return Host{"[" + std::string(text.data()) + "]", is_public_v6(bytes)};
}

// nullopt: no host that all readers see alike.
std::optional<Host> read_host(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    return v6_host(host.substr(1, host.size() - 2));
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kMaxHostBytes) return std::nullopt;
  const std::vector<std::string_view> labels = split_labels(host);
  if (!std::ranges::all_of(labels, is_host_label)) return std::nullopt;
  if (is_number_label(labels.back())) {
    const std::optional<std::uint32_t> address = read_v4(labels);
    if (!address) return std::nullopt;
    return Host{v4_text(*address), is_public_v4(*address)};
  }
  return Host{base::ascii_lower(host), std::nullopt};
}

// REQUIRES: in lower case.
bool is_local_name(std::string_view name) {
  if (name.find('.') == std::string_view::npos) return true;
  return std::ranges::any_of(kLocalSuffixes, [name](std::string_view suffix) {
    return name.ends_with(suffix) &&
           (name.size() == suffix.size() || name[name.size() - suffix.size() - 1] == '.');
  });
}

// --- URLs ----------------------------------------------------------------------------------------

std::optional<Refusal> wrong_characters(std::string_view url) {
  if (url.empty()) return Refusal{"target_empty", "A URL is needed."};
  if (url.size() > kMaxTargetBytes) {
    return Refusal{"target_too_long", "A URL has at most 2,048 bytes."};
  }
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '\\') {
      return Refusal{"target_characters",
                     "A URL has no spaces, line breaks, control characters or backslashes."};
    }
  }
  return std::nullopt;
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

std::optional<Refusal> wrong_authority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return Refusal{"target_credentials", "A URL carries no user name or password here."};
  }
  for (const char c : authority) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      return Refusal{"target_host_not_ascii",
                     "Write an international host name in its ASCII form (xn--…)."};
    }
    if (!is_alnum(c) && std::string_view("-._:[]").find(c) == std::string_view::npos) {
      return Refusal{"target_host", "The host holds a character that no host name has."};
    }
  }
  return std::nullopt;
}

std::optional<Refusal> wrong_rest(std::string_view rest) {
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) >= 0x80 ||
        std::string_view("\"<>^`{|}").find(c) != std::string_view::npos) {
      return Refusal{"target_characters",
                     "What a URL may not hold literally is percent-encoded (RFC 3986)."};
    }
    if (c == '#')
      return Refusal{"target_malformed", "A fragment (#…) is never sent: leave it out."};
  }
  return std::nullopt;
}

// REQUIRES: wrong_authority(authority) finds nothing.
Checked<std::pair<Host, std::uint16_t>> read_authority(std::string_view authority,
                                                       std::uint16_t default_port) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::uint16_t port = default_port;
  if (colon != std::string_view::npos) {
    const std::string_view text = authority.substr(colon + 1);
    unsigned number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc::invalid_argument || read.ptr != text.data() + text.size()) {
      return Refusal{"target_malformed", "What stands between // and the path is not host:port."};
    }
    if (read.ec != std::errc() || number < 1 || number > 65535) {
      return Refusal{"target_port", "A port is a number from 1 to 65535."};
    }
    port = static_cast<std::uint16_t>(number);
  }
  std::optional<Host> host = read_host(authority.substr(0, colon));
  if (!host) {
    return Refusal{"target_host", "The host is neither a host name nor an IP address."};
  }
  return std::pair(std::move(*host), port);
}

std::optional<Refusal> forbidden(const Host& host, std::uint16_t port) {
  if (host.is_public ? !*host.is_public : is_local_name(host.text)) {
    return Refusal{"target_forbidden",
                   "The host is this machine, a private or special network, or a name that only "
                   "such a network knows; the operator may allow these (settings "
                   "tasks.allow_private, webhooks.allow_private)."};
  }
  if (std::ranges::binary_search(kBadPorts, port)) {
    return Refusal{"target_port", "The port belongs to a service that does not speak HTTP."};
  }
  return std::nullopt;
}

Checked<Target> check(std::string_view url, const TargetRules& rules) {
  if (auto wrong = wrong_characters(url)) return std::move(*wrong);
  const std::size_t scheme = scheme_length(url);
  if (scheme == 0) {
    return Refusal{"target_scheme", "A URL begins with http:// or https:// here."};
  }
  const bool secure = scheme == std::string_view("https://").size();
  const std::size_t end = std::min(url.find_first_of("/?#", scheme), url.size());
  const std::string_view authority = url.substr(scheme, end - scheme);
  if (auto wrong = wrong_authority(authority)) return std::move(*wrong);
  if (auto wrong = wrong_rest(url.substr(end))) return std::move(*wrong);
  auto read = read_authority(authority, secure ? 443 : 80);
  if (auto* wrong = std::get_if<Refusal>(&read)) return std::move(*wrong);
  auto& [host, port] = std::get<0>(read);
  if (!rules.allow_private) {
    if (auto wrong = forbidden(host, port)) return std::move(*wrong);
  }
  return Target{std::string(url), std::move(host.text), port, secure};
}

}  // namespace

base::Result<Target> check_target(std::string_view url, const TargetRules& rules,
                                  std::string_view field) {
  Checked<Target> checked = check(url, rules);
  if (auto* refusal = std::get_if<Refusal>(&checked)) {
    return base::Error{base::Code::kInvalid,
                       refusal->reason,
                       refusal->detail,
                       {{std::string(field), refusal->reason, refusal->detail}}};
  }
  return std::get<Target>(std::move(checked));
}

}  // namespace ashlar::outbound
