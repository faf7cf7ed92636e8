#include "platform/outbound/host_lookup.h"

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "platform/runtime/thread_name.h"

namespace ashlar::outbound {
namespace {

using Addresses = std::vector<SocketAddress>;

base::Result<Addresses> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) {
    return base::fail(base::Code::kUnavailable, "name_unknown",
                      host + ": " + ::gai_strerror(error));
  }
  Addresses found;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    if (found.size() == HostLookup::kMaxAddresses) break;
    if (at->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress& address = found.emplace_back();
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
  }
  ::freeaddrinfo(list);
  return found;
}

struct Question {
  std::string host;
  std::uint16_t port;
  HostLookup::Found found;
};

}  // namespace

struct HostLookup::Shared {
  std::optional<Question> next() {
    const std::lock_guard lock(mutex);
    if (questions.empty()) {
      --threads;
      return std::nullopt;
    }
    Question question = std::move(questions.front());
    questions.pop_front();
    return question;
  }
  // Told under the lock, so that nobody is told after the destructor.
  void answer(const Question& question, base::Result<Addresses> result) {
    const std::lock_guard lock(mutex);
    if (!gone) question.found(std::move(result));
  }

  std::mutex mutex;  // guards what follows
  std::deque<Question> questions;
  std::size_t threads = 0;
  bool gone = false;
};

HostLookup::HostLookup(std::vector<std::string> names)
    : names_(std::move(names)), shared_(std::make_shared<Shared>()) {}

HostLookup::~HostLookup() {
  const std::lock_guard lock(shared_->mutex);
  shared_->gone = true;
  shared_->questions.clear();
}

void HostLookup::find(const std::string& given, std::uint16_t port, Found found) {
  std::string host = given;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string prefix = host + ":" + std::to_string(port) + ":";
  for (const std::string& name : names_) {
    if (name.starts_with(prefix)) host = name.substr(prefix.size());
  }
  base::Result<Addresses> numeric = look_up(host, port, AI_NUMERICHOST);
  if (numeric.ok()) return found(std::move(numeric));

  bool refused = false;
  bool start = false;
  {
    const std::lock_guard lock(shared_->mutex);
    refused = shared_->questions.size() >= kMaxWaiting;
    start = !refused && shared_->threads < kMaxThreads;
    if (start) ++shared_->threads;
    if (!refused) shared_->questions.push_back({std::move(host), port, std::move(found)});
  }
  if (refused) {
    return found(base::fail(base::Code::kUnavailable, "name_unknown", "too many names are asked"));
  }
  if (!start) return;
  std::thread([shared = shared_] {
    runtime::set_thread_name("host-lookup");
    while (std::optional<Question> question = shared->next()) {
      shared->answer(*question, look_up(question->host, question->port, 0));
    }
  }).detach();
}

}  // namespace ashlar::outbound
