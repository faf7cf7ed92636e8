#include "modules/notifications/campaigns/campaign_runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::notifications {
namespace {

// The clock is the caller's, and may be driven by hand.
constexpr base::Millis kLook{20};
constexpr base::Millis kLease{10'000};
constexpr base::Seconds kComeBack{1};

}  // namespace

CampaignRunner::~CampaignRunner() { stop(); }

jobs::KindOptions CampaignRunner::kind() {
  jobs::KindOptions options;
  options.kind = kCampaignChunkJob;
  options.handler = jobs::AsyncHandler(
      [this](const jobs::Attempt& attempt_, std::function<void(jobs::Outcome)> done) {
        attempt(attempt_, std::move(done));
      });
  options.concurrency = kMaxRuns;
  options.prefetch = 1;
  // Where an instance dies, others go on with its chunks so much later.
  options.lease = kLease;
  options.retry = {.delays = {base::Millis{1'000}, base::Millis{10'000}}, .jitter = 0.2};
  return options;
}

void CampaignRunner::attempt(const jobs::Attempt& attempt,
                             std::function<void(jobs::Outcome)> done) {
  const std::optional<FedChunk> fed = fed_chunk_of(attempt.job.payload);
  if (!fed) return done(jobs::Outcome::dead("not a chunk of a campaign"));
  const auto place = std::make_shared<Place>();
  CampaignRun::Start start;
  start.tenant = attempt.job.tenant;
  start.fed = *fed;
  start.deadline = attempt.deadline;
  start.done = done;
  start.wake = [this, weak = std::weak_ptr(place)](base::Mono at) {
    if (const PlacePtr found = weak.lock()) wake(found, at);
  };
  place->run = std::make_shared<CampaignRun>(services_, std::move(start));
  place->due = services_.clock.mono();
  {
    const std::lock_guard lock(mutex_);
    if (!winding_up_) {
      places_.push_back(place);
      changed_.notify_one();
      return;
    }
  }
  done(jobs::Outcome::snoozed(services_.clock.now() + kComeBack));
}

void CampaignRunner::start() {
  const std::lock_guard lock(mutex_);
  for (int i = static_cast<int>(threads_.size()); i < kThreads; ++i) {
    threads_.emplace_back([this] {
      runtime::set_thread_name("notify-camp");
      work();
    });
  }
}

void CampaignRunner::wake(const PlacePtr& place, base::Mono at) {
  const std::lock_guard lock(mutex_);
  if (place->busy) {
    place->woken_at = place->woken ? std::min(place->woken_at, at) : at;
    place->woken = true;
    return;
  }
  place->due = std::min(place->due, at);
  changed_.notify_one();
}

// The one that waits longest for its turn; null: it has ended.
CampaignRunner::PlacePtr CampaignRunner::next_due(std::unique_lock<std::mutex>& lock) {
  while (true) {
    PlacePtr first;
    for (const PlacePtr& place : places_) {
      if (!place->busy && (!first || place->due < first->due)) first = place;
    }
    if (stopping_ && places_.empty()) return nullptr;
    const base::Mono now = services_.clock.mono();
    if (first && first->due <= now) return first;
    if (!first) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(first->due - now, kLook));
    }
  }
}

void CampaignRunner::work() {
  std::unique_lock lock(mutex_);
  while (const PlacePtr place = next_due(lock)) {
    place->busy = true;
    place->woken = false;
    const bool winding_up = winding_up_;
    lock.unlock();
    const std::optional<base::Mono> next = place->run->turn(winding_up);
    lock.lock();
    place->busy = false;
    if (!next) {
      places_.remove(place);
      changed_.notify_all();
      continue;
    }
    place->due = place->woken ? std::min(*next, place->woken_at) : *next;
  }
}

void CampaignRunner::wind_up(base::Millis grace) {
  std::unique_lock lock(mutex_);
  winding_up_ = true;
  const base::Mono now = services_.clock.mono();
  for (const PlacePtr& place : places_) place->due = std::min(place->due, now);
  changed_.notify_all();
  if (threads_.empty()) return;
  changed_.wait_for(lock, grace, [this] { return places_.empty(); });
}

void CampaignRunner::stop() {
  std::vector<std::thread> ended;
  {
    const std::lock_guard lock(mutex_);
    winding_up_ = stopping_ = true;
    // Nobody works them: their jobs come back by themselves.
    if (threads_.empty()) places_.clear();
    ended.swap(threads_);
    changed_.notify_all();
  }
  for (std::thread& thread : ended) thread.join();
}

}  // namespace ashlar::notifications
