#include "modules/activity/window_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"

namespace ashlar::activity {
namespace {

struct Event {
  LogTime time;
  std::string name;
};

constexpr std::size_t kUnbounded = std::size_t{1} << 40;

using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

// All events at once, by the definition.
Counts brute_force(const std::vector<Event>& events, std::int64_t window_s) {
  if (events.empty()) return {};
  LogTime newest = events.front().time;
  for (const Event& event : events) newest = std::max(newest, event.time);
  const LogTime edge{newest.seconds - window_s, newest.nanos};
  std::map<std::string, std::uint64_t> counts;
  for (const Event& event : events) {
    if (event.time > edge) ++counts[event.name];
  }
  Counts sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

Counts exact_rows(WindowCounts& counts, std::size_t k) {
  Counts rows;
  for (const auto& row : counts.top(k)) {
    EXPECT_EQ(row.lower, row.upper);
    EXPECT_EQ(row.lower, row.estimate);
    EXPECT_TRUE(row.guaranteed);
    rows.emplace_back(row.key, row.lower);
  }
  return rows;
}

// Times that jump back and forth around a moving present, fractions of few kinds so that they meet
// the window's edge exactly.
LogTime some_time(base::Random& random, std::int64_t& present, std::int64_t window_s,
                  double pace = 0.05) {
  if (random.chance(pace)) present += static_cast<std::int64_t>(random.below(3));
  if (random.chance(pace / 50)) present += static_cast<std::int64_t>(random.below(3)) * window_s;
  const std::int64_t back =
      random.chance(0.7)
          ? 0
          : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(window_s) * 2 + 2));
  constexpr std::uint32_t kNanos[] = {0, 0, 1, 250'000'000, 500'000'000, 999'999'999};
  return {present - back, kNanos[random.below(6)]};
}

TEST(WindowCounts, IsWhatBruteForceSays) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    base::Random random(seed);
    const std::int64_t windows[] = {1, 2, 3, 60, 300};
    const std::int64_t window_s = windows[random.below(5)];
    const std::uint64_t names = 1 + random.below(random.chance(0.5) ? 5 : 300);
    const bool whole = random.chance(0.3);
    WindowCounts counts(window_s, kUnbounded, random.next());
    std::vector<Event> events;
    std::int64_t present = 1'700'000'000;
    for (int i = 0; i < 4000; ++i) {
      LogTime time = some_time(random, present, window_s);
      if (whole) time.nanos = 0;
      events.push_back({time, "n" + std::to_string(random.below(names))});
      counts.add(time, events.back().name);
      if (i % 500 != 499 && i > 20) continue;
      const Counts wanted = brute_force(events, window_s);
      ASSERT_EQ(exact_rows(counts, 1'000), wanted) << "seed " << seed << ", event " << i;
      const std::size_t k = 1 + random.below(5);
      ASSERT_EQ(
          exact_rows(counts, k),
          Counts(wanted.begin(), wanted.begin() + static_cast<long>(std::min(k, wanted.size()))));
      std::uint64_t sum = 0;
      for (const auto& [name, count] : wanted) sum += count;
      ASSERT_EQ(counts.in_window(), sum);
      ASSERT_EQ(counts.names(), wanted.size());
      ASSERT_EQ(counts.newest(), std::ranges::max(events, {}, &Event::time).time);
    }
  }
}

TEST(WindowCounts, TheOrderOfEventsDoesNotCount) {
  base::Random random(3);
  std::vector<Event> events;
  std::int64_t present = 1000;
  for (int i = 0; i < 5000; ++i) {
    events.push_back({some_time(random, present, 10), std::to_string(random.below(50))});
  }
  Counts first;
  for (int round = 0; round < 5; ++round) {
    WindowCounts counts(10, kUnbounded, 1);
    for (const Event& event : events) counts.add(event.time, event.name);
    const Counts rows = exact_rows(counts, 100);
    if (round == 0) first = rows;
    EXPECT_EQ(rows, first);
    for (std::size_t i = events.size() - 1; i > 0; --i) {
      std::swap(events[i], events[random.below(i + 1)]);
    }
  }
}

TEST(WindowCounts, TheEdge) {
  const auto left = [](LogTime newest, LogTime event) {
    WindowCounts counts(300, kUnbounded, 1);
    counts.add(event, "event");
    counts.add(newest, "newest");
    WindowCounts late(300, kUnbounded, 1);
    late.add(newest, "newest");
    late.add(event, "event");
    const bool there = counts.top(9).size() == 2;
    EXPECT_EQ(late.top(9).size() == 2, there);
    EXPECT_EQ(late.outside(), there ? 0u : 1u);
    return !there;
  };
  EXPECT_TRUE(left({1000, 0}, {700, 0}));
  EXPECT_FALSE(left({1000, 0}, {700, 1}));
  EXPECT_TRUE(left({1000, 1}, {700, 1}));
  EXPECT_FALSE(left({1000, 1}, {700, 2}));
  EXPECT_FALSE(left({1000, 0}, {701, 0}));
  EXPECT_TRUE(left({1000, 999'999'999}, {700, 999'999'999}));
  EXPECT_FALSE(left({1000, 999'999'998}, {700, 999'999'999}));
  EXPECT_TRUE(left({1000, 0}, {699, 999'999'999}));
  EXPECT_TRUE(left({kLastSecond, 0}, {kFirstSecond, 0}));
}

TEST(WindowCounts, EqualCountsAreInTheOrderOfTheirBytes) {
  WindowCounts counts(300, kUnbounded, 1);
  for (const std::string_view name : {"b", "a", "ab", "\xff", "B", "", "c"})
    counts.add({5, 0}, name);
  counts.add({5, 0}, "c");
  EXPECT_EQ(exact_rows(counts, 4), (Counts{{"c", 2}, {"", 1}, {"B", 1}, {"a", 1}}));
  EXPECT_EQ(exact_rows(counts, 0), Counts{});
}

TEST(WindowCounts, MemoryFollowsTheWindow) {
  base::Random random(1);
  WindowCounts counts(10, kUnbounded, 1);
  const std::size_t empty = counts.bytes();
  std::size_t most = 0;
  for (std::int64_t second = 0; second < 1000; ++second) {
    for (int i = 0; i < 1000; ++i) {
      counts.add({second, static_cast<std::uint32_t>(1 + random.below(999'999'999))},
                 "user" + std::to_string(random.next()));
    }
    most = std::max(most, counts.bytes());
  }
  // 11,000 events and as many names: 8 bytes each with a quarter of slack, and 64 a name.
  EXPECT_LT(most - empty, 11'000u * (10 + 48 + 54));
  counts.add({999, 999'999'999}, "newest");
  EXPECT_EQ(counts.top(100'000).size(), 10'001u);
  counts.add({100'000, 0}, "last");
  EXPECT_EQ(exact_rows(counts, 10), (Counts{{"last", 1}}));
  // Of the entries 64 a second stay; the names' room is kept for names, and so are their slots.
  EXPECT_LT(counts.bytes() - empty, 11'000u * (27 + 48));
}

// Names that left make room for names of any other length, before anything is forgotten.
TEST(WindowCounts, RoomOfNamesThatLeftIsGivenBackAtTheLimit) {
  constexpr std::size_t kLimit = 3'000'000;
  WindowCounts counts(10, kLimit, 1);
  std::vector<Event> events;
  std::size_t most = 0;
  for (std::size_t length = 10; length <= 300; length += 29) {
    const auto second = static_cast<std::int64_t>(length * 100);
    for (std::size_t i = 0; i < 1'300'000 / (length + 40); ++i) {
      std::string name = std::to_string(i);
      name.append(length, 'x');
      events.push_back({{second, static_cast<std::uint32_t>(i % 3)}, name});
      counts.add(events.back().time, name);
      most = std::max(most, counts.bytes());
      if (i % 500 == 0) counts.limit_memory();
      ASSERT_LE(counts.bytes(), kLimit + 500 * 400);
    }
    counts.limit_memory();
    ASSERT_TRUE(counts.exact()) << length;
    ASSERT_LE(counts.bytes(), kLimit);
    ASSERT_EQ(exact_rows(counts, 100'000), brute_force(events, 10)) << length;
  }
  EXPECT_GT(most, kLimit) << "the limit was never met";
}

// Whole seconds: a name and second take one entry, however many its events are.
TEST(WindowCounts, WholeSecondsTakeNoMemoryAnEvent) {
  WindowCounts counts(60, kUnbounded, 1);
  base::Random random(1);
  for (int i = 0; i < 2'000'000; ++i) {
    counts.add({static_cast<std::int64_t>(1000 + random.below(60)), 0},
               "user" + std::to_string(random.below(100)));
  }
  EXPECT_LT(counts.bytes(), 60u * 100 * 8 * 3 + 64 * 1024);
  EXPECT_EQ(counts.in_window(), 2'000'000u);
}

// Over the limit counts are bounds. They must hold, whatever comes.
TEST(WindowCounts, OverItsMemoryTheBoundsHold) {
  bool met = false;
  bool back = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    base::Random random(seed);
    const std::int64_t window_s = 20;
    const bool fractions = random.chance(0.5);
    const std::size_t limit = 40'000 + random.below(200'000);
    WindowCounts counts(window_s, limit, seed);
    std::vector<Event> events;
    std::int64_t present = 1000;
    for (int i = 0; i < 40'000; ++i) {
      LogTime time = some_time(random, present, window_s, 0.002);
      if (!fractions) time.nanos = 0;
      const std::uint64_t most = random.chance(0.5) ? 10 : 10'000;
      events.push_back({time, std::to_string(random.below(1 + random.below(most)))});
      counts.add(time, events.back().name);
      if (i % 100 == 0) counts.limit_memory();
      if (i % 2000 != 1999) continue;
      counts.limit_memory();
      ASSERT_LE(counts.bytes(), limit);
      const Counts wanted = brute_force(events, window_s);
      const std::map<std::string, std::uint64_t> truth(wanted.begin(), wanted.end());
      const std::size_t k = 1 + random.below(20);
      const auto rows = counts.top(k);
      met = met || !counts.exact();
      for (const auto& row : rows) {
        const auto known = truth.find(row.key);
        const std::uint64_t count = known == truth.end() ? 0 : known->second;
        ASSERT_LE(row.lower, count) << "seed " << seed << " " << row.key;
        ASSERT_GE(row.upper, count) << "seed " << seed << " " << row.key;
        if (counts.exact()) {
          ASSERT_EQ(row.lower, row.upper);
        }
        const auto rank = std::ranges::find(wanted, row.key, &Counts::value_type::first);
        if (row.guaranteed) {
          ASSERT_LT(rank - wanted.begin(), static_cast<long>(k)) << row.key;
        }
      }
      // Nobody who is not listed has more than the bound says.
      if (counts.exact()) {
        ASSERT_EQ(rows.size(), std::min(k, wanted.size()));
      }
    }
    // Long after, with few events, it is exact again.
    counts.add({present + 100, 0}, "x");
    back = back || counts.exact();
    ASSERT_EQ(exact_rows(counts, 5), (Counts{{"x", 1}}));
  }
  EXPECT_TRUE(met);
  EXPECT_TRUE(back);
}

}  // namespace
}  // namespace ashlar::activity
