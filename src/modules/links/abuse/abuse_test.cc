// What keeps links from doing harm, on both engines: deny lists, flags, the operator's queue, and
// the round that looks at every link again, with a list of unsafe pages of its own.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/links/testing/abuse_fixture.h"

namespace ashlar::links::abuse {
namespace {

class AbuseTest : public AbuseFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, AbuseTest, storage::both_engines(), storage::engine_name);

TEST_P(AbuseTest, DeniedHostsAreNoTargets) {
  deny("denied.example", false);
  deny("*.all.example", true);
  EXPECT_EQ(reason_of("https://denied.example/"), "target_denied");
  EXPECT_EQ(reason_of("https://x.denied.example/"), "made");
  EXPECT_EQ(reason_of("https://x.y.all.example/"), "target_denied");
  EXPECT_EQ(reason_of("https://a.example/?u=//all.example/"), "target_denied");
  EXPECT_TRUE(try_create("https://denied.example/", true, kBob).ok());
  EXPECT_EQ(try_create("https://all.example/", true, kBob).error().reason,
            std::string("target_denied"));
}

// A link may have 62 targets, each with parameters of its own: none hides another.
TEST_P(AbuseTest, NoTargetIsHiddenByOthers) {
  list("evil.example/");
  deny("denied.example", true);
  const std::string busy =
      "https://a.example/?a=https://n1.example&b=https://n2.example&c=https://n3";
  NewLink wanted;
  wanted.url = busy;
  wanted.settings.expired_url = busy;
  for (int i = 0; i < 40; ++i) {
    RedirectRule rule;
    rule.systems = 1;
    for (const char* name : {"?a=", "&b=", "&c=", "&d="}) {
      rule.url += (rule.url.empty() ? "https://r.example/" : "") + std::string(name) + "https://" +
                  name[1] + std::to_string(i) + ".example/";
    }
    wanted.settings.rules.push_back(rule);
  }
  const auto made = [&](const std::string& target) {
    wanted.settings.variants = {{.url = target, .weight = 1},
                                {.url = "https://ok.example/", .weight = 1}};
    wanted.verdict = verdict_of(module_->threats, wanted.url, wanted.settings);
    const auto link = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
      return module_->links.create(tx, wanted);
    });
    return link.ok() ? flag_of(link->id) : link.error().reason;
  };
  EXPECT_EQ(made("https://evil.example/x"), "target_unsafe");
  EXPECT_EQ(made("https://denied.example/x"), "target_denied");
  EXPECT_EQ(made("https://fine.example/x"), "suspected open_redirect many_nested_urls");
}

TEST_P(AbuseTest, WhatIsListedIsRefusedOrFlagged) {
  list("evil.example/");
  EXPECT_EQ(reason_of("https://www.evil.example/x"), "target_unsafe");
  EXPECT_EQ(reason_of("https://a.example/?u=https%3A%2F%2Fevil.example"), "target_unsafe");
  start(false);
  const Link link = create("https://evil.example/x");
  EXPECT_EQ(flag_of(link.id), "flagged list:MALWARE");
  EXPECT_EQ(status_of(link.id), "open list");
}

TEST_P(AbuseTest, WhatIsClearedStaysSoUntilItsEntryChanges) {
  start(false);
  list("evil.example/");
  const Link link = create("https://evil.example/x");
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "mistaken").ok());
  EXPECT_EQ(flag_of(link.id), "cleared");
  EXPECT_EQ(status_of(link.id), "cleared list");
  // Neither by the round, nor for another link to the same URL; another URL is another matter.
  round();
  EXPECT_EQ(flag_of(link.id), "cleared");
  EXPECT_EQ(flag_of(create("https://evil.example/x").id), "none");
  EXPECT_EQ(flag_of(create("https://evil.example/y").id), "flagged list:MALWARE");
  // Another threat, or another entry.
  list("evil.example/", "SOCIAL_ENGINEERING");
  round();
  EXPECT_EQ(flag_of(link.id), "flagged list:SOCIAL_ENGINEERING");
  EXPECT_EQ(status_of(link.id), "open list");
}

TEST_P(AbuseTest, AClearanceEndsWithItsEntry) {
  start(false);
  list("evil.example/");
  const Link link = create("https://evil.example/x");
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  unlist("evil.example/");
  round();
  EXPECT_EQ(flag_of(link.id), "cleared");
  list("evil.example/");
  round();
  EXPECT_EQ(flag_of(link.id), "flagged list:MALWARE");
}

