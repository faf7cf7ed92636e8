// NameLookup: the addresses of a host, without a loop that waits for them: names are looked up by a
// thread of their own that lives as long as the question. Numbers are answered at once.
//
// Who destroys a NameLookup need not wait for the thread, which then keeps what it needs.
// Threads: one.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace ashlar::redis {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);  // NOLINT(*-reinterpret-cast)
  }
};

class NameLookup {
 public:
  using Found = base::Result<std::vector<SocketAddress>>;

  NameLookup(std::string host, std::uint16_t port);

  // nullopt: not known yet. Error: kUnavailable redis_unreachable.
  [[nodiscard]] std::optional<Found> found() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace ashlar::redis
