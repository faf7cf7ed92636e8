// A link's settings on both engines: what is given is kept, changed, found by and taken away; and
// its limit of clicks, which is exact.
#include "modules/links/link_settings.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "modules/links/click_gate.h"
#include "modules/links/links_module.h"
#include "modules/links/settings_store.h"
#include "modules/links/testing/links_fixture.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

class LinkSettingsTest : public LinksFixture {
 protected:
  base::Result<Link> try_create(const std::string& code, LinkSettings settings,
                                base::TenantId tenant = kAlice) {
    NewLink wanted;
    wanted.url = "https://example.com/" + code;
    wanted.code = code;
    wanted.settings = std::move(settings);
    return db().write(Context::tenant(tenant),
                      [&](Transaction& tx) { return links_.create(tx, wanted); });
  }
  Link create(const std::string& code, LinkSettings settings = {}) {
    base::Result<Link> link = try_create(code, std::move(settings));
    EXPECT_TRUE(link.ok()) << link.error().detail;
    return std::move(link).value();
  }
  Link change(const std::string& code, const SettingsChange& change) {
    LinkChange wanted;
    wanted.settings = change;
    base::Result<Link> link = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
      return links_.update(tx, {.code = code}, wanted, std::nullopt);
    });
    EXPECT_TRUE(link.ok()) << link.error().detail;
    return std::move(link).value();
  }
  Link find(const std::string& code) {
    base::Result<Link> link = db().read(
        Context::tenant(kAlice), [&](Transaction& tx) { return links_.find(tx, {.code = code}); });
    EXPECT_TRUE(link.ok());
    return std::move(link).value();
  }
  std::optional<RedirectTarget> target(const std::string& code) {
    const auto found = db().read(Context::platform(PlatformUse::kRedirect), [&](Transaction& tx) {
      return links_.find_for_redirect(tx, {.code = code});
    });
    EXPECT_TRUE(found.ok());
    return *found;
  }
  std::vector<std::string> listed(const LinkQuery& query) {
    std::vector<std::string> codes;
    const auto page =
        db().read(Context::tenant(kAlice), [&](Transaction& tx) { return links_.list(tx, query); });
    EXPECT_TRUE(page.ok());
    for (const Link& link : page->links) codes.push_back(link.code);
    return codes;
  }
  std::vector<std::string> tags_of(base::TenantId tenant) {
    std::vector<std::string> tags;
    EXPECT_TRUE(db().read(Context::tenant(tenant),
                          [&](Transaction& tx) {
                            tags.clear();
                            return store::list_tags(
                                tx, "", 100, [&](const std::string& tag, auto links) {
                                  tags.push_back(tag + " " + std::to_string(links));
                                });
                          })
                    .ok());
    return tags;
  }

  LinkSettings everything() {
    LinkSettings settings;
    settings.valid_from = clock_.now() + base::Seconds(60);
    settings.expired_url = "https://example.com/over";
    settings.max_clicks = 7;
    settings.password_hash = "$argon2id$x";
    settings.forward_query = true;
    RedirectRule rule;
    rule.url = "https://example.com/rule";
    rule.devices = 3;
    rule.systems = 65;
    rule.browsers = 8;
    rule.languages = {"de", "fr-CH"};
    rule.from = clock_.now();
    rule.until = clock_.now() + base::Seconds(5);
    rule.query = {{"a", std::nullopt}, {"b", ""}};
    settings.rules = {rule};
    settings.variants = {{"https://example.com/a", 1}, {"https://example.com/b", 999}};
    settings.title = "A \"title\"";
    settings.notes = "two\nlines";
    settings.owner = "ada";
    settings.tags = {"spring", "summer"};
    settings.archived = true;
    return settings;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, LinkSettingsTest, storage::both_engines(), storage::engine_name);

TEST_P(LinkSettingsTest, WhatIsGivenIsKept) {
  EXPECT_EQ(create("all", everything()).settings, everything());
  EXPECT_EQ(find("all").settings, everything());
  ASSERT_NE(target("all")->special, nullptr);
  EXPECT_EQ(*target("all")->special, everything());
}

TEST_P(LinkSettingsTest, APlainLinkStaysPlain) {
  create("plain");
  LinkSettings settings;
  settings.title = "no concern of redirects";
  settings.tags = {"t"};
  create("named", settings);
  EXPECT_EQ(target("plain")->special, nullptr);
  EXPECT_EQ(target("named")->special, nullptr);
  EXPECT_TRUE(find("plain").settings.empty());
}

TEST_P(LinkSettingsTest, AChangeChangesWhatItNames) {
  create("all", everything());
  LinkSettings want = everything();
  EXPECT_EQ(change("all", {.expired_url = "", .forward_query = false}).version, 2);
  want.expired_url.clear();
  want.forward_query = false;
  EXPECT_EQ(find("all").settings, want);
  EXPECT_EQ(change("all", {.expired_url = ""}).version, 2);  // changes nothing
  want.tags = {"autumn", "spring"};
  want.rules.clear();
  change("all", {.rules = std::vector<RedirectRule>{},
                 .tags = std::vector<std::string>{"spring", "autumn", "spring"}});
  EXPECT_EQ(find("all").settings, want);
  EXPECT_EQ(tags_of(kAlice), (std::vector<std::string>{"autumn 1", "spring 1"}));
}

