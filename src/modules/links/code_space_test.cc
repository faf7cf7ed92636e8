#include "modules/links/code_space.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/encoding.h"
#include "base/random.h"

namespace ashlar::links {
namespace {

std::string counting_secret() {
  std::string secret;
  for (int i = 0; i < 32; ++i) secret += static_cast<char>(i);
  return secret;
}

// Codes are stored and printed: the same secret must give the same ones for ever.
TEST(CodeSpaceTest, KnownAnswers) {
  const CodeSpace codes(counting_secret());
  const std::vector<std::pair<std::uint64_t, std::string>> expected{
      {0, "ZteHub"},
      {1, "ynwti6"},
      {2, "3IUEoD"},
      {CodeSpace::kSixes - 1, "ZhYJAa"},
      {CodeSpace::kSixes, "zmN7HvE"},
      {CodeSpace::kSixes + 1, "tcCLkKP"}};
  for (const auto& [id, code] : expected) {
    EXPECT_EQ(codes.code(id), code);
    EXPECT_EQ(codes.id(code), id);
  }
}

TEST(CodeSpaceTest, SixCharactersThenSevenThenNone) {
  const CodeSpace codes(counting_secret());
  EXPECT_EQ(codes.code(CodeSpace::kSixes - 1)->size(), 6U);
  EXPECT_EQ(codes.code(CodeSpace::kSixes)->size(), 7U);
  EXPECT_EQ(codes.code(CodeSpace::kSixes + CodeSpace::kSevens - 1)->size(), 7U);
  EXPECT_FALSE(codes.code(CodeSpace::kSixes + CodeSpace::kSevens).has_value());
  EXPECT_FALSE(codes.code(~std::uint64_t{0}).has_value());
}

TEST(CodeSpaceTest, EachCodeOnceAndBack) {
  const CodeSpace codes(counting_secret());
  std::set<std::string> seen;
  for (std::uint64_t id = 0; id < 50'000; ++id) {
    const std::string code = *codes.code(id);
    ASSERT_TRUE(seen.insert(code).second) << id;
    ASSERT_EQ(codes.id(code), id);
  }
  base::Random random(20'261'122);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t id = random.below(CodeSpace::kSixes + CodeSpace::kSevens);
    ASSERT_EQ(codes.id(*codes.code(id)), id);
  }
}

TEST(CodeSpaceTest, WhatIsNoCodeHasNoId) {
  const CodeSpace codes(counting_secret());
  for (const char* text : {"", "abc", "abcde", "abcdefgh", "abc-ef", "abc_ef", "äbcde", "abcde "}) {
    EXPECT_FALSE(codes.id(text).has_value()) << text;
  }
}

TEST(CodeSpaceTest, AnotherSecretNamesOtherwise) {
  const CodeSpace one(counting_secret());
  const CodeSpace other(std::string(32, 'x'));
  int equal = 0;
  for (std::uint64_t id = 0; id < 1'000; ++id) equal += one.code(id) == other.code(id) ? 1 : 0;
  EXPECT_EQ(equal, 0);
}

}  // namespace
}  // namespace ashlar::links
