#include "modules/notifications/event_rules/event_rule.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/notifications/event_rules/event_rules_json.h"
#include "platform/events/event.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

constexpr base::Time kNow{base::Seconds{1'700'000'000}};

json::Value document(const std::string& data) {
  events::Event event;
  event.id = "019ab3c2-5d1e-7a40-9c3f-0d6b1b2f6a11";
  event.type = "order.shipped";
  event.aggregate_type = "order";
  event.aggregate_id = "A-17";
  event.time = kNow;
  event.data = data;
  return event_document(event).value();
}

json::Value::Object object(const std::string& text) { return *json::parse(text)->if_object(); }

NewEventRuleJson rule(const std::string& more,
                      const std::string& to = R"({"user_id_at":"/data/user"})") {
  const auto made = event_rule_of(R"({"name":"r","event_type":"order.*","to":)" + to + more + "}");
  EXPECT_TRUE(made.ok()) << made.error().detail;
  return *made;
}

TEST(EventRule, FindsByPointersIntoTheEvent) {
  const json::Value d = document(R"({"user":"u_42","a/b":1,"m~n":[10,{"x":null}],"":"empty"})");
  const auto at = [&](const char* pointer) {
    const json::Value* found = value_at(d, pointer);
    return found == nullptr ? std::string("-") : json::to_text(*found);
  };
  EXPECT_EQ(at("/data/user"), R"("u_42")");
  EXPECT_EQ(at("/aggregate_id"), R"("A-17")");
  EXPECT_EQ(at("/data/a~1b"), "1");
  EXPECT_EQ(at("/data/m~0n/0"), "10");
  EXPECT_EQ(at("/data/m~0n/1/x"), "null");
  EXPECT_EQ(at("/data/"), R"("empty")");
  for (const char* nowhere : {"/data/none", "/data/m~0n/2", "/data/m~0n/01", "/data/m~0n/-",
                              "/data/user/x", "/data/m~0n/99999999999999999999", "/nothing"}) {
    EXPECT_EQ(at(nowhere), "-") << nowhere;
  }
}

TEST(EventRule, HoldsWhereAllConditionsDo) {
  const json::Value d = document(R"({"status":"shipped","total":12,"code":"AT-9","gift":false})");
  for (const char* good : {
           R"({})",
           R"({"/data/status":"shipped"})",
           R"({"/data/total":12.0,"/type":"order.shipped"})",
           R"({"/data/total":{"in":[1,12]}})",
           R"({"/data/code":{"prefix":"AT-"},"/data/gift":false})",
           R"({"/data/refund":{"exists":false},"/data/code":{"exists":true}})",
       }) {
    EXPECT_TRUE(holds(object(good), d)) << good;
  }
  for (const char* bad : {
           R"({"/data/status":"Shipped"})",
           R"({"/data/total":"12"})",
           R"({"/data/total":{"in":[1,2]}})",
           R"({"/data/total":{"prefix":"1"}})",
           R"({"/data/status":"shipped","/data/none":1})",
           R"({"/data/refund":{"exists":true}})",
           R"({"/data/gift":{"exists":false}})",
       }) {
    EXPECT_FALSE(holds(object(bad), d)) << bad;
  }
}

TEST(EventRule, MakesWhatIsWanted) {
  const NewEventRuleJson given =
      rule(R"(,"template":"shipped","category":"orders","priority":"urgent","delay_s":60,
           "data":{"order":{"$at":"/aggregate_id"},"lines":[{"$at":"/data/n"},{"$at":"/data/x"}],
                   "shop":"Ashlar","gone":{"$at":"/data/x"}})");
  ASSERT_TRUE(check_rule(given).ok());
  const auto wanted =
      wanted_by(given, EventRuleId(7), document(R"({"user":42,"n":3})"), kNow, kNow);
  ASSERT_TRUE(wanted.ok()) << wanted.error().detail;
  EXPECT_EQ(wanted->to.user_id, "42");
  EXPECT_EQ(json::to_text(json::Value(wanted->data.value())),
            R"({"order":"A-17","lines":[3],"shop":"Ashlar"})");
  EXPECT_EQ(wanted->dedupe_key, "rule:7:019ab3c2-5d1e-7a40-9c3f-0d6b1b2f6a11");
  EXPECT_EQ(wanted->send_at, kNow + base::Seconds{60});
  EXPECT_EQ(wanted->priority, "urgent");
  EXPECT_EQ(wanted->category, "orders");
}

TEST(EventRule, TakesTheEventsDataWhereItNamesNone) {
  const auto all = wanted_by(rule(R"(,"template":"t")"), EventRuleId(1),
                             document(R"({"user":"u","n":3})"), kNow, kNow);
  EXPECT_EQ(json::to_text(json::Value(all->data.value())), R"({"user":"u","n":3})");
  const auto part = wanted_by(rule(R"(,"template":"t","data":{"$at":"/data/o"})"), EventRuleId(1),
                              document(R"({"user":"u","o":{"a":1}})"), kNow, kNow);
  EXPECT_EQ(json::to_text(json::Value(part->data.value())), R"({"a":1})");
  const auto text = wanted_by(rule(R"(,"content":{"text":"hi"})"), EventRuleId(1),
                              document(R"({"user":"u"})"), kNow, kNow);
  EXPECT_FALSE(text->data.is_set());
}

TEST(EventRule, SaysWhatTheEventLacks) {
  const NewEventRuleJson given = rule(R"(,"content":{"text":"hi"})");
  for (const char* data : {R"({})", R"({"user":""})", R"({"user":null})", R"({"user":{"id":1}})",
                           R"({"user":1.5})", "[]", "1"}) {
    const auto wanted = wanted_by(given, EventRuleId(1), document(data), kNow, kNow);
    ASSERT_FALSE(wanted.ok()) << data;
    EXPECT_STREQ(wanted.error().reason, "event_member_missing");
  }
  const auto part = wanted_by(rule(R"(,"template":"t","data":{"$at":"/data/user"})"),
                              EventRuleId(1), document(R"({"user":"u"})"), kNow, kNow);
  EXPECT_STREQ(part.error().reason, "event_member_missing");
  const auto large =
      wanted_by(rule(R"(,"template":"t")"), EventRuleId(1),
                document(R"({"user":"u","x":")" + std::string(70'000, 'x') + "\"}"), kNow, kNow);
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().fields.front().reason, std::string("data_too_large"));
}

