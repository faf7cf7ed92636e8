// The profile's face over the real core, on both engines: what an answer is, that it is kept, and
// that another process renders the same.
#include "modules/payments/profile/profile_face.h"

#include "modules/payments/profile/objects.h"
#include "modules/payments/profile/profile_event.h"
#include "modules/payments/testing/payments_fixture.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

class ProfileFaceTest : public PaymentsFixture {
 protected:
  void SetUp() override {
    PaymentsFixture::SetUp();
    if (process_) payments().set_face(FaceKind::kProfile, profile_);
  }

  Asked by_profile(const std::string& key, ObjectKind kind, std::vector<std::string> expand = {}) {
    Asked made = asked(key);
    made.face = FaceKind::kProfile;
    made.face_state = FaceState{kind, std::move(expand)}.to_text();
    return made;
  }
  Answered pay(const std::string& key, std::vector<std::string> expand = {}) {
    NewPayment payment = wanted(1000, Capture::kAutomatic);
    payment.confirm = true;
    return ask([&](Done done) {
      payments().create(by_profile(key, ObjectKind::kPaymentIntent, expand), payment,
                        std::move(done));
    });
  }
  static std::string member(const Answered& answer, std::initializer_list<std::string_view> path) {
    const auto parsed = json::parse(answer.body);
    if (!parsed.ok()) return "not JSON: " + answer.body;
    const json::Value* value = &*parsed;
    for (const std::string_view name : path) {
      value = value->find(name);
      if (value == nullptr) return "(missing)";
    }
    const std::string* text = value->if_string();
    return text != nullptr ? *text : json::to_text(*value);
  }

  const ProfileFace profile_;
};

TEST_P(ProfileFaceTest, APaymentIsAnIntentAndExpandsWhatWasAskedFor) {
  const Answered plain = pay("");
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(member(plain, {"object"}), "payment_intent");
  EXPECT_EQ(member(plain, {"status"}), "succeeded");
  EXPECT_TRUE(member(plain, {"latest_charge"}).starts_with("ch_"));
  EXPECT_EQ(member(plain, {"livemode"}), "false");
  const Answered whole = pay("", {"latest_charge.balance_transaction"});
  EXPECT_EQ(member(whole, {"latest_charge", "object"}), "charge");
  EXPECT_EQ(member(whole, {"latest_charge", "balance_transaction", "amount"}), "1000");
  EXPECT_EQ(member(whole, {"latest_charge", "balance_transaction", "net"}), "997");
}

TEST_P(ProfileFaceTest, ADeclineIsACardErrorAndIsKept) {
  banks_.north.fates = {ModelBank::Fate::kDeclined};
  const Answered first = pay("k");
  EXPECT_EQ(first.status, 402);
  EXPECT_EQ(member(first, {"error", "type"}), "card_error");
  EXPECT_EQ(member(first, {"error", "code"}), "card_declined");
  EXPECT_EQ(member(first, {"error", "decline_code"}), "insufficient_funds");
  EXPECT_EQ(member(first, {"error", "payment_intent", "status"}), "requires_payment_method");
  const Answered again = pay("k");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.body, first.body);
}

TEST_P(ProfileFaceTest, WhatIsUnderWayIsProcessing) {
  banks_.north.fates = {ModelBank::Fate::kLost};
  const Answered answer = pay("");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(member(answer, {"status"}), "processing");
  advance(base::Seconds{60});
  resolve();
}

// The process that asked the provider is gone: another one answers, in this API's form, for it.
TEST_P(ProfileFaceTest, AnotherProcessAnswersInTheSameForm) {
  banks_.north.fates = {ModelBank::Fate::kHangs};
  NewPayment payment = wanted(1000, Capture::kAutomatic);
  payment.confirm = true;
  const auto start = [&](Done done) {
    payments().create(
        by_profile("k", ObjectKind::kPaymentIntent, {"latest_charge.balance_transaction"}), payment,
        std::move(done));
  };
  EXPECT_FALSE(try_ask(start).has_value());  // it waits for the provider, and dies
  die_and_restart();
  payments().set_face(FaceKind::kProfile, profile_);
  const Answered answer = ask(start);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(member(answer, {"status"}), "succeeded");
  EXPECT_EQ(member(answer, {"latest_charge", "balance_transaction", "amount"}), "1000");
  EXPECT_EQ(ask(start).body, answer.body);
  EXPECT_EQ(banks_.north.moved.size(), 1U);
}

TEST_P(ProfileFaceTest, RefundsCustomersAndMethods) {
  const std::string intent = member(pay(""), {"id"});
  NewRefund refund;
  refund.payment = payment_id(intent);
  refund.amount = 400;
  const Answered refunded = ask([&](Done done) {
    payments().refund(by_profile("", ObjectKind::kRefund, {"charge.refunds"}), refund,
                      std::move(done));
  });
  EXPECT_EQ(member(refunded, {"object"}), "refund");
  EXPECT_EQ(member(refunded, {"payment_intent"}), intent);
  EXPECT_EQ(member(refunded, {"charge", "amount_refunded"}), "400");
  CustomerChange change;
  change.name = "Ada";
  const Answered customer = ask([&](Done done) {
    payments().create_customer(by_profile("", ObjectKind::kCustomer), change, std::move(done));
  });
  EXPECT_EQ(member(customer, {"name"}), "Ada");
  const std::string id = member(customer, {"id"});
  const Answered deleted = ask([&](Done done) {
    payments().delete_customer(by_profile("", ObjectKind::kCustomer), id, std::move(done));
  });
  EXPECT_EQ(deleted.body, R"({"id":")" + id + R"(","object":"customer","deleted":true})");
}

TEST_P(ProfileFaceTest, EveryEventIsRenderedAsItThenWas) {
  pay("");
  refund(captured(500));
  const auto told = read([](Reads& reads) {
    Window window;
    window.limit = 100;
    return reads.events(window);
  });
  std::size_t events = 0;
  for (const Told& one : told.rows) {
    for (const ProfileEvent& event : events_of(one)) {
      const std::string text = read([&](Reads& reads) -> base::Result<std::string> {
        std::string body;
        json::Writer out(body);
        ASHLAR_TRY(write_event(out, event, one, reads, true, 0));
        return body;
      });
      const auto parsed = json::parse(text);
      ASSERT_TRUE(parsed.ok()) << text;
      EXPECT_EQ(*parsed->find("type")->if_string(), event.type);
      if (event.type == "payment_intent.created") {
        const json::Value& object = *parsed->find("data")->find("object");
        EXPECT_EQ(*object.find("status")->if_string(), "requires_confirmation");
      }
      ++events;
    }
  }
  // Two payments: created, charge, intent; and a refund: created, updated, charge.
  EXPECT_EQ(events, 9U);
}

INSTANTIATE_TEST_SUITE_P(Storage, ProfileFaceTest, storage::both_engines(), storage::engine_name);

}  // namespace
}  // namespace ashlar::payments::profile
