#include "platform/jobs/waker.h"

#include <map>
#include <utility>

#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {
namespace {

constexpr const char* kChannel = "jobs.ready";

// Our own notices come back to us within write(): those who wait here know already.
thread_local bool sending = false;

}  // namespace

struct Waker::Board {
  std::mutex mutex;  // held while waiters are called: end() waits for it
  std::uint64_t last = 0;
  std::map<std::uint64_t, Waiter> waiters;

  void wake(std::string_view kind) {
    const std::lock_guard lock(mutex);
    for (const auto& [id, waiter] : waiters) {
      if (kind.empty() || waiter.kind == kind) waiter.wake();
    }
  }
};

Waker::Waker(storage::Database& db)
    : db_(db),
      remote_(db.dialect() == storage::Dialect::kPostgres),
      board_(std::make_shared<Board>()) {
  db.subscribe(kChannel, [board = board_](const storage::Database::Notice& notice) {
    if (sending && !notice.resync) return;
    board->wake(notice.resync ? std::string_view() : notice.payload);
  });
}

Waker::~Waker() { stop(); }

std::uint64_t Waker::add(std::string kind, std::function<void()> wake) {
  const std::lock_guard lock(board_->mutex);
  const std::uint64_t id = ++board_->last;
  board_->waiters.emplace(id, Waiter{std::move(kind), std::move(wake)});
  return id;
}

void Waker::end(std::uint64_t waiter) {
  const std::lock_guard lock(board_->mutex);
  board_->waiters.erase(waiter);
}

void Waker::wake(std::string_view kind) {
  board_->wake(kind);
  if (!remote_) return;
  const std::lock_guard lock(mutex_);
  if (!running_ || unsent_.contains(kind)) return;
  unsent_.emplace(kind);
  changed_.notify_one();
}

void Waker::start() {
  if (!remote_ || thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
    stopping_ = false;
  }
  thread_ = std::thread([this] {
    runtime::set_thread_name("jobs-notices");
    send_notices();
  });
}

void Waker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    running_ = false;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Waker::send_notices() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !unsent_.empty(); });
    if (unsent_.empty()) return;
    const std::set<std::string, std::less<>> kinds = std::exchange(unsent_, {});
    lock.unlock();
    sending = true;
    const auto context = storage::Context::platform(storage::PlatformUse::kJobs).read_committed();
    // A notice that is lost costs a poll, no job: nothing is to be done about an error.
    const base::Status sent = db_.write(context, [&](storage::Transaction& tx) -> base::Status {
      for (const std::string& kind : kinds) tx.notify(kChannel, kind);
      return base::ok_status();
    });
    sending = false;
    lock.lock();
    if (!sent.ok() && stopping_) return;
    if (!stopping_) changed_.wait_for(lock, kPause, [&] { return stopping_; });
  }
}

}  // namespace ashlar::jobs
