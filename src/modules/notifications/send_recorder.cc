#include "modules/notifications/send_recorder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/failpoint.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/notification_events.h"
#include "modules/notifications/rejected_tokens.h"
#include "modules/notifications/suppressions_store.h"
#include "platform/events/outbox.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

static_assert(SendRecorder::kBurst == RejectedTokens::kBurst);
static_assert(SendRecorder::kBurstSpan == RejectedTokens::kBurstSpan);

constexpr std::size_t kMaxBatch = 256;
// A commit costs as much as recording ten; nobody but a user's next message waits for it.
constexpr base::Millis kGather{5};
constexpr base::Seconds kComeBack{10};
constexpr std::string_view kStopCode = "21610";  // Twilio's: the reader has said STOP

using Record = SendRecorder::Record;

storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kNotifications).read_committed();
}

DeviceId device_of(const Delivery& delivery) {
  const std::string& text = delivery.target.device;
  std::int64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return DeviceId(id);
}

Suppression suppression_of(const Record& record) {
  const AttemptRecord& last = record.attempts.back();
  Suppression suppression;
  suppression.channel = record.delivery.channel;
  suppression.address = record.delivery.target.address;
  suppression.reason = last.code == kStopCode ? Suppression::kStop : Suppression::kHardBounce;
  suppression.source = last.provider;
  suppression.detail = last.detail;
  suppression.created_at = record.made.at;
  return suppression;
}

}  // namespace

struct SendRecorder::Impl {
  Impl(storage::Database& database, jobs::Jobs& own_jobs, events::Outbox& events,
       const base::Clock& own_clock, obs::Registry& metrics, obs::Log& own_log);

  void run();
  void judge_rejections(std::deque<Record>& taken);
  void settle(std::span<Record* const> batch);
  base::Status write(std::span<Record* const> batch);
  base::Status write_in(storage::Transaction& tx, std::span<Record* const> batch);
  base::Status apply(storage::Transaction& tx, const Record& record);
  base::Status publish(storage::Transaction& tx, std::span<Record* const> batch,
                       const std::set<DeliveryId>& advanced);
  void finish(Record& record);
  // Failed, not put off: so the next attempt knows that the end of this one is not.
  void bring_back(Record& record) const {
    record.done(jobs::Outcome::failed("not recorded", clock.now() + kComeBack));
  }

  storage::Database& db;
  jobs::Jobs& jobs;
  events::Outbox& outbox;
  const base::Clock& clock;
  obs::Log& log;
  std::array<obs::Counter*, 9> ended{};  // by State
  obs::Counter& bursts;
  RejectedTokens rejections;  // the thread's

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Record> queue;
  bool stopping = false;

  std::thread thread;  // last: starts when all else is there
};

SendRecorder::Impl::Impl(storage::Database& database, jobs::Jobs& own_jobs, events::Outbox& events,
                         const base::Clock& own_clock, obs::Registry& metrics, obs::Log& own_log)
    : db(database),
      jobs(own_jobs),
      outbox(events),
      clock(own_clock),
      log(own_log),
      bursts(metrics.make_counter(
          "ashlar_notifications_rejected_tokens_total",
          "Tokens that looked wrong and were not put aside, since many of one provider did.")) {
  for (std::size_t state = 0; state < ended.size(); ++state) {
    ended[state] = &metrics.make_counter(
        "ashlar_notifications_attempts_total", "Rounds of attempts, by the state after them.",
        {{"state",
          state == 0 ? std::string("retry") : std::string(name_of(static_cast<State>(state)))}});
  }
  thread = std::thread([this] {
    runtime::set_thread_name("notify-log");
    run();
  });
}

