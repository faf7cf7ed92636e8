#include "modules/activity/window_counts.h"

#include <bit>

#include "base/check.h"

namespace ashlar::activity {
namespace {

constexpr std::size_t kKeptEntries = 64;  // capacity that an emptied second keeps
constexpr std::size_t kFewestEntries = 16;

}  // namespace

WindowCounts::WindowCounts(std::int64_t window_s, std::size_t max_bytes, std::uint64_t seed)
    : window_s_(window_s), max_bytes_(max_bytes), names_(seed) {
  CHECK(window_s >= 1 && window_s <= kMaxWindow);
  ring_.resize(std::bit_ceil(static_cast<std::size_t>(window_s) + 1));
  ring_mask_ = ring_.size() - 1;
  ring_bytes_ = ring_.size() * sizeof(Second);
}

void WindowCounts::advance(LogTime time) {
  const std::int64_t edge = time.seconds - window_s_;
  if (empty()) {
    oldest_ = time.seconds;
  } else {
    const std::int64_t stays = std::min(edge, newest_.seconds + 1);
    for (; oldest_ < stays; ++oldest_) leave(second_at(oldest_));
    if (edge > newest_.seconds) {
      oldest_ = time.seconds;
    } else if (oldest_ == edge) {
      // Whatever the newest's fraction will be: a whole second is not after it.
      Second& second = second_at(edge);
      if (!second.forgot) leave_whole(second);
    }
  }
  newest_ = time;
}

void WindowCounts::subtract(NameTable::Ref ref, std::uint64_t count) {
  NameTable::Record& record = names_.at(ref);
  CHECK(record.count >= count);
  record.count -= count;
  in_window_ -= count;
  if (record.count == 0) names_.release(ref);
}

void WindowCounts::leave_whole(Second& second) {
  for (const Entry& entry : second.whole) subtract(entry.name, entry.value);
  second.whole.clear();
  if (second.whole.capacity() > kKeptEntries) fit(second.whole);
  second.merge_at = kKeptEntries;
  mend(second);
}

void WindowCounts::leave(Second& second) {
  for (const Entry& entry : second.exact) subtract(entry.name, 1);
  second.exact.clear();
  if (second.exact.capacity() > kKeptEntries) fit(second.exact);
  leave_whole(second);
}

void WindowCounts::leave_before(Second& second, std::uint32_t nanos) {
  std::erase_if(second.exact, [&](const Entry& entry) {
    if (entry.value > nanos) return false;
    subtract(entry.name, 1);
    return true;
  });
}

void WindowCounts::mend(Second& second) {
  if (!second.forgot && second.slack == 0) return;
  in_window_ -= second.lost;
  slack_ -= second.slack;
  second.lost = 0;
  second.slack = 0;
  second.forgot = false;
  if (--blurred_seconds_ == 0) forgetting_ = false;
}

void WindowCounts::grow(Entries& entries) {
  const std::size_t now = entries.capacity();
  const std::size_t more = now < kKeptEntries ? std::max(now, kFewestEntries) : now / 4;
  entries.reserve(now + more);
  entry_bytes_ += (entries.capacity() - now) * sizeof(Entry);
}

void WindowCounts::fit(Entries& entries) {
  Entries fitting(entries);
  entry_bytes_ -= (entries.capacity() - fitting.capacity()) * sizeof(Entry);
  entries.swap(fitting);
}

void WindowCounts::merge(Second& second) {
  Entries& entries = second.whole;
  std::size_t kept = 0;
  for (const Entry entry : entries) {
    NameTable::Record& record = names_.at(entry.name);
    if (record.place < kept && entries[record.place].name == entry.name &&
        entries[record.place].value <= kMaxValue - entry.value) {
      entries[record.place].value += entry.value;
      continue;
    }
    record.place = static_cast<std::uint32_t>(kept);
    entries[kept++] = entry;
  }
  entries.resize(kept);
  second.merge_at = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(kept * 2, kKeptEntries, std::numeric_limits<std::uint32_t>::max()));
}

void WindowCounts::forget_fractions(Second& second) {
  if (second.exact.empty()) return;
  blur(second);
  second.forgot = true;
  for (const Entry& entry : second.exact) add_whole(second, entry.name, 1);
  second.exact.clear();
  fit(second.exact);
}

