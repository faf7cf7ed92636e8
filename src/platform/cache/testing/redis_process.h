// RedisProcess: a Redis server for the time of a test, on a free port of 127.0.0.1, in a folder of
// its own. start() gives null where none is installed: the test is then to skip, and to say so.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::cache {

class RedisProcess {
 public:
  static constexpr const char* kNone = "redis-server is not installed: nothing is tested on Redis";

  // With `port`: that one. `extra`: more of its command line. Aborts where it does not come up
  // within ten seconds.
  static std::unique_ptr<RedisProcess> start(std::uint16_t port = 0,
                                             std::vector<std::string> extra = {});
  ~RedisProcess();  // SIGKILL
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  static std::uint16_t free_port();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void kill();             // gone, port free
  void start_again();      // on the same port and folder
  void freeze(bool stop);  // SIGSTOP, SIGCONT: connects, answers nothing

 private:
  RedisProcess(std::uint16_t port, std::vector<std::string> extra)
      : port_(port), extra_(std::move(extra)) {}
  bool spawn();
  bool wait_until_up();

  storage::TemporaryDirectory folder_;
  std::uint16_t port_;
  std::vector<std::string> extra_;
  pid_t pid_ = -1;
};

}  // namespace ashlar::cache
