// AbuseFixture: all of the module on an empty database of either engine, with a list of unsafe
// pages of its own (version 5) and jobs that are worked by hand.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "modules/links/abuse/denials_store.h"
#include "modules/links/domains_store.h"
#include "modules/links/links_module.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/outbound/testing/fault_server.h"
#include "platform/security/digest.h"

namespace ashlar::links::abuse {

using outbound::FaultServer, storage::Context, storage::PlatformUse, storage::Transaction;

inline std::string standard(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return text.append((4 - text.size() % 4) % 4, '=');
}

class AbuseFixture : public LinksFixture {
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

}  // namespace ashlar::links::abuse
