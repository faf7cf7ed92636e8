#include "modules/links/analytics/rollup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "modules/links/analytics/keyed_rollup.h"
#include "modules/links/analytics/rollup_sum.h"
#include "modules/links/analytics/subject.h"

namespace ashlar::links::analytics {
namespace {

VisitFacts visit(std::string_view country, std::uint64_t visitor, bool bot = false,
                 std::int64_t weight = 1) {
  VisitFacts facts;
  facts[Dimension::kCountry] = country;
  facts.visitor = visitor;
  facts.bot = bot;
  facts.weight = weight;
  return facts;
}

std::string list_of(const Rollup& rollup, Dimension dimension) {
  std::string text;
  rollup.each_value(dimension, [&](std::string_view value, const Tally& tally) {
    text += std::string(value) + ":" + std::to_string(tally.clicks) + "/" +
            std::to_string(tally.bots) + " ";
  });
  return text;
}

Rollup random_rollup(base::Random& random, int visits) {
  Rollup rollup;
  for (int i = 0; i < visits; ++i) {
    const std::string value = "v" + std::to_string(random.below(50));
    VisitFacts facts = visit(value, random.next(), random.chance(0.1),
                             1 + static_cast<std::int64_t>(random.below(3)));
    facts[Dimension::kUtmTerm] = random.chance(0.5) ? value : "";
    rollup.add(facts);
  }
  return rollup;
}

TEST(RollupTest, AddsUpVisitorsBotsAndValues) {
  Rollup rollup;
  rollup.add(visit("DE", 1ULL << 60));
  rollup.add(visit("DE", 1ULL << 60, false, 3));
  rollup.add(visit("FR", 9ULL << 60));
  rollup.add(visit("DE", 5ULL << 60, true));
  rollup.add(visit("", 7ULL << 60));
  EXPECT_EQ(rollup.kept(), 5);
  EXPECT_EQ(rollup.clicks(), 7);
  EXPECT_EQ(rollup.bots(), 1);
  EXPECT_EQ(rollup.visitors().estimate(), 3);  // a bot is none
  EXPECT_EQ(list_of(rollup, Dimension::kCountry), "DE:5/1 FR:1/0 ");
  EXPECT_EQ(list_of(rollup, Dimension::kOs), "");
}

TEST(RollupTest, LongValuesAreCutAtACharacter) {
  Rollup rollup;
  rollup.add(visit(std::string(99, 'a') + "\xc3\xbc" + "bc", 1));
  rollup.add(visit(std::string(98, 'a') + "\xc3\xbc" + "bc", 1));
  EXPECT_EQ(list_of(rollup, Dimension::kCountry),
            std::string(99, 'a') + ":1/0 " + std::string(98, 'a') + "\xc3\xbc:1/0 ");
}

TEST(RollupTest, MergingIsAddingInAnyOrder) {
  base::Random random(4);
  const Rollup a = random_rollup(random, 40);
  const Rollup b = random_rollup(random, 400);
  Rollup ab = a;
  ab.merge(b);
  Rollup ba = b;
  ba.merge(a);
  EXPECT_EQ(ab, ba);
  EXPECT_EQ(ab.clicks(), a.clicks() + b.clicks());
  Rollup same = a;
  same.merge(Rollup{});
  EXPECT_EQ(same, a);
}

TEST(RollupTest, TrimKeepsTheCommonestAndAddsTheRestUp) {
  Rollup rollup;
  for (int i = 1; i <= 5; ++i) {
    rollup.add_value(Dimension::kReferrer, std::string(1, static_cast<char>('a' + i)), {i, i / 2});
  }
  rollup.trim({2, 2});
  EXPECT_EQ(list_of(rollup, Dimension::kReferrer), "e:4/2 f:5/2 ");
  EXPECT_EQ(rollup.rest(Dimension::kReferrer), (Tally{6, 2}));
  EXPECT_EQ(rollup.missed(Dimension::kReferrer), 3);
  rollup.trim({2, 2});
  EXPECT_EQ(rollup.rest(Dimension::kReferrer), (Tally{6, 2}));
  EXPECT_EQ(rollup.missed(Dimension::kReferrer), 3);
}

TEST(RollupTest, LinksHaveRoomOfTheirOwn) {
  Rollup rollup;
  for (int i = 0; i < 1'200; ++i) {
    rollup.add_value(Dimension::kLink, std::to_string(i), {1, 0});
    rollup.add_value(Dimension::kReferrer, std::to_string(i), {1, 0});
  }
  rollup.trim();
  EXPECT_EQ(rollup.rest(Dimension::kLink).clicks, 200);
  EXPECT_EQ(rollup.rest(Dimension::kReferrer).clicks, 700);
}

// Junk that fills the room first keeps nobody out: a few clicks each, then one value again and
// again.
TEST(RollupTest, ALateValueThatIsCommonPassesThoseThatAreNot) {
  Rollup rollup;
  for (int i = 0; i < 20; ++i) rollup.add_value(Dimension::kUtmTerm, std::to_string(i), {2, 0});
  rollup.trim({20, 20});
  for (int i = 0; i < 11; ++i) {
    Rollup more;
    more.add_value(Dimension::kUtmTerm, "wanted", {1, 0});
    rollup.merge(more);
    rollup.trim({20, 20});
  }
  EXPECT_LE(rollup.missed(Dimension::kUtmTerm), 51 / 20);
  std::int64_t wanted = 0;
  rollup.each_value(Dimension::kUtmTerm, [&](std::string_view value, const Tally& tally) {
    if (value == "wanted") wanted = tally.clicks;
  });
  EXPECT_GE(wanted + rollup.missed(Dimension::kUtmTerm), 11);
  EXPECT_GE(wanted, 9);
}

// Values by chance: the lower their number the commoner; and junk that comes once.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : random_(seed) {}

