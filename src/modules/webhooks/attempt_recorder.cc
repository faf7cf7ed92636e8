#include "modules/webhooks/attempt_recorder.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "modules/webhooks/endpoints_store.h"
#include "modules/webhooks/webhook_events.h"
#include "platform/events/outbox.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

constexpr std::size_t kMaxBatch = 256;
constexpr base::Seconds kComeBack{10};

using Record = AttemptRecorder::Record;

storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kJobs).read_committed();
}

// What a batch says of one endpoint.
struct EndpointNews {
  const Endpoint* endpoint = nullptr;
  bool success = false;
  bool failure = false;
  bool gone = false;
  base::Time at{};  // of the first failure
};

using News = std::map<EndpointId, EndpointNews>;

News news_of(std::span<Record* const> batch) {
  News all;
  for (const Record* record : batch) {
    if (record->test || record->dropped) continue;
    EndpointNews& news = all[record->endpoint.id];
    news.endpoint = &record->endpoint;
    if (record->made.error.empty()) {
      news.success = true;
    } else {
      if (!news.failure) news.at = record->made.at;
      news.failure = true;
    }
    news.gone = news.gone || record->gone;
  }
  return all;
}

}  // namespace

struct AttemptRecorder::Impl {
  Impl(storage::Database& database, events::Outbox& events, const base::Clock& own_clock,
       obs::Registry& metrics, obs::Log& own_log);

  void run();
  void settle(std::span<Record* const> batch);
  base::Status write(std::span<Record* const> batch);
  base::Status write_in(storage::Transaction& tx, std::span<Record* const> batch);
  base::Status note(storage::Transaction& tx, const EndpointNews& news);
  base::Status disable(storage::Transaction& tx, const EndpointNews& news, EndpointState state);
  void finish(Record& record);
  void bring_back(Record& record) const {
    record.done(jobs::Outcome::snoozed(clock.now() + kComeBack));
  }

  storage::Database& db;
  events::Outbox& outbox;
  const base::Clock& clock;
  obs::Log& log;
  obs::Counter& delivered;
  obs::Counter& retried;
  obs::Counter& failed;
  obs::Counter& dropped;
  std::array<obs::Counter*, 4> disabled{};  // by EndpointState

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Record> queue;
  bool stopping = false;

  std::thread thread;  // last: starts when all else is there
};

AttemptRecorder::Impl::Impl(storage::Database& database, events::Outbox& events,
                            const base::Clock& own_clock, obs::Registry& metrics, obs::Log& own_log)
    : db(database),
      outbox(events),
      clock(own_clock),
      log(own_log),
      delivered(metrics.make_counter("ashlar_webhooks_attempts_total",
                                     "Attempts to deliver a webhook, by what they came to.",
                                     {{"outcome", "delivered"}})),
      retried(metrics.make_counter("ashlar_webhooks_attempts_total",
                                   "Attempts to deliver a webhook, by what they came to.",
                                   {{"outcome", "retry"}})),
      failed(metrics.make_counter("ashlar_webhooks_attempts_total",
                                  "Attempts to deliver a webhook, by what they came to.",
                                  {{"outcome", "failed"}})),
      dropped(
          metrics.make_counter("ashlar_webhooks_dropped_total",
                               "Deliveries not attempted because their endpoint is disabled.")) {
  for (const EndpointState state : {EndpointState::kGone, EndpointState::kFailing}) {
    disabled[static_cast<std::size_t>(state)] = &metrics.make_counter(
        "ashlar_webhooks_disabled_total", "Endpoints that were disabled by themselves.",
        {{"reason", *disabled_reason(state)}});
  }
  thread = std::thread([this] {
    runtime::set_thread_name("webhooks-log");
    run();
  });
}

void AttemptRecorder::Impl::run() {
  while (true) {
    std::deque<Record> taken;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      taken.swap(queue);
    }
    // A delivery twice in one statement would be recorded once: the second waits for the next.
    for (auto next = taken.begin(); next != taken.end();) {
      std::vector<Record*> batch;
      std::set<DeliveryId> ids;
      for (; next != taken.end() && batch.size() < kMaxBatch; ++next) {
        if (!ids.insert(next->made.delivery).second) break;
        batch.push_back(&*next);
      }
      settle(batch);
    }
  }
}

