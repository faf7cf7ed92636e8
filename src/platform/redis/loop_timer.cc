#include "platform/redis/loop_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace ashlar::redis {

LoopTimer::LoopTimer(runtime::EventLoop& loop, std::function<void()> run)
    : loop_(loop),
      run_(std::move(run)),
      fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  CHECK(fd_ >= 0);
  loop_.add(fd_, *this);
}

LoopTimer::~LoopTimer() {
  loop_.remove(fd_, *this);
  ::close(fd_);
}

void LoopTimer::wake_by(base::Mono at) {
  if (set_ && *set_ <= at) return;
  set_ = at;
  // Relative, since the loop's clock may be a test's; at least 1 ns, since 0 would mean never.
  const auto wait = std::max(at - loop_.mono(), std::chrono::nanoseconds{1});
  const auto seconds = std::chrono::duration_cast<base::Seconds>(wait);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec = (wait - seconds).count();
  CHECK(::timerfd_settime(fd_, 0, &spec, nullptr) == 0);
}

void LoopTimer::on_ready(Ready ready) {
  if (!ready.readable) return;
  std::uint64_t count = 0;
  if (::read(fd_, &count, sizeof count) != sizeof count) return;
  set_.reset();
  run_();
}

}  // namespace ashlar::redis