void SendRecorder::Impl::run() {
  while (true) {
    std::deque<Record> taken;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      changed.wait_for(lock, kGather, [this] { return stopping || queue.size() >= kMaxBatch; });
      taken.swap(queue);
    }
    judge_rejections(taken);
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

void SendRecorder::Impl::judge_rejections(std::deque<Record>& taken) {
  for (Record& record : taken) {
    if (record.effect != Effect::kQuarantineDevice) continue;
    if (!rejections.add(record.made.provider, record.made.at)) continue;
    record.effect = Effect::kNone;
    bursts.add();
    log.warn("many tokens look wrong: is the provider of another environment?",
             {{"provider", record.made.provider.value}, {"tenant", record.made.tenant.value}});
  }
}

// One that cannot be written must not keep the others from it.
void SendRecorder::Impl::settle(std::span<Record* const> batch) {
  if (write(batch).ok()) {
    base::failpoint(base::Failpoint::kAfterCommit);
    for (Record* record : batch) finish(*record);
    return;
  }
  for (Record* record : batch) {
    const base::Status written = write({&record, 1});
    if (written.ok()) {
      finish(*record);
      continue;
    }
    log.warn("notification attempt not recorded",
             {{"delivery", record->made.delivery.value}, {"reason", written.error().reason}});
    bring_back(*record);
  }
}

void SendRecorder::Impl::finish(Record& record) {
  const bool note = record.made.state == State::kQueued && record.attempts.empty();
  if (!note) ended[static_cast<std::size_t>(record.made.state)]->add();
  record.done(std::move(record.outcome));
}

base::Status SendRecorder::Impl::write(std::span<Record* const> batch) {
  return db.write(context(), [&](storage::Transaction& tx) { return write_in(tx, batch); });
}

base::Status SendRecorder::Impl::write_in(storage::Transaction& tx,
                                          std::span<Record* const> batch) {
  std::vector<store::Made> made;
  std::vector<store::TenantsAttempt> attempts;
  for (const Record* record : batch) {
    made.push_back(record->made);
    for (const AttemptRecord& one : record->attempts) {
      attempts.push_back({record->made.tenant, &one});
    }
    ASHLAR_TRY(apply(tx, *record));
  }
  ASHLAR_TRY(store::record_attempts(tx, attempts));
  ASHLAR_ASSIGN(const std::vector<DeliveryId> advanced, store::record_made(tx, made));
  ASHLAR_TRY(store::settle_notifications(tx, advanced, clock.now()));
  return publish(tx, batch, {advanced.begin(), advanced.end()});
}

base::Status SendRecorder::Impl::apply(storage::Transaction& tx, const Record& record) {
  const base::TenantId tenant = record.made.tenant;
  if (record.caught) ASHLAR_TRY(store::record_caught(tx, tenant, *record.caught));
  if (record.next_job) ASHLAR_TRY(jobs.enqueue_for(tx, tenant, *record.next_job));
  if (record.effect == Effect::kNone || record.attempts.empty()) return base::ok_status();
  const AttemptRecord& last = record.attempts.back();
  // A token that the app has given since is another fact.
  const base::Time before = record.gone_since.value_or(last.at);
  switch (record.effect) {
    case Effect::kNone:
      break;
    case Effect::kSuppress:
      ASHLAR_TRY(store::suppress_for(tx, tenant, suppression_of(record)));
      break;
    case Effect::kDropDevice:
      ASHLAR_TRY(store::drop_device(tx, tenant, device_of(record.delivery), before));
      break;
    case Effect::kQuarantineDevice:
      ASHLAR_TRY(
          store::quarantine_device(tx, tenant, device_of(record.delivery), before, last.code));
      break;
  }
  return base::ok_status();
}

base::Status SendRecorder::Impl::publish(storage::Transaction& tx, std::span<Record* const> batch,
                                         const std::set<DeliveryId>& advanced) {
  std::vector<const Record*> told;
  for (const Record* record : batch) {
    if (advanced.contains(record->made.delivery)) told.push_back(record);
  }
  // In one order everywhere: append() takes locks of what it is about.
  std::ranges::sort(told, {}, [](const Record* r) { return r->delivery.notification; });
  std::vector<events::Outbox::Owned> owned;
  for (const Record* record : told) {
    auto event = state_event(record->delivery, record->category, record->made.state,
                             record->made.reason, record->traceparent);
    if (event) owned.push_back({record->made.tenant, *std::move(event)});
  }
  return outbox.append_all_for(tx, owned);
}

SendRecorder::SendRecorder(storage::Database& db, jobs::Jobs& jobs, events::Outbox& outbox,
                           const base::Clock& clock, obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(db, jobs, outbox, clock, metrics, log)) {}

SendRecorder::~SendRecorder() { stop(); }

void SendRecorder::add(Record record) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      impl_->queue.push_back(std::move(record));
      const std::size_t size = impl_->queue.size();
      if (size == 1 || size == kMaxBatch) impl_->changed.notify_one();
      return;
    }
  }
  impl_->bring_back(record);
}

void SendRecorder::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ashlar::notifications
