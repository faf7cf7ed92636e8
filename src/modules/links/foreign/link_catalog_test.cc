// Lists of the APIs of other shorteners on both engines: whatever is asked for, the page is the one
// that looking at every link gives; and where looking ends.
#include "modules/links/foreign/link_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "modules/links/foreign/candidate_walk.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/links_store.h"
#include "modules/links/testing/links_fixture.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Sql;
using storage::Transaction;

constexpr Sql kFill{
    storage::Audience::kPlatform,
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
    " WHERE n < ?1) INSERT INTO links (id, tenant_id, code, url, status, created_at)"
    " SELECT ?2 + n, 1, 'fill-' || n, 'https://example.com/' || n, 302, n"
    " FROM numbers",
    "WITH RECURSIVE numbers(n) AS (SELECT 1::bigint UNION ALL SELECT n + 1 FROM"
    " numbers WHERE n < ?1::bigint) INSERT INTO links (id, tenant_id, code, url,"
    " status, created_at) SELECT ?2::bigint + n, 1, 'fill-' || n,"
    " 'https://example.com/' || n, 302, n FROM numbers"};

// As the statements of foreign_store.cc are, with values, and the index that each should use.
struct Plan {
  Sql sql;
  std::string_view index;
};
constexpr std::array kPlans{
    Plan{{storage::Audience::kPlatform,
          "EXPLAIN QUERY PLAN SELECT id FROM links WHERE domain_id = 1 AND domain_id > 0"
          " AND tenant_id = 1 AND id > 0 AND id < 900 ORDER BY id DESC LIMIT 10"},
         "links_by_domain"},
    Plan{{storage::Audience::kPlatform,
          "EXPLAIN QUERY PLAN SELECT link_id FROM links_settings WHERE tenant_id = 1"
          " AND owner = 'a' AND link_id < 900 ORDER BY link_id DESC LIMIT 10"},
         "links_settings_by_owner"},
    Plan{{storage::Audience::kPlatform,
          "EXPLAIN QUERY PLAN SELECT l.id FROM json_each('[1]') AS h CROSS JOIN links AS l"
          " WHERE l.tenant_id = 1 AND l.url_hash = h.value AND l.url = 'a' AND l.id + 0 > 0"
          " ORDER BY l.id + 0 DESC LIMIT 10"},
         "links_by_url"},
};

class LinkCatalogStoreTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    clock_.advance(base::Seconds(1'800'000'000));
  }

  void fill(std::int64_t links) {
    const auto made = db().write(
        Context::platform(storage::PlatformUse::kMaintenance),
        [&](Transaction& tx) { return tx.execute(kFill, {links, std::int64_t{1'000'000}}); });
    ASSERT_TRUE(made.ok()) << made.error().detail;
  }

  // Links of every kind, Bob's among them.
  void make_many(int count, base::Random& random) {
    const std::array<std::string, 3> hosts{"", "go.example", "to.example"};
    const auto made = db().write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
      for (const std::string& host : hosts) {
        if (!host.empty()) ASHLAR_TRY(domains_.create(tx, {host}));
      }
      return base::ok_status();
    });
    ASSERT_TRUE(made.ok());
    for (int i = 0; i < count; ++i) {
      LinkSettings settings;
      for (const char* tag : {"one", "two", "three"}) {
        if (random.below(4) == 0) settings.tags.emplace_back(tag);
      }
      settings.archived = random.below(5) == 0;
      if (random.below(3) == 0) settings.owner = random.below(2) == 0 ? "ada" : "bob";
      const base::TenantId tenant = random.below(10) == 0 ? kBob : kAlice;
      const std::string& host = hosts.at(random.below(hosts.size()));
      const auto link = db().write(Context::tenant(tenant), [&](Transaction& tx) {
        NewLink wanted{.url = "https://example.com/" + std::to_string(random.below(20)),
                       .code = {},
                       .expires_at = {},
                       .settings = settings};
        if (tenant == kAlice) wanted.domain = host;
        return links_.create(tx, wanted);
      });
      ASSERT_TRUE(link.ok()) << link.error().detail;
      clock_.advance(base::Seconds(1));
    }
  }

  std::vector<Link> all() {
    std::vector<Link> links;
    const auto read = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
      links.clear();
      return store::list_links(tx, LinkId(std::int64_t{1} << 62), 100'000,
                               [&](Link link) { links.push_back(std::move(link)); });
    });
    CHECK(read.ok());
    return links;
  }

  CatalogPage read(const CatalogQuery& query) {
    auto page = db().read(Context::tenant(kAlice),
                          [&](Transaction& tx) { return read_catalog(tx, query, clock_.now()); });
    CHECK(page.ok());
    return std::move(*page);
  }

  static CatalogQuery any_query(base::Random& random) {
    CatalogQuery query;
    const std::array<std::string, 4> tags{"one", "two", "three", "none"};
    for (const std::string& tag : tags) {
      if (random.below(4) == 0) query.tags.push_back(tag);
    }
    query.every_tag = random.below(2) == 0;
    if (random.below(4) == 0) query.without_tags = {tags.at(random.below(4))};
    const std::array<std::string, 4> hosts{"", "go.example", "to.example", "no.example"};
    if (random.below(2) == 0) query.domain = hosts.at(random.below(4));
    if (random.below(3) == 0) query.owner = random.below(2) == 0 ? "ada" : "nobody";
    if (random.below(3) == 0) query.archived = random.below(2) == 0;
    if (random.below(5) == 0) query.text = "com/1";
    query.order = random.below(3) == 0 ? CatalogQuery::Field::kUrl : CatalogQuery::Field::kCreated;
    query.ascending = random.below(2) == 0;
    query.offset = random.below(60);
    query.limit = 1 + random.below(30);
    query.total = random.below(2) == 0;
    return query;
  }

  // The codes that looking at every link gives.
  std::vector<std::string> expected(std::vector<Link> links, const CatalogQuery& query,
                                    std::size_t& total) {
    std::erase_if(links, [&](const Link& link) { return !matches(link, query, clock_.now()); });
    if (query.order == CatalogQuery::Field::kUrl) {
      std::ranges::stable_sort(links, [&](const Link& a, const Link& b) {
        return query.ascending ? a.url < b.url : b.url < a.url;
      });
    } else if (query.ascending) {
      std::ranges::reverse(links);
    }
    total = links.size();
    std::vector<std::string> codes;
    for (std::size_t i = query.offset; i < total && codes.size() < query.limit; ++i) {
      codes.push_back(links[i].code);
    }
    return codes;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, LinkCatalogStoreTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(LinkCatalogStoreTest, APageIsWhatLookingAtEveryLinkGives) {
  const std::uint64_t seed = 4;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  make_many(400, random);
  const std::vector<Link> links = all();
  ASSERT_GT(links.size(), 300U);
  for (int i = 0; i < 300; ++i) {
    const CatalogQuery query = any_query(random);
    std::size_t total = 0;
    const std::vector<std::string> wanted = expected(links, query, total);
    const CatalogPage page = read(query);
    std::vector<std::string> codes;
    for (const CountedLink& each : page.links) codes.push_back(each.link.code);
    EXPECT_EQ(codes, wanted) << "query " << i;
    if (query.total) {
      EXPECT_EQ(page.total, total) << "query " << i;
      EXPECT_FALSE(page.bounded) << "query " << i;
    }
  }
}

TEST_P(LinkCatalogStoreTest, ByAgeItGoesOnBeyondWhatIsLookedAtOtherwise) {
  const auto tagged = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    LinkSettings settings;
    settings.tags = {"old"};
    settings.owner = "ada";
    return links_.create(tx, {.url = "https://example.com/a-needle",
                              .code = "oldest",
                              .expires_at = {},
                              .settings = settings});
  });
  ASSERT_TRUE(tagged.ok());
  fill(static_cast<std::int64_t>(kMaxLooked) + 500);
  const std::size_t links = kMaxLooked + 501;
  CatalogPage page = read({.limit = 10});
  EXPECT_EQ(page.total, kMaxLooked);
  EXPECT_TRUE(page.bounded);
  EXPECT_EQ(page.links.front().link.code, "fill-10500");
  page = read({.offset = kMaxLooked + 495, .limit = 10});
  EXPECT_EQ(page.total, links);
  EXPECT_FALSE(page.bounded);
  ASSERT_EQ(page.links.size(), 6U);
  EXPECT_EQ(page.links.back().link.code, "oldest");
  // What an index knows is found however old it is; and oldest first.
  for (const CatalogQuery& query :
       {CatalogQuery{.tags = {"old"}}, CatalogQuery{.owner = "ada"},
        CatalogQuery{.tags = {"old"}, .order = CatalogQuery::Field::kClicks},
        CatalogQuery{.ascending = true, .limit = 1}}) {
    page = read(query);
    ASSERT_FALSE(page.links.empty());
    EXPECT_EQ(page.links.front().link.code, "oldest");
  }
  // What none knows is looked for as long as the page is not full; otherwise sorted it is not.
  EXPECT_EQ(read({.text = "needle"}).links.size(), 1U);
  page = read({.text = "needle", .order = CatalogQuery::Field::kUrl});
  EXPECT_TRUE(page.links.empty());
  EXPECT_TRUE(page.bounded);
  // Nobody asks for the total: the walk ends with the page.
  page = read({.archived = false, .limit = 10, .total = false});
  EXPECT_EQ(page.links.size(), 10U);
  EXPECT_LT(page.total, 100U);
  page = read({.offset = kMostReached, .limit = 10});
  EXPECT_TRUE(page.links.empty() && page.bounded);
}

