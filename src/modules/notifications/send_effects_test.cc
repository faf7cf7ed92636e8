// What an answer does beside the delivery: devices, suppressions, what is caught, what is kept.
#include <string>
#include <vector>

#include "modules/notifications/categories_store.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/testing/sending_fixture.h"

namespace ashlar::notifications {
namespace {

using base::Seconds;
using storage::Transaction;

class SendEffectsTest : public SendingFixture {
 protected:
  DeviceId add_device(const std::string& token) {
    Device device;
    device.user_id = "carol";
    device.platform = Platform::kFcm;
    device.token = token;
    return run([&](Transaction& tx) { return store::register_device(tx, device, clock_.now()); });
  }
  Planned plan_push(DeviceId device) {
    return plan("carol", Channel::kPush, [&](Notification&, Delivery& d) {
      d.target.address = "token";
      d.target.device = device.to_string();
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, SendEffectsTest, storage::both_engines(), storage::engine_name);

TEST_P(SendEffectsTest, AGoneDeviceGoesUnlessItHasComeBackSince) {
  add_provider(1, Channel::kPush, "apns");
  add_provider(2, Channel::kPush, "fcm");
  const DeviceId device = add_device("token");
  advance(Seconds{10});
  SendResult gone = verdict(Verdict::kDropToken);
  gone.gone_since = clock_.now() - Seconds{60};
  script(2).answer_with({gone});
  const Planned first = plan_push(device);
  work();
  EXPECT_EQ(script(1).count(), 0U) << "of another platform";
  EXPECT_EQ(delivery_of(first).state, State::kFailed);
  EXPECT_EQ(delivery_of(first).reason, "device_gone");
  const auto still = [&] {
    return run([&](Transaction& tx) { return store::find_device(tx, device); }).has_value();
  };
  EXPECT_TRUE(still()) << "registered after the service says it went";
  gone.gone_since = clock_.now();
  script(2).answer_with({gone});
  plan_push(device);
  work();
  EXPECT_FALSE(still());
  const Planned last = plan_push(device);
  work();
  EXPECT_EQ(delivery_of(last).reason, "device_gone");
  EXPECT_EQ(delivery_of(last).attempts, 0);
}

// Bob signs in on the phone that was Carol's while her message waits to be tried again.
TEST_P(SendEffectsTest, APushDoesNotFollowItsDeviceToAnotherUser) {
  add_provider(1, Channel::kPush, "fcm");
  const DeviceId device = add_device("token");
  script(1).answer_with({verdict(Verdict::kRetry)});
  const Planned planned = plan_push(device);
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kQueued);
  Device moved = *run([&](Transaction& tx) { return store::find_device(tx, device); });
  ASSERT_EQ(moved.user_id, "carol");
  moved.user_id = "bob";
  const DeviceId same =
      run([&](Transaction& tx) { return store::register_device(tx, moved, clock_.now()); });
  ASSERT_EQ(same, device);
  advance(Seconds{60});
  work();
  EXPECT_EQ(script(1).count(), 1U) << "it would have been shown to Bob";
  EXPECT_EQ(delivery_of(planned).state, State::kFailed);
  EXPECT_EQ(delivery_of(planned).reason, "device_gone");
}

// A browser that registers again encrypts with new keys: what waits goes with those.
TEST_P(SendEffectsTest, AWaitingPushTakesTheKeysOfNow) {
  add_provider(1, Channel::kPush, "webpush");
  Device device;
  device.user_id = "carol";
  device.platform = Platform::kWebpush;
  device.token = "https://push.example/1";
  device.keys = R"({"p256dh":"old","auth":"old"})";
  const auto add = [&] {
    return run([&](Transaction& tx) { return store::register_device(tx, device, clock_.now()); });
  };
  const DeviceId id = add();
  const Planned planned = plan("carol", Channel::kPush, [&](Notification&, Delivery& d) {
    d.target = target_of(device);
    d.target.device = id.to_string();
    d.state = State::kDeferred;
  });
  device.keys = R"({"p256dh":"new","auth":"new"})";
  ASSERT_EQ(add(), id);
  const auto loaded =
      db().read(storage::Context::platform(storage::PlatformUse::kNotifications),
                [&](Transaction& tx) { return store::load_sendings(tx, {&planned.delivery, 1}); });
  ASSERT_TRUE(loaded.ok() && loaded->size() == 1);
  EXPECT_EQ(loaded->front().delivery.target.extra, device.keys);
  // And planning again keeps them.
  Delivery again = delivery_of(planned);
  again.target.extra = device.keys;
  EXPECT_TRUE(run([&](Transaction& tx) { return store::replan_delivery(tx, again, false); }));
  EXPECT_EQ(delivery_of(planned).target.extra, device.keys);
}

TEST_P(SendEffectsTest, ManyWrongTokensAreTheProvidersFault) {
  add_provider(1, Channel::kPush, "fcm").max_running = 1000;
  script(1).always(Verdict::kQuarantine);
  std::vector<DeviceId> devices;
  for (int i = 0; i < SendRecorder::kBurst + 5; ++i) {
    Device device;
    device.user_id = "user" + std::to_string(i);
    device.platform = Platform::kFcm;
    device.token = "token" + std::to_string(i);
    devices.push_back(
        run([&](Transaction& tx) { return store::register_device(tx, device, clock_.now()); }));
  }
  advance(Seconds{10});
  for (std::size_t i = 0; i < devices.size(); ++i) {
    plan("user" + std::to_string(i), Channel::kPush,
         [&](Notification&, Delivery& d) { d.target.device = devices[i].to_string(); });
    work();
  }
  int quarantined = 0;
  for (const DeviceId id : devices) {
    quarantined +=
        run([&](Transaction& tx) { return store::find_device(tx, id); })->quarantined ? 1 : 0;
  }
  EXPECT_EQ(quarantined, SendRecorder::kBurst - 1);
  EXPECT_EQ(metric("ashlar_notifications_rejected_tokens_total"), 6);
}

TEST_P(SendEffectsTest, ASuppressedAddressGetsNothingMore) {
  add_provider(1);
  SendResult stop = verdict(Verdict::kSuppress);
  stop.code = "21610";
  script(1).answer_with({stop});
  plan("carol");
  work();
  const Planned next = plan("carol");
  work();
  EXPECT_EQ(script(1).count(), 1U);
  EXPECT_EQ(delivery_of(next).reason, "suppressed");
  const auto row = run(
      [&](Transaction& tx) { return store::suppressed(tx, Channel::kSms, "+4915112345678", ""); });
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->reason, Suppression::kStop);
  EXPECT_EQ(row->source, "provider-1");
}

TEST_P(SendEffectsTest, WithoutAProviderItFailsOrIsCaught) {
  const Planned failed = plan("carol");
  work();
  EXPECT_EQ(delivery_of(failed).state, State::kFailed);
  EXPECT_EQ(delivery_of(failed).reason, "no_provider");
  EXPECT_TRUE(delivery_of(failed).dead);
  Instance catching(*this, true);
  const Planned caught = plan("dave", Channel::kEmail);
  work_with(catching);
  EXPECT_EQ(delivery_of(caught).state, State::kSent);
  EXPECT_EQ(attempts_of(caught).at(0).provider, "catcher");
  const auto kept = run([](Transaction& tx) { return store::list_caught(tx, {}, 1'000, 10); });
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].content.subject, "Hello");
  EXPECT_EQ(kept[0].address, "dave@example.com");
}

// Its reader would be told "unsubscribed", and get it all the same.
TEST_P(SendEffectsTest, WhatIsCriticalOffersNoEnd) {
  add_provider(1, Channel::kEmail);
  renderer_.unsubscribe_url = "https://example.com/n/token/unsubscribe";
  Category category;
  category.name = "news";
  for (const bool critical : {false, true}) {
    category.critical = critical;
    run([&](Transaction& tx) { return store::put_category(tx, category, clock_.now()); });
    plan("carol", Channel::kEmail, [](Notification& n, Delivery&) { n.category = "news"; });
    work();
    ASSERT_FALSE(script(1).sent().empty());
    EXPECT_EQ(script(1).sent().back().unsubscribe_url.empty(), critical);
  }
}

TEST_P(SendEffectsTest, WhatCannotBeRenderedIsForAPerson) {
  add_provider(1);
  renderer_.refused = base::fail(base::Code::kUnavailable, "storage_unavailable", "");
  const Planned planned = plan("carol");
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kQueued);
  renderer_.refused = base::fail(base::Code::kInvalid, "template_value_missing", "No name.");
  advance(Seconds{10});
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kFailed);
  EXPECT_EQ(delivery_of(planned).reason, "template_value_missing");
  EXPECT_EQ(delivery_of(planned).detail, "No name.");
  EXPECT_TRUE(delivery_of(planned).dead);
}

TEST_P(SendEffectsTest, WhateverAProviderSaysIsKept) {
  add_provider(1);
  SendResult odd = verdict(Verdict::kRefused);
  odd.detail = std::string("a\0b\xff", 4) + std::string(2'000, 'x');
  odd.code = std::string(500, 'c');
  odd.provider_ref = std::string(5'000, 'r');
  script(1).answer_with({odd});
  const Planned planned = plan("carol");
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kFailed);
  EXPECT_EQ(attempts_of(planned).at(0).detail.substr(0, 4), "a?b?");
}

}  // namespace
}  // namespace ashlar::notifications
