#include "modules/notifications/place_queue.h"

#include <utility>

namespace ashlar::notifications {
namespace {

// The index in Queues in whose order they are served.
std::size_t rank_in_queues(Priority priority) {
  switch (priority) {
    case Priority::kUrgent:
      return 0;
    case Priority::kNormal:
      return 1;
    case Priority::kBulk:
      break;
  }
  return 2;
}

}  // namespace

PlaceQueue::Entry PlaceQueue::enter(Lane lane, Priority priority, std::uint64_t seen,
                                    base::Mono now, Resume& resume) {
  const std::lock_guard lock(mutex_);
  // freed() counts before it takes this lock, so that one of the two sees the other.
  if (freed_.load() != seen) return Entry::kAgain;
  if (closed_ || size_ >= kMost) return Entry::kFull;
  Queues& queues = lanes_[lane];
  const std::size_t of_lane = queues[0].size() + queues[1].size() + queues[2].size();
  if (of_lane >= kMostOfLane) return Entry::kFull;
  queues[rank_in_queues(priority)].push_back({now, entered_++, std::move(resume)});
  ++size_;
  return Entry::kWaits;
}

std::optional<PlaceQueue::Waiting> PlaceQueue::take(Lane lane, base::Mono now,
                                                    std::uint64_t before) {
  const std::lock_guard lock(mutex_);
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return std::nullopt;
  std::deque<Waiting>* first = nullptr;
  bool others = false;
  for (std::deque<Waiting>& queue : found->second) {
    if (queue.empty()) continue;
    others = true;
    if (queue.front().number >= before) continue;
    if (first == nullptr) first = &queue;
    const base::Mono since = queue.front().since;
    if (now - since >= kPatience && since < first->front().since) first = &queue;
  }
  if (first == nullptr) {
    if (!others) lanes_.erase(found);
    return std::nullopt;
  }
  Waiting taken = std::move(first->front());
  first->pop_front();
  --size_;
  return taken;
}

void PlaceQueue::freed(Lane lane, base::Mono now) {
  freed_.fetch_add(1);
  std::uint64_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    before = entered_;
  }
  // Each once: those that come back to wait, urgent ones too, are not asked again.
  for (std::size_t asked = 0; asked < kMostOfLane; ++asked) {
    const std::optional<Waiting> next = take(lane, now, before);
    if (!next || next->resume()) return;
  }
}

void PlaceQueue::close() {
  std::map<Lane, Queues> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    size_ = 0;
    all.swap(lanes_);
  }
  for (auto& [lane, queues] : all) {
    for (std::deque<Waiting>& queue : queues) {
      for (const Waiting& waiting : queue) waiting.resume();
    }
  }
}

std::size_t PlaceQueue::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace ashlar::notifications
