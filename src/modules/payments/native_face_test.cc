#include "modules/payments/native_face.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "modules/payments/hearing.h"
#include "modules/payments/payments_json.h"
#include "modules/payments/reads.h"
#include "platform/json/parse.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

// There is nothing to look up in.
class NoTransaction final : public storage::Transaction {
 public:
  base::Result<std::int64_t> execute(const storage::Sql& /*sql*/,
                                     std::initializer_list<storage::Param> /*params*/) override {
    return base::fail(base::Code::kInternal, "storage_error", "The face must not write.");
  }
  base::Result<std::int64_t> query(const storage::Sql& /*sql*/,
                                   std::initializer_list<storage::Param> /*params*/,
                                   const storage::RowSink& /*sink*/) override {
    return base::fail(base::Code::kInternal, "storage_error", "There are no rows.");
  }
  void on_commit(std::function<void()> /*run*/) override {}
  void notify(std::string_view /*channel*/, std::string_view /*payload*/) override {}
  [[nodiscard]] const storage::Context& context() const override { return context_; }

 private:
  const storage::Context context_ = storage::Context::tenant(base::TenantId{1});
};

class NativeFaceTest : public testing::Test {
 protected:
  NativeFaceTest() {
    payment_.id = "pay_1";
    payment_.amount = 1050;
    payment_.currency = "eur";
    payment_.metadata = {{"order", "6735"}};
    Attempt attempt;
    attempt.id = "ch_1";
    attempt.state = AttemptState::kDeclined;
    attempt.decline_code = "insufficient_funds";
    attempt.message = "Your card has insufficient funds.";
    payment_.attempts.push_back(attempt);
    Refund refund;
    refund.id = "re_1";
    refund.amount = 50;
    payment_.refunds.push_back(refund);
    asked_.request_id = "req7";
  }

  [[nodiscard]] Answered render(const Rendered& what) const {
    NoTransaction tx;
    Reads reads(tx);
    auto answer = NativeFace().render(asked_, what, reads);
    EXPECT_TRUE(answer.ok());
    return answer.ok() ? *answer : Answered{};
  }
  static std::string header(const Answered& answer, std::string_view name) {
    const auto found = std::ranges::find(answer.headers, name, [](auto& h) { return h.first; });
    return found == answer.headers.end() ? "" : found->second;
  }
  static json::Value parsed(const Answered& answer) {
    auto value = json::parse(answer.body);
    EXPECT_TRUE(value.ok()) << answer.body;
    return value.ok() ? *value : json::Value();
  }

  Payment payment_;
  Asked asked_;
};

TEST_F(NativeFaceTest, WhatIsMadeIs201WithItsLocation) {
  Rendered what;
  what.payment = &payment_;
  what.created = true;
  const Answered answer = render(what);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(header(answer, "Location"), "/v1/payments/pay_1");
  EXPECT_EQ(header(answer, "Content-Type"), "application/json");
  const json::Value body = parsed(answer);
  EXPECT_EQ(*body.find("currency")->if_string(), "EUR");
  EXPECT_EQ(*body.find("metadata")->find("order")->if_string(), "6735");
  EXPECT_EQ(*body.find("decline")->find("code")->if_string(), "insufficient_funds");
}

TEST_F(NativeFaceTest, WhatIsUnderWayIs202) {
  Rendered what;
  what.payment = &payment_;
  what.pending = true;
  EXPECT_EQ(render(what).status, 202);
  what.created = true;
  const Answered made = render(what);
  EXPECT_EQ(made.status, 202);
  EXPECT_EQ(header(made, "Location"), "/v1/payments/pay_1");
}