TEST_P(AbuseTest, AServiceThatIsDownStopsNobody) {
  set_down(true);
  const Link link = create("https://evil.example/x");
  EXPECT_EQ(flag_of(link.id), "none");
  EXPECT_EQ(work(kCheckJob), std::vector<std::string>{"failed"});
  EXPECT_EQ(flag_of(link.id), "none");
  set_down(false);
  list("evil.example/");
  clock_.advance(base::Seconds{60});
  ASSERT_TRUE(jobs_->tend().ok());
  EXPECT_EQ(work(kCheckJob), std::vector<std::string>{"done"});
  EXPECT_EQ(flag_of(link.id), "flagged list:MALWARE");
  // Whoever was looked up when it was made needs no job.
  create("https://ok.example/");
  EXPECT_TRUE(work(kCheckJob).empty());
  create("https://ok.example/", false);
  EXPECT_EQ(work(kCheckJob), std::vector<std::string>{"done"});
}

TEST_P(AbuseTest, TheRoundFlagsWhatWasListedLaterAndLetsGo) {
  std::vector<LinkId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(create("https://host" + std::to_string(i) + ".example/").id);
  }
  round();
  EXPECT_EQ(flag_of(ids[1]), "none");
  list("host1.example/");
  deny("host2.example", true);
  const std::int64_t version = find(ids[1]).version;
  round();
  EXPECT_EQ(flag_of(ids[0]), "none");
  EXPECT_EQ(flag_of(ids[1]), "flagged list:MALWARE");
  EXPECT_EQ(flag_of(ids[2]), "flagged denied");
  EXPECT_EQ(status_of(ids[2]), "open denied");
  // Nothing is done twice.
  EXPECT_EQ(find(ids[1]).version, version + 1);
  round();
  EXPECT_EQ(find(ids[1]).version, version + 1);
  unlist("host1.example/");
  round();
  EXPECT_EQ(flag_of(ids[1]), "none");
  EXPECT_EQ(status_of(ids[1]), "lapsed list");
  // A service that does not answer changes nothing.
  set_down(true);
  forget_answers();
  clock_.advance(base::Seconds{24 * 3600});
  EXPECT_EQ(module_->list_checks.recheck().kind, jobs::Outcome::Kind::kFailed);
  EXPECT_EQ(flag_of(ids[2]), "flagged denied");
}

TEST_P(AbuseTest, TheRoundGoesOnWhereItStood) {
  for (int i = 0; i < ListChecks::kSlice + 5; ++i) create("https://a.example/", true);
  list("a.example/");
  clock_.advance(base::Seconds{24 * 3600});
  EXPECT_EQ(*module_->list_checks.recheck().run_at, clock_.now() + ListChecks::kPause);
  EXPECT_EQ(flag_of(LinkId(ListChecks::kSlice)), "flagged list:MALWARE");
  EXPECT_EQ(flag_of(LinkId(ListChecks::kSlice + 1)), "none");
  start(true);  // another process, the same database
  EXPECT_EQ(*module_->list_checks.recheck().run_at, clock_.now() + base::Seconds{24 * 3600});
  EXPECT_EQ(flag_of(LinkId(ListChecks::kSlice + 5)), "flagged list:MALWARE");
}

TEST_P(AbuseTest, ReportsPutALinkBeforeTheOperator) {
  const Link link = create("https://a.example/");
  EXPECT_TRUE(report(link.id, 1));
  EXPECT_FALSE(report(link.id, 1));
  EXPECT_EQ(status_of(link.id), "open reports");
  EXPECT_EQ(flag_of(link.id), "none");
  EXPECT_TRUE(report(link.id, 2));
  EXPECT_TRUE(report(link.id, 3));
  EXPECT_EQ(flag_of(link.id), "suspected reports");
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "fine").ok());
  for (int who = 10; who < 14; ++who) report(link.id, who);
  EXPECT_EQ(status_of(link.id), "cleared reports");
  report(link.id, 14);
  EXPECT_EQ(status_of(link.id), "open reports");
  EXPECT_EQ(flag_of(link.id), "suspected reports");
}

