#include "modules/links/agent_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/text.h"

namespace ashlar::links {
namespace {

// The words once more, so that a slip in the table shows.
const std::vector<std::pair<std::string, AgentWord>>& words() {
  static const std::vector<std::pair<std::string, AgentWord>> kWords{
      {"bot", AgentWord::kBot},
      {"crawl", AgentWord::kBot},
      {"spider", AgentWord::kBot},
      {"slurp", AgentWord::kBot},
      {"curl/", AgentWord::kBot},
      {"wget/", AgentWord::kBot},
      {"python", AgentWord::kBot},
      {"go-http-client", AgentWord::kBot},
      {"java/", AgentWord::kBot},
      {"headless", AgentWord::kBot},
      {"facebookexternalhit", AgentWord::kBot},
      {"preview", AgentWord::kBot},
      {"monitor", AgentWord::kBot},
      {"whatsapp/", AgentWord::kBot},
      {"viber/", AgentWord::kBot},
      {"meta-external", AgentWord::kBot},
      {"okhttp", AgentWord::kBot},
      {"axios/", AgentWord::kBot},
      {"node-fetch", AgentWord::kBot},
      {"undici", AgentWord::kBot},
      {"postman", AgentWord::kBot},
      {"insomnia/", AgentWord::kBot},
      {"httpie/", AgentWord::kBot},
      {"httpclient", AgentWord::kBot},
      {"libwww", AgentWord::kBot},
      {"guzzle", AgentWord::kBot},
      {"reqwest/", AgentWord::kBot},
      {"mozilla/", AgentWord::kMozilla},
      {"mobi", AgentWord::kMobi},
      {"tablet", AgentWord::kTablet},
      {"windows", AgentWord::kWindows},
      {"iphone", AgentWord::kIphone},
      {"ipod", AgentWord::kIphone},
      {"ipad", AgentWord::kIpad},
      {"android", AgentWord::kAndroid},
      {"cros ", AgentWord::kCros},
      {"mac os x", AgentWord::kMac},
      {"macintosh", AgentWord::kMac},
      {"linux", AgentWord::kLinux},
      {"edg/", AgentWord::kEdge},
      {"edga/", AgentWord::kEdge},
      {"edgios/", AgentWord::kEdge},
      {"opr/", AgentWord::kOpera},
      {"opera", AgentWord::kOpera},
      {"samsungbrowser/", AgentWord::kSamsung},
      {"firefox/", AgentWord::kFirefox},
      {"fxios/", AgentWord::kFirefox},
      {"chrome/", AgentWord::kChrome},
      {"crios/", AgentWord::kChrome},
      {"chromium/", AgentWord::kChrome},
      {"safari/", AgentWord::kSafari}};
  return kWords;
}

constexpr int kKinds = static_cast<int>(AgentWord::kSafari) + 1;

std::string found(std::string_view text) {
  const AgentWords agent(text);
  std::string bits;
  for (int i = 0; i < kKinds; ++i) bits += agent.has(static_cast<AgentWord>(i)) ? '1' : '0';
  return bits;
}

// The same by looking for each word apart.
std::string looked_for(std::string_view text) {
  const std::string lower = base::ascii_lower(text.substr(0, kMaxAgentBytes));
  std::string without_phones = lower;
  for (std::size_t at = 0; (at = without_phones.find("cubot", at)) != std::string::npos;) {
    without_phones.replace(at, 5, "_____");
  }
  std::string bits(kKinds, '0');
  for (const auto& [word, kind] : words()) {
    if ((word == "bot" ? without_phones : lower).find(word) != std::string::npos)
      bits[static_cast<std::size_t>(kind)] = '1';
  }
  return bits;
}

TEST(AgentWords, EachIsFoundWhereverItStandsAndHoweverItIsWritten) {
  for (const auto& [word, kind] : words()) {
    std::string upper = word;
    std::ranges::transform(upper, upper.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    for (const std::string& text :
         {word, upper, "x" + word, word + "x", "(" + upper + ";", word + word}) {
      EXPECT_TRUE(AgentWords(text).has(kind)) << text;
      EXPECT_EQ(found(text), looked_for(text)) << text;
    }
    for (std::size_t cut = 0; cut < word.size(); ++cut) {
      EXPECT_EQ(found(word.substr(0, cut)), looked_for(word.substr(0, cut))) << word << cut;
    }
  }
  EXPECT_EQ(found(""), std::string(kKinds, '0'));
}

TEST(AgentWords, ProgramsAndATelephone) {
  for (const char* program :
       {"WhatsApp/2.23.20.0 A", "okhttp/4.9", "axios/1.6", "node-fetch/1.0", "PostmanRuntime/7.36",
        "Viber/1", "Apache-HttpClient/4.5.13 (Java/11.0.1)", "meta-externalagent/1.1",
        "CUBOT bot"}) {
    EXPECT_TRUE(AgentWords(program).has(AgentWord::kBot)) << program;
  }
  for (const char* person :
       {"Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/90 Mobile Safari/537", "cubot"}) {
    EXPECT_FALSE(AgentWords(person).has(AgentWord::kBot)) << person;
  }
}

TEST(AgentWords, ControlCharactersAreNoLetters) {
  EXPECT_FALSE(AgentWords("edg\x0f").has(AgentWord::kEdge));
  EXPECT_FALSE(AgentWords("cros\x01"
                          "x")
                   .has(AgentWord::kCros));
  EXPECT_FALSE(AgentWords("B\x0fT").has(AgentWord::kBot));
}

TEST(AgentWords, WhatStandsFurtherBackIsNotRead) {
  const std::string far(kMaxAgentBytes - 3, ' ');
  EXPECT_TRUE(AgentWords(far + "bot").has(AgentWord::kBot));
  EXPECT_FALSE(AgentWords(far + " bot").has(AgentWord::kBot));
  EXPECT_FALSE(AgentWords(far + "mobi").has(AgentWord::kMobi));
}

TEST(AgentWords, FoundTogetherAsApart) {
  const std::uint64_t seed = 4;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = random.below(8); i > 0; --i) {
      std::string word = words()[random.below(words().size())].first;
      if (random.chance(0.3)) word.resize(random.below(word.size() + 1));
      if (random.chance(0.3) && !word.empty()) {
        word[random.below(word.size())] = static_cast<char>(random.below(256));
      }
      text += word;
      if (random.chance(0.3)) text += static_cast<char>(random.below(256));
    }
    ASSERT_EQ(found(text), looked_for(text)) << text;
  }
}

}  // namespace
}  // namespace ashlar::links