TEST_P(LinkSettingsTest, TakenAwayItIsAsIfItHadNeverBeen) {
  create("all", everything());
  change("all", {.valid_from = std::optional<base::Time>(),
                 .expired_url = "",
                 .max_clicks = std::optional<std::int64_t>(),
                 .password_hash = "",
                 .forward_query = false,
                 .rules = std::vector<RedirectRule>{},
                 .variants = std::vector<Variant>{},
                 .title = "",
                 .notes = "",
                 .owner = "",
                 .tags = std::vector<std::string>{},
                 .archived = false});
  EXPECT_TRUE(find("all").settings.empty());
  EXPECT_EQ(target("all")->special, nullptr);
  EXPECT_TRUE(tags_of(kAlice).empty());
}

TEST_P(LinkSettingsTest, ListsAreFiltered) {
  LinkSettings settings;
  settings.tags = {"red", "round"};
  settings.owner = "ada";
  create("one", settings);
  settings.tags = {"red"};
  settings.owner = "bob";
  create("two", settings);
  settings.archived = true;
  create("three", settings);
  create("four");
  using Codes = std::vector<std::string>;
  EXPECT_EQ(listed({.tag = "red"}), (Codes{"three", "two", "one"}));
  EXPECT_EQ(listed({.tag = "round"}), Codes{"one"});
  EXPECT_EQ(listed({.tag = "rou"}), Codes{});
  EXPECT_EQ(listed({.owner = "bob"}), (Codes{"three", "two"}));
  EXPECT_EQ(listed({.archived = false, .tag = "red"}), (Codes{"two", "one"}));
  EXPECT_EQ(listed({.archived = true}), Codes{"three"});
  EXPECT_EQ(listed({.text = "example.com/o", .owner = "ada"}), Codes{"one"});
  EXPECT_EQ(tags_of(kAlice), (Codes{"red 3", "round 1"}));
  EXPECT_TRUE(tags_of(kBob).empty());
}

TEST_P(LinkSettingsTest, EachWrongFieldIsNamed) {
  LinkSettings settings;
  settings.expired_url = "ftp://example.com/";
  settings.rules.resize(2);
  settings.rules[0].url = "https://sho.rt/loop";
  settings.rules[1].url = "https://example.com/";
  settings.rules[1].from = clock_.now();
  settings.rules[1].until = clock_.now();
  settings.variants = {{"https://example.com/", 1}};
  settings.tags = {"a,b"};
  const auto refused = try_create("wrong", settings);
  ASSERT_FALSE(refused.ok());
  std::vector<std::string> found;
  for (const base::FieldError& each : refused.error().fields) {
    found.push_back(each.field + " " + each.reason);
  }
  EXPECT_EQ(found, (std::vector<std::string>{
                       "/expired_url target_scheme", "/rules/0/url target_is_ashlar",
                       "/rules/0 rule_without_condition", "/rules/1/until rule_without_time",
                       "/variants one_variant", "/tags/0 bad_tag"}));
}

// 64 visitors at once, many times as many as may pass.
TEST_P(LinkSettingsTest, AsManyPassAsTheLimitSays) {
  constexpr std::int64_t kLimit = 200;
  LinkSettings settings;
  settings.max_clicks = kLimit;
  const Link link = create("limited", settings);
  // The deadlines of the gate are real ones.
  base::SystemClock clock;
  ClickGate one(db(), clock);
  ClickGate two(db(), clock);  // another process
  std::atomic<std::int64_t> passed{0};
  std::atomic<std::int64_t> refused{0};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 64; ++i) {
    visitors.emplace_back([&, i] {
      for (int visit = 0; visit < 8; ++visit) {
        const base::Result<bool> passes = (i % 2 == 0 ? one : two).take(link.id);
        ASSERT_TRUE(passes.ok()) << passes.error().detail;
        ++(*passes ? passed : refused);
      }
    });
  }
  for (std::thread& visitor : visitors) visitor.join();
  EXPECT_EQ(passed, kLimit);
  EXPECT_EQ(refused, 64 * 8 - kLimit);
  EXPECT_EQ(find("limited").clicks_used, kLimit);
}

TEST_P(LinkSettingsTest, AMovedLimitKeepsWhatWasUsed) {
  LinkSettings settings;
  settings.max_clicks = 2;
  const Link link = create("limited", settings);
  base::SystemClock clock;
  ClickGate gate(db(), clock);
  EXPECT_TRUE(*gate.take(link.id));
  change("limited", {.max_clicks = std::optional<std::int64_t>(1)});
  EXPECT_FALSE(*gate.take(link.id));
  EXPECT_EQ(change("limited", {.max_clicks = std::optional<std::int64_t>(2)}).clicks_used, 1);
  EXPECT_TRUE(*gate.take(link.id));
  EXPECT_FALSE(*gate.take(link.id));
  change("limited", {.max_clicks = std::optional<std::int64_t>()});
  EXPECT_TRUE(*gate.take(link.id));  // who has read the limit that is no more
  EXPECT_EQ(change("limited", {.max_clicks = std::optional<std::int64_t>(1)}).clicks_used, 0);
  EXPECT_TRUE(*gate.take(link.id));
}

TEST_P(LinkSettingsTest, ATenantThatGoesTakesAllOfItAlong) {
  create("all", everything());
  ASSERT_TRUE(try_create("bobs", everything(), kBob).ok());
  std::int64_t removed = 0;
  for (std::int64_t rows = 1; rows > 0; removed += rows) {
    const auto erased = db().write(
        Context::tenant(kAlice), [&](Transaction& tx) { return links_tenant_data().erase(tx, 1); });
    ASSERT_TRUE(erased.ok());
    rows = *erased;
  }
  EXPECT_EQ(removed, 5);  // the link, its settings, two tags, its limit
  EXPECT_TRUE(tags_of(kAlice).empty());
  EXPECT_EQ(tags_of(kBob).size(), 2U);
  EXPECT_NE(target("bobs")->special, nullptr);
}

}  // namespace
}  // namespace ashlar::links
