// What keeps links from doing harm, on both engines: deny lists, flags, the operator's queue, and
// the round that looks at every link again, with a list of unsafe pages of its own.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "modules/links/abuse/abuse_json.h"
#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/link_targets.h"
#include "modules/links/domains_store.h"
#include "modules/links/links_module.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/outbound/testing/fault_server.h"
#include "platform/security/digest.h"

namespace ashlar::links::abuse {
namespace {

using outbound::FaultServer;
using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

std::string standard(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return text.append((4 - text.size() % 4) % 4, '=');
}

class AbuseTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    service_ = std::make_unique<FaultServer>(
        [this](const FaultServer::Request& request) { return answer(request); });
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    start(true);
  }
  void TearDown() override {
    module_.reset();
    jobs_.reset();
    LinksFixture::TearDown();
  }

  void start(bool refuses) {
    module_.reset();
    module_metrics_ = std::make_unique<obs::Registry>();
    LinksModule::Options options;
    options.public_url = "https://sho.rt";
    options.own_hosts = *OwnHosts::parse({"https://sho.rt"});
    options.code_secret = std::string(CodeSpace::kSecretBytes, 'k');
    options.click_shards = 1;
    options.jobs = jobs_.get();
    options.outbox = &outbox_;
    options.abuse.lists = {.url = service_->url(""), .key = "key"};
    options.abuse.refuses_listed = refuses;
    options.abuse.protected_hosts = {"paypal.com"};
    module_ =
        std::make_unique<LinksModule>(options, db(), clock_, entropy_, *module_metrics_, log_);
  }

