#include "platform/jobs/turns.h"

#include <algorithm>
#include <utility>

namespace ashlar::jobs {
namespace {

using store::Lane;

// [first, last) of each tenant's lanes.
struct Group {
  std::size_t first = 0;
  std::size_t last = 0;
};

std::vector<Group> groups_of(std::span<const Lane> lanes) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (i == 0 || lanes[i].tenant != lanes[i - 1].tenant) groups.push_back({i, i});
    groups.back().last = i + 1;
  }
  return groups;
}

}  // namespace

std::string Turns::queue_after(base::TenantId tenant) const {
  const auto found = last_queue_.find(tenant);
  return found == last_queue_.end() ? std::string() : found->second;
}

std::vector<Lane> Turns::in_turn(std::vector<Lane> lanes) const {
  for (const Group& group : groups_of(lanes)) {
    const auto first = lanes.begin() + static_cast<std::ptrdiff_t>(group.first);
    const auto last = lanes.begin() + static_cast<std::ptrdiff_t>(group.last);
    const std::string after = queue_after(first->tenant);
    const auto next =
        std::find_if(first, last, [&](const Lane& lane) { return lane.queue > after; });
    std::rotate(first, next, last);
  }
  if (after_ == store::kFromTheFirst) {
    const auto next = std::find_if(lanes.begin(), lanes.end(),
                                   [&](const Lane& lane) { return lane.tenant.value > last_; });
    std::rotate(lanes.begin(), next, lanes.end());
  }
  return lanes;
}

void Turns::served(std::span<const Lane> lanes, std::span<const std::int64_t> parts, bool whole) {
  const std::vector<Group> groups = groups_of(lanes);
  std::int64_t last = store::kFromTheFirst;
  bool everybody = true;
  if (last_queue_.size() > kRemembered) last_queue_.clear();
  for (const Group& group : groups) {
    bool own = false;
    bool all = true;
    for (std::size_t i = group.first; i < group.last; ++i) {
      if (parts[i] > 0) last_queue_[lanes[i].tenant] = lanes[i].queue;
      (parts[i] > 0 ? own : all) = parts[i] > 0;
    }
    // All of them: the one that was first now is last the next time.
    if (own && all && group.last - group.first < kQueues) {
      last_queue_[lanes[group.first].tenant] = lanes[group.first].queue;
    }
    // Nothing for us in as many queues as are looked at: the next look is at those after them.
    if (!own && group.last - group.first >= kQueues) {
      last_queue_[lanes[group.first].tenant] = lanes[group.last - 1].queue;
    }
    if (own) last = lanes[group.first].tenant.value;
    everybody = everybody && own;
  }
  if (groups.empty()) {
    after_ = store::kFromTheFirst;
    return;
  }
  if (whole && after_ == store::kFromTheFirst) {
    last_ = everybody ? lanes.front().tenant.value : last;
    return;
  }
  const bool window_done = everybody || last == store::kFromTheFirst;
  const std::int64_t seen = whole ? store::kFromTheFirst : lanes.back().tenant.value;
  after_ = window_done ? seen : last;
}

std::vector<std::int64_t> share(std::span<const Lane> lanes, std::span<const std::int64_t> caps,
                                std::span<const std::int64_t> have, std::int64_t most) {
  std::vector<std::int64_t> parts(lanes.size(), 0);
  const std::vector<Group> groups = groups_of(lanes);
  std::vector<std::int64_t> totals;
  for (const Group& group : groups) {
    std::int64_t total = 0;
    for (std::size_t i = group.first; i < group.last; ++i) total += have[i];
    totals.push_back(total);
  }
  // The lane of the group that has least and may have more; group.last: none may.
  const auto neediest = [&](const Group& group) {
    std::size_t lane = group.last;
    for (std::size_t i = group.first; i < group.last; ++i) {
      if (parts[i] >= caps[i]) continue;
      if (lane == group.last || have[i] + parts[i] < have[lane] + parts[lane]) lane = i;
    }
    return lane;
  };
  while (most > 0) {
    std::size_t chosen = groups.size();
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (chosen < groups.size() && totals[g] >= totals[chosen]) continue;
      if (neediest(groups[g]) < groups[g].last) chosen = g;
    }
    if (chosen == groups.size()) break;
    ++parts[neediest(groups[chosen])];
    ++totals[chosen];
    --most;
  }
  return parts;
}

}  // namespace ashlar::jobs
