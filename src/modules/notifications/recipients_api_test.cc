// The faces of recipients, devices, wishes, topics, segments, suppressions and categories.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "modules/notifications/inbox_store.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

class RecipientsApiTest : public RecipientsFixture {
 protected:
  // The first field that is wrong, with its reason.
  static std::string wrong(const FaceAnswer& answer) {
    return answer.text({"errors", "0", "field"}) + " " + answer.text({"errors", "0", "reason"});
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, RecipientsApiTest, storage::both_engines(), storage::engine_name);

constexpr const char* kAnn =
    R"({"email":" Ann@EXAMPLE.com ","phone":"0049 (1511) 234-5678","name":"Ann","locale":"de-AT",
        "time_zone":"Europe/Vienna","quiet_hours":{"from":"22:00","to":"07:00"},
        "preferences":{"channels":{"sms":false}},"attributes":{"plan":"pro","age":42.0}})";

TEST_P(RecipientsApiTest, PutKeepsItNormalised) {
  const FaceAnswer put_it = put("/v1/recipients/ann", kAnn);
  ASSERT_EQ(put_it.status, 200) << put_it.body;
  EXPECT_EQ(put_it.header("ETag"), "\"v1\"");
  const FaceAnswer found = get("/v1/recipients/ann");
  EXPECT_EQ(found.text({"email"}), "Ann@example.com");
  EXPECT_EQ(found.text({"phone"}), "+4915112345678");
  EXPECT_EQ(found.text({"attributes", "age"}), "42");
  EXPECT_EQ(found.text({"quiet_hours", "from"}), "22:00");
  EXPECT_EQ(get("/v1/recipients?email=ann@example.com").text({"data", "0", "user_id"}), "");
  EXPECT_EQ(get("/v1/recipients?email=Ann@Example.Com").text({"data", "0", "user_id"}), "ann");
  EXPECT_EQ(get("/v1/recipients?phone=%2B49%201511%202345678").text({"data", "0", "user_id"}),
            "ann");
}

TEST_P(RecipientsApiTest, APutEmptiesWhatIsLeftOutButTheReadersOwn) {
  put("/v1/recipients/ann", kAnn);
  const FaceAnswer again = put("/v1/recipients/ann", R"({"email":"a@example.com"})");
  EXPECT_EQ(again.text({"phone"}), "null");
  EXPECT_EQ(again.text({"attributes"}), "{}");
  EXPECT_EQ(again.text({"preferences", "channels", "sms"}), "false");
  EXPECT_EQ(again.text({"quiet_hours", "to"}), "07:00");
  EXPECT_EQ(put("/v1/recipients/ann", R"({"preferences":null})").text({"preferences"}), "null");
}

TEST_P(RecipientsApiTest, APatchChangesWhatItNamesUnderItsTag) {
  put("/v1/recipients/ann", kAnn);
  const FaceAnswer changed =
      patch("/v1/recipients/ann", R"({"phone":null,"attributes":{"plan":null,"beta":true}})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.text({"email"}), "Ann@example.com");
  EXPECT_EQ(changed.text({"phone"}), "null");
  EXPECT_EQ(changed.text({"attributes"}), R"({"age":42,"beta":true})");
  EXPECT_EQ(send(http::Method::kPatch, "/v1/recipients/ann",
                 {.body = R"({"name":"A"})", .if_match = "\"v1\""})
                .status,
            412);
  EXPECT_EQ(patch("/v1/recipients/nobody", "{}").status, 404);
}

// Whoever is given the same user_id later does not read it.
TEST_P(RecipientsApiTest, AnInboxGoesWithItsRecipient) {
  put("/v1/recipients/ann", kAnn);
  const auto entries = [&](const char* user) {
    const auto counted = db().read(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) {
      return store::count_inbox(tx, user);
    });
    EXPECT_TRUE(counted.ok());
    return counted->current;
  };
  std::int64_t delivery = 0;
  for (const char* user : {"ann", "bea"}) {
    InboxEntry entry;
    entry.user_id = user;
    entry.delivery = DeliveryId(++delivery);
    entry.created_at = clock_.now();
    const auto put_it = db().write(storage::Context::platform(storage::PlatformUse::kNotifications),
                                   [&](storage::Transaction& tx) {
                                     const store::OwnedEntry owned{kAlice, entry};
                                     return store::put_inbox(tx, {&owned, 1});
                                   });
    ASSERT_TRUE(put_it.ok());
  }
  EXPECT_EQ(entries("ann"), 1);
  EXPECT_EQ(remove("/v1/recipients/ann").status, 204);
  EXPECT_EQ(entries("ann"), 0);
  EXPECT_EQ(entries("bea"), 1);
}

