// WsClient: the client's end of one WebSocket, as little of it as a load generator needs: loopback,
// no TLS, messages of one frame each from us, unmasked frames of any kind from the server.
//
// What is sent waits in one buffer and goes out by flush(), so that many frames are one write. A
// zero mask is lawful and costs nothing, which is what a generator wants.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

class WsClient {
 public:
  WsClient() = default;
  ~WsClient() { drop(); }
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  // Connects and asks for the upgrade; open() turns true when the answer is there.
  bool connect(std::uint16_t port, const std::string& target) {
    drop();
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    out_ = "GET " + target +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    return flush();
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

  void send(std::string_view payload) {
    out_ += '\x82';
    append_length(payload.size());
    out_.append(4, '\0');
    out_ += payload;
  }

  // False: the connection is gone. What the socket does not take waits for the next call.
  bool flush() {
    while (!out_.empty()) {
      const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return errno == EAGAIN;
      out_.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Reads what is there and hands on each message. False: the server has closed.
  template <class F>
  bool receive(const F& on_message) {
    std::array<char, 256 * 1024> chunk;
    const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
    if (got > 0) in_.append(chunk.data(), static_cast<std::size_t>(got));
    std::string_view rest = in_;
    bool alive = true;
    if (!open_) {
      const std::size_t end = rest.find("\r\n\r\n");
      if (end == std::string_view::npos) return true;
      if (!rest.starts_with("HTTP/1.1 101")) return false;
      open_ = true;
      rest.remove_prefix(end + 4);
    }
    while (alive && take_frame(rest, on_message, alive)) {
    }
    in_.erase(0, in_.size() - rest.size());
    return alive && flush();
  }

  void drop() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    open_ = false;
    in_.clear();
    out_.clear();
  }

 private:
  static constexpr unsigned kPing = 9, kClose = 8;

  void append_length(std::size_t length) {
    if (length < 126) {
      out_ += static_cast<char>(0x80 | length);
    } else if (length < 65536) {
      out_ += '\xfe';
      out_ += static_cast<char>(length >> 8);
      out_ += static_cast<char>(length);
    } else {
      out_ += '\xff';
      for (int shift = 56; shift >= 0; shift -= 8) out_ += static_cast<char>(length >> shift);
    }
  }

  template <class F>
  bool take_frame(std::string_view& rest, const F& on_message, bool& alive) {
    if (rest.size() < 2) return false;
    std::size_t length = static_cast<unsigned char>(rest[1]) & 0x7f;
    std::size_t head = 2;
    if (length >= 126) {
      const std::size_t bytes = length == 126 ? 2 : 8;
      if (rest.size() < 2 + bytes) return false;
      length = 0;
      for (std::size_t i = 0; i < bytes; ++i) {
        length = length << 8 | static_cast<unsigned char>(rest[2 + i]);
      }
      head += bytes;
    }
    if (rest.size() < head + length) return false;
    const std::string_view payload = rest.substr(head, length);
    const unsigned opcode = static_cast<unsigned char>(rest[0]) & 0x0f;
    ++frames_;
    if (opcode == kClose) alive = false;
    if (opcode == kPing) {
      out_ += '\x8a';
      append_length(payload.size());
      out_.append(4, '\0');
      out_ += payload;
    }
    if (opcode <= 2) on_message(payload);
    rest.remove_prefix(head + length);
    return true;
  }

  int fd_ = -1;
  bool open_ = false;
  std::uint64_t frames_ = 0;
  std::string in_;
  std::string out_;
};
