#include "app/file_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "app/config.h"

namespace ashlar::app {

using base::Code;
using base::fail;

base::Result<std::uint64_t> raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return limit.rlim_cur;
  }
  return fail(Code::kUnavailable, "file_limit",
              std::string("cannot set the limit of open files: ") + std::strerror(errno));
}

namespace {

constexpr std::uint64_t kOfEventLoop = 4;  // epoll, wake-up, timer

std::uint64_t files_of_limits(const LimitsConfig& limits) {
  std::uint64_t files = kOfEventLoop * (limits.io_threads + 1);
  for (const std::string* listener :
       {&limits.grpc_listen, &limits.resp_listen, &limits.http_listen}) {
    if (!listener->empty()) files += limits.max_connections;
  }
  return files;
}

}  // namespace

std::uint64_t files_beside_connections(const Config& config) {
  // Standard streams, listeners, logs, the lock, the collector's connections, certificates while
  // they are read, and the scrapes of a metrics listener.
  constexpr std::uint64_t kOthers = 96;
  constexpr std::uint64_t kOfSqliteConnection = 3;  // database, log, index
  constexpr std::uint64_t kSqliteWriters = 2;       // and the checkpointer
  const std::uint64_t storage = config.store.empty()
                                    ? kOfSqliteConnection * (config.sqlite_readers + kSqliteWriters)
                                    : config.postgres_connections + 1;  // LISTEN has its own
  return kOthers + kOfEventLoop * (config.http.io_threads + 1) + storage +
         files_of_limits(config.limits) +
         (config.async.faktory_listen.empty()
              ? 0
              : kOfEventLoop + config.async.faktory_max_connections);
}

base::Status fit_connections(Config& config, std::uint64_t open_files) {
  const std::uint64_t others = files_beside_connections(config);
  if (open_files <= others) {
    return fail(Code::kUnavailable, "too_few_files",
                "at most " + std::to_string(open_files) + " files may be open (ulimit -n); " +
                    std::to_string(others + 1) + " are needed with these settings");
  }
  config.http.max_connections =
      std::min<std::uint64_t>(config.http.max_connections, open_files - others);
  return base::ok_status();
}

}  // namespace ashlar::app
