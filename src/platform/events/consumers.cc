#include "platform/events/consumers.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/events/broadcasts.h"
#include "platform/events/consumer_worker.h"
#include "platform/events/events_store.h"
#include "platform/events/wake_notices.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::events {
namespace {

using storage::Transaction;

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);
constexpr base::Millis kTendEvery{5'000};
constexpr base::Millis kGather{5};
constexpr std::int64_t kExpireAtOnce = 1000;
constexpr int kExpireRounds = 100;  // of one tending
constexpr int kReplayAtOnce = 1000;

base::Error not_found(const std::string& consumer) {
  return base::fail(base::Code::kNotFound, "consumer_not_found",
                    "There is no consumer '" + consumer + "'.");
}

}  // namespace

struct Consumers::Impl {
  // Someone who works until nothing is left, then sleeps until woken or kPoll is over.
  struct Loop {
    std::function<base::Result<bool>()> step;
    std::atomic<bool> woken{false};
    std::atomic<bool> stopping{false};
    std::unique_ptr<runtime::Periodic> thread;
    std::atomic<runtime::Periodic*> running{nullptr};  // thread, for others to see

    void wake() {
      runtime::Periodic* const there = running;
      if (there != nullptr && !woken.exchange(true)) there->wake();
    }
  };
  // What storage's threads may still call when we are gone.
  struct Doorbell {
    std::mutex mutex;
    Impl* impl = nullptr;  // guarded by mutex
  };

  Impl(Options given, storage::Database& database, const base::Clock& clk, obs::Registry& registry,
       obs::Log& messages)
      : options(std::move(given)),
        db(database),
        clock(clk),
        metrics(registry),
        log(messages),
        broadcasts(options.keep, database, clk),
        notices(database),
        expired(registry.make_counter("ashlar_events_expired_total",
                                      "Events that were deleted when their time was over.")),
        oldest_s(std::make_shared<std::atomic<double>>(0)) {
    doorbell->impl = this;
    db.subscribe(kWakeChannel, [bell = doorbell](const storage::Database::Notice&) {
      const std::lock_guard lock(bell->mutex);
      if (bell->impl != nullptr) bell->impl->wake_here();
    });
    if (db.dialect() == storage::Dialect::kSqlite) return;
    registry.make_gauge_callback("ashlar_events_oldest_transaction_seconds",
                                 "Age of the oldest transaction that the database runs: it holds "
                                 "back its own events, and all cleaning up.",
                                 {}, [seconds = oldest_s] { return seconds->load(); });
  }

  void wake_here() {
    for (const auto& loop : loops) loop->wake();
  }

  void work(Loop& loop, const std::string& name) {
    while (!loop.stopping) {
      loop.woken = false;
      const base::Result<bool> more = loop.step();
      if (!more.ok()) {
        log.warn(
            "events are waiting",
            {{"consumer", name}, {"reason", more.error().reason}, {"detail", more.error().detail}});
        return;
      }
      if (*more) continue;
      if (!loop.woken) return;
      gather();
    }
  }
  // While events keep coming a step for each commit would cost more than the events: so some are
  // waited for. The first after a quiet time has been handed on at once.
  void gather() {
    std::unique_lock lock(gather_mutex);
    gather_end.wait_for(lock, kGather, [this] { return stopping; });
  }

  void add_loop(const std::string& name, std::function<base::Result<bool>()> step) {
    auto& loop = *loops.emplace_back(std::make_unique<Loop>());
    loop.step = std::move(step);
    names.push_back(name);
  }

  base::Status tend();
  base::Status expire();
  base::Result<std::int64_t> replay_page(const std::string& consumer, const ReplayRange& range,
                                         const LogPosition& until, std::string_view types,
                                         std::int64_t& after);

  const Options options;
  storage::Database& db;
  const base::Clock& clock;
  obs::Registry& metrics;
  obs::Log& log;
  std::deque<ConsumerWorker> workers;
  Broadcasts broadcasts;
  WakeNotices notices;
  std::vector<std::unique_ptr<Loop>> loops;  // fixed before start()
  std::vector<std::string> names;            // of loops
  std::unique_ptr<runtime::Periodic> tender;
  std::mutex gather_mutex;
  std::condition_variable gather_end;
  bool stopping = false;  // guarded by gather_mutex
  std::shared_ptr<Doorbell> doorbell = std::make_shared<Doorbell>();
  std::int64_t swept = 0;  // retention has looked at all up to it; of the tending thread
  obs::Counter& expired;
  const std::shared_ptr<std::atomic<double>> oldest_s;
};

