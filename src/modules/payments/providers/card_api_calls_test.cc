#include "modules/payments/providers/card_api_calls.h"

#include <gtest/gtest.h>

namespace ashlar::payments {
namespace {

using enum ProviderEnd;

ProviderAnswer meant(int status, std::string body, ProviderOp op = ProviderOp::kAuthorize,
                     outbound::HeaderList headers = {}) {
  ProviderCall call;
  call.op = op;
  call.key = "k";
  call.amount = 900;
  outbound::Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.headers = std::move(headers);
  return card_api_answer(call, answer);
}

std::string error(const std::string& type, const std::string& code = "x") {
  return R"({"error":{"type":")" + type + R"(","code":")" + code + R"(","message":"m"}})";
}

TEST(CardApiCalls, OnlyWhatTheApiItselfSaysIsAnEnd) {
  const std::string card = error("card_error", "card_declined");
  EXPECT_EQ(meant(402, card).end, kDeclined);
  EXPECT_EQ(meant(400, error("invalid_request_error")).end, kDeclined);
  EXPECT_EQ(meant(404, error("invalid_request_error", "resource_missing")).decline_code,
            "resource_missing");
  EXPECT_EQ(meant(401, error("invalid_request_error")).end, kNotDone);
  EXPECT_EQ(meant(403, error("invalid_request_error")).end, kNotDone);
  EXPECT_EQ(meant(429, error("rate_limit_error")).end, kNotDone);
  EXPECT_EQ(meant(400, error("idempotency_error")).end, kUnknown);
  EXPECT_EQ(meant(409, error("invalid_request_error", "idempotency_key_in_use")).end, kUnknown);
  EXPECT_EQ(meant(500, error("api_error")).end, kUnknown);
  EXPECT_EQ(meant(503, "busy").end, kUnknown);
}

// A gateway's answer is nobody's word about money, whatever its status.
TEST(CardApiCalls, AnAnswerWithoutAnObjectOfTheApisIsUnknown) {
  for (const int status : {200, 201, 301, 400, 402, 404, 422}) {
    EXPECT_EQ(meant(status, "<html>").end, kUnknown) << status;
    EXPECT_EQ(meant(status, "{}").end, kUnknown) << status;
    EXPECT_EQ(meant(status, R"({"type":"about:blank","status":422})").end, kUnknown) << status;
  }
}

TEST(CardApiCalls, ShouldRetrySaysThatNothingWasBegun) {
  const outbound::HeaderList again{{"stripe-should-retry", "true"}};
  EXPECT_EQ(meant(400, error("api_error"), ProviderOp::kCapture, again).end, kNotDone);
  EXPECT_EQ(meant(409, error("api_error"), ProviderOp::kCapture, again).end, kUnknown);
  EXPECT_EQ(meant(500, error("api_error"), ProviderOp::kCapture, again).end, kUnknown);
  const outbound::HeaderList never{{"stripe-should-retry", "false"}};
  EXPECT_EQ(meant(400, error("api_error"), ProviderOp::kCapture, never).end, kDeclined);
}

TEST(CardApiCalls, AnIntentsStatusIsTheEnd) {
  const auto status = [](const std::string& text, const std::string& more = {}) {
    return meant(200, R"({"id":"pi_1","amount":900,"status":")" + text + "\"" + more + "}");
  };
  EXPECT_EQ(status("succeeded").end, kApplied);
  EXPECT_EQ(status("requires_capture").end, kApplied);
  EXPECT_EQ(status("processing").end, kPending);
  EXPECT_EQ(status("requires_payment_method").end, kDeclined);
  EXPECT_EQ(status("something_new").end, kUnknown);
  const ProviderAnswer asks = status(
      "requires_action",
      R"(,"next_action":{"type":"redirect_to_url","redirect_to_url":{"url":"https://b.test/3"}})");
  EXPECT_EQ(asks.end, kNeedsAction);
  EXPECT_EQ(asks.action_url, "https://b.test/3");
  const auto refund = [](const std::string& text) {
    return meant(200, R"({"id":"re_1","amount":5,"status":")" + text + "\"}", ProviderOp::kRefund);
  };
  EXPECT_EQ(refund("succeeded").end, kApplied);
  EXPECT_EQ(refund("pending").end, kPending);
  EXPECT_EQ(refund("failed").end, kDeclined);
}

// A call is sent again for half of the time that keys are remembered: what the last sending made
// must be among what is looked through, or it would be taken for not done.
TEST(CardApiCalls, WhatIsLookedThroughReachesToTheLastSending) {
  ProviderCall call;
  call.op = ProviderOp::kAuthorize;
  call.key = "k";
  call.begun_at = base::Time{base::Seconds{1'000'000}};
  const auto question = card_api_question(call, "");
  ASSERT_TRUE(question.has_value());
  EXPECT_NE(question->path.find("created%5Bgte%5D=999700"), std::string::npos) << question->path;
  EXPECT_NE(question->path.find("created%5Blte%5D=1046800"), std::string::npos) << question->path;
}

TEST(CardApiCalls, AFeeInAnotherCurrencyIsNoAmountOfThePayments) {
  const auto fee = [](const std::string& settled) {
    return meant(200, R"({"id":"pi_1","amount":900,"amount_received":900,"currency":"eur",)"
                      R"("status":"succeeded","latest_charge":{"id":"ch_1","balance_transaction":)"
                      R"({"id":"txn_1","fee":29)" +
                          settled + "}}}")
        .fee;
  };
  EXPECT_EQ(fee(R"(,"currency":"eur")"), 29);
  EXPECT_EQ(fee(""), 29);
  EXPECT_EQ(fee(R"(,"currency":"usd")"), 0);
}

TEST(CardApiCalls, FormsAndPathsHoldOnlyWhatTheyMay) {
  EXPECT_EQ(form_encoded("a b&c=d/é~"), "a%20b%26c%3Dd%2F%C3%A9~");
  ProviderCall call;
  call.op = ProviderOp::kCancel;
  call.reference = "../customers?x";
  EXPECT_EQ(card_api_request(call, {}).path, "/v1/payment_intents/..%2Fcustomers%3Fx/cancel");
}

TEST(CardApiCalls, OthersAreSentWhatAnybodyKnows) {
  ProviderCall call;
  call.op = ProviderOp::kCapture;
  call.reference = "pi_1";
  call.amount = 5;
  const auto form = [&](std::string_view url) {
    return card_api_request(call, card_api_terms(url)).body;
  };
  EXPECT_NE(form("https://api.stripe.com").find("ashlar_capture"), std::string::npos);
  EXPECT_EQ(form("http://127.0.0.1:9000").find("metadata"), std::string::npos);
}

TEST(CardApiCalls, EvidenceIsSubmittedAndFoundByItsMark) {
  ProviderCall call;
  call.op = ProviderOp::kEvidence;
  call.key = "k";
  call.reference = "dp_1";
  call.details = {{"uncategorized_text", "it was sent"}};
  const CardApiRequest request = card_api_request(call, {});
  EXPECT_EQ(request.path, "/v1/disputes/dp_1");
  EXPECT_EQ(request.body,
            "evidence%5Buncategorized_text%5D=it%20was%20sent&metadata%5Bashlar_evidence%5D=k"
            "&submit=true");
  outbound::Answer answer;
  answer.status = 200;
  answer.body = R"({"id":"dp_1","status":"under_review","metadata":{"ashlar_evidence":"k"}})";
  EXPECT_EQ(card_api_finding(call, answer).answer->end, kApplied);
  call.key = "other";
  EXPECT_EQ(card_api_finding(call, answer).answer->end, kNotDone);
}

}  // namespace
}  // namespace ashlar::payments
