#include "modules/notifications/accept_queue.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using Accepted = Notifications::Accepted;
using Wish = AcceptQueue::Wish;

// What it keeps in memory, but for a bounded rest.
std::size_t size_of(const Notification& n) { return n.content.size() + n.data.size() + 1'024; }

// Whether each by itself may fare better than all together. A commit whose end is not known must
// not be made again.
bool may_be_of_one(const base::Error& error) {
  return error.code != base::Code::kUnavailable && error.code != base::Code::kDeadline;
}

}  // namespace

struct AcceptQueue::Impl {
  Impl(storage::Database& database, const Notifications& own_notifications,
       const base::Clock& own_clock, obs::Registry& metrics);

  void run();
  std::vector<Wish> take(base::TenantId tenant);
  void settle(base::TenantId tenant, std::vector<Wish> group) const;
  base::Result<std::vector<base::Result<Accepted>>> write(base::TenantId tenant,
                                                          std::span<const Wish> group) const;

  storage::Database& db;
  const Notifications& notifications;
  const base::Clock& clock;
  obs::Counter& groups;
  obs::Counter& refused;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::map<base::TenantId, std::deque<Wish>> waiting;  // and those whose group is under way
  std::deque<base::TenantId> turns;                    // who waits and has no group under way
  std::size_t count = 0, bytes = 0;                    // that wait
  bool stopping = false;

  std::vector<std::thread> writers;  // last: they start when all else is there
};

AcceptQueue::Impl::Impl(storage::Database& database, const Notifications& own_notifications,
                        const base::Clock& own_clock, obs::Registry& metrics)
    : db(database),
      notifications(own_notifications),
      clock(own_clock),
      groups(metrics.make_counter("ashlar_notifications_accept_groups_total",
                                  "Transactions in which notifications were accepted together.")),
      refused(metrics.make_counter("ashlar_notifications_accept_refused_total",
                                   "Notifications refused since too many waited to be written.")) {
  metrics.make_gauge_callback("ashlar_notifications_accept_waiting",
                              "Notifications that wait to be written.", {}, [this] {
                                const std::lock_guard lock(mutex);
                                return static_cast<double>(count);
                              });
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([this] {
      runtime::set_thread_name("notify-accept");
      run();
    });
  }
}

void AcceptQueue::Impl::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return stopping || !turns.empty(); });
    if (turns.empty()) return;
    const base::TenantId tenant = turns.front();
    turns.pop_front();
    std::vector<Wish> group = take(tenant);
    lock.unlock();
    settle(tenant, std::move(group));
    lock.lock();
    if (waiting.at(tenant).empty()) {
      waiting.erase(tenant);
    } else {
      turns.push_back(tenant);
      changed.notify_one();
    }
  }
}

std::vector<Wish> AcceptQueue::Impl::take(base::TenantId tenant) {
  std::deque<Wish>& queue = waiting.at(tenant);
  std::vector<Wish> group;
  for (std::size_t taken = 0; !queue.empty() && group.size() < kMaxGroup;) {
    const std::size_t size = size_of(queue.front().wanted);
    if (!group.empty() && taken + size > kMaxGroupBytes) break;
    taken += size;
    bytes -= size;
    --count;
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return group;
}

base::Result<std::vector<base::Result<Accepted>>> AcceptQueue::Impl::write(
    base::TenantId tenant, std::span<const Wish> group) const {
  // Until the most patient of them gives up.
  std::optional<base::Mono> deadline = group.front().deadline;
  for (const Wish& wish : group) {
    deadline = deadline && wish.deadline ? std::max(deadline, wish.deadline) : std::nullopt;
  }
  return db.write(storage::Context::tenant(tenant, deadline), [&](storage::Transaction& tx) {
    std::vector<Notification> wanted;
    wanted.reserve(group.size());
    for (const Wish& wish : group) wanted.push_back(wish.wanted);
    return notifications.accept_many(tx, std::move(wanted));
  });
}

void AcceptQueue::Impl::settle(base::TenantId tenant, std::vector<Wish> group) const {
  const base::Mono now = clock.mono();
  std::erase_if(group, [now](const Wish& wish) {
    if (!wish.deadline || now < *wish.deadline) return false;
    wish.done(base::fail(base::Code::kDeadline, "storage_deadline",
                         "The deadline passed before it could be written."));
    return true;
  });
  if (group.empty()) return;
  groups.add();
  base::Result<std::vector<base::Result<Accepted>>> written = write(tenant, group);
  if (written.ok()) {
    for (std::size_t i = 0; i < group.size(); ++i) group[i].done(std::move((*written)[i]));
    return;
  }
  if (group.size() == 1 || !may_be_of_one(written.error())) {
    for (const Wish& wish : group) wish.done(written.error());
    return;
  }
  for (const Wish& wish : group) {
    auto alone = write(tenant, {&wish, 1});
    if (alone.ok()) {
      wish.done(std::move(alone->front()));
    } else {
      wish.done(std::move(alone).error());
    }
  }
}

AcceptQueue::AcceptQueue(storage::Database& db, const Notifications& notifications,
                         const base::Clock& clock, obs::Registry& metrics)
    : impl_(std::make_unique<Impl>(db, notifications, clock, metrics)) {}

AcceptQueue::~AcceptQueue() { stop(); }

void AcceptQueue::add(Wish wish) {
  const std::size_t size = size_of(wish.wanted);
  bool stopping = false;
  {
    const std::lock_guard lock(impl_->mutex);
    stopping = impl_->stopping;
    if (!stopping && impl_->count < kMaxWaiting && impl_->bytes + size <= kMaxWaitingBytes) {
      const base::TenantId tenant = wish.tenant;
      const auto [at, fresh] = impl_->waiting.try_emplace(tenant);
      at->second.push_back(std::move(wish));
      ++impl_->count;
      impl_->bytes += size;
      if (fresh) {
        impl_->turns.push_back(tenant);
        impl_->changed.notify_one();
      }
      return;
    }
  }
  if (!stopping) impl_->refused.add();
  wish.done(base::fail(base::Code::kUnavailable, "storage_busy",
                       stopping ? "It is stopping." : "Too many wait to be written."));
}

void AcceptQueue::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  for (std::thread& writer : impl_->writers) {
    if (writer.joinable()) writer.join();
  }
}

}  // namespace ashlar::notifications
