#include "modules/payments/profile/objects.h"

#include <gtest/gtest.h>

#include "modules/payments/ids.h"
#include "modules/payments/payment_events.h"
#include "modules/payments/profile/profile_event.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

const std::string kPay = "pay_0Xq1abcd0123456789ABCD";
const base::Time kAt = base::from_micros(1'790'000'000'500'000);

PaymentEvent event(EventType type, std::string_view prefix = {}, Money amount = 0) {
  PaymentEvent made;
  made.type = type;
  made.at = kAt;
  if (!prefix.empty()) made.part = part_id(prefix, kPay, 1);
  made.amount = amount;
  made.reference = std::string(prefix) + "reference";
  return made;
}

class ObjectsTest : public testing::Test {
 protected:
  void begin(bool manual) {
    PaymentEvent created = event(EventType::kCreated);
    created.part = kPay;
    created.amount = 2000;
    created.currency = "usd";
    created.method = "pm_card_visa";
    created.manual = manual;
    created.metadata = Pairs{{"order", "6735"}};
    must(created);
    PaymentEvent authorizing = event(EventType::kAuthorizing, "ch_", 2000);
    authorizing.token = "pm_card_visa";
    must(authorizing);
  }
  void authorize() {
    PaymentEvent authorized = event(EventType::kAuthorized, "ch_", 2000);
    authorized.network = "visa";
    authorized.last4 = "4242";
    must(authorized);
  }
  void capture(Money amount) {
    PaymentEvent capturing = event(EventType::kCapturing, "cap_", amount);
    capturing.last = true;
    must(capturing);
    PaymentEvent captured = event(EventType::kCaptured, "cap_", amount);
    captured.last = true;
    captured.fee = 88;
    must(captured);
  }
  void must(const PaymentEvent& happened) {
    before_ = payment_;
    const base::Status applied = apply(payment_, happened);
    ASSERT_TRUE(applied.ok()) << name_of(happened.type) << " " << applied.error().detail;
    told_.payment = payment_;
    told_.payment_before = before_;
    told_.type = name_of(happened.type);
    told_.event = happened;
    told_.id = event_id(kPay, payment_.events);
  }

  json::Value intent() {
    std::string text;
    json::Writer out(text);
    EXPECT_TRUE(write_payment_intent(out, payment_, {}, Expand::none()).ok());
    return *json::parse(text);
  }
  json::Value charge() {
    std::string text;
    json::Writer out(text);
    EXPECT_TRUE(write_charge(out, payment_, payment_.attempts.at(0), {}, Expand::none()).ok());
    return *json::parse(text);
  }
  static std::string text(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    if (value == nullptr) return "(missing)";
    if (const auto* text = value->if_string()) return *text;
    return json::to_text(*value);
  }
  std::string types() {
    std::string all;
    for (const ProfileEvent& one : events_of(told_)) {
      all.append(all.empty() ? "" : " ").append(one.type);
    }
    return all;
  }

  Payment payment_, before_;
  Told told_;
};

TEST_F(ObjectsTest, IdsAreTranslatedBothWays) {
  EXPECT_EQ(intent_id(kPay), "pi_0Xq1abcd0123456789ABCD");
  EXPECT_EQ(payment_id("pi_0Xq1abcd0123456789ABCD"), kPay);
  EXPECT_EQ(payment_id(kPay), kPay);
  EXPECT_EQ(payment_id(""), "");
}

TEST_F(ObjectsTest, EveryStateHasItsStatus) {
  begin(true);
  EXPECT_EQ(text(intent(), "status"), "processing");
  EXPECT_EQ(text(intent(), "latest_charge"), payment_.attempts[0].id);
  EXPECT_EQ(text(charge(), "status"), "pending");
  authorize();
  EXPECT_EQ(text(intent(), "status"), "requires_capture");
  EXPECT_EQ(text(intent(), "amount_capturable"), "2000");
  EXPECT_EQ(text(charge(), "status"), "succeeded");
  EXPECT_EQ(text(charge(), "captured"), "false");
  EXPECT_EQ(text(charge(), "balance_transaction"), "null");
  capture(500);
  EXPECT_EQ(text(intent(), "status"), "succeeded");
  EXPECT_EQ(text(intent(), "amount_received"), "500");
  EXPECT_EQ(text(intent(), "amount_capturable"), "0");
  EXPECT_EQ(text(charge(), "captured"), "true");
  EXPECT_EQ(text(charge(), "amount_captured"), "500");
  EXPECT_EQ(text(charge(), "balance_transaction"), entry_id(payment_.captures[0].id, 'c'));
  EXPECT_EQ(text(intent(), "created"), "1790000000");  // whole seconds
  EXPECT_EQ(text(intent(), "metadata"), R"({"order":"6735"})");
}

TEST_F(ObjectsTest, ADeclineIsTheLastError) {
  begin(false);
  PaymentEvent declined = event(EventType::kDeclined, "ch_");
  declined.code = "insufficient_funds";
  declined.message = "Your card has insufficient funds.";
  must(declined);
  EXPECT_EQ(text(intent(), "status"), "requires_payment_method");
  const json::Value shown = intent();
  const json::Value* error = shown.find("last_payment_error");
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(text(*error, "code"), "card_declined");
  EXPECT_EQ(text(*error, "decline_code"), "insufficient_funds");
  EXPECT_EQ(text(*error, "type"), "card_error");
  EXPECT_EQ(text(charge(), "status"), "failed");
  EXPECT_EQ(text(charge(), "failure_code"), "card_declined");
  EXPECT_EQ(types(), "payment_intent.payment_failed charge.failed");
}

TEST_F(ObjectsTest, EventsOfAPaymentThatIsTakenAtOnce) {
  begin(false);
  authorize();
  EXPECT_EQ(types(), "");
  capture(2000);
  EXPECT_EQ(types(), "payment_intent.succeeded charge.succeeded");
  const auto events = events_of(told_);
  EXPECT_EQ(events[0].id, told_.id);
  EXPECT_EQ(core_event_id(events[0].id), told_.id);
  EXPECT_NE(events[1].id, told_.id);
  EXPECT_EQ(core_event_id(events[1].id), told_.id);
}

TEST_F(ObjectsTest, EventsOfAPaymentThatIsHeld) {
  begin(true);
  authorize();
  EXPECT_EQ(types(), "payment_intent.amount_capturable_updated charge.succeeded");
  capture(2000);
  EXPECT_EQ(types(), "payment_intent.succeeded charge.captured");
}

TEST_F(ObjectsTest, EveryEventThatIsIsACandidate) {
  for (const bool manual : {false, true}) {
    payment_ = {};
    begin(manual);
    authorize();
    capture(2000);
    const auto candidates = candidates_of(told_.type, told_.id);
    for (const ProfileEvent& one : events_of(told_)) {
      EXPECT_TRUE(std::any_of(candidates.begin(), candidates.end(), [&](const ProfileEvent& c) {
        return c.id == one.id && c.type == one.type;
      })) << one.type;
    }
  }
}

TEST_F(ObjectsTest, TypesOfEventsAreKnown) {
  EXPECT_TRUE(is_event_type("payment_intent.succeeded"));
  EXPECT_TRUE(is_event_type("charge.*"));
  EXPECT_FALSE(is_event_type("invoice.paid"));
  EXPECT_FALSE(is_event_type(""));
  EXPECT_TRUE(fits("*", "charge.refunded"));
  EXPECT_TRUE(fits("charge.*", "charge.refunded"));
  EXPECT_FALSE(fits("charge.*", "charger"));
  EXPECT_EQ(core_types_of("charge.refunded"), std::vector<std::string>{"refund.succeeded"});
  EXPECT_TRUE(core_types_of("invoice.paid").empty());
}

TEST_F(ObjectsTest, EvidenceAndBalance) {
  EXPECT_EQ(evidence_names().size(), 26U);
  std::string text;
  json::Writer out(text);
  write_balance(out, {{"eur", 5, 7}, {"usd", 0, -3}}, {nullptr, false});
  EXPECT_EQ(text, R"({"object":"balance","available":[{"amount":7,"currency":"eur","source_types":)"
                  R"({"card":7}},{"amount":-3,"currency":"usd","source_types":{"card":-3}}],)"
                  R"("livemode":false,"pending":[{"amount":5,"currency":"eur","source_types":)"
                  R"({"card":5}},{"amount":0,"currency":"usd","source_types":{"card":0}}]})");
}

TEST_F(ObjectsTest, TokensOfTheSandboxAreMethodsOfNobody) {
  const Method method = method_of_token("pm_card_amex");
  EXPECT_EQ(method.id, "pm_card_amex");
  EXPECT_EQ(method.network, "amex");
  EXPECT_EQ(method.customer, "");
  EXPECT_EQ(method_of_token("other").last4, "");
}

}  // namespace
}  // namespace ashlar::payments::profile
