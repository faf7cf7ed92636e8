#include "platform/cache/testing/redis_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "platform/cache/redis_connection.h"

namespace ashlar::cache {
namespace {

constexpr const char* kServer = "/usr/bin/redis-server";

}  // namespace

std::uint16_t RedisProcess::free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::unique_ptr<RedisProcess> RedisProcess::start(std::uint16_t port,
                                                  std::vector<std::string> extra) {
  if (::access(kServer, X_OK) != 0) return nullptr;
  std::unique_ptr<RedisProcess> process(
      new RedisProcess(port == 0 ? free_port() : port, std::move(extra)));
  CHECK(process->spawn());
  CHECK(process->wait_until_up());
  return process;
}

RedisProcess::~RedisProcess() { kill(); }

bool RedisProcess::spawn() {
  const std::string port = std::to_string(port_);
  std::vector<std::string> words{kServer, "--port",       port,     "--bind", "127.0.0.1",
                                 "--dir", folder_.path(), "--save", "",       "--appendonly",
                                 "no"};
  words.insert(words.end(), extra_.begin(), extra_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string out = folder_.path() + "/redis.log";
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&files, 1, 2);
  const int error = ::posix_spawn(&pid_, kServer, &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  return error == 0;
}

bool RedisProcess::wait_until_up() {
  const base::SystemClock clock;
  const base::Mono end = clock.mono() + base::Seconds{10};
  const RedisAddress address{.host = "127.0.0.1", .port = port_, .user = {}, .password = {}};
  const std::array<RedisConnection::Command, 1> ping{RedisConnection::Command{"PING"}};
  while (clock.mono() < end) {
    auto connection = RedisConnection::open(address, clock, clock.mono() + base::Millis{200});
    if (connection.ok()) {
      const auto replies = (*connection)->run(ping, clock.mono() + base::Millis{200});
      const bool answers = replies.ok() && replies->front().kind != RedisReply::Kind::kNil;
      const std::string_view text = answers ? std::string_view(replies->front().text) : "";
      if (text == "PONG" || text.starts_with("NOAUTH")) return true;
    }
    ::poll(nullptr, 0, 10);
  }
  return false;
}

void RedisProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisProcess::start_again() { CHECK(pid_ <= 0 && spawn() && wait_until_up()); }

void RedisProcess::freeze(bool stop) { ::kill(pid_, stop ? SIGSTOP : SIGCONT); }

}  // namespace ashlar::cache
