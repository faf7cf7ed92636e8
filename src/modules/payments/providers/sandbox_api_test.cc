#include "modules/payments/providers/sandbox_api.h"

#include <gtest/gtest.h>

#include <variant>

#include "modules/payments/providers/sandbox_page.h"
#include "modules/payments/providers/testing/sandbox_fixture.h"
#include "platform/http/problem.h"
#include "platform/json/parse.h"

namespace ashlar::payments {
namespace {

class SandboxApiTest : public SandboxFixture {
 protected:
  http::Response get(const std::string& path, std::vector<std::string> params,
                     std::vector<std::pair<std::string, std::string>> query = {},
                     base::TenantId tenant = kAda) {
    return send(http::Method::kGet, path, std::move(params), std::move(query), {}, tenant);
  }
  http::Response send(http::Method method, const std::string& path, std::vector<std::string> params,
                      std::vector<std::pair<std::string, std::string>> query, std::string_view body,
                      base::TenantId tenant = kAda) {
    const http::RouteTable table = sandbox_routes(*sandbox_);
    for (const http::Route& route : table) {
      if (route.method.value != method || route.path.value != path) continue;
      http::Call call;
      call.route = &route;
      call.body = body;
      call.path_params = std::move(params);
      call.query = std::move(query);
      call.principal.tenant = tenant;
      const auto result = std::get<http::WorkerHandler>(route.handler.value)(call);
      return result.ok() ? *result : http::problem(result.error(), "req");
    }
    ADD_FAILURE() << "no such route: " << path;
    return {};
  }
  static constexpr const char* kAction = "/v1/payments/sandbox/actions/{token}";
};

TEST_P(SandboxApiTest, TheCustomerSeesAPageAndSaysYes) {
  const auto asks = ask(authorize("a", 900, "pm_card_authenticationRequired"));
  const std::string token = asks.action_url.substr(asks.action_url.rfind('/') + 1);
  const http::Response page = get(kAction, {token});
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.content_type.starts_with("text/html"));
  EXPECT_NE(page.body.find("USD 9.00"), std::string::npos);
  EXPECT_NE(page.body.find("3184"), std::string::npos);
  EXPECT_EQ(send(http::Method::kPost, kAction, {token}, {}, "decision=perhaps").status / 100, 4);
  EXPECT_EQ(send(http::Method::kPost, kAction, {token}, {}, "decision=approve").status, 200);
  EXPECT_EQ(send(http::Method::kPost, kAction, {token}, {}, "decision=fail").status, 409);
  EXPECT_EQ(get(kAction, {token}).status, 409);
  EXPECT_EQ(get(kAction, {"<script>"}).status, 404);
  EXPECT_EQ(query(authorize("a", 900)).end, ProviderEnd::kApplied);
}

TEST_P(SandboxApiTest, ViewsOfTheBookAreTheTenantsOwn) {
  ask(authorize("pay_1:authorize:1", 900, "pm_card_visa", true));
  const std::string calls = "/v1/payments/sandbox/calls";
  const auto seen = get(calls, {}, {{"key", "pay_1:authorize:1"}});
  ASSERT_EQ(seen.status, 200) << seen.body;
  EXPECT_EQ(*json::parse(seen.body)->find("moves")->if_integer(), 1);
  EXPECT_EQ(*json::parse(seen.body)->find("amount")->if_integer(), 900);
  EXPECT_EQ(get(calls, {}, {{"key", "pay_1:authorize:1"}}, kBela).status, 404);
  EXPECT_EQ(get(calls, {}).status / 100, 4);
  const auto check = get("/v1/payments/sandbox/check", {});
  EXPECT_EQ(*json::parse(check.body)->find("keys_moved_twice")->if_integer(), 0);
}

TEST_P(SandboxApiTest, StatementsAreJsonAndCsv) {
  ask(authorize("a", 10'000, "pm_card_visa", true));
  const std::string path = "/v1/payments/sandbox/statements/{day}";
  const std::string day = base::format_rfc3339(clock_.now()).substr(0, 10);
  const auto json_form = get(path, {day});
  ASSERT_EQ(json_form.status, 200);
  const auto read = json::parse(json_form.body);
  const json::Value& line = read->find("lines")->if_array()->at(0);
  EXPECT_EQ(*line.find("kind")->if_string(), "capture");
  EXPECT_EQ(*line.find("amount")->if_integer(), 10'000);
  EXPECT_EQ(*line.find("fee")->if_integer(), 320);
  const auto csv = get(path, {day}, {{"format", "csv"}});
  EXPECT_EQ(csv.body,
            "type,reference,currency,date,amount_minor,fee_minor,description\r\ncapture," +
                *line.find("reference")->if_string() + ",usd," + day + ",10000,320,\r\n");
  EXPECT_EQ(get(path, {day}, {{"format", "pdf"}}).status / 100, 4);
  EXPECT_EQ(get(path, {"2026-02-31"}).status / 100, 4);
  EXPECT_EQ(get(path, {day}, {}, kBela).body.find("capture"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Storage, SandboxApiTest, storage::both_engines(), storage::engine_name);

TEST(SandboxPage, AmountsAreShownInTheCurrencysOwnUnit) {
  EXPECT_EQ(shown_amount(900, "usd"), "USD 9.00");
  EXPECT_EQ(shown_amount(5, "usd"), "USD 0.05");
  EXPECT_EQ(shown_amount(900, "jpy"), "JPY 900");
  EXPECT_EQ(shown_amount(1'234, "kwd"), "KWD 1.234");
  EXPECT_EQ(shown_amount(5, "<b>"), "B 5");
}

}  // namespace
}  // namespace ashlar::payments
