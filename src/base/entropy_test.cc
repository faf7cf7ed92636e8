#include "base/entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "base/encoding.h"

namespace ashlar::base {
namespace {

TEST(SystemEntropy, FillsTheWholeBufferEachTimeAnew) {
  SystemEntropy entropy;
  for (const std::size_t size : {0UL, 1UL, 16UL, 257UL, 100'000UL}) {
    // A byte stays zero through 16 fills with chance 2^-128.
    std::vector<std::byte> seen(size, std::byte{0});
    std::vector<std::byte> bytes(size);
    for (int i = 0; i < 16; ++i) {
      entropy.fill(bytes);
      for (std::size_t k = 0; k < size; ++k) seen[k] |= bytes[k];
    }
    EXPECT_EQ(std::ranges::count(seen, std::byte{0}), 0) << size;
  }
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 1000; ++i) numbers.insert(entropy.u64());
  EXPECT_EQ(numbers.size(), 1000U);
}

TEST(SystemEntropy, DoesNotWriteBeyondItsSpan) {
  SystemEntropy entropy;
  std::array<std::byte, 48> bytes{};
  for (int i = 0; i < 50; ++i) entropy.fill(std::span(bytes).subspan(16, 16));
  const auto untouched = [](std::byte b) { return b == std::byte{0}; };
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.begin() + 16, untouched));
  EXPECT_TRUE(std::all_of(bytes.begin() + 32, bytes.end(), untouched));
}

TEST(SeededEntropy, RepeatsFromItsSeed) {
  SeededEntropy a(5);
  SeededEntropy b(5);
  SeededEntropy c(6);
  const std::uint64_t first = a.u64();
  EXPECT_EQ(first, b.u64());
  EXPECT_NE(first, c.u64());
  EXPECT_EQ(a.base62(40), b.base62(40));
  EXPECT_NE(a.u64(), first);
}

TEST(SeededEntropy, ManyThreadsDrawDifferentNumbers) {
  SeededEntropy entropy(9);
  std::array<std::vector<std::uint64_t>, 4> drawn;
  std::vector<std::thread> threads;
  threads.reserve(drawn.size());
  for (auto& mine : drawn) {
    threads.emplace_back([&entropy, &mine] {
      for (int i = 0; i < 2000; ++i) mine.push_back(entropy.u64());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8000U);
}

TEST(Entropy, Base62HasTheLengthAskedForAndOnlyItsAlphabet) {
  SystemEntropy entropy;
  for (const std::size_t length : {0UL, 1UL, 32UL, 63UL, 64UL, 65UL, 1000UL}) {
    const std::string text = entropy.base62(length);
    EXPECT_EQ(text.size(), length);
    EXPECT_EQ(text.find_first_not_of(kBase62Alphabet), std::string::npos) << text;
  }
  EXPECT_NE(entropy.base62(32), entropy.base62(32));
}

TEST(Entropy, Base62FavoursNoCharacter) {
  constexpr int kEach = 2000;
  SeededEntropy entropy(3);  // seeded: the test cannot fail by bad luck
  std::map<char, int> counts;
  for (const char c : entropy.base62(62 * kEach)) ++counts[c];
  EXPECT_EQ(counts.size(), 62U);
  // Taking bytes modulo 62 would give the first eight characters a quarter more than the others.
  for (const auto& [c, count] : counts) EXPECT_NEAR(count, kEach, 200) << c;
}

}  // namespace
}  // namespace ashlar::base