TEST(EventRule, RefusesWhatCouldNeverBeTold) {
  struct Case {
    const char *more, *to, *field;
  };
  for (const Case& c : {
           Case{R"(,"content":{"text":"x"})", R"({})", "/to"},
           Case{R"(,"content":{"text":"x"})", R"({"user_id":"u","email":"a@example.com"})", "/to"},
           Case{R"(,"content":{"text":"x"})", R"({"user_id":"u","topic":"t"})", "/to"},
           Case{R"(,"content":{"text":"x"})", R"({"topic_at":"topic"})", "/to"},
           Case{R"(,"content":{"text":"x"},"channels":["chat"])", R"({"topic":"t"})", "/channels"},
           Case{R"(,"content":{"text":"x"})", R"({"email_at":"data.email"})", "/to"},
           Case{R"(,"content":{"text":"x"})", R"({"email_at":"/a~2b"})", "/to"},
           Case{R"(,"content":{"text":"x"},"match":{"data":1})", R"({"user_id":"u"})", "/match"},
           Case{R"(,"content":{"text":"x"},"match":{"/data/s":{"in":[]}})", R"({"user_id":"u"})",
                "/match/data/s/in"},
           Case{R"(,"content":{"text":"x"},"match":{"/data/s":{"regex":".*"}})",
                R"({"user_id":"u"})", "/match/data/s/regex"},
           Case{R"(,"content":{"text":"x"},"match":{"/data/s":null})", R"({"user_id":"u"})",
                "/match/data/s"},
           Case{R"(,"template":"t","data":{"x":[{"$at":"id"}]})", R"({"user_id":"u"})", "/data"},
           Case{R"(,"content":{"text":"x"},"data":{"x":1})", R"({"user_id":"u"})", "/data"},
           Case{R"(,"content":{"text":"x"},"template":"t")", R"({"user_id":"u"})", "/content"},
           Case{"", R"({"user_id":"u"})", "/content"},
           Case{R"(,"content":{"subject":"a\r\nBcc: b@example.com"})", R"({"user_id":"u"})",
                "/content/subject"},
           Case{R"(,"content":{"text":"x"},"channels":["fax"])", R"({"user_id":"u"})", "/channels"},
       }) {
    const base::Status checked = check_rule(rule(c.more, c.to));
    ASSERT_FALSE(checked.ok()) << c.more << c.to;
    ASSERT_EQ(checked.error().fields.size(), 1U) << c.more;
    EXPECT_EQ(checked.error().fields.front().field, c.field) << c.more << c.to;
  }
}

TEST(EventRule, TellsNothingOfNotificationsThemselves) {
  EXPECT_TRUE(is_rule_pattern("*"));
  EXPECT_TRUE(is_rule_pattern("order.*"));
  EXPECT_TRUE(is_rule_pattern("notifications"));
  EXPECT_FALSE(is_rule_pattern("notification.sent"));
  EXPECT_FALSE(is_rule_pattern("notification.*"));
  EXPECT_FALSE(is_rule_pattern("Order.*"));
  EXPECT_FALSE(is_rule_pattern("or*"));
  EXPECT_TRUE(is_left_out("notification.failed"));
  EXPECT_FALSE(is_left_out("order.shipped"));
}

}  // namespace
}  // namespace ashlar::notifications
