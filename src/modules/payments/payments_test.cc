// What can be asked of payments, and what becomes of it: on both engines.
#include "modules/payments/payments.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/payments/ids.h"
#include "modules/payments/testing/payments_fixture.h"

namespace ashlar::payments {
namespace {

using Fate = ModelBank::Fate;

class PaymentsTest : public PaymentsFixture {};
INSTANTIATE_TEST_SUITE_P(Storage, PaymentsTest, storage::both_engines(), storage::engine_name);

TEST_P(PaymentsTest, MoneyIsInCurrenciesOfIso4217) {
  for (const char* none : {"zzz", "USD", "xau", "points"}) {
    NewPayment made = wanted(100);
    made.currency = none;
    EXPECT_EQ(refusal([&](Done done) { payments().create(asked("k"), made, std::move(done)); }),
              "currency_invalid")
        << none;
  }
}

TEST_P(PaymentsTest, IsCreatedConfirmedCapturedAndRefunded) {
  const Answered created = create(wanted(1000), "k1");
  EXPECT_EQ(created.status, 201);
  const std::string id = id_of(created);
  EXPECT_EQ(created.body, id + " needs_confirmation 1000/0/0");
  EXPECT_EQ(confirm(id, "k2").body, id + " capturable 1000/0/0");
  EXPECT_EQ(balance("provider:north:usd", true), -1000);
  EXPECT_EQ(capture(id, 700, true, "k3").body, id + " succeeded 1000/700/0");
  EXPECT_EQ(balance("provider:north:usd"), -700);
  EXPECT_EQ(balance("provider:north:usd", true), 0);
  EXPECT_EQ(balance("merchant:pending:usd"), 697);
  EXPECT_EQ(balance("fees:north:usd"), 3);
  const Answered refunded = refund(id, 200, "k4");
  EXPECT_EQ(refunded.status, 201);
  EXPECT_EQ(refunded.body, id + " succeeded 1000/700/200 " + part_id("re_", id, 1) + " succeeded");
  EXPECT_EQ(balance("merchant:available:usd"), -200);
  EXPECT_EQ(banks_.north.sent,
            (std::vector<std::string>{id + ":authorize:1", id + ":capture:1", id + ":refund:1"}));
  const auto entries = read([&](Reads& reads) { return reads.entries({}); });
  ASSERT_EQ(entries.rows.size(), 2u);
  const auto listed = read([&](Reads& reads) { return reads.balance(); });
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].currency, "usd");
  EXPECT_EQ(listed[0].pending, 697);
  EXPECT_EQ(listed[0].available, -200);
}

TEST_P(PaymentsTest, AnAutomaticOneIsCapturedAtOnce) {
  const std::string id = captured(500);
  const Payment now = payment(id);
  EXPECT_EQ(now.state, PaymentState::kSucceeded);
  ASSERT_EQ(now.captures.size(), 1u);
  EXPECT_EQ(now.captures[0].fee, 3);
  EXPECT_EQ(now.attempts[0].last4, "4242");
  EXPECT_EQ(balance("merchant:pending:usd"), 497);
  const Entry entry =
      read([&](Reads& reads) { return reads.entry(entry_id(now.captures[0].id, 'c')); });
  EXPECT_EQ(entry.net(), 497);
  EXPECT_EQ(entry.source, now.captures[0].id);
}

TEST_P(PaymentsTest, SeveralPartsAreCaptured) {
  const std::string id = authorized(100);
  EXPECT_EQ(capture(id, 30, false).body, id + " capturable 100/30/0");
  EXPECT_EQ(balance("merchant:pending:usd", true), 70);
  EXPECT_EQ(capture_refused(id, 71), "amount_too_large");
  EXPECT_EQ(capture(id, 70, false).body, id + " succeeded 100/100/0");
  EXPECT_EQ(capture_refused(id), "payment_state");
}

