#include "modules/links/links.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "modules/links/links_store.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Transaction;

class LinksTest : public LinksFixture {
 protected:
  base::Result<Link> create(base::TenantId tenant, const NewLink& link) {
    return db().write(Context::tenant(tenant),
                      [&](Transaction& tx) { return links_.create(tx, link); });
  }
  base::Result<Link> find(base::TenantId tenant, std::string_view code) {
    return db().read(Context::tenant(tenant),
                     [&](Transaction& tx) { return links_.find(tx, {.code = code}); });
  }
  base::Result<Link> update(base::TenantId tenant, std::string_view code, const LinkChange& change,
                            std::optional<std::int64_t> if_version = {}) {
    return db().write(Context::tenant(tenant), [&](Transaction& tx) {
      return links_.update(tx, {.code = code}, change, if_version);
    });
  }
  base::Result<LinkPage> list(base::TenantId tenant, const LinkQuery& query) {
    return db().read(Context::tenant(tenant),
                     [&](Transaction& tx) { return links_.list(tx, query); });
  }
  base::Result<std::optional<RedirectTarget>> redirect(std::string_view code) {
    return db().read(Context::platform(storage::PlatformUse::kRedirect),
                     [&](Transaction& tx) { return links_.find_for_redirect(tx, {.code = code}); });
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, LinksTest, storage::both_engines(), storage::engine_name);

NewLink to(std::string url) { return NewLink{std::move(url), {}, 302, {}}; }
NewLink named(std::string code) {
  return NewLink{"https://example.com/", std::move(code), 302, {}};
}

TEST_P(LinksTest, CreatesFindsAndRedirects) {
  const auto link = create(kAlice, to("https://example.com/a"));
  ASSERT_TRUE(link.ok()) << link.error().detail;
  EXPECT_EQ(link->code.size(), 6U);
  EXPECT_EQ(link->status, 302);
  EXPECT_TRUE(link->enabled);
  EXPECT_EQ(link->version, 1);
  EXPECT_EQ(link->created_at, clock_.now());
  EXPECT_EQ(links_.short_url(*link), "https://sho.rt/" + link->code);
  const auto found = find(kAlice, link->code);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->id, link->id);
  EXPECT_EQ(found->url, "https://example.com/a");
  EXPECT_EQ(found->updated_at, found->created_at);
  EXPECT_FALSE(found->expires_at.has_value());
  const auto target = redirect(link->code);
  ASSERT_TRUE(target.ok() && target->has_value());
  EXPECT_EQ((*target)->tenant, kAlice);
  EXPECT_EQ((*target)->url, "https://example.com/a");
  EXPECT_FALSE((*redirect("nothing")).has_value());
  EXPECT_FALSE((*redirect("no code!")).has_value());
}

TEST_P(LinksTest, CodesAreDenseIdsPermuted) {
  std::set<std::string> codes;
  std::int64_t last = 0;
  for (int i = 0; i < 200; ++i) {
    const auto link = create(i % 2 == 0 ? kAlice : kBob, to("https://example.com/"));
    ASSERT_TRUE(link.ok());
    EXPECT_EQ(link->id.value, last + 1);
    last = link->id.value;
    EXPECT_TRUE(codes.insert(link->code).second);
    EXPECT_EQ(codes_.id(link->code), static_cast<std::uint64_t>(last));
  }
}

