#include "platform/events/wake_notices.h"

#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::events {

void WakeNotices::start() {
  if (db_.dialect() == storage::Dialect::kSqlite || thread_.joinable()) return;
  thread_ = std::thread([this] {
    runtime::set_thread_name("events-wake");
    run();
  });
}

void WakeNotices::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void WakeNotices::request() {
  if (wanted_.exchange(true)) return;
  // The lock is taken so that the thread is either before its look at wanted_ or asleep.
  {
    const std::lock_guard lock(mutex_);
  }
  changed_.notify_one();
}

void WakeNotices::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || wanted_.load(); });
    if (stopping_) return;
    wanted_ = false;
    lock.unlock();
    const auto context = storage::Context::platform(storage::PlatformUse::kEvents).read_committed();
    // One that is lost costs the others their poll's interval.
    static_cast<void>(db_.write(context, [](storage::Transaction& tx) {
      tx.notify(kWakeChannel, "");
      return base::ok_status();
    }));
    lock.lock();
    changed_.wait_for(lock, kEvery, [this] { return stopping_; });
  }
}

}  // namespace ashlar::events