TEST_P(PaymentsTest, TheRestOfAPartlyCapturedOneIsReleased) {
  const std::string id = authorized(100);
  capture(id, 30, false);
  const Answered canceled =
      ask([&](Done done) { payments().cancel(asked(""), id, "duplicate", std::move(done)); });
  EXPECT_EQ(canceled.body, id + " succeeded 100/30/0");
  EXPECT_EQ(balance("merchant:pending:usd", true), 0);
}

TEST_P(PaymentsTest, IsCanceledBeforeAndAfterItsAuthorization) {
  const std::string early = id_of(create(wanted(10)));
  const auto cancel = [&](const std::string& id) {
    return ask([&](Done done) { payments().cancel(asked(""), id, "abandoned", std::move(done)); });
  };
  EXPECT_EQ(cancel(early).body, early + " canceled 10/0/0");
  EXPECT_TRUE(banks_.north.sent.empty());
  const std::string id = authorized(100);
  EXPECT_EQ(cancel(id).body, id + " canceled 100/0/0");
  EXPECT_EQ(balance("merchant:pending:usd", true), 0);
  EXPECT_EQ(payment(id).cancel_reason, "abandoned");
}

TEST_P(PaymentsTest, Blnk41AVoidHappensOnce) {
  const std::string id = authorized(100);
  for (int i = 0; i < 2; ++i) {
    const auto answer =
        try_ask([&](Done done) { payments().cancel(asked(""), id, "", std::move(done)); });
    EXPECT_EQ(answer->ok(), i == 0);
  }
  EXPECT_EQ(banks_.north.sent.size(), 2u);
}

TEST_P(PaymentsTest, ADeclineIsAnAnswerAndIsStored) {
  banks_.north.fates = {Fate::kDeclined};
  const std::string id = id_of(create(wanted(100)));
  const Answered declined = confirm(id, "k");
  EXPECT_EQ(declined.status, 402);
  EXPECT_EQ(declined.body, id + " needs_method 100/0/0 insufficient_funds");
  const Answered again = confirm(id, "k");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.body, declined.body);
  EXPECT_EQ(again.status, 402);
  EXPECT_EQ(banks_.north.sent.size(), 1u);
  Confirmation other;
  other.method = "tok_other";
  const Answered paid =
      ask([&](Done done) { payments().confirm(asked("k2"), id, other, std::move(done)); });
  EXPECT_EQ(paid.body, id + " capturable 100/0/0");
  EXPECT_EQ(payment(id).attempts.size(), 2u);
}

TEST_P(PaymentsTest, Hyperswitch13182TwoRefundsOfSixtyOnAHundred) {
  const std::string id = captured(100);
  banks_.north.fates = {Fate::kHangs};
  const auto first =
      try_ask([&](Done done) { payments().refund(asked("a"), of(id, 60), std::move(done)); });
  EXPECT_FALSE(first.has_value());
  EXPECT_EQ(refund_refused(id, 60), "amount_too_large");
  EXPECT_EQ(refund(id, 40).status, 201);
  EXPECT_EQ(refund_refused(id), "charge_already_refunded");
  banks_.north.let_go();
  work();
  EXPECT_EQ(payment(id).refunded(), 100);
  EXPECT_EQ(balance("merchant:available:usd"), -100);
}

TEST_P(PaymentsTest, Blnk152ARepeatedRefundIsOneRefund) {
  const std::string id = captured(100);
  const Answered first = refund(id, 10, "same");
  for (int i = 0; i < 5; ++i) {
    const Answered again = refund(id, 10, "same");
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.headers, first.headers);
    EXPECT_TRUE(again.replayed);
  }
  EXPECT_EQ(payment(id).refunds.size(), 1u);
}