TEST_P(LinksTest, CodeRules) {
  struct Row {
    std::string code;
    const char* reason;  // nullptr: accepted
  };
  const std::vector<Row> rows{{"abc", nullptr},
                              {"ABC", nullptr},  // case counts
                              {"a-b_c", nullptr},
                              {"---", nullptr},
                              {std::string(64, 'x'), nullptr},
                              {"", "code_malformed"},
                              {"ab", "code_malformed"},
                              {std::string(65, 'x'), "code_malformed"},
                              {"a b", "code_malformed"},
                              {"a.b", "code_malformed"},
                              {"a/b", "code_malformed"},
                              {"a%b", "code_malformed"},
                              {"añb", "code_malformed"},
                              {"abc\r\nX: y", "code_malformed"},
                              {"v1", "code_reserved"},
                              {"_", "code_reserved"},
                              {"API", "code_reserved"},
                              {"Links", "code_reserved"},
                              {"METRICS", "code_reserved"},
                              {"healthz", "code_reserved"},
                              {"robots.txt", "code_reserved"},
                              {".well-known", "code_reserved"},
                              {"OAuth2", "code_reserved"}};
  for (const Row& row : rows) {
    const auto link = create(kAlice, named(row.code));
    if (row.reason == nullptr) {
      ASSERT_TRUE(link.ok()) << row.code;
      EXPECT_EQ(link->code, row.code);
      continue;
    }
    ASSERT_FALSE(link.ok()) << row.code;
    EXPECT_STREQ(link.error().reason, row.reason) << row.code;
    ASSERT_EQ(link.error().fields.size(), 1U);
    EXPECT_EQ(link.error().fields[0].field, "/code");
  }
}

TEST_P(LinksTest, EveryWrongFieldIsNamed) {
  NewLink link{"ftp://x", "v1", 303, clock_.now()};
  const auto refused = create(kAlice, link);
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "invalid_request");
  ASSERT_EQ(refused.error().fields.size(), 4U);
  EXPECT_STREQ(refused.error().fields[0].reason, "target_scheme");
  EXPECT_STREQ(refused.error().fields[1].reason, "code_reserved");
  EXPECT_STREQ(refused.error().fields[2].reason, "status_unsupported");
  EXPECT_STREQ(refused.error().fields[3].reason, "expires_in_past");
}

TEST_P(LinksTest, ATakenCodeIsAConflictForEveryTenant) {
  ASSERT_TRUE(create(kAlice, named("mine")).ok());
  for (const base::TenantId tenant : {kAlice, kBob}) {
    const auto second = create(tenant, named("mine"));
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, base::Code::kConflict);
    EXPECT_STREQ(second.error().reason, "code_taken");
  }
  EXPECT_TRUE(create(kBob, named("Mine")).ok());
}

// Custom codes may sit where generated ones will come: the next id is taken instead.
TEST_P(LinksTest, AGeneratedCodeThatIsTakenTakesTheNextId) {
  const std::int64_t first = create(kAlice, to("https://example.com/"))->id.value;
  // The custom link takes an id itself: first + 1. So first + 2 is free, first + 3 not.
  ASSERT_TRUE(create(kBob, named(*codes_.code(static_cast<std::uint64_t>(first + 3)))).ok());
  EXPECT_EQ(create(kAlice, to("https://example.com/"))->id.value, first + 2);
  EXPECT_EQ(create(kAlice, to("https://example.com/"))->id.value, first + 4);
}

TEST_P(LinksTest, ThirtyTwoThreadsOneCodeOneWinner) {
  for (int round = 0; round < 5; ++round) {
    const std::string code = "race-" + std::to_string(round);
    std::atomic<int> winners{0};
    std::atomic<int> conflicts{0};
    std::vector<std::thread> threads;
    threads.reserve(32);
    for (int i = 0; i < 32; ++i) {
      threads.emplace_back([&, i] {
        const auto link = create(i % 2 == 0 ? kAlice : kBob, named(code));
        if (link.ok()) {
          ++winners;
        } else if (link.error().reason == std::string("code_taken")) {
          ++conflicts;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(conflicts, 31);
    EXPECT_TRUE((*redirect(code)).has_value());
  }
}

TEST_P(LinksTest, ManyThreadsGenerateDistinctCodes) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::vector<std::vector<std::string>> codes(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) {
        const auto link = create(i % 2 == 0 ? kAlice : kBob, to("https://example.com/"));
        if (link.ok()) codes[static_cast<std::size_t>(i)].push_back(link->code);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& some : codes) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), std::size_t{kThreads * kEach});
}

TEST_P(LinksTest, Updates) {
  const auto link = create(kAlice, named("upd"));
  clock_.advance(base::Seconds(5));
  const base::Time expiry = clock_.now() + base::Seconds(60);
  LinkChange change;
  change.url = "https://example.com/b";
  change.status = 308;
  change.enabled = false;
  change.expires_at = std::optional(expiry);
  const auto changed = update(kAlice, "upd", change);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->version, 2);
  const auto found = find(kAlice, "upd");
  EXPECT_EQ(found->url, "https://example.com/b");
  EXPECT_EQ(found->status, 308);
  EXPECT_FALSE(found->enabled);
  EXPECT_EQ(found->expires_at, expiry);
  EXPECT_EQ(found->updated_at, clock_.now());
  EXPECT_EQ(found->created_at, link->created_at);
  EXPECT_EQ(found->version, 2);

  // The same again changes nothing.
  EXPECT_EQ(update(kAlice, "upd", change)->version, 2);

  LinkChange forever;
  forever.expires_at = std::optional<base::Time>();
  EXPECT_FALSE(update(kAlice, "upd", forever)->expires_at.has_value());
  EXPECT_EQ(find(kAlice, "upd")->url, "https://example.com/b");
}

