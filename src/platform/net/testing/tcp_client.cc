#include "platform/net/testing/tcp_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/check.h"

namespace ashlar::net {

TcpClient::TcpClient(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  CHECK(fd_ >= 0);
  if (receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  closed_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

TcpClient::~TcpClient() { ::close(fd_); }

bool TcpClient::wait_for(short events, int timeout_ms) const {
  pollfd one{fd_, events, 0};
  return ::poll(&one, 1, timeout_ms) > 0;
}

bool TcpClient::send(std::string_view bytes, int timeout_ms) {
  while (!bytes.empty() && !closed_) {
    const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno != EAGAIN) {
      closed_ = true;
    } else if (!wait_for(POLLOUT, timeout_ms)) {
      return false;
    }
  }
  return bytes.empty();
}

void TcpClient::end_output() { ::shutdown(fd_, SHUT_WR); }

std::string TcpClient::receive_some(int timeout_ms) {
  std::array<char, 16 * 1024> part{};
  if (closed_ || !wait_for(POLLIN, timeout_ms)) return {};
  const ssize_t got = ::recv(fd_, part.data(), part.size(), 0);
  if (got > 0) return {part.data(), static_cast<std::size_t>(got)};
  closed_ = got == 0 || errno != EAGAIN;
  return {};
}

std::string TcpClient::receive(std::size_t size, int timeout_ms) {
  std::string all;
  while (all.size() < size) {
    const std::string part = receive_some(timeout_ms);
    if (part.empty()) break;
    all += part;
  }
  return all;
}

std::string TcpClient::receive_all(int timeout_ms) {
  return receive(static_cast<std::size_t>(-1), timeout_ms);
}

}  // namespace ashlar::net
