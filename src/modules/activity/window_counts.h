// WindowCounts: how often each name occurred in the window (newest - W, newest], W whole seconds,
// newest the latest time added so far. Exact by timestamp, to the nanosecond, in whatever order
// events come.
//
//   WindowCounts counts(300, 1 << 30, seed);
//   counts.add({1'700'000'000, 0}, "alice");
//   const auto rows = counts.top(10);
//
//  1. add() counts the event if newest - W < time; else it only counts it as outside(). Since
//  newest
//     never goes back, what was outside stays outside: the answer does not depend on the order.
//  2. top(k): kit::Heavy's order and promises; while exact(), lower == upper. A name with no event
//     in the window is not there.
//  3. Memory: for each second, events at a whole second take 8 bytes for each name (and up to twice
//     that while events of several seconds alternate); events with a fraction 8 bytes each;
//     capacity is at most a quarter above. Names: name_table.h; the room of those that left the
//     window is kept for others, and counted. The ring: 80 bytes for each second of W rounded up to
//     a power of two.
//  4. limit_memory() is called between batches of events, of a size that the caller bounds. Where
//     bytes() is above the limit it gives back the room of names that left; where that is not
//     enough, so that the next call would find the same, it gives up exactness, in this order,
//     until 3/4 of the limit are left: fractions are forgotten (then only the second at the
//     window's old edge is uncertain: lower counts none of it, upper all); then in each second the
//     rare half of the names. exact() is true again once the window has left all that behind.
//  5. add() takes O(1) amortised, without an allocation for a name that is known but for growth of
//     the second's array; leaving the window costs O(1) an event or (second, name). top(k) takes
//     O(names + K log K + events of one second).
//
// Layout: a ring of seconds, each with two arrays: (name, count) for whole seconds, (name, nanos)
// for the others. A name's record holds its count over all of the ring, so that seconds that leave
// are subtracted; only the second at the old edge is ever looked at event by event.
// Not thread-safe. The name's identity is its bytes, at most kMaxNameBytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "kit/count/heavy.h"
#include "modules/activity/log_time.h"
#include "modules/activity/name_table.h"

namespace ashlar::activity {

class WindowCounts {
 public:
  static constexpr std::size_t kMaxNameBytes = 256 * 1024;
  static constexpr std::int64_t kMaxWindow = 86'400;

  // REQUIRES: 1 <= window_s <= kMaxWindow. The seed is secret where names come from outside.
  WindowCounts(std::int64_t window_s, std::size_t max_bytes, std::uint64_t seed);

  // REQUIRES: a time that log_time.h gives, name.size() <= kMaxNameBytes.
  void add(LogTime time, std::string_view name) {
    if (time.seconds > newest_.seconds) {
      advance(time);
    } else if (time.seconds == newest_.seconds) {
      newest_.nanos = std::max(newest_.nanos, time.nanos);
    } else {
      const std::int64_t edge = newest_.seconds - window_s_;
      if (time.seconds < edge || (time.seconds == edge && time.nanos <= newest_.nanos)) {
        ++outside_;
        return;
      }
      oldest_ = std::min(oldest_, time.seconds);
    }
    const NameTable::Ref ref = names_.intern(name);
    ++names_.at(ref).count;
    ++in_window_;
    Second& second = second_at(time.seconds);
    if (time.nanos == 0) return add_whole(second, ref, 1);
    if (forgetting_) {
      blur(second);
      second.forgot = true;
      return add_whole(second, ref, 1);
    }
    append(second.exact, {ref, time.nanos});
  }

  // Not const: what has left the window goes now.
  std::vector<kit::Heavy<std::string>> top(std::size_t k);

  void limit_memory() {
    if (bytes() > max_bytes_) shed();
  }

  [[nodiscard]] bool empty() const { return oldest_ > newest_.seconds; }
  // REQUIRES: !empty().
  [[nodiscard]] LogTime newest() const { return newest_; }
  [[nodiscard]] std::int64_t window_s() const { return window_s_; }
  // Seconds from the first event in the window to the newest, at least 1, at most W.
  [[nodiscard]] std::int64_t covered_s() const;
  // Right after top(), and while exact: the events and the names in the window.
  [[nodiscard]] std::uint64_t in_window() const { return in_window_; }
  [[nodiscard]] std::size_t names() const { return names_.size(); }
  [[nodiscard]] std::uint64_t outside() const { return outside_; }
  [[nodiscard]] bool exact() const { return blurred_seconds_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return entry_bytes_ + ring_bytes_ + names_.bytes(); }

 private:
  struct Entry {
    NameTable::Ref name;
    std::uint32_t value;  // a count, or nanoseconds
  };
  using Entries = std::vector<Entry>;

  struct Second {
    Entries whole;
    Entries exact;
    std::uint64_t lost = 0;       // events whose names were given up
    std::uint64_t slack = 0;      // the most that any name lost here
    std::uint32_t merge_at = 64;  // size of `whole` at which doubles are merged
    bool forgot = false;          // fractions were
  };

  Second& second_at(std::int64_t seconds) {
    return ring_[static_cast<std::uint64_t>(seconds) & ring_mask_];
  }

  // A name's `place` says where in the second's array it was last: right while events of one second
  // follow each other, and checked, so that it may be wrong.
  void add_whole(Second& second, NameTable::Ref ref, std::uint32_t count) {
    NameTable::Record& record = names_.at(ref);
    Entries& entries = second.whole;
    if (record.place < entries.size()) {
      Entry& entry = entries[record.place];
      if (entry.name == ref && entry.value <= kMaxValue - count) {
        entry.value += count;
        return;
      }
    }
    if (entries.size() >= second.merge_at) merge(second);
    record.place = static_cast<std::uint32_t>(entries.size());
    append(entries, {ref, count});
  }

  void blur(Second& second) {
    if (!second.forgot && second.slack == 0) ++blurred_seconds_;
  }

  void append(Entries& entries, Entry entry) {
    if (entries.size() == entries.capacity()) grow(entries);
    entries.push_back(entry);
  }

  void advance(LogTime time);
  void leave(Second& second);
  void leave_whole(Second& second);
  void leave_before(Second& second, std::uint32_t nanos);
  [[nodiscard]] std::vector<NameTable::Ref> pick(std::size_t k) const;
  // The greatest count of those that were not picked.
  [[nodiscard]] std::uint64_t greatest_but(std::vector<NameTable::Ref> picked) const;
  void subtract(NameTable::Ref ref, std::uint64_t count);
  void merge(Second& second);
  void grow(Entries& entries);
  void fit(Entries& entries);  // gives back what it does not need
  void compact_names();
  void shed();
  void forget_fractions(Second& second);
  void give_up_rare(Second& second);
  void mend(Second& second);

  static constexpr std::uint32_t kMaxValue = std::numeric_limits<std::uint32_t>::max();

  std::int64_t window_s_;
  std::size_t max_bytes_;
  NameTable names_;
  std::vector<Second> ring_;  // a power of two above W, by seconds modulo its size
  std::uint64_t ring_mask_;
  std::size_t ring_bytes_;
  std::size_t entry_bytes_ = 0;
  LogTime newest_{std::numeric_limits<std::int64_t>::min() / 2, 0};
  std::int64_t oldest_ = std::numeric_limits<std::int64_t>::max();  // no event lies before it
  std::uint64_t in_window_ = 0;
  std::uint64_t outside_ = 0;
  bool forgetting_ = false;  // new fractions are forgotten, too
  std::uint64_t slack_ = 0;  // the sum of the seconds'
  std::size_t blurred_seconds_ = 0;
};

}  // namespace ashlar::activity
