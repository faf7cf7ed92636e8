#include "kit/count/key_table.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"

namespace ashlar::kit {
namespace {

template <class Key>
class KeyTableOf : public testing::Test {};
using Keys = testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(KeyTableOf, Keys);

TYPED_TEST(KeyTableOf, DoesWhatAPlainMapDoes) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    KeyTable<TypeParam, std::uint64_t> table(seed, 100);
    std::map<TypeParam, std::uint64_t> truth;
    std::map<TypeParam, std::uint32_t> ids;
    const std::uint64_t keys = 50 * seed * seed;
    for (int i = 0; i < 100'000; ++i) {
      const TypeParam key = test_key<TypeParam>(random.below(keys));
      const std::uint64_t hash = table.hash(key);
      const auto id = table.find(key, hash);
      ASSERT_EQ(id != table.kNone, truth.contains(key));
      if (id == table.kNone) {
        ids[key] = table.insert(key, hash);
        ASSERT_EQ(table[ids[key]], 0U);
        truth[key] = table[ids[key]] = random.next();
        continue;
      }
      ASSERT_EQ(id, ids[key]);
      ASSERT_EQ(table[id], truth[key]);
      ASSERT_EQ(TypeParam(table.key(id)), key);
      const TypeParam other = test_key<TypeParam>(random.below(keys));
      if (random.chance(0.3)) {
        table.erase(id);
        truth.erase(key);
        ids.erase(key);
      } else if (!truth.contains(other)) {
        table.rename(id, other, table.hash(other));
        truth[other] = truth[key];
        ids[other] = id;
        truth.erase(key);
        ids.erase(key);
      }
      ASSERT_EQ(table.size(), truth.size());
    }
    // What is retained is found under new ids; the ids that went are used again.
    const std::uint64_t odd = truth.size() > 1 ? 1 : 0;
    table.retain([&](auto id) { return table[id] % 2 == odd; });
    std::erase_if(truth, [&](const auto& entry) { return entry.second % 2 != odd; });
    ASSERT_EQ(table.size(), truth.size());
    for (const auto& [key, value] : truth) {
      ASSERT_LT(table.find(key), truth.size());
      ASSERT_EQ(table[table.find(key)], value);
    }
    for (std::uint64_t n = keys; n < keys + 10; ++n) {
      const TypeParam key = test_key<TypeParam>(n);
      truth[key] = table[table.insert(key, table.hash(key))] = n;
    }
    std::size_t visited = 0;
    table.for_each([&](auto id) {
      ++visited;
      ASSERT_EQ(table[id], truth.at(TypeParam(table.key(id))));
    });
    EXPECT_EQ(visited, truth.size());
    table.clear();
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.find(test_key<TypeParam>(1)), table.kNone);
  }
}

TEST(KeyTable, KeysWithTheSameHashStayTwoKeys) {
  KeyTable<std::string, int> table(1);
  std::vector<KeyTable<std::string, int>::Id> ids;
  for (int i = 0; i < 200; ++i) {
    const std::string key = "hostile" + std::to_string(i);
    ASSERT_EQ(table.find(key, 42), table.kNone);
    ids.push_back(table.insert(key, 42));
  }
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(table.find("hostile" + std::to_string(i), 42), ids[static_cast<std::size_t>(i)]);
  }
}

TEST(KeyTable, MemoryFollowsTheKeysOfTheMoment) {
  KeyTable<std::string, int> table(1, 1000);
  base::Random random(2);
  std::vector<KeyTable<std::string, int>::Id> ids;
  std::uint64_t next = 0;
  const auto fresh = [&](std::size_t size) {
    std::string key = std::to_string(next++);
    key.resize(size, '-');
    return key;
  };
  for (int i = 0; i < 1000; ++i) {
    const std::string key = fresh(23);
    ids.push_back(table.insert(key, table.hash(key)));
  }
  // One size of keys after another: places of one size are no use for the next.
  for (std::size_t size = 24; size <= 256; ++size) {
    for (const auto id : ids) {
      const std::string key = fresh(size);
      table.rename(id, key, table.hash(key));
      ASSERT_EQ(table.key(id), key);
    }
    ASSERT_LE(table.bytes(), 1000 * (3 * 272 + 21 + 32) + 10'000U) << size;
  }
}

TEST(KeyHash, TellsEveryLengthAndEveryPlaceApart) {
  const KeyHash hash(1);
  EXPECT_NE(hash(std::uint64_t{42}), KeyHash(2)(std::uint64_t{42}));
  EXPECT_NE(hash("key"), KeyHash(2)("key"));
  std::unordered_map<std::uint64_t, std::string> seen;
  for (std::size_t size = 0; size <= 64; ++size) {
    std::string key(size, 'a');
    ASSERT_TRUE(seen.emplace(hash(key), key).second) << size;
    for (std::size_t i = 0; i < size; ++i) {
      key[i] = 'b';
      ASSERT_TRUE(seen.emplace(hash(key), key).second) << size << " " << i;
      key[i] = 'a';
    }
  }
}

TEST(KeyHash, EveryBitOfAKeyTurnsHalfOfTheHash) {
  base::Random random(3);
  const KeyHash hash(7);
  for (unsigned bit = 0; bit < 64; ++bit) {
    int turned = 0;
    constexpr int kTries = 2000;
    for (int i = 0; i < kTries; ++i) {
      const std::uint64_t key = i % 2 == 0 ? random.next() : random.below(1000);
      turned += std::popcount(hash(key) ^ hash(key ^ std::uint64_t{1} << bit));
    }
    EXPECT_NEAR(turned / double{kTries}, 32.0, 1.0) << "bit " << bit;
  }
}

}  // namespace
}  // namespace ashlar::kit
