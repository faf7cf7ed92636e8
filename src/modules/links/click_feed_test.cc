#include "modules/links/click_feed.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/clicks.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/http/event_stream.h"
#include "platform/security/key_notice.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

class FakeStream final : public http::EventStream {
 public:
  bool push(std::string_view event, std::string_view data) override {
    if (open) events.push_back(std::string(event) + " " + std::string(data));
    return open;
  }
  void close() override { open = false; }
  [[nodiscard]] bool is_open() const override { return open; }

  bool open = true;
  std::vector<std::string> events;
};

security::Principal caller(base::TenantId tenant, security::KeyId key = {}) {
  security::Principal who;
  who.kind = security::Principal::Kind::kKey;
  who.tenant = tenant;
  who.key = key;
  return who;
}

class ClickFeedTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    make_link(kAlice, "alice");  // id 1
    make_link(kBob, "bobs");
  }
  void make_link(base::TenantId tenant, const std::string& code,
                 const std::vector<std::string>& tags = {}, const std::string& owner = "") {
    LinkSettings settings;
    settings.tags = tags;
    settings.owner = owner;
    const auto link = db().write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
      return links_.create(tx, {"https://example.com/", code, 302, {}, settings});
    });
    CHECK(link.ok());
  }
  std::unique_ptr<ClickRecorder> make_recorder(ClickFeed& feed) {
    return std::make_unique<ClickRecorder>(db(), clock_, entropy_, metrics_, log_, &feed, 2);
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, ClickFeedTest, storage::both_engines(), storage::engine_name);

TEST_P(ClickFeedTest, WatchersHearOfTheirOwnClicks) {
  make_link(kAlice, "other");  // id 3
  ClickFeed feed(db(), clock_);
  const auto recorder = make_recorder(feed);
  const auto all = std::make_shared<FakeStream>();
  const auto one = std::make_shared<FakeStream>();
  const auto bobs = std::make_shared<FakeStream>();
  ASSERT_TRUE(feed.watch(caller(kAlice), {}, all).ok());
  ASSERT_TRUE(feed.watch(caller(kAlice), {.only = LinkId(3)}, one).ok());
  ASSERT_TRUE(feed.watch(caller(kBob), {}, bobs).ok());
  for (int i = 0; i < 2; ++i) {
    recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
    recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
    recorder->record(0, LinkId(3), kAlice, clock_.now(), {});
    ASSERT_TRUE(recorder->flush().ok());
  }
  const std::string at =
      ",\"at\":\"" + base::format_rfc3339(clock_.now()) + "\",\"devices\":{},\"countries\":{}}";
  EXPECT_EQ(all->events,
            (std::vector<std::string>{R"(clicks {"code":"alice","clicks":2,"total":2)" + at,
                                      R"(clicks {"code":"other","clicks":1,"total":1)" + at,
                                      R"(clicks {"code":"alice","clicks":2,"total":4)" + at,
                                      R"(clicks {"code":"other","clicks":1,"total":2)" + at}));
  EXPECT_EQ(one->events,
            (std::vector<std::string>{R"(clicks {"code":"other","clicks":1,"total":1)" + at,
                                      R"(clicks {"code":"other","clicks":1,"total":2)" + at}));
  EXPECT_TRUE(bobs->events.empty());

  // While a batch waits, the total goes on from what was told last.
  for (std::size_t i = 0; i < ClickRecorder::kDirectPairs + 500; ++i) {
    recorder->record(i, LinkId(static_cast<std::int64_t>(i) + 1), kAlice, clock_.now(), {});
  }
  ASSERT_TRUE(recorder->flush().ok());
  EXPECT_EQ(one->events.back(), R"(clicks {"code":"other","clicks":1,"total":3)" + at);

  one->open = false;
  recorder->record(0, LinkId(3), kAlice, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  EXPECT_EQ(one.use_count(), 1);  // forgotten
  feed.close();
  EXPECT_FALSE(all->open);
  EXPECT_STREQ(feed.watch(caller(kAlice), {}, all).error().reason, "too_many_streams");
}

TEST_P(ClickFeedTest, WatchersAreBounded) {
  ClickFeed feed(db(), clock_);
  std::vector<std::shared_ptr<FakeStream>> streams;
  for (std::size_t i = 0; i < ClickFeed::kMaxWatchersPerTenant; ++i) {
    streams.push_back(std::make_shared<FakeStream>());
    ASSERT_TRUE(feed.watch(caller(kAlice), {}, streams.back()).ok());
  }
  const auto refused = feed.watch(caller(kAlice), {}, std::make_shared<FakeStream>());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::Code::kTooMany);
  EXPECT_TRUE(feed.watch(caller(kBob), {}, std::make_shared<FakeStream>()).ok());
  streams[0]->open = false;
  EXPECT_TRUE(feed.watch(caller(kAlice), {}, std::make_shared<FakeStream>()).ok());
}

