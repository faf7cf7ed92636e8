// No statement of the module reaches another tenant's rows, whatever it is given: each is run as
// Carol, who has nothing, with parameters that name what is Bob's. She must see and change no row.
// That the parameters are good enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/domain_stops_store.h"
#include "modules/links/abuse/reviews_store.h"
#include "modules/links/analytics/analytics_store.h"
#include "modules/links/clicks_store.h"
#include "modules/links/domains_store.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/foreign/made_tags_store.h"
#include "modules/links/links_store.h"
#include "modules/links/orphans/orphans_store.h"
#include "modules/links/qr_logos_store.h"
#include "modules/links/settings_store.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Param;
using storage::PlatformUse;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr int kTries = 100;

constexpr Sql kDumpLinks{
    storage::Audience::kPlatform,
    "SELECT code || ' ' || url || ' ' || status || ' ' || enabled || ' ' || version"
    " FROM links WHERE tenant_id = ?1 ORDER BY id"};
constexpr Sql kDumpCounts{storage::Audience::kPlatform,
                          "SELECT link_id || ' ' || hour || ' ' || clicks FROM links_clicks_hourly"
                          " WHERE tenant_id = ?1 ORDER BY link_id, hour"};
constexpr Sql kDumpSettings{storage::Audience::kPlatform,
                            "SELECT link_id || ' ' || archived || ' ' || owner || ' ' || data"
                            " FROM links_settings WHERE tenant_id = ?1 ORDER BY link_id"};
constexpr Sql kDumpTags{storage::Audience::kPlatform,
                        "SELECT tag || ' ' || link_id FROM links_tags WHERE tenant_id = ?1"
                        " ORDER BY tag, link_id"};
constexpr Sql kDumpLimits{storage::Audience::kPlatform,
                          "SELECT link_id || ' ' || max_clicks || ' ' || used"
                          " FROM links_click_limits WHERE tenant_id = ?1 ORDER BY link_id"};
constexpr Sql kDumpDomains{
    storage::Audience::kPlatform,
    "SELECT host || ' ' || root_url || ' ' || not_found_url || ' ' || version"
    " FROM links_domains WHERE tenant_id = ?1 ORDER BY id"};
constexpr Sql kDumpAnalytics{storage::Audience::kPlatform,
                             "SELECT subject || ' ' || hour || ' ' || length(data)"
                             " FROM links_analytics WHERE tenant_id = ?1 ORDER BY subject"};
constexpr Sql kDumpSubjects{storage::Audience::kPlatform,
                            "SELECT subject || ' ' || hour || ' ' || clicks"
                            " FROM links_analytics_counts WHERE tenant_id = ?1 ORDER BY subject"};
constexpr Sql kDumpDenials{storage::Audience::kPlatform,
                           "SELECT host || ' ' || note FROM links_denials WHERE tenant_id = ?1"
                           " ORDER BY host"};
constexpr Sql kDumpStops{storage::Audience::kPlatform,
                         "SELECT host || ' ' || reason || ' ' || note FROM links_domain_stops"
                         " WHERE tenant_id = ?1 ORDER BY host"};
constexpr Sql kDumpReviews{storage::Audience::kPlatform,
                           "SELECT link_id || ' ' || status || ' ' || reports FROM links_reviews"
                           " WHERE tenant_id = ?1 ORDER BY link_id"};
constexpr Sql kDumpReports{storage::Audience::kPlatform,
                           "SELECT link_id || ' ' || reporter || ' ' || comment FROM links_reports"
                           " WHERE tenant_id = ?1 ORDER BY link_id, reporter"};
constexpr Sql kDumpMadeTags{storage::Audience::kPlatform,
                            "SELECT tag || ' ' || color FROM links_made_tags WHERE tenant_id = ?1"
                            " ORDER BY tag"};
constexpr Sql kDumpOrphans{storage::Audience::kPlatform,
                           "SELECT domain_id || ' ' || kind || ' ' || at || ' ' || path"
                           " FROM links_orphans WHERE tenant_id = ?1 ORDER BY id"};
