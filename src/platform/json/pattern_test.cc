#include "platform/json/pattern.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "base/random.h"

namespace ashlar::json {
namespace {

TEST(Pattern, Matches) {
  struct Row {
    const char* source;
    const char* text;
    bool matches;
  };
  const Row rows[] = {
      {"^$", "", true},
      {"^$", "a", false},
      {"^abc$", "abc", true},
      {"^abc$", "abcd", false},
      {"^[A-Za-z0-9_-]+$", "Ab-9_z", true},
      {"^[A-Za-z0-9_-]+$", "", false},
      {"^[A-Za-z0-9_-]+$", "a b", false},
      {"^[A-Za-z0-9_-]+$", "a\n", false},
      {"^[A-Za-z0-9_-]+$", "é", false},
      {"^[-a]+$", "-a-", true},
      {"^[a-]+$", "-a-", true},
      {"^[a\\-z]+$", "-az", true},
      {"^[a\\-z]+$", "b", false},
      {"^a?$", "", true},
      {"^a?a?aa$", "aaa", true},
      {"^a*a{2}$", "aaaa", true},
      {"^a*a{2}$", "a", false},
      {"^[a-z]{2,3}$", "ab", true},
      {"^[a-z]{2,3}$", "abcd", false},
      {"^[a-z]{2,}$", "abcdefgh", true},
      {"^[a-z]{2,}$", "a", false},
      {"^v[0-9]+\\.[0-9]+$", "v1.25", true},
      {"^v[0-9]+\\.[0-9]+$", "v1x25", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.source);
    const std::optional<Pattern> pattern = Pattern::compile(row.source);
    ASSERT_TRUE(pattern.has_value());
    EXPECT_EQ(pattern->matches(row.text), row.matches) << row.text;
  }
}

TEST(Pattern, RefusesWhatItDoesNotSpeak) {
  for (const char* source :
       {"",        "abc",      "^abc",       "abc$",  "^(a)$",   "^a|b$",  "^.$",
        "^[^a]$",  "^[]$",     "^[a$",       "^a]$",  "^[z-a]$", "^a{$",   "^a{}$",
        "^a{,3}$", "^a{3,2}$", "^a{99999}$", "^a**$", "^*$",     "^\\d+$", "^\\$",
        "^é$",     "^[é]$",    "^[a-b-c]$",  "^a/b$", "^[a^]$"}) {
    EXPECT_FALSE(Pattern::compile(source).has_value()) << source;
  }
}

// Against std::regex, on short texts and patterns of few letters so that many match.
TEST(Pattern, AgreesWithAnotherMatcher) {
  int matching = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    base::Random random(seed);
    static constexpr const char* kAtoms[] = {"a", "b", "[ab]", "[a-c]", "[b-]", "\\."};
    static constexpr const char* kQuantifiers[] = {"", "", "?", "*", "+", "{2}", "{1,}", "{0,2}"};
    std::string source = "^";
    for (std::uint64_t left = 1 + random.below(4); left > 0; --left) {
      source += kAtoms[random.below(std::size(kAtoms))];
      source += kQuantifiers[random.below(std::size(kQuantifiers))];
    }
    source += '$';
    const std::optional<Pattern> pattern = Pattern::compile(source);
    ASSERT_TRUE(pattern.has_value()) << source;
    const std::regex oracle(source, std::regex::ECMAScript);
    for (int i = 0; i < 40; ++i) {
      std::string text;
      for (std::uint64_t left = random.below(6); left > 0; --left)
        text += "aabc-."[random.below(6)];
      const bool expected = std::regex_match(text, oracle);
      EXPECT_EQ(pattern->matches(text), expected)
          << "seed " << seed << " " << source << " " << text;
      matching += expected ? 1 : 0;
    }
  }
  EXPECT_GT(matching, 500);  // the comparison would say little if hardly anything matched
}

// What takes others exponential time: linear here, or this test does not end.
TEST(Pattern, HostileTextIsNotSlow) {
  const std::optional<Pattern> pattern = Pattern::compile("^a*a*a*a*a*a*a*a*a*a*b$");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_FALSE(pattern->matches(std::string(60'000, 'a')));
}

}  // namespace
}  // namespace ashlar::json
