#include "platform/storage/sqlite_writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/observability/quiet_thread.h"
#include "platform/storage/sqlite_checkpointer.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/sqlite_transaction.h"
#include "platform/storage/storage_metrics.h"
#include "platform/storage/transaction_function.h"

namespace ashlar::storage {
namespace {

constexpr base::Millis kIdleLook{200};
// A reader that holds an old snapshot must not hold the writer for long.
constexpr base::Millis kRestartPatience{100};

using Control = SqliteConnection::Control;

double seconds_between(base::Mono from, base::Mono to) {
  return std::chrono::duration<double>(to - from).count();
}

base::Error too_late() {
  return base::fail(base::Code::kDeadline, "storage_deadline",
                    "the deadline passed before the transaction ran");
}

// After these the engine has undone the transaction and knows it (a full disk is found out before
// the commit's last frame is written); after any other failure of COMMIT nobody knows.
bool commit_failed_cleanly(const base::Error& error) {
  const std::string_view reason = error.reason;
  return reason == "storage_constraint" || reason == "storage_duplicate" ||
         reason == "storage_busy" || reason == "storage_deadline" || reason == "storage_full";
}

}  // namespace

struct SqliteWriter::Request {
  Request(const Context& c, const Body& b) : context(c), body(b) {}

  const Context& context;
  const Body& body;
  base::Status outcome;
  std::vector<std::function<void()>> on_commit;
  std::vector<OutgoingNotice> notices;
  std::atomic<std::uint32_t> done{
      0};  // 1: the caller may read `outcome`; the writer forgets the request before
};

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteConnection> connection,
                           SqliteWriterOptions options, const base::Clock& clock, obs::Log& log,
                           StorageMetrics& metrics, NoticeBoard& board,
                           SqliteCheckpointer& checkpointer)
    : connection_(std::move(connection)),
      options_(options),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      board_(board),
      checkpointer_(checkpointer),
      next_restart_bytes_(options.wal_hard_bytes) {
  sqlite3_wal_hook(connection_->handle(), &SqliteWriter::on_wal, this);
  look_for_foreign_writes();  // nobody has subscribed yet: takes note of the version
  thread_ = obs::start_quiet_thread("storage-writer", [this] { run(); });
}

SqliteWriter::~SqliteWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

base::Status SqliteWriter::submit(const Context& context, const Body& body) {
  CHECK(!inside_transaction_function());
  Request request(context, body);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    CHECK(!stopping_);
    if (queue_.size() >= options_.queue_limit) {
      metrics_.refused.add();
      return base::fail(base::Code::kUnavailable, "storage_busy",
                        "too many transactions wait to be written");
    }
    queue_.push_back(&request);
    wake = std::exchange(idle_, false);
  }
  if (wake) work_.notify_one();
  request.done.wait(0, std::memory_order_acquire);
  return std::move(request.outcome);
}

void SqliteWriter::run() {
  while (wait_for_work()) {
    run_group();
    bound_wal();
  }
}

// False: stop, nothing is left.
bool SqliteWriter::wait_for_work() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (queue_.empty() && taken_.empty() && !stopping_) {
        idle_ = true;
        work_.wait_for(lock, kIdleLook);
        idle_ = false;
      }
      if (!queue_.empty() || !taken_.empty()) return true;
      if (stopping_) return false;
    }
    look_for_foreign_writes();
  }
}

void SqliteWriter::take_waiting() {
  const std::lock_guard lock(mutex_);
  taken_.insert(taken_.end(), queue_.begin(), queue_.end());
  queue_.clear();
  metrics_.queue_depth.set(static_cast<std::int64_t>(taken_.size()));
}

void SqliteWriter::run_group() {
  if (!begin_group()) return;
  look_for_foreign_writes();
  group_.clear();
  if (run_members() && commit()) {
    for (Request* request : group_) finish(*request);
    return;
  }
  roll_back();
  if (group_.size() == 1) return finish(*group_.front());
  log_.warn("storage: a group of transactions is run again one by one",
            {{"transactions", static_cast<std::int64_t>(group_.size())}});
  for (Request* request : std::exchange(group_, {})) run_alone(*request);
}

bool SqliteWriter::begin_group() {
  const base::Status begun = connection_->control(Control::kBeginImmediate);
  if (begun.ok()) return true;
  log_.error("storage: cannot begin a transaction", {{"detail", begun.error().detail}});
  fail_waiting(begun.error());
  return false;
}

// Takes what arrives meanwhile into the same commit, within its bounds. False: the outer
// transaction is gone.
bool SqliteWriter::run_members() {
  const base::Mono started = clock_.mono();
  while (group_.size() < options_.group_limit) {
    if (taken_.empty()) {
      if (!group_.empty() && clock_.mono() - started >= options_.group_time) break;
      take_waiting();
      if (taken_.empty()) break;
    }
    Request* request = taken_.front();
    taken_.pop_front();
    group_.push_back(request);
    if (!run_one(*request)) return false;
  }
  return true;
}

