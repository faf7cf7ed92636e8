#include "platform/runtime/periodic.h"

#include "platform/runtime/thread_name.h"

namespace ashlar::runtime {

Periodic::Periodic(const std::string& name, base::Millis interval, std::function<void()> run)
    : interval_(interval), run_(std::move(run)), thread_([this, name] {
        set_thread_name(name);
        loop();
      }) {}

Periodic::~Periodic() { stop(); }

void Periodic::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void Periodic::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Periodic::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, interval_, [this] { return stopping_ || woken_; });
    if (stopping_) return;
    woken_ = false;
    lock.unlock();
    run_();
    lock.lock();
  }
}

}  // namespace ashlar::runtime
