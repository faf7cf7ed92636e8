// PlaceQueue: sends that wait in memory until a place at one of their providers becomes free.
//
//   seen = seen() ── all places are taken ── enter(seen) ─┬─ kWaits: resumed later, once
//                                                         ├─ kAgain: one became free meanwhile
//                                                         └─ kFull: come back by other means
//   freed(lane) ──> the first of the lane is resumed; where it takes no place, the next
//
// A lane is a tenant's channel; in it urgent goes before normal before bulk, each in the order in
// which they came; one that has waited for kPatience goes before all.
//
// Promises
//  1. Who waits is resumed: by freed(), by close(), once. No place that became free after seen()
//     is missed (kAgain).
//  2. At most kMost wait, kMostOfLane of one lane: a provider that does not answer holds up no
//     more than these.
//  3. Functions are called without a lock held, on the thread that calls freed() or close().
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/notifications/notification.h"

namespace ashlar::notifications {

class PlaceQueue {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostOfLane = 128;
  static constexpr std::chrono::nanoseconds kPatience = std::chrono::seconds(2);

  struct Lane {
    base::TenantId tenant{};
    Channel channel = Channel::kEmail;
    auto operator<=>(const Lane&) const = default;
  };
  // Whether it took a place: else the next one is resumed, also where it waits again: the place may
  // be one that it cannot use.
  using Resume = std::function<bool()>;
  enum class Entry : std::uint8_t { kWaits, kAgain, kFull };

  [[nodiscard]] std::uint64_t seen() const { return freed_.load(); }
  // kAgain and kFull leave `resume` as it was.
  Entry enter(Lane lane, Priority priority, std::uint64_t seen, base::Mono now, Resume& resume);
  void freed(Lane lane, base::Mono now);
  // Resumes all; who enters from then on is kFull.
  void close();

  [[nodiscard]] std::size_t size() const;

 private:
  struct Waiting {
    base::Mono since;
    std::uint64_t number;
    Resume resume;
  };
  using Queues = std::array<std::deque<Waiting>, 3>;  // by Priority

  // Of those that came before the number `before`.
  std::optional<Waiting> take(Lane lane, base::Mono now, std::uint64_t before);

  std::atomic<std::uint64_t> freed_{0};

  mutable std::mutex mutex_;  // guards what follows
  std::map<Lane, Queues> lanes_;
  std::size_t size_ = 0;
  std::uint64_t entered_ = 0;
  bool closed_ = false;
};

}  // namespace ashlar::notifications