// False: the outer transaction is gone, or cannot be trusted.
bool SqliteWriter::run_one(Request& request) {
  request.on_commit.clear();
  request.notices.clear();
  const std::optional<base::Mono> deadline = request.context.deadline();
  if (deadline.has_value() && clock_.mono() >= *deadline) {
    metrics_.refused.add();
    request.outcome = too_late();
    return true;
  }
  base::Status opened = connection_->control(Control::kSavepoint);
  if (!opened.ok()) {
    request.outcome = std::move(opened);
    return false;
  }
  connection_->set_deadline(deadline);
  SqliteTransaction tx(*connection_, request.context);
  request.outcome = tx.run(request.body);
  connection_->set_deadline(std::nullopt);
  if (connection_->autocommit()) {
    if (request.outcome.ok()) {
      request.outcome = base::fail(base::Code::kInternal, "storage_error",
                                   "the transaction was ended from inside");
    }
    return false;
  }
  if (!request.outcome.ok() && !connection_->control(Control::kRollbackToSavepoint).ok())
    return false;
  const base::Status released = connection_->control(Control::kRelease);
  if (!released.ok()) {
    if (request.outcome.ok()) request.outcome = released;
    return false;
  }
  if (request.outcome.ok()) {
    request.on_commit = tx.take_on_commit();
    request.notices = tx.take_notices();
  }
  return true;
}

// False: refused and undone; nothing of the group is in the file.
bool SqliteWriter::commit() {
  const base::Mono started = clock_.mono();
  const base::Status committed = connection_->control(Control::kCommit);
  metrics_.commit_seconds.observe(seconds_between(started, clock_.mono()));
  metrics_.batch_size.observe(static_cast<double>(group_.size()));
  if (committed.ok()) return true;
  if (!commit_failed_cleanly(committed.error())) die(committed.error());
  for (Request* request : group_) request->outcome = committed;
  return false;
}

void SqliteWriter::roll_back() {
  if (connection_->autocommit()) return;
  const base::Status undone = connection_->control(Control::kRollback);
  if (!connection_->autocommit())
    die(undone.ok() ? connection_->last_error(SQLITE_INTERNAL) : undone.error());
}

void SqliteWriter::run_alone(Request& request) {
  metrics_.retries.add();
  group_.assign(1, &request);
  base::Status begun = connection_->control(Control::kBeginImmediate);
  if (!begun.ok()) {
    request.outcome = std::move(begun);
  } else if (!run_one(request) || !commit()) {
    roll_back();
  }
  finish(request);
}

void SqliteWriter::finish(Request& request) {
  if (request.outcome.ok()) {
    call_on_commit(request.on_commit);
    for (const OutgoingNotice& notice : request.notices)
      board_.deliver(notice.channel, notice.payload);
  }
  request.done.store(1, std::memory_order_release);
  request.done.notify_one();
}

void SqliteWriter::fail_waiting(const base::Error& error) {
  take_waiting();
  while (!taken_.empty()) {
    Request* request = taken_.front();
    taken_.pop_front();
    request->outcome = error;
    finish(*request);
  }
}

void SqliteWriter::look_for_foreign_writes() {
  const auto version = connection_->data_version();
  if (!version.ok()) {
    log_.warn("storage: cannot look for writes by other processes",
              {{"detail", version.error().detail}});
    return;
  }
  if (*version == data_version_) return;
  data_version_ = *version;
  board_.deliver_resync();
}

int SqliteWriter::on_wal(void* self, sqlite3* /*db*/, const char* /*name*/, int pages) {
  auto& writer = *static_cast<SqliteWriter*>(self);
  constexpr std::int64_t kFrameBytes = 4096 + 24;
  writer.wal_bytes_ = pages * kFrameBytes;
  return SQLITE_OK;
}

// Readers and the checkpointer may keep the log from starting again for as long as the writer never
// rests; beyond the hard bound the writer rests.
void SqliteWriter::bound_wal() {
  metrics_.wal_bytes.set(wal_bytes_);
  if (wal_bytes_ >= options_.wal_soft_bytes) checkpointer_.wake();
  if (wal_bytes_ < options_.wal_hard_bytes) next_restart_bytes_ = options_.wal_hard_bytes;
  if (wal_bytes_ < next_restart_bytes_) return;
  const auto no_other = checkpointer_.pause();
  connection_->set_patience(kRestartPatience);
  // RESTART keeps the file's length: overwriting costs less than growing anew.
  const int code = sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr,
                                             SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  connection_->set_patience(options_.busy_timeout);
  if (code == SQLITE_OK) {
    wal_bytes_ = 0;
    return;
  }
  next_restart_bytes_ = wal_bytes_ + options_.wal_soft_bytes;
  log_.warn("storage: a long read keeps the write-ahead log from starting again",
            {{"wal_bytes", wal_bytes_}});
}

void SqliteWriter::die(const base::Error& error) {
  log_.error("storage: the commit failed; stopping, because what is on the disk is not known",
             {{"detail", error.detail}});
  log_.flush();
  const std::string line = "the commit reached the disk: " + error.detail;
  base::check_failed(line.c_str(), __FILE__, __LINE__);
}

}  // namespace ashlar::storage
