// The stores of recipients and of what belongs to them, on both engines.
#include "modules/notifications/recipients_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modules/notifications/audience_store.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/segment.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/topics_store.h"
#include "platform/json/parse.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Transaction;

constexpr base::TenantId kAlice{1};
constexpr base::Time kNow{base::Seconds{1'800'000'000}};
constexpr base::Time kLater = kNow + base::Seconds{60};

class RecipientsStoreTest : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    db_ = std::move(store_->open()).value();
  }

  // The value of a transaction of Alice's that must succeed.
  template <class F>
  auto run(F&& fn) {
    auto result = db_->write(Context::tenant(kAlice), fn);
    EXPECT_TRUE(result.ok()) << result.error().detail;
    return std::move(result).value();
  }
  template <class F>
  auto on_platform(F&& fn) {
    auto result =
        db_->write(Context::platform(storage::PlatformUse::kNotifications).read_committed(), fn);
    EXPECT_TRUE(result.ok()) << result.error().detail;
    return std::move(result).value();
  }

  std::int64_t put(const Recipient& recipient, base::Time now = kNow) {
    return run([&](Transaction& tx) { return store::put_recipient(tx, recipient, now); });
  }
  DeviceId add_device(const std::string& user, const std::string& token, base::Time now = kNow) {
    Device device;
    device.user_id = user;
    device.token = token;
    device.platform = Platform::kFcm;
    return run([&](Transaction& tx) { return store::register_device(tx, device, now); });
  }
  void suppress(Channel channel, const std::string& address, const std::string& category) {
    run([&](Transaction& tx) {
      return store::suppress(tx, {channel, address, category, "hard_bounce", "test", "gone", kNow});
    });
  }
  std::vector<std::string> in_segment(const std::string& where) {
    const auto compiled = compile_where(std::string_view(where));
    EXPECT_TRUE(compiled.ok()) << where;
    if (!compiled.ok()) return {};
    const auto rows =
        run([&](Transaction& tx) { return store::page_of_segment(tx, *compiled, {}); });
    std::vector<std::string> users;
    for (const AudienceRow& row : rows) users.push_back(row.recipient.user_id);
    const auto count =
        run([&](Transaction& tx) { return store::count_segment_members(tx, *compiled); });
    EXPECT_EQ(count, static_cast<std::int64_t>(users.size())) << where;
    return users;
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
};

INSTANTIATE_TEST_SUITE_P(Storage, RecipientsStoreTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(RecipientsStoreTest, KeepsAllOfARecipientAndCountsVersions) {
  Recipient ann{.user_id = "ann",
                .email = "ann@example.com",
                .phone = "+4915112345678",
                .name = "Ann",
                .locale = "de-AT",
                .time_zone = "Europe/Vienna",
                .quiet_hours = R"({"from":"22:00","to":"07:00"})",
                .preferences = R"({"all":false})",
                .attributes = R"({"plan":"pro"})"};
  EXPECT_EQ(put(ann), 1);
  ann.phone.clear();
  EXPECT_EQ(put(ann, kLater), 2);
  const auto found = run([&](Transaction& tx) { return store::find_recipient(tx, "ann"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->email, "ann@example.com");
  EXPECT_EQ(found->phone, "");
  EXPECT_EQ(found->quiet_hours, ann.quiet_hours);
  EXPECT_EQ(found->attributes, ann.attributes);
  EXPECT_EQ(found->version, 2);
  EXPECT_EQ(found->created_at, kNow);
  EXPECT_EQ(found->updated_at, kLater);
  EXPECT_EQ(run([&](Transaction& tx) {
              return store::recipients_by_email(tx, "ann@example.com", 10);
            }).size(),
            1U);
  EXPECT_TRUE(run([&](Transaction& tx) { return store::delete_recipient(tx, "ann"); }));
  EXPECT_FALSE(run([&](Transaction& tx) { return store::find_recipient(tx, "ann"); }));
}

TEST_P(RecipientsStoreTest, ATokenMovesToWhoeverRegistersItLast) {
  const DeviceId id = add_device("ann", "token-1");
  on_platform([&](Transaction& tx) {
    return store::quarantine_device(tx, kAlice, id, std::nullopt, "BadDeviceToken");
  });
  EXPECT_EQ(add_device("bob", "token-1", kLater), id);
  EXPECT_TRUE(run([&](Transaction& tx) { return store::devices_of(tx, "ann"); }).empty());
  const auto bobs = run([&](Transaction& tx) { return store::devices_of(tx, "bob"); });
  ASSERT_EQ(bobs.size(), 1U);
  EXPECT_FALSE(bobs[0].quarantined);
  EXPECT_EQ(bobs[0].registered_at, kLater);
  EXPECT_EQ(bobs[0].created_at, kNow);
}

TEST_P(RecipientsStoreTest, ADeviceThatHasComeBackSinceIsNotDropped) {
  const DeviceId id = add_device("ann", "token-1", kLater);
  const auto drop = [&](std::optional<base::Time> before) {
    return on_platform([&](Transaction& tx) { return store::drop_device(tx, kAlice, id, before); });
  };
  EXPECT_FALSE(drop(kNow));
  EXPECT_FALSE(drop(kLater));
  EXPECT_TRUE(drop(kLater + base::Micros{1}));
  EXPECT_FALSE(drop(std::nullopt));
}

TEST_P(RecipientsStoreTest, TheOldestDeviceMakesRoom) {
  add_device("ann", "old", kNow);
  add_device("ann", "older", kNow - base::Seconds{9});
  add_device("ann", "new", kLater);
  EXPECT_EQ(run([&](Transaction& tx) { return store::drop_oldest(tx, "ann", 2); }), 1);
  const auto left = run([&](Transaction& tx) { return store::devices_of(tx, "ann"); });
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].token, "old");
}

TEST_P(RecipientsStoreTest, ASuppressionIsOfAllOrOfACategory) {
  suppress(Channel::kEmail, "a@example.com", "");
  suppress(Channel::kEmail, "b@example.com", "news");
  const auto of = [&](const std::string& address, const std::string& category) {
    return run([&](Transaction& tx) {
             return store::suppressed(tx, Channel::kEmail, address, category);
           })
        .has_value();
  };
  EXPECT_TRUE(of("a@example.com", ""));
  EXPECT_TRUE(of("a@example.com", "news"));
  EXPECT_TRUE(of("b@example.com", "news"));
  EXPECT_FALSE(of("b@example.com", "offers"));
  EXPECT_FALSE(of("b@example.com", ""));
  EXPECT_FALSE(of("c@example.com", ""));
}

TEST_P(RecipientsStoreTest, StartTakesBackStopAndNoBounce) {
  suppress(Channel::kSms, "+491511111111", "");
  Suppression stop{Channel::kSms, "+491522222222", "", Suppression::kStop, "p", "", kNow};
  EXPECT_TRUE(on_platform([&](Transaction& tx) { return store::suppress_for(tx, kAlice, stop); }));
  EXPECT_FALSE(on_platform([&](Transaction& tx) { return store::suppress_for(tx, kAlice, stop); }));
  const auto start = [&](const std::string& number) {
    return on_platform([&](Transaction& tx) {
      return store::remove_suppression_for(tx, kAlice, Channel::kSms, number, Suppression::kStop);
    });
  };
  EXPECT_FALSE(start("+491511111111"));
  EXPECT_TRUE(start("+491522222222"));
}

TEST_P(RecipientsStoreTest, AnAudienceRowHasAllThatPlanningAsks) {
  put({.user_id = "ann", .email = "ann@example.com", .phone = "+491511111111"});
  put({.user_id = "bob", .email = "bob@example.com"});
  const DeviceId device = add_device("ann", "to\"ken");
  const DeviceId bad = add_device("ann", "bad");
  on_platform([&](Transaction& tx) {
    return store::quarantine_device(tx, kAlice, bad, std::nullopt, "BadDeviceToken");
  });
  suppress(Channel::kEmail, "ann@example.com", "news");
  suppress(Channel::kSms, "+491511111111", "");
  const std::vector<std::string> users{"zoe", "ann", "bob", "ann"};
  const auto topic = run([&](Transaction& tx) -> base::Result<TopicId> {
    ASHLAR_ASSIGN(const Topic made, store::find_or_make_topic(tx, "sale", kNow));
    ASHLAR_ASSIGN(const std::int64_t added, store::add_members(tx, made.id, users, kNow));
    EXPECT_EQ(added, 3);
    return made.id;
  });
  const AudienceQuery query{.category = "news", .with_devices = true};
  for (const auto& rows :
       {run([&](Transaction& tx) { return store::page_of_topic(tx, topic, query); }),
        run([&](Transaction& tx) { return store::rows_of_users(tx, users, query); })}) {
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].recipient.user_id, "ann");
    EXPECT_EQ(rows[0].recipient.version, 1);
    EXPECT_EQ(rows[0].email_suppression, "hard_bounce");
    EXPECT_EQ(rows[0].phone_suppression, "hard_bounce");
    ASSERT_EQ(rows[0].devices.size(), 1U);
    EXPECT_EQ(rows[0].devices[0].id, device);
    EXPECT_EQ(rows[0].devices[0].token, "to\"ken");
    EXPECT_EQ(rows[0].devices[0].registered_at, kNow);
    EXPECT_EQ(rows[1].recipient.user_id, "bob");
    EXPECT_EQ(rows[1].email_suppression, "");
    EXPECT_TRUE(rows[1].devices.empty());
    EXPECT_EQ(rows[2].recipient.user_id, "zoe");
    EXPECT_EQ(rows[2].recipient.version, 0);
  }
  const auto everybody = run([&](Transaction& tx) {
    return store::page_of_everybody(tx, {.category = "offers", .after = "ann", .limit = 5});
  });
  ASSERT_EQ(everybody.size(), 1U);
  EXPECT_EQ(everybody[0].recipient.user_id, "bob");
}