TEST_P(LinkCatalogStoreTest, SourcesOverlapAndEnd) {
  base::Random random(9);
  make_many(200, random);
  const CatalogQuery query{.tags = {"one", "two", "three", "none"}};
  std::vector<Link> wanted = all();
  std::erase_if(wanted, [&](const Link& link) { return !matches(link, query, clock_.now()); });
  for (const std::int64_t step : {1, 2, 7, 1'000}) {
    const auto walked = db().read(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(CandidateWalk walk, CandidateWalk::begin(tx, query));
      std::vector<LinkId> ids;
      for (int i = 0; !walk.ended(); ++i) {
        EXPECT_LT(i, 1'000);
        ASHLAR_TRY(walk.next(tx, step, [&](const Link& link) { ids.push_back(link.id); }));
      }
      EXPECT_EQ(ids.size(), wanted.size()) << step;
      for (std::size_t i = 0; i < std::min(ids.size(), wanted.size()); ++i) {
        EXPECT_EQ(ids[i], wanted[i].id) << step;
      }
      return base::ok_status();
    });
    EXPECT_TRUE(walked.ok());
  }
}

TEST_P(LinkCatalogStoreTest, PlansUseTheIndexes) {
  if (GetParam() != storage::Dialect::kSqlite) GTEST_SKIP() << "SQLite tells its plans alike";
  fill(1'000);
  for (const auto& [sql, index] : kPlans) {
    std::string plan;
    const auto read =
        db().read(Context::platform(storage::PlatformUse::kMaintenance), [&](Transaction& tx) {
          plan.clear();
          return tx.query(sql, {},
                          [&](const storage::Row& row) { plan.append(row.text(3)).append("; "); });
        });
    ASSERT_TRUE(read.ok()) << read.error().detail;
    EXPECT_NE(plan.find(index), std::string::npos) << plan;
    if (index != "links_by_url") {
      EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
    }
  }
}

}  // namespace
}  // namespace ashlar::links
