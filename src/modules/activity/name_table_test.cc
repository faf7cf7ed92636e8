#include "modules/activity/name_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"

namespace ashlar::activity {
namespace {

std::string some_name(base::Random& random) {
  const std::uint64_t kind = random.below(100);
  std::string name = std::to_string(random.below(3000));
  if (kind < 10) return name.substr(0, random.below(3));  // short, or none at all
  if (kind == 99) name.append(random.below(5) * 1000, 'x');
  if (kind > 60) name.append(random.below(40), static_cast<char>(random.below(256)));
  return name;
}

void compact(NameTable& table, std::map<std::string, NameTable::Ref>& model) {
  table.compact([&](auto moved) {
    for (auto& [name, ref] : model) ref = moved(ref);
  });
  for (const auto& [name, ref] : model) {
    ASSERT_EQ(table.at(ref).name(), name);
    ASSERT_EQ(table.intern(name), ref);
  }
}

TEST(NameTable, BehavesLikeAMap) {
  base::Random random(1);
  NameTable table(random.next());
  std::map<std::string, NameTable::Ref> model;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::string name = some_name(random);
    const auto known = model.find(name);
    if (random.chance(0.4)) {
      if (known == model.end()) continue;
      table.release(known->second);
      model.erase(known);
      continue;
    }
    const NameTable::Ref ref = table.intern(name);
    if (known != model.end()) {
      ASSERT_EQ(ref, known->second);
      ++table.at(ref).count;
    } else {
      ASSERT_EQ(table.at(ref).count, 0u);
      model.emplace(name, ref);
    }
    ASSERT_EQ(table.at(ref).name(), name);
    if (i % 100'000 == 0) table.shrink();
    if (i % 70'000 == 0) compact(table, model);
  }
  ASSERT_EQ(table.size(), model.size());
  std::size_t seen = 0;
  table.for_each([&](NameTable::Ref ref) {
    ++seen;
    ASSERT_EQ(model.at(std::string(table.at(ref).name())), ref);
  });
  EXPECT_EQ(seen, model.size());
  for (const auto& [name, ref] : model) table.release(ref);
  EXPECT_EQ(table.size(), 0u);
  table.shrink();
  table.compact([](auto) {});
  EXPECT_EQ(table.bytes(), 8u * 1024);
  EXPECT_EQ(table.at(table.intern("again")).name(), "again");
}

TEST(NameTable, MemoryOfWhatWentServesWhatComes) {
  NameTable table(1);
  std::vector<NameTable::Ref> refs;
  for (int i = 0; i < 10'000; ++i)
    refs.push_back(table.intern("first" + std::to_string(10'000 + i)));
  const std::size_t full = table.bytes();
  for (const NameTable::Ref ref : refs) table.release(ref);
  std::vector<NameTable::Ref> again;
  for (int i = 0; i < 10'000; ++i)
    again.push_back(table.intern("other" + std::to_string(10'000 + i)));
  EXPECT_EQ(table.bytes(), full);
  std::ranges::sort(refs);
  std::ranges::sort(again);
  EXPECT_EQ(again, refs);
}

// Counts and names survive, over several pages and with names as long as half a page.
TEST(NameTable, CompactGivesBackWhatWasReleased) {
  NameTable table(1);
  std::map<std::string, NameTable::Ref> model;
  std::vector<NameTable::Ref> gone;
  for (int i = 0; i < 40'000; ++i) {
    std::string name = "name " + std::to_string(i);
    if (i % 50 == 0) name.append(static_cast<std::size_t>(i) * 6, 'x');
    const NameTable::Ref ref = table.intern(name);
    table.at(ref).count = static_cast<std::uint64_t>(i);
    if (i % 4 != 0) {
      gone.push_back(ref);
    } else {
      model.emplace(std::move(name), ref);
    }
  }
  for (const NameTable::Ref ref : gone) table.release(ref);
  const std::size_t before = table.bytes();
  compact(table, model);
  EXPECT_LT(table.bytes() + 30'000 * 32, before);
  for (const auto& [name, ref] : model) {
    ASSERT_EQ(table.at(ref).count, std::stoull(name.substr(5, name.find('x') - 5)));
  }
}

}  // namespace
}  // namespace ashlar::activity