TEST_P(RecipientsApiTest, ShortWishesAreShownWhole) {
  const auto kept = [&](const std::string& member, const std::string& given) {
    const FaceAnswer answer = put("/v1/recipients/ann", "{\"" + member + "\":" + given + "}");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return get("/v1/recipients/ann").text({member});
  };
  EXPECT_EQ(kept("preferences", R"({"news":{"email":false},"digest":{"*":true}})"),
            R"({"categories":{"news":{"email":false},"digest":{"*":true}}})");
  EXPECT_EQ(kept("preferences", R"({"news":false,"sms":true,"digest":{"*":true}})"),
            R"({"categories":{"news":false,"digest":{"*":true}},"channels":{"sms":true}})");
  EXPECT_EQ(kept("preferences", R"({"email":false,"push":true})"),
            R"({"channels":{"email":false,"push":true}})");
  EXPECT_EQ(kept("preferences", R"({"all":true,"channels":{"sms":false},"email":false})"),
            R"({"all":true,"channels":{"sms":false,"email":false}})");
  EXPECT_EQ(kept("quiet_hours", R"({"start":"22:00","end":"07:00"})"),
            R"({"from":"22:00","to":"07:00"})");
  EXPECT_EQ(kept("quiet_hours", R"([{"start":"22:00","end":"07:00","days":["fri"]}])"),
            R"([{"from":"22:00","to":"07:00","days":["fri"]}])");
  // What says one thing twice is not guessed at.
  const std::pair<const char*, const char*> cases[] = {
      {R"({"preferences":{"channels":{"email":true},"email":false}})",
       "/preferences/email preferences_invalid"},
      {R"({"preferences":{"categories":{"news":true},"news":false}})",
       "/preferences/news preferences_invalid"},
      {R"({"preferences":{"no name":false}})",
       "/preferences/categories/no name preferences_invalid"},
      {R"({"preferences":{"news":1}})", "/preferences/news preferences_invalid"},
      {R"({"preferences":{"news":{"fax":false}}})",
       "/preferences/categories/news/fax preferences_invalid"},
      {R"({"quiet_hours":{"from":"22:00","start":"23:00","to":"07:00"}})",
       "/quiet_hours/start quiet_hours_invalid"},
  };
  for (const auto& [body, expected] : cases) {
    const FaceAnswer refused = put("/v1/recipients/ann", body);
    EXPECT_EQ(refused.status, 422) << body;
    EXPECT_EQ(wrong(refused), expected) << body;
  }
}

TEST_P(RecipientsApiTest, WhatIsWrongIsToldByField) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"email":"ann"})", "/email email_invalid"},
      {R"({"email":"ann@exa mple.com"})", "/email email_invalid"},
      {R"({"email":"ann@example.com\r\nBcc: x@y.z"})", "/email email_invalid"},
      {R"({"phone":"1511 2345678"})", "/phone phone_invalid"},
      {R"({"name":"A\nB"})", "/name name_invalid"},
      {R"({"time_zone":"Europe/Nowhere"})", "/time_zone zone_unknown"},
      {R"({"locale":"german language"})", "/locale bad_format"},
      {R"({"quiet_hours":{"from":"22:00","to":"22:00"}})", "/quiet_hours/to quiet_hours_invalid"},
      {R"({"quiet_hours":[{"from":"22:00","to":"7"}]})", "/quiet_hours/0/to quiet_hours_invalid"},
      {R"({"quiet_hours":{"from":"22:00","to":"07:00","days":["someday"]}})",
       "/quiet_hours/days quiet_hours_invalid"},
      {R"({"preferences":{"categories":{"news":{"fax":true}}}})",
       "/preferences/categories/news/fax preferences_invalid"},
      {R"({"preferences":{"everything":"yes"}})", "/preferences/everything preferences_invalid"},
      {R"({"attributes":{"9lives":1}})", "/attributes attributes_invalid"},
  };
  for (const auto& [body, expected] : cases) {
    const FaceAnswer refused = put("/v1/recipients/ann", body);
    EXPECT_EQ(refused.status, 422) << body;
    EXPECT_EQ(wrong(refused), expected) << body;
  }
  EXPECT_EQ(put("/v1/recipients/" + std::string(129, 'a'), "{}").status, 422);
  EXPECT_EQ(get("/v1/recipients/ann").status, 404);
}

