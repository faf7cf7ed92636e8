#include "modules/links/analytics/visit_counter.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "modules/links/analytics/visitor_salts.h"
#include "modules/links/geo_file.h"
#include "modules/links/testing/links_fixture.h"
#include "modules/links/testing/mmdb_writer.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::links::analytics {
namespace {

constexpr const char* kTablet =
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/16.6 Mobile/15E148 Safari/604.1";

class VisitCounterTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    salts_.emplace(db(), entropy_);
    ASSERT_TRUE(salts_->prepare(clock_.now()).ok());
  }

  // "dimension=value …" of one visit.
  std::string told(const ClickDetail& detail, const GeoFile* geo = nullptr) {
    VisitCounter counter(*salts_, geo);
    counter.add({kAlice, LinkId(7), clock_.now(), 1, detail});
    const KeyedRollups rollups = counter.take();
    EXPECT_EQ(rollups.size(), 1U);
    EXPECT_EQ(rollups.begin()->first.subject, "l7");
    std::string text;
    for (const Dimension dimension : all_dimensions()) {
      rollups.begin()->second.rollup.each_value(
          dimension, [&](std::string_view value, const Tally& tally) {
            text += std::string(name_of(dimension)) + "=" + std::string(value);
            text += tally.bots > 0 ? " (bot) " : " ";
          });
    }
    return text;
  }
  std::int64_t visitors(const std::vector<std::pair<base::TenantId, ClickDetail>>& visits) {
    VisitCounter counter(*salts_);
    for (const auto& [tenant, detail] : visits) {
      counter.add({tenant, LinkId(7), clock_.now(), 1, detail});
    }
    VisitorSketch all;
    for (const auto& [key, hour] : counter.take()) all.merge(hour.rollup.visitors());
    return all.estimate();
  }

  std::optional<VisitorSalts> salts_;
};

INSTANTIATE_TEST_SUITE_P(Storage, VisitCounterTest, storage::both_engines(), storage::engine_name);

TEST_P(VisitCounterTest, ReadsWhatRequestsTell) {
  const std::vector<std::pair<ClickDetail, std::string>> rows{
      {{}, ""},
      {{.referrer = "https://News.Example/a?b=c", .user_agent = kTablet},
       "referrer=news.example device=tablet browser=safari os=ios "},
      {{.referrer = "not a url", .user_agent = "curl/8.5.0"}, "device=bot (bot) "},
      {{.user_agent = "Something/1.0"}, "device=other browser=other os=other "},
      {{.query = "utm_source=a+b&utm_medium=%C3%BC&utm_term=%zz&utm_content=%00&utm_campaign="},
       "utm_source=a b utm_medium=\xc3\xbc "},
      {{.query = "utm_source=first&utm_source=second&UTM_SOURCE=third"}, "utm_source=first "},
      {{.query = "x=1", .target = "utm_source=mail#utm_medium=none"}, "utm_source=mail "},
      {{.query = "utm_medium=visit", .target = "utm_source=mail"}, "utm_medium=visit "},
      {{.query = "utm_source=%FF"}, ""},
      {{.taken = Taken::kRule, .index = 0}, "choice=rule 1 "},
      {{.taken = Taken::kVariant, .index = 9}, "choice=variant 10 "}};
  for (const auto& [detail, expected] : rows) EXPECT_EQ(told(detail), expected);
}

TEST_P(VisitCounterTest, AVisitorIsATenantsAddressAndProgram) {
  const ClickDetail one{.user_agent = kTablet, .address = "192.0.2.1"};
  const ClickDetail other_address{.user_agent = kTablet, .address = "192.0.2.2"};
  const ClickDetail other_agent{.user_agent = "Mozilla/5.0 Firefox/1", .address = "192.0.2.1"};
  EXPECT_EQ(visitors({{kAlice, one}, {kAlice, one}}), 1);
  EXPECT_EQ(visitors({{kAlice, one}, {kAlice, other_address}, {kAlice, other_agent}}), 3);
  EXPECT_EQ(visitors({{kAlice, one}, {kBob, one}}), 2);  // nobody can match tenants' visitors
  EXPECT_EQ(visitors({{kAlice, {.user_agent = kTablet}}}), 0);
  EXPECT_EQ(visitors({{kAlice, {.user_agent = "curl/8", .address = "192.0.2.1"}}}), 0);
  clock_.advance(base::Seconds(86'400));  // of a day without a salt nothing is told
  EXPECT_EQ(visitors({{kAlice, one}}), 0);
}

TEST_P(VisitCounterTest, KnowsCountriesByAFile) {
  const storage::TemporaryDirectory folder;
  const std::string path = folder.path() + "/geo.mmdb";
  std::ofstream(path, std::ios::binary)
      << testing::mmdb_of({{"192.0.2.0/24", "DE", "BY"}, {"198.51.100.0/24", "FR", ""}});
  GeoFile geo(path);
  ASSERT_TRUE(geo.refresh().ok());
  EXPECT_EQ(told({.address = "192.0.2.1"}, &geo), "country=DE region=DE-BY ");
  EXPECT_EQ(told({.address = "198.51.100.1"}, &geo), "country=FR ");
  EXPECT_EQ(told({.address = "203.0.113.1"}, &geo), "");
  EXPECT_EQ(told({}, &geo), "");
}

// Visits come between a flush's prepare() and its reading of them, at midnight too.
TEST_P(VisitCounterTest, TomorrowsVisitorsAreKnownAMinuteBefore) {
  const base::Time midnight = *base::parse_rfc3339("2027-03-02T00:00:00Z");
  const auto known = [&](base::Time at) {
    return salts_->visitor(kAlice, at, "192.0.2.1", "curl/8").has_value();
  };
  ASSERT_TRUE(salts_->prepare(midnight - base::Seconds(61)).ok());
  EXPECT_FALSE(known(midnight));
  ASSERT_TRUE(salts_->prepare(midnight - base::Millis(100)).ok());
  EXPECT_TRUE(known(midnight));
  EXPECT_TRUE(known(midnight - base::Seconds(1)));
}

}  // namespace
}  // namespace ashlar::links::analytics
