#include "modules/payments/payment.h"

#include <gtest/gtest.h>

#include <string>

#include "base/entropy.h"
#include "base/random.h"
#include "modules/payments/ids.h"
#include "modules/payments/payment_events.h"

namespace ashlar::payments {
namespace {

const base::Time kNow = base::from_micros(1'790'000'000'000'000);
const std::string kPay = "pay_0Xq1abcd0123456789ABCD";

PaymentEvent event(EventType type) {
  PaymentEvent made;
  made.type = type;
  made.at = kNow;
  return made;
}
PaymentEvent created(Money amount, bool manual = true) {
  PaymentEvent made = event(EventType::kCreated);
  made.part = kPay;
  made.amount = amount;
  made.currency = "usd";
  made.method = "tok_visa";
  made.manual = manual;
  return made;
}
PaymentEvent part(EventType type, std::string_view prefix, int number, Money amount = 0,
                  std::string reference = {}) {
  PaymentEvent made = event(type);
  made.part = part_id(prefix, kPay, number);
  made.amount = amount;
  made.reference = std::move(reference);
  return made;
}
PaymentEvent last(PaymentEvent made) {
  made.last = true;
  return made;
}
PaymentEvent of_charge(PaymentEvent made, int number = 1) {
  made.charge = part_id("ch_", kPay, number);
  return made;
}

class PaymentTest : public testing::Test {
 protected:
  void must(const PaymentEvent& happened) {
    const auto status = apply(payment_, happened);
    ASSERT_TRUE(status.ok()) << name_of(happened.type) << ": " << status.error().detail;
    ASSERT_EQ(check(payment_), "") << name_of(happened.type);
  }
  void refused(const PaymentEvent& happened) {
    const std::int64_t before = payment_.events;
    EXPECT_FALSE(apply(payment_, happened).ok()) << name_of(happened.type);
    EXPECT_EQ(payment_.events, before);
  }
  void authorize(Money amount) {
    must(created(amount));
    must(part(EventType::kAuthorizing, "ch_", 1, amount));
    must(part(EventType::kAuthorized, "ch_", 1, amount, "auth-1"));
  }
  void capture(Money amount) {
    authorize(amount);
    must(last(part(EventType::kCapturing, "cap_", 1, amount)));
    must(last(part(EventType::kCaptured, "cap_", 1, amount, "cap-1")));
  }

  Payment payment_;
};

TEST_F(PaymentTest, LivesFromCreationToSuccess) {
  must(created(100));
  EXPECT_EQ(payment_.state, PaymentState::kNeedsConfirmation);
  must(part(EventType::kAuthorizing, "ch_", 1, 100));
  EXPECT_EQ(payment_.state, PaymentState::kProcessing);
  must(part(EventType::kAuthorized, "ch_", 1, 100, "a"));
  EXPECT_EQ(payment_.state, PaymentState::kCapturable);
  EXPECT_EQ(payment_.capturable(), 100);
  must(last(part(EventType::kCapturing, "cap_", 1, 100)));
  must(last(part(EventType::kCaptured, "cap_", 1, 100, "c")));
  EXPECT_EQ(payment_.state, PaymentState::kSucceeded);
  EXPECT_EQ(payment_.captured(), 100);
  EXPECT_EQ(payment_.refundable(), 100);
}

TEST_F(PaymentTest, SeveralPartsAreCapturedAndTheRestReleased) {
  authorize(100);
  must(part(EventType::kCapturing, "cap_", 1, 30));
  must(part(EventType::kCaptured, "cap_", 1, 30, "c1"));
  EXPECT_EQ(payment_.state, PaymentState::kCapturable);
  EXPECT_EQ(payment_.capturable(), 70);
  must(part(EventType::kCapturing, "cap_", 2, 30));
  must(part(EventType::kCaptured, "cap_", 2, 30, "c2"));
  refused(part(EventType::kCapturing, "cap_", 3, 41));
  must(event(EventType::kCanceling));
  must(event(EventType::kCanceled));
  EXPECT_EQ(payment_.state, PaymentState::kSucceeded);
  EXPECT_EQ(payment_.captured(), 60);
  EXPECT_EQ(payment_.capturable(), 0);
}

// stripe-stateful-mock captured 200 of 100 authorised; Blnk#62.
TEST_F(PaymentTest, Blnk62NothingBeyondTheAuthorisationIsCaptured) {
  authorize(100);
  refused(last(part(EventType::kCapturing, "cap_", 1, 200)));
  must(part(EventType::kCapturing, "cap_", 1, 100));
  refused(last(part(EventType::kCaptured, "cap_", 1, 200, "c")));
  must(last(part(EventType::kCaptured, "cap_", 1, 100, "c")));
  refused(last(part(EventType::kCapturing, "cap_", 2, 1)));
}

TEST_F(PaymentTest, KillBill639NoSecondCaptureWhileTheFirstIsUnknown) {
  authorize(100);
  must(part(EventType::kCapturing, "cap_", 1, 50));
  refused(part(EventType::kCapturing, "cap_", 2, 50));
  must(event(EventType::kUnknown));
  EXPECT_EQ(payment_.state, PaymentState::kProcessing);
  refused(part(EventType::kCapturing, "cap_", 2, 50));
  refused(event(EventType::kCanceling));
  refused(event(EventType::kCanceled));
  must(part(EventType::kCaptureNotDone, "cap_", 1));
  EXPECT_EQ(payment_.state, PaymentState::kCapturable);
  must(part(EventType::kCapturing, "cap_", 2, 50));
}

TEST_F(PaymentTest, Hyperswitch13182TwoRefundsOfSixtyOnAHundred) {
  capture(100);
  must(of_charge(part(EventType::kRefunding, "re_", 1, 60)));
  refused(of_charge(part(EventType::kRefunding, "re_", 2, 60)));
  must(of_charge(part(EventType::kRefunding, "re_", 2, 40)));
  must(part(EventType::kRefunded, "re_", 1, 0, "r1"));
  must(part(EventType::kRefundFailed, "re_", 2));
  EXPECT_EQ(payment_.refundable(), 40);
  must(part(EventType::kRefundFailed, "re_", 1));
  EXPECT_EQ(payment_.refundable(), 100);
  refused(part(EventType::kRefundFailed, "re_", 1));
}

TEST_F(PaymentTest, Blnk41AVoidHappensOnce) {
  authorize(100);
  must(event(EventType::kCanceling));
  refused(event(EventType::kCanceling));
  must(event(EventType::kCanceled));
  EXPECT_EQ(payment_.state, PaymentState::kCanceled);
  EXPECT_EQ(payment_.attempts[0].state, AttemptState::kReleased);
  refused(event(EventType::kCanceled));
  refused(event(EventType::kCanceling));
}

// Blnk#42 asks to undo a void; a final state never leaves.
TEST_F(PaymentTest, Blnk42NothingComesBackAfterAVoid) {
  authorize(100);
  must(event(EventType::kCanceled));
  refused(last(part(EventType::kCapturing, "cap_", 1, 100)));
  refused(last(part(EventType::kCaptured, "cap_", 1, 100, "c")));
  refused(part(EventType::kAuthorizing, "ch_", 2, 100));
  refused(part(EventType::kAuthorized, "ch_", 1, 100, "late"));
}

TEST_F(PaymentTest, ARefundWhileDisputedIsRefused) {
  capture(100);
  PaymentEvent opened = of_charge(part(EventType::kDisputeOpened, "dp_", 1, 60, "d1"));
  opened.fee = 15;
  must(opened);
  EXPECT_EQ(payment_.refundable(), 40);
  refused(of_charge(part(EventType::kRefunding, "re_", 1, 10)));
  must(part(EventType::kDisputeLost, "dp_", 1));
  refused(of_charge(part(EventType::kRefunding, "re_", 1, 41)));
  must(of_charge(part(EventType::kRefunding, "re_", 1, 40)));
  refused(part(EventType::kDisputeWon, "dp_", 1));
}

TEST_F(PaymentTest, TheSameDisputeOpensOnce) {
  capture(100);
  must(of_charge(part(EventType::kDisputeOpened, "dp_", 1, 60, "d1")));
  refused(of_charge(part(EventType::kDisputeOpened, "dp_", 2, 60, "d1")));
}

TEST_F(PaymentTest, ADeclineAsksForAnotherMethod) {
  must(created(100));
  must(part(EventType::kAuthorizing, "ch_", 1, 100));
  PaymentEvent declined = part(EventType::kDeclined, "ch_", 1);
  declined.code = "insufficient_funds";
  must(declined);
  EXPECT_EQ(payment_.state, PaymentState::kNeedsMethod);
  refused(part(EventType::kAuthorized, "ch_", 1, 100, "late"));
  PaymentEvent updated = event(EventType::kUpdated);
  updated.method = "tok_other";
  must(updated);
  must(part(EventType::kAuthorizing, "ch_", 2, 100));
  must(part(EventType::kAuthorized, "ch_", 2, 100, "a2"));
}

TEST_F(PaymentTest, TheCustomerMayAuthenticateWhileACancellationIsUnderWay) {
  must(created(100));
  must(part(EventType::kAuthorizing, "ch_", 1, 100));
  must(part(EventType::kActionNeeded, "ch_", 1, 0, "a"));
  EXPECT_EQ(payment_.state, PaymentState::kNeedsAction);
  must(event(EventType::kCanceling));
  must(part(EventType::kAuthorized, "ch_", 1, 100, "a"));
  EXPECT_EQ(payment_.in_flight, InFlight::kCancel);
  refused(last(part(EventType::kCapturing, "cap_", 1, 100)));
  must(event(EventType::kCancelNotDone));
  EXPECT_EQ(payment_.state, PaymentState::kCapturable);
}

TEST_F(PaymentTest, AnUnknownAuthorisationIsResolvedEitherWay) {
  must(created(100));
  must(part(EventType::kAuthorizing, "ch_", 1, 100));
  must(event(EventType::kUnknown));
  EXPECT_EQ(payment_.state, PaymentState::kProcessing);
  Payment other = payment_;
  ASSERT_TRUE(apply(other, part(EventType::kAuthorizeNotDone, "ch_", 1)).ok());
  EXPECT_EQ(other.state, PaymentState::kNeedsConfirmation);
  must(part(EventType::kAuthorized, "ch_", 1, 100, "a"));
  EXPECT_EQ(payment_.state, PaymentState::kCapturable);
  EXPECT_FALSE(payment_.unknown);
}

TEST_F(PaymentTest, AnAuthorisationExpires) {
  authorize(100);
  must(part(EventType::kCapturing, "cap_", 1, 40));
  refused(part(EventType::kAuthorizationExpired, "ch_", 1));
  must(part(EventType::kCaptured, "cap_", 1, 40, "c"));
  must(part(EventType::kAuthorizationExpired, "ch_", 1));
  EXPECT_EQ(payment_.state, PaymentState::kSucceeded);
  EXPECT_EQ(payment_.captured(), 40);
}

// Whatever comes in whatever order: refused or applied, the invariants hold, and the stored form of
// what was applied folds to the same payment.
TEST(PaymentFold, RandomEventsNeverBreakAnInvariant) {
  constexpr std::uint64_t kSeed = 20261122;
  base::Random random(kSeed);
  std::int64_t applied = 0;
  for (int round = 0; round < 20'000; ++round) {
    Payment payment;
    Payment folded;
    for (int i = 0; i < 40; ++i) {
      PaymentEvent one = i == 0 ? created(100, random.chance(0.5))
                                : event(static_cast<EventType>(random.below(kEventTypes)));
      if (i > 0) {
        const auto number = static_cast<int>(1 + random.below(3));
        const std::string_view prefix = one.type < EventType::kCapturing ||
                                                one.type == EventType::kAuthorizationExpired ||
                                                one.type == EventType::kChargeUpdated
                                            ? "ch_"
                                        : one.type < EventType::kRefunding     ? "cap_"
                                        : one.type < EventType::kDisputeOpened ? "re_"
                                                                               : "dp_";
        one.part = part_id(prefix, kPay, number);
        one.charge = part_id("ch_", kPay, static_cast<int>(1 + random.below(2)));
        if (one.type != EventType::kUpdated) one.amount = static_cast<Money>(random.below(120));
        one.reference = std::to_string(round) + "-" + std::to_string(i);
        one.last = random.chance(0.5);
        if (one.type == EventType::kUpdated) one.method = "tok";
      }
      const std::int64_t before = payment.events;
      if (!apply(payment, one).ok()) {
        ASSERT_EQ(payment.events, before);
        continue;
      }
      ++applied;
      ASSERT_EQ(check(payment), "") << "seed " << kSeed << " round " << round << " event " << i;
      const auto read = event_of(one.type, one.at, to_json(one));
      ASSERT_TRUE(read.ok());
      ASSERT_EQ(*read, one);
      ASSERT_TRUE(apply(folded, *read).ok());
    }
    ASSERT_EQ(folded.state, payment.state);
    ASSERT_EQ(folded.captured(), payment.captured());
    ASSERT_EQ(folded.refunded(), payment.refunded());
  }
  EXPECT_GT(applied, 50'000);
}

TEST(PaymentEvents, EveryTypeHasANameOfItsOwn) {
  for (std::size_t i = 0; i < kEventTypes; ++i) {
    const auto type = static_cast<EventType>(i);
    EXPECT_EQ(event_type_of(name_of(type)), type);
  }
  EXPECT_EQ(event_type_of("payment.nothing"), std::nullopt);
}

TEST(PaymentEvents, AllFieldsComeBack) {
  PaymentEvent full = event(EventType::kCreated);
  full.part = "a";
  full.charge = "b";
  full.message = "\"quoted\" \xE2\x82\xAC";
  full.amount = kMaxMoney;
  full.fee = -5;
  full.last = full.expired = full.manual = true;
  full.expires_at = full.available_on = full.due_by = kNow;
  full.currency = full.customer = full.method = full.description = "";
  full.off_session = false;
  full.metadata = Pairs{{"k", "v"}, {"a", ""}};
  full.evidence = Pairs{};
  const auto read = event_of(full.type, full.at, to_json(full));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, full);
  for (const char* damaged : {"", "[]", "{\"amount\":\"1\"}", "{\"metadata\":[[\"a\"]]}"}) {
    EXPECT_FALSE(event_of(full.type, full.at, damaged).ok()) << damaged;
  }
}

TEST(Ids, APartNamesItsPayment) {
  base::SeededEntropy entropy(1);
  const std::string payment = new_id("pay_", kNow, entropy);
  ASSERT_EQ(payment.size(), 26u);
  EXPECT_LT(payment, new_id("pay_", kNow + base::Millis(1), entropy));
  const std::string refund = part_id("re_", payment, 63);
  EXPECT_EQ(payment_of(refund), payment);
  EXPECT_EQ(payment_of(entry_id(refund, 'r')), payment);
  EXPECT_EQ(payment_of(payment), payment);
  for (const char* wrong : {"", "re_", "re_short", "cus_0Xq1abcd0123456789ABCD",
                            "ch_0Xq1abcd0123456789ABCD", "pay_0Xq1abcd0123456789AB!D"}) {
    EXPECT_EQ(payment_of(wrong), std::nullopt) << wrong;
  }
  const auto place = event_place(event_id(payment, 70));
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->subject, payment);
  EXPECT_EQ(place->no, 70);
  EXPECT_EQ(event_place(event_id("cus_0Xq1abcd0123456789ABCD", 1))->subject,
            "cus_0Xq1abcd0123456789ABCD");
  EXPECT_EQ(event_place("evt_q0Xq1abcd0123456789ABCD0001"), std::nullopt);
  EXPECT_EQ(event_place("evt_y0Xq1abcd0123456789ABCD0000"), std::nullopt);
}

}  // namespace
}  // namespace ashlar::payments