TEST_P(RecipientsApiTest, ManyComeAsLinesAllOrNone) {
  const auto lines = [&](const std::string& body) {
    return send(http::Method::kPost, "/v1/recipients",
                {.body = body, .if_match = {}, .content_type = "application/x-ndjson"});
  };
  const FaceAnswer bad = lines(
      "{\"user_id\":\"a\",\"email\":\"a@example.com\"}\n{\"user_id\":\"b\",\"email\":\"b\"}\n");
  EXPECT_EQ(bad.status, 422);
  EXPECT_EQ(wrong(bad), "/1/email email_invalid");
  EXPECT_EQ(get("/v1/recipients/a").status, 404);
  EXPECT_EQ(
      lines("{\"user_id\":\"a\"}\r\n\n{\"user_id\":\"b\",\"locale\":\"de\"}").text({"written"}),
      "2");
  EXPECT_EQ(get("/v1/recipients/b").text({"locale"}), "de");
  EXPECT_EQ(wrong(lines("{\"user_id\":\"a\"}\n{")), "/1 malformed");
  std::string many;
  for (int i = 0; i < 1'001; ++i) many += "{\"user_id\":\"u" + std::to_string(i) + "\"}\n";
  EXPECT_EQ(lines(many).text({"reason"}), "recipients_count");
  EXPECT_EQ(wrong(post("/v1/recipients", R"({"recipients":[{"user_id":"x y"}]})")),
            "/recipients/0/user_id user_id_invalid");
}

// n times, with commas between.
std::string times(int n, const std::function<std::string(int)>& one) {
  std::string all;
  for (int i = 0; i < n; ++i) all += (i == 0 ? "" : ",") + one(i);
  return all;
}

// A thousand that have all that a recipient usually has: 15,000 values of JSON.
TEST_P(RecipientsApiTest, AFullListOfFullRecipientsIsTaken) {
  const auto one = [](int i) {
    return R"({"user_id":"u)" + std::to_string(i) +
           R"(","email":"a@example.com","phone":"+431234567","name":"A","locale":"de","time_zone":)"
           R"("Europe/Vienna","quiet_hours":{"from":"22:00","to":"07:00"},"preferences":{"channels":)"
           R"({"sms":false}},"attributes":{"a":1,"b":2,"c":"x"}})";
  };
  const FaceAnswer taken = post("/v1/recipients", R"({"recipients":[)" + times(1'000, one) + "]}");
  EXPECT_EQ(taken.status, 200) << taken.body.substr(0, 500);
  EXPECT_EQ(taken.text({"written"}), "1000");
  EXPECT_EQ(get("/v1/recipients/u999").text({"attributes", "c"}), "x");
}

TEST_P(RecipientsApiTest, EachListHasABoundThatIsTold) {
  const auto user = [](int i) { return "\"u" + std::to_string(i) + "\""; };
  const auto of_user = [&](int i) { return R"({"user_id":)" + user(i) + "}"; };
  const auto span = [](int i) {
    return R"({"from":"0)" + std::to_string(i % 9) + R"(:00","to":"23:00"})";
  };
  const auto wish = [](int i) { return "\"c" + std::to_string(i) + "\":false"; };
  const auto condition = [](int i) { return "\"attributes.a" + std::to_string(i) + "\":1"; };
  const auto number = [](int i) { return std::to_string(i); };
  const auto mon = [](int) { return std::string("\"mon\""); };
  const auto cap = [](int i) { return R"({"max":1,"per":)" + std::to_string(60 + i) + "}"; };
  const std::string ann = "/v1/recipients/ann", members = "/v1/notification-topics/t/members",
                    segment = "/v1/notification-segments/s",
                    category = "/v1/notification-categories/c";
  using http::Method;
  struct Case {
    Method method;
    std::string path, before, after;
    std::function<std::string(int)> item;
    int most;
    const char* error;
  };
  const std::vector<Case> cases{
      {Method::kPost, "/v1/recipients", R"({"recipients":[)", "]}", of_user, 1'000,
       "/recipients too_many_items"},
      {Method::kPut, members, R"({"user_ids":[)", "]}", user, 1'000, "/user_ids too_many_items"},
      {Method::kDelete, members, R"({"user_ids":[)", "]}", user, 1'000, "/user_ids too_many_items"},
      {Method::kPut, ann, R"({"quiet_hours":[)", "]}", span, 14,
       "/quiet_hours quiet_hours_invalid"},
      {Method::kPut, ann, R"({"quiet_hours":{"from":"22:00","to":"23:00","days":[)", "]}}", mon, 7,
       "/quiet_hours/days quiet_hours_invalid"},
      {Method::kPut, ann, R"({"preferences":{"categories":{)", "}}}", wish, 256,
       "/preferences/categories preferences_invalid"},
      {Method::kPut, segment, R"({"where":{)", "}}", condition, 20, "/where segment_invalid"},
      {Method::kPut, segment, R"({"where":{"attributes.a":{"in":[)", "]}}}", number, 200,
       "/where/attributes.a segment_invalid"},
      {Method::kPut, category, R"({"title":"C","caps":[)", "]}", cap, 5, "/caps too_many_items"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.path + " " + c.before);
    const auto ask = [&](int count) {
      return send(c.method, c.path,
                  {.body = c.before + times(count, c.item) + c.after, .if_match = {}});
    };
    const FaceAnswer refused = ask(c.most + 1);
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(wrong(refused), c.error) << refused.body;
    const FaceAnswer taken = ask(c.most);
    EXPECT_TRUE(taken.status == 200 || taken.status == 201) << taken.status << taken.body;
  }
  for (const Case& c : {cases[0], cases[1], cases[2]}) {
    const FaceAnswer none = send(c.method, c.path, {.body = c.before + c.after, .if_match = {}});
    EXPECT_EQ(none.status, 422);
    EXPECT_EQ(none.text({"errors", "0", "reason"}), "too_few_items") << none.body;
  }
}

TEST_P(RecipientsApiTest, AListGoesThroughAllByPages) {
  for (const char* id : {"c", "a", "b"}) put(std::string("/v1/recipients/") + id, "{}");
  put("/v1/recipients/theirs", "{}", kBob);
  const FaceAnswer first = get("/v1/recipients?limit=2");
  EXPECT_EQ(first.text({"data", "1", "user_id"}), "b");
  const FaceAnswer second = get("/v1/recipients?limit=2&cursor=" + first.text({"next_cursor"}));
  EXPECT_EQ(second.text({"data", "0", "user_id"}), "c");
  EXPECT_EQ(second.text({"next_cursor"}), "null");
}

TEST_P(RecipientsApiTest, ATokenMovesToItsNewUser) {
  const std::string token(64, 'a');
  const std::string body = R"({"platform":"apns","token":")" + token + R"(","app":"shop"})";
  const FaceAnswer made = post("/v1/recipients/ann/devices", body);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"token"}), "…aaaaaaaa");
  EXPECT_EQ(get("/v1/recipients/ann").status, 200);  // whoever has a device can be told
  EXPECT_EQ(post("/v1/recipients/bob/devices", body).text({"id"}), made.text({"id"}));
  EXPECT_EQ(get("/v1/recipients/ann/devices").text({"data"}), "[]");
  const std::string path = "/v1/recipients/bob/devices/" + made.text({"id"});
  EXPECT_EQ(remove("/v1/recipients/ann/devices/" + made.text({"id"})).status, 404);
  EXPECT_EQ(remove(path).status, 204);
  EXPECT_EQ(remove(path).status, 404);
}

