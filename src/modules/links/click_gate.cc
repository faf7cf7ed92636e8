#include "modules/links/click_gate.h"

#include "base/clock.h"
#include "modules/links/settings_store.h"
#include "platform/storage/database.h"

namespace ashlar::links {

base::Result<bool> ClickGate::take(LinkId link) {
  std::unique_lock lock(mutex_);
  Line& line = lines_[link];  // stays where it is while this caller is one of its users
  line.users += 1;
  if (line.next == nullptr) line.next = std::make_shared<Batch>();
  const std::shared_ptr<Batch> batch = line.next;
  const std::int64_t place = batch->wanted++;
  line.moved.wait(lock, [&] { return batch->done || !line.busy; });
  if (!batch->done) {
    line.busy = true;
    line.next.reset();
    lock.unlock();
    base::Result<std::int64_t> taken = commit(link, batch->wanted);
    lock.lock();
    batch->taken = std::move(taken);
    batch->done = true;
    line.busy = false;
    line.moved.notify_all();
  }
  if (--line.users == 0) lines_.erase(link);
  if (!batch->taken.ok()) return batch->taken.error();
  return place < *batch->taken;
}

// READ COMMITTED, since the row's own lock is what keeps the promise (settings_store.h).
base::Result<std::int64_t> ClickGate::commit(LinkId link, std::int64_t wanted) {
  const auto context =
      storage::Context::platform(storage::PlatformUse::kRedirect, clock_.mono() + kDeadline);
  return db_.write(context.read_committed(),
                   [&](storage::Transaction& tx) { return store::take_clicks(tx, link, wanted); });
}

}  // namespace ashlar::links
