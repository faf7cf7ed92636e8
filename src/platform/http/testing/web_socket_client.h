// WebSocketClient: a socket of a test, which speaks the handshake and reads frames; what it sends
// is up to the test. Blocks for ten seconds at most.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

namespace ashlar::http {

struct WebSocketFrame {
  int first = -1;  // -1: the end of the stream
  std::string payload;
  [[nodiscard]] int code() const {
    return payload.size() < 2
               ? 1005
               : static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]);
  }
};

class WebSocketClient {
 public:
  explicit WebSocketClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int small = 4096;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~WebSocketClient() { ::close(fd_); }
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  static std::string request(std::string_view path) {
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  }
  void send(std::string_view text) { ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  // Head and, where there is a Content-Length, body.
  std::string answer() {
    while (in_.find("\r\n\r\n") == std::string::npos && more()) {
    }
    std::size_t end =
        std::min(in_.find("\r\n\r\n"), in_.size() - std::min<std::size_t>(4, in_.size())) + 4;
    const std::size_t length = in_.find("Content-Length: ");
    if (length < end) end += static_cast<std::size_t>(std::stoul(in_.substr(length + 16)));
    while (in_.size() < end && more()) {
    }
    std::string out = in_.substr(0, end);
    in_.erase(0, end);
    return out;
  }
  std::string open(std::string_view path, std::string_view early = {}) {
    send(request(path) + std::string(early));
    return answer();
  }
  WebSocketFrame frame() {
    if (!need(2)) return {};
    std::size_t size = static_cast<std::uint8_t>(in_[1]);
    std::size_t head = 2;
    if (size >= 126) {
      const std::size_t bytes = size == 126 ? 2 : 8;
      if (!need(2 + bytes)) return {};
      size = 0;
      for (std::size_t i = 0; i < bytes; ++i)
        size = size << 8 | static_cast<std::uint8_t>(in_[2 + i]);
      head += bytes;
    }
    if (!need(head + size)) return {};
    WebSocketFrame out{static_cast<std::uint8_t>(in_[0]), in_.substr(head, size)};
    in_.erase(0, head + size);
    return out;
  }

 private:
  bool need(std::size_t bytes) {
    while (in_.size() < bytes) {
      if (!more()) return false;
    }
    return true;
  }
  bool more() {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) in_.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
  }
  int fd_;
  std::string in_;
};

}  // namespace ashlar::http