TEST_P(RecipientsApiTest, ABrowsersEndpointMustBeOfThePublicInternet) {
  const std::string point = "B" + std::string(86, 'A');  // 65 bytes, the first 0x04
  const auto subscribe = [&](const std::string& endpoint, const std::string& p256dh,
                             const std::string& auth) {
    return post("/v1/recipients/ann/devices",
                R"({"platform":"webpush","subscription":{"endpoint":")" + endpoint +
                    R"(","expirationTime":null,"keys":{"p256dh":")" + p256dh + R"(","auth":")" +
                    auth + R"("}}})");
  };
  const std::string auth(22, 'A');
  EXPECT_EQ(subscribe("https://push.example.com/abc", point, auth).status, 201);
  for (const char* endpoint :
       {"http://127.0.0.1/", "http://169.254.169.254/latest/meta-data", "https://localhost/x",
        "https://[::1]/", "https://2130706433/", "ftp://push.example.com/"}) {
    EXPECT_EQ(subscribe(endpoint, point, auth).status, 422) << endpoint;
  }
  EXPECT_EQ(wrong(subscribe("https://push.example.com/abc", "AAAA", auth)),
            "/subscription/keys/p256dh device_invalid");
  EXPECT_EQ(wrong(subscribe("https://push.example.com/abc", point, "AAAA")),
            "/subscription/keys/auth device_invalid");
  EXPECT_EQ(
      wrong(post("/v1/recipients/ann/devices", R"({"platform":"apns","token":"../../1/other"})")),
      "/token device_invalid");
}

