#include "platform/storage/sqlite_checkpointer.h"

#include <sqlite3.h>

#include <utility>

#include "platform/observability/log.h"
#include "platform/observability/quiet_thread.h"
#include "platform/storage/sqlite_connection.h"

namespace ashlar::storage {

SqliteCheckpointer::SqliteCheckpointer(std::unique_ptr<SqliteConnection> connection, obs::Log& log)
    : connection_(std::move(connection)),
      log_(log),
      thread_(obs::start_quiet_thread("storage-ckpt", [this] { run(); })) {}

SqliteCheckpointer::~SqliteCheckpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SqliteCheckpointer::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(wanted_, true)) return;
  }
  changed_.notify_one();
}

void SqliteCheckpointer::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return wanted_ || stopping_; });
      if (stopping_) return;
      wanted_ = false;
    }
    const std::lock_guard running(running_);
    const int code = sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
      log_.error("storage: a checkpoint failed",
                 {{"detail", connection_->last_error(code).detail}});
    }
  }
}

}  // namespace ashlar::storage
