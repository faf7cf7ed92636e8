// Event rules on both engines: from an event to what was accepted, once, and what was not.
#include "modules/notifications/event_rules/event_rules.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "modules/notifications/campaigns/campaign_feed.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/event_rules/event_rules_api.h"
#include "modules/notifications/event_rules/event_rules_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/template/templates.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/events/event.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr const char* kRules = "/v1/notification-rules";

class EventRulesTest : public RecipientsFixture {
 protected:
  void SetUp() override {
    RecipientsFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    templates_ = std::make_unique<Templates>(db(), zones_, clock_);
    notifications_ =
        std::make_unique<Notifications>(*jobs_, *templates_, zones_, clock_, db().dialect());
    feed_ = std::make_unique<CampaignFeed>(*jobs_, clock_);
    campaigns_ =
        std::make_unique<Campaigns>(db(), *jobs_, *templates_, *feed_, clock_, metrics_, log_);
    rules_ = std::make_unique<EventRules>(db(), *jobs_, *notifications_, *campaigns_, clock_);
    for (auto& route : event_rule_routes({db(), clock_})) routes_.push_back(std::move(route));
  }

  FaceAnswer make(const std::string& more, const std::string& name = "r",
                  base::TenantId tenant = kAlice) {
    const FaceAnswer made =
        post(kRules, R"({"name":")" + name + R"(","event_type":"order.*")" + more + "}", tenant);
    EXPECT_EQ(made.status, 201) << made.body;
    return made;
  }

  void happen(const std::string& data, base::TenantId tenant = kAlice,
              const std::string& type = "order.shipped") {
    clock_.advance(base::Millis{10});
    events::Event event;
    event.id = "event-" + std::to_string(++events_);
    event.tenant = tenant;
    event.type = type;
    event.aggregate_type = "order";
    event.aggregate_id = "A-17";
    event.time = clock_.now();
    event.data = data;
    consume(event);
    last_ = event;
  }
  void consume(const events::Event& event) {
    const auto done = db().write(Context::platform(storage::PlatformUse::kEvents),
                                 [&](Transaction& tx) { return rules_->consume(tx, event); });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  int work() {
    int worked = 0;
    while (true) {
      const auto leased = jobs_->lease({.kind = kRuleJob, .max = 100, .worker = "test"});
      EXPECT_TRUE(leased.ok());
      if (!leased.ok() || leased->empty()) return worked;
      for (const jobs::LeasedJob& job : *leased) {
        // A second time as well: as if the first one's end had not been written down.
        const jobs::Outcome first = rules_->work(job.tenant, job.payload, job.traceparent);
        if (twice_) static_cast<void>(rules_->work(job.tenant, job.payload, job.traceparent));
        EXPECT_EQ(first.kind, jobs::Outcome::Kind::kDone) << first.error;
        const jobs::Ended ended{job.ref, first};
        EXPECT_TRUE(jobs_->end_many(std::span(&ended, 1)).ok());
        ++worked;
      }
    }
  }
  std::vector<Notification> accepted(base::TenantId tenant = kAlice) {
    return db()
        .read(Context::tenant(tenant),
              [&](Transaction& tx) {
                return store::list_notifications(tx, {}, NotificationId(INT64_MAX), 100);
              })
        .value();
  }

  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<Templates> templates_;
  std::unique_ptr<Notifications> notifications_;
  std::unique_ptr<CampaignFeed> feed_;
  std::unique_ptr<Campaigns> campaigns_;
  std::unique_ptr<EventRules> rules_;
  events::Event last_;
  int events_ = 0;
  bool twice_ = false;
};

INSTANTIATE_TEST_SUITE_P(Storage, EventRulesTest, storage::both_engines(), storage::engine_name);

constexpr const char* kToEmail = R"(,"to":{"email_at":"/data/email"},"content":{"text":"hi"})";

TEST_P(EventRulesTest, AnEventIsAcceptedOnceForEachRule) {
  const FaceAnswer first = make(kToEmail);
  make(R"(,"to":{"email":"ops@example.com"},"content":{"text":"ops"},"delay_s":3600)", "ops");
  twice_ = true;
  happen(R"({"email":"ada@example.com"})");
  EXPECT_EQ(work(), 2);
  ASSERT_EQ(accepted().size(), 2U);
  consume(last_);  // a replay of the consumer
  EXPECT_EQ(work(), 2);
  const auto all = accepted();
  ASSERT_EQ(all.size(), 2U);
  std::set<std::string> to{all[0].to_email, all[1].to_email};
  EXPECT_EQ(to, (std::set<std::string>{"ada@example.com", "ops@example.com"}));
  for (const Notification& n : all) {
    if (n.to_email == "ops@example.com") {
      EXPECT_EQ(n.send_at, last_.time + base::Seconds{3600});
    }
  }
  const FaceAnswer shown = get(first.header("Location"));
  EXPECT_EQ(shown.text({"accepted"}), "1");
  EXPECT_EQ(shown.text({"failed"}), "0");
  EXPECT_NE(shown.text({"last_accepted_at"}), "null");
}

TEST_P(EventRulesTest, ToManyItIsACampaignOnce) {
  const FaceAnswer fixed = make(R"(,"to":{"topic":"match-17"},"content":{"text":"goal"})", "fixed");
  const FaceAnswer named =
      make(R"(,"to":{"topic_at":"/data/topic"},"content":{"text":"x"},"delay_s":60)", "named");
  const FaceAnswer segment = make(R"(,"to":{"segment":"pros"},"content":{"text":"x"})", "segment");
  put("/v1/notification-topics/match-17/members", R"({"user_ids":["ann","bob"]})");
  put("/v1/notification-segments/pros", R"({"where":{"attributes.plan":"pro"}})");
  twice_ = true;
  happen(R"({"topic":"match-18"})");
  EXPECT_EQ(work(), 3);
  consume(last_);
  EXPECT_EQ(work(), 3);
  const auto campaigns = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
    return store::list_campaigns(tx, std::nullopt, CampaignId(INT64_MAX), 100);
  });
  ASSERT_TRUE(campaigns.ok());
  ASSERT_EQ(campaigns->size(), 2U);
  std::set<std::string> audiences;
  for (const Campaign& campaign : *campaigns) {
    EXPECT_NE(campaign.state, CampaignState::kDraft);
    audiences.insert(campaign.audience_key);
  }
  EXPECT_EQ(audiences, (std::set<std::string>{"match-17", "pros"}));
  EXPECT_EQ(get(fixed.header("Location")).text({"accepted"}), "1");
  EXPECT_EQ(get(segment.header("Location")).text({"accepted"}), "1");
  EXPECT_EQ(get(named.header("Location")).text({"last_failure", "reason"}), "topic_not_found");
  EXPECT_EQ(accepted().size(), 0U);
}

