#include "platform/http/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "platform/http/ip_address.h"

namespace ashlar::http {
namespace {

constexpr std::string_view kV1Start = "PROXY ";
constexpr std::size_t kV1MaxBytes = 107;  // with CR LF
constexpr std::string_view kV2Signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kV2FixedBytes = 16;

// Whether `buffer`, as far as it goes, starts as `start` does.
bool may_start(std::string_view buffer, std::string_view start) {
  const std::size_t size = std::min(buffer.size(), start.size());
  return buffer.substr(0, size) == start.substr(0, size);
}

// Decimal without sign or leading zeros, at most 65535.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool padded = text.size() > 1 && text.front() == '0';
  if (error != std::errc{} || end != text.data() + text.size() || padded) return std::nullopt;
  return port;
}

// The text up to the next single space; nullopt where none is left.
std::optional<std::string_view> next_word(std::string_view& rest) {
  const std::size_t space = rest.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space + 1);
  return word;
}

// "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP source-port SP destination-port CR LF
ProxyParse parse_v1(std::string_view buffer, ProxyHeader& out) {
  const std::string_view window = buffer.substr(0, kV1MaxBytes);
  const std::size_t line_end = window.find('\n');
  if (line_end == std::string_view::npos) {
    return window.size() == kV1MaxBytes ? ProxyParse::kError : ProxyParse::kNeedMore;
  }
  if (window[line_end - 1] != '\r') return ProxyParse::kError;
  std::string_view rest = window.substr(0, line_end - 1);
  out = ProxyHeader{};
  out.bytes = line_end + 1;
  rest.remove_prefix(kV1Start.size());
  if (rest == "UNKNOWN" || rest.starts_with("UNKNOWN ")) return ProxyParse::kComplete;

  const auto family = next_word(rest);
  const auto source = next_word(rest);
  const auto destination = next_word(rest);
  const auto source_port = next_word(rest);
  if (!source_port || (*family != "TCP4" && *family != "TCP6")) return ProxyParse::kError;
  const bool v4 = *family == "TCP4";
  const auto is_of_family = [v4](std::string_view text) {
    return (text.find(':') == std::string_view::npos) == v4 && parse_ip(text).has_value();
  };
  const auto port = parse_port(*source_port);
  if (!is_of_family(*source) || !is_of_family(*destination) || !port || !parse_port(rest)) {
    return ProxyParse::kError;
  }
  out.source_address = parse_ip(*source)->to_string();
  out.source_port = *port;
  return ProxyParse::kComplete;
}

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// signature(12) version|command(1) family|transport(1) length(2, big-endian), then `length` bytes:
// source address, destination address, source port, destination port, TLVs.
ProxyParse parse_v2(std::string_view buffer, ProxyHeader& out) {
  if (buffer.size() > 12 && byte_at(buffer, 12) != 0x20 && byte_at(buffer, 12) != 0x21) {
    return ProxyParse::kError;
  }
  if (buffer.size() < kV2FixedBytes) return ProxyParse::kNeedMore;
  const std::size_t length = byte_at(buffer, 14) << 8 | byte_at(buffer, 15);
  const std::size_t whole = kV2FixedBytes + length;
  if (whole > kMaxProxyHeaderBytes) return ProxyParse::kError;
  const bool local = byte_at(buffer, 12) == 0x20;
  const unsigned family = byte_at(buffer, 13) >> 4;
  const std::size_t address_bytes = family == 1 ? 4 : family == 2 ? 16 : 0;
  if (family > 3 || (!local && length < 2 * address_bytes + (address_bytes > 0 ? 4 : 0))) {
    return ProxyParse::kError;
  }
  if (buffer.size() < whole) return ProxyParse::kNeedMore;

  out = ProxyHeader{};
  out.bytes = whole;
  if (local || address_bytes == 0) return ProxyParse::kComplete;
  IpAddress source;
  if (address_bytes == 4) source.bytes[10] = source.bytes[11] = 0xff;
  const std::string_view bytes = buffer.substr(kV2FixedBytes, address_bytes);
  std::copy(bytes.begin(), bytes.end(),
            source.bytes.end() - static_cast<std::ptrdiff_t>(address_bytes));
  const std::size_t port_at = kV2FixedBytes + 2 * address_bytes;
  out.source_address = source.to_string();
  out.source_port =
      static_cast<std::uint16_t>(byte_at(buffer, port_at) << 8 | byte_at(buffer, port_at + 1));
  return ProxyParse::kComplete;
}

}  // namespace

ProxyParse parse_proxy_header(std::string_view buffer, ProxyHeader& out) {
  if (may_start(buffer, kV1Start)) {
    return buffer.size() < kV1Start.size() ? ProxyParse::kNeedMore : parse_v1(buffer, out);
  }
  if (may_start(buffer, kV2Signature)) {
    return buffer.size() < kV2Signature.size() ? ProxyParse::kNeedMore : parse_v2(buffer, out);
  }
  return ProxyParse::kError;
}

}  // namespace ashlar::http
