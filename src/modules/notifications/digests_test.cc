// What is gathered, and what goes out of it, on either engine and a clock driven by hand.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modules/notifications/notification_store.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/send_job.h"
#include "modules/notifications/template/templates.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Transaction;

constexpr base::Seconds kGathering{60};

class DigestsTest : public RecipientsFixture {
 protected:
  void SetUp() override {
    RecipientsFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    templates_ = std::make_unique<Templates>(db(), zones_, clock_);
    notifications_ =
        std::make_unique<Notifications>(*jobs_, *templates_, zones_, clock_, db().dialect());
    ASSERT_EQ(put("/v1/recipients/ann", R"({"email":"ann@example.com"})").status, 200);
  }

  NotificationId gather(const std::string& text, std::optional<base::Micros> lives) {
    Notification n;
    n.user_id = "ann";
    n.channels = "email";
    n.content = R"({"subject":"s","text":")" + text + R"("})";
    n.digest_key = "k";
    n.digest_for = kGathering;
    n.created_at = clock_.now();
    if (lives) n.expires_at = clock_.now() + *lives;
    const auto made = db().write(Context::tenant(kAlice),
                                 [&](Transaction& tx) { return notifications_->accept(tx, n); });
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return made.ok() ? made->id : NotificationId();
  }
  // What is due is planned; the digest is the newest then.
  Notification send() {
    clock_.advance(kGathering);
    EXPECT_TRUE(jobs_->tend().ok());
    const auto leased = jobs_->lease({.kind = kPlanJob, .max = 10, .worker = "test"});
    EXPECT_TRUE(leased.ok());
    for (const jobs::LeasedJob& job : *leased) {
      const auto worked = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
        return notifications_->work(tx, job.payload);
      });
      EXPECT_TRUE(worked.ok()) << worked.error().detail;
    }
    return all().front();
  }
  std::vector<Notification> all() {
    return db()
        .read(Context::tenant(kAlice),
              [&](Transaction& tx) {
                return store::list_notifications(tx, {}, NotificationId(INT64_MAX), 100);
              })
        .value();
  }
  Notification found(NotificationId id) {
    return *db().read(Context::tenant(kAlice),
                      [&](Transaction& tx) { return store::find_notification(tx, id); })
                .value();
  }

  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<Templates> templates_;
  std::unique_ptr<Notifications> notifications_;
};

INSTANTIATE_TEST_SUITE_P(Storage, DigestsTest, storage::both_engines(), storage::engine_name);

TEST_P(DigestsTest, OneThatIsTooLateIsLeftOutAndTakesNoneWithIt) {
  const NotificationId lasting = gather("lasting", std::nullopt);
  const NotificationId late = gather("late", base::Seconds{30});
  const Notification digest = send();
  EXPECT_EQ(all().size(), 3U);
  EXPECT_EQ(found(late).state, State::kExpired);
  EXPECT_EQ(found(late).reason, "expired");
  EXPECT_FALSE(found(late).digested_into.is_set());
  EXPECT_EQ(found(lasting).digested_into, digest.id);
  EXPECT_NE(digest.content.find("lasting"), std::string::npos);
  EXPECT_EQ(digest.content.find("late"), std::string::npos) << digest.content;
  EXPECT_FALSE(digest.expires_at.has_value());
  EXPECT_EQ(digest.state, State::kQueued);
}

TEST_P(DigestsTest, ADigestLivesAsLongAsAnyOfIt) {
  const base::Time start = clock_.now();
  gather("first", base::Seconds{900});
  gather("second", base::Seconds{90});
  EXPECT_EQ(send().expires_at, start + base::Seconds{900});
  gather("third", base::Seconds{90});
  gather("fourth", std::nullopt);
  gather("fifth", base::Seconds{90});
  EXPECT_EQ(send().expires_at, std::nullopt);
}

TEST_P(DigestsTest, OfWhatIsAllTooLateNothingGoes) {
  const NotificationId one = gather("one", base::Seconds{30});
  const NotificationId two = gather("two", base::Seconds{50});
  send();
  EXPECT_EQ(all().size(), 2U);
  EXPECT_EQ(found(one).state, State::kExpired);
  EXPECT_EQ(found(two).state, State::kExpired);
}

TEST_P(DigestsTest, WhatWasGatheredIsListedWithTheFateOfItsDigest) {
  const NotificationId one = gather("one", std::nullopt);
  gather("two", std::nullopt);
  const Notification digest = send();
  const auto listed = [&](State state) {
    return db()
        .read(Context::tenant(kAlice),
              [&](Transaction& tx) {
                store::NotificationFilter filter;
                filter.state = state;
                return store::list_notifications(tx, filter, NotificationId(INT64_MAX), 100);
              })
        .value();
  };
  EXPECT_EQ(listed(State::kQueued).size(), 3U);
  EXPECT_TRUE(listed(State::kSkipped).empty());
  const auto ended = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return store::set_planned(tx, digest.id, State::kSkipped, "opted_out", clock_.now());
  });
  ASSERT_TRUE(ended.ok());
  const std::vector<Notification> skipped = listed(State::kSkipped);
  ASSERT_EQ(skipped.size(), 3U);
  EXPECT_EQ(skipped.back().id, one);
  EXPECT_EQ(skipped.back().reason, "opted_out");
  EXPECT_TRUE(listed(State::kQueued).empty());
}

}  // namespace
}  // namespace ashlar::notifications
