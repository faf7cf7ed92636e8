#include "platform/jobs/acks.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "platform/observability/log.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::jobs {
namespace {

constexpr base::Millis kPause{200};  // before a commit that failed is tried again

}  // namespace

Acks::Acks(Jobs& jobs, int threads, obs::Log& log) : jobs_(jobs), log_(log) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      runtime::set_thread_name("jobs-acks");
      run();
    });
  }
}

Acks::~Acks() { stop(); }

void Acks::add(Ended ended, const Done& done) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({std::move(ended), &done});
  if (entries_.size() == 1) changed_.notify_one();
}

void Acks::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Acks::run() {
  std::vector<Entry> batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !entries_.empty(); });
      if (entries_.empty()) return;
      const std::size_t many = std::min<std::size_t>(entries_.size(), Jobs::kMaxBatch);
      const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(many);
      batch.assign(std::make_move_iterator(entries_.begin()), std::make_move_iterator(end));
      entries_.erase(entries_.begin(), end);
      if (!entries_.empty()) changed_.notify_one();
    }
    while (!commit(batch)) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kPause, [&] { return stopping_; });
      if (!stopping_) continue;
      lock.unlock();
      for (const Entry& entry : batch) (*entry.done)(entry.ended.ref, false);
      break;
    }
  }
}

bool Acks::commit(const std::vector<Entry>& batch) {
  std::vector<Ended> ended;
  ended.reserve(batch.size());
  for (const Entry& entry : batch) ended.push_back(entry.ended);
  const base::Result<std::vector<bool>> held = jobs_.end_many(ended);
  if (!held.ok()) {
    log_.warn(
        "jobs: ends cannot be committed, they are tried again",
        {{"jobs", batch.size()}, {"reason", held.error().reason}, {"detail", held.error().detail}});
    return false;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) (*batch[i].done)(batch[i].ended.ref, (*held)[i]);
  return true;
}

}  // namespace ashlar::jobs
