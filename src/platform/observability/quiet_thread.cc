#include "platform/observability/quiet_thread.h"

#include <pthread.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): the mask functions are POSIX

#include <utility>

#include "base/check.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::obs {

std::thread start_quiet_thread(std::string_view name, std::function<void()> run) {
  // The new thread inherits the mask, so that not even its first instruction can be interrupted.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
  std::thread thread([name, run = std::move(run)] {
    runtime::set_thread_name(name);
    run();
  });
  CHECK(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
  return thread;
}

}  // namespace ashlar::obs
