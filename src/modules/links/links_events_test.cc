// What links publish, and that redirects in every process hear of it: by the log alone, without a
// notice. Two LinkServers are two processes on one database.
#include "modules/links/links_events.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "modules/links/links_module.h"
#include "modules/links/redirect_codec.h"
#include "modules/links/redirects.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/cache/cache_service.h"
#include "platform/events/consumers.h"
#include "platform/events/events_store.h"
#include "platform/events/outbox.h"
#include "platform/http/call.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Transaction;

struct LinkServer {
  std::unique_ptr<storage::Database> db;
  events::Consumers consumers;
  events::Outbox outbox;
  cache::CacheService cache;
  cache::FarRegion& region;
  LinksModule module;
  Redirects redirects;

  LinkServer(std::unique_ptr<storage::Database> database, const std::string& name,
             const base::Clock& clock, base::Entropy& entropy, obs::Registry& metrics,
             obs::Log& log)
      : db(std::move(database)),
        consumers({.instance = name}, *db, clock, metrics, log),
        outbox(clock, entropy, [] {}),
        cache(nullptr, *db, clock, entropy, metrics),
        region(cache.add_region({.name = "links", .format = kRedirectFormat})),
        module({"https://sho.rt", *OwnHosts::parse({"https://sho.rt"}),
                std::string(CodeSpace::kSecretBytes, 'k'), 2, &region, &outbox},
               *db, clock, entropy, metrics, log),
        redirects({.cache_bytes = 1 << 20}, 7, *db, module.links, module.domain_table,
                  module.recorder, region, clock, metrics) {
    consumers.on_each_instance({"link.*"},
                               [this](const events::Event* event) { redirects.hear(event); });
    outbox.set_listener(consumers.told_types(),
                        [this](const events::Event& event) { consumers.tell(event); });
  }
  ~LinkServer() { db.reset(); }  // its threads call those who have subscribed
  LinkServer(const LinkServer&) = delete;
  LinkServer& operator=(const LinkServer&) = delete;

  // The Location, or the status.
  std::string follow(const std::string& code) {
    http::RequestHead head;
    head.method = http::Method::kHead;
    http::Call call;
    call.head = &head;
    call.path_params = {code};
    call.deadline = base::SystemClock().mono() + base::Seconds(3600);
    const http::Route route = redirects.route();
    const http::Handler& handler = route.handler;
    const auto answer = std::get<http::InlineHandler>(handler).fallback(call);
    if (!answer.ok()) return answer.error().reason;
    for (const auto& [name, value] : answer->headers) {
      if (name == "Location") return value;
    }
    return std::to_string(answer->status);
  }
};