TEST_P(EventRulesTest, WhatFailsIsToldByTheRuleAndStopsNobody) {
  const FaceAnswer user = make(R"(,"to":{"user_id_at":"/data/user"},"content":{"text":"x"})", "u");
  const FaceAnswer mail = make(kToEmail, "m");
  happen(R"({"user":"nobody","email":"ada@example.com"})");
  happen(R"({"user":"nobody"})");
  EXPECT_EQ(work(), 4);
  EXPECT_EQ(accepted().size(), 1U);
  const FaceAnswer of_user = get(user.header("Location"));
  EXPECT_EQ(of_user.text({"failed"}), "2");
  EXPECT_EQ(of_user.text({"last_failure", "reason"}), "recipient_not_found");
  EXPECT_EQ(of_user.text({"last_failure", "event_id"}), "event-2");
  const FaceAnswer of_mail = get(mail.header("Location"));
  EXPECT_EQ(of_mail.text({"accepted"}), "1");
  EXPECT_EQ(of_mail.text({"last_failure", "reason"}), "event_member_missing");
  happen("[" + std::string(200, '[') + std::string(200, ']') + "]");
  work();
  EXPECT_EQ(get(mail.header("Location")).text({"last_failure", "reason"}), "event_unreadable");
}

TEST_P(EventRulesTest, OnlyWhatARuleIsAboutMakesWork) {
  make(std::string(kToEmail) + R"(,"match":{"/data/paid":true})");
  happen(R"({"email":"a@example.com","paid":false})");
  happen(R"({"email":"a@example.com","paid":true})", kAlice, "link.created");
  happen(R"({"email":"a@example.com","paid":true})", kBob);
  happen(R"({"email":"a@example.com","paid":true})", kAlice, "notification.sent");
  EXPECT_EQ(work(), 0);
  happen(R"({"email":"a@example.com","paid":true})");
  EXPECT_EQ(work(), 1);
  // What happened before the rule was there is not told.
  events::Event old = last_;
  old.id = "old";
  old.time = clock_.now() - base::Seconds{3600};
  consume(old);
  EXPECT_EQ(work(), 0);
}

TEST_P(EventRulesTest, ARuleOfEverythingDoesNotTellOfItself) {
  const FaceAnswer made = post(
      kRules,
      R"({"name":"all","event_type":"*","to":{"email":"a@example.com"},"content":{"text":"x"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  for (const char* type : {"notification.sent", "notification.failed", "notification.opened"}) {
    happen(R"({})", kAlice, type);
  }
  EXPECT_EQ(work(), 0);
}

