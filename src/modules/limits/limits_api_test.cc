// The API of checking limits, handler by handler, as the table names them.
#include "modules/limits/limits_api.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/limits/testing/native_fixture.h"

namespace ashlar::limits {
namespace {

class LimitsApiTest : public NativeFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, LimitsApiTest, storage::both_engines(), storage::engine_name);

constexpr const char* kPerUser =
    R"({"name":"per-user","key":["user"],"limit":2,"per":"minute","algorithm":"gcra"})";

TEST_P(LimitsApiTest, AChecksAnswerIsWhole) {
  ASSERT_EQ(put_rules(kPerUser).status, 200);
  const Answer first = check(R"({"user":"alice","endpoint":"GET /"})");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body,
            R"({"allowed":true,"retry_after_ms":0,"limits":[{"rule":"per-user","key":"alice",)"
            R"("allowed":true,"shadow":false,"cost":1,"limit":2,"remaining":1,"retry_after_ms":0,)"
            R"("reset_after_ms":30000,"source":"count"}],"fields":{)"
            R"("RateLimit-Policy":"\"per-user\";q=2;w=60","RateLimit":"\"per-user\";r=1;t=30",)"
            R"("Retry-After":null}})");
  EXPECT_TRUE(check(R"({"user":"alice"})").yes({"allowed"}));
  const Answer refused = check(R"({"user":"alice"})");
  EXPECT_EQ(refused.status, 200);
  EXPECT_FALSE(refused.yes({"allowed"}));
  const std::int64_t wait_ms = refused.number({"retry_after_ms"});
  EXPECT_GE(wait_ms, 30'000);
  EXPECT_LE(wait_ms, 36'000);  // a tenth of the period later at most
  EXPECT_EQ(refused.number({"limits", "0", "retry_after_ms"}), wait_ms);
  EXPECT_EQ(refused.text({"fields", "Retry-After"}), std::to_string((wait_ms + 999) / 1000));
  EXPECT_TRUE(check(R"({"user":"bob"})").yes({"allowed"}));
  clock_.advance(base::Millis{wait_ms});
  EXPECT_TRUE(check(R"({"user":"alice"})").yes({"allowed"}));
}

TEST_P(LimitsApiTest, WhereNoRuleAppliesARequestPasses) {
  EXPECT_EQ(check(R"({"user":"alice"})").body,
            R"({"allowed":true,"retry_after_ms":0,"limits":[],)"
            R"("fields":{"RateLimit-Policy":null,"RateLimit":null,"Retry-After":null}})");
}

TEST_P(LimitsApiTest, TenantsAreApart) {
  ASSERT_EQ(put_rules(R"({"name":"one","limit":1,"per":"hour"})").status, 200);
  ASSERT_EQ(put_rules(R"({"name":"one","limit":1,"per":"hour"})", {}, kBob).status, 200);
  EXPECT_TRUE(check("{}").yes({"allowed"}));
  EXPECT_FALSE(check("{}").yes({"allowed"}));
  EXPECT_TRUE(check("{}", kBob).yes({"allowed"}));
}

TEST_P(LimitsApiTest, WrongChecksNameTheirFields) {
  struct Row {
    std::string target;
    std::string body;
    std::vector<std::string> errors;
  };
  const std::string many = [] {
    std::string text;
    for (int i = 0; i < 17; ++i) {
      text += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\":\"x\"";
    }
    return "{" + text + "}";
  }();
  const std::vector<Row> rows{
      {"check", R"({})", {"/attributes required"}},
      {"check", R"({"attributes":[]})", {"/attributes wrong_type"}},
      {"check", R"({"attributes":{"user":7}})", {"/attributes/user wrong_type"}},
      {"check", R"({"attributes":{"user":""}})", {"/attributes/user too_short"}},
      {"check", R"({"attributes":{"User":"a"}})", {"/attributes/User bad_format"}},
      {"check", R"({"attributes":{"a/b":"a"}})", {"/attributes/a~1b bad_format"}},
      {"check",
       R"({"attributes":{"user":")" + std::string(257, 'a') + "\"}}",
       {"/attributes/user too_long"}},
      {"check", R"({"attributes":{"address":"example.com"}})", {"/attributes/address bad_address"}},
      {"check", R"({"attributes":)" + many + "}", {"/attributes too_many_items"}},
      {"check", R"({"attributes":{},"cost":-1})", {"/cost out_of_range"}},
      {"check", R"({"attributes":{},"cost":1000000000001})", {"/cost out_of_range"}},
      {"check", R"({"attributes":{},"hits":1})", {"/hits unknown_field"}},
      {"batch", R"({"checks":[]})", {"/checks too_few_items"}},
      {"batch",
       R"({"checks":[{"attributes":{}},{"attributes":{"user":1}}]})",
       {"/checks/1/attributes/user wrong_type"}},
      {"batch",
       R"({"checks":[{"attributes":{}},{"attributes":{"address":"x"}}]})",
       {"/checks/1/attributes/address bad_address"}},
      {"refund", R"({"attributes":{},"peek":true})", {"/peek unknown_field"}},
      {"reserve", R"({"attributes":{},"ttl_ms":3600001})", {"/ttl_ms out_of_range"}},
      {"settle", R"({"reservation":"x"})", {"/used required"}},
  };
  for (const Row& row : rows) {
    const Answer answer = post("/v1/limits/" + row.target, row.body);
    EXPECT_EQ(answer.status, 422) << row.body << answer.body;
    EXPECT_EQ(answer.errors(), row.errors) << row.body;
  }
}

