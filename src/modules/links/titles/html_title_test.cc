#include "modules/links/titles/html_title.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/text.h"

namespace ashlar::links {
namespace {

constexpr std::string_view kUtf8 = "text/html; charset=utf-8";

TEST(HtmlTitle, OfPages) {
  struct Case {
    std::string_view type;
    std::string_view page;
    std::string_view title;
  };
  const std::vector<Case> cases{
      {kUtf8, "<html><head><title>Plain</title>", "Plain"},
      {kUtf8, "<TITLE lang='a>b'>With attributes</TiTlE >", "With attributes"},
      {kUtf8, "<title>\n  many \t\r\n spaces&nbsp; </title>", "many spaces"},
      {kUtf8, "<title>First</title><title>Second</title>", "First"},
      {kUtf8, "<title></title>", ""},
      {kUtf8, "<title>never ended", ""},
      {kUtf8, "<titles>No</titles><title>Yes</title>", "Yes"},
      {kUtf8, "<!-- <title>No</title> --><title>Yes</title>", "Yes"},
      {kUtf8, "<!-- <title>No</title>", ""},
      {kUtf8, "<script>'<title>No</title>'</script><title>Yes</title>", "Yes"},
      {kUtf8, "<svg><title>No</title></svg><title>Yes</title>", "Yes"},
      {kUtf8, "<meta content='<title>No</title>'><title>Yes</title>", "Yes"},
      {kUtf8, "<body><title>No</title>", ""},
      {kUtf8, "<title><b>Tags</b> are text</title>", "<b>Tags</b> are text"},
      {kUtf8, "no markup", ""},
      {kUtf8, "", ""},
      {kUtf8, "<", ""},
      {kUtf8, "<title", ""},
      {"text/plain", "<title>No</title>", ""},
      {"", "<title>No</title>", ""},
      {"TEXT/HTML ; x", "<title>Yes</title>", "Yes"},
      {"application/xhtml+xml", "<title>Yes</title>", "Yes"},
      // Character references
      {kUtf8, "<title>&lt;a&gt; &amp; &quot;b&quot; &#39;c&#x27; &eacute;&Ouml;</title>",
       "<a> & \"b\" 'c' éÖ"},
      {kUtf8, "<title>&amp;lt; once only</title>", "&lt; once only"},
      {kUtf8, "<title>&#8364; &#x20AC; &#128; &euro;</title>", "€ € € €"},
      {kUtf8, "<title>a&nothing;b & c &#; &#x; &#xZZ; &</title>",
       "a&nothing;b & c &#; &#x; &#xZZ; &"},
      {kUtf8, "<title>&#0;&#xD800;&#99999999;</title>", "\ufffd\ufffd\ufffd"},
      {kUtf8, "<title>x&#10;y&#x202E;z&shy;&#1;</title>", "x yz"},
      // Character sets
      {"text/html", "<title>gr\xc3\xbc\xc3\x9f</title>", "grüß"},
      {"text/html", "<title>gr\xfc\xdf \x80</title>", "grüß €"},
      {"text/html; charset=ISO-8859-1", "<title>gr\xfc\xdf</title>", "grüß"},
      {"text/html", "<meta charset=\"latin1\"><title>\xc3\xbc</title>", "Ã¼"},
      {"text/html", "<meta http-equiv=x content='text/html; charset=utf-8'><title>\xfc</title>",
       ""},
      {"text/html; charset=\"utf-8\"", "<meta charset=latin1><title>\xc3\xbc</title>", "ü"},
      {"text/html; charset=latin1", "\xef\xbb\xbf<title>\xc3\xbc</title>", "ü"},
      {"text/html; charset=shift_jis", "<title>\x83\x65</title>", ""},
      {"text/html; charset=shift_jis", "<title>ASCII</title>", "ASCII"},
      // What cannot be seen, or turns the text
      {kUtf8, "<title>a\u202eb\u200bc\ufeffd\u2066e</title>", "abcde"},
      {kUtf8, "<title>\u3000a\u2028b\u00a0</title>", "a b"},
      {kUtf8, "<title>\x01\x7f\u0085</title>", ""},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(html_title(each.type, each.page), each.title) << each.page;
  }
}

TEST(HtmlTitle, ALongOneIsCutBetweenCharacters) {
  const auto of = [](const std::string& title) {
    return html_title(kUtf8, "<title>" + title + "</title>");
  };
  std::string exact;
  for (std::size_t i = 0; i < kMaxTitleChars; ++i) exact += "ü";
  EXPECT_EQ(of(exact), exact);
  EXPECT_EQ(of(exact + " "), exact);
  std::string cut = exact.substr(0, exact.size() - 2) + "…";
  EXPECT_EQ(of(exact + "ü"), cut);
  EXPECT_EQ(of(exact + " ü"), cut);
  EXPECT_EQ(of(exact.substr(2) + " ü"), exact.substr(2) + "…");
}

TEST(HtmlTitle, WhateverComesTheAnswerCanBeStored) {
  const std::uint64_t seed = 4;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  const std::vector<std::string> parts{"<title>",
                                       "</title>",
                                       "<!--",
                                       "-->",
                                       "<",
                                       ">",
                                       "\"",
                                       "'",
                                       "&",
                                       "#x",
                                       ";",
                                       "\xff",
                                       "\xc3",
                                       "\xbc",
                                       "a",
                                       "\xe2\x80\xae",
                                       "<script>",
                                       "</script",
                                       " ",
                                       "charset=latin1",
                                       "<body",
                                       "&#55296;",
                                       std::string(300, 'x'),
                                       std::string(1, '\0')};
  const std::vector<std::string> types{"text/html", std::string(kUtf8), "text/html;charset=latin1"};
  int some = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string page = random.chance(0.7) ? "<title>" : "";
    for (std::size_t i = random.below(12); i > 0; --i) page += parts[random.below(parts.size())];
    if (random.chance(0.7)) page += "</title>";
    const std::string title = html_title(types[random.below(types.size())], page);
    ASSERT_TRUE(base::is_utf8(title)) << page;
    ASSERT_LE(base::utf8_length(title), kMaxTitleChars);
    for (const char c : title) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
    if (!title.empty()) ++some;
  }
  EXPECT_GT(some, 20'000);
}

}  // namespace
}  // namespace ashlar::links
