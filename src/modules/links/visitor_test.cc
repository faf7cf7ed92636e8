#include "modules/links/visitor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace ashlar::links {
namespace {

TEST(Visitor, KnowsTheUsualAgents) {
  struct Row {
    std::string_view agent;
    VisitorAgent want;
  };
  const std::string apple = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) ";
  const std::string kit = "AppleWebKit/605.1.15 (KHTML, like Gecko) ";
  const std::string windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) ";
  const std::string chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 ";
  const std::string safari_on_iphone = apple + kit + "Version/17.4 Mobile/15E148 Safari/604.1";
  const std::string chrome_on_iphone = apple + kit + "CriOS/124.0 Mobile/15E148 Safari/604.1";
  const std::string edge = windows + chrome + "Safari/537.36 Edg/124.0";
  const std::string opera = windows + chrome + "Safari/537.36 OPR/110.0";
  const std::string phone =
      "Mozilla/5.0 (Linux; Android 14; Pixel 8) " + chrome + "Mobile Safari/537.36";
  const std::string samsung = "Mozilla/5.0 (Linux; Android 14; SM-S918B) " + kit +
                              "SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36";
  const std::string tablet = "Mozilla/5.0 (Linux; Android 13; SM-X700) " + chrome + "Safari/537.36";
  const std::string ipad = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) " + kit +
                           "Version/16.6 Mobile/15E148 Safari/604.1";
  const std::string mac =
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + kit + "Version/17.4 Safari/605.1.15";
  const std::string chromebook =
      "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + chrome + "Safari/537.36";
  for (const Row& row : std::vector<Row>{
           {safari_on_iphone, {Device::kMobile, Os::kIos, Browser::kSafari}},
           {chrome_on_iphone, {Device::kMobile, Os::kIos, Browser::kChrome}},
           {edge, {Device::kDesktop, Os::kWindows, Browser::kEdge}},
           {opera, {Device::kDesktop, Os::kWindows, Browser::kOpera}},
           {phone, {Device::kMobile, Os::kAndroid, Browser::kChrome}},
           {samsung, {Device::kMobile, Os::kAndroid, Browser::kSamsung}},
           {tablet, {Device::kTablet, Os::kAndroid, Browser::kChrome}},
           {ipad, {Device::kTablet, Os::kIos, Browser::kSafari}},
           {mac, {Device::kDesktop, Os::kMacos, Browser::kSafari}},
           {chromebook, {Device::kDesktop, Os::kChromeos, Browser::kChrome}},
           {"Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
            {Device::kDesktop, Os::kLinux, Browser::kFirefox}},
           {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            {Device::kBot, Os::kOther, Browser::kOther}},
           {"curl/8.5.0", {Device::kBot, Os::kOther, Browser::kOther}},
           {"", {Device::kOther, Os::kOther, Browser::kOther}},
       }) {
    EXPECT_EQ(read_visitor_agent(row.agent), row.want) << row.agent;
  }
}

TEST(Visitor, NamesAreReadBack) {
  for (unsigned bit = 1; bit <= 64; bit <<= 1) {
    if (bit <= 16) {
      EXPECT_EQ(device_named(name_of(static_cast<Device>(bit))), static_cast<Device>(bit));
    }
    EXPECT_EQ(os_named(name_of(static_cast<Os>(bit))), static_cast<Os>(bit));
    EXPECT_EQ(browser_named(name_of(static_cast<Browser>(bit))), static_cast<Browser>(bit));
  }
  EXPECT_FALSE(device_named("toaster"));
  EXPECT_FALSE(os_named(""));
  EXPECT_FALSE(browser_named("Chrome"));
}

TEST(Visitor, TheLanguageLikedBest) {
  struct Row {
    std::string_view field, want;
  };
  for (const Row& row : std::vector<Row>{
           {"", ""},
           {"de", "de"},
           {"fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7", "fr-FR"},
           {"en;q=0.5, de;q=0.9, fr;q=0.9", "de"},
           {"en;q=0, de;q=0.001", "de"},
           {"*", ""},
           {"*;q=0.9, it ; q=0.2", "it"},
           {"en;q=x, de;q=0.1", "de"},
           {"en;q=1.5, de;q=0.4", "en"},
           {" ,, ;q=1", ""},
       }) {
    EXPECT_EQ(preferred_language(row.field), row.want) << row.field;
  }
}

TEST(Visitor, LanguagesMatchByTheirSubtags) {
  EXPECT_TRUE(language_matches("de", "de"));
  EXPECT_TRUE(language_matches("de", "DE-at"));
  EXPECT_TRUE(language_matches("de-AT", "de-at-1996"));
  EXPECT_FALSE(language_matches("de", "den"));
  EXPECT_FALSE(language_matches("de-AT", "de"));
  EXPECT_FALSE(language_matches("", "de"));
  EXPECT_FALSE(language_matches("de", ""));
}

TEST(Visitor, AnyBytesAreRead) {
  base::Random random(9);
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (std::size_t i = random.below(40); i > 0; --i) {
      text += random.chance(0.5) ? ",;q=0.1 *-"[random.below(10)]
                                 : static_cast<char>(random.below(256));
    }
    const std::string_view best = preferred_language(text);
    EXPECT_TRUE(best.empty() || text.find(best) != std::string::npos);
    static_cast<void>(read_visitor_agent(text));
  }
}

}  // namespace
}  // namespace ashlar::links
