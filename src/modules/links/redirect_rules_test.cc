// choose() and with_query() against a plain rendering of their promises, by chance; and the rules
// one by one.
#include "modules/links/redirect_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "modules/links/utm.h"
#include "platform/http/query.h"

namespace ashlar::links {
namespace {

// A visit as sets and maps of plain words, and whether a rule takes it.
struct PlainVisit {
  std::string device, os, browser, language, country;
  std::vector<std::pair<std::string, std::string>> query;
  base::Time now;
};

bool holds(const std::set<std::string>& wanted, const std::string& is) {
  return wanted.empty() || wanted.contains(is);
}

template <class T>
std::set<std::string> words(std::uint8_t mask, const std::vector<T>& all) {
  std::set<std::string> out;
  for (const T each : all) {
    if ((mask & static_cast<std::uint8_t>(each)) != 0) out.insert(std::string(name_of(each)));
  }
  return out;
}

const std::vector<Device> kDevices{Device::kDesktop, Device::kMobile, Device::kTablet, Device::kBot,
                                   Device::kOther};
const std::vector<Os> kSystems{Os::kIos,   Os::kAndroid,  Os::kWindows, Os::kMacos,
                               Os::kLinux, Os::kChromeos, Os::kOther};
const std::vector<Browser> kBrowsers{Browser::kChrome, Browser::kSafari, Browser::kFirefox,
                                     Browser::kEdge,   Browser::kOpera,  Browser::kSamsung,
                                     Browser::kOther};

bool takes(const RedirectRule& rule, const PlainVisit& visit) {
  bool all = holds(words(rule.devices, kDevices), visit.device) &&
             holds(words(rule.systems, kSystems), visit.os) &&
             holds(words(rule.browsers, kBrowsers), visit.browser) &&
             holds({rule.countries.begin(), rule.countries.end()}, visit.country);
  if (!rule.languages.empty()) {
    bool any = false;
    for (const std::string& range : rule.languages) {
      const std::string tag = base::ascii_lower(visit.language) + "-";
      any = any || (!visit.language.empty() && tag.starts_with(base::ascii_lower(range) + "-"));
    }
    all = all && any;
  }
  if (rule.from) all = all && visit.now >= *rule.from;
  if (rule.until) all = all && !(visit.now >= *rule.until);
  for (const QueryCondition& condition : rule.query) {
    all = all && std::ranges::any_of(visit.query, [&](const auto& pair) {
            return pair.first == condition.name &&
                   (!condition.value || pair.second == *condition.value);
          });
  }
  return all;
}

std::string encoded(base::Random& random, const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && random.chance(0.5)) {
      out += '+';
    } else if (random.chance(0.3) || c == '&' || c == '=' || c == '%' || c == '+' || c == ' ') {
      out += base::percent_encode(" ").substr(0, 1);
      constexpr std::string_view kHex = "0123456789abcdefABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out;
}

template <class T>
const T& one_of(base::Random& random, const std::vector<T>& of) {
  return of[random.below(of.size())];
}

const std::vector<std::string> kLanguages{"de", "de-AT", "DE-ch", "en", "en-US", "den", "fr"};
const std::vector<std::string> kCountries{"DE", "AT", "US"};
const std::vector<std::string> kNames{"ref", "a b", "x&y", "%", ""};

std::uint8_t some(base::Random& random) {
  return random.chance(0.6) ? std::uint8_t{0} : static_cast<std::uint8_t>(random.below(128));
}

RedirectRule random_rule(base::Random& random, std::size_t number) {
  RedirectRule rule;
  rule.url = "https://rule.example/" + std::to_string(number);
  rule.devices = some(random) & 31;
  rule.systems = some(random);
  rule.browsers = some(random);
  while (random.chance(0.3)) rule.languages.push_back(one_of(random, kLanguages));
  while (random.chance(0.2)) rule.countries.push_back(one_of(random, kCountries));
  if (random.chance(0.2)) rule.from = base::from_micros(static_cast<std::int64_t>(random.below(9)));
  if (random.chance(0.2)) {
    rule.until = base::from_micros(static_cast<std::int64_t>(random.below(9)));
  }
  while (random.chance(0.2)) {
    rule.query.push_back({one_of(random, kNames), std::nullopt});
    if (random.chance(0.5)) rule.query.back().value = one_of(random, kNames);
  }
  return rule;
}

TEST(RedirectRules, AgreeWithThePlainRendering) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  int by_rule = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::vector<RedirectRule> rules;
    for (std::size_t i = random.below(5); i > 0; --i) {
      rules.push_back(random_rule(random, rules.size()));
    }
    PlainVisit plain;
    Visit visit;
    visit.agent = {one_of(random, kDevices), one_of(random, kSystems), one_of(random, kBrowsers)};
    plain.device = name_of(visit.agent.device);
    plain.os = name_of(visit.agent.os);
    plain.browser = name_of(visit.agent.browser);
    if (random.chance(0.8)) plain.language = one_of(random, kLanguages);
    if (random.chance(0.8)) plain.country = one_of(random, kCountries);
    plain.now = base::from_micros(static_cast<std::int64_t>(random.below(9)));
    std::string query;
    while (random.chance(0.5)) {
      plain.query.emplace_back(one_of(random, kNames), one_of(random, kNames));
      if (!query.empty()) query += '&';
      query += encoded(random, plain.query.back().first) + "=" +
               encoded(random, plain.query.back().second);
    }
    visit.language = plain.language;
    visit.country = plain.country;
    visit.query = query;
    visit.now = plain.now;
    const Choice choice = choose("https://own.example/", rules, {}, visit);
    const auto first =
        std::ranges::find_if(rules, [&](const RedirectRule& rule) { return takes(rule, plain); });
    if (first == rules.end()) {
      ASSERT_EQ(choice.why, Why::kLink) << query;
      ASSERT_EQ(choice.url, "https://own.example/");
    } else {
      ++by_rule;
      ASSERT_EQ(choice.why, Why::kRule) << query;
      ASSERT_EQ(choice.url, first->url) << query;
      ASSERT_EQ(choice.index, static_cast<std::size_t>(first - rules.begin()));
    }
  }
  EXPECT_GT(by_rule, 50'000);
}

TEST(RedirectRules, VariantsGetTheirShares) {
  const std::vector<Variant> variants{
      {"https://a.example/", 1}, {"https://b.example/", 2}, {"https://c.example/", 7}};
  base::Random random(3);
  std::map<std::string_view, int> visits;
  constexpr int kVisits = 100'000;
  for (int i = 0; i < kVisits; ++i) {
    Visit visit;
    visit.draw = random.next();
    const Choice choice = choose("https://own.example/", {}, variants, visit);
    EXPECT_EQ(choice.why, Why::kVariant);
    EXPECT_EQ(choice.url, choose("https://own.example/", {}, variants, visit).url);
    ++visits[choice.url];
  }
  EXPECT_EQ(visits.size(), 3U);
  EXPECT_NEAR(visits["https://a.example/"], kVisits / 10, 600);
  EXPECT_NEAR(visits["https://b.example/"], kVisits / 5, 800);
  EXPECT_NEAR(visits["https://c.example/"], kVisits * 7 / 10, 1000);
}

TEST(RedirectRules, RulesGoBeforeVariants) {
  RedirectRule rule;
  rule.url = "https://rule.example/";
  rule.languages = {"de"};
  const std::vector<Variant> variants{{"https://a.example/", 1}, {"https://b.example/", 1}};
  Visit visit;
  visit.language = "de";
  EXPECT_EQ(choose("https://own.example/", {rule}, variants, visit).url, rule.url);
  visit.language = "fr";
  EXPECT_EQ(choose("https://own.example/", {rule}, variants, visit).why, Why::kVariant);
}

TEST(WithQuery, AppendsBeforeTheFragment) {
  struct Row {
    std::string_view url, query, want;
  };
  for (const Row& row : std::vector<Row>{
           {"https://e.example/", "", "https://e.example/"},
           {"https://e.example/", "a=1", "https://e.example/?a=1"},
           {"https://e.example/?", "a=1", "https://e.example/?a=1"},
           {"https://e.example/?b=2", "a=1&c", "https://e.example/?b=2&a=1&c"},
           {"https://e.example/?b=2&", "a=1", "https://e.example/?b=2&a=1"},
           {"https://e.example/#f?g", "a=1", "https://e.example/?a=1#f?g"},
           {"https://e.example/?b#f", "a=1", "https://e.example/?b&a=1#f"},
       }) {
    EXPECT_EQ(with_query(row.url, row.query), row.want);
  }
}

TEST(WithUtm, PutsInWhatIsGivenAndReplacesWhatIsThere) {
  EXPECT_EQ(with_utm("https://e.example/", {}), "https://e.example/");
  EXPECT_EQ(with_utm("https://e.example/?a=1#f", {.source = "n l", .medium = "e&m"}),
            "https://e.example/?a=1&utm_source=n%20l&utm_medium=e%26m#f");
  EXPECT_EQ(with_utm("https://e.example/?utm_source=old&b", {.source = "new"}),
            "https://e.example/?b&utm_source=new");
  EXPECT_EQ(with_utm("https://e.example/#f", {.campaign = "c", .term = "", .content = "x"}),
            "https://e.example/?utm_campaign=c&utm_content=x#f");
}

}  // namespace
}  // namespace ashlar::links