// One that cannot be written must not keep the others from it.
void AttemptRecorder::Impl::settle(std::span<Record* const> batch) {
  if (write(batch).ok()) {
    for (Record* record : batch) finish(*record);
    return;
  }
  for (Record* record : batch) {
    const base::Status written = write({&record, 1});
    if (written.ok()) {
      finish(*record);
      continue;
    }
    log.warn("webhook attempt not recorded",
             {{"delivery", record->made.delivery.value}, {"reason", written.error().reason}});
    bring_back(*record);
  }
}

void AttemptRecorder::Impl::finish(Record& record) {
  if (record.dropped) {
    dropped.add();
  } else if (record.made.state == DeliveryState::kDelivered) {
    delivered.add();
  } else {
    (record.made.state == DeliveryState::kPending ? retried : failed).add();
  }
  record.done(std::move(record.outcome));
}

base::Status AttemptRecorder::Impl::write(std::span<Record* const> batch) {
  return db.write(context(), [&](storage::Transaction& tx) { return write_in(tx, batch); });
}

base::Status AttemptRecorder::Impl::write_in(storage::Transaction& tx,
                                             std::span<Record* const> batch) {
  std::vector<store::Made> made;
  std::vector<DeliveryId> unsent;
  for (const Record* record : batch) {
    if (record->dropped) {
      unsent.push_back(record->made.delivery);
    } else {
      made.push_back(record->made);
    }
  }
  if (!made.empty()) ASHLAR_TRY(store::record_attempts(tx, made));
  if (!unsent.empty()) ASHLAR_TRY(store::record_dropped(tx, unsent));
  for (const auto& [id, news] : news_of(batch)) ASHLAR_TRY(note(tx, news));
  return base::ok_status();
}

base::Status AttemptRecorder::Impl::note(storage::Transaction& tx, const EndpointNews& news) {
  const Endpoint& endpoint = *news.endpoint;
  if (news.success && endpoint.failing_since) {
    ASHLAR_TRY(store::note_success(tx, endpoint.id));
  } else if (news.failure && !news.success && !endpoint.failing_since) {
    ASHLAR_TRY(store::note_failing(tx, endpoint.id, news.at));
  }
  if (news.gone) return disable(tx, news, EndpointState::kGone);
  if (news.success || !is_given_up(endpoint.failing_since, clock.now())) return base::ok_status();
  return disable(tx, news, EndpointState::kFailing);
}

base::Status AttemptRecorder::Impl::disable(storage::Transaction& tx, const EndpointNews& news,
                                            EndpointState state) {
  const base::Time now = clock.now();
  std::optional<base::Time> failing_before;
  if (state == EndpointState::kFailing) failing_before = now - kFailingLimit;
  ASHLAR_ASSIGN(const bool changed_it,
                store::disable(tx, news.endpoint->id, state, failing_before, now));
  if (!changed_it) return base::ok_status();
  ASHLAR_TRY(
      outbox.append_for(tx, news.endpoint->tenant, disabled_event(*news.endpoint, state, now)));
  tx.on_commit([this, state, id = news.endpoint->id, tenant = news.endpoint->tenant] {
    disabled[static_cast<std::size_t>(state)]->add();
    log.warn("webhook disabled",
             {{"webhook", id.value}, {"tenant", tenant.value}, {"why", *disabled_reason(state)}});
  });
  return base::ok_status();
}

AttemptRecorder::AttemptRecorder(storage::Database& db, events::Outbox& outbox,
                                 const base::Clock& clock, obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(db, outbox, clock, metrics, log)) {}

AttemptRecorder::~AttemptRecorder() { stop(); }

void AttemptRecorder::add(Record record) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      impl_->queue.push_back(std::move(record));
      impl_->changed.notify_one();
      return;
    }
  }
  impl_->bring_back(record);
}

void AttemptRecorder::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ashlar::webhooks
