#include "modules/links/preview/link_preview.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::links {
namespace {

constexpr base::Time kNow = base::from_micros(1'800'000'000'000'000);

Link link_with(const std::function<void(Link&)>& change) {
  Link link;
  link.url = "https://example.com/own";
  link.status = 301;
  change(link);
  return link;
}

// "STATUS WHY INDEX URL"
std::string line_of(const LinkPreview& seen) {
  std::string line = std::to_string(seen.status) + " " + std::string(name_of(seen.why));
  line += seen.index ? " " + std::to_string(*seen.index) : " -";
  return line + " " + seen.url.value_or("-");
}

TEST(LinkPreview, SaysWhatARedirectWouldDo) {
  struct Case {
    std::function<void(Link&)> change;
    std::string_view expected;
  };
  RedirectRule german;
  german.url = "https://example.com/de";
  german.languages = {"de"};
  const std::vector<Case> cases{
      {[](Link&) {}, "301 link - https://example.com/own"},
      {[](Link& l) { l.settings.forward_query = true; }, "302 link - https://example.com/own?a=1"},
      {[](Link& l) {
         l.status = 308;
         l.settings.forward_query = true;
       },
       "307 link - https://example.com/own?a=1"},
      {[&](Link& l) { l.settings.rules = {german, german}; }, "302 rule 0 https://example.com/de"},
      {[](Link& l) { l.settings.password_hash = "x"; }, "403 link - https://example.com/own"},
      {[](Link& l) { l.enabled = false; }, "410 disabled - -"},
      {[](Link& l) {
         l.enabled = false;
         l.settings.flag.state = FlagState::kFlagged;
       },
       "403 flagged - -"},
      {[](Link& l) { l.expires_at = kNow; }, "410 expired - -"},
      {[](Link& l) { l.expires_at = kNow + base::Seconds(1); },
       "301 link - https://example.com/own"},
      {[](Link& l) {
         l.expires_at = kNow;
         l.settings.expired_url = "https://example.com/over";
       },
       "302 expired - https://example.com/over"},
      {[](Link& l) { l.settings.valid_from = kNow + base::Seconds(1); }, "404 not_yet_valid - -"},
      {[](Link& l) { l.settings.valid_from = kNow; }, "302 link - https://example.com/own"},
      {[](Link& l) {
         l.settings.max_clicks = 3;
         l.clicks_used = 3;
       },
       "410 used_up - -"},
      {[](Link& l) {
         l.settings.max_clicks = 3;
         l.clicks_used = 2;
       },
       "302 link - https://example.com/own"},
      {[](Link& l) {
         l.settings.variants = {{"https://example.com/a", 1}, {"https://example.com/b", 3}};
       },
       "302 variant 1 https://example.com/b"},
  };
  Visit visit;
  visit.now = kNow;
  visit.language = "de-AT";
  visit.query = "a=1";
  visit.draw = 2;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(line_of(preview(link_with(cases[i].change), visit, true)), cases[i].expected) << i;
  }
}

TEST(LinkPreview, WithoutAVisitorNoVariantIsChosen) {
  const Link link = link_with([](Link& l) {
    l.settings.variants = {{"https://example.com/a", 1}, {"https://example.com/b", 3}};
  });
  EXPECT_EQ(line_of(preview(link, {.agent = {}, .now = kNow}, false)), "302 variant - -");
}

TEST(LinkPreview, NamesTheConditionsThatDoNotHold) {
  RedirectRule rule;
  rule.url = "https://example.com/x";
  rule.devices = static_cast<std::uint8_t>(Device::kMobile);
  rule.systems = static_cast<std::uint8_t>(Os::kIos);
  rule.browsers = static_cast<std::uint8_t>(Browser::kSafari);
  rule.languages = {"fr"};
  rule.from = kNow + base::Seconds(1);
  rule.until = kNow;
  rule.query = {{"ref", std::nullopt}};
  rule.countries = {"FR"};
  const Link link = link_with([&](Link& l) { l.settings.rules = {rule}; });
  const auto failing = [&](const Visit& visit) {
    const LinkPreview seen = preview(link, visit, true);
    EXPECT_EQ(seen.rules.size(), 1U);
    std::string names;
    for (const std::string_view name : seen.rules[0].failing) names += std::string(name) + " ";
    EXPECT_EQ(seen.rules[0].holds, names.empty());
    return names;
  };
  EXPECT_EQ(failing({.agent = {}, .now = kNow}),
            "devices os browsers languages from until query countries ");
  Visit visit{.agent = {Device::kMobile, Os::kIos, Browser::kSafari},
              .language = "fr-CA",
              .query = "ref",
              .country = "FR",
              .now = kNow - base::Seconds(1)};
  EXPECT_EQ(failing(visit), "from ");
}

}  // namespace
}  // namespace ashlar::links
