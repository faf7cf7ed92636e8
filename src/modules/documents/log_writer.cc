#include "modules/documents/log_writer.h"

#include <map>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "modules/documents/log_store.h"
#include "platform/events/outbox.h"
#include "platform/observability/metrics.h"
#include "platform/observability/quiet_thread.h"
#include "platform/runtime/event_loop.h"
#include "platform/storage/database.h"

namespace ashlar::documents {
namespace {

// Each statement names the row that it changes, and the fence is in the statement.
storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kDocuments).read_committed();
}

std::size_t bytes_of(const LogWrite& write) {
  std::size_t bytes = write.snapshot ? write.snapshot->bytes.size() : 0;
  if (!write.updates) return bytes;
  for (const UpdateRow& update : *write.updates) bytes += update.bytes.size();
  return bytes;
}

std::uint64_t count_of(const std::vector<UpdateRow>& updates) {
  std::int64_t count = 0;
  for (const UpdateRow& update : updates) count += update.count;
  return static_cast<std::uint64_t>(count);
}

base::Error moved() {
  return base::fail(base::Code::kConflict, "document_moved",
                    "The document was changed or deleted elsewhere; open it again.");
}

// What only the whole database can be the cause of: nobody would fare better alone.
bool is_everybodys(const base::Error& error) {
  return error.code == base::Code::kUnavailable || error.code == base::Code::kDeadline;
}

double seconds(base::Mono::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

LogWriter::LogWriter(storage::Database& db, events::Outbox& outbox, const base::Clock& clock,
                     obs::Registry& metrics, base::Millis pace)
    : db_(db),
      outbox_(outbox),
      clock_(clock),
      pace_(pace),
      updates_(metrics.make_counter("ashlar_documents_updates_written_total",
                                    "Updates of documents that are durable.")),
      bytes_(metrics.make_counter("ashlar_documents_written_bytes_total",
                                  "Bytes of updates and snapshots that are durable.")),
      failed_(metrics.make_counter("ashlar_documents_writes_failed_total",
                                   "Writes of documents that failed; their senders were told.")),
      group_size_(metrics.make_histogram("ashlar_documents_write_group_size",
                                         "Documents written by one commit.",
                                         obs::power_of_two_buckets())),
      commit_s_(metrics.make_histogram("ashlar_documents_write_seconds",
                                       "Time of one group, its commit included.",
                                       obs::latency_buckets_s())) {}

LogWriter::~LogWriter() { stop(); }

void LogWriter::start() {
  CHECK(!thread_.joinable());
  thread_ = obs::start_quiet_thread("documents-log", [this] { loop(); });
}

void LogWriter::submit(LogWrite write) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      urgent_ = urgent_ || write.urgent;
      queue_.push_back(std::move(write));
      // While the writer waits for others, or works, it need not hear of each.
      if (idle_ || urgent_) ready_.notify_one();
      return;
    }
  }
  base::Status ends =
      base::fail(base::Code::kUnavailable, "documents_stopping", "The server ends.");
  if (write.loop == nullptr) return write.done(std::move(ends));
  write.loop->post([done = std::move(write.done), ends = std::move(ends)] { done(ends); });
}

void LogWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LogWriter::loop() {
  while (true) {
    std::vector<LogWrite> group = take_group();
    if (group.empty()) return;
    write_group(group);
  }
}

// Empty: it is over.
std::vector<LogWrite> LogWriter::take_group() {
  std::unique_lock lock(mutex_);
  wait_for_others(lock);
  idle_ = true;
  ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  idle_ = false;
  next_group_ = clock_.mono() + pace_;
  std::vector<LogWrite> group;
  std::size_t bytes = 0;
  while (!queue_.empty() && group.size() < kMaxGroup && bytes < kMaxGroupBytes) {
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
    bytes += bytes_of(group.back());
  }
  urgent_ = !queue_.empty();
  return group;
}

