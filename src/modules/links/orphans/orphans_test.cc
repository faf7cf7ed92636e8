// Visits that lead to no link: what waits for a flush, as a table; and through recorder and
// database on both engines.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/links/click_retention.h"
#include "modules/links/clicks.h"
#include "modules/links/links_module.h"
#include "modules/links/orphans/orphan_buffer.h"
#include "modules/links/orphans/orphans_store.h"
#include "modules/links/testing/faulty_database.h"
#include "modules/links/testing/links_fixture.h"

namespace ashlar::links::orphans {
namespace {

using storage::Context;
using storage::Transaction;

constexpr std::string_view kBot = "Googlebot/2.1 (+http://www.google.com/bot.html)";

OrphanVisit visit(std::int64_t domain, Kind kind = Kind::kInvalidShortUrl,
                  std::string_view path = "/none") {
  return {.tenant = kAlice, .domain = DomainId(domain), .kind = kind, .at = {}, .path = path};
}

TEST(OrphanKindTest, HasShlinksNames) {
  for (const Kind kind : kKinds) {
    EXPECT_EQ(kind_named(kind_name(kind)), kind);
    EXPECT_EQ(kind_from_stored(static_cast<std::int64_t>(kind)), kind);
  }
  EXPECT_EQ(kind_named("orphan"), std::nullopt);
  EXPECT_EQ(kind_from_stored(99), Kind::kRegular404);
}

TEST(OrphanBufferTest, AddsUpByDomainAndKind) {
  OrphanBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  for (int i = 0; i < 1'000; ++i) buffer.add(visit(2));
  OrphanVisit bot = visit(1, Kind::kBaseUrl, "/");
  bot.user_agent = kBot;
  bot.referrer = "https://News.example/x?y";
  buffer.add(bot);
  EXPECT_FALSE(buffer.empty());
  const OrphanBuffer::Taken taken = buffer.take();
  EXPECT_TRUE(buffer.empty());
  ASSERT_EQ(taken.counts.size(), 2U);
  EXPECT_EQ(taken.visits(), 1'001);
  EXPECT_EQ(taken.counts[0].domain, DomainId(1));
  EXPECT_EQ(taken.counts[0].bots, 1);
  EXPECT_EQ(taken.counts[1].visits, 1'000);
  EXPECT_EQ(taken.counts[1].bots, 0);
  // One domain's flood leaves room for the other's.
  ASSERT_EQ(taken.kept.size(), OrphanBuffer::kMaxKeptOfDomain + 1);
  EXPECT_EQ(taken.kept.back().referrer, "news.example");
  EXPECT_EQ(taken.kept.back().agent, AgentClass::kBot);
  EXPECT_TRUE(buffer.take().empty());
}

TEST(OrphanBufferTest, IsBounded) {
  OrphanBuffer buffer;
  for (std::size_t i = 0; i < OrphanBuffer::kMaxCounted + 5; ++i) {
    buffer.add(visit(static_cast<std::int64_t>(i) + 1));
  }
  buffer.add(visit(1));  // what is known still counts
  const OrphanBuffer::Taken taken = buffer.take();
  EXPECT_EQ(taken.counts.size(), OrphanBuffer::kMaxCounted);
  EXPECT_EQ(taken.kept.size(), OrphanBuffer::kMaxKept);
  EXPECT_EQ(taken.dropped, 5);
  EXPECT_EQ(taken.visits(), static_cast<std::int64_t>(OrphanBuffer::kMaxCounted) + 1);
}

TEST(OrphanBufferTest, KeepsPathsThatAreText) {
  const std::string fits = "/" + std::string(OrphanBuffer::kMaxPathBytes - 1, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"/abc", "/abc"},
      {"/a%20b", "/a%20b"},
      {fits, fits},
      {fits + "y", fits},
      {fits.substr(2) + "%2Fy", fits.substr(2)},
      {"/a\xff\x01z", "/a??z"},
      {"", ""},
  };
  for (const auto& [path, kept] : cases) {
    OrphanBuffer buffer;
    buffer.add(visit(1, Kind::kRegular404, path));
    EXPECT_EQ(buffer.take().kept.at(0).path, kept) << path;
  }
}

class OrphansTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    clock_.advance(base::Seconds(1'800'000'000));
    domain_ = make_domain("go.example", kAlice);
    recorder_ = std::make_unique<ClickRecorder>(db(), clock_, entropy_, metrics_, log_, nullptr, 2);
  }

  DomainId make_domain(const std::string& host, base::TenantId tenant) {
    const auto made = db().write(Context::tenant(tenant),
                                 [&](Transaction& tx) { return domains_.create(tx, {host}); });
    CHECK(made.ok());
    return made->id;
  }
  OrphanVisit at(DomainId domain, base::TenantId tenant, Kind kind, std::string_view path) {
    return {.tenant = tenant, .domain = domain, .kind = kind, .at = clock_.now(), .path = path};
  }
  store::OrphanTotals totals(base::TenantId tenant) {
    const auto read = db().read(Context::tenant(tenant), store::totals);
    CHECK(read.ok());
    return *read;
  }
  std::vector<std::string> newest(base::TenantId tenant, std::optional<DomainId> domain = {}) {
    std::vector<std::string> found;
    const auto read = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      found.clear();
      return store::newest(
          tx, domain, std::int64_t{1} << 62, 10'000, [&](const store::StoredOrphan& each) {
            found.push_back(std::string(kind_name(each.kind)) + " " + each.host + each.path);
          });
    });
    CHECK(read.ok());
    return found;
  }

