// FaultProxy: stands in front of an HTTP server of this machine, hands requests on and answers
// back, and on the way does harm: delay, failures, cut answers, push-back. What it does can be
// changed while it runs. For tests.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "base/random.h"
#include "platform/outbound/testing/fault_server.h"

namespace ashlar::example {

struct Faults {
  double fail = 0;  // share of requests that get 500
  double slow = 0;  // share that is late by slow_by
  std::chrono::milliseconds slow_by{0};
  double cut = 0;        // share whose answer breaks off
  double push_back = 0;  // share that gets 503 with Retry-After: 1
};

class FaultProxy {
 public:
  using Server = outbound::FaultServer;

  FaultProxy(std::uint16_t upstream_port, std::uint64_t seed)
      : upstream_port_(upstream_port),
        random_(seed),
        server_([this](const Server::Request& request) { return pass(request); }) {}

  void set(const Faults& faults) {
    const std::lock_guard lock(mutex_);
    faults_ = faults;
  }
  [[nodiscard]] std::string url(std::string_view path) const { return server_.url(path); }
  [[nodiscard]] int requests() const { return server_.requests(); }
  // What the latest request said in Ashlar-Timeout-Ms.
  [[nodiscard]] int last_timeout_ms() const { return last_timeout_ms_; }
  // Most requests at once since the last call of this.
  int take_most_at_once() { return most_at_once_.exchange(at_once_); }

 private:
  struct AtOnce {
    explicit AtOnce(FaultProxy& proxy) : proxy_(proxy) {
      const int now = ++proxy_.at_once_;
      int most = proxy_.most_at_once_;
      while (most < now && !proxy_.most_at_once_.compare_exchange_weak(most, now)) {
      }
    }
    ~AtOnce() { --proxy_.at_once_; }
    AtOnce(const AtOnce&) = delete;
    AtOnce& operator=(const AtOnce&) = delete;
    FaultProxy& proxy_;
  };

  Server::Reply pass(const Server::Request& request) {
    const AtOnce counted(*this);
    const std::string told = request.field("Ashlar-Timeout-Ms");
    if (!told.empty()) last_timeout_ms_ = std::stoi(told);
    Faults faults;
    double fail = 0, slow = 0, cut = 0, push_back = 0;
    {
      const std::lock_guard lock(mutex_);
      faults = faults_;
      fail = random_.unit(), slow = random_.unit(), cut = random_.unit(),
      push_back = random_.unit();
    }
    // The delay is the proxy's own, so that those who wait in it count as at once.
    if (slow < faults.slow) std::this_thread::sleep_for(faults.slow_by);
    if (push_back < faults.push_back) return {.status = 503, .headers = "Retry-After: 1\r\n"};
    if (fail < faults.fail) return {.status = 500, .body = R"({"error":"injected"})"};
    Server::Reply reply = forward(request);
    reply.cut = cut < faults.cut;
    return reply;
  }

  // One request, one connection: what is asked for ends with the connection.
  Server::Reply forward(const Server::Request& request) const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(upstream_port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string in;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      const std::string out = request.head + "\r\n";
      ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
      ::shutdown(fd, SHUT_WR);
      std::array<char, 4096> buffer{};
      for (ssize_t got; (got = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
        in.append(buffer.data(), static_cast<std::size_t>(got));
      }
    }
    ::close(fd);
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string::npos) return {.status = 502};
    return {.status = std::stoi(in.substr(9, 3)), .body = in.substr(end + 4)};
  }

  const std::uint16_t upstream_port_;
  std::atomic<int> last_timeout_ms_{0};
  std::atomic<int> at_once_{0};
  std::atomic<int> most_at_once_{0};
  std::mutex mutex_;  // guards what follows
  Faults faults_;
  base::Random random_;
  Server server_;
};

}  // namespace ashlar::example
