// What providers tell by themselves: twice, late, too early, in any order.
#include "modules/payments/notices.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/payments/ids.h"
#include "modules/payments/testing/payments_fixture.h"

namespace ashlar::payments {
namespace {

using Fate = ModelBank::Fate;

class NoticesTest : public PaymentsFixture {
 protected:
  ProviderNotice about(NoticeKind kind, const std::string& reference = "",
                       const std::string& charge = "") {
    ProviderNotice notice;
    notice.id = "n" + std::to_string(++notices_);
    notice.kind = kind;
    notice.reference = reference;
    notice.about = charge;
    notice.currency = "usd";
    return notice;
  }
  std::string charge_reference(const std::string& id) {
    return payment(id).attempts.back().reference;
  }
  std::string disputed(Money amount) {
    const std::string id = captured(amount);
    ProviderNotice opened = about(NoticeKind::kDisputeOpened, "d-" + id, charge_reference(id));
    opened.amount = amount;
    opened.fee = 15;
    opened.reason = "fraudulent";
    opened.due_by = clock_.now() + base::Seconds(7 * 86400);
    EXPECT_TRUE(tell(opened).ok());
    return id;
  }

  int notices_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Storage, NoticesTest, storage::both_engines(), storage::engine_name);

TEST_P(NoticesTest, ADisputeOpensOnceAndTakesTheMoney) {
  const std::string id = captured(100);
  ProviderNotice opened = about(NoticeKind::kDisputeOpened, "d1", charge_reference(id));
  opened.amount = 100;
  opened.fee = 15;
  EXPECT_TRUE(tell(opened).ok());
  EXPECT_TRUE(tell(opened).ok());
  opened.id = "the same under another id";
  EXPECT_TRUE(tell(opened).ok());
  EXPECT_EQ(payment(id).disputes.size(), 1u);
  EXPECT_EQ(balance("merchant:available:usd"), -115);
  EXPECT_EQ(balance("disputes:usd"), 100);
  EXPECT_EQ(balance("dispute_fees:usd"), 15);
  EXPECT_EQ(refund_refused(id, 10), "charge_disputed");
  EXPECT_EQ(read([&](Reads& reads) { return reads.disputes({}); }).rows.size(), 1u);
}

TEST_P(NoticesTest, ADisputeThatIsWonGivesTheMoneyBack) {
  const std::string id = disputed(100);
  const std::string dispute = part_id("dp_", id, 1);
  DisputeChange evidence;
  evidence.evidence = Pairs{{"receipt", "signed"}};
  ask([&](Done done) {
    payments().update_dispute(asked("e"), dispute, evidence, std::move(done));
  });
  EXPECT_EQ(payment(id).disputes[0].state, DisputeState::kNeedsResponse);
  evidence.submit = true;
  const Answered submitted = ask([&](Done done) {
    payments().update_dispute(asked("s"), dispute, evidence, std::move(done));
  });
  EXPECT_NE(submitted.body.find("under_review"), std::string::npos);
  ProviderNotice won = about(NoticeKind::kDisputeWon, "d-" + id);
  won.fee = 15;
  EXPECT_TRUE(tell(won).ok());
  EXPECT_TRUE(tell(won).ok());
  EXPECT_EQ(payment(id).disputes[0].state, DisputeState::kWon);
  EXPECT_EQ(balance("merchant:available:usd"), 0);
  EXPECT_EQ(balance("disputes:usd"), 0);
  EXPECT_EQ(refund(id, 100).status, 201);
}

TEST_P(NoticesTest, ADisputeThatIsLostStaysLost) {
  const std::string id = disputed(60);
  EXPECT_TRUE(tell(about(NoticeKind::kDisputeLost, "d-" + id)).ok());
  EXPECT_EQ(balance("chargebacks:usd"), 60);
  EXPECT_TRUE(tell(about(NoticeKind::kDisputeWon, "d-" + id)).ok());
  EXPECT_EQ(payment(id).disputes[0].state, DisputeState::kLost);
  EXPECT_EQ(balance("chargebacks:usd"), 60);
  EXPECT_EQ(refund_refused(id), "charge_already_refunded");
}

TEST_P(NoticesTest, ADisputeIsLostWhenItsDeadlinePasses) {
  const std::string id = disputed(60);
  advance(base::Seconds(6 * 86400));
  settle();
  EXPECT_EQ(payment(id).disputes[0].state, DisputeState::kNeedsResponse);
  advance(base::Seconds(2 * 86400));
  settle();
  EXPECT_EQ(payment(id).disputes[0].state, DisputeState::kLost);
  EXPECT_TRUE(payment(id).disputes[0].expired);
  EXPECT_TRUE(tell(about(NoticeKind::kDisputeLost, "d-" + id)).ok());
  EXPECT_EQ(balance("chargebacks:usd"), 60);
}

TEST_P(NoticesTest, ADisputeIsGivenUp) {
  const std::string id = disputed(60);
  const Answered closed = ask([&](Done done) {
    payments().close_dispute(asked("c"), part_id("dp_", id, 1), std::move(done));
  });
  EXPECT_NE(closed.body.find("lost"), std::string::npos);
  EXPECT_TRUE(tell(about(NoticeKind::kDisputeLost, "d-" + id)).ok());
  EXPECT_EQ(balance("chargebacks:usd"), 60);
}

// The customer's bank may dispute what was refunded already: both stand, nothing more goes out.
TEST_P(NoticesTest, ADisputeAfterARefund) {
  const std::string id = captured(100);
  refund(id, 80);
  ProviderNotice opened = about(NoticeKind::kDisputeOpened, "d1", charge_reference(id));
  opened.amount = 100;
  EXPECT_TRUE(tell(opened).ok());
  EXPECT_EQ(payment(id).refundable(), 0);
  EXPECT_EQ(balance("merchant:available:usd"), -180);
}

TEST_P(NoticesTest, WhatComesTooEarlyIsToldAgain) {
  const std::string id = authorized(100);
  ProviderNotice opened = about(NoticeKind::kDisputeOpened, "d1", charge_reference(id));
  opened.amount = 100;
  ASSERT_FALSE(tell(opened).ok());
  EXPECT_STREQ(tell(opened).error().reason, "notice_too_early");
  EXPECT_FALSE(tell(about(NoticeKind::kDisputeWon, "d1")).ok());
  capture(id);
  EXPECT_TRUE(tell(opened).ok());
  EXPECT_EQ(payment(id).disputes.size(), 1u);
  EXPECT_TRUE(tell(about(NoticeKind::kDisputeWon, "d1")).ok());
}

// lago-api#3223: two webhooks of one event count twice.
TEST_P(NoticesTest, Lago3223TwoWebhooksOfOneEventCountOnce) {
  banks_.north.fates = {Fate::kAction};
  NewPayment at_once = wanted(100, Capture::kAutomatic);
  at_once.confirm = true;
  const std::string id = id_of(create(at_once));
  EXPECT_EQ(payment(id).state, PaymentState::kNeedsAction);
  banks_.north.settle(id + ":authorize:1", ProviderEnd::kApplied);
  ProviderNotice authorized_notice = about(NoticeKind::kAuthorized);
  authorized_notice.key = id + ":authorize:1";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(tell(authorized_notice).ok());
  authorized_notice.id = "again";
  EXPECT_TRUE(tell(authorized_notice).ok());
  EXPECT_EQ(payment(id).state, PaymentState::kSucceeded);
  EXPECT_EQ(payment(id).captured(), 100);
  EXPECT_EQ(balance("provider:north:usd"), -100);
}

TEST_P(NoticesTest, TheCustomerMayFailToAuthenticate) {
  banks_.north.fates = {Fate::kAction};
  const std::string id = id_of(create(wanted(100)));
  confirm(id);
  EXPECT_EQ(payment(id).attempts[0].action_url, "http://bank.test/authenticate");
  banks_.north.settle(id + ":authorize:1", ProviderEnd::kDeclined);
  ProviderNotice declined = about(NoticeKind::kDeclined);
  declined.key = id + ":authorize:1";
  EXPECT_TRUE(tell(declined).ok());
  EXPECT_EQ(payment(id).state, PaymentState::kNeedsMethod);
}

TEST_P(NoticesTest, ALostNoticeIsMadeUpForByAsking) {
  banks_.north.fates = {Fate::kAction};
  const std::string id = id_of(create(wanted(100)));
  confirm(id);
  banks_.north.settle(id + ":authorize:1", ProviderEnd::kApplied);
  advance(base::Seconds(900));
  resolve();
  EXPECT_EQ(payment(id).state, PaymentState::kCapturable);
}

// The webhook first: whoever made the call is about to be answered.
TEST_P(NoticesTest, AWebhookBeforeTheAnswerChangesNothing) {
  const std::string id = authorized(100);
  banks_.north.fates = {Fate::kHangs};
  std::optional<base::Result<Answered>> answer;
  payments().capture(asked("k"), id, {}, [&](base::Result<Answered> given) { answer = given; });
  work();
  ProviderNotice captured_notice = about(NoticeKind::kCaptured);
  captured_notice.key = id + ":capture:1";
  EXPECT_TRUE(tell(captured_notice).ok());
  EXPECT_EQ(payment(id).captured(), 0);
  banks_.north.let_go();
  work();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ((**answer).body, id + " succeeded 100/100/0");
  captured_notice.id = "again";
  EXPECT_TRUE(tell(captured_notice).ok());
  EXPECT_EQ(payment(id).captured(), 100);
}

// After an answer that was lost, the webhook makes us ask at once.
TEST_P(NoticesTest, AWebhookAfterALostAnswerResolves) {
  const std::string id = authorized(100);
  banks_.north.fates = {Fate::kLost};
  ask([&](Done done) { payments().capture(asked("k"), id, {}, std::move(done)); });
  EXPECT_EQ(payment(id).state, PaymentState::kProcessing);
  ProviderNotice captured_notice = about(NoticeKind::kCaptured);
  captured_notice.key = id + ":capture:1";
  EXPECT_TRUE(tell(captured_notice).ok());
  EXPECT_EQ(payment(id).state, PaymentState::kSucceeded);
  EXPECT_EQ(banks_.north.sent.size(), 2u);
}

// A notice that claims what the bank's own book does not say moves nothing.
TEST_P(NoticesTest, ANoticeAloneMovesNoMoney) {
  banks_.north.fates = {Fate::kAction};
  const std::string id = id_of(create(wanted(100)));
  confirm(id);
  ProviderNotice lie = about(NoticeKind::kAuthorized);
  lie.key = id + ":authorize:1";
  lie.amount = 100;
  EXPECT_TRUE(tell(lie).ok());
  EXPECT_EQ(payment(id).state, PaymentState::kNeedsAction);
  EXPECT_EQ(balance("provider:north:usd", true), 0);
}

TEST_P(NoticesTest, AnAuthorisationThatTheBankReleasedIsExpired) {
  const std::string id = authorized(100);
  EXPECT_TRUE(tell(about(NoticeKind::kCanceled, charge_reference(id))).ok());
  EXPECT_EQ(payment(id).state, PaymentState::kCanceled);
  EXPECT_EQ(balance("merchant:pending:usd", true), 0);
}

TEST_P(NoticesTest, ARefundThatWasDoneMayComeBack) {
  const std::string id = captured(100);
  refund(id, 40);
  ProviderNotice failed =
      about(NoticeKind::kRefundFailed, payment(id).refunds[0].reference, charge_reference(id));
  failed.reason = "account_closed";
  EXPECT_TRUE(tell(failed).ok());
  EXPECT_TRUE(tell(failed).ok());
  EXPECT_EQ(payment(id).refunds[0].state, RefundState::kFailed);
  EXPECT_EQ(payment(id).refundable(), 100);
  EXPECT_EQ(balance("merchant:available:usd"), 0);
  const auto entries = read([&](Reads& reads) {
    EntryFilter filter;
    filter.payment = id;
    return reads.entries({}, filter);
  });
  EXPECT_EQ(entries.rows.size(), 3u);
}

TEST_P(NoticesTest, TheStoryOfAPaymentIsKept) {
  const std::string id = disputed(100);
  const auto events = read([&](Reads& reads) { return reads.events_of(id); });
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0].type, "payment.created");
  EXPECT_EQ(events[4].type, "dispute.opened");
  const auto calls = read([&](Reads& reads) { return reads.calls_of(id); });
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].state, CallState::kResolved);
  const auto notices = read([&](Reads& reads) { return reads.notices_of(id); });
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].outcome, "dispute opened");
}

// Memory of what was told ends; what was told does not come to pass again.
TEST_P(NoticesTest, AreForgottenAfterTheirTimeAndThenStillCountOnce) {
  const std::string id = captured(100);
  ProviderNotice opened = about(NoticeKind::kDisputeOpened, "d1", charge_reference(id));
  opened.amount = 60;
  ASSERT_TRUE(tell(opened).ok());
  const auto notices = [&] {
    return read([&](Reads& reads) { return reads.notices_of(id); }).size();
  };
  advance(base::Seconds{89 * 86400});
  ASSERT_TRUE(payments().reap().ok());
  EXPECT_EQ(notices(), 1u);
  advance(base::Seconds{2 * 86400});
  ASSERT_TRUE(payments().reap().ok());
  EXPECT_EQ(notices(), 0u);
  ASSERT_TRUE(tell(opened).ok());
  EXPECT_EQ(payment(id).disputes.size(), 1u);
  EXPECT_EQ(balance("disputes:usd"), 60);
}

}  // namespace
}  // namespace ashlar::payments
