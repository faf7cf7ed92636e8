#include "modules/notifications/inbox_writer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "modules/notifications/inbox.h"
#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

SendResult result_of(const base::Status& put) {
  SendResult result;
  result.verdict = put.ok() ? Verdict::kAccepted : Verdict::kRetry;
  if (!put.ok()) {
    result.code = put.error().reason;
    result.detail = put.error().detail;
  }
  return result;
}

}  // namespace

struct InboxWriter::Impl {
  struct Waiting {
    store::OwnedEntry entry;
    Provider::Done done;
  };

  explicit Impl(storage::Database& database) : db(database) {
    thread = std::thread([this] {
      runtime::set_thread_name("notify-inbox");
      run();
    });
  }

  void run();
  void settle(std::span<Waiting> batch);
  base::Status write(std::span<const store::OwnedEntry> entries);

  storage::Database& db;

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::vector<Waiting> queue;
  bool stopping = false;

  std::thread thread;  // last: starts when all else is there
};

void InboxWriter::Impl::run() {
  while (true) {
    std::vector<Waiting> taken;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      taken.swap(queue);
    }
    for (std::size_t from = 0; from < taken.size(); from += kMaxBatch) {
      settle(std::span(taken).subspan(from, std::min(kMaxBatch, taken.size() - from)));
    }
  }
}

void InboxWriter::Impl::settle(std::span<Waiting> batch) {
  std::vector<store::OwnedEntry> entries;
  for (Waiting& one : batch) entries.push_back(std::move(one.entry));
  if (write(entries).ok()) {
    for (Waiting& one : batch) one.done(result_of(base::ok_status()));
    return;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(result_of(write({&entries[i], 1})));
  }
}

base::Status InboxWriter::Impl::write(std::span<const store::OwnedEntry> entries) {
  const auto context =
      storage::Context::platform(storage::PlatformUse::kNotifications).read_committed();
  return db.write(context, [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const std::vector<store::PutEntry> put, store::put_inbox(tx, entries));
    std::set<DeliveryId> fresh;
    for (const store::PutEntry& one : put) fresh.insert(one.delivery);
    for (const auto& [tenant, entry] : entries) {
      if (!fresh.contains(entry.delivery)) continue;
      tx.notify(kInboxNotices, inbox_notice(tenant, entry.user_id));
    }
    return base::ok_status();
  });
}

InboxWriter::InboxWriter(storage::Database& db) : impl_(std::make_unique<Impl>(db)) {}

InboxWriter::~InboxWriter() { stop(); }

void InboxWriter::put(store::OwnedEntry entry, Provider::Done done) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      impl_->queue.push_back({std::move(entry), std::move(done)});
      if (impl_->queue.size() == 1) impl_->changed.notify_one();
      return;
    }
  }
  done(
      result_of(base::fail(base::Code::kUnavailable, "notifications_stopping", "It is stopping.")));
}

void InboxWriter::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ashlar::notifications