  // hashes:search, of what is on the list.
  FaultServer::Reply answer(const FaultServer::Request&) {
    const std::lock_guard lock(mutex_);
    ++asked_;
    // Not 503, which would be tried again after a pause, by a clock that stands still.
    if (down_) return {.status = 400, .body = "{}"};
    std::string body = R"({"fullHashes":[)";
    for (const auto& [expression, type] : listed_) {
      body += (body.back() == '[' ? "" : ",");
      body += R"({"fullHash":")" + standard(base::base64url_encode(security::sha256(expression))) +
              R"(","fullHashDetails":[{"threatType":")" + type + R"("}]})";
    }
    return {.status = 200, .body = body + R"(],"cacheDuration":"10s"})"};
  }
  void list(const std::string& expression, const std::string& type = "MALWARE") {
    const std::lock_guard lock(mutex_);
    listed_[expression] = type;
  }
  void unlist(const std::string& expression) {
    const std::lock_guard lock(mutex_);
    listed_.erase(expression);
  }
  void set_down(bool down) {
    const std::lock_guard lock(mutex_);
    down_ = down;
  }
  void forget_answers() { clock_.advance(base::Seconds{11}); }

  base::Result<Link> try_create(const std::string& url, bool looks_up = true,
                                base::TenantId tenant = kAlice) {
    NewLink wanted;
    wanted.url = url;
    if (looks_up) wanted.verdict = verdict_of(module_->threats, url, {});
    return db().write(Context::tenant(tenant),
                      [&](Transaction& tx) { return module_->links.create(tx, wanted); });
  }
  Link create(const std::string& url, bool looks_up = true) {
    base::Result<Link> link = try_create(url, looks_up);
    EXPECT_TRUE(link.ok()) << link.error().detail;
    return std::move(link).value();
  }
  Link find(LinkId id) {
    return *db().read(Context::tenant(kAlice),
                      [&](Transaction& tx) { return module_->links.find(tx, id); });
  }
  void add_domain(const std::string& host, const std::string& root_url) {
    const auto added = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
      return module_->domains.create(tx, {host, root_url, ""});
    });
    EXPECT_TRUE(added.ok()) << added.error().detail;
  }
  // Where visitors of the bare host are sent.
  std::string page_of(const std::string& host) {
    const auto domain = db().read(Context::platform(PlatformUse::kRedirect), [&](Transaction& tx) {
      return links::store::load_domain(tx, host);
    });
    return domain.ok() && *domain ? (*domain)->root_url : "none";
  }
  void retarget(const Link& link, const std::string& url) {
    const auto changed = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
      LinkChange change;
      change.url = url;
      change.verdict = verdict_of(module_->threats, url, {});
      return module_->links.update(tx, {.code = link.code}, change, std::nullopt);
    });
    EXPECT_TRUE(changed.ok()) << changed.error().detail;
  }
  std::string flag_of(LinkId id) {
    const LinkFlag flag = find(id).settings.flag;
    std::string text(name_of(flag.state));
    for (const std::string& reason : flag.reasons) text += " " + reason;
    return text;
  }
  std::string reason_of(const std::string& url) {
    const auto link = try_create(url);
    return link.ok() ? "made" : link.error().reason;
  }
  std::string status_of(LinkId id) {
    const auto found = module_->reviews.find(id);
    if (!found.ok()) return found.error().reason;
    constexpr const char* kNames[] = {"open", "flagged", "cleared", "lapsed"};
    return std::string(kNames[static_cast<int>(found->review.status)]) + " " +
           found->review.opened_for;
  }
  bool report(LinkId id, std::int64_t who) {
    const auto counted = module_->reviews.report(
        kAlice, id, {.reporter = who, .at = clock_.now(), .reason = "spam", .comment = ""});
    EXPECT_TRUE(counted.ok()) << counted.error().detail;
    return *counted;
  }
  void deny(const std::string& host, bool for_all) {
    const Context context =
        for_all ? Context::platform(PlatformUse::kTenantAdmin) : Context::tenant(kAlice);
    EXPECT_TRUE(*db().write(
        context, [&](Transaction& tx) { return store::add_denial(tx, {host, "", clock_.now()}); }));
  }
  // Leases and works what is due of the kind; what became of each.
  std::vector<std::string> work(const std::string& kind) {
    std::vector<std::string> ends;
    const auto leased = jobs_->lease({.kind = kind, .max = 100, .worker = "test"});
    EXPECT_TRUE(leased.ok());
    for (const jobs::LeasedJob& job : *leased) {
      const jobs::Attempt attempt{.job = job};
      jobs::Outcome end =
          kind == kCheckJob ? module_->list_checks.check(attempt) : module_->list_checks.recheck();
      ends.push_back(end.kind == jobs::Outcome::Kind::kDone      ? "done"
                     : end.kind == jobs::Outcome::Kind::kSnoozed ? "snoozed"
                                                                 : "failed");
      const std::vector<jobs::Ended> ended{{job.ref, end}};
      EXPECT_TRUE(jobs_->end_many(ended).ok());
    }
    return ends;
  }
  // A whole round, from its beginning to its end.
  void round() {
    clock_.advance(base::Seconds{24 * 3600});
    for (int i = 0; i < 10; ++i) {
      const jobs::Outcome end = module_->list_checks.recheck();
      ASSERT_EQ(end.kind, jobs::Outcome::Kind::kSnoozed) << end.error;
      if (*end.run_at > clock_.now() + base::Seconds{3600}) return;
      clock_.advance(base::Seconds{2});
    }
    FAIL() << "the round has no end";
  }

  std::mutex mutex_;  // guards what follows
  std::map<std::string, std::string> listed_;
  bool down_ = false;
  int asked_ = 0;

  events::Outbox outbox_{clock_, entropy_, [] {}};
  std::unique_ptr<FaultServer> service_;
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<obs::Registry> module_metrics_;
  std::unique_ptr<LinksModule> module_;
};

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
  for (int i = 0; i < 30; ++i) {
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

// The pages of a domain are targets too.
TEST_P(AbuseTest, PagesOfDomainsAreJudged) {
  deny("denied.example", true);
  const auto denied = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return module_->domains.create(
        tx, {"bad.example", "https://ok.example/?u=//denied.example/", "https://denied.example/"});
  });
  ASSERT_FALSE(denied.ok());
  ASSERT_EQ(denied.error().fields.size(), 2U);
  EXPECT_EQ(denied.error().fields[0].field, "/not_found_url");
  EXPECT_EQ(denied.error().fields[1].field, "/root_url");
  list("evil.example/");
  add_domain("go.example", "https://evil.example/");
  EXPECT_EQ(page_of("go.example"), "https://evil.example/");
  EXPECT_EQ(work(kCheckJob), std::vector<std::string>{"done"});
  EXPECT_EQ(page_of("go.example"), "");
  // Neither other pages nor making it anew take the stop away; that the list lets go does.
  EXPECT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) {
                           return module_->domains.update(
                               tx, "go.example", {.root_url = "https://ok.example/"}, std::nullopt);
                         })
                  .ok());
  work(kCheckJob);
  EXPECT_EQ(page_of("go.example"), "");
  EXPECT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) {
                           return module_->domains.remove(tx, "go.example", std::nullopt);
                         })
                  .ok());
  add_domain("go.example", "https://ok.example/");
  EXPECT_EQ(page_of("go.example"), "");
  unlist("evil.example/");
  round();
  EXPECT_EQ(page_of("go.example"), "https://ok.example/");
}

