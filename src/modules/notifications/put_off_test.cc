// What was put off says so in its story, also once it has gone, or was cancelled.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "modules/notifications/delivery_store.h"
#include "modules/notifications/inbox_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/template/templates.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "modules/notifications/timeline.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Transaction;

class PutOffTest : public RecipientsFixture {
 protected:
  void SetUp() override {
    RecipientsFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    templates_ = std::make_unique<Templates>(db(), zones_, clock_);
    notifications_ =
        std::make_unique<Notifications>(*jobs_, *templates_, zones_, clock_, db().dialect());
    ASSERT_EQ(put("/v1/recipients/ann", R"({"email":"ann@example.com"})").status, 200);
    ASSERT_EQ(put("/v1/notification-categories/news",
                  R"({"title":"News","caps":[{"max":1,"per":"hour"}]})")
                  .status,
              200);
  }

  template <class F>
  auto run(F&& fn) {
    auto result = db().write(Context::tenant(kAlice), fn);
    EXPECT_TRUE(result.ok()) << result.error().reason;
    return std::move(result).value();
  }
  NotificationId send() {
    Notification n;
    n.user_id = "ann";
    n.channels = "email";
    n.category = "news";
    n.content = R"({"subject":"s","text":"t"})";
    n.created_at = clock_.now();
    return run([&](Transaction& tx) { return notifications_->accept(tx, n); }).id;
  }
  // What is due is planned again.
  void plan() {
    EXPECT_TRUE(jobs_->tend().ok());
    const auto leased = jobs_->lease({.kind = kPlanJob, .max = 10, .worker = "test"});
    ASSERT_TRUE(leased.ok());
    ASSERT_FALSE(leased->empty());
    for (const jobs::LeasedJob& job : *leased) {
      run([&](Transaction& tx) { return notifications_->work(tx, job.payload); });
    }
  }
  Notification found(NotificationId id) {
    return *run([&](Transaction& tx) { return store::find_notification(tx, id); });
  }
  std::vector<Moment> story(NotificationId id) {
    return run([&](Transaction& tx) -> base::Result<std::vector<Moment>> {
      ASHLAR_ASSIGN(const auto n, store::find_notification(tx, id));
      ASHLAR_ASSIGN(const auto deliveries, store::deliveries_of(tx, id));
      ASHLAR_ASSIGN(const auto attempts, store::attempts_of(tx, id));
      ASHLAR_ASSIGN(const auto reports, store::reports_of(tx, id));
      return timeline_of(*n, deliveries, attempts, reports);
    });
  }
  static std::string events(const std::vector<Moment>& story) {
    std::string text;
    for (const Moment& moment : story) {
      text += (text.empty() ? "" : ", ") + moment.event;
      if (!moment.code.empty()) text += " " + moment.code;
    }
    return text;
  }

  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<Templates> templates_;
  std::unique_ptr<Notifications> notifications_;
};
INSTANTIATE_TEST_SUITE_P(Storage, PutOffTest, storage::both_engines(), storage::engine_name);

TEST_P(PutOffTest, WhatACapPutOffSaysSoOnceItHasGone) {
  const base::Time start = clock_.now();
  send();
  const NotificationId late = send();
  EXPECT_EQ(events(story(late)), "accepted, deferred frequency_cap");
  const std::string why = story(late)[1].detail;
  EXPECT_FALSE(why.empty());
  clock_.advance(base::Seconds{3'601});
  plan();
  const std::vector<Moment> told = story(late);
  ASSERT_EQ(events(told), "accepted, deferred frequency_cap, queued");
  EXPECT_EQ(told[1].at, start);
  EXPECT_EQ(told[1].detail, why);
  EXPECT_EQ(told[2].at, clock_.now());
}

TEST_P(PutOffTest, WhatWasCancelledWhileItWaitedSaysBothEachAtItsTime) {
  send();
  const base::Time start = clock_.now();
  const NotificationId late = send();
  clock_.advance(base::Seconds{60});
  const Notification n = run([&](Transaction& tx) { return notifications_->cancel(tx, late); });
  EXPECT_EQ(n.state, State::kSkipped);
  EXPECT_EQ(n.reason, "cancelled");
  const std::vector<Moment> told = story(late);
  ASSERT_EQ(events(told), "accepted, deferred frequency_cap, skipped cancelled");
  EXPECT_EQ(told[1].at, start);
  EXPECT_EQ(told[2].at, clock_.now());
  EXPECT_NE(told[2].detail, told[1].detail);
}

TEST_P(PutOffTest, WhatItsReaderOpenedSaysSo) {
  const NotificationId id = send();
  const Delivery delivery =
      run([&](Transaction& tx) { return store::deliveries_of(tx, id); }).front();
  clock_.advance(base::Seconds{5});
  for (int again = 0; again < 2; ++again) {
    run([&](Transaction& tx) -> base::Result<bool> {
      ASHLAR_TRY(store::open_inbox(tx, std::span(&delivery.id, 1), clock_.now()));
      return true;
    });
  }
  const std::vector<Moment> told = story(id);
  EXPECT_EQ(events(told), "accepted, queued, opened");
  EXPECT_EQ(told.back().at, clock_.now());
  EXPECT_EQ(found(id).state, State::kOpened);
}

}  // namespace
}  // namespace ashlar::notifications
