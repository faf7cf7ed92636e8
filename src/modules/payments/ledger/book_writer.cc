#include "modules/payments/ledger/book_writer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/tenant_book.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/observability/quiet_thread.h"
#include "platform/storage/database.h"

namespace ashlar::ledger {
namespace {

// SQLite has one writer, so a second thread would wait for the first; PostgreSQL writes the books
// of several tenants at once.
constexpr int kThreadsOnPostgres = 4;
// What is remembered of all books, about 500 bytes each; beyond, a book is forgotten after its
// batch.
constexpr std::size_t kMostInMemory = 400'000;
constexpr std::size_t kMostBooks = 1'000;
constexpr std::int64_t kTenantsOfSweep = 1'000;

}  // namespace

struct BookWriter::Impl {
  struct Queued : TenantBook::Task {
    Done done;
  };
  // The queue of a tenant, and its book. One thread at a time has taken it.
  struct Lane {
    explicit Lane(base::TenantId id) : tenant(id) {}
    const base::TenantId tenant;
    std::deque<std::unique_ptr<Queued>> waiting;
    bool taken = false;
    std::unique_ptr<TenantBook> book;  // of whoever has taken it
    std::size_t remembered = 0;
  };

  Impl(storage::Database& database, const base::Clock& clk, obs::Registry& metrics, obs::Log& lg,
       const HeadSigner* sign)
      : db(database),
        clock(clk),
        log(lg),
        signer(sign),
        units(metrics.make_histogram("ashlar_ledger_batch_units",
                                     "Units of work of one transaction of the ledger",
                                     obs::power_of_two_buckets())),
        seconds(metrics.make_histogram("ashlar_ledger_batch_seconds",
                                       "From a batch's begin until it is durable",
                                       obs::latency_buckets_s())),
        transfers(metrics.make_counter("ashlar_ledger_transfers_total", "Transfers booked")),
        broken(metrics.make_counter("ashlar_ledger_units_broken_total",
                                    "Units that failed after they had written")),
        depth(metrics.make_gauge("ashlar_ledger_queue_depth", "Units that wait to be begun")) {}

  void submit(base::TenantId tenant, Unit unit, Done done, std::optional<base::Mono> deadline);
  void enqueue(base::TenantId tenant, std::unique_ptr<Queued> queued);
  void work(bool sweeps);
  bool work_once(std::unique_lock<std::mutex>& lock);
  void run_all(Lane& lane, std::deque<std::unique_ptr<Queued>> tasks);
  std::size_t run_some(Lane& lane, std::span<TenantBook::Task* const> tasks);
  void give_back(Lane& lane);
  base::Result<std::int64_t> sweep();
  void sweep_and_log();

  storage::Database& db;
  const base::Clock& clock;
  obs::Log& log;
  const HeadSigner* const signer;
  obs::Histogram& units;
  obs::Histogram& seconds;
  obs::Counter& transfers;
  obs::Counter& broken;
  obs::Gauge& depth;

