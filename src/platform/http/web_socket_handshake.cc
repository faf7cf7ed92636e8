#include "platform/http/web_socket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/check.h"
#include "base/text.h"
#include "platform/http/http_parser.h"

namespace ashlar::http {
namespace {

constexpr std::string_view kKeyField = "sec-websocket-key";
constexpr std::string_view kVersionField = "sec-websocket-version";
constexpr std::string_view kProtocolField = "sec-websocket-protocol";
constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 24;  // 16 bytes in base64

template <class Wanted>
bool any_of_list(std::string_view list, const Wanted& wanted) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (wanted(base::trim_spaces(list.substr(0, comma)))) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// 16 bytes in base64: 22 of its characters, of the last only the four values that leave no bit
// over.
bool is_key(std::string_view key) {
  if (key.size() != kKeyBytes || !key.ends_with("==")) return false;
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return std::all_of(key.begin(), key.end() - 2, plain) &&
         std::string_view("AQgw").find(key[kKeyBytes - 3]) != std::string_view::npos;
}

}  // namespace

std::optional<HandshakeFault> check_handshake(const RequestHead& head) {
  const bool asks = any_of_list(head.upgrade, [](std::string_view protocol) {
    return base::ascii_iequals(protocol, "websocket");
  });
  if (head.method != Method::kGet || !asks) {
    return HandshakeFault{426, "upgrade_required", "This address speaks WebSocket."};
  }
  if (head.find(kVersionField) != "13") {
    return HandshakeFault{426, "unsupported_web_socket_version",
                          "The version of WebSocket that is spoken here is 13."};
  }
  std::array<std::string_view, 2> keys;
  if (head.find_all(kKeyField, keys) != 1 || !is_key(keys[0])) {
    return HandshakeFault{400, "bad_web_socket_key",
                          "Sec-WebSocket-Key is not 16 bytes in base64, once."};
  }
  return std::nullopt;
}

std::string accept_key_of(const RequestHead& head) {
  const std::string text = std::string(head.find(kKeyField)) + std::string(kMagic);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  std::array<unsigned char, 32> base64{};  // 20 bytes become 28 characters and a NUL
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(length)};
}

bool offers_protocol(const RequestHead& head, std::string_view protocol) {
  std::array<std::string_view, 8> lists;
  const std::size_t count = head.find_all(kProtocolField, lists);
  return std::ranges::any_of(std::span(lists).first(count), [&](std::string_view list) {
    return any_of_list(list, [&](std::string_view offered) { return offered == protocol; });
  });
}

}  // namespace ashlar::http
