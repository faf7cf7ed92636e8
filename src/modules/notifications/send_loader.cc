#include "modules/notifications/send_loader.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {

struct SendLoader::Impl {
  struct Wanted {
    DeliveryId id;
    Found found;
  };

  explicit Impl(storage::Database& database) : db(database) {
    thread = std::thread([this] {
      runtime::set_thread_name("notify-load");
      run();
    });
  }

  void run();
  void read(std::span<const Wanted> batch) const;

  storage::Database& db;

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::vector<Wanted> queue;
  bool stopping = false;

  std::thread thread;  // last: starts when all else is there
};

void SendLoader::Impl::run() {
  while (true) {
    std::vector<Wanted> taken;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      taken.swap(queue);
    }
    for (std::size_t from = 0; from < taken.size(); from += kMaxBatch) {
      read(std::span(taken).subspan(from, std::min(kMaxBatch, taken.size() - from)));
    }
  }
}

void SendLoader::Impl::read(std::span<const Wanted> batch) const {
  std::vector<DeliveryId> ids;
  for (const Wanted& one : batch) ids.push_back(one.id);
  base::Result<std::vector<store::Sending>> loaded =
      db.read(storage::Context::platform(storage::PlatformUse::kNotifications),
              [&](storage::Transaction& tx) { return store::load_sendings(tx, ids); });
  if (!loaded.ok()) {
    for (const Wanted& one : batch) one.found(loaded.error());
    return;
  }
  std::unordered_map<DeliveryId, store::Sending*> by_id;
  for (store::Sending& sending : *loaded) by_id.emplace(sending.delivery.id, &sending);
  for (const Wanted& one : batch) {
    const auto found = by_id.find(one.id);
    // A copy: a delivery may be asked for twice.
    one.found(found == by_id.end() ? std::optional<store::Sending>() : *found->second);
  }
}

SendLoader::SendLoader(storage::Database& db) : impl_(std::make_unique<Impl>(db)) {}

SendLoader::~SendLoader() { stop(); }

void SendLoader::load(DeliveryId id, Found found) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      impl_->queue.push_back({id, std::move(found)});
      if (impl_->queue.size() == 1) impl_->changed.notify_one();
      return;
    }
  }
  found(base::fail(base::Code::kUnavailable, "notifications_stopping", "It is stopping."));
}

void SendLoader::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ashlar::notifications
