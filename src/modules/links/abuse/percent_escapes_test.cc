#include "modules/links/abuse/percent_escapes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace ashlar::links::abuse {
namespace {

TEST(PercentEscapesTest, AreUndoneOnce) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", ""},           {"a", "a"},     {"%", "%"},       {"%4", "%4"},     {"%41", "A"},
      {"%zz%41", "%zzA"}, {"%%41", "%A"}, {"%2541", "%41"}, {"100%", "100%"}, {"%2%35", "%25"}};
  for (const auto& [given, expected] : table) {
    std::string text = given;
    EXPECT_EQ(undo_escapes_once(text), given != expected) << given;
    EXPECT_EQ(text, expected);
  }
}

// In one pass what rounds come to, over texts that are little else than escapes of escapes.
TEST(PercentEscapesTest, AreUndoneToTheEnd) {
  constexpr unsigned kSeed = 4711;
  std::mt19937 random(kSeed);
  constexpr std::string_view kBytes = "%%%%22255534";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (unsigned left = random() % 40; left > 0; --left) text += kBytes[random() % kBytes.size()];
    const std::string once = undo_escapes(text);
    std::string rounds = text;
    while (undo_escapes_once(rounds)) {
    }
    ASSERT_EQ(once, rounds) << text << " seed " << kSeed;
  }
}

TEST(PercentEscapesTest, StopWhereThereIsEnough) {
  EXPECT_EQ(undo_escapes("%2541bcdef", 3), "Abc");
}

}  // namespace
}  // namespace ashlar::links::abuse