constexpr Sql kDumpOrphanCounts{
    storage::Audience::kPlatform,
    "SELECT domain_id || ' ' || kind || ' ' || visits || ' ' || bots"
    " FROM links_orphan_counts WHERE tenant_id = ?1 ORDER BY domain_id, kind"};
constexpr Sql kDumpLogos{storage::Audience::kPlatform,
                         "SELECT domain_id || ' ' || width || ' ' || length(png)"
                         " FROM links_qr_logos WHERE tenant_id = ?1 ORDER BY domain_id"};
constexpr Sql kDumpDetails{storage::Audience::kPlatform,
                           "SELECT link_id || ' ' || at || ' ' || agent || ' ' || referrer"
                           " FROM links_clicks WHERE tenant_id = ?1 ORDER BY id"};

std::vector<const Sql*> all_statements() {
  std::vector<const Sql*> all;
  for (const auto list :
       {store::links_statements(), store::domain_statements(), store::settings_statements(),
        store::click_statements(), store::foreign_statements(), store::made_tags_statements(),
        analytics::store::analytics_statements(), abuse::store::denials_statements(),
        abuse::store::reviews_statements(), abuse::store::domain_stops_statements(),
        orphans::store::orphan_statements(), store::qr_logo_statements()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

// A Transaction takes a list of fixed length; a test has as many as the statement wants.
base::Result<std::int64_t> run(Transaction& tx, const Sql& sql, const std::vector<Param>& p,
                               const storage::RowSink& sink) {
  const bool query =
      sql.text.starts_with("SELECT") || sql.text.find("RETURNING") != std::string_view::npos;
  const auto go = [&](std::initializer_list<Param> list) {
    return query ? tx.query(sql, list, sink) : tx.execute(sql, list);
  };
  switch (p.size()) {
    case 0:
      return go({});
    case 1:
      return go({p[0]});
    case 2:
      return go({p[0], p[1]});
    case 3:
      return go({p[0], p[1], p[2]});
    case 4:
      return go({p[0], p[1], p[2], p[3]});
    case 5:
      return go({p[0], p[1], p[2], p[3], p[4]});
    case 6:
      return go({p[0], p[1], p[2], p[3], p[4], p[5]});
    case 7:
      return go({p[0], p[1], p[2], p[3], p[4], p[5], p[6]});
    case 8:
      return go({p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]});
    case 9:
      return go({p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8]});
    default:
      return go({p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10]});
  }
}

class LinksStatementsTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    for (int i = 0; i < 3; ++i) bobs_links_.push_back(make_link(kBob, "bob-" + std::to_string(i)));
    const auto domain = db().write(Context::tenant(kBob), [&](Transaction& tx) {
      return domains_.create(tx, {"bob-0", "https://bob.example/", ""});
    });
    CHECK(domain.ok());
    bobs_domain_ = domain->id;
    const auto on_domain = db().write(Context::tenant(kBob), [&](Transaction& tx) {
      NewLink wanted{.url = "https://bob.example/", .code = "bob-0", .expires_at = {}};
      wanted.domain = "bob-0";
      return links_.create(tx, wanted);
    });
    CHECK(on_domain.ok());
    const auto written = db().write(
        Context::platform(PlatformUse::kClickWriter), [&](Transaction& tx) -> base::Status {
          DetailEntry detail;
          detail.tenant = kBob;
          detail.link = bobs_links_[0];
          detail.at = clock_.now();
          detail.agent = AgentClass::kBot;
          detail.set_referrer("https://bob.example/");
          ASHLAR_TRY(store::add_details(tx, std::array{detail}));
          // Under a name that tests guess, at an hour that they guess too.
          analytics::KeyedRollups rollups;
          const analytics::RollupKey key{kBob, "bob-0", bobs_links_[0].value};
          rollups[key].clicks = 7;
          ASHLAR_TRY(analytics::store::add_counts(tx, rollups));
          ASHLAR_TRY(analytics::store::put_rollup(tx, key, analytics::store::Grain::kHour,
                                                  analytics::Rollup{}.encode()));
          orphans::OrphanBuffer orphans;
          orphans.add({.tenant = kBob, .domain = bobs_domain_, .at = clock_.now(), .path = "/bob"});
          ASHLAR_TRY(orphans::store::add(tx, orphans.take()));
          const ClickCount count{kBob, bobs_links_[0], hour_of(clock_.now()), 7};
          return store::add_counts(tx, std::array{count});
        });
    CHECK(written.ok());
    const auto concerned = db().write(Context::tenant(kBob), [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(store::put_made_tag(tx, {"bob-0", "red", clock_.now()}));
      ASHLAR_TRY(abuse::store::add_denial(tx, {"bob-0", "bob", clock_.now()}));
      abuse::Review review;
      review.link = bobs_links_[0];
      ASHLAR_TRY(store::put_qr_logo(tx, DomainId(), {1, 1, clock_.now(), "bob"}));
      review.opened_for = "reports";
      ASHLAR_TRY(abuse::store::put_review(tx, review));
      ASHLAR_TRY(abuse::store::add_report(tx, review.link, {1, clock_.now(), "spam", "bob"}));
      ASHLAR_TRY(abuse::store::put_stop(
          tx, {.tenant = kBob, .host = "bob-0", .reason = "list", .note = "bob"}));
      return base::ok_status();
    });
    CHECK(concerned.ok());
  }

  LinkId make_link(base::TenantId tenant, const std::string& code) {
    const auto link = db().write(Context::tenant(tenant), [&](Transaction& tx) {
      LinkSettings settings;
      settings.max_clicks = 5;
      settings.owner = "bob-0";
      settings.tags = {"bob-0"};
      return links_.create(tx, {"https://" + code + ".example/", code, 302, {}, settings});
    });
    CHECK(link.ok());
    return link->id;
  }

  std::vector<std::string> dump(base::TenantId tenant) {
    std::vector<std::string> rows;
    const auto read = db().read(
        Context::platform(PlatformUse::kMaintenance), [&](Transaction& tx) -> base::Status {
          rows.clear();
          for (const Sql* sql :
               {&kDumpLinks, &kDumpSettings, &kDumpTags, &kDumpLimits, &kDumpCounts, &kDumpDetails,
                &kDumpDomains, &kDumpAnalytics, &kDumpSubjects, &kDumpDenials, &kDumpReviews,
                &kDumpReports, &kDumpStops, &kDumpOrphans, &kDumpOrphanCounts, &kDumpMadeTags,
                &kDumpLogos}) {
            ASHLAR_TRY(tx.query(*sql, {tenant.value},
                                [&](const Row& row) { rows.emplace_back(row.text(0)); }));
          }
          return base::ok_status();
        });
    CHECK(read.ok());
    return rows;
  }

  // Something that names Bob's rows, or a number that selects many.
  Param any_parameter(base::Random& random, bool text) {
    if (text) {
      const std::array<std::string_view, 8> texts{"bob-0", "bob-0", bobs_ids_, bobs_tags_,
                                                  "",      "",      bobs_url_, bobs_hashes_};
      return texts.at(random.below(texts.size()));
    }
    switch (random.below(6)) {
      case 4:
        return codes_.url_hash(0, bobs_url_);
      case 0:
        return std::int64_t{0};
      case 1:
        return std::int64_t{1'000};
      case 2:
        return std::int64_t{-1};
      default:
        return bobs_links_[0].value;
    }
  }

  // Rows seen or changed; -1 where the parameters do not fit the statement. Nothing stays changed.
  std::int64_t try_as(base::TenantId tenant, const Sql& sql, const std::vector<Param>& parameters) {
    std::int64_t rows = -1;
    const auto undone = db().write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      rows = -1;
      ASHLAR_ASSIGN(rows, run(tx, sql, parameters, [](const Row&) {}));
      return base::fail(base::Code::kConflict, "undo", "");
    });
    EXPECT_FALSE(undone.ok());
    return rows;
  }

  std::vector<LinkId> bobs_links_;
  DomainId bobs_domain_;
  std::string bobs_ids_ = "[1,2,3]";
  std::string bobs_url_ = "https://bob-0.example/";
  std::string bobs_hashes_ = "[" + std::to_string(codes_.url_hash(0, bobs_url_)) + "]";
  std::string bobs_tags_ = R"(["bob-0"])";
};