TEST_P(RecipientsApiTest, WhoHasManyDevicesLosesTheOldest) {
  for (int i = 0; i < 22; ++i) {
    clock_.advance(base::Seconds{1});
    post("/v1/recipients/ann/devices",
         R"({"platform":"fcm","token":"token-)" + std::to_string(i) + "\"}");
  }
  const FaceAnswer list = get("/v1/recipients/ann/devices");
  EXPECT_EQ(list.text({"data", "19", "platform"}), "fcm");
  EXPECT_EQ(list.text({"data", "20", "platform"}), "");
}

TEST_P(RecipientsApiTest, ARecipientGoesWithWhatIsItsOwn) {
  put("/v1/recipients/ann", kAnn);
  post("/v1/recipients/ann/devices", R"({"platform":"fcm","token":"token"})");
  put("/v1/notification-topics/sale/members", R"({"user_ids":["ann","bob"]})");
  EXPECT_EQ(remove("/v1/recipients/ann").status, 204);
  EXPECT_EQ(remove("/v1/recipients/ann").status, 404);
  EXPECT_EQ(get("/v1/recipients/ann/devices").status, 404);
  EXPECT_EQ(get("/v1/notification-topics/sale").text({"members"}), "1");
}

TEST_P(RecipientsApiTest, WishesAreReplacedAsAWhole) {
  EXPECT_EQ(put("/v1/recipients/ann/preferences", "{}").status, 404);
  put("/v1/recipients/ann", "{}");
  EXPECT_EQ(get("/v1/recipients/ann/preferences").body, "{}");
  const FaceAnswer changed =
      put("/v1/recipients/ann/preferences", R"({"all":false,"categories":{"news":true}})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(get("/v1/recipients/ann/preferences").text({"categories", "news"}), "true");
  EXPECT_EQ(wrong(put("/v1/recipients/ann/preferences", R"({"categories":{"news":1}})")),
            "/categories/news preferences_invalid");
  // The short forms of a recipient's PUT.
  const FaceAnswer shorter = put("/v1/recipients/ann/preferences", R"({"news":false,"sms":true})");
  EXPECT_EQ(shorter.status, 200) << shorter.body;
  EXPECT_EQ(shorter.body, R"({"categories":{"news":false},"channels":{"sms":true}})");
}

TEST_P(RecipientsApiTest, TopicsTakeAThousandAtATime) {
  const char* members = "/v1/notification-topics/sale/members";
  EXPECT_EQ(put(members, R"({"user_ids":["a","b","a"]})").text({"changed"}), "2");
  EXPECT_EQ(put(members, R"({"user_ids":["b","c"]})").text({"changed"}), "1");
  EXPECT_EQ(remove(members, R"({"user_ids":["b","x"]})").text({"changed"}), "1");
  const FaceAnswer page = get(std::string(members) + "?limit=1");
  EXPECT_EQ(page.text({"data", "0", "user_id"}), "a");
  EXPECT_EQ(get(std::string(members) + "?limit=1&cursor=" + page.text({"next_cursor"}))
                .text({"data", "0", "user_id"}),
            "c");
  EXPECT_EQ(get("/v1/notification-topics").text({"data", "0", "name"}), "sale");
  EXPECT_EQ(get("/v1/notification-topics/sale", kBob).status, 404);
  EXPECT_EQ(remove("/v1/notification-topics/sale").status, 204);
  EXPECT_EQ(get("/v1/notification-topics/sale").status, 404);
  EXPECT_EQ(put("/v1/notification-topics/-x/members", R"({"user_ids":["a"]})").status, 422);
}

TEST_P(RecipientsApiTest, ASegmentIsCountedAndShown) {
  put("/v1/recipients/a", R"({"locale":"de","attributes":{"plan":"pro"}})");
  put("/v1/recipients/b", R"({"locale":"de-CH","attributes":{"plan":"free"}})");
  put("/v1/recipients/c", R"({"locale":"de","attributes":{"plan":"pro"}})", kBob);
  const std::string where = R"({"where":{"locale":{"prefix":"de"},"attributes.plan":"pro"}})";
  const FaceAnswer made = put("/v1/notification-segments/german-pros", where);
  ASSERT_EQ(made.status, 200) << made.body;
  const FaceAnswer preview = get("/v1/notification-segments/german-pros/preview");
  EXPECT_EQ(preview.text({"count"}), "1");
  EXPECT_EQ(preview.text({"user_ids"}), R"(["a"])");
  for (const char* bad :
       {R"({"where":{}})", R"({"where":{"email":"a@example.com"}})",
        R"({"where":{"attributes.x\") OR 1=1 --":"a"}})", R"({"where":{"locale":{"in":[]}}})",
        R"({"where":{"locale":{"like":"%"}}})", R"({"where":{"locale":null}})"}) {
    EXPECT_EQ(put("/v1/notification-segments/bad", bad).status, 422) << bad;
  }
  EXPECT_EQ(remove("/v1/notification-segments/german-pros").status, 204);
  EXPECT_EQ(get("/v1/notification-segments/german-pros").status, 404);
}

