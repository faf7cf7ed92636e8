#include "kit/count/top_k.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"
#include "kit/count/testing/windowed_checks.h"
#include "kit/count/top_k_snapshot.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;

TopK::Options small_options(std::uint64_t seed, std::size_t max_bytes) {
  return {.window = nanoseconds(40'000),
          .buckets = 8,
          .max_bytes = max_bytes,
          .max_k = 20,
          .max_ahead = nanoseconds::max(),
          .seed = seed};
}

void expect_promises(const TrueWeights<std::string>& truth, const TopK& top) {
  ASSERT_EQ(top.total(), truth.total());
  expect_intervals(truth, top, std::string("never"));
  if (top.exact()) {
    expect_exact_rows(truth, top.top(20), 20);
    expect_exact_rows(truth, top.top(50), 50);
  } else {
    expect_heavy_rows(truth, top.top(10), 10);
    expect_heavy_rows(truth, top.top(50), 50);
  }
}

// Quiet and busy times in turn, so that it changes its form, and changes it back.
TEST(TopK, KeepsItsPromisesThroughEveryChangeOfForm) {
  int to_sketch = 0;
  int to_exact = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const std::size_t max_bytes = TopK::least_bytes(8) + random.below(300'000);
    TopK top(small_options(seed, max_bytes));
    EventLog<std::string> log;
    Rules rules{40'000 / 8, 8};
    std::int64_t now = 0;
    const Zipf zipf(20'000);
    bool exact = true;
    for (int i = 0; i < 20'000; ++i) {
      const bool busy = i / 2500 % 2 == 1;
      now += static_cast<std::int64_t>(random.below(busy ? 10 : 60));
      const std::int64_t when =
          random.chance(0.1) ? now - static_cast<std::int64_t>(random.below(50'000)) : now;
      const std::string key = test_key<std::string>(busy ? zipf.draw(random) : random.below(30));
      const std::uint64_t weight = random.below(4);
      const bool taken = rules.take(when);
      ASSERT_EQ(top.add(at(when), key, weight), taken ? WindowAdd::kAdded : WindowAdd::kLate);
      if (taken) log.add(when, key, weight);
      ASSERT_LE(top.bytes(), max_bytes);
      to_sketch += exact && !top.exact() ? 1 : 0;
      to_exact += !exact && top.exact() ? 1 : 0;
      exact = top.exact();
      if (i % 400 != 0) continue;
      ASSERT_EQ(top.newest(), at(rules.newest));
      ASSERT_EQ(top.since(), at(rules.oldest()));
      expect_promises(log.since(rules.oldest()), top);
      const TrueWeights<std::string> part = log.since((rules.floor(rules.newest) - 3) * 5000);
      expect_heavy_rows(part, top.top(10, nanoseconds(15'000)), 10);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  EXPECT_GT(to_sketch, 10);
  EXPECT_GT(to_exact, 10);
}

TEST(TopK, HostileKeysStayWithinTheMemory) {
  base::Random random(1);
  const std::size_t max_bytes = 400'000;
  TopK top(small_options(7, max_bytes));
  TrueWeights<std::string> truth;
  for (int i = 0; i < 60'000; ++i) {
    std::string key = std::to_string(random.next());
    key.resize(i < 20'000 ? 256 : 20 + random.below(237), '#');
    if (random.chance(0.2)) key = "heavy";
    ASSERT_EQ(top.add(at(i % 40'000), key), WindowAdd::kAdded);
    truth.add(key, 1);
    ASSERT_LE(top.bytes(), max_bytes);
  }
  EXPECT_FALSE(top.exact());
  expect_promises(truth, top);
  EXPECT_EQ(top.top(1)[0].key, "heavy");
  EXPECT_TRUE(top.top(1)[0].guaranteed);
}

TopK::Options long_key_options(std::size_t max_bytes) {
  return {.window = nanoseconds(40'000),
          .buckets = 40,
          .max_bytes = max_bytes,
          .max_k = 1000,
          .max_ahead = nanoseconds::max(),
          .seed = 7};
}

// The same 1,000 keys in all buckets: exact for long, as each is kept once, and then each bucket
// has to keep its own. bytes() is checked after every call.
TopK filled_with_long_keys(std::size_t max_bytes, std::uint64_t from, EventLog<std::string>& log) {
  TopK top(long_key_options(max_bytes));
  const std::string pad(250, 'p');
  for (std::int64_t bucket = 0; bucket < 40; ++bucket) {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const std::string key = pad + std::to_string(from + i);
      const std::uint64_t weight = i % 97 == 0 ? 50 : 1;
      EXPECT_EQ(top.add(at(bucket * 1000 + 3), key, weight), WindowAdd::kAdded);
      log.add(bucket * 1000 + 3, key, weight);
      if (top.bytes() > max_bytes) ADD_FAILURE() << top.bytes() << " in bucket " << bucket;
      if (testing::Test::HasFailure()) return top;
    }
  }
  EXPECT_FALSE(top.top(20).empty());
  EXPECT_LE(top.bytes(), max_bytes);  // the ordered part may have been chosen anew
  return top;
}

TEST(TopK, LongKeysStayWithinTheMemoryWhenTheFormChanges) {
  for (const std::size_t max_bytes : {TopK::least_bytes(40), std::size_t{1'500'000}}) {
    SCOPED_TRACE(testing::Message() << max_bytes << " bytes");
    EventLog<std::string> log;
    const TopK top = filled_with_long_keys(max_bytes, 0, log);
    EXPECT_FALSE(top.exact());
    expect_promises(log.since(-1), top);
  }
}

TEST(TopK, LongKeysStayWithinTheMemoryOfWhoeverDecodesThem) {
  for (const std::size_t max_bytes : {std::size_t{1'500'000}, std::size_t{8'000'000}}) {
    EventLog<std::string> log;
    const TopK top = filled_with_long_keys(max_bytes, 0, log);
    ASSERT_EQ(top.exact(), max_bytes == 8'000'000);
    const std::string bytes = top.encode();
    for (const std::size_t less : {TopK::least_bytes(40), std::size_t{1'000'000}, max_bytes}) {
      SCOPED_TRACE(testing::Message() << max_bytes << " to " << less << " bytes");
      auto restored = TopK::decode(bytes, long_key_options(less));
      ASSERT_TRUE(restored.ok());
      ASSERT_LE(restored->bytes(), less);
      expect_promises(log.since(-1), *restored);
    }
  }
}

TEST(TopK, LongKeysStayWithinTheMemoryThroughMerges) {
  constexpr std::size_t kLess = 1'500'000;
  constexpr std::size_t kMore = 8'000'000;
  for (const auto& [mine, theirs] :
       {std::pair{kLess, kMore}, {kLess, kLess}, {kMore, kLess}, {kMore, kMore}}) {
    SCOPED_TRACE(testing::Message() << mine << " and " << theirs << " bytes");
    EventLog<std::string> log;
    TopK top = filled_with_long_keys(mine, 0, log);
    ASSERT_TRUE(top.merge(filled_with_long_keys(theirs, 500, log)).ok());
    ASSERT_LE(top.bytes(), mine);
    expect_promises(log.since(-1), top);
  }
}

TEST(TopK, CountsWhatItRefuses) {
  TopK::Options options = small_options(1, 1 << 20);
  options.max_ahead = nanoseconds(100);
  TopK top(options);
  EXPECT_EQ(top.newest(), base::Mono::min());
  EXPECT_EQ(top.add(at(1'000'000), "a"), WindowAdd::kAdded);
  EXPECT_EQ(top.add(at(1'000'101), "a"), WindowAdd::kAdded);  // inside the newest bucket
  EXPECT_EQ(top.add(at(1'005'000), "a"), WindowAdd::kAhead);
  EXPECT_EQ(top.add(at(1), "a"), WindowAdd::kLate);
  EXPECT_EQ(top.add(at(1'000'000), std::string(257, 'x')), WindowAdd::kRefused);
  EXPECT_EQ(top.add(at(1'000'000), "b", kMaxTotalWeight), WindowAdd::kRefused);
  EXPECT_EQ(top.add(at(1'000'000), "none", 0), WindowAdd::kAdded);
  EXPECT_EQ(top.late(), 1U);
  EXPECT_EQ(top.ahead(), 1U);
  EXPECT_EQ(top.refused(), 2U);
  EXPECT_EQ(top.keys(), 1U);
  top.advance(at(1'050'000));
  EXPECT_EQ(top.keys(), 0U);
  EXPECT_TRUE(top.top(5).empty());
}

// Fills with keys from `from` on, so many that it is exact or not.
void fill(TopK& top, EventLog<std::string>& log, base::Random& random, std::uint64_t keys,
          std::int64_t from) {
  for (int i = 0; i < 6000; ++i) {
    const std::string key = test_key<std::string>(random.below(random.below(keys) + 1));
    const std::int64_t when = from + i * 6;
    ASSERT_EQ(top.add(at(when), key, 2), WindowAdd::kAdded);
    log.add(when, key, 2);
  }
}

TEST(TopK, MergesWhateverTheFormsAre) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    EventLog<std::string> log;
    TopK mine(small_options(seed, 300'000));
    TopK theirs(small_options(seed + 50, 300'000));
    fill(mine, log, random, seed & 1 ? 20'000 : 50, 0);
    fill(theirs, log, random, seed & 2 ? 20'000 : 60, seed & 4 ? 20'000 : -20'000);
    ASSERT_EQ(mine.exact(), (seed & 1) == 0);
    ASSERT_EQ(theirs.exact(), (seed & 2) == 0);
    ASSERT_TRUE(mine.merge(theirs).ok());
    ASSERT_LE(mine.bytes(), 300'000U);
    const Rules rules{5000, 8, true, mine.newest().time_since_epoch().count()};
    ASSERT_EQ(rules.newest, 5999 * 6 + (seed & 4 ? 20'000 : 0));
    expect_promises(log.since(rules.oldest()), mine);
  }
}

TEST(TopK, RefusesToMergeWhatDoesNotFit) {
  TopK::Options options = small_options(1, 1 << 20);
  TopK top(options);
  options.buckets = 4;
  EXPECT_STREQ(top.merge(TopK(options)).error().reason, "window_mismatch");
  TopK full(small_options(1, 1 << 20));
  full.add(at(0), "a", kMaxTotalWeight);
  top.add(at(0), "b");
  EXPECT_STREQ(top.merge(full).error().reason, "weight_overflow");
  EXPECT_EQ(top.total(), 1U);
}

TEST(TopK, ASnapshotGivesTheSameAnswers) {
  for (const std::uint64_t keys : {40, 20'000}) {
    SCOPED_TRACE(testing::Message() << keys << " keys");
    base::Random random(keys);
    EventLog<std::string> log;
    TopK top(small_options(3, 300'000));
    fill(top, log, random, keys, 1'000);
    top.add(at(-100'000), "late");
    const std::string bytes = top.encode();
    auto restored = TopK::decode(bytes, small_options(99, 300'000));
    ASSERT_TRUE(restored.ok()) << restored.error().detail;
    EXPECT_EQ(restored->top(100), top.top(100));
    EXPECT_EQ(restored->exact(), top.exact());
    EXPECT_EQ(restored->total(), top.total());
    EXPECT_EQ(restored->late(), 1U);
    EXPECT_EQ(restored->newest(), top.newest());
    EXPECT_EQ(restored->encode(), bytes);

    auto narrow = TopK::decode(bytes, small_options(4, TopK::least_bytes(8)));
    ASSERT_TRUE(narrow.ok());
    const Rules rules{5000, 8, true, top.newest().time_since_epoch().count()};
    fill(*restored, log, random, keys, 10'000);
    expect_promises(log.since(rules.oldest() + 10'000), *restored);
  }
}

TEST(TopK, ASnapshotInLessMemoryStillHolds) {
  base::Random random(6);
  EventLog<std::string> log;
  TopK top(small_options(3, 4'000'000));
  fill(top, log, random, 5000, 0);
  ASSERT_TRUE(top.exact());
  auto narrow = TopK::decode(top.encode(), small_options(4, TopK::least_bytes(8)));
  ASSERT_TRUE(narrow.ok());
  EXPECT_FALSE(narrow->exact());
  EXPECT_LE(narrow->bytes(), TopK::least_bytes(8));
  expect_promises(log.since(-1), *narrow);
}

TEST(TopK, AnEmptySnapshotIsEmpty) {
  const TopK top(small_options(3, 300'000));
  auto restored = TopK::decode(top.encode(), small_options(3, 300'000));
  ASSERT_TRUE(restored.ok());
  EXPECT_EQ(restored->newest(), base::Mono::min());
  EXPECT_TRUE(restored->top(3).empty());
}

TEST(TopK, RefusesDamagedSnapshots) {
  base::Random random(5);
  EventLog<std::string> log;
  TopK top(small_options(3, 300'000));
  fill(top, log, random, 20, 0);
  const std::string bytes = top.encode();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    ASSERT_STREQ(TopK::decode(damaged, small_options(3, 300'000)).error().reason,
                 "snapshot_damaged");
    ASSERT_FALSE(TopK::decode(bytes.substr(0, i), small_options(3, 300'000)).ok());
  }
  // Damage under a right checksum: refused, or a state like any other.
  const std::string body = bytes.substr(0, bytes.size() - 8);
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = body;
    damaged[random.below(damaged.size())] = static_cast<char>(random.next());
    auto restored = TopK::decode(damaged + snapshot_checksum(damaged), small_options(3, 300'000));
    if (!restored.ok()) {
      ++refused;
      continue;
    }
    auto again = TopK::decode(restored->encode(), small_options(3, 300'000));
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again->top(50), restored->top(50));
  }
  EXPECT_GT(refused, 1000U);
  std::string future = body;
  future[4] = 2;
  EXPECT_STREQ(
      TopK::decode(future + snapshot_checksum(future), small_options(3, 300'000)).error().reason,
      "snapshot_version");
  TopK::Options other = small_options(3, 300'000);
  other.buckets = 5;
  EXPECT_STREQ(TopK::decode(bytes, other).error().reason, "window_mismatch");
}

TEST(TopK, RefusesSnapshotsThatContradictThemselves) {
  using Rows = std::vector<SpaceSaving<std::string>::Row>;
  const auto decode = [](Rows rows, std::uint64_t floor, std::uint64_t total) {
    TopKSnapshotWriter writer(SnapshotHead{5000, 8, true, 1'000'000, 0, 0, 0});
    writer.bucket(3, rows, floor, total);
    return TopK::decode(std::move(writer).finish(), small_options(1, 300'000));
  };
  const std::string long_key(257, 'x');
  EXPECT_TRUE(decode({{"a", 2, 0}, {"b", 1, 0}}, 0, 3).ok());
  EXPECT_TRUE(decode({{"a", 2, 1}, {"b", 1, 1}}, 1, 9).ok());
  EXPECT_TRUE(decode({}, 3, 9).ok());
  for (const auto& [rows, floor, total] : std::vector<std::tuple<Rows, int, std::uint64_t>>{
           {{{"a", 2, 0}, {"a", 1, 0}}, 0, 3},  // a key twice
           {{{"a", 2, 0}, {"b", 1, 0}}, 0, 4},  // less than the total
           {{{"a", 2, 0}, {"b", 2, 0}}, 0, 3},  // more than the total
           {{{"a", 3, 1}, {"b", 1, 0}}, 0, 4},  // an error where nothing was lost
           {{{"a", 3, 3}, {"b", 1, 0}}, 2, 9},  // more error than the floor; less than it
           {{{"a", 0, 0}}, 0, 0},               // nothing
           {{{long_key, 1, 0}}, 0, 1},          // a key that cannot be
           {{}, 9, 3},                          // a floor above the total
           {{}, 0, 3},                          // weight of no key
           {{{"a", kMaxTotalWeight + 1, 0}}, 0, kMaxTotalWeight + 1}}) {
    const auto decoded = decode(rows, static_cast<std::uint64_t>(floor), total);
    ASSERT_FALSE(decoded.ok()) << total;
    EXPECT_STREQ(decoded.error().reason, "snapshot_damaged");
  }
}

}  // namespace
}  // namespace ashlar::kit
