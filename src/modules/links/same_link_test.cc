// Which links stand in for new ones, on both engines; and that a crowd who asks for the same link
// at once gets the same one.
#include "modules/links/same_link.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "modules/links/testing/links_fixture.h"
#include "modules/links/url_hashes.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Transaction;

TEST(SameLink, DoesTheSame) {
  struct Case {
    const char* what;
    std::function<void(Link& there, Link& wanted)> change;
    bool same;
  };
  const base::Time later = base::from_micros(1'900'000'000'000'000);
  const std::vector<Case> cases{
      {"plain", [](Link&, Link&) {}, true},
      {"url", [](Link& l, Link&) { l.url += "x"; }, false},
      {"domain", [](Link& l, Link&) { l.domain = DomainId(7); }, false},
      {"status", [](Link& l, Link&) { l.status = 301; }, false},
      {"disabled", [](Link& l, Link&) { l.enabled = false; }, false},
      {"expiry", [&](Link& l, Link&) { l.expires_at = later; }, false},
      {"wanted expiry", [&](Link&, Link& w) { w.expires_at = later; }, false},
      {"same expiry", [&](Link& l, Link& w) { l.expires_at = w.expires_at = later; }, true},
      {"valid_from", [&](Link& l, Link&) { l.settings.valid_from = later; }, false},
      {"expired_url", [](Link& l, Link&) { l.settings.expired_url = "https://x"; }, false},
      {"forward_query", [](Link& l, Link&) { l.settings.forward_query = true; }, false},
      {"rules", [](Link& l, Link&) { l.settings.rules.emplace_back(); }, false},
      {"variants", [](Link& l, Link&) { l.settings.variants.emplace_back(); }, false},
      {"archived", [](Link& l, Link&) { l.settings.archived = true; }, false},
      {"password", [](Link& l, Link&) { l.settings.password_hash = "h"; }, false},
      {"the same hash",
       [](Link& l, Link& w) { l.settings.password_hash = w.settings.password_hash = "h"; }, false},
      {"limit", [](Link& l, Link&) { l.settings.max_clicks = 3; }, false},
      {"same limit",
       [](Link& l, Link& w) {
         l.settings.max_clicks = w.settings.max_clicks = 3;
         l.clicks_used = 2;
       },
       true},
      {"used up",
       [](Link& l, Link& w) {
         l.settings.max_clicks = w.settings.max_clicks = 3;
         l.clicks_used = 3;
       },
       false},
      {"title it has", [](Link& l, Link&) { l.settings.title = "T"; }, true},
      {"title wanted", [](Link&, Link& w) { w.settings.title = "T"; }, false},
      {"tags it has", [](Link& l, Link&) { l.settings.tags = {"a"}; }, true},
      {"tags wanted",
       [](Link& l, Link& w) {
         l.settings.tags = {"a", "b"};
         w.settings.tags = {"a"};
       },
       false},
      {"same tags", [](Link& l, Link& w) { l.settings.tags = w.settings.tags = {"a"}; }, true},
      {"owner wanted",
       [](Link& l, Link& w) {
         l.settings.owner = "ada";
         w.settings.owner = "bob";
       },
       false},
      {"notes it has", [](Link& l, Link&) { l.settings.notes = "n"; }, true},
  };
  for (const Case& each : cases) {
    Link there;
    there.url = "https://example.com/";
    Link wanted = there;
    each.change(there, wanted);
    EXPECT_EQ(serves_as(there, wanted), each.same) << each.what;
  }
}

class FindIfExistsTest : public LinksFixture {
 protected:
  base::Result<Links::Made> make(const std::string& url,
                                 const std::function<void(NewLink&)>& change = {},
                                 base::TenantId tenant = kAlice, bool find = true) {
    NewLink wanted;
    wanted.url = url;
    wanted.find_if_exists = find;
    if (change) change(wanted);
    return db().write(Context::tenant(tenant),
                      [&](Transaction& tx) { return links_.make(tx, wanted); });
  }
  // "CODE found" or "CODE made".
  std::string line(const base::Result<Links::Made>& made) {
    if (!made.ok()) return made.error().reason;
    return made->link.code + (made->existed ? " found" : " made");
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, FindIfExistsTest, storage::both_engines(), storage::engine_name);

TEST_P(FindIfExistsTest, TheNewestThatDoesTheSame) {
  const std::string url = "https://example.com/a";
  const auto with_code = [](const char* code) {
    return [code](NewLink& link) { link.code = code; };
  };
  EXPECT_EQ(line(make(url, with_code("first"), kAlice, false)), "first made");
  EXPECT_EQ(line(make(url, with_code("second"), kAlice, false)), "second made");
  EXPECT_EQ(line(make(url)), "second found");
  EXPECT_EQ(line(make(url, with_code("first"))), "first found");
  EXPECT_EQ(line(make(url, with_code("third"))), "third made");
  const auto drawn = [](NewLink& link) {
    link.code = "drawn";
    link.any_code = true;
  };
  EXPECT_EQ(line(make(url, drawn)), "third found");
  EXPECT_EQ(line(make("https://example.com/c", drawn)), "drawn made");
  EXPECT_EQ(line(make("https://example.com/b", with_code("first"))), "code_taken");
  EXPECT_EQ(line(make(url, with_code("first"), kBob)), "code_taken");
  const auto bobs = make(url, {}, kBob);
  ASSERT_TRUE(bobs.ok());
  EXPECT_FALSE(bobs->existed);  // another tenant's links are nobody's
  EXPECT_EQ(line(make(url, [](NewLink& link) { link.settings.password_hash = "h"; })),
            "find_with_password");
}

TEST_P(FindIfExistsTest, FollowsAChangeOfTheUrl) {
  const std::string url = "https://example.com/a";
  const auto made = make(url);
  ASSERT_TRUE(made.ok());
  LinkChange change;
  change.url = "https://example.com/other";
  const auto changed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return links_.update(tx, {.code = made->link.code}, change, std::nullopt);
  });
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(line(make("https://example.com/other")), made->link.code + " found");
  const auto again = make(url);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->existed);
}