  DomainId domain_;
  std::unique_ptr<ClickRecorder> recorder_;
};

INSTANTIATE_TEST_SUITE_P(Storage, OrphansTest, storage::both_engines(), storage::engine_name);

TEST_P(OrphansTest, AreCountedKeptAndForgotten) {
  const DomainId second = make_domain("second.example", kAlice);
  const DomainId bobs = make_domain("bobs.example", kBob);
  recorder_->orphan(at(domain_, kAlice, Kind::kInvalidShortUrl, "/none"));
  recorder_->orphan(at(second, kAlice, Kind::kBaseUrl, "/"));
  recorder_->orphan(at(bobs, kBob, Kind::kRegular404, "/a.b"));
  ASSERT_TRUE(recorder_->flush().ok());
  OrphanVisit bot = at(domain_, kAlice, Kind::kInvalidShortUrl, "/none");
  bot.user_agent = kBot;
  recorder_->orphan(bot);
  ASSERT_TRUE(recorder_->flush().ok());
  ASSERT_TRUE(recorder_->flush().ok());  // nothing twice
  EXPECT_EQ(totals(kAlice).visits, 3);
  EXPECT_EQ(totals(kAlice).bots, 1);
  EXPECT_EQ(newest(kAlice), (std::vector<std::string>{"invalid_short_url go.example/none",
                                                      "base_url second.example/",
                                                      "invalid_short_url go.example/none"}));
  EXPECT_EQ(newest(kAlice, second), (std::vector<std::string>{"base_url second.example/"}));
  const auto forgotten = db().write(Context::tenant(kAlice), store::forget);
  ASSERT_TRUE(forgotten.ok());
  EXPECT_EQ(*forgotten, 3);
  EXPECT_EQ(totals(kAlice).visits, 0);
  EXPECT_TRUE(newest(kAlice).empty());
  EXPECT_EQ(totals(kBob).visits, 1);
  EXPECT_EQ(newest(kBob), (std::vector<std::string>{"regular_404 bobs.example/a.b"}));
}

TEST_P(OrphansTest, OfADomainThatIsGoneNothingIsLeftOrWritten) {
  recorder_->orphan(at(domain_, kAlice, Kind::kBaseUrl, "/"));
  ASSERT_TRUE(recorder_->flush().ok());
  const auto removed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return domains_.remove(tx, "go.example", {});
  });
  ASSERT_TRUE(removed.ok());
  recorder_->orphan(at(domain_, kAlice, Kind::kBaseUrl, "/"));
  ASSERT_TRUE(recorder_->flush().ok());
  EXPECT_EQ(totals(kAlice).visits, 0);
  EXPECT_TRUE(newest(kAlice).empty());
}

TEST_P(OrphansTest, AreCountedOnceWhateverTheDatabaseSays) {
  FaultyDatabase faulty(db(), 1);
  ClickRecorder recorder(faulty, clock_, entropy_, metrics_, log_, nullptr, 2);
  std::int64_t visits = 0;
  for (const auto& [refused, answer_lost] : {std::pair{1.0, 0.0}, {0.0, 1.0}, {0.0, 0.0}}) {
    recorder.orphan(at(domain_, kAlice, Kind::kBaseUrl, "/"));
    ++visits;
    faulty.set_faults(refused, answer_lost);
    EXPECT_EQ(recorder.flush().ok(), refused + answer_lost == 0);
  }
  EXPECT_EQ(totals(kAlice).visits, visits);
  EXPECT_EQ(newest(kAlice).size(), 3U);
}

TEST_P(OrphansTest, TheNewestOfADomainStayForAWhile) {
  OrphanBuffer::Taken many;
  for (int i = 0; i < 30; ++i) {
    many.kept.push_back({.tenant = kAlice,
                         .domain = domain_,
                         .kind = Kind::kInvalidShortUrl,
                         .at = clock_.now(),
                         .path = "/" + std::to_string(i)});
  }
  const auto context = Context::platform(storage::PlatformUse::kClickWriter);
  const auto written = db().write(context, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::add(tx, many));
    return store::trim(tx, kAlice, domain_, 10);
  });
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(newest(kAlice).size(), 10U);
  EXPECT_EQ(newest(kAlice).front(), "invalid_short_url go.example/29");
  ClickRetention retention(db(), clock_, log_);
  ASSERT_TRUE(retention.run().ok());
  EXPECT_EQ(newest(kAlice).size(), 10U);
  clock_.advance(ClickRetention::kDetailAge + base::Seconds{1});
  ASSERT_TRUE(retention.run().ok());
  EXPECT_TRUE(newest(kAlice).empty());
}

}  // namespace
}  // namespace ashlar::links::orphans
