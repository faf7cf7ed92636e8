// HostLookup: the addresses of names, without a loop that waits for them. getaddrinfo() cannot be
// interrupted, so it runs on threads of its own, kMaxThreads at most, which end when nobody asks.
//
// Numbers and names given to the constructor are answered within find(). Who destroys a HostLookup
// need not wait: what is still asked is then answered to nobody.
//
// Threads: find() and the destructor on one; `found` is called on another, but where find() knows
// the answer, and never after the destructor has returned.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ashlar::outbound {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);  // NOLINT(*-reinterpret-cast)
  }
};

class HostLookup {
 public:
  static constexpr std::size_t kMaxThreads = 4;
  static constexpr std::size_t kMaxAddresses = 8;  // of a name
  static constexpr std::size_t kMaxWaiting = 1024;

  using Found = std::function<void(base::Result<std::vector<SocketAddress>>)>;

  // "HOST:PORT:ADDRESS", as curl's --resolve.
  explicit HostLookup(std::vector<std::string> names);
  ~HostLookup();
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;

  // `host` may be an IPv6 address in brackets. Error: kUnavailable name_unknown.
  void find(const std::string& host, std::uint16_t port, Found found);

 private:
  struct Shared;
  const std::vector<std::string> names_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace ashlar::outbound