  Rollup next(int visits, const RollupRoom& room) {
    Rollup rollup;
    for (int i = 0; i < visits; ++i) {
      const std::uint64_t number = random_.below(1 + random_.below(1 + random_.below(3'000)));
      const std::string value =
          random_.chance(0.3) ? "junk" + std::to_string(random_.next()) : std::to_string(number);
      const Tally tally{1 + static_cast<std::int64_t>(random_.below(3)), 0};
      rollup.add_value(Dimension::kUtmTerm, value, tally);
      exact_[value] += tally.clicks;
      all_ += tally.clicks;
    }
    rollup.trim(room);
    return rollup;
  }
  // The promises of Rollup.
  void check(const std::map<std::string, Tally>& values, std::int64_t rest, std::int64_t missed,
             std::size_t room) const {
    EXPECT_GT(missed, 0);
    EXPECT_LE(missed, all_ / static_cast<std::int64_t>(room));
    std::int64_t sum = rest;
    for (const auto& [value, tally] : values) {
      sum += tally.clicks;
      EXPECT_LE(tally.clicks, exact_.at(value)) << value;
    }
    EXPECT_EQ(sum, all_);
    for (const auto& [value, clicks] : exact_) {
      const auto at = values.find(value);
      EXPECT_LE(clicks, (at == values.end() ? 0 : at->second.clicks) + missed) << value;
    }
  }

 private:
  base::Random random_;
  std::map<std::string, std::int64_t> exact_;
  std::int64_t all_ = 0;
};

template <class Source>
std::map<std::string, Tally> values_of(const Source& each) {
  std::map<std::string, Tally> values;
  each([&](std::string_view value, const Tally& tally) { values[std::string(value)] = tally; });
  return values;
}

TEST(RollupTest, WhatIsMissedIsBounded) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    constexpr RollupRoom kRoom{100, 100};
    Stream stream(seed);
    Rollup rollup;
    for (int i = 0; i < 200; ++i) {
      rollup.merge(*Rollup::decode(stream.next(i % 7 == 0 ? 2'000 : 50, kRoom).encode()));
      rollup.trim(kRoom);
    }
    stream.check(values_of([&](const auto& sink) { rollup.each_value(Dimension::kUtmTerm, sink); }),
                 rollup.rest(Dimension::kUtmTerm).clicks, rollup.missed(Dimension::kUtmTerm),
                 kRoom.values);
  }
}

TEST(RollupTest, AndInSumsToo) {
  constexpr RollupRoom kRoom{100, 100};
  Stream stream(4);
  RollupSum sum(4);
  std::size_t most = 0;
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(sum.add(stream.next(500, kRoom).encode()).ok());
    most = std::max(most, sum.values(Dimension::kUtmTerm).size());
  }
  EXPECT_LE(most, ValueTable::kMost);
  const ValueTable& values = sum.values(Dimension::kUtmTerm);
  stream.check(values_of([&](const auto& sink) { values.each(sink); }), values.rest().clicks,
               values.missed(), kRoom.values);
}

// What was stored before `missed` was.
TEST(RollupTest, RowsOfVersionOneAreRead) {
  std::string old("\x01\x09\x09\x01\x00\x00\x01",
                  7);                         // kept, clicks, bots; no visitors; one dimension
  old += std::string("\x00\x03\x00\x02", 4);  // referrers: 3 of others; two values
  old += std::string(
      "\x01"
      "a"
      "\x04\x01"
      "\x01"
      "b"
      "\x02\x00",
      8);
  const auto rollup = Rollup::decode(old);
  ASSERT_TRUE(rollup.ok());
  EXPECT_EQ(list_of(*rollup, Dimension::kReferrer), "a:4/1 b:2/0 ");
  EXPECT_EQ(rollup->rest(Dimension::kReferrer).clicks, 3);
  EXPECT_EQ(rollup->missed(Dimension::kReferrer), 2);
  EXPECT_EQ(*Rollup::decode(rollup->encode()), *rollup);
  RollupSum sum(1);
  ASSERT_TRUE(sum.add(old).ok());
  EXPECT_EQ(sum.values(Dimension::kReferrer).missed(), 2);
}

TEST(RollupTest, ComesBackAsItWasStored) {
  base::Random random(8);
  for (const int visits : {0, 1, 30, 3'000}) {
    Rollup rollup = random_rollup(random, visits);
    rollup.trim({20, 20});
    const auto read = Rollup::decode(rollup.encode());
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, rollup);
  }
}

TEST(RollupTest, WhatIsDamagedIsRefused) {
  base::Random random(8);
  const std::string whole = random_rollup(random, 20).encode();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = Rollup::decode(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(read.ok()) << size;
    EXPECT_EQ(read.error().reason, std::string("rollup_damaged"));
  }
  EXPECT_FALSE(Rollup::decode(whole + "x").ok());
  for (int i = 0; i < 5'000; ++i) {
    std::string text = whole;
    text[random.below(text.size())] = static_cast<char>(random.below(256));
    static_cast<void>(Rollup::decode(text).ok());  // refused or not: it ends, within bounds
  }
}

TEST(RollupTest, ASumIsWhatMergingGives) {
  base::Random random(16);
  Rollup merged;
  RollupSum sum(16);
  for (const int visits : {40, 0, 3'000, 7}) {
    Rollup rollup = random_rollup(random, visits);
    rollup.trim({20, 20});
    merged.merge(rollup);
    const auto added = sum.add(rollup.encode());
    ASSERT_TRUE(added.ok());
    EXPECT_EQ(added->all.clicks, rollup.clicks());
    EXPECT_EQ(added->visitors, rollup.visitors());
  }
  EXPECT_EQ(sum.kept(), merged.kept());
  EXPECT_EQ(sum.all(), (Tally{merged.clicks(), merged.bots()}));
  for (const Dimension dimension : all_dimensions()) {
    const ValueTable& values = sum.values(dimension);
    EXPECT_EQ(values_of([&](const auto& sink) { values.each(sink); }),
              values_of([&](const auto& sink) { merged.each_value(dimension, sink); }));
    EXPECT_EQ(values.rest(), merged.rest(dimension));
    EXPECT_EQ(values.missed(), merged.missed(dimension));
  }
  EXPECT_FALSE(sum.add("").ok());
}

TEST(KeyedRollupTest, BatchesAddUp) {
  base::Random random(2);
  KeyedRollups first;
  first[{base::TenantId(1), Subject::link(LinkId(7)).key, 490'000}].rollup =
      random_rollup(random, 5);
  first[{base::TenantId(1), Subject::tag("spring").key, 490'000}].clicks = 4;
  KeyedRollups second;
  second[{base::TenantId(1), Subject::tag("spring").key, 490'000}].clicks = 2;
  second[{base::TenantId(2), Subject::tag("spring").key, 490'000}].clicks = 9;
  KeyedRollups all;
  ASSERT_TRUE(merge_keyed(encode_keyed(first), all).ok());
  EXPECT_EQ(all, first);
  ASSERT_TRUE(merge_keyed(encode_keyed(second), all).ok());
  EXPECT_EQ((all[{base::TenantId(1), "t:spring", 490'000}].clicks), 6);
  EXPECT_EQ((all[{base::TenantId(2), "t:spring", 490'000}].clicks), 9);
  EXPECT_EQ(all.size(), 3U);
}

TEST(KeyedRollupTest, WhatIsDamagedIsRefused) {
  KeyedRollups one;
  one[{base::TenantId(1), "t:spring", 490'000}].clicks = 4;
  const std::string whole = encode_keyed(one);
  for (std::size_t size = 2; size < whole.size(); ++size) {
    KeyedRollups read;
    EXPECT_FALSE(merge_keyed(std::string_view(whole).substr(0, size), read).ok()) << size;
  }
  KeyedRollups read;
  EXPECT_FALSE(merge_keyed("", read).ok());
  EXPECT_FALSE(merge_keyed("\x07", read).ok());
}

}  // namespace
}  // namespace ashlar::links::analytics