TEST_P(RecipientsStoreTest, PagesOfATopicMeetEachMemberOnce) {
  std::vector<std::string> users;
  for (int i = 0; i < 25; ++i) users.push_back("u" + std::to_string(i));
  const auto topic = run([&](Transaction& tx) -> base::Result<TopicId> {
    ASHLAR_ASSIGN(const Topic made, store::find_or_make_topic(tx, "t", kNow));
    ASHLAR_TRY(store::add_members(tx, made.id, users, kNow));
    return made.id;
  });
  std::vector<std::string> seen;
  AudienceQuery query{.limit = 10};
  while (true) {
    const auto page = run([&](Transaction& tx) { return store::page_of_topic(tx, topic, query); });
    for (const AudienceRow& row : page) seen.push_back(row.recipient.user_id);
    if (page.size() < 10) break;
    query.after = seen.back();
  }
  std::sort(users.begin(), users.end());
  EXPECT_EQ(seen, users);
}

TEST_P(RecipientsStoreTest, ADeletedTopicIsClearedAwayInSteps) {
  const std::vector<std::string> users{"a", "b", "c"};
  const auto make = [&](Transaction& tx) -> base::Result<TopicId> {
    ASHLAR_ASSIGN(const Topic made, store::find_or_make_topic(tx, "t", kNow));
    ASHLAR_TRY(store::add_members(tx, made.id, users, kNow));
    return made.id;
  };
  const TopicId old = run(make);
  EXPECT_TRUE(run([&](Transaction& tx) { return store::delete_topic(tx, old, kNow); }));
  EXPECT_TRUE(run([&](Transaction& tx) { return store::topics_of(tx, "a", 10); }).empty());
  const TopicId now = run(make);
  EXPECT_NE(old, now);
  std::vector<std::int64_t> steps;
  while (steps.size() < 9) {
    steps.push_back(on_platform([&](Transaction& tx) { return store::tend_topics(tx, 2); }));
    if (steps.back() == 0) break;
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{2, 1, 1, 0}));
  EXPECT_EQ(run([&](Transaction& tx) { return store::count_members(tx, now); }), 3);
}

