// FaultServer: an HTTP/1.1 server on a free port of 127.0.0.1 that does what a test tells it to:
// answer, be late, break off, push back. A thread for each connection; for tests alone.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/check.h"

namespace ashlar::outbound {

class FaultServer {
 public:
  struct Request {
    std::string target;
    std::string head;  // whole, as sent
    int number;        // 1, 2, … of this server
    std::string body{};

    // "" where it was not sent. `name` as libcurl writes it.
    [[nodiscard]] std::string field(std::string_view name) const {
      const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
      if (at == std::string::npos) return {};
      const std::size_t from = at + name.size() + 4;
      return head.substr(from, head.find("\r\n", from) - from);
    }
  };
  struct Reply {
    int status = 200;
    std::string body = "{}";
    std::string headers{};  // each ended by CR LF
    std::chrono::milliseconds after{0};
    bool cut = false;      // half of the answer, then the end
    bool hang_up = false;  // the end, without a byte of an answer
  };
  using Handler = std::function<Reply(const Request&)>;

  explicit FaultServer(Handler handler) : handler_(std::move(handler)) {
    listen_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::bind(listen_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listen_, 256) == 0);
    socklen_t size = sizeof address;
    CHECK(::getsockname(listen_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~FaultServer() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    accepting_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listen_);
  }
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  void handle(Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }
  [[nodiscard]] int requests() const { return requests_.load(); }
  [[nodiscard]] std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

 private:
  void accept_all() {
    while (!stopped()) {
      pollfd ready{listen_, POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      const int fd = ::accept4(listen_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void serve(int fd) {
    std::string in;
    while (!stopped()) {
      pollfd ready{fd, POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      std::array<char, 4096> buffer{};
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      in.append(buffer.data(), static_cast<std::size_t>(got));
      bool open = true;
      while (open && take_request(fd, in, open)) {
      }
      if (!open) break;
    }
    ::close(fd);
  }

  // False: no whole request yet.
  bool take_request(int fd, std::string& in, bool& open) {
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    Request request{.target = {}, .head = in.substr(0, end + 2), .number = 0};
    const std::string length = request.field("Content-Length");
    const std::size_t whole = end + 4 + (length.empty() ? 0 : std::stoul(length));
    if (in.size() < whole) return false;
    request.body = in.substr(end + 4, whole - end - 4);
    in.erase(0, whole);
    const std::size_t from = request.head.find(' ') + 1;
    request.target = request.head.substr(from, request.head.find(' ', from) - from);
    request.number = ++requests_;
    open = answer(fd, request);
    return true;
  }

  bool answer(int fd, const Request& request) {
    std::unique_lock lock(mutex_);
    const Handler handler = handler_;
    lock.unlock();
    const Reply reply = handler(request);
    if (reply.after.count() > 0) {
      lock.lock();
      if (changed_.wait_for(lock, reply.after, [this] { return stopping_; })) return false;
      lock.unlock();
    }
    if (reply.hang_up) return false;
    std::string out = "HTTP/1.1 " + std::to_string(reply.status) +
                      " Status\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n" +
                      reply.headers + "\r\n" + reply.body;
    if (reply.cut) out.resize(out.size() / 2);
    const bool sent =
        ::send(fd, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
    return sent && !reply.cut;
  }

  int listen_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::list<std::thread> threads_;  // accept_all's, then the destructor's

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Handler handler_;
  bool stopping_ = false;

  std::thread accepting_;
};

}  // namespace ashlar::outbound
