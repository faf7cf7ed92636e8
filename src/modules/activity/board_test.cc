#include "modules/activity/board.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"

namespace ashlar::activity {
namespace {

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};
const base::Time kStart{base::Seconds{1'795'341'600}};  // a multiple of every tier's buckets

std::int64_t second_of(base::Time time) { return base::to_unix_seconds(time); }

Tally one(std::string_view dimension, std::int64_t second, std::string_view key,
          std::uint64_t count = 1) {
  Tally tally;
  tally.add(dimension, second, key, count);
  return tally;
}

TEST(Board, AnswersForOneTenantAndDimension) {
  Board board({});
  board.submit(kAlice, one("user", second_of(kStart), "a", 3), kStart);
  board.submit(kAlice, one("user", second_of(kStart), "b", 5), kStart);
  board.submit(kBob, one("user", second_of(kStart), "c", 9), kStart);
  board.submit(kAlice, one("region", second_of(kStart), "eu", 8), kStart);
  const Standing standing = board.top(kAlice, "user", base::Seconds{300}, 10, kStart);
  ASSERT_EQ(standing.rows.size(), 2U);
  EXPECT_EQ(standing.rows[0].key, "b");
  EXPECT_EQ(standing.rows[0].estimate, 5U);
  EXPECT_TRUE(standing.rows[0].guaranteed);
  EXPECT_EQ(standing.total, 8U);
  EXPECT_TRUE(standing.exact);
  EXPECT_EQ(board.dimensions(kAlice, kStart), (std::vector<std::string>{"region", "user"}));
  EXPECT_TRUE(board.top(base::TenantId{3}, "user", base::Seconds{300}, 10, kStart).rows.empty());
  EXPECT_TRUE(board.top(kAlice, "plan", base::Seconds{300}, 10, kStart).rows.empty());
}

TEST(Board, KnowsADimensionFromItsFirstEventUntilADayAfterItsLast) {
  Board board({});
  const auto known = [&](std::string_view dimension, base::Time now) {
    return board.top(kAlice, dimension, base::Seconds{1}, 1, now).known;
  };
  EXPECT_FALSE(known("user", kStart));
  board.submit(kAlice, one("user", second_of(kStart), "a"), kStart);
  EXPECT_TRUE(known("user", kStart));
  EXPECT_FALSE(known("usr", kStart));
  EXPECT_FALSE(board.top(kBob, "user", base::Seconds{1}, 1, kStart).known);
  EXPECT_TRUE(known("user", kStart + Board::kMaxWindow));  // though nothing is within its window
  EXPECT_FALSE(known("user", kStart + Board::kMaxWindow + base::Seconds{600}));
}

TEST(Board, TimePassesInSilence) {
  Board board({});
  board.submit(kAlice, one("user", second_of(kStart), "a"), kStart);
  EXPECT_EQ(board.top(kAlice, "user", base::Seconds{300}, 1, kStart + base::Seconds{299}).total,
            1U);
  EXPECT_EQ(board.top(kAlice, "user", base::Seconds{300}, 1, kStart + base::Seconds{304}).total,
            0U);
  EXPECT_EQ(board.top(kAlice, "user", base::Seconds{3'600}, 1, kStart + base::Seconds{304}).total,
            1U);
  EXPECT_EQ(board.top(kAlice, "user", Board::kMaxWindow, 1, kStart + base::Seconds{7'200}).total,
            1U);
  board.drain(kStart + Board::kMaxWindow + base::Seconds{1'200});
  EXPECT_TRUE(board.dimensions(kAlice, kStart + Board::kMaxWindow + base::Seconds{1'200}).empty());
  EXPECT_EQ(board.bytes(), 0U);
}

// What was counted, replayed by brute force over exactly what an answer says that it covers.
TEST(Board, AgreesWithBruteForce) {
  const std::uint64_t seed = 21;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  Board board({.seed = seed});
  std::vector<std::pair<std::int64_t, std::string>> events;
  base::Time now = kStart;
  for (int step = 0; step < 600; ++step) {
    now += base::Seconds{random.below(20)};
    Tally tally;
    for (std::uint64_t i = 0; i < random.below(30); ++i) {
      // Out of order: up to an hour late.
      const std::int64_t second = second_of(now) - static_cast<std::int64_t>(random.below(3'600));
      std::string key = "user-" + std::to_string(random.below(1 + random.below(50)));
      tally.add("user", second, key);
      events.emplace_back(second, std::move(key));
    }
    board.submit(kAlice, std::move(tally), now);
    const base::Seconds window{std::array<int, 5>{1, 60, 300, 3'600, 86'400}[random.below(5)]};
    const Standing standing = board.top(kAlice, "user", window, 20, now);
    EXPECT_LE(standing.since, now - window + base::Seconds{1});
    std::map<std::string, std::uint64_t> counts;
    std::uint64_t total = 0;
    for (const auto& [second, key] : events) {
      if (base::Time{base::Seconds{second}} < standing.since) continue;
      ++counts[key];
      ++total;
    }
    std::vector<std::pair<std::string, std::uint64_t>> expected(counts.begin(), counts.end());
    std::ranges::sort(expected, [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    expected.resize(std::min<std::size_t>(expected.size(), 20));
    std::vector<std::pair<std::string, std::uint64_t>> got;
    for (const auto& row : standing.rows) got.emplace_back(row.key, row.estimate);
    ASSERT_EQ(got, expected) << "step " << step << ", window " << window.count();
    ASSERT_EQ(standing.total, total);
  }
}

// Memory ends, the bounds hold.
TEST(Board, StaysHonestWhenMemoryIsFull) {
  Board board({.max_dimension_bytes = std::size_t{4} << 20, .seed = 4});
  base::Random random(4);
  std::map<std::string, std::uint64_t> truth;
  for (int batch = 0; batch < 40; ++batch) {
    Tally tally;
    for (int i = 0; i < 5'000; ++i) {
      const std::uint64_t rank = random.below(1 + random.below(100'000));
      const std::string key = "key-" + std::to_string(rank);
      tally.add("user", second_of(kStart), key);
      ++truth[key];
    }
    board.submit(kAlice, std::move(tally), kStart);
  }
  const Standing standing = board.top(kAlice, "user", base::Seconds{300}, 50, kStart);
  EXPECT_FALSE(standing.exact);
  EXPECT_EQ(standing.total, 200'000U);
  ASSERT_EQ(standing.rows.size(), 50U);
  std::vector<std::uint64_t> counts;
  for (const auto& [key, count] : truth) counts.push_back(count);
  std::ranges::sort(counts, std::greater<>());
  for (const auto& row : standing.rows) {
    EXPECT_LE(row.lower, truth[row.key]) << row.key;
    EXPECT_GE(row.upper, truth[row.key]) << row.key;
    if (row.guaranteed) {
      EXPECT_GE(truth[row.key], counts[49]) << row.key;
    }
  }
}

TEST(Board, DimensionsAreBounded) {
  Board board({});
  Tally many;
  for (int i = 0; i < 1'000; ++i) many.add("tag-" + std::to_string(i), second_of(kStart), "x");
  EXPECT_FALSE(board.has_room(kAlice, many));
  EXPECT_TRUE(board.has_room(kAlice, one("user", 1, "x")));
  board.submit(kAlice, std::move(many), kStart);  // as a stored row would be
  EXPECT_EQ(board.dimensions(kAlice, kStart).size(), Board::kMaxDimensions);
  EXPECT_EQ(board.skipped(), 1'000 - Board::kMaxDimensions);
  EXPECT_FALSE(board.has_room(kAlice, one("user", 1, "x")));
  EXPECT_TRUE(board.has_room(kAlice, one("tag-0", 1, "x")));
  EXPECT_TRUE(board.has_room(kBob, one("user", 1, "x")));
}

TEST(Board, NoNewDimensionsWhenMemoryIsFull) {
  Board board({.max_bytes = 1});
  board.submit(kAlice, one("user", second_of(kStart), "a"), kStart);
  EXPECT_EQ(board.top(kAlice, "user", base::Seconds{300}, 1, kStart).total, 1U);
  EXPECT_FALSE(board.has_room(kBob, one("user", 1, "x")));
  board.submit(kBob, one("user", second_of(kStart), "a"), kStart);
  EXPECT_EQ(board.top(kBob, "user", base::Seconds{300}, 1, kStart).total, 0U);
  EXPECT_EQ(board.skipped(), 1U);
}

TEST(Board, KnowsThatItsTimeWasWrong) {
  Board board({});
  board.submit(kAlice, one("user", second_of(kStart), "a"), kStart);
  EXPECT_FALSE(board.is_ahead_of(kStart));
  board.drain(kStart + base::Seconds{500'000});
  EXPECT_TRUE(board.is_ahead_of(kStart));
  Board fresh({});
  fresh.submit(kAlice, one("user", second_of(kStart), "b"), kStart);
  fresh.drain(kStart);
  board.take_over(fresh);
  EXPECT_FALSE(board.is_ahead_of(kStart));
  EXPECT_EQ(board.top(kAlice, "user", base::Seconds{300}, 1, kStart).rows.at(0).key, "b");
  EXPECT_TRUE(fresh.dimensions(kAlice, kStart).empty());
}

TEST(Board, ManyWriteWhileSomeAsk) {
  Board board({});
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&board, t] {
      for (int i = 0; i < 500; ++i) {
        board.submit(kAlice, one("user", second_of(kStart), t % 2 == 0 ? "even" : "odd"), kStart);
        if (i % 50 == 0) {
          const Standing standing = board.top(kAlice, "user", base::Seconds{300}, 5, kStart);
          EXPECT_LE(standing.total, 2'000U);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Standing standing = board.top(kAlice, "user", base::Seconds{300}, 5, kStart);
  ASSERT_EQ(standing.rows.size(), 2U);
  EXPECT_EQ(standing.rows[0].key, "even");  // equal: by name
  EXPECT_EQ(standing.rows[0].estimate, 1'000U);
  EXPECT_EQ(standing.rows[1].estimate, 1'000U);
}

}  // namespace
}  // namespace ashlar::activity