TEST_P(RecipientsApiTest, SuppressionsAreListedFoundAndLifted) {
  const char* all = "/v1/notification-suppressions";
  const FaceAnswer made =
      post(all, R"({"channel":"email","address":"Ann@Example.com","detail":"asked by phone"})");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.text({"source"}), "api");
  post(all, R"({"channel":"email","address":"Ann@example.com","category":"news"})");
  post(all, R"({"channel":"sms","address":"+4915112345678"})");
  // The first reason stays.
  EXPECT_EQ(post(all, R"({"channel":"email","address":"Ann@example.com","reason":"unsubscribe"})")
                .text({"reason"}),
            "manual");
  const FaceAnswer page = get(std::string(all) + "?limit=2");
  EXPECT_EQ(page.text({"data", "1", "category"}), "news");
  EXPECT_EQ(get(std::string(all) + "?limit=2&cursor=" + page.text({"next_cursor"}))
                .text({"data", "0", "channel"}),
            "sms");
  const std::string one = "?channel=email&address=Ann@EXAMPLE.com";
  EXPECT_EQ(get(all + one).text({"data", "1", "category"}), "news");
  EXPECT_EQ(remove(all + one + "&category=news").status, 204);
  EXPECT_EQ(remove(all + one + "&category=news").status, 404);
  EXPECT_EQ(get(all + one).text({"data", "1", "category"}), "");
  EXPECT_EQ(get(std::string(all) + "?channel=fax&address=1").status, 400);
  EXPECT_EQ(post(all, R"({"channel":"email","address":"x","reason":"hard_bounce"})").status, 422);
}