TEST_F(NativeFaceTest, ADeclineIsAProblemThatHoldsThePayment) {
  Rendered what;
  what.payment = &payment_;
  what.declined = payment_.attempts.data();
  what.created = true;
  const Answered answer = render(what);
  EXPECT_EQ(answer.status, 402);
  EXPECT_EQ(header(answer, "Content-Type"), "application/problem+json");
  const json::Value body = parsed(answer);
  EXPECT_EQ(*body.find("reason")->if_string(), "payment_declined");
  EXPECT_EQ(*body.find("decline_code")->if_string(), "insufficient_funds");
  EXPECT_EQ(*body.find("request_id")->if_string(), "req7");
  EXPECT_EQ(*body.find("payment")->find("id")->if_string(), "pay_1");
  EXPECT_EQ(render(what).body, answer.body);
}

TEST_F(NativeFaceTest, ARefundIsRenderedWithItsPaymentsCurrency) {
  Rendered what;
  what.payment = &payment_;
  what.refund = payment_.refunds.data();
  what.created = true;
  const Answered answer = render(what);
  EXPECT_EQ(header(answer, "Location"), "/v1/payments/pay_1/refunds/re_1");
  const json::Value body = parsed(answer);
  EXPECT_EQ(*body.find("payment")->if_string(), "pay_1");
  EXPECT_EQ(*body.find("currency")->if_string(), "EUR");
}

TEST_F(NativeFaceTest, WhatIsDeletedHasNoBody) {
  Customer customer;
  Rendered what;
  what.customer = &customer;
  what.deleted = true;
  EXPECT_EQ(render(what).status, 204);
  EXPECT_TRUE(render(what).body.empty());
}

TEST(PaymentsJson, CurrenciesAreTakenInEitherCase) {
  EXPECT_EQ(*currency_of("EUR", "/currency"), "eur");
  EXPECT_EQ(*currency_of("eur", "/currency"), "eur");
  for (const char* wrong : {"", "EU", "EURO", "E1R", "€", "ZZZ", "zzz", "XAU", "POINTS"}) {
    const auto code = currency_of(wrong, "/currency");
    ASSERT_FALSE(code.ok()) << wrong;
    EXPECT_EQ(code.error().fields.at(0).field, "/currency");
  }
}

TEST(PaymentsJson, EachStateHasANameThatLeadsBack) {
  for (int i = 0; i <= static_cast<int>(PaymentState::kCanceled); ++i) {
    const auto state = static_cast<PaymentState>(i);
    EXPECT_EQ(payment_state_of(name_of(state)), state);
  }
  EXPECT_FALSE(payment_state_of("paid"));
}

TEST(PaymentsJson, MetadataIsTexts) {
  const auto pairs = [](const char* text, bool may_delete) {
    return pairs_of(*json::parse(text)->if_object(), "/metadata", may_delete);
  };
  EXPECT_EQ(*pairs(R"({"a":"1"})", false), (Pairs{{"a", "1"}}));
  EXPECT_FALSE(pairs(R"({"a":1})", false).ok());
  EXPECT_FALSE(pairs(R"({"a":null})", false).ok());
  EXPECT_EQ(*pairs(R"({"a":null})", true), (Pairs{{"a", ""}}));
}

TEST(Hearing, IsDoneWhenAllIsStoredAndFailsOnce) {
  std::vector<std::function<void(base::Status)>> waiting;
  const Hear hear = [&](const std::string& provider, const ProviderNotice& /*notice*/,
                        auto stored) {
    EXPECT_EQ(provider, "sandbox");
    waiting.push_back(std::move(stored));
  };
  int done = 0;
  bool ok = true;
  const auto end = [&](const base::Status& status) {
    ++done;
    ok = status.ok();
  };
  hear_all("sandbox", std::vector<ProviderNotice>(3), hear, end);
  ASSERT_EQ(waiting.size(), 3U);
  waiting[2](base::ok_status());
  waiting[0](base::fail(base::Code::kUnavailable, "storage_busy", "Busy."));
  EXPECT_EQ(done, 0);
  waiting[1](base::ok_status());
  EXPECT_EQ(done, 1);
  EXPECT_FALSE(ok);
  hear_all("sandbox", {}, hear, end);
  EXPECT_EQ(done, 2);
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace ashlar::payments
