#include "platform/runtime/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ashlar::runtime {
namespace {

constexpr int kNicer = 5;

}  // namespace

void let_others_go_first() {
  const sched_param none{};
  [[maybe_unused]] const int batch = ::sched_setscheduler(0, SCHED_BATCH, &none);
  // On Linux of this thread alone.
  const auto self = static_cast<id_t>(::gettid());
  [[maybe_unused]] const int nice =
      ::setpriority(PRIO_PROCESS, self, ::getpriority(PRIO_PROCESS, self) + kNicer);
}

}  // namespace ashlar::runtime
