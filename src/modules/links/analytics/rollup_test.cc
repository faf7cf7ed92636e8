#include "modules/links/analytics/rollup.h"

#include <gtest/gtest.h>

#include <functional>
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
  rollup.trim(2);
  EXPECT_EQ(list_of(rollup, Dimension::kReferrer), "e:4/2 f:5/2 ");
  EXPECT_EQ(rollup.rest(Dimension::kReferrer), (Tally{6, 2}));
  rollup.trim(2);
  EXPECT_EQ(rollup.rest(Dimension::kReferrer), (Tally{6, 2}));
}

TEST(RollupTest, ComesBackAsItWasStored) {
  base::Random random(8);
  for (const int visits : {0, 1, 30, 3'000}) {
    Rollup rollup = random_rollup(random, visits);
    rollup.trim(20);
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
  RollupSum sum;
  for (const int visits : {40, 0, 3'000, 7}) {
    Rollup rollup = random_rollup(random, visits);
    rollup.trim(20);
    merged.merge(rollup);
    const auto added = sum.add(rollup.encode());
    ASSERT_TRUE(added.ok());
    EXPECT_EQ(added->all.clicks, rollup.clicks());
    EXPECT_EQ(added->visitors, rollup.visitors());
  }
  EXPECT_EQ(sum.kept(), merged.kept());
  EXPECT_EQ(sum.all(), (Tally{merged.clicks(), merged.bots()}));
  for (const Dimension dimension : all_dimensions()) {
    std::map<std::string, Tally, std::less<>> of_sum;
    std::map<std::string, Tally, std::less<>> of_merged;
    sum.each_value(dimension, [&](auto value, const Tally& t) { of_sum[std::string(value)] = t; });
    merged.each_value(dimension,
                      [&](auto value, const Tally& t) { of_merged[std::string(value)] = t; });
    EXPECT_EQ(of_sum, of_merged);
    EXPECT_EQ(sum.rest(dimension), merged.rest(dimension));
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