TEST_P(LimitsApiTest, MoreRulesThanABatchCanAskAreAnError) {
  std::string rules;
  for (int i = 0; i < 33; ++i) {
    rules += (i == 0 ? "" : ",") +
             (R"({"name":"r)" + std::to_string(i) + R"(","key":["user"],"limit":5,"per":"hour"})");
  }
  ASSERT_EQ(put_rules(rules).status, 200);
  EXPECT_TRUE(check(R"({"endpoint":"x"})").yes({"allowed"}));
  const Answer answer = check(R"({"user":"alice"})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.text({"reason"}), "too_many_limits");
  EXPECT_EQ(answer.errors(), std::vector<std::string>{"/attributes too_many_limits"});
}

TEST_P(LimitsApiTest, ABatchAnswersInOrderEachOnItsOwn) {
  ASSERT_EQ(put_rules(kPerUser).status, 200);
  const Answer answer = post("/v1/limits/batch", R"({"checks":[
      {"attributes":{"user":"a"},"cost":2},
      {"attributes":{"user":"a"}},
      {"attributes":{"user":"b"},"peek":true},
      {"attributes":{"user":"b"},"cost":2}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::vector<bool> wanted{true, false, true, true};
  ASSERT_EQ(answer.at({"results"})->if_array()->size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(answer.yes({"results", std::to_string(i), "allowed"}), wanted[i]) << i;
  }
}

TEST_P(LimitsApiTest, AThousandChecksGoInOneRequestAndNoMore) {
  ASSERT_EQ(put_rules(kPerUser).status, 200);
  const auto body = [](int checks) {
    std::string text = R"({"checks":[)";
    for (int i = 0; i < checks; ++i) {
      text += (i == 0 ? "" : ",") + (R"({"attributes":{"user":"u)" + std::to_string(i) +
                                     R"(","endpoint":"GET /","address":"192.0.2.1"}})");
    }
    return text + "]}";
  };
  const Answer answer = post("/v1/limits/batch", body(1000));
  EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 300);
  EXPECT_EQ(answer.at({"results"})->if_array()->size(), 1000U);
  EXPECT_EQ(post("/v1/limits/batch", body(1001)).errors(),
            std::vector<std::string>{"/checks too_many_items"});
}

TEST_P(LimitsApiTest, PeeksTakeNothingAndRefundsGiveBack) {
  ASSERT_EQ(put_rules(kPerUser).status, 200);
  const std::string peek = R"({"attributes":{"user":"a"},"cost":2,"peek":true})";
  EXPECT_TRUE(post("/v1/limits/check", peek).yes({"allowed"}));
  EXPECT_TRUE(post("/v1/limits/check", peek).yes({"allowed"}));
  EXPECT_TRUE(check(R"({"user":"a"})").yes({"allowed"}));
  EXPECT_FALSE(post("/v1/limits/check", peek).yes({"allowed"}));
  const Answer refund = post("/v1/limits/refund", R"({"attributes":{"user":"a"}})");
  EXPECT_EQ(refund.status, 200);
  EXPECT_EQ(refund.number({"limits", "0", "remaining"}), 2);
  EXPECT_TRUE(post("/v1/limits/check", peek).yes({"allowed"}));
}

TEST_P(LimitsApiTest, ReservationsSettleOnceAtAnyInstance) {
  ASSERT_EQ(put_rules(R"({"name":"tokens","key":["user"],"limit":1000,"per":"hour"})").status, 200);
  const Answer reserved =
      post("/v1/limits/reserve", R"({"attributes":{"user":"a"},"cost":900,"ttl_ms":60000})");
  ASSERT_EQ(reserved.status, 200) << reserved.body;
  ASSERT_TRUE(reserved.yes({"allowed"}));
  EXPECT_EQ(reserved.text({"expires_at"}), base::format_rfc3339(clock_.now() + base::Seconds{60}));
  EXPECT_EQ(reserved.number({"limits", "0", "remaining"}), 100);
  const std::string token = reserved.text({"reservation"});
  const Answer refused = post("/v1/limits/reserve", R"({"attributes":{"user":"a"},"cost":900})");
  EXPECT_EQ(refused.status, 200);
  EXPECT_FALSE(refused.yes({"allowed"}));
  EXPECT_TRUE(refused.at({"reservation"})->is_null());
  const std::string settle = R"({"reservation":")" + token + R"(","used":200})";
  const Answer not_his = post("/v1/limits/settle", settle, kBob);
  EXPECT_EQ(not_his.status, 422);
  EXPECT_EQ(not_his.text({"reason"}), "reservation_invalid");
  const Answer settled = post("/v1/limits/settle", settle);
  ASSERT_EQ(settled.status, 200) << settled.body;
  EXPECT_EQ(settled.number({"limits", "0", "cost"}), 700);
  EXPECT_EQ(settled.number({"limits", "0", "remaining"}), 800);
  const Answer again = post("/v1/limits/settle", settle);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.text({"reason"}), "reservation_settled");
  EXPECT_EQ(check(R"({"user":"a"})").number({"limits", "0", "remaining"}), 799);
}

TEST_P(LimitsApiTest, ReservationsExpire) {
  ASSERT_EQ(put_rules(kPerUser).status, 200);
  const Answer reserved =
      post("/v1/limits/reserve", R"({"attributes":{"user":"a"},"ttl_ms":1000})");
  clock_.advance(base::Seconds{1});
  const Answer late =
      post("/v1/limits/settle",
           R"({"reservation":")" + reserved.text({"reservation"}) + R"(","used":0})");
  EXPECT_EQ(late.status, 410);
  EXPECT_EQ(late.text({"reason"}), "reservation_expired");
}

}  // namespace
}  // namespace ashlar::limits
