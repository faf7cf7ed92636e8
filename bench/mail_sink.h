// MailSink: a mail server that takes everything and keeps nothing, and can fail on command. One
// thread's, driven by its owner's epoll; several connections, pipelining.
//
//   open(port) ──> watch each fd that on_fd() names ──> ready(fd) ──> on_mail(number) at each final
//   dot
//
// A mail's number is what stands behind the `m` of its subject ("Subject: m123 …"): -1 where there
// is none.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

class MailSink {
 public:
  enum class Mode : std::uint8_t {
    kTake,
    kHold,    // connections are kept and not read: what was begun waits
    kError,   // 451 4.3.2 to each MAIL
    kSilent,  // reads and never answers
    kRefuse,  // no listener, connections reset
  };
  struct Counts {
    std::uint64_t taken = 0;
    std::uint64_t failed = 0;  // mails, or connections, that were begun and not taken
  };

  MailSink(int epoll, std::uint16_t port, std::function<void(std::int64_t number)> on_mail)
      : epoll_(epoll), port_(port), on_mail_(std::move(on_mail)) {}

  // False: the port is taken.
  bool open() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
    ::listen(listener_, 256);
    watch(listener_);
    return true;
  }

  void set(Mode mode) {
    const Mode before = std::exchange(mode_, mode);
    if (mode == Mode::kRefuse) {
      ::close(std::exchange(listener_, -1));
      while (!connections_.empty()) drop(connections_.begin()->first);
    } else if (before == Mode::kRefuse) {
      open();
    }
    if (before != Mode::kHold) return;
    // What came meanwhile: level-triggered, so that reading again is enough.
    for (auto& [fd, connection] : connections_) watch(fd);
  }
  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }

  // Whether it is one of its own.
  bool ready(int fd) {
    if (fd == listener_) {
      accept();
      return true;
    }
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return false;
    receive(fd, found->second);
    return true;
  }

 private:
  struct Connection {
    std::string in, out;
    bool in_data = false;
    bool refused = false;  // the transaction that is under way
  };

  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.emplace(fd, Connection());
    watch(fd);
    if (mode_ == Mode::kSilent) {
      ++counts_.failed;
    } else {
      say(fd, "220 sink ESMTP\r\n");
    }
  }

  void drop(int fd) {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    if (mode_ == Mode::kRefuse) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::close(fd);
    connections_.erase(fd);
  }

  static void say(int fd, std::string_view text) {
    // Answers are short: a socket that takes none of them belongs to somebody who does not read.
    [[maybe_unused]] const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  }

  void receive(int fd, Connection& connection) {
    if (mode_ == Mode::kHold) {
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
      return;
    }
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return drop(fd);
    if (mode_ == Mode::kSilent) {
      connection.in.clear();  // never answered: nothing of it counts
      return;
    }
    connection.in.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t at = 0;
    while (take(connection, at)) {
    }
    connection.in.erase(0, at);
    if (!connection.out.empty()) say(fd, connection.out);
    connection.out.clear();
  }

  // One line, or one mail's text. False: there is no whole one.
  bool take(Connection& c, std::size_t& at) {
    if (c.in_data) {
      const std::size_t end = c.in.find("\r\n.\r\n", at == 0 ? 0 : at - 2);
      if (end == std::string::npos) return false;
      const std::string_view text = std::string_view(c.in).substr(at, end - at);
      at = end + 5;
      c.in_data = false;
      const std::size_t subject = text.find("Subject: m");
      const bool numbered = subject != std::string_view::npos;
      c.out += "250 2.0.0 taken\r\n";
      ++counts_.taken;
      on_mail_(numbered ? std::strtoll(text.data() + subject + 10, nullptr, 10) : -1);
      return true;
    }
    const std::size_t end = c.in.find("\r\n", at);
    if (end == std::string::npos) return false;
    const std::string_view line = std::string_view(c.in).substr(at, end - at);
    at = end + 2;
    answer(c, line.substr(0, 4));
    return true;
  }

  void answer(Connection& c, std::string_view verb) {
    if (verb == "EHLO") {
      c.out += "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n";
    } else if (verb == "MAIL" && mode_ == Mode::kError) {
      ++counts_.failed;
      c.refused = true;
      c.out += "451 4.3.2 not now\r\n";
    } else if (verb == "MAIL") {
      c.refused = false;
      c.out += "250 2.1.0 go on\r\n";
    } else if (verb == "RCPT" || verb == "DATA") {
      c.in_data = verb == "DATA" && !c.refused;
      c.out += c.refused   ? "503 5.5.1 no sender\r\n"
               : c.in_data ? "354 go on\r\n"
                           : "250 2.1.5 ok\r\n";
    } else if (verb == "QUIT") {
      c.out += "221 2.0.0 bye\r\n";
    } else {
      c.out += "250 2.0.0 ok\r\n";
    }
  }

  const int epoll_;
  const std::uint16_t port_;
  const std::function<void(std::int64_t)> on_mail_;
  int listener_ = -1;
  Mode mode_ = Mode::kTake;
  Counts counts_;
  std::unordered_map<int, Connection> connections_;
};