TEST_P(PaymentsTest, AFailedRefundGivesTheMoneyBack) {
  const std::string id = captured(100);
  banks_.north.fates = {Fate::kPending, Fate::kDeclined};
  const Answered pending = refund(id, 60);
  EXPECT_NE(pending.body.find(" pending"), std::string::npos);
  EXPECT_EQ(balance("merchant:available:usd"), -60);
  banks_.north.settle(id + ":refund:1", ProviderEnd::kDeclined);
  ProviderNotice notice;
  notice.id = "n1";
  notice.kind = NoticeKind::kRefundFailed;
  notice.key = id + ":refund:1";
  EXPECT_TRUE(tell(notice).ok());
  EXPECT_EQ(payment(id).refunds[0].state, RefundState::kFailed);
  EXPECT_EQ(balance("merchant:available:usd"), 0);
  EXPECT_EQ(payment(id).refundable(), 100);
  const Answered failed = refund(id, 10);
  EXPECT_NE(failed.body.find(" failed"), std::string::npos);
}

TEST_P(PaymentsTest, AMerchantReferenceIsUsedOnce) {
  NewPayment first = wanted(10);
  first.merchant_reference = "order-1";
  const std::string id = id_of(create(first, "a"));
  EXPECT_EQ(refusal([&](Done done) { payments().create(asked("b"), first, std::move(done)); }),
            "merchant_reference_used");
  advance(base::Seconds(60 * 86400));
  ASSERT_TRUE(payments().reap().ok());
  EXPECT_EQ(refusal([&](Done done) { payments().create(asked("a"), first, std::move(done)); }),
            "merchant_reference_used");
  const auto found = read([&](Reads& reads) { return reads.by_merchant_reference("order-1"); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, id);
}

TEST_P(PaymentsTest, WhatIsChangedIsMergedAndTold) {
  NewPayment payment_wanted = wanted(100);
  payment_wanted.metadata = {{"a", "1"}, {"b", "2"}};
  const std::string id = id_of(create(payment_wanted));
  PaymentChange change;
  change.amount = 200;
  change.metadata = Pairs{{"a", ""}, {"c", "3"}};
  change.description = "Two of them";
  ask([&](Done done) { payments().update(asked(""), id, change, std::move(done)); });
  const Payment now = payment(id);
  EXPECT_EQ(now.amount, 200);
  EXPECT_EQ(now.metadata, (Pairs{{"b", "2"}, {"c", "3"}}));
  confirm(id);
  EXPECT_EQ(refusal([&](Done done) { payments().update(asked(""), id, change, std::move(done)); }),
            "payment_state");
  PaymentChange words;
  words.description = "";
  ask([&](Done done) { payments().update(asked(""), id, words, std::move(done)); });
  EXPECT_EQ(payment(id).description, "");

  const auto told = read([&](Reads& reads) { return reads.events({}, {{"payment.updated"}, id}); });
  ASSERT_EQ(told.rows.size(), 2u);
  EXPECT_EQ(told.rows[1].payment->amount, 200);
  EXPECT_EQ(told.rows[1].payment_before->amount, 100);
  const Told one = read([&](Reads& reads) { return reads.event(told.rows[1].id); });
  EXPECT_EQ(one.payment->description, "Two of them");
}

TEST_P(PaymentsTest, ACardNumberIsRefusedBeforeAnythingIsStored) {
  NewPayment card = wanted(100);
  card.metadata = {{"note", "card 4242 4242 4242 4242"}};
  EXPECT_EQ(refusal([&](Done done) { payments().create(asked("k"), card, std::move(done)); }),
            "card_number_refused");
  CustomerChange customer;
  customer.description = "5555555555554444";
  EXPECT_EQ(refusal([&](Done done) {
              payments().create_customer(asked("k"), customer, std::move(done));
            }),
            "card_number_refused");
  NewMethod method;
  method.token = "4000056655665556";
  EXPECT_EQ(
      refusal([&](Done done) { payments().create_method(asked("k"), method, std::move(done)); }),
      "card_number_refused");
  EXPECT_EQ(refusal([&](Done done) {
              payments().create(asked("4242-4242-4242-4242"), wanted(1), std::move(done));
            }),
            "card_number_refused");
  EXPECT_TRUE(read([&](Reads& reads) { return reads.payments({}); }).rows.empty());
  EXPECT_EQ(create(wanted(100), "k").status, 201);
}

TEST_P(PaymentsTest, CustomersAndMethodsAreKept) {
  CustomerChange ada;
  ada.name = "Ada";
  ada.email = "ada@example.com";
  const std::string customer =
      id_of(ask([&](Done done) { payments().create_customer(asked("c"), ada, std::move(done)); }));
  NewMethod token;
  token.token = "tok_visa";
  const std::string method =
      id_of(ask([&](Done done) { payments().create_method(asked("m"), token, std::move(done)); }));
  ask([&](Done done) { payments().attach_method(asked(""), method, customer, std::move(done)); });
  EXPECT_EQ(read([&](Reads& reads) { return reads.methods({}, customer); }).rows.size(), 1u);
  EXPECT_EQ(read([&](Reads& reads) { return reads.customers({}, "ada@example.com"); }).rows.size(),
            1u);
  NewPayment paid = wanted(100, Capture::kAutomatic);
  paid.customer = customer;
  paid.method = method;
  paid.confirm = true;
  const std::string id = id_of(create(paid));
  EXPECT_EQ(payment(id).attempts[0].token, "tok_visa");
  EXPECT_EQ(payment(id).attempts[0].provider, "north");
  EXPECT_EQ(read([&](Reads& reads) { return reads.payments({}, {customer, {}}); }).rows.size(), 1u);
  ask([&](Done done) { payments().delete_customer(asked(""), customer, std::move(done)); });
  EXPECT_TRUE(read([&](Reads& reads) { return reads.customers({}); }).rows.empty());
  EXPECT_TRUE(read([&](Reads& reads) { return reads.customer(customer); }).deleted);
  EXPECT_EQ(refusal([&](Done done) { payments().create(asked(""), paid, std::move(done)); }),
            "customer_not_found");
  const auto told = read([&](Reads& reads) { return reads.events({}, {{"customer.*"}, ""}); });
  ASSERT_EQ(told.rows.size(), 2u);
  EXPECT_EQ(told.rows[0].type, "customer.deleted");
  EXPECT_TRUE(told.rows[0].customer->deleted);
  EXPECT_FALSE(told.rows[0].customer_before->deleted);
}

TEST_P(PaymentsTest, ListsArePagedNewestFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    ids.push_back(captured(100 + i));
    advance(base::Millis(i % 2 == 0 ? 500 : 0));
  }
  std::sort(ids.rbegin(), ids.rend());
  std::vector<std::string> seen;
  Window window;
  window.limit = 3;
  while (true) {
    const auto page = read([&](Reads& reads) { return reads.payments(window); });
    for (const Payment& one : page.rows) seen.push_back(one.id);
    if (!page.has_more) break;
    window.starting_after = seen.back();
  }
  EXPECT_EQ(seen, ids);
  window.starting_after.clear();
  window.ending_before = ids[5];
  const auto before = read([&](Reads& reads) { return reads.payments(window); });
  ASSERT_EQ(before.rows.size(), 3u);
  EXPECT_EQ(before.rows[0].id, ids[2]);
  EXPECT_EQ(before.rows[2].id, ids[4]);
  EXPECT_TRUE(before.has_more);

  const auto charges = read([&](Reads& reads) { return reads.charges({}); });
  EXPECT_EQ(charges.rows.size(), 7u);
  const std::string charge = part_id("ch_", ids[2], 1);
  const auto of_one = read([&](Reads& reads) { return reads.charges({}, {ids[2], ""}); });
  ASSERT_EQ(of_one.rows.size(), 1u);
  EXPECT_EQ(of_one.rows[0].part, charge);
  refund(ids[2], 10);
  refund(ids[2], 20);
  Window refunds;
  refunds.limit = 1;
  const auto newest = read([&](Reads& reads) { return reads.refunds(refunds, {"", charge}); });
  ASSERT_EQ(newest.rows.size(), 1u);
  EXPECT_TRUE(newest.has_more);
  refunds.starting_after = newest.rows[0].part;
  const auto older = read([&](Reads& reads) { return reads.refunds(refunds, {ids[2], ""}); });
  ASSERT_EQ(older.rows.size(), 1u);
  EXPECT_FALSE(older.has_more);
  EXPECT_NE(older.rows[0].part, newest.rows[0].part);
  EXPECT_TRUE(read([&](Reads& reads) { return reads.refunds({}, {ids[3], ""}); }).rows.empty());
  Window ranged;
  ranged.from = payment(ids[3]).created_at;
  ranged.until = payment(ids[0]).created_at;
  for (const auto& one : read([&](Reads& reads) { return reads.payments(ranged); }).rows) {
    EXPECT_GE(one.created_at, *ranged.from);
    EXPECT_LT(one.created_at, *ranged.until);
  }
  Window entries;
  entries.limit = 2;
  std::size_t count = 0;
  while (true) {
    const auto page = read([&](Reads& reads) { return reads.entries(entries); });
    count += page.rows.size();
    if (!page.has_more) break;
    entries.starting_after = page.rows.back().id;
  }
  EXPECT_EQ(count, 9u);
}