void WindowCounts::give_up_rare(Second& second) {
  merge(second);
  Entries& entries = second.whole;
  const std::size_t kept = entries.size() / 2;
  if (kept == 0) return;
  const auto first_lost = entries.begin() + static_cast<std::ptrdiff_t>(kept);
  std::nth_element(entries.begin(), first_lost, entries.end(),
                   [](const Entry& a, const Entry& b) { return a.value > b.value; });
  blur(second);
  second.slack += first_lost->value;
  slack_ += first_lost->value;
  for (auto entry = first_lost; entry != entries.end(); ++entry) {
    second.lost += entry->value;
    in_window_ += entry->value;  // they did occur: subtract() is about their names
    subtract(entry->name, entry->value);
  }
  entries.resize(kept);
  fit(entries);
  second.merge_at = static_cast<std::uint32_t>(std::max(kept * 2, kKeptEntries));
}

void WindowCounts::compact_names() {
  names_.compact([this](auto moved) {
    for (Second& second : ring_) {
      for (Entry& entry : second.whole) entry.name = moved(entry.name);
      for (Entry& entry : second.exact) entry.name = moved(entry.name);
    }
  });
}

void WindowCounts::shed() {
  if (oldest_ == newest_.seconds - window_s_) leave_before(second_at(oldest_), newest_.nanos);
  compact_names();
  if (bytes() <= max_bytes_ / 8 * 7) return;
  const std::size_t enough = max_bytes_ / 4 * 3;
  forgetting_ = true;
  const auto each_second = [this](auto what) {
    for (std::int64_t at = oldest_; at <= newest_.seconds; ++at) (this->*what)(second_at(at));
  };
  each_second(&WindowCounts::forget_fractions);
  for (std::size_t before = 0; bytes() > enough && bytes() != before;) {
    before = bytes();
    each_second(&WindowCounts::give_up_rare);
    names_.shrink();
    compact_names();
  }
  if (blurred_seconds_ == 0) forgetting_ = false;
}

std::int64_t WindowCounts::covered_s() const {
  return std::min(newest_.seconds - oldest_ + 1, window_s_);
}

// The k names of the greatest counts, in the order of rows. Those without a count are none.
std::vector<NameTable::Ref> WindowCounts::pick(std::size_t k) const {
  const auto before = [this](NameTable::Ref a, NameTable::Ref b) {
    const NameTable::Record& first = names_.at(a);
    const NameTable::Record& second = names_.at(b);
    return first.count != second.count ? first.count > second.count : first.name() < second.name();
  };
  std::vector<NameTable::Ref> picked;  // a heap, the last of them first
  names_.for_each([&](NameTable::Ref ref) {
    if (names_.at(ref).count == 0 || k == 0) return;
    if (picked.size() == k) {
      if (!before(ref, picked.front())) return;
      std::ranges::pop_heap(picked, before);
      picked.pop_back();
    }
    picked.push_back(ref);
    std::ranges::push_heap(picked, before);
  });
  std::ranges::sort_heap(picked, before);
  return picked;
}

std::uint64_t WindowCounts::greatest_but(std::vector<NameTable::Ref> picked) const {
  std::ranges::sort(picked);
  std::uint64_t greatest = 0;
  names_.for_each([&](NameTable::Ref ref) {
    const std::uint64_t count = names_.at(ref).count;
    if (count > greatest && !std::ranges::binary_search(picked, ref)) greatest = count;
  });
  return greatest;
}

std::vector<kit::Heavy<std::string>> WindowCounts::top(std::size_t k) {
  Second* uncertain = nullptr;
  if (!empty() && oldest_ == newest_.seconds - window_s_) {
    Second& edge = second_at(oldest_);
    leave_before(edge, newest_.nanos);
    if (edge.forgot) uncertain = &edge;
  }
  if (uncertain != nullptr) {
    for (const Entry& entry : uncertain->whole) names_.at(entry.name).count -= entry.value;
  }
  const std::vector<NameTable::Ref> picked = pick(k);
  std::vector<kit::Heavy<std::string>> rows;
  rows.reserve(picked.size());
  for (const NameTable::Ref ref : picked) {
    const NameTable::Record& record = names_.at(ref);
    rows.push_back({std::string(record.name()), record.count, record.count, record.count, true});
  }
  if (uncertain != nullptr) {
    for (const Entry& entry : uncertain->whole) names_.at(entry.name).count += entry.value;
  }
  if (exact()) return rows;
  const std::uint64_t others = greatest_but(picked) + slack_;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].upper = names_.at(picked[i]).count + slack_;
    rows[i].guaranteed = rows[i].lower > others;
  }
  return rows;
}

}  // namespace ashlar::activity
