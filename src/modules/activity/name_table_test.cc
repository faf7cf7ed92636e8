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
  EXPECT_LT(table.bytes(), 16u * 1024);
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

}  // namespace
}  // namespace ashlar::activity
