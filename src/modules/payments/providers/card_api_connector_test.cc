// The connector against a double of the card API on loopback: what is sent, what answers mean, and
// how what was lost is found again.
#include "modules/payments/providers/card_api_connector.h"

#include <gtest/gtest.h>

#include <future>

#include "base/clock.h"
#include "modules/payments/providers/testing/card_api_double.h"
#include "modules/payments/providers/timed_signature.h"
#include "platform/observability/metrics.h"

namespace ashlar::payments {
namespace {

using enum ProviderEnd;
using enum ProviderOp;
using Reply = CardApiDouble::Reply;

class CardApiConnectorTest : public ::testing::Test {
 protected:
  CardApiConnectorTest() { connector_ = make(double_.url()); }

  std::unique_ptr<CardApiConnector> make(std::string url, CardApiTerms terms = {}) {
    CardApiOptions options;
    options.name = "card" + std::to_string(++made_);
    options.base_url = std::move(url);
    options.api_key = "key_for_tests";
    options.webhook_secrets = {"whsec_old", "whsec_new"};
    options.allow_private = true;
    options.terms = std::move(terms);
    options.call_time = base::Millis{3'000};
    options.attempt_time = base::Millis{1'000};
    return std::make_unique<CardApiConnector>(std::move(options), clock_, metrics_);
  }
  ProviderCall call(ProviderOp op, std::string key, std::int64_t amount,
                    std::string reference = {}) {
    ProviderCall made;
    made.op = op;
    made.tenant = base::TenantId(7);
    made.key = std::move(key);
    made.amount = amount;
    made.currency = "usd";
    made.reference = std::move(reference);
    made.token = "pm_card_visa";
    // Long enough ago: nothing of it is on its way any more.
    made.begun_at = clock_.now() - base::Seconds{200};
    return made;
  }
  ProviderAnswer submit(ProviderCall given) {
    auto promise = std::make_shared<std::promise<ProviderAnswer>>();
    connector_->submit(std::move(given),
                       [promise](ProviderAnswer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future().get();
  }
  ProviderAnswer query(ProviderCall given) {
    auto promise = std::make_shared<std::promise<ProviderAnswer>>();
    connector_->query(std::move(given),
                      [promise](ProviderAnswer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future().get();
  }

  base::SystemClock clock_;
  obs::Registry metrics_;
  CardApiDouble double_;
  std::unique_ptr<CardApiConnector> connector_;
  int made_ = 0;
};

// 500 shillings would be five.
TEST_F(CardApiConnectorTest, CurrenciesThatTheApiCountsOtherwiseAreDeclinedUnsent) {
  for (const char* currency : {"ugx", "isk", "mga"}) {
    ProviderCall made = call(kAuthorize, std::string("pay_1:authorize:") + currency, 500);
    made.currency = currency;
    const ProviderAnswer answer = submit(made);
    EXPECT_EQ(answer.end, kDeclined) << currency;
    EXPECT_EQ(answer.decline_code, "currency_not_supported");
    EXPECT_EQ(query(made).end, kNotDone) << currency;
  }
  ProviderCall yen = call(kAuthorize, "pay_1:authorize:jpy", 500);
  yen.currency = "jpy";
  EXPECT_EQ(submit(yen).end, kApplied);
}

TEST_F(CardApiConnectorTest, AuthorizesCapturesInPartsAndRefunds) {
  const ProviderAnswer held = submit(call(kAuthorize, "pay_1:authorize:1", 2'000));
  ASSERT_EQ(held.end, kApplied) << held.message;
  EXPECT_EQ(held.reference, "pi_1");
  EXPECT_EQ(held.amount, 2'000);
  EXPECT_EQ(held.fee, 0);
  EXPECT_EQ(held.network, "visa");
  ProviderCall part = call(kCapture, "pay_1:capture:1", 500, "pi_1");
  part.last = false;
  const ProviderAnswer first = submit(part);
  ASSERT_EQ(first.end, kApplied);
  EXPECT_EQ(first.amount, 500);
  EXPECT_EQ(first.fee, 59);
  const ProviderAnswer second = submit(call(kCapture, "pay_1:capture:2", 1'500, "pi_1"));
  ASSERT_EQ(second.end, kApplied);
  EXPECT_NE(second.reference, first.reference);
  const ProviderAnswer back = submit(call(kRefund, "pay_1:refund:1", 300, "pi_1"));
  EXPECT_EQ(back.end, kApplied);
  EXPECT_EQ(back.reference, "re_1");

  const auto seen = double_.seen();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0].key, "pay_1:authorize:1");
  EXPECT_EQ(seen[0].authorization, "Bearer key_for_tests");
  EXPECT_NE(seen[0].body.find("amount=2000&currency=usd&payment_method=pm_card_visa"),
            std::string::npos);
  EXPECT_NE(seen[0].body.find("capture_method=manual"), std::string::npos);
  EXPECT_NE(seen[0].body.find("metadata%5Bashlar_tenant%5D=7"), std::string::npos);
  EXPECT_EQ(seen[1].target, "/v1/payment_intents/pi_1/capture");
  EXPECT_NE(seen[1].body.find("final_capture=false"), std::string::npos);
}

TEST_F(CardApiConnectorTest, CapturesAtOnceAndCancels) {
  ProviderCall at_once = call(kAuthorize, "a", 900);
  at_once.capture = true;
  const ProviderAnswer paid = submit(at_once);
  EXPECT_EQ(paid.end, kApplied);
  EXPECT_EQ(paid.capture_reference, "ch_1");
  EXPECT_EQ(paid.fee, 59);
  EXPECT_EQ(submit(call(kAuthorize, "b", 900)).reference, "pi_2");
  const ProviderAnswer gone = submit(call(kCancel, "c", 0, "pi_2"));
  EXPECT_EQ(gone.end, kApplied);
  EXPECT_EQ(gone.amount, 900);
}

TEST_F(CardApiConnectorTest, ADeclineSaysWhy) {
  ProviderCall poor = call(kAuthorize, "a", 900);
  poor.token = "pm_card_chargeDeclinedInsufficientFunds";
  const ProviderAnswer answer = submit(poor);
  EXPECT_EQ(answer.end, kDeclined);
  EXPECT_EQ(answer.decline_code, "insufficient_funds");
  EXPECT_EQ(answer.reference, "pi_declined");
  EXPECT_EQ(submit(call(kCapture, "b", 900, "pi_none")).decline_code, "resource_missing");
}

TEST_F(CardApiConnectorTest, ALostAnswerIsRepeatedUnderTheSameKeyAndDoneOnce) {
  double_.answer_once({.cut = true}, true);
  const ProviderAnswer answer = submit(call(kAuthorize, "a", 900));
  EXPECT_EQ(answer.end, kApplied);
  EXPECT_EQ(double_.done(), 1);
  EXPECT_EQ(double_.seen().size(), 2U);
  EXPECT_EQ(double_.seen()[0].key, double_.seen()[1].key);
}

TEST_F(CardApiConnectorTest, NobodyThereIsNotDoneAndSilenceIsUnknown) {
  std::string nobody;
  {
    const CardApiDouble gone;
    nobody = gone.url();
  }
  connector_ = make(nobody);
  EXPECT_EQ(submit(call(kAuthorize, "a", 900)).end, kNotDone);
  EXPECT_EQ(query(call(kAuthorize, "a", 900)).end, kUnknown);
  connector_ = make(double_.url());
  double_.answer_after(std::chrono::milliseconds(1'500));
  ProviderCall hasty = call(kAuthorize, "b", 900);
  hasty.deadline = clock_.mono() + base::Millis{500};
  EXPECT_EQ(submit(hasty).end, kUnknown);
  double_.answer_after(std::chrono::milliseconds(0));
  hasty.deadline = {};
  const ProviderAnswer found = query(hasty);
  EXPECT_EQ(found.end, kApplied);
  EXPECT_EQ(double_.done(), 1);
}

TEST_F(CardApiConnectorTest, WhatWasDoneIsFoundByItsKey) {
  for (int i = 0; i < 7; ++i) submit(call(kAuthorize, "k" + std::to_string(i), 100 + i));
  double_.page = 2;
  const ProviderAnswer third = query(call(kAuthorize, "k2", 102));
  EXPECT_EQ(third.end, kApplied);
  EXPECT_EQ(third.reference, "pi_3");
  EXPECT_EQ(query(call(kAuthorize, "k9", 100)).end, kNotDone);
  ProviderCall young = call(kAuthorize, "k9", 100);
  young.begun_at = clock_.now();
  EXPECT_EQ(query(young).end, kUnknown);  // it may be on its way

  submit(call(kCapture, "c1", 50, "pi_1"));
  EXPECT_EQ(query(call(kCapture, "c1", 50, "pi_1")).end, kApplied);
  EXPECT_EQ(query(call(kCapture, "c2", 50, "pi_1")).end, kNotDone);
  EXPECT_EQ(query(call(kCapture, "c3", 50, "pi_2")).end, kNotDone);
  submit(call(kRefund, "r1", 20, "pi_1"));
  EXPECT_EQ(query(call(kRefund, "r1", 20, "pi_1")).reference, "re_1");
  EXPECT_EQ(query(call(kRefund, "r2", 20, "pi_1")).end, kNotDone);
  EXPECT_EQ(query(call(kCancel, "x", 0, "pi_2")).end, kNotDone);
  submit(call(kCancel, "x", 0, "pi_2"));
  EXPECT_EQ(query(call(kCancel, "x", 0, "pi_2")).end, kApplied);
}

// Medusa#16292: a new key for each try may do it twice.
TEST_F(CardApiConnectorTest, AmongTooManyItAsksWithTheSameKeyOnce) {
  for (int i = 0; i < CardApiConnector::kMaxPages + 5; ++i) {
    submit(call(kAuthorize, "k" + std::to_string(i), 100));
  }
  double_.page = 1;
  const int before = double_.done();
  const ProviderAnswer oldest = query(call(kAuthorize, "k0", 100));
  EXPECT_EQ(oldest.end, kApplied);
  EXPECT_EQ(oldest.reference, "pi_1");
  EXPECT_EQ(double_.done(), before);
  ProviderCall old = call(kAuthorize, "k0", 100);
  old.begun_at = clock_.now() - base::Seconds{24 * 3600};
  EXPECT_EQ(query(old).end, kUnknown);  // the key may be forgotten there: never sent again
}

TEST_F(CardApiConnectorTest, APartThatLeftNoMarkIsAskedForByItsKey) {
  CardApiTerms plain;
  plain.marks_captures = false;
  connector_ = make(double_.url(), plain);
  submit(call(kAuthorize, "a", 1'000));
  for (const char* key : {"c1", "c2"}) {
    ProviderCall part = call(kCapture, key, 300, "pi_1");
    part.last = false;
    EXPECT_EQ(submit(part).end, kApplied);
  }
  const int before = double_.done();
  ProviderCall part = call(kCapture, "c2", 300, "pi_1");
  part.last = false;
  EXPECT_EQ(query(part).end, kApplied);
  EXPECT_EQ(double_.done(), before);
}

TEST_F(CardApiConnectorTest, WebhooksAreReadWhereTheirSignatureIsRight) {
  const std::string body =
      R"({"id":"evt_1","type":"charge.dispute.created","created":1700000000,"data":{"object":)"
      R"({"id":"dp_1","status":"needs_response","amount":900,"currency":"usd","reason":)"
      R"("fraudulent","payment_intent":"pi_1","evidence_details":{"due_by":1700600000},)"
      R"("balance_transactions":[{"fee":1500,"net":-2400}]}}})";
  const std::vector<std::string> theirs{"whsec_new"};
  const std::string signature = timed_signature(theirs, clock_.now(), body);
  const auto read = connector_->read_webhook(body, {{"Stripe-Signature", signature}});
  ASSERT_TRUE(read.ok()) << read.error().detail;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].kind, NoticeKind::kDisputeOpened);
  EXPECT_EQ((*read)[0].about, "pi_1");
  EXPECT_EQ((*read)[0].fee, 1'500);
  EXPECT_EQ((*read)[0].due_by, base::Time{base::Seconds{1'700'600'000}});
  EXPECT_FALSE((*read)[0].tenant.is_set());
  EXPECT_STREQ(
      connector_->read_webhook(body + " ", {{"Stripe-Signature", signature}}).error().reason,
      "notice_signature");
  EXPECT_STREQ(connector_->read_webhook(body, {}).error().reason, "notice_signature");
}

}  // namespace
}  // namespace ashlar::payments
