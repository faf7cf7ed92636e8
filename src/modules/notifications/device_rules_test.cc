// What is sent to a device goes by the wishes, hours and caps of whose it is.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "modules/notifications/notification_store.h"
#include "modules/notifications/notifications.h"
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

class DeviceRulesTest : public RecipientsFixture {
 protected:
  void SetUp() override {
    RecipientsFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    templates_ = std::make_unique<Templates>(db(), zones_, clock_);
    notifications_ =
        std::make_unique<Notifications>(*jobs_, *templates_, zones_, clock_, db().dialect());
    const FaceAnswer made = post("/v1/recipients/ann/devices", R"({"platform":"fcm","token":"t"})");
    ASSERT_EQ(made.status, 201) << made.body;
    device_ = made.text({"id"});
  }

  // What becomes of one to her device, "" or with why.
  std::string send_one(const std::string& category = {}) {
    clock_.advance(base::Seconds{1});
    Notification n;
    n.to_device = device_;
    n.category = category;
    n.content = R"({"subject":"s","text":"t"})";
    n.created_at = clock_.now();
    const auto one =
        db().write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Result<std::string> {
          ASHLAR_ASSIGN(const auto accepted, notifications_->accept(tx, n));
          ASHLAR_ASSIGN(const auto deliveries, store::deliveries_of(tx, accepted.id));
          if (deliveries.size() != 1) return std::string("none");
          EXPECT_EQ(deliveries[0].user_id, "ann");
          return deliveries[0].reason;
        });
    EXPECT_TRUE(one.ok()) << one.error().detail;
    return one.ok() ? *one : "refused";
  }

  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<Templates> templates_;
  std::unique_ptr<Notifications> notifications_;
  std::string device_;
};

INSTANTIATE_TEST_SUITE_P(Storage, DeviceRulesTest, storage::both_engines(), storage::engine_name);

TEST_P(DeviceRulesTest, WishesAreTheOwners) {
  EXPECT_EQ(send_one(), "");
  put("/v1/recipients/ann", R"({"preferences":{"channels":{"push":false}}})");
  EXPECT_EQ(send_one("news"), "opted_out");
}

TEST_P(DeviceRulesTest, QuietHoursAreTheOwners) {
  put("/v1/recipients/ann", R"({"quiet_hours":{"from":"00:05","to":"00:00"}})");
  EXPECT_EQ(send_one("news"), "quiet_hours");
}

TEST_P(DeviceRulesTest, CapsCountAllThatTheOwnerGets) {
  const FaceAnswer category = put("/v1/notification-categories/news",
                                  R"({"title":"News",
                                      "caps":[{"max":1,"per":"day","excess":"skip"}]})");
  ASSERT_LT(category.status, 300) << category.body;
  EXPECT_EQ(send_one("news"), "");
  EXPECT_EQ(send_one("news"), "frequency_cap");
}

// A digest goes to a user, never to one device.
TEST_P(DeviceRulesTest, WhatGoesToOneDeviceIsNotGathered) {
  const FaceAnswer category =
      put("/v1/notification-categories/news", R"({"title":"News","digest":{"after_s":60}})");
  ASSERT_LT(category.status, 300) << category.body;
  EXPECT_EQ(send_one("news"), "");
}

}  // namespace
}  // namespace ashlar::notifications