  std::mutex mutex;  // guards what follows
  std::condition_variable arrived;
  std::unordered_map<base::TenantId, std::unique_ptr<Lane>> lanes;
  std::deque<Lane*> ready;  // have something waiting, and are not taken
  std::size_t queued = 0;
  std::size_t remembered = 0;  // the sum of the lanes'
  bool stopping = false;
  std::vector<std::thread> threads;
};

void BookWriter::Impl::submit(base::TenantId tenant, Unit unit, Done done,
                              std::optional<base::Mono> deadline) {
  auto queued_unit = std::make_unique<Queued>();
  queued_unit->unit = std::move(unit);
  queued_unit->deadline = deadline;
  queued_unit->done = std::move(done);
  base::Error refused;
  {
    const std::lock_guard lock(mutex);
    if (!stopping && queued < kMaxQueued) {
      enqueue(tenant, std::move(queued_unit));
      return;
    }
    refused = stopping ? base::fail(base::Code::kUnavailable, "ledger_stopped",
                                    "the ledger takes no more work")
                       : base::fail(base::Code::kUnavailable, "ledger_busy",
                                    "too many units of work wait to be booked");
  }
  queued_unit->done(std::move(refused));
}

// REQUIRES: the mutex is held.
void BookWriter::Impl::enqueue(base::TenantId tenant, std::unique_ptr<Queued> unit) {
  std::unique_ptr<Lane>& lane = lanes[tenant];
  if (lane == nullptr) lane = std::make_unique<Lane>(tenant);
  lane->waiting.push_back(std::move(unit));
  ++queued;
  depth.set(static_cast<std::int64_t>(queued));
  if (lane->taken || lane->waiting.size() > 1) return;
  ready.push_back(lane.get());
  arrived.notify_one();
}

// False: nothing is ready. The lock is held before and after, and not meanwhile.
bool BookWriter::Impl::work_once(std::unique_lock<std::mutex>& lock) {
  if (ready.empty()) return false;
  Lane& lane = *ready.front();
  ready.pop_front();
  lane.taken = true;
  std::deque<std::unique_ptr<Queued>> tasks;
  while (!lane.waiting.empty() && tasks.size() < kMaxUnits) {
    tasks.push_back(std::move(lane.waiting.front()));
    lane.waiting.pop_front();
  }
  queued -= tasks.size();
  depth.set(static_cast<std::int64_t>(queued));
  lock.unlock();
  run_all(lane, std::move(tasks));
  lock.lock();
  give_back(lane);
  return true;
}

void BookWriter::Impl::give_back(Lane& lane) {
  lane.taken = false;
  remembered -= lane.remembered;
  lane.remembered = lane.book->in_memory();
  remembered += lane.remembered;
  if (remembered > kMostInMemory || lanes.size() > kMostBooks) {
    lane.book.reset();
    remembered -= std::exchange(lane.remembered, 0);
  }
  if (!lane.waiting.empty()) {
    ready.push_back(&lane);
    arrived.notify_one();
  } else if (lane.book == nullptr) {
    lanes.erase(lane.tenant);
  }
}

void BookWriter::Impl::run_all(Lane& lane, std::deque<std::unique_ptr<Queued>> tasks) {
  if (lane.book == nullptr) {
    lane.book = std::make_unique<TenantBook>(lane.tenant, db, clock, signer);
  }
  std::size_t limit = tasks.size();
  while (!tasks.empty()) {
    std::vector<TenantBook::Task*> batch;
    for (std::size_t i = 0; i < std::min(limit, tasks.size()); ++i) batch.push_back(tasks[i].get());
    const base::Mono begun = clock.mono();
    const TenantBook::Ran ran = lane.book->run(batch);
    std::size_t finished = ran.begun;
    limit = tasks.size();
    if (ran.broke) {
      broken.add();
      // Those before it again, without it; then it alone, and the rest after that.
      limit = std::max<std::size_t>(*ran.broke, 1);
      finished = batch.size() == 1 ? 1 : 0;
    } else {
      units.observe(static_cast<double>(ran.begun));
      seconds.observe(std::chrono::duration<double>(clock.mono() - begun).count());
      transfers.add(ran.transfers);
    }
    for (; finished > 0; --finished) {
      const std::unique_ptr<Queued> task = std::move(tasks.front());
      tasks.pop_front();
      task->done(std::move(task->outcome));
    }
  }
}

void BookWriter::Impl::work(bool sweeps) {
  base::Mono next_sweep = clock.mono();
  std::unique_lock lock(mutex);
  for (;;) {
    if (sweeps && !stopping && clock.mono() >= next_sweep) {
      next_sweep = clock.mono() + kSweepEvery;
      lock.unlock();
      sweep_and_log();
      lock.lock();
    }
    if (work_once(lock)) continue;
    if (stopping) return;
    arrived.wait_for(lock, kSweepEvery);
  }
}

base::Result<std::int64_t> BookWriter::Impl::sweep() {
  const auto context = storage::Context::platform(storage::PlatformUse::kMaintenance);
  ASHLAR_ASSIGN(const std::vector<base::TenantId> due,
                db.read(context, [&](storage::Transaction& tx) {
                  return store::due_tenants(tx, clock.now(), kTenantsOfSweep);
                }));
  for (const base::TenantId tenant : due) {
    const auto nothing = [](Booking&) { return base::ok_status(); };
    // Its holds are released before the unit runs; whoever is refused is asked again by the next
    // sweep.
    submit(tenant, nothing, [](const base::Status&) {}, {});
  }
  return static_cast<std::int64_t>(due.size());
}

void BookWriter::Impl::sweep_and_log() {
  const auto swept = sweep();
  if (!swept.ok()) {
    log.warn("ledger: holds that are over were not looked for", {{"detail", swept.error().detail}});
  }
}

BookWriter::BookWriter(storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
                       obs::Log& log, const HeadSigner* signer)
    : impl_(std::make_unique<Impl>(db, clock, metrics, log, signer)) {}

BookWriter::~BookWriter() { stop(); }

void BookWriter::start() {
  const std::lock_guard lock(impl_->mutex);
  CHECK(!impl_->stopping);
  const bool postgres = impl_->db.dialect() == storage::Dialect::kPostgres;
  for (int i = static_cast<int>(impl_->threads.size()); i < (postgres ? kThreadsOnPostgres : 1);
       ++i) {
    impl_->threads.push_back(
        obs::start_quiet_thread("book-writer", [impl = impl_.get(), i] { impl->work(i == 0); }));
  }
}

void BookWriter::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    threads.swap(impl_->threads);
  }
  impl_->arrived.notify_all();
  for (std::thread& thread : threads) thread.join();
  drain();
}

void BookWriter::submit(base::TenantId tenant, Unit unit, Done done,
                        std::optional<base::Mono> deadline) {
  impl_->submit(tenant, std::move(unit), std::move(done), deadline);
}

base::Status BookWriter::run(base::TenantId tenant, Unit unit) {
  std::mutex mutex;
  std::condition_variable finished;
  std::optional<base::Status> outcome;
  submit(tenant, std::move(unit), [&](base::Status status) {
    const std::lock_guard lock(mutex);
    outcome = std::move(status);
    finished.notify_one();
  });
  bool threads = false;
  {
    const std::lock_guard lock(impl_->mutex);
    threads = !impl_->threads.empty();
  }
  if (!threads) drain();
  std::unique_lock lock(mutex);
  finished.wait(lock, [&] { return outcome.has_value(); });
  return *std::move(outcome);
}

void BookWriter::drain() {
  std::unique_lock lock(impl_->mutex);
  while (impl_->work_once(lock)) {
  }
}

base::Result<std::int64_t> BookWriter::sweep() { return impl_->sweep(); }

}  // namespace ashlar::ledger