TEST_P(PaymentsTest, MoneyBecomesAvailableAndIsPaidOut) {
  captured(500);
  captured(600);
  settle();
  EXPECT_EQ(balance("merchant:available:usd"), 0);
  NewPayout wanted_payout;
  wanted_payout.amount = 1000;
  wanted_payout.currency = "usd";
  const auto pay = [&](const std::string& key) {
    return [&, key](Done done) { payments().payout(asked(key), wanted_payout, std::move(done)); };
  };
  EXPECT_EQ(refusal(pay("p")), "balance_insufficient");
  advance(base::Seconds(3 * 86400));
  settle();
  settle();
  EXPECT_EQ(balance("merchant:pending:usd"), 0);
  EXPECT_EQ(balance("merchant:available:usd"), 1094);
  banks_.north.fates = {Fate::kPending};
  const Answered sent = ask(pay("p"));
  const std::string id = id_of(sent);
  EXPECT_EQ(sent.body, id + " in_transit");
  EXPECT_EQ(balance("payouts:usd"), 1000);
  banks_.north.settle(id + ":payout:1", ProviderEnd::kApplied);
  ProviderNotice notice;
  notice.id = "n1";
  notice.kind = NoticeKind::kPaidOut;
  notice.reference = banks_.north.answer_to(id + ":payout:1").reference;
  EXPECT_TRUE(tell(notice).ok());
  EXPECT_EQ(read([&](Reads& reads) { return reads.payout(id); }).state, PayoutState::kPaid);
  EXPECT_EQ(balance("bank:usd"), 1000);
  notice.id = "n2";
  notice.kind = NoticeKind::kPayoutFailed;
  notice.reason = "account_closed";
  EXPECT_TRUE(tell(notice).ok());
  EXPECT_EQ(balance("bank:usd"), 0);
  EXPECT_EQ(balance("merchant:available:usd"), 1094);
  EXPECT_EQ(ask(pay("p")).body, sent.body);
}

TEST_P(PaymentsTest, AnAuthorisationExpires) {
  const std::string id = authorized(100);
  settle();
  EXPECT_EQ(payment(id).state, PaymentState::kCapturable);
  advance(base::Seconds(8 * 86400));
  // A provider that cannot be reached is not asked with each round.
  banks_.north.default_fate = Fate::kRefused;
  for (int i = 0; i < 5; ++i) settle();
  EXPECT_EQ(banks_.north.sent.size(), 2u);
  EXPECT_EQ(payment(id).state, PaymentState::kCapturable);
  banks_.north.default_fate = Fate::kDone;
  advance(base::Seconds(2 * 3600));
  settle();
  EXPECT_EQ(payment(id).state, PaymentState::kCanceled);
  EXPECT_EQ(payment(id).cancel_reason, "expired");
  EXPECT_EQ(balance("merchant:pending:usd", true), 0);
  EXPECT_EQ(capture_refused(id), "payment_state");
}

}  // namespace
}  // namespace ashlar::payments