TEST_P(FindIfExistsTest, LooksAtSoManyOfTheSameUrlAndNoMore) {
  const std::string url = "https://example.com/a";
  ASSERT_TRUE(make(url, [](NewLink& link) { link.code = "oldest"; }, kAlice, false).ok());
  const auto tagged = [](NewLink& link) { link.settings.forward_query = true; };
  for (int i = 1; i < Links::kMaxSameUrl; ++i) ASSERT_TRUE(make(url, tagged, kAlice, false).ok());
  EXPECT_EQ(line(make(url)), "oldest found");
  ASSERT_TRUE(make(url, tagged, kAlice, false).ok());
  const auto another = make(url);
  ASSERT_TRUE(another.ok());
  EXPECT_FALSE(another->existed);
}

TEST_P(FindIfExistsTest, ACrowdAtOnceGetsOneLink) {
  constexpr int kThreads = 12;
  for (int round = 0; round < 3; ++round) {
    const std::string url = "https://example.com/crowd/" + std::to_string(round);
    std::vector<std::string> codes(kThreads);
    std::vector<std::thread> crowd;
    for (int i = 0; i < kThreads; ++i) {
      crowd.emplace_back([&, i] {
        base::Result<Links::Made> made = make(url);
        codes[static_cast<std::size_t>(i)] = made.ok() ? made->link.code : made.error().reason;
      });
    }
    for (std::thread& thread : crowd) thread.join();
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), 1U) << codes[0];
    EXPECT_TRUE(is_code(codes[0]));
  }
}

// As a database of before has them.
TEST_P(FindIfExistsTest, LinksWithoutAHashGetOne) {
  const auto made = make("https://example.com/old");
  ASSERT_TRUE(made.ok());
  static constexpr storage::Sql kForget{storage::Audience::kPlatform,
                                        "UPDATE links SET url_hash = NULL"};
  ASSERT_TRUE(db().write(Context::platform(storage::PlatformUse::kMaintenance),
                         [&](Transaction& tx) -> base::Status {
                           ASHLAR_TRY(tx.execute(kForget, {}));
                           return base::ok_status();
                         })
                  .ok());
  UrlHashes hashes(db(), codes_);
  EXPECT_EQ(*hashes.run(), 1);
  EXPECT_EQ(*hashes.run(), 0);
  EXPECT_EQ(line(make("https://example.com/old")), made->link.code + " found");
}

}  // namespace
}  // namespace ashlar::links
