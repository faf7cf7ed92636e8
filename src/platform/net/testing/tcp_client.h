// TcpClient: a test's end of a TCP connection to 127.0.0.1. Blocking, every wait bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::net {

class TcpClient {
 public:
  static constexpr int kTimeoutMs = 5'000;

  // `receive_buffer`: the kernel's, for a client that reads slowly; 0: as it is.
  explicit TcpClient(std::uint16_t port, int receive_buffer = 0);
  ~TcpClient();
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  // False: the server has closed, or takes nothing for `timeout_ms`.
  bool send(std::string_view bytes, int timeout_ms = kTimeoutMs);
  void end_output();  // half-close
  // What comes until `size` bytes are there, the server closes or it takes too long.
  std::string receive(std::size_t size, int timeout_ms = kTimeoutMs);
  // What is there within `timeout_ms`, at most one read.
  std::string receive_some(int timeout_ms = kTimeoutMs);
  // All until the server closes. closed() is false where it did not in time.
  std::string receive_all(int timeout_ms = kTimeoutMs);
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  [[nodiscard]] bool wait_for(short events, int timeout_ms) const;

  int fd_;
  bool closed_ = false;
};

}  // namespace ashlar::net
