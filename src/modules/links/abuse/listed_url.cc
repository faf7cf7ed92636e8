#include "modules/links/abuse/listed_url.h"

#include <algorithm>
#include <array>
#include <boost/url/ipv6_address.hpp>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "modules/links/abuse/host_ascii.h"
#include "modules/links/abuse/percent_escapes.h"
#include "platform/outbound/host_text.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::size_t kMaxHosts = 5;
constexpr std::size_t kRootPaths = 4;

std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 32 && byte < 127 && c != '#' && c != '%') {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::optional<std::uint32_t> v4_inside(const std::array<unsigned char, 16>& bytes) {
  const auto from = [&](std::size_t at) {
    return std::uint32_t{bytes.at(at)} << 24 | std::uint32_t{bytes.at(at + 1)} << 16 |
           std::uint32_t{bytes.at(at + 2)} << 8 | bytes.at(at + 3);
  };
  constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<unsigned char, 12> kNat64{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const auto& prefix : {kMapped, kNat64}) {
    if (std::equal(prefix.begin(), prefix.end(), bytes.begin())) return from(12);
  }
  return std::nullopt;
}

std::string canonical_host(std::string_view given) {
  std::string host;
  for (const char c : host_ascii(given)) {
    if (c == '.' && (host.empty() || host.back() == '.')) continue;
    host += base::ascii_lower(c);
  }
  while (!host.empty() && host.back() == '.') host.pop_back();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    const auto address =
        boost::urls::parse_ipv6_address(std::string_view(host).substr(1, host.size() - 2));
    if (!address) return host;
    if (const auto v4 = v4_inside(address->to_bytes())) return outbound::v4_text(*v4);
    return "[" + std::string(address->to_string()) + "]";
  }
  const std::vector<std::string_view> labels = outbound::split_labels(host);
  if (!labels.empty() && outbound::is_number_label(labels.back())) {
    if (const auto v4 = outbound::read_v4(labels)) return outbound::v4_text(*v4);
  }
  return host;
}

std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> parts;
  bool open = true;  // it ends with a slash
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash before the part
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    open = part.empty() || part == "." || part == "..";
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string out = "/";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += parts[i];
    if (i + 1 < parts.size() || open) out += '/';
  }
  return out;
}

std::vector<std::string_view> hosts_of(const ListedUrl& url) {
  std::vector<std::string_view> hosts{url.host};
  if (url.is_address()) return hosts;
  std::vector<std::string_view> tails;  // shortest first: two labels, three …
  std::size_t at = url.host.size();
  for (std::size_t labels = 1; labels <= kMaxHosts && at != std::string::npos && at > 0; ++labels) {
    at = url.host.rfind('.', at - 1);
    if (labels == 1) continue;
    tails.push_back(std::string_view(url.host).substr(at == std::string::npos ? 0 : at + 1));
  }
  std::ranges::reverse(tails);
  for (const std::string_view tail : tails) {
    if (tail != url.host && hosts.size() < kMaxHosts) hosts.push_back(tail);
  }
  return hosts;
}

std::vector<std::string> paths_of(const ListedUrl& url) {
  std::vector<std::string> paths;
  if (url.query) paths.push_back(url.path + "?" + *url.query);
  paths.push_back(url.path);
  std::size_t at = 0;
  for (std::size_t i = 0; i < kRootPaths && at != std::string::npos; ++i) {
    std::string path = url.path.substr(0, at + 1);
    if (path != url.path) paths.push_back(std::move(path));
    at = url.path.find('/', at + 1);
  }
  return paths;
}

// Behind "scheme://"; 0: there is none.
std::size_t scheme_end(std::string_view text) {
  const std::size_t colon = text.find("://");
  return colon != std::string_view::npos && text.find_first_of("/?") > colon ? colon + 3 : 0;
}

// Host and port without user and password, and the rest from its `/` or `?` on.
std::pair<std::string_view, std::string_view> split_authority(std::string_view text) {
  std::string_view authority = text.substr(0, text.find_first_of("/?"));
  text.remove_prefix(authority.size());
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  return {authority, text};
}

}  // namespace

bool ListedUrl::is_address() const {
  if (host.starts_with('[')) return true;
  const std::vector<std::string_view> labels = outbound::split_labels(host);
  return labels.size() == 4 && outbound::is_number_label(labels.back()) &&
         outbound::read_v4(labels).has_value();
}

std::string ListedUrl::text() const {
  std::string out = scheme + "://" + host;
  if (!port.empty()) out += ":" + port;
  out += path;
  if (query) out += "?" + *query;
  return out;
}

std::vector<std::string> ListedUrl::expressions() const {
  const std::vector<std::string> paths = paths_of(*this);
  std::vector<std::string> out;
  for (const std::string_view host_part : hosts_of(*this)) {
    for (const std::string& path_part : paths) out.push_back(std::string(host_part) + path_part);
  }
  return out;
}

std::optional<ListedUrl> listed_url(std::string_view url) {
  while (url.starts_with(' ')) url.remove_prefix(1);
  while (url.ends_with(' ')) url.remove_suffix(1);
  std::string text(url.substr(0, url.find('#')));
  std::erase_if(text, [](char c) { return c == '\t' || c == '\r' || c == '\n'; });
  ListedUrl out;
  std::size_t scheme = scheme_end(text);
  if (scheme == 0) {
    text = undo_escapes(text);
    scheme = scheme_end(text);
  }
  out.scheme = scheme == 0 ? "http" : base::ascii_lower(text.substr(0, scheme - 3));
  auto [before, path] = split_authority(std::string_view(text).substr(scheme));
  // Only then are escapes undone: g.example%2F@evil.example is a password's, not a host's.
  const std::string decoded = undo_escapes(before);
  const auto [host, more] = split_authority(decoded);
  std::string_view authority = host;
  const std::string after = std::string(more) + undo_escapes(path);
  std::string_view rest = after;
  const std::size_t port = authority.rfind(':');
  if (port != std::string_view::npos && authority.find(']', port) == std::string_view::npos) {
    out.port = escaped(authority.substr(port + 1));
    authority = authority.substr(0, port);
  }
  out.host = escaped(canonical_host(authority));
  if (out.host.empty()) return std::nullopt;
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) out.query = escaped(rest.substr(question + 1));
  out.path = escaped(canonical_path(rest.substr(0, question)));
  return out;
}

}  // namespace ashlar::links::abuse