TEST_P(RecipientsStoreTest, SegmentsAreTheSameOnBothEngines) {
  const auto with = [&](const std::string& id, const std::string& locale,
                        const std::string& attributes) {
    const auto value = json::parse(attributes);
    put({.user_id = id,
         .locale = locale,
         .attributes = *canonical_attributes(*value, "/attributes")});
  };
  with("a", "de-AT", R"({"plan":"pro","age":42,"beta":true,"tags":["x"],"city":"Köln"})");
  with("b", "de", R"({"plan":"team","age":42.0,"beta":false})");
  with("c", "en", R"({"plan":1,"age":"42","beta":1,"note":null})");
  with("d", "", R"({})");
  using Users = std::vector<std::string>;
  const std::vector<std::pair<std::string, Users>> cases{
      {R"({"locale":"de"})", {"b"}},
      {R"({"locale":{"prefix":"de"}})", {"a", "b"}},
      {R"({"locale":{"in":["en","de-AT"]}})", {"a", "c"}},
      {R"({"attributes.plan":"pro"})", {"a"}},
      {R"({"attributes.plan":{"in":["pro","team",1]}})", {"a", "b", "c"}},
      {R"({"attributes.plan":{"prefix":"p"}})", {"a"}},
      {R"({"attributes.plan":"1"})", {}},
      {R"({"attributes.age":42})", {"a", "b"}},
      {R"({"attributes.age":42.0})", {"a", "b"}},
      {R"({"attributes.age":"42"})", {"c"}},
      {R"({"attributes.age":{"prefix":"4"}})", {"c"}},
      {R"({"attributes.beta":true})", {"a"}},
      {R"({"attributes.beta":1})", {"c"}},
      {R"({"attributes.city":"Köln"})", {"a"}},
      {R"({"attributes.city":{"prefix":"Kö"}})", {"a"}},
      {R"({"attributes.tags":"x"})", {}},
      {R"({"attributes.none":true})", {}},
      {R"({"attributes.note":"null"})", {}},
      {R"({"locale":{"prefix":"de"},"attributes.beta":false})", {"b"}},
  };
  for (const auto& [where, users] : cases) EXPECT_EQ(in_segment(where), users) << where;
}

}  // namespace
}  // namespace ashlar::notifications