INSTANTIATE_TEST_SUITE_P(Storage, LinksStatementsTest, storage::both_engines(),
                         storage::engine_name);

// What is nobody's: the counter of ids, the time since which click batches wait, what the operator
// has cleared for all.
bool is_shared(const Sql& sql) {
  return sql.text.find("links_clearances") != std::string_view::npos ||
         sql.text.find("links_ids") != std::string_view::npos ||
         sql.text.find("links_click_batches") != std::string_view::npos ||
         sql.text.find("links_analytics_batches") != std::string_view::npos;
}

// PostgreSQL's parameters have one type for ever.
bool is_text(const Sql& sql, int number) {
  const std::string name = "?" + std::to_string(number);
  if (sql.text.starts_with("INSERT INTO links (")) return number == 2 || number == 3;
  if (sql.text.starts_with("INSERT INTO links_settings")) return number >= 3;
  if (sql.text.starts_with("INSERT INTO links_domains")) return number <= 3;
  if (sql.text.starts_with("UPDATE links_domains")) return number == 2 || number == 3;
  if (sql.text.starts_with("INSERT INTO links_domain_stops")) return number <= 4;
  if (sql.text.starts_with("INSERT INTO links_denials")) return number <= 2;
  if (sql.text.starts_with("INSERT INTO links_made_tags")) return number <= 2;
  if (sql.text.starts_with("INSERT INTO links_reports")) return number >= 4;
  if (sql.text.starts_with("INSERT INTO links_reviews")) {
    return number == 4 || number == 8 || number >= 10;
  }
  for (const char* before : {"code = ", "url = ", "json_each(", "length(", "tag > ",
                             "tag = ", "owner = ", "host = ", "host > ",
                             "subject = ", "(subject, hour) > (", "(subject, grain, hour) > ("}) {
    if (sql.text.find(before + name) != std::string_view::npos) return true;
  }
  return false;
}

bool is_blob(const Sql& sql, int number) {
  return number == 5 && sql.text.starts_with("INSERT INTO links_qr_logos");
}

TEST_P(LinksStatementsTest, NobodySeesOrChangesAnothersRows) {
  const std::uint64_t seed = 9;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  const std::vector<std::string> before = dump(kBob);
  // A domain and a link on it; three links with settings, a tag and a limit; an hour and its total,
  // a detail, a roll-up, its count; a denial, a review and a report; a visit that led nowhere, and
  // its count; a tag; a stop; a logo.
  ASSERT_EQ(before.size(), 27U);
  std::set<std::string_view> reached;
  std::set<std::string_view> all;
  for (const Sql* sql : all_statements()) {
    if (sql->audience != storage::Audience::kTenant || is_shared(*sql)) continue;
    all.insert(sql->text);
    const int wanted = storage::engine_text(*sql, db().dialect())->parameters;
    // Of many parameters all must fit at once.
    for (int i = 0; i < 20 * kTries; ++i) {
      if (i >= kTries && reached.contains(sql->text)) break;
      std::vector<Param> parameters;
      for (int n = 1; n <= wanted; ++n) {
        parameters.push_back(is_blob(*sql, n) ? Param(storage::Blob{"bob-0"})
                                              : any_parameter(random, is_text(*sql, n)));
      }
      if (try_as(kBob, *sql, parameters) > 0) reached.insert(sql->text);
      // Creating a link of her own is her right.
      if (sql->text.starts_with("INSERT")) continue;
      EXPECT_LE(try_as(kCarol, *sql, parameters), 0) << sql->text;
    }
  }
  for (const std::string_view text : all) EXPECT_TRUE(reached.contains(text)) << text;
  EXPECT_EQ(dump(kBob), before);
}

TEST_P(LinksStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : all_statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      const auto text = storage::engine_text(*sql, dialect);
      EXPECT_TRUE(text.ok()) << sql->text << (text.ok() ? "" : text.error().detail);
    }
  }
}

}  // namespace
}  // namespace ashlar::links