// The pace, after the group before: who comes meanwhile wakes nobody.
void LogWriter::wait_for_others(std::unique_lock<std::mutex>& lock) {
  const base::Mono now = clock_.mono();
  if (now < next_group_) {
    ready_.wait_for(lock, next_group_ - now, [this] { return stopping_ || urgent_; });
  }
}

void LogWriter::write_group(std::vector<LogWrite>& group) {
  const base::Mono start = clock_.mono();
  std::vector<base::Status> outcomes(group.size());
  const base::Status all = try_group(group, 0, group.size(), outcomes);
  if (!all.ok() && (group.size() == 1 || is_everybodys(all.error()))) {
    for (base::Status& outcome : outcomes) outcome = all;
  } else if (!all.ok()) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      const base::Status alone = try_group(group, i, 1, outcomes);
      if (!alone.ok()) outcomes[i] = alone;
    }
  }
  commit_s_.observe(seconds(clock_.mono() - start));
  group_size_.observe(static_cast<double>(group.size()));
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (outcomes[i].ok()) {
      if (group[i].updates) updates_.add(count_of(*group[i].updates));
      bytes_.add(bytes_of(group[i]));
    } else {
      failed_.add();
    }
  }
  answer(group, outcomes);
}

// Each loop is woken once: else it would run, be done and wait again for each document, and this
// thread with it.
void LogWriter::answer(std::vector<LogWrite>& group, std::vector<base::Status>& outcomes) {
  struct Answer {
    std::function<void(base::Status)> done;
    base::Status outcome;
  };
  std::map<runtime::EventLoop*, std::shared_ptr<std::vector<Answer>>> answers;
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::shared_ptr<std::vector<Answer>>& of_loop = answers[group[i].loop];
    if (!of_loop) of_loop = std::make_shared<std::vector<Answer>>();
    of_loop->push_back({std::move(group[i].done), std::move(outcomes[i])});
  }
  for (auto& [loop, all] : answers) {
    const auto tell = [all = std::move(all)] {
      for (Answer& answer : *all) answer.done(std::move(answer.outcome));
      all->clear();
    };
    loop == nullptr ? tell() : loop->post(tell);
  }
}

base::Status LogWriter::try_group(std::vector<LogWrite>& group, std::size_t first,
                                  std::size_t count, std::vector<base::Status>& outcomes) {
  return db_.write(context(), [&](storage::Transaction& tx) -> base::Status {
    for (std::size_t i = first; i < first + count; ++i) {
      ASHLAR_ASSIGN(const bool written, write_one(tx, group[i]));
      outcomes[i] = written ? base::ok_status() : base::Status(moved());
    }
    return base::ok_status();
  });
}

// False: it has moved.
base::Result<bool> LogWriter::write_one(storage::Transaction& tx, const LogWrite& write) {
  if (write.updates) {
    const std::vector<UpdateRow>& updates = *write.updates;
    std::int64_t bytes = 0;
    for (const UpdateRow& update : updates) {
      bytes += static_cast<std::int64_t>(update.bytes.size());
    }
    ASHLAR_ASSIGN(const bool current,
                  store::advance(tx, write.no, write.from, updates.back(), bytes));
    if (!current) return false;
    for (const UpdateRow& update : updates) {
      ASHLAR_TRY(store::append(tx, write.tenant, write.no, update));
    }
    if (db_.dialect() == storage::Dialect::kPostgres) {
      tx.notify(kChannel, write.notice + "\n" + std::to_string(updates.back().seq));
    }
  }
  if (write.snapshot) {
    ASHLAR_ASSIGN(const bool alive, store::put_snapshot(tx, write.tenant, write.no, *write.snapshot,
                                                        clock_.now() - kThinSnapshots));
    if (!alive) return false;
  }
  if (write.announcement) {
    ASHLAR_ASSIGN(const bool news, store::announce(tx, write.no, write.announcement->seq));
    if (news) ASHLAR_TRY(outbox_.append_for(tx, write.tenant, write.announcement->event));
  }
  return true;
}

}  // namespace ashlar::documents