TEST_P(ClickFeedTest, WhoMayNoLongerCallHearsNoMore) {
  ClickFeed feed(db(), clock_);
  const auto watch = [&](base::TenantId tenant, std::int64_t key) {
    auto stream = std::make_shared<FakeStream>();
    EXPECT_TRUE(feed.watch(caller(tenant, security::KeyId(key)), {}, stream).ok());
    return stream;
  };
  const auto notify = [&](const std::string& payload) {
    const auto context = storage::Context::platform(storage::PlatformUse::kTenantAdmin);
    EXPECT_TRUE(db().write(context,
                           [&](storage::Transaction& tx) {
                             tx.notify(security::kKeysChannel, payload);
                             return base::ok_status();
                           })
                    .ok());
  };
  const auto revoked = watch(kAlice, 1);
  const auto revoked_too = watch(kAlice, 1);
  const auto other = watch(kAlice, 2);
  const auto bobs = watch(kBob, 3);
  const auto session = std::make_shared<FakeStream>();
  EXPECT_TRUE(feed.watch(caller(kBob), {}, session).ok());
  notify(security::key_notice(security::KeyId(1)));
  EXPECT_FALSE(revoked->open || revoked_too->open);
  EXPECT_EQ(revoked.use_count(), 1);  // forgotten
  EXPECT_TRUE(other->open && bobs->open && session->open);
  notify(security::key_notice(kBob));
  EXPECT_FALSE(bobs->open || session->open);
  EXPECT_TRUE(other->open);
  notify("what a newer version says");
  EXPECT_FALSE(other->open);
}

TEST_P(ClickFeedTest, AStreamEndsWithItsAge) {
  ClickFeed feed(db(), clock_);
  const auto recorder = make_recorder(feed);
  const auto first = std::make_shared<FakeStream>();
  const auto second = std::make_shared<FakeStream>();
  ASSERT_TRUE(feed.watch(caller(kAlice), {}, first).ok());
  clock_.advance(base::Seconds(1));
  ASSERT_TRUE(feed.watch(caller(kAlice), {}, second).ok());
  clock_.advance(ClickFeed::kMaxAge - base::Seconds(1));
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  EXPECT_FALSE(first->open);
  EXPECT_TRUE(first->events.empty());
  EXPECT_TRUE(second->open);
  EXPECT_EQ(second->events.size(), 1u);
}

// What is clicked on one instance is heard on the other, once, and not by another tenant.
TEST_P(ClickFeedTest, InstancesHearOfEachOthersClicks) {
  ClickFeed here(db(), clock_, 1);
  ClickFeed there(db(), clock_, 2);
  const auto recorder_here = make_recorder(here);
  const auto recorder_there = make_recorder(there);
  const auto click_there = [&](int clicks) {
    for (int i = 0; i < clicks; ++i) {
      recorder_there->record(0, LinkId(1), kAlice, clock_.now(), {.user_agent = "curl/8"});
    }
    ASSERT_TRUE(recorder_there->flush().ok());
  };
  const auto pass = [&](base::Seconds time) {
    clock_.advance(time);
    ASSERT_TRUE(recorder_there->flush().ok());
    ASSERT_TRUE(recorder_here->flush().ok());
  };
  click_there(1);  // nobody watches yet
  const auto all = std::make_shared<FakeStream>();
  const auto bobs = std::make_shared<FakeStream>();
  ASSERT_TRUE(here.watch(caller(kAlice), {}, all).ok());
  ASSERT_TRUE(here.watch(caller(kBob), {}, bobs).ok());
  pass(base::Seconds(1));  // it says that somebody does
  click_there(2);
  click_there(3);  // a second later
  pass(base::Seconds(1));
  pass(base::Seconds(1));
  const auto told = [](const std::shared_ptr<FakeStream>& stream) {
    std::string text;
    for (const std::string& event : stream->events) {
      text += event.substr(0, event.find(",\"at\""));
      text += event.substr(event.find(",\"devices\""));
    }
    return text;
  };
  const std::string rest = R"(,"devices":{"bot":)";
  EXPECT_EQ(told(all),
            R"(clicks {"code":"alice","clicks":5,"total":6)" + rest + R"(5},"countries":{}})");
  EXPECT_TRUE(bobs->events.empty());
  // Its own once more, not by a way round.
  recorder_here->record(0, LinkId(1), kAlice, clock_.now(), {});
  pass(base::Seconds(1));
  pass(base::Seconds(1));
  ASSERT_EQ(all->events.size(), 2U);
  EXPECT_NE(all->events.back().find(R"("clicks":1,"total":7)"), std::string::npos);
  // Nobody watches any more: a little later nothing is told.
  all->open = bobs->open = false;
  pass(ClickRelay::kHeard);
  click_there(1);
  pass(base::Seconds(1));
  const auto late = std::make_shared<FakeStream>();
  ASSERT_TRUE(here.watch(caller(kAlice), {}, late).ok());
  pass(base::Seconds(1));
  EXPECT_TRUE(late->events.empty());
}

TEST_P(ClickFeedTest, AScopeHasItsOwnClicks) {
  make_link(kAlice, "spring", {"spring", "shop"}, "ada");  // id 3
  ClickFeed feed(db(), clock_);
  const auto recorder = make_recorder(feed);
  const auto watch = [&](const analytics::Subject& subject) {
    auto stream = std::make_shared<FakeStream>();
    EXPECT_TRUE(feed.watch(caller(kAlice), {.subject = subject.key}, stream).ok());
    return stream;
  };
  using analytics::Subject;
  const auto tag = watch(Subject::tag("shop"));
  const auto owner = watch(Subject::owner("ada"));
  const auto domain = watch(Subject::domain(0));
  const auto other_tag = watch(Subject::tag("none"));
  const auto other_domain = watch(Subject::domain(7));
  for (const std::int64_t link : {1, 3}) {
    recorder->record(0, LinkId(link), kAlice, clock_.now(), {});
  }
  recorder->record(0, LinkId(2), kBob, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  for (const auto& stream : {tag, owner}) {
    ASSERT_EQ(stream->events.size(), 1U);
    EXPECT_NE(stream->events[0].find("spring"), std::string::npos);
  }
  EXPECT_EQ(domain->events.size(), 2U);
  EXPECT_TRUE(other_tag->events.empty() && other_domain->events.empty());
}

}  // namespace
}  // namespace ashlar::links