class LinksEventsTest : public LinksFixture {
 protected:
  std::unique_ptr<LinkServer> start(const std::string& name) {
    return std::make_unique<LinkServer>(std::move(store_->open()).value(), name, clock_, entropy_,
                                        metrics_, log_);
  }
  static base::Result<Link> try_create(LinkServer& server, const std::string& url,
                                       const std::string& code = "") {
    NewLink wanted;
    wanted.url = url;
    if (!code.empty()) wanted.code = code;
    return server.db->write(Context::tenant(kAlice), [&](Transaction& tx) {
      return server.module.links.create(tx, wanted, "00-trace");
    });
  }
  static Link create(LinkServer& server, const std::string& url, const std::string& code = "") {
    const auto link = try_create(server, url, code);
    EXPECT_TRUE(link.ok());
    return *link;
  }
  static void point(LinkServer& server, const std::string& code, const std::string& url) {
    const auto link = server.db->write(Context::tenant(kAlice), [&](Transaction& tx) {
      return server.module.links.update(tx, {.code = code}, {.url = url}, std::nullopt);
    });
    EXPECT_TRUE(link.ok());
  }
  static std::vector<events::Event> published(LinkServer& server) {
    const auto events = server.db->read(Context::tenant(kAlice), [](Transaction& tx) {
      return events::store::list_of_tenant(tx, {.before = std::int64_t{1} << 62});
    });
    EXPECT_TRUE(events.ok());
    return *events;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, LinksEventsTest, storage::both_engines(), storage::engine_name);

// One process alone uses SQLite.
class LinksEventsAcrossTest : public LinksEventsTest {};
INSTANTIATE_TEST_SUITE_P(Storage, LinksEventsAcrossTest,
                         ::testing::Values(storage::Dialect::kPostgres), storage::engine_name);

TEST_P(LinksEventsTest, CreationsAndChangesArePublishedWithTheLink) {
  auto server = start("one");
  const Link generated = create(*server, "https://a.example/");
  create(*server, "https://b.example/\"chosen_code\":true", "mine");
  point(*server, "mine", "https://c.example/");
  point(*server, "mine", "https://c.example/");  // changes nothing: no event
  EXPECT_FALSE(try_create(*server, "https://d.example/", "mine").ok());
  const std::vector<events::Event> events = published(*server);
  ASSERT_EQ(events.size(), 3U);  // newest first
  EXPECT_EQ(events[0].type, kLinkUpdated);
  EXPECT_EQ(events[0].aggregate_type, "link");
  EXPECT_EQ(events[0].aggregate_id, "mine");
  EXPECT_EQ(events[1].type, kLinkCreated);
  EXPECT_EQ(events[2].aggregate_id, generated.code);
  EXPECT_EQ(events[2].traceparent, "00-trace");
  const json::Value data = *json::parse(events[0].data);
  EXPECT_EQ(*data.find("url")->if_string(), "https://c.example/");
  EXPECT_EQ(*data.find("version")->if_integer(), 2);
  EXPECT_TRUE(data.find("expires_at")->is_null());
  EXPECT_TRUE(outdates_redirect(events[0]));
  EXPECT_TRUE(outdates_redirect(events[1]));
  EXPECT_FALSE(outdates_redirect(events[2]));
}

TEST_P(LinksEventsTest, AUrlCannotPassForAChosenCode) {
  Link link;
  link.code = "abc";
  link.url = "https://a.example/\"chosen_code\":true";
  const events::NewEvent made = link_event(kLinkCreated, link, "https://sho.rt/abc", false, "");
  events::Event event;
  event.type = made.type;
  event.data = made.data;
  EXPECT_FALSE(outdates_redirect(event));
}

TEST_P(LinksEventsTest, TheNextVisitorHereFollowsTheChange) {
  auto server = start("one");
  EXPECT_EQ(server->follow("mine"), "404");
  create(*server, "https://a.example/", "mine");
  EXPECT_EQ(server->follow("mine"), "https://a.example/");
  for (int i = 0; i < 20; ++i) {
    const std::string url = "https://a.example/" + std::to_string(i);
    point(*server, "mine", url);
    EXPECT_EQ(server->follow("mine"), url);
  }
}

TEST_P(LinksEventsAcrossTest, AnotherProcessHearsByTheLog) {
  auto one = start("one");
  auto two = start("two");
  ASSERT_TRUE(two->consumers.run_until_idle().ok());
  EXPECT_EQ(two->follow("mine"), "404");
  create(*one, "https://a.example/", "mine");
  EXPECT_EQ(two->follow("mine"), "404");  // kept as unknown
  ASSERT_TRUE(two->consumers.run_until_idle().ok());
  EXPECT_EQ(two->follow("mine"), "https://a.example/");
  point(*one, "mine", "https://b.example/");
  EXPECT_EQ(two->follow("mine"), "https://a.example/");  // kept
  ASSERT_TRUE(two->consumers.run_until_idle().ok());
  EXPECT_EQ(two->follow("mine"), "https://b.example/");
}

// The commit came about and its answer was lost: only the log knows.
TEST_P(LinksEventsAcrossTest, ItsOwnChangesComeByTheLogToo) {
  auto one = start("one");
  auto stray = start("stray");
  create(*one, "https://a.example/", "mine");
  ASSERT_TRUE(one->consumers.run_until_idle().ok());
  EXPECT_EQ(one->follow("mine"), "https://a.example/");
  point(*stray, "mine", "https://b.example/");
  ASSERT_TRUE(one->consumers.run_until_idle().ok());
  EXPECT_EQ(one->follow("mine"), "https://b.example/");
}

}  // namespace
}  // namespace ashlar::links
