#include "platform/runtime/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/clock.h"

namespace ashlar::runtime {
namespace {

constexpr std::size_t kEventsPerWakeUp = 256;

constinit thread_local const EventLoop* running = nullptr;  // on this thread

}  // namespace

EventLoop::EventLoop(const base::Clock& clock, base::Millis tick_interval)
    : clock_(clock),
      tick_interval_(tick_interval),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // null marks the wake-up
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0);
  refresh_time();
  next_tick_ = mono_ + tick_interval_;
}

EventLoop::~EventLoop() {
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

void EventLoop::add(int fd, Watcher& watcher) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watcher;
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void EventLoop::remove(int fd, Watcher& watcher) {
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  removed_.push_back(&watcher);
}

void EventLoop::on_tick(std::function<void()> run) { ticks_.push_back(std::move(run)); }

void EventLoop::run_at(base::Mono when, std::function<void()> run) {
  timers_.emplace(when, std::move(run));
}

void EventLoop::post(std::function<void()> run) {
  bool signal = false;
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(run));
    if (running == this) {
      posted_here_ = true;  // it will not wait
    } else {
      signal = !signalled_;
      signalled_ = true;
    }
  }
  if (signal) {
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from its limit, since it is written once per drain.
    [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
  }
}

void EventLoop::stop() {
  stopping_.store(true);
  post([] {});
}

void EventLoop::run() {
  running = this;
  std::array<epoll_event, kEventsPerWakeUp> events{};
  while (!stopping_.load(std::memory_order_relaxed)) {
    const int count = ::epoll_wait(epoll_fd_, events.data(), kEventsPerWakeUp, timeout_ms());
    CHECK(count >= 0 || errno == EINTR);
    refresh_time();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto* watcher = static_cast<Watcher*>(event.data.ptr);
      if (watcher == nullptr) {
        drain_wake_up();
      } else if (removed_.empty() || std::ranges::find(removed_, watcher) == removed_.end()) {
        watcher->on_ready({.readable = (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
                           .writable = (event.events & EPOLLOUT) != 0,
                           .hangup = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0});
      }
    }
    removed_.clear();
    run_posted();
    removed_.clear();  // nothing is pending any more
    run_timers();
    if (mono_ >= next_tick_) {
      next_tick_ = mono_ + tick_interval_;
      for (const auto& tick : ticks_) tick();
      removed_.clear();
    }
  }
  run_posted();
  running = nullptr;
}

void EventLoop::refresh_time() {
  now_ = clock_.now();
  mono_ = clock_.mono();
  const std::int64_t second = base::to_unix_seconds(now_);
  if (second != date_second_) {
    date_second_ = second;
    date_header_ = "Date: " + base::format_http_date(now_) + "\r\n";
  }
}

int EventLoop::timeout_ms() const {
  if (posted_here_) return 0;
  base::Mono next = next_tick_;
  if (!timers_.empty()) next = std::min(next, timers_.begin()->first);
  const auto wait = std::chrono::ceil<base::Millis>(next - mono_).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 1000));
}

// What these set for now or earlier runs in the next round, so that sockets get their turn between.
void EventLoop::run_timers() {
  std::vector<std::function<void()>> due;
  while (!timers_.empty() && timers_.begin()->first <= mono_) {
    due.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
  }
  for (const auto& run : due) run();
  removed_.clear();
}

void EventLoop::drain_wake_up() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof count);
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> batch;
  posted_here_ = false;
  {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) return;
    batch.swap(posted_);
    signalled_ = false;
  }
  // What these post runs in the next round, so that sockets get their turn in between.
  for (const auto& run : batch) run();
}

}  // namespace ashlar::runtime