Consumers::Consumers(Options options, storage::Database& db, const base::Clock& clock,
                     obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), db, clock, metrics, log)) {}

Consumers::~Consumers() {
  stop();
  const std::lock_guard lock(impl_->doorbell->mutex);
  impl_->doorbell->impl = nullptr;
}

void Consumers::add(ConsumerOptions options) {
  CHECK(impl_->tender == nullptr);
  const std::uint64_t seed = impl_->options.seed + impl_->workers.size();
  const std::string name = options.name;
  ConsumerWorker& worker =
      impl_->workers.emplace_back(std::move(options), impl_->options.instance, impl_->options.alone,
                                  seed, impl_->db, impl_->clock, impl_->metrics, impl_->log);
  impl_->add_loop(name, [&worker] { return worker.step(); });
}

void Consumers::on_each_instance(std::vector<std::string> types,
                                 std::function<void(const Event*)> told) {
  CHECK(impl_->tender == nullptr);
  if (impl_->broadcasts.empty()) {
    impl_->add_loop("broadcasts", [this] { return impl_->broadcasts.step(); });
  }
  impl_->broadcasts.add(std::move(types), std::move(told));
}

std::vector<std::string> Consumers::told_types() const { return impl_->broadcasts.types(); }
void Consumers::tell(const Event& event) { impl_->broadcasts.tell(event); }

void Consumers::wake() {
  impl_->wake_here();
  impl_->notices.request();
}

void Consumers::start() {
  for (ConsumerWorker& worker : impl_->workers) {
    const base::Status there = worker.register_row();  // else at its first step
    if (!there.ok()) {
      impl_->log.warn("consumer not registered yet",
                      {{"consumer", worker.name()}, {"detail", there.error().detail}});
    }
  }
  impl_->notices.start();
  for (std::size_t i = 0; i < impl_->loops.size(); ++i) {
    Impl::Loop& loop = *impl_->loops[i];
    const std::string& name = impl_->names[i];
    loop.thread = std::make_unique<runtime::Periodic>(
        "ev-" + name.substr(0, 12), kPoll, [this, &loop, &name] { impl_->work(loop, name); });
    loop.running = loop.thread.get();
    loop.wake();
  }
  impl_->tender = std::make_unique<runtime::Periodic>("ev-tend", kTendEvery, [this] {
    const base::Status done = tend();
    if (!done.ok()) {
      impl_->log.warn("events not tended",
                      {{"reason", done.error().reason}, {"detail", done.error().detail}});
    }
  });
}

void Consumers::stop() {
  if (impl_->tender) impl_->tender->stop();
  for (const auto& loop : impl_->loops) loop->stopping = true;
  {
    const std::lock_guard lock(impl_->gather_mutex);
    impl_->stopping = true;
  }
  impl_->gather_end.notify_all();
  for (const auto& loop : impl_->loops) {
    if (loop->thread) loop->thread->stop();
  }
  impl_->notices.stop();
  for (ConsumerWorker& worker : impl_->workers) worker.end_lease();
}

base::Status Consumers::run_until_idle() {
  for (bool more = true; more;) {
    more = false;
    for (const auto& loop : impl_->loops) {
      ASHLAR_ASSIGN(const bool again, loop->step());
      more = more || again;
    }
  }
  return base::ok_status();
}

base::Status Consumers::tend() { return impl_->tend(); }

base::Status Consumers::Impl::tend() {
  for (ConsumerWorker& worker : workers) ASHLAR_TRY(worker.measure());
  if (db.dialect() == storage::Dialect::kPostgres) {
    ASHLAR_ASSIGN(const base::Micros oldest, db.read(kContext, store::oldest_transaction));
    oldest_s->store(std::chrono::duration<double>(oldest).count());
  }
  return expire();
}

// From where the last round ended; from the start again when it has met what must stay.
base::Status Consumers::Impl::expire() {
  const base::Time now = clock.now();
  const auto write = kContext.read_committed();
  ASHLAR_TRY(db.write(write, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::forget_consumers(tx, now - kForgotten));
    ASHLAR_TRY(store::expire_dead(tx, now - options.keep_dead, kExpireAtOnce));
    return base::ok_status();
  }));
  for (int round = 0; round < kExpireRounds; ++round) {
    ASHLAR_ASSIGN(const store::Expiry page, db.read(kContext, [&](Transaction& tx) {
      return store::expiry(tx, swept, now - options.keep, kExpireAtOnce);
    }));
    if (page.last > swept) {
      ASHLAR_ASSIGN(const std::int64_t gone, db.write(write, [&](Transaction& tx) {
        return store::expire(tx, swept, page.last);
      }));
      expired.add(static_cast<std::uint64_t>(gone));
    }
    swept = page.more ? page.last : 0;
    if (!page.more) break;
  }
  return base::ok_status();
}