// However many there were: the newest are kept, and a link that was cleared comes back.
TEST_P(AbuseTest, ReportsAreBoundedAndNoLinkIsImmune) {
  const Link link = create("https://a.example/");
  for (int who = 0; who < Reviews::kMaxReports; ++who) {
    clock_.advance(base::Seconds{1});
    ASSERT_TRUE(report(link.id, who));
  }
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  for (int i = 0; i < Reviews::kReopenAfter; ++i) {
    clock_.advance(base::Seconds{1});
    EXPECT_EQ(status_of(link.id), "cleared reports");
    EXPECT_TRUE(report(link.id, Reviews::kMaxReports + i));
  }
  EXPECT_EQ(status_of(link.id), "open reports");
  const auto kept = *module_->reviews.reports(kAlice, link.id);
  ASSERT_EQ(kept.size(), static_cast<std::size_t>(Reviews::kMaxReports));
  EXPECT_EQ(kept.front().reporter, Reviews::kMaxReports + Reviews::kReopenAfter - 1);
  EXPECT_EQ(kept.back().reporter, Reviews::kReopenAfter);
  // Old ones go; what was counted stays so.
  clock_.advance(Reviews::kReportAge - base::Seconds{2});
  EXPECT_EQ(*module_->reviews.expire_reports(), Reviews::kMaxReports - 3);
  EXPECT_EQ(module_->reviews.reports(kAlice, link.id)->size(), 3U);
  EXPECT_EQ(module_->reviews.find(link.id)->review.reports,
            Reviews::kMaxReports + Reviews::kReopenAfter);
}

// A tenant's own domains are names that nobody's target may look like.
TEST_P(AbuseTest, OwnDomainsAreProtected) {
  EXPECT_EQ(flag_of(create("https://1inks.example/").id), "none");
  add_domain("links.example", "");
  EXPECT_EQ(flag_of(create("https://1inks.example/").id), "suspected look_alike");
}

TEST_P(AbuseTest, OwnersAppealAndTakeNoFlagAway) {
  const Link link = create("https://xn--pypal-4ve.com/");
  EXPECT_EQ(flag_of(link.id), "suspected look_alike mixed_scripts");
  EXPECT_EQ(status_of(link.id), "open signs");
  EXPECT_EQ(module_->reviews.appeal(kAlice, {.code = link.code}, "x").error().reason,
            std::string("link_not_flagged"));
  ASSERT_TRUE(module_->reviews.decide(link.id, true, "no").ok());
  const auto changed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    LinkChange change;
    change.url = "https://ok.example/";
    return module_->links.update(tx, {.code = link.code}, change, std::nullopt);
  });
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(flag_of(link.id), "flagged operator");
  EXPECT_EQ(status_of(link.id), "flagged signs");
  EXPECT_EQ(module_->reviews.appeal(kBob, {.code = link.code}, "x").error().reason,
            std::string("link_not_found"));
  ASSERT_TRUE(module_->reviews.appeal(kAlice, {.code = link.code}, "please").ok());
  EXPECT_EQ(status_of(link.id), "open appeal");
  // One a day.
  ASSERT_TRUE(module_->reviews.decide(link.id, true, "no").ok());
  EXPECT_EQ(module_->reviews.appeal(kAlice, {.code = link.code}, "please").error().reason,
            std::string("appealed_lately"));
  clock_.advance(Reviews::kAppealPause);
  ASSERT_TRUE(module_->reviews.appeal(kAlice, {.code = link.code}, "please").ok());
  EXPECT_EQ(module_->reviews.appeal(kAlice, {.code = link.code}, "please").error().reason,
            std::string("appeal_pending"));
  clock_.advance(base::Seconds{1});
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  EXPECT_EQ(flag_of(link.id), "cleared");
}

TEST_P(AbuseTest, ARemovedLinkWaitsForNobody) {
  const Link link = create("https://a.example/");
  ASSERT_TRUE(report(link.id, 1));
  EXPECT_EQ(status_of(link.id), "open reports");
  const auto removed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return module_->links.remove(tx, {.code = link.code});
  });
  ASSERT_TRUE(removed.ok()) << removed.error().detail;
  EXPECT_EQ(status_of(link.id), "review_not_found");
  const auto open = db().read(Context::platform(PlatformUse::kMaintenance),
                              [](Transaction& tx) { return store::count_open(tx, 10); });
  EXPECT_EQ(*open, 0);
}

TEST_P(AbuseTest, AFlagIsInTheRedirectAndInItsEvent) {
  const Link link = create("https://a.example/");
  const auto target = [&] {
    return *db().read(Context::platform(PlatformUse::kRedirect), [&](Transaction& tx) {
      return module_->links.find_for_redirect(tx, {.code = link.code});
    });
  };
  EXPECT_EQ(target()->special, nullptr);
  ASSERT_TRUE(module_->reviews.open({.code = link.code}).ok());
  ASSERT_TRUE(module_->reviews.decide(link.id, true, "").ok());
  ASSERT_NE(target()->special, nullptr);
  EXPECT_EQ(target()->special->flag.state, FlagState::kFlagged);
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  EXPECT_EQ(target()->special, nullptr);
  EXPECT_EQ(find(link.id).version, 3);
}

}  // namespace
}  // namespace ashlar::links::abuse
