// What tests of analytics share: links of two tenants, visits of them, reports of their clicks.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "modules/links/analytics/report.h"
#include "modules/links/analytics/rollup_folder.h"
#include "modules/links/analytics/time_buckets.h"
#include "modules/links/click_folder.h"
#include "modules/links/clicks.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/storage/database.h"
#include "platform/zone/time_zone.h"

namespace ashlar::links::analytics {

inline constexpr const char* kPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
inline constexpr const char* kDesktop =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
inline constexpr const char* kBot = "Mozilla/5.0 (compatible; Googlebot/2.1)";
inline constexpr base::Seconds kHour{3'600};
inline constexpr base::Seconds kDay{86'400};

class AnalyticsFixture : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    advance_to("2026-11-22T10:15:00Z");
    spring_ = make_link(kAlice, "spring", {"spring", "shop"}, "ada");
    plain_ = make_link(kAlice, "plain", {}, "");
    bobs_ = make_link(kBob, "bobs", {"spring"}, "ada");
  }

  void advance_to(std::string_view text) {
    const base::Time to = *base::parse_rfc3339(text);
    CHECK(to >= clock_.now());
    clock_.advance(to - clock_.now());
  }
  LinkId make_link(base::TenantId tenant, const std::string& code,
                   const std::vector<std::string>& tags, const std::string& owner) {
    const auto link = db().write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
      LinkSettings settings;
      settings.tags = tags;
      settings.owner = owner;
      return links_.create(tx, {"https://example.com/", code, 302, {}, settings});
    });
    CHECK(link.ok());
    return link->id;
  }
  std::unique_ptr<ClickRecorder> make_recorder(storage::Database& database,
                                               std::int64_t one_in = 1) {
    return std::make_unique<ClickRecorder>(database, clock_, entropy_, metrics_, log_, nullptr, 2,
                                           one_in);
  }
  std::unique_ptr<RollupFolder> make_folder(storage::Database& database) {
    return std::make_unique<RollupFolder>(database, clock_, metrics_, log_, [] { return false; });
  }
  void fold() {
    ClickFolder counts(db(), clock_, metrics_, log_, [] { return false; });
    ASSERT_TRUE(counts.run().ok());
    ASSERT_TRUE(make_folder(db())->run().ok());
  }
  void click(ClickRecorder& recorder, LinkId link, const ClickDetail& detail,
             base::TenantId tenant = kAlice) {
    recorder.record(0, link, tenant, clock_.now(), detail);
  }
  Report report(base::TenantId tenant, const Subject& subject, LinkId link = {}, bool bots = true,
                Interval interval = Interval::kHour, base::Seconds back = kDay) {
    const auto buckets =
        TimeBuckets::cut(zone::TimeZone::utc(), interval, clock_.now() - back, clock_.now());
    CHECK(buckets.ok());
    const auto read = db().read(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
      return read_report(tx, {.subject = subject, .link = link, .bots = bots, .top = 5}, *buckets,
                         clock_.now());
    });
    CHECK(read.ok());
    return *read;
  }
  Report of_link(LinkId link, base::TenantId tenant = kAlice) {
    return report(tenant, Subject::link(link), link);
  }
  static std::string list(const Report& report, Dimension dimension) {
    std::string text;
    for (const TopList& top : report.top) {
      if (top.dimension != dimension) continue;
      for (const TopValue& value : top.values) {
        text += value.value + ":" + std::to_string(value.clicks) + " ";
      }
      text += "other:" + std::to_string(top.other) + " unknown:" + std::to_string(top.unknown);
    }
    return text;
  }

  LinkId spring_, plain_, bobs_;
};

}  // namespace ashlar::links::analytics
