#include "modules/links/click_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "modules/links/click_tally.h"

namespace ashlar::links {
namespace {

std::vector<ClickCount> read_all(std::string_view data) {
  std::vector<ClickCount> counts;
  ClickBatchReader reader(data);
  ClickCount count;
  while (reader.next(count)) counts.push_back(count);
  EXPECT_TRUE(reader.status().ok());
  return counts;
}

std::vector<ClickCount> random_counts(base::Random& random, std::size_t size) {
  ClickTally tally(size);
  while (tally.size() < size) {
    const std::int64_t link = 1 + static_cast<std::int64_t>(random.below(size * 2));
    // A link has one tenant.
    tally.add(base::TenantId(1 + link % 3), LinkId(link),
              470'000 + static_cast<Hour>(random.below(3)),
              1 + static_cast<std::int64_t>(random.below(1'000)));
  }
  return tally.take_sorted();
}

TEST(ClickBatchTest, ReadsWhatItWrites) {
  base::Random random(1);
  for (const std::size_t size : {0U, 1U, 2U, 100U, 5'000U}) {
    const std::vector<ClickCount> counts = random_counts(random, size);
    const std::string data = encode_click_batch(counts);
    EXPECT_EQ(read_all(data), counts);
    EXPECT_LE(data.size(), 1 + size * 8);
  }
}

TEST(ClickBatchTest, ReadsExtremes) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::vector<ClickCount> counts{{base::TenantId(0), LinkId(0), 0, 1},
                                       {base::TenantId(0), LinkId(0), kMax, 1},
                                       {base::TenantId(0), LinkId(kMax), kMax, 1},
                                       {base::TenantId(kMax), LinkId(0), 0, std::int64_t{1} << 42},
                                       {base::TenantId(kMax), LinkId(kMax), kMax, 1}};
  EXPECT_EQ(read_all(encode_click_batch(counts)), counts);
}

// Rows of years ago are read by this, so what is written may not change.
TEST(ClickBatchTest, ItsBytesAreForEver) {
  const std::vector<ClickCount> counts{{base::TenantId(1), LinkId(127), 470'000, 1},
                                       {base::TenantId(1), LinkId(127), 470'001, 128},
                                       {base::TenantId(1), LinkId(300), 470'000, 2},
                                       {base::TenantId(9), LinkId(5), 470'002, 1 << 21}};
  EXPECT_EQ(base::hex_encode(encode_click_batch(counts)),
            "01"              // version
            "017ff0d71c01"    // 1, 127, 470,000: 1
            "0000018001"      // + 0, + 0, + 1: 128
            "00ad01f0d71c02"  // + 0, + 173, 470,000: 2
            "0805f2d71c80808001");
}

// Nine bytes hold the greatest int64; a tenth makes it another form of the same number, or too big.
TEST(ClickBatchTest, NumbersBeyondInt64AreDamage) {
  const std::string greatest = std::string(8, '\xff') + "\x7f";
  const auto read = [](const std::string& tenant) {
    ClickBatchReader reader("\x01" + tenant + std::string("\x00\x00\x01", 3));
    ClickCount count;
    const bool got = reader.next(count);
    EXPECT_EQ(got, reader.status().ok());
    return got;
  };
  EXPECT_TRUE(read(greatest));
  EXPECT_FALSE(read(std::string(9, '\xff') + "\x01"));
  EXPECT_FALSE(read(std::string(9, '\xff') + "\x7f"));
  EXPECT_FALSE(read(std::string(10, '\x80') + std::string(1, '\0')));
}

// No byte string makes the reader run on, crash or give counts out of order.
TEST(ClickBatchTest, DamageIsFoundOrHarmless) {
  base::Random random(2);
  const std::vector<ClickCount> counts = random_counts(random, 50);
  const std::string whole = encode_click_batch(counts);
  int damaged = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string data = whole;
    const std::size_t flips = 1 + random.below(4);
    for (std::size_t i = 0; i < flips; ++i) {
      data[random.below(data.size())] = static_cast<char>(random.below(256));
    }
    if (random.chance(0.5)) data.resize(random.below(data.size()));
    ClickBatchReader reader(data);
    ClickCount count;
    ClickCount last;
    std::size_t read = 0;
    while (reader.next(count)) {
      ASSERT_TRUE(read == 0 || last < count);
      ASSERT_GT(count.clicks, 0);
      last = count;
      ASSERT_LE(++read, data.size());
    }
    if (!reader.status().ok()) ++damaged;
  }
  EXPECT_GT(damaged, 10'000);
}

TEST(ClickBatchTest, AnotherVersionIsRefused) {
  ClickCount count;
  for (const std::string& data : {std::string(), std::string("\x02"), std::string("\x00", 1)}) {
    ClickBatchReader reader(data);
    EXPECT_FALSE(reader.next(count));
    ASSERT_FALSE(reader.status().ok());
    EXPECT_STREQ(reader.status().error().reason, "click_batch_damaged");
  }
}

TEST(ClickBatchTest, MergeAddsUpInOrder) {
  base::Random random(3);
  std::vector<std::string> batches;
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int64_t> expected;
  for (int i = 0; i < 20; ++i) {
    const std::vector<ClickCount> counts = random_counts(random, random.below(400));
    for (const ClickCount& c : counts) expected[{c.tenant.value, c.link.value, c.hour}] += c.clicks;
    batches.push_back(encode_click_batch(counts));
  }
  std::vector<ClickCount> merged;
  ASSERT_TRUE(merge_click_batches(batches, [&](const ClickCount& c) { merged.push_back(c); }).ok());
  ASSERT_EQ(merged.size(), expected.size());
  EXPECT_TRUE(std::is_sorted(merged.begin(), merged.end()));
  for (const ClickCount& c : merged) {
    EXPECT_EQ(c.clicks, (expected[{c.tenant.value, c.link.value, c.hour}]));
  }
}

TEST(ClickTallyTest, AgreesWithAMap) {
  base::Random random(4);
  ClickTally tally(1'000);
  std::map<std::pair<std::int64_t, Hour>, std::int64_t> model;
  std::int64_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto link = static_cast<std::int64_t>(random.below(800));
    const auto hour = static_cast<Hour>(1 + random.below(3));
    const bool known = model.contains({link, hour});
    const bool added = tally.add(base::TenantId(1), LinkId(link), hour, 2);
    ASSERT_EQ(added, known || model.size() < 1'000);
    if (added) {
      model[{link, hour}] += 2;
    } else {
      ++refused;
    }
  }
  EXPECT_EQ(tally.size(), 1'000U);
  EXPECT_GT(refused, 0);
  const std::vector<ClickCount> counts = tally.take_sorted();
  ASSERT_EQ(counts.size(), model.size());
  for (const ClickCount& c : counts) EXPECT_EQ(c.clicks, (model[{c.link.value, c.hour}]));
  EXPECT_TRUE(tally.empty());
  EXPECT_TRUE(tally.take_sorted().empty());
}

}  // namespace
}  // namespace ashlar::links
