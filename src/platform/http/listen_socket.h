// ListenSocket: a bound TCP address, before there is a server behind it.
//
// Bound first because what is built next needs to know the address: the port that the kernel chose
// for port 0 becomes part of the public URL. Connections wait in the backlog until Server::start().
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace ashlar::http {

class ListenSocket {
 public:
  // `address` is numeric, or localhost. No SO_REUSEPORT: a second server on the port is an error.
  // Errors: kInvalid bad_listen_address; kUnavailable address_in_use, cannot_listen.
  static base::Result<ListenSocket> bind(const std::string& address, std::uint16_t port);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;
  ~ListenSocket();

  [[nodiscard]] int fd() const { return fd_; }  // -1 after close()
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // "127.0.0.1:8080", "[::1]:8080"
  [[nodiscard]] const std::string& authority() const { return authority_; }
  void close();

 private:
  ListenSocket(int fd, std::string authority, std::uint16_t port);

  int fd_;
  std::string authority_;
  std::uint16_t port_;
};

}  // namespace ashlar::http
