#include "platform/http/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ashlar::http {
namespace {

using base::Code;
using base::fail;

constexpr int kBacklog = 4096;

std::string authority_of(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

int open_bound(const addrinfo& where) {
  const int fd = ::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, where.ai_addr, where.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

ListenSocket::ListenSocket(int fd, std::string authority, std::uint16_t port)
    : fd_(fd), authority_(std::move(authority)), port_(port) {}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      authority_(std::move(other.authority_)),
      port_(other.port_) {}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(authority_, other.authority_);
  std::swap(port_, other.port_);
  return *this;
}

ListenSocket::~ListenSocket() { close(); }

void ListenSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

base::Result<ListenSocket> ListenSocket::bind(const std::string& address, std::uint16_t port) {
  const std::string numeric = address == "localhost" ? "127.0.0.1" : address;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(numeric.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return fail(Code::kInvalid, "bad_listen_address",
                authority_of(address, port) + " is not an address to listen on");
  }
  const int fd = open_bound(*found);
  const int error = errno;
  ::freeaddrinfo(found);
  if (fd < 0) {
    return fail(Code::kUnavailable, error == EADDRINUSE ? "address_in_use" : "cannot_listen",
                "cannot listen on " + authority_of(address, port) + ": " + std::strerror(error));
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  const std::uint16_t bound_port =
      ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                        : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  return ListenSocket(fd, authority_of(address, bound_port), bound_port);
}

}  // namespace ashlar::http