TEST_P(LinksTest, UpdateChecks) {
  ASSERT_TRUE(create(kAlice, named("chk")).ok());
  const auto reason = [&](const LinkChange& change, std::optional<std::int64_t> version = {}) {
    const auto result = update(kAlice, "chk", change, version);
    return result.ok() ? std::string("ok") : std::string(result.error().reason);
  };
  EXPECT_EQ(reason({.url = "http://127.0.0.1:8080/"}), "target_is_ashlar");
  EXPECT_EQ(reason({.status = 200}), "status_unsupported");
  EXPECT_EQ(reason({.expires_at = std::optional(clock_.now())}), "expires_in_past");
  EXPECT_EQ(reason({.enabled = false}, 2), "etag_mismatch");
  EXPECT_EQ(find(kAlice, "chk")->version, 1);
  EXPECT_EQ(reason({.enabled = false}, 1), "ok");
  EXPECT_EQ(reason({.enabled = true}, 1), "etag_mismatch");
  EXPECT_EQ(reason({.enabled = true}, 2), "ok");
}

TEST_P(LinksTest, AnotherTenantsLinkIsNone) {
  ASSERT_TRUE(create(kAlice, named("secret")).ok());
  const auto others = find(kBob, "secret");
  const auto nobodys = find(kBob, "nothing");
  ASSERT_FALSE(others.ok());
  ASSERT_FALSE(nobodys.ok());
  EXPECT_STREQ(others.error().reason, "link_not_found");
  EXPECT_STREQ(nobodys.error().reason, "link_not_found");
  EXPECT_EQ(others.error().detail, nobodys.error().detail);
  EXPECT_STREQ(update(kBob, "secret", {.enabled = false}).error().reason, "link_not_found");
  EXPECT_TRUE(find(kAlice, "secret")->enabled);
  EXPECT_TRUE(list(kBob, {})->links.empty());
}

TEST_P(LinksTest, ListsNewestFirstInPages) {
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(create(kAlice, to("https://example.com/" + std::to_string(i))).ok());
    ASSERT_TRUE(create(kBob, to("https://example.com/")).ok());
  }
  std::vector<std::string> urls;
  LinkQuery query{.limit = 10};
  int pages = 0;
  do {
    const auto page = list(kAlice, query);
    ASSERT_TRUE(page.ok());
    for (const Link& link : page->links) urls.push_back(link.url);
    query.before = page->next;
    ++pages;
  } while (query.before);
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(urls.size(), 25U);
  EXPECT_EQ(urls.front(), "https://example.com/24");
  EXPECT_EQ(urls.back(), "https://example.com/0");
}

