#include "modules/links/click_feed.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
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
  void make_link(base::TenantId tenant, const std::string& code) {
    const auto link = db().write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
      return links_.create(tx, {"https://example.com/", code, 302, {}});
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
  ASSERT_TRUE(feed.watch(caller(kAlice), LinkId(3), one).ok());
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

}  // namespace
}  // namespace ashlar::links