TEST_P(RecipientsApiTest, ACategoryHasItsRules) {
  const FaceAnswer made = put("/v1/notification-categories/offers",
                              R"({"title":"Offers","channels":{"sms":false},
      "caps":[{"max":3,"per":"day"},{"max":1,"per":3600,"excess":"skip"}],
      "send_window":{"from":"08:00","to":"20:00","days":["mon","fri"],"time_zone":"Europe/Vienna"},
      "digest":{"at":"08:00"}})");
  ASSERT_EQ(made.status, 200) << made.body;
  const FaceAnswer found = get("/v1/notification-categories/offers");
  EXPECT_EQ(found.text({"caps", "1", "excess"}), "skip");
  EXPECT_EQ(found.text({"digest", "at"}), "08:00");
  const std::pair<const char*, const char*> cases[] = {
      {R"({"title":"x","caps":[{"max":3,"per":"year"}]})", "/caps/0/per category_invalid"},
      {R"({"title":"x","caps":[{"max":-1,"per":"day"}]})", "/caps/0/max category_invalid"},
      {R"({"title":"x","channels":{"fax":true}})", "/channels/fax category_invalid"},
      {R"({"title":"x","send_window":{"from":"8","to":"20:00"}})",
       "/send_window/from category_invalid"},
      {R"({"title":"x","send_window":{"from":"08:00","to":"20:00","time_zone":"No/Where"}})",
       "/send_window/time_zone zone_unknown"},
      {R"({"title":"x","digest":{"after_s":60,"at":"08:00"}})", "/digest/after_s category_invalid"},
      {R"({"title":""})", "/title too_short"}};
  for (const auto& [body, expected] : cases) {
    EXPECT_EQ(wrong(put("/v1/notification-categories/offers", body)), expected) << body;
  }
  EXPECT_EQ(get("/v1/notification-categories").text({"data", "0", "title"}), "Offers");
  EXPECT_EQ(remove("/v1/notification-categories/offers").status, 204);
  EXPECT_EQ(remove("/v1/notification-categories/offers").status, 404);
}

TEST_P(RecipientsApiTest, AllThatIsWrongWithARecipientIsNamedAtOnce) {
  put("/v1/recipients/ann", "{}");
  const auto wrong =
      patch("/v1/recipients/ann",
            R"({"quiet_hours":{"from":"22","to":"25:00"},"time_zone":"CET/Foo","locale":"xx_YY",)"
            R"("phone":"01512345"})");
  EXPECT_EQ(wrong.status, 422) << wrong.body;
  for (const char* field : {"/locale", "/time_zone", "/phone", "/quiet_hours"}) {
    EXPECT_NE(wrong.body.find("\"" + std::string(field)), std::string::npos)
        << field << " " << wrong.body;
  }
  EXPECT_NE(wrong.body.find("not \\\"de_AT\\\""), std::string::npos) << wrong.body;
  const auto two =
      put("/v1/recipients/ann", R"({"email":"nobody","phone":"01512345","name":"A\u0001"})");
  EXPECT_EQ(two.status, 422);
  EXPECT_NE(two.body.find("3 fields are wrong"), std::string::npos) << two.body;
}

TEST_P(RecipientsApiTest, ThePrivateEndpointOfADeviceNamesItsOwnSetting) {
  put("/v1/recipients/ann", "{}");
  const auto refused = post(
      "/v1/recipients/ann/devices",
      R"({"platform":"webpush","subscription":{"endpoint":"https://127.0.0.1/x","keys":{"p256dh":"x","auth":"x"}}})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("notifications.allow_private"), std::string::npos) << refused.body;
  EXPECT_EQ(refused.body.find("tasks.allow_private"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::notifications