TEST_P(LinksTest, Searches) {
  ASSERT_TRUE(create(kAlice, {"https://example.com/Spring", "Promo-1", 302, {}}).ok());
  ASSERT_TRUE(create(kAlice, {"https://example.org/autumn", "promo-2", 302, {}}).ok());
  ASSERT_TRUE(create(kAlice, {"https://example.net/100%25", "other", 302, {}}).ok());
  ASSERT_TRUE(create(kBob, {"https://example.com/spring", "promo-3", 302, {}}).ok());
  ASSERT_TRUE(update(kAlice, "promo-2", {.enabled = false}).ok());
  const auto codes = [&](const LinkQuery& query) {
    std::vector<std::string> found;
    const auto page = list(kAlice, query);
    if (page.ok()) {
      for (const Link& link : page->links) found.push_back(link.code);
    }
    return found;
  };
  using Codes = std::vector<std::string>;
  EXPECT_EQ(codes({.text = "promo"}), (Codes{"promo-2", "Promo-1"}));
  EXPECT_EQ(codes({.text = "omo"}), Codes{});  // codes by their beginning only
  EXPECT_EQ(codes({.text = "SPRING"}), Codes{"Promo-1"});
  EXPECT_EQ(codes({.text = "%"}), Codes{"other"});  // a plain character, not a pattern
  EXPECT_EQ(codes({.text = "_"}), Codes{});
  EXPECT_EQ(codes({.text = "'; DROP TABLE links; --"}), Codes{});
  EXPECT_EQ(codes({.enabled = false}), Codes{"promo-2"});
  EXPECT_EQ(codes({.text = "example", .enabled = true}), (Codes{"other", "Promo-1"}));
}

// A page of a search looks at so many links and no more; the next page goes on where it stopped.
TEST_P(LinksTest, ASearchIsBounded) {
  std::vector<LinkId> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(create(kAlice, named("item-" + std::to_string(i)))->id);
    ASSERT_TRUE(create(kBob, to("https://example.com/")).ok());
  }
  const auto status = db().read(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
    const LinkId before(ids[9].value + 1);
    ASHLAR_ASSIGN(const auto end, store::search_end(tx, before, 4));
    EXPECT_EQ(end, ids[6]);
    std::vector<LinkId> found;
    const auto take = [&](const Link& link) { found.push_back(link.id); };
    ASHLAR_TRY(store::search_links(tx, before, 100, {.text = "item", .oldest = *end}, take));
    EXPECT_EQ(found, (std::vector<LinkId>{ids[9], ids[8], ids[7], ids[6]}));
    ASHLAR_ASSIGN(const auto last, store::search_end(tx, before, 10));
    EXPECT_EQ(last, ids[0]);
    ASHLAR_ASSIGN(const auto none, store::search_end(tx, before, 11));
    EXPECT_FALSE(none.has_value());
    return base::ok_status();
  });
  EXPECT_TRUE(status.ok());
}

// A change tells every process's cache, and so does a create with a chosen code, which may be
// cached as unknown. A generated code needs no notice.
TEST_P(LinksTest, ChangesAreNoticed) {
  std::mutex mutex;
  std::vector<std::string> heard;
  db().subscribe(std::string(kLinksChannel), [&](const storage::Database::Notice& notice) {
    const std::lock_guard guard(mutex);
    if (!notice.resync) heard.emplace_back(notice.payload);
  });
  ASSERT_TRUE(create(kAlice, to("https://example.com/")).ok());
  ASSERT_TRUE(create(kAlice, named("note")).ok());
  ASSERT_TRUE(update(kAlice, "note", {.enabled = false}).ok());
  ASSERT_TRUE(update(kAlice, "note", {.enabled = false}).ok());  // changes nothing
  ASSERT_FALSE(create(kBob, named("note")).ok());
  const std::lock_guard guard(mutex);
  EXPECT_EQ(heard, (std::vector<std::string>{"note", "note"}));
}

TEST_P(LinksTest, ErasesInBatchesAndOnlyItsOwn) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(create(kAlice, to("https://example.com/")).ok());
  ASSERT_TRUE(create(kBob, named("stays")).ok());
  std::vector<std::int64_t> sizes;
  std::set<std::string> erased;
  for (int i = 0; i < 4; ++i) {
    const auto rows = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
      return store::erase_links(tx, 3, [&](LinkRef ref) { erased.emplace(ref.code); });
    });
    ASSERT_TRUE(rows.ok());
    sizes.push_back(*rows);
  }
  EXPECT_EQ(sizes, (std::vector<std::int64_t>{3, 3, 1, 0}));
  EXPECT_EQ(erased.size(), 7U);
  EXPECT_TRUE(find(kBob, "stays").ok());
}

}  // namespace
}  // namespace ashlar::links
