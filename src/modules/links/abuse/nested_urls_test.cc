#include "modules/links/abuse/nested_urls.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "modules/links/abuse/link_targets.h"

namespace ashlar::links::abuse {
namespace {

using Texts = std::vector<std::string>;

// Those of the same site are in brackets.
Texts texts_of(const NestedUrls& nested) {
  Texts texts;
  for (const NestedUrl& each : nested.urls) {
    texts.push_back(each.elsewhere ? each.url : "(" + each.url + ")");
  }
  if (nested.more) texts.emplace_back("more");
  return texts;
}

std::string many(int count, const std::string& before) {
  std::string url = "https://a.example/";
  for (int i = 1; i <= count; ++i) {
    url += (i == 1 ? "?p" : "&p") + std::to_string(i) + "=" + before + std::to_string(i) + ".c/";
  }
  return url;
}

TEST(NestedUrlsTest, AreTheseOfThese) {
  const std::vector<std::pair<std::string, Texts>> table{
      {"https://a.example/", {}},
      {"https://a.example/?url=/local", {}},
      {"https://a.example/?url=https", {}},
      {"https://a.example/?u=http://", {}},
      {"https://a.example/go?url=https://evil.example/x", {"https://evil.example/x"}},
      {"https://a.example/go?x=1&NEXT=https%3A%2F%2Fevil.example%2Fx%3Fy%3D1",
       {"https://evil.example/x?y=1"}},
      {"https://a.example/go?next=https%253A%252F%252Fevil.example", {"https://evil.example"}},
      {"https://a.example/go?next=//evil.example/", {"http://evil.example/"}},
      {"https://a.example/go?next=%5C%5Cevil.example", {"http://evil.example"}},
      {"https://a.example/go?next=HTTPS:\\/evil.example", {"https://evil.example"}},
      {"https://a.example/#next=https://evil.example/", {"https://evil.example/"}},
      // Onto the same site it is no open redirect, but judged.
      {"https://a.example/go?next=https://a.example/x", {"(https://a.example/x)"}},
      {"https://a.example/go?next=https://login.a.example/x", {"(https://login.a.example/x)"}},
      {"https://www.a.example/go?next=https://a.example/x", {"(https://a.example/x)"}},
      {"https://a.example/go?next=https://xa.example/x", {"https://xa.example/x"}},
      {"https://a.example/?a=//b.c/&b=//b.c/", {"http://b.c/"}}};
  for (const auto& [url, expected] : table) EXPECT_EQ(texts_of(nested_urls(url)), expected) << url;
}

// Each of them a browser, or a page that undoes escapes once or twice, reads as denied.example.
TEST(NestedUrlsTest, InEverySpelling) {
  const std::vector<std::string> spellings{
      "next=https://www.denied.example/",
      "next=https:/www.denied.example/",
      "next=https:///www.denied.example/",
      "next=https:////www.denied.example/",
      "next=https:www.denied.example/",
      "next=https:\\\\www.denied.example/",
      "next=///www.denied.example/",
      "next=/\\www.denied.example/",
      "next=%2F%2Fwww.denied.example%2F",
      "next=%09//www.denied.example/",
      "next=/%09/www.denied.example/",
      "next=ht%0Atps://www.denied.example/",
      "next=%20https://www.denied.example/",
      "next=+https://www.denied.example/",
      "next=%00%01https://www.denied.example/",
      "next=HtTpS://WWW.DENIED.EXAMPLE/",
      "next=https://www.denied.example./",
      "next=https://www.denied.example:8443/",
      "next=https://user:word@www.denied.example/",
      "next=https://g.example%2F@www.denied.example/",
      "next=https%3A%2F%2Fg.example%252F%40www.denied.example%2F",
      "next=https://www.denied.example%23.g.example/",
      "next=https%3A%2F%2Fwww.denied.example%2F100%",
      "next=https%3A%2F%2Fwww.denied.example%2F%zz",
      "next=https%25253A%25252F%25252Fwww.denied.example",
      "next=https%2525252525252525253A//www.denied.example/",
      "next=https://www.denied%E3%80%82example/",
      "next=https://%EF%BD%97ww.%EF%BD%84enied.example/",
      "https://www.denied.example/",
      "https%3A%2F%2Fwww.denied.example%2F",
      "https://www.denied.example/?x=1",
      "https://www.denied.example/a=b",
      "//www.denied.example/a=b",
      "x=1;next=https://www.denied.example/",
      "x=1&https://www.denied.example/&y=2",
      "a=b=https://www.denied.example/",
      "u=https://b.example/?u=https://www.denied.example/",
      "u=https%3A%2F%2Fb.example%2F%3Fu%3Dhttps%253A%252F%252Fwww.denied.example",
      "u=//b.example/%3Fu%3D//c.example/%253Fu%253D//www.denied.example/"};
  for (const std::string& spelling : spellings) {
    for (const char* before :
         {"https://a.example/?", "https://a.example/x#", "http://a.example?q&"}) {
      const NestedUrls nested = nested_urls(before + spelling);
      bool found = false;
      for (const NestedUrl& each : nested.urls) {
        found = found || (host_of(each.url) == "www.denied.example" && each.elsewhere);
      }
      EXPECT_TRUE(found) << before << spelling << ": " << testing::PrintToString(texts_of(nested));
    }
  }
}

TEST(NestedUrlsTest, LettersBeyondAsciiAreLookedUpAsXn) {
  for (const char* spelling : {"https://p\xd0\xb0ypal.com/", "https://p%D0%B0ypal.com/",
                               "https%3A%2F%2FP%25D0%25B0ypal.com%2F"}) {
    const NestedUrls nested = nested_urls(std::string("https://a.example/?next=") + spelling);
    ASSERT_EQ(nested.urls.size(), 1U) << spelling;
    EXPECT_EQ(host_of(nested.urls[0].url), "xn--pypal-4ve.com") << spelling;
  }
}

TEST(NestedUrlsTest, NoneIsLeftOutUnsaid) {
  const int all = static_cast<int>(kMaxNestedUrls);
  EXPECT_EQ(nested_urls(many(all, "//")).urls.size(), kMaxNestedUrls);
  EXPECT_FALSE(nested_urls(many(all, "//")).more);
  EXPECT_EQ(nested_urls(many(all + 1, "//")).urls.size(), kMaxNestedUrls);
  EXPECT_TRUE(nested_urls(many(all + 1, "//")).more);
  EXPECT_TRUE(nested_urls(many(100, "https:")).more);
  // One within another, each escaped once more.
  std::string deep = "//z.example/";
  std::string escaped_slash = "/";
  const auto wrap = [&](int i) {
    std::string inner;
    for (const char c : deep)
      inner += c == '%' ? "%25" : c == '?' ? "%3F" : c == '=' ? "%3D" : std::string(1, c);
    deep = "//h" + std::to_string(i) + ".example/?u=" + inner;
  };
  for (int i = 0; i < kMaxNestedDepth; ++i) wrap(i);
  EXPECT_FALSE(nested_urls("https:" + deep).more) << deep;
  EXPECT_EQ(nested_urls("https:" + deep).urls.size(), static_cast<std::size_t>(kMaxNestedDepth));
  for (int i = 4; i < 8; ++i) wrap(i);
  EXPECT_TRUE(nested_urls("https:" + deep).more) << deep;
  // Escaped more often than anybody does.
  EXPECT_TRUE(nested_urls("https://a.example/?u=https%252525252525253A//b.example/").more);
  EXPECT_FALSE(nested_urls("https://a.example/?u=https%2525253A//b.example/").more);
}

// As long as a target may be, and made to be slow: this ends at once, or it shows in the tests'
// time.
TEST(NestedUrlsTest, TheWorstIsBounded) {
  for (const std::string& piece :
       {std::string("="), std::string("=%25"), std::string("=%%25"), std::string("=http:"),
        std::string("%25"), std::string("&//a.b=")}) {
    std::string url = "https://a.example/?";
    while (url.size() + piece.size() <= 2'048) url += piece;
    EXPECT_LE(nested_urls(url).urls.size(), kMaxNestedUrls);
  }
}

TEST(JudgedUrlsTest, AllOuterOnesComeFirst) {
  LinkSettings settings;
  settings.expired_url = many(4, "https://x");
  for (int i = 0; i < 50; ++i) {
    RedirectRule rule;
    rule.url = many(4, "https://r" + std::to_string(i) + ".");
    settings.rules.push_back(rule);
  }
  for (int i = 0; i < 10; ++i) {
    settings.variants.push_back({.url = "https://v" + std::to_string(i) + ".example/"});
  }
  const JudgedUrls judged = judged_urls(many(4, "https://u"), settings);
  ASSERT_EQ(judged.urls.size(), 62 + kMaxNestedOfLink);
  EXPECT_TRUE(judged.more);
  EXPECT_EQ(judged.urls[61].field, "/variants/9/url");
  EXPECT_EQ(judged.urls[61].url, "https://v9.example/");
  EXPECT_FALSE(judged.urls[61].nested);
  EXPECT_EQ(judged.urls[62].field, "/url");
  EXPECT_TRUE(judged.urls[62].nested);
  settings.rules.clear();
  EXPECT_FALSE(judged_urls(many(4, "https://u"), settings).more);
}

}  // namespace
}  // namespace ashlar::links::abuse
