#include "platform/jobs/runner.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "platform/jobs/acks.h"
#include "platform/jobs/crew.h"
#include "platform/runtime/thread_name.h"
#include "platform/storage/database.h"

namespace ashlar::jobs {

struct Runner::Impl {
  Impl(const Crew::With& the_things) : with(the_things) {}

  void keep();

  const Crew::With with;
  std::vector<std::shared_ptr<Crew>> crews;
  std::unique_ptr<Acks> acks;

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  bool stopping = false;

  std::thread keeper;
  bool started = false;
};

Runner::Runner(Jobs& jobs, storage::Database& db, std::string worker, const base::Clock& clock,
               obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(Crew::With{jobs, db, clock, metrics, log, std::move(worker)})) {}

Runner::~Runner() { stop(base::Millis{0}); }

void Runner::add(KindOptions options) {
  CHECK(!impl_->started);
  impl_->with.jobs.set_retry(options.kind, options.retry);
  impl_->crews.push_back(std::make_shared<Crew>(std::move(options), impl_->with));
}

void Runner::start() {
  CHECK(!impl_->started);
  impl_->started = true;
  // SQLite has one writer; PostgreSQL commits side by side.
  const int threads = impl_->with.db.dialect() == storage::Dialect::kSqlite ? 1 : 2;
  impl_->acks = std::make_unique<Acks>(impl_->with.jobs, threads, impl_->with.log);
  for (const auto& crew : impl_->crews) crew->start(*impl_->acks);
  impl_->keeper = std::thread([this] {
    runtime::set_thread_name("jobs-keeper");
    impl_->keep();
  });
}

void Runner::Impl::keep() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    lock.unlock();
    for (const auto& crew : crews) crew->look_after(with.clock.mono());
    lock.lock();
    changed.wait_for(lock, kTick, [&] { return stopping; });
  }
}

void Runner::stop(base::Millis drain) {
  if (!impl_->started || impl_->acks == nullptr) return;
  const base::Mono until = impl_->with.clock.mono() + drain;
  for (const auto& crew : impl_->crews) crew->stop_feeding();
  for (const auto& crew : impl_->crews) crew->drain(until);
  for (const auto& crew : impl_->crews) crew->stop();
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  impl_->keeper.join();
  for (const auto& crew : impl_->crews) crew->release();
  impl_->acks->stop();
  impl_->acks.reset();
}

}  // namespace ashlar::jobs