base::Result<std::vector<ConsumerView>> Consumers::list() {
  return impl_->db.read(kContext, [&](Transaction& tx) -> base::Result<std::vector<ConsumerView>> {
    std::vector<ConsumerView> views;
    const base::Time now = impl_->clock.now();
    ASHLAR_ASSIGN(const std::vector<store::ConsumerRow> rows, store::list_consumers(tx));
    for (const store::ConsumerRow& row : rows) {
      ASHLAR_ASSIGN(const store::Lag lag, store::lag(tx, row.position, row.types));
      ASHLAR_ASSIGN(const store::ParkedCounts counts, store::count_parked(tx, row.name));
      ConsumerView view{.name = row.name,
                        .lag_events = lag.events,
                        .lag_time = {},
                        .parked = counts.parked,
                        .dead = counts.dead,
                        .owner = row.lease_until >= now ? row.owner : ""};
      if (lag.oldest && *lag.oldest < now) {
        view.lag_time = std::chrono::floor<base::Millis>(now - *lag.oldest);
      }
      views.push_back(std::move(view));
    }
    return views;
  });
}

base::Result<std::vector<DeadLetter>> Consumers::dead_letters(const std::string& consumer,
                                                              std::int64_t after, int limit) {
  return impl_->db.read(kContext, [&](Transaction& tx) -> base::Result<std::vector<DeadLetter>> {
    std::vector<DeadLetter> letters;
    ASHLAR_ASSIGN(std::vector<store::Parked> dead, store::list_dead(tx, consumer, after, limit));
    for (store::Parked& parked : dead) {
      letters.push_back({.id = parked.id,
                         .consumer = std::move(parked.consumer),
                         .event = parked.event.value_or(Event{}),
                         .attempts = parked.attempts,
                         .error = std::move(parked.error),
                         .died_at = parked.changed_at});
    }
    return letters;
  });
}

base::Status Consumers::replay_dead(std::int64_t id) {
  ASHLAR_TRY(impl_->db.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const auto dead, store::take_dead(tx, id));
    if (!dead || !dead->event) {
      return base::fail(base::Code::kNotFound, "dead_letter_not_found",
                        "There is no such dead letter.");
    }
    ASHLAR_TRY(store::touch_consumer(tx, dead->consumer));
    const std::int64_t seq = dead->event->seq.value;
    ASHLAR_TRY(store::park_behind(tx, dead->consumer, std::span(&seq, 1), impl_->clock.now()));
    return store::promote(tx, dead->consumer, dead->key, impl_->clock.now());
  }));
  wake();
  return base::ok_status();
}

base::Result<std::int64_t> Consumers::Impl::replay_page(const std::string& consumer,
                                                        const ReplayRange& range,
                                                        const LogPosition& until,
                                                        std::string_view types,
                                                        std::int64_t& after) {
  std::int64_t last = after;
  ASHLAR_ASSIGN(const std::int64_t count,
                db.write(kContext, [&](Transaction& tx) -> base::Result<std::int64_t> {
                  ASHLAR_ASSIGN(const std::vector<std::int64_t> seqs,
                                store::replayable(tx, until, types, range, after, kReplayAtOnce));
                  if (seqs.empty()) return std::int64_t{0};
                  last = seqs.back();
                  ASHLAR_TRY(store::touch_consumer(tx, consumer));
                  ASHLAR_TRY(store::park_behind(tx, consumer, seqs, clock.now()));
                  ASHLAR_TRY(store::promote_all(tx, consumer, clock.now()));
                  return static_cast<std::int64_t>(seqs.size());
                }));
  after = last;
  return count;
}

base::Result<std::int64_t> Consumers::replay(const std::string& consumer,
                                             const ReplayRange& range) {
  ASHLAR_ASSIGN(const auto row, impl_->db.read(kContext, [&](Transaction& tx) {
    return store::find_consumer(tx, consumer);
  }));
  if (!row) return not_found(consumer);
  std::int64_t total = 0;
  std::int64_t after = 0;
  while (true) {
    ASHLAR_ASSIGN(const std::int64_t count,
                  impl_->replay_page(consumer, range, row->position, row->types, after));
    total += count;
    if (count < kReplayAtOnce) break;
  }
  wake();
  return total;
}

}  // namespace ashlar::events