TEST_P(EventRulesTest, IsChangedWholeAndKeepsItsCounts) {
  const FaceAnswer made = make(kToEmail);
  const std::string path = made.header("Location");
  happen(R"({"email":"a@example.com"})");
  work();
  const std::string off =
      R"({"name":"r2","event_type":"order.*","enabled":false,"to":{"email":"b@example.com"},
          "content":{"text":"y"}})";
  const FaceAnswer stale =
      send(http::Method::kPut, path, {.body = off, .if_match = "\"v9\"", .tenant = kAlice});
  EXPECT_EQ(stale.status, 412) << stale.body;
  const FaceAnswer changed = put(path, off);
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.header("ETag"), "\"v2\"");
  EXPECT_EQ(changed.text({"accepted"}), "1");
  EXPECT_EQ(get(path).text({"to", "email"}), "b@example.com");
  happen(R"({"email":"a@example.com"})");
  EXPECT_EQ(work(), 0);
  make(kToEmail, "other");
  EXPECT_EQ(put(path, R"({"name":"other","event_type":"a.*","to":{"email":"b@example.com"},
                          "content":{"text":"y"}})")
                .status,
            409);
  EXPECT_EQ(remove(path).status, 204);
  EXPECT_EQ(get(path).status, 404);
}

TEST_P(EventRulesTest, RefusesWhatIsNoRule) {
  const auto status = [&](const std::string& more) {
    return post(kRules, R"({"name":"x")" + more + "}").status;
  };
  EXPECT_EQ(status(R"(,"event_type":"notification.*","to":{"user_id":"u"},"content":{"text":"x"})"),
            422);
  EXPECT_EQ(status(R"(,"event_type":"a.b","to":{"user_id":"u"},"template":"none")"), 404);
  make(kToEmail);
  EXPECT_EQ(post(kRules, R"({"name":"r","event_type":"a.b","to":{"user_id":"u"},
                             "content":{"text":"x"}})")
                .status,
            409);
  for (int i = 1; i < EventRule::kMaxOfTenant; ++i) make(kToEmail, "r" + std::to_string(i));
  EXPECT_EQ(post(kRules, R"({"name":"one more","event_type":"a.b","to":{"user_id":"u"},
                             "content":{"text":"x"}})")
                .status,
            409);
}

TEST_P(EventRulesTest, NobodySeesOrChangesAnothersRules) {
  const FaceAnswer made = make(kToEmail, "r", kBob);
  const std::int64_t id = std::stoll(made.text({"id"}));
  const auto rows = [&](base::TenantId tenant, const Sql& sql) {
    const auto has = [&](std::string_view part) {
      return sql.text.find(part) != std::string_view::npos;
    };
    std::int64_t seen = 0;
    const auto go = [&](Transaction& tx) -> base::Status {
      if (has("SELECT count")) {
        ASHLAR_TRY(tx.query(sql, {}, [&](const storage::Row& row) { seen = row.integer(0); }));
      } else if (has("r.name = ?1")) {
        ASHLAR_ASSIGN(seen, tx.query(sql, {std::string_view("r")}, [](const auto&) {}));
      } else if (has("ORDER BY")) {
        ASHLAR_ASSIGN(seen, tx.query(sql, {}, [](const auto&) {}));
      } else if (has("SELECT r.id")) {
        ASHLAR_ASSIGN(seen, tx.query(sql, {id}, [](const auto&) {}));
      } else if (has("SET name")) {
        ASHLAR_ASSIGN(seen,
                      tx.execute(sql, {id, std::string_view("n"), std::string_view("a.b"),
                                       std::int64_t{1}, std::string_view("{}"), std::int64_t{1}}));
      } else if (has("SET accepted")) {
        ASHLAR_ASSIGN(seen, tx.execute(sql, {id, std::int64_t{1}}));
      } else if (has("SET failed")) {
        ASHLAR_ASSIGN(seen, tx.execute(sql, {id, std::string_view("e"), std::string_view("r"),
                                             std::string_view("d"), std::int64_t{1}}));
      } else {
        ASHLAR_ASSIGN(seen, tx.execute(sql, {has("LIMIT") ? std::int64_t{100} : id}));
      }
      return base::fail(base::Code::kConflict, "undo", "");
    };
    const auto undone = db().write(Context::tenant(tenant), go);
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << undone.error().detail;
    return seen;
  };
  int tried = 0;
  for (const Sql* sql : store::rule_statements()) {
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
    if (sql->audience != storage::Audience::kTenant || sql->text.starts_with("INSERT")) continue;
    EXPECT_EQ(rows(kBob, *sql), 1) << sql->text;
    EXPECT_EQ(rows(kCarol, *sql), 0) << sql->text;
    ++tried;
  }
  EXPECT_EQ(tried, 9);
}

}  // namespace
}  // namespace ashlar::notifications