TEST_P(AbuseTest, TheRoundAndTheOperatorStopPages) {
  for (int i = 0; i < ListChecks::kDomainSlice + 5; ++i) {
    const std::string name = std::to_string(i);
    add_domain("go" + name + ".example", "https://a.example/" + name);
  }
  add_domain("zz.example", "https://b.example/");
  deny("*.a.example", true);
  round();
  EXPECT_EQ(page_of("go0.example"), "");
  EXPECT_EQ(page_of("go" + std::to_string(ListChecks::kDomainSlice + 4) + ".example"), "");
  EXPECT_EQ(page_of("zz.example"), "https://b.example/");
  // What the operator releases stays so, though it is denied; what he stops, though it is not.
  ASSERT_TRUE(module_->domain_stops.release("go0.example").ok());
  ASSERT_TRUE(module_->domain_stops.stop("zz.example", "no").ok());
  round();
  EXPECT_EQ(page_of("go0.example"), "https://a.example/0");
  EXPECT_EQ(page_of("zz.example"), "");
  EXPECT_EQ(module_->domain_stops.list({}, "", 100)->size(),
            static_cast<std::size_t>(ListChecks::kDomainSlice + 5));
  EXPECT_EQ(module_->domain_stops.stop("none.example", "").error().reason,
            std::string("domain_not_found"));
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

// Another target takes away neither a list's flag nor a denial's: only those who put it let go.
TEST_P(AbuseTest, AnotherTargetKeepsWhatListsHaveFlagged) {
  start(false);
  list("evil.example/");
  const Link listed = create("https://evil.example/x");
  const Link denied = create("https://denied.example/");
  deny("*.denied.example", true);
  round();
  ASSERT_EQ(flag_of(denied.id), "flagged denied");
  retarget(listed, "https://ok.example/");
  retarget(denied, "https://ok.example/");
  work(kCheckJob);
  round();
  EXPECT_EQ(flag_of(listed.id), "flagged list:MALWARE");
  EXPECT_EQ(status_of(listed.id), "open list");
  EXPECT_EQ(flag_of(denied.id), "flagged denied");
  // From one listed target to another: both have to be let go of.
  list("worse.example/");
  retarget(listed, "https://worse.example/");
  retarget(listed, "https://ok.example/");
  unlist("worse.example/");
  round();
  EXPECT_EQ(flag_of(listed.id), "flagged list:MALWARE");
  unlist("evil.example/");
  ASSERT_TRUE(*db().write(Context::platform(PlatformUse::kTenantAdmin), [&](Transaction& tx) {
    return store::remove_denial(tx, "*.denied.example");
  }));
  round();
  EXPECT_EQ(flag_of(listed.id), "none");
  EXPECT_EQ(status_of(listed.id), "lapsed list");
  EXPECT_EQ(flag_of(denied.id), "none");
}

// The operator sees all that a link may lead to, and what is found of which.
TEST_P(AbuseTest, ADecisionIsMadeOnAllTargets) {
  start(false);
  list("evil.example/");
  NewLink wanted{.url = "https://ok.example/?u=https://b.example/", .code = {}, .expires_at = {}};
  wanted.settings.expired_url = "https://evil.example/x";
  wanted.verdict = verdict_of(module_->threats, wanted.url, wanted.settings);
  const auto link = db().write(Context::tenant(kAlice),
                               [&](Transaction& tx) { return module_->links.create(tx, wanted); });
  ASSERT_TRUE(link.ok());
  const auto seen = [&] {
    std::string text;
    const ReviewDetailJson detail = detail_of(*module_->reviews.find(link->id), "", {});
    for (const TargetJson& each : detail.targets) {
      text += each.field + " " + each.url + (each.nested ? " nested" : "");
      for (const std::string& found : each.found) text += " " + found;
      text += "; ";
    }
    for (const std::string& found : detail.earlier) text += "earlier " + found;
    return text;
  };
  EXPECT_EQ(seen(),
            "/url https://ok.example/?u=https://b.example/; "
            "/expired_url https://evil.example/x list:MALWARE; /url https://b.example/ nested; ");
  LinkChange change;
  change.settings.expired_url = "";
  ASSERT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) {
                           return module_->links.update(tx, {.code = link->code}, change,
                                                        std::nullopt);
                         })
                  .ok());
  EXPECT_EQ(seen(),
            "/url https://ok.example/?u=https://b.example/; /url https://b.example/ nested; "
            "earlier list:MALWARE");
}

// What the operator clears is all that holds by then, also where a second entry has the threat of
// the first.
TEST_P(AbuseTest, WhatIsClearedIsAllThatWasFound) {
  start(false);
  list("evil.example/");
  const Link link = create("https://evil.example/x");
  list("evil.example/x");
  round();
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  round();
  EXPECT_EQ(flag_of(link.id), "cleared");
  // A denial too: the link is let through, the host stays denied.
  deny("evil.example", true);
  round();
  EXPECT_EQ(flag_of(link.id), "flagged denied");
  ASSERT_TRUE(module_->reviews.decide(link.id, false, "").ok());
  round();
  EXPECT_EQ(flag_of(link.id), "cleared");
  EXPECT_EQ(reason_of("https://evil.example/x"), "target_denied");
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
