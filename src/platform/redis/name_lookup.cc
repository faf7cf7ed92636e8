#include "platform/redis/name_lookup.h"

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <mutex>
#include <thread>

#include "platform/runtime/thread_name.h"

namespace ashlar::redis {
namespace {

constexpr std::size_t kMaxAddresses = 8;

NameLookup::Found look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) {
    return base::fail(base::Code::kUnavailable, "redis_unreachable",
                      host + ": " + ::gai_strerror(error));
  }
  std::vector<SocketAddress> found;
  for (const addrinfo* at = list; at != nullptr && found.size() < kMaxAddresses; at = at->ai_next) {
    if (at->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress& address = found.emplace_back();
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
  }
  ::freeaddrinfo(list);
  return found;
}

}  // namespace

struct NameLookup::Shared {
  std::mutex mutex;  // guards what follows
  std::optional<Found> found;
};

NameLookup::NameLookup(std::string host, std::uint16_t port) : shared_(std::make_shared<Shared>()) {
  Found numeric = look_up(host, port, AI_NUMERICHOST);
  if (numeric.ok()) {
    shared_->found = std::move(numeric);
    return;
  }
  std::thread([shared = shared_, host = std::move(host), port] {
    runtime::set_thread_name("redis-lookup");
    Found found = look_up(host, port, 0);
    const std::lock_guard lock(shared->mutex);
    shared->found = std::move(found);
  }).detach();
}

std::optional<NameLookup::Found> NameLookup::found() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->found;
}

}  // namespace ashlar::redis
