#include "kit/cache/cache_snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "base/random.h"
#include "kit/cache/cache.h"
#include "kit/cache/s3_fifo.h"

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kNow{std::chrono::hours(3)};
const base::Time kWall = base::from_micros(1'800'000'000'000'000);

struct TextCodec {
  static constexpr std::uint32_t kSchema = 7;
  void write_key(const std::string& key, std::string& out) const { out += key; }
  void write_value(const std::string& value, std::string& out) const { out += value; }
  std::optional<std::string> read_key(std::string_view bytes) const { return std::string(bytes); }
  std::optional<std::string> read_value(std::string_view bytes) const {
    if (bytes.starts_with("refused")) return std::nullopt;
    return std::string(bytes);
  }
};
struct OtherCodec : TextCodec {
  static constexpr std::uint32_t kSchema = 8;
};

template <class Policy>
using Texts = Cache<std::string, std::string, Policy>;

SnapshotSink into(std::string& bytes) {
  return [&bytes](std::string_view piece) {
    bytes += piece;
    return base::ok_status();
  };
}

// Gives at most `most` bytes at once, as a socket might.
SnapshotSource from(std::string_view bytes, std::size_t most = SIZE_MAX) {
  return [bytes, most](std::span<char> room) mutable -> base::Result<std::size_t> {
    const std::size_t count = std::min({room.size(), bytes.size(), most});
    std::copy_n(bytes.data(), count, room.data());
    bytes.remove_prefix(count);
    return count;
  };
}

template <class Policy>
std::string saved(Texts<Policy>& cache) {
  std::string bytes;
  EXPECT_TRUE(save_cache(cache, into(bytes), kNow, kWall, TextCodec{}).ok());
  return bytes;
}

template <class Policy>
auto contents(Texts<Policy>& cache, base::Mono now) {
  std::vector<std::tuple<std::string, std::string, base::Mono, std::uint32_t>> entries;
  cache.for_each(
      now, [&](const auto& key, const auto& value, base::Mono deadline, std::uint32_t weight) {
        entries.emplace_back(key, value, deadline, weight);
      });
  return entries;
}

template <class Policy>
void fill(Texts<Policy>& cache, int entries) {
  base::Random random(9);
  for (int i = 0; i < entries; ++i) {
    const auto ttl = random.chance(0.3) ? kNoTtl : nanoseconds(1 + random.below(1ULL << 40));
    cache.put("key" + std::to_string(random.below(100'000)), std::string(random.below(300), 'v'),
              kNow, ttl, static_cast<std::uint32_t>(1 + random.below(5)));
  }
}

TEST(CacheSnapshot, RoundTripKeepsEverythingAndTheOrderOfEviction) {
  Texts<Lru> cache({.capacity = 20'000, .stripes = 8, .seed = 1});
  fill(cache, 5000);
  for (const auto& entry : contents(cache, kNow)) {
    if (std::get<0>(entry).back() == '7') cache.get(std::get<0>(entry), kNow);
  }
  const std::string bytes = saved(cache);
  for (const std::size_t most : {SIZE_MAX, std::size_t{1000}}) {
    Texts<Lru> copy({.capacity = 20'000, .stripes = 8, .seed = 1});
    const auto counts = load_cache(copy, from(bytes, most), kNow, kWall, TextCodec{});
    ASSERT_TRUE(counts.ok());
    EXPECT_EQ(counts->entries, contents(cache, kNow).size());
    EXPECT_EQ(contents(copy, kNow), contents(cache, kNow));
  }
  // Another policy, seed and number of stripes: the same entries.
  Texts<S3Fifo> other({.capacity = 200'000, .stripes = 2, .seed = 2});
  ASSERT_TRUE(load_cache(other, from(bytes), kNow, kWall, TextCodec{}).ok());
  auto there = contents(other, kNow);
  auto here = contents(cache, kNow);
  std::sort(there.begin(), there.end());
  std::sort(here.begin(), here.end());
  EXPECT_EQ(there, here);
}

TEST(CacheSnapshot, AnEmptyCacheIsASnapshotToo) {
  Texts<Lru> cache({.capacity = 10});
  const std::string bytes = saved(cache);
  EXPECT_EQ(bytes.size(), 48U);
  const auto counts = load_cache(cache, from(bytes), kNow, kWall, TextCodec{});
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->entries, 0U);
}

TEST(CacheSnapshot, DeadlinesGoOnWhileTheProcessIsDown) {
  Texts<Lru> cache({.capacity = 10, .stripes = 1});
  cache.put("short", "1", kNow, seconds(10));
  cache.put("long", "2", kNow, seconds(100));
  cache.put("ever", "3", kNow);
  cache.put("gone", "4", kNow - seconds(9), seconds(8));
  const std::string bytes = saved(cache);
  constexpr base::Mono kOtherClock{seconds(-5)};
  const auto loaded = [&](base::Time wall) {
    Texts<Lru> copy({.capacity = 10, .stripes = 1});
    EXPECT_TRUE(load_cache(copy, from(bytes), kOtherClock, wall, TextCodec{}).ok());
    std::map<std::string, base::Mono> deadlines;
    for (const auto& [key, value, deadline, weight] : contents(copy, kOtherClock)) {
      deadlines[key] = deadline;
    }
    return deadlines;
  };
  using Deadlines = std::map<std::string, base::Mono>;
  EXPECT_EQ(loaded(kWall + seconds(9)), (Deadlines{{"short", kOtherClock + seconds(1)},
                                                   {"long", kOtherClock + seconds(91)},
                                                   {"ever", kNever}}));
  EXPECT_EQ(loaded(kWall + seconds(10)),
            (Deadlines{{"long", kOtherClock + seconds(90)}, {"ever", kNever}}));
  EXPECT_EQ(loaded(kWall - seconds(500)).at("short"), kOtherClock + seconds(10));
  EXPECT_EQ(loaded(base::from_micros(INT64_MAX)), (Deadlines{{"ever", kNever}}));
}

TEST(CacheSnapshot, WhatIsThereAlreadyIsKept) {
  Texts<Lru> cache({.capacity = 10});
  cache.put("a", "old", kNow);
  cache.put("b", "old", kNow);
  const std::string bytes = saved(cache);
  Texts<Lru> copy({.capacity = 10});
  copy.put("a", "new", kNow);
  const auto counts = load_cache(copy, from(bytes), kNow, kWall, TextCodec{});
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->entries, 1U);
  EXPECT_EQ(counts->left_out, 1U);
  EXPECT_EQ(copy.get("a", kNow), "new");
  EXPECT_EQ(copy.get("b", kNow), "old");
}

TEST(CacheSnapshot, EveryTruncationAndEveryChangedByteIsFound) {
  Texts<Lru> cache({.capacity = 100, .stripes = 4, .seed = 1});
  for (int i = 0; i < 20; ++i) cache.put("k" + std::to_string(i), "value", kNow, seconds(i + 1));
  const std::string bytes = saved(cache);
  const auto reason = [](std::string_view input) -> std::string {
    Texts<Lru> copy({.capacity = 100});
    const auto counts = load_cache(copy, from(input), kNow, kWall, TextCodec{});
    return counts.ok() ? "" : counts.error().reason;
  };
  ASSERT_EQ(reason(bytes), "");
  EXPECT_EQ(reason(bytes + "more"), "") << "what follows the end is not looked at";
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_EQ(reason(std::string_view(bytes).substr(0, length)), "snapshot_damaged") << length;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ change);
      ASSERT_EQ(reason(changed), "snapshot_damaged") << at;
    }
  }
}

TEST(CacheSnapshot, BlocksOfAnotherSnapshotOrInAnotherOrderAreFound) {
  Texts<Lru> cache({.capacity = 100, .stripes = 2, .seed = 1});
  std::vector<std::string> pieces;
  for (int i = 0; i < 20; ++i) cache.put("k" + std::to_string(i), "value", kNow);
  ASSERT_TRUE(save_cache(
                  cache,
                  [&](std::string_view piece) {
                    pieces.emplace_back(piece);
                    return base::ok_status();
                  },
                  kNow, kWall, TextCodec{})
                  .ok());
  ASSERT_EQ(pieces.size(), 7U);  // header; head and records of two blocks and of the end
  const auto ok = [&](std::initializer_list<int> order, const std::vector<std::string>& of) {
    std::string bytes;
    for (const int piece : order) bytes += of[static_cast<std::size_t>(piece)];
    Texts<Lru> copy({.capacity = 100});
    return load_cache(copy, from(bytes), kNow, kWall, TextCodec{}).ok();
  };
  EXPECT_TRUE(ok({0, 1, 2, 3, 4, 5, 6}, pieces));
  EXPECT_FALSE(ok({0, 3, 4, 1, 2, 5, 6}, pieces));
  EXPECT_FALSE(ok({0, 1, 2, 5, 6}, pieces));
  EXPECT_FALSE(ok({0, 1, 2, 1, 2, 3, 4, 5, 6}, pieces));
  std::string later;
  ASSERT_TRUE(save_cache(cache, into(later), kNow, kWall + seconds(1), TextCodec{}).ok());
  auto mixed = pieces;
  mixed[0] = later.substr(0, 32);
  EXPECT_FALSE(ok({0, 1, 2, 3, 4, 5, 6}, mixed));
}

TEST(CacheSnapshot, ErrorsOfOthersComeThrough) {
  Texts<Lru> cache({.capacity = 100});
  cache.put("a", "refused", kNow);
  const auto full = [](std::string_view) -> base::Status {
    return base::fail(base::Code::kUnavailable, "disk_full", "");
  };
  EXPECT_STREQ(save_cache(cache, full, kNow, kWall, TextCodec{}).error().reason, "disk_full");
  const auto broken = [](std::span<char>) -> base::Result<std::size_t> {
    return base::fail(base::Code::kUnavailable, "disk_broken", "");
  };
  EXPECT_STREQ(load_cache(cache, broken, kNow, kWall, TextCodec{}).error().reason, "disk_broken");
  const auto liar = [](std::span<char> room) -> base::Result<std::size_t> {
    return room.size() + 1;
  };
  EXPECT_FALSE(load_cache(cache, liar, kNow, kWall, TextCodec{}).ok());
  const std::string bytes = saved(cache);
  EXPECT_STREQ(load_cache(cache, from(bytes), kNow, kWall, TextCodec{}).error().reason,
               "snapshot_damaged");
  EXPECT_STREQ(load_cache(cache, from(bytes), kNow, kWall, OtherCodec{}).error().reason,
               "snapshot_schema");
}

TEST(CacheSnapshot, LargeEntriesTakeBlocksOfTheirOwnAndTooLargeOnesStayOut) {
  Texts<Lru> cache({.capacity = 10, .stripes = 1});
  cache.put("large", std::string(CacheSnapshotWriter::kMaxRecordBytes - 5, 'x'), kNow);
  cache.put("too large", std::string(CacheSnapshotWriter::kMaxRecordBytes, 'x'), kNow);
  cache.put("small", "x", kNow);
  std::string bytes;
  const auto counts = save_cache(cache, into(bytes), kNow, kWall, TextCodec{});
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->entries, 2U);
  EXPECT_EQ(counts->left_out, 1U);
  Texts<Lru> copy({.capacity = 10, .stripes = 1});
  ASSERT_TRUE(load_cache(copy, from(bytes), kNow, kWall, TextCodec{}).ok());
  EXPECT_EQ(copy.get("large", kNow)->size(), CacheSnapshotWriter::kMaxRecordBytes - 5);
  EXPECT_EQ(copy.get("small", kNow), "x");
}

}  // namespace
}  // namespace ashlar::kit
