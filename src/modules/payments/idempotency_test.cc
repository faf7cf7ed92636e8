// What a key promises, when processes die, providers are silent and requests come twice.
#include <gtest/gtest.h>

#include <string>

#include "modules/payments/ids.h"
#include "modules/payments/testing/payments_fixture.h"

namespace ashlar::payments {
namespace {

using Fate = ModelBank::Fate;

class IdempotencyTest : public PaymentsFixture {
 protected:
  auto confirming(const std::string& id, const std::string& key,
                  const std::string& fingerprint = "same") {
    return [this, id, key, fingerprint](Done done) {
      payments().confirm(asked(key, fingerprint), id, {}, std::move(done));
    };
  }
  auto capturing(const std::string& id, const std::string& key) {
    return [this, id, key](Done done) { payments().capture(asked(key), id, {}, std::move(done)); };
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, IdempotencyTest, storage::both_engines(), storage::engine_name);

TEST_P(IdempotencyTest, TheSameKeyGetsTheSameBytes) {
  const Answered first = create(wanted(100), "k");
  const Answered again = create(wanted(100), "k");
  EXPECT_EQ(again.status, first.status);
  EXPECT_EQ(again.headers, first.headers);
  EXPECT_EQ(again.body, first.body);
  EXPECT_FALSE(first.replayed);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(read([&](Reads& reads) { return reads.payments({}); }).rows.size(), 1u);
}

TEST_P(IdempotencyTest, AnotherRequestUnderTheKeyIsRefused) {
  const std::string id = id_of(create(wanted(100), "k"));
  EXPECT_EQ(refusal(confirming(id, "k", "other")), "idempotency_key_reused");
  banks_.north.fates = {Fate::kHangs};
  EXPECT_FALSE(try_ask(confirming(id, "k2")).has_value());
  EXPECT_EQ(refusal(confirming(id, "k2", "other")), "idempotency_key_reused");
  EXPECT_EQ(refusal(confirming(id, "k2")), "idempotency_key_in_use");
  banks_.north.let_go();
  work();
  EXPECT_EQ(ask(confirming(id, "k2")).body, id + " capturable 100/0/0");
  EXPECT_EQ(banks_.north.sent.size(), 1u);
}

TEST_P(IdempotencyTest, AKeyBelongsToItsMode) {
  create(wanted(100), "k");
  Asked live = asked("k", "other");
  live.mode = "live";
  const auto answer =
      try_ask([&](Done done) { payments().create(live, wanted(5), std::move(done)); });
  EXPECT_TRUE(answer->ok());
}

TEST_P(IdempotencyTest, WhatIsRefusedStoresNothing) {
  EXPECT_EQ(refusal([&](Done done) { payments().create(asked("k"), wanted(0), std::move(done)); }),
            "amount_invalid");
  EXPECT_EQ(refusal(confirming("pay_0000000000000000000000", "k")), "payment_not_found");
  EXPECT_EQ(create(wanted(100), "k").status, 201);
}

TEST_P(IdempotencyTest, AProviderThatDidNothingLeavesTheKeyFree) {
  const std::string id = id_of(create(wanted(100)));
  banks_.north.fates = {Fate::kRefused};
  EXPECT_EQ(refusal(confirming(id, "k")), "provider_unavailable");
  EXPECT_EQ(payment(id).state, PaymentState::kNeedsConfirmation);
  EXPECT_EQ(ask(confirming(id, "k")).body, id + " capturable 100/0/0");
  EXPECT_EQ(banks_.north.sent,
            (std::vector<std::string>{id + ":authorize:1", id + ":authorize:2"}));
}

// The payment of the first time is there and has the reference: the repetition goes on with it.
TEST_P(IdempotencyTest, AProviderThatDidNothingLeavesTheReferenceToTheRepetition) {
  NewPayment order = wanted(100);
  order.merchant_reference = "order-1";
  order.confirm = true;
  const auto creating = [&](const std::string& key) {
    return
        [this, &order, key](Done done) { payments().create(asked(key), order, std::move(done)); };
  };
  banks_.north.fates = {Fate::kRefused};
  EXPECT_EQ(refusal(creating("k")), "provider_unavailable");
  EXPECT_EQ(refusal(creating("another")), "merchant_reference_used");
  order.amount = 99;
  EXPECT_EQ(refusal(creating("k")), "merchant_reference_used");
  order.amount = 100;
  const Answered again = ask(creating("k"));
  const std::string id = id_of(again);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, id + " capturable 100/0/0");
  EXPECT_EQ(banks_.north.sent,
            (std::vector<std::string>{id + ":authorize:1", id + ":authorize:2"}));
  EXPECT_EQ(read([&](Reads& reads) { return reads.payments({}); }).rows.size(), 1u);
  EXPECT_TRUE(ask(creating("k")).replayed);
  EXPECT_EQ(refusal(creating("another")), "merchant_reference_used");
}

// "Nothing was done" would be a lie: the money has moved.
TEST_P(IdempotencyTest, AnAnswerThatCannotBeBookedIsNotTakenForNothing) {
  const std::string id = id_of(create(wanted(100)));
  banks_.north.fates = {Fate::kHangs};
  std::string heard;
  confirming(id, "k")([&](base::Result<Answered> answer) {
    ASSERT_FALSE(answer.ok());
    heard = answer.error().reason;
  });
  work();
  for (std::size_t i = 0; i < ledger::BookWriter::kMaxQueued; ++i) {
    process_->writer.submit(
        kAda, [](ledger::Booking&) { return base::ok_status(); }, [](const base::Status&) {});
  }
  banks_.north.let_go();
  EXPECT_EQ(heard, "idempotency_key_in_use");
  work();
  EXPECT_EQ(refusal(confirming(id, "k")), "idempotency_key_in_use");
  advance(base::Seconds(120));
  EXPECT_EQ(ask(confirming(id, "k")).body, id + " capturable 100/0/0");
  EXPECT_EQ(banks_.north.sent.size(), 1u);
}

TEST_P(IdempotencyTest, TheNextProviderIsTriedOnlyAfterOneThatDidNothing) {
  banks_.failover = true;
  const std::string id = id_of(create(wanted(100)));
  banks_.north.fates = {Fate::kRefused};
  EXPECT_EQ(ask(confirming(id, "k")).body, id + " capturable 100/0/0");
  EXPECT_EQ(payment(id).latest_attempt()->provider, "south");
  EXPECT_EQ(capture(id).body, id + " succeeded 100/100/0");
  EXPECT_EQ(banks_.south.sent.size(), 2u);

  const std::string other = id_of(create(wanted(100)));
  banks_.north.fates = {Fate::kNever};
  ask(confirming(other, "k2"));
  EXPECT_EQ(payment(other).state, PaymentState::kProcessing);
  EXPECT_EQ(banks_.south.sent.size(), 2u);
}

// Medusa#16292: a new provider key with each retry can capture twice.
TEST_P(IdempotencyTest, Medusa16292ARetryHasTheSameProviderKey) {
  const std::string id = authorized(100);
  banks_.north.fates = {Fate::kHangsOut};
  EXPECT_FALSE(try_ask(capturing(id, "k")).has_value());
  ASSERT_NO_FATAL_FAILURE(die_and_restart());
  EXPECT_EQ(ask(capturing(id, "k")).body, id + " succeeded 100/100/0");
  EXPECT_EQ(banks_.north.sent,
            (std::vector<std::string>{id + ":authorize:1", id + ":capture:1", id + ":capture:1"}));
  EXPECT_EQ(banks_.north.moved[id + ":capture:1"], 100);
}

// Kill Bill#639: a second capture succeeds while the first is unknown. Medusa#13301, #16293: an
// ambiguous outcome is taken for a failure.
TEST_P(IdempotencyTest, KillBill639NothingIsCapturedWhileACaptureIsUnknown) {
  const std::string id = authorized(100);
  banks_.north.fates = {Fate::kLost};
  const Answered unknown = ask(capturing(id, "k"));
  EXPECT_EQ(unknown.body, id + " processing 100/0/0 pending");
  EXPECT_EQ(capture_refused(id), "payment_in_progress");
  EXPECT_EQ(refusal([&](Done done) { payments().cancel(asked(""), id, "", std::move(done)); }),
            "payment_in_progress");
  advance(base::Seconds(2));
  resolve();
  EXPECT_EQ(payment(id).state, PaymentState::kSucceeded);
  EXPECT_EQ(payment(id).captured(), 100);
  // What was answered stays answered.
  EXPECT_EQ(ask(capturing(id, "k")).body, unknown.body);
  EXPECT_EQ(capture_refused(id), "payment_state");
  EXPECT_EQ(banks_.north.moved[id + ":capture:1"], 100);
}

TEST_P(IdempotencyTest, WhatTheProviderHasNotSeenIsSentAgainUnderItsKey) {
  const std::string id = authorized(100);
  banks_.north.fates = {Fate::kNever};
  ask(capturing(id, "k"));
  EXPECT_EQ(payment(id).state, PaymentState::kProcessing);
  advance(base::Seconds(2));
  resolve();
  EXPECT_EQ(payment(id).state, PaymentState::kSucceeded);
  EXPECT_EQ(banks_.north.moved[id + ":capture:1"], 100);
}

TEST_P(IdempotencyTest, AfterTheProviderForgetsNothingIsSentAgain) {
  const std::string id = authorized(100);
  banks_.north.fates = {Fate::kNever};
  ask(capturing(id, "k"));
  advance(base::Seconds(25 * 3600));
  resolve();
  EXPECT_EQ(payment(id).state, PaymentState::kCapturable);
  EXPECT_EQ(banks_.north.sent.size(), 2u);
  EXPECT_EQ(capture(id).body, id + " succeeded 100/100/0");
}

TEST_P(IdempotencyTest, ASilentProviderIsAskedAgainAndAgain) {
  const std::string id = id_of(create(wanted(100)));
  banks_.north.fates = {Fate::kLost};
  ask(confirming(id, "k"));
  banks_.north.silent = true;
  for (int i = 0; i < 6; ++i) {
    advance(base::Seconds(100));
    resolve();
  }
  EXPECT_EQ(payment(id).state, PaymentState::kProcessing);
  EXPECT_GE(banks_.north.asked.size(), 4u);
  banks_.north.silent = false;
  advance(base::Seconds(600));
  resolve();
  EXPECT_EQ(payment(id).state, PaymentState::kCapturable);
  EXPECT_EQ(banks_.north.sent.size(), 1u);
}

// A process that dies at any moment of a confirmation, and what the retry then gets.
TEST_P(IdempotencyTest, ADeadProcessesWorkIsTakenUpByTheRetry) {
  for (const Fate fate : {Fate::kHangs, Fate::kHangsOut}) {
    const std::string id = id_of(create(wanted(100)));
    const std::string key = "confirm-" + id;
    banks_.north.fates = {fate};
    EXPECT_FALSE(try_ask(confirming(id, key)).has_value());
    ASSERT_NO_FATAL_FAILURE(die_and_restart());
    const Answered answer = ask(confirming(id, key));
    EXPECT_EQ(answer.body, id + " capturable 100/0/0");
    EXPECT_EQ(ask(confirming(id, key)).body, answer.body);
    EXPECT_EQ(banks_.north.moved[id + ":authorize:1"], 100);
  }
}

TEST_P(IdempotencyTest, ADeadProcessesWorkIsTakenUpByTheResolver) {
  for (const Fate fate : {Fate::kHangs, Fate::kHangsOut}) {
    NewPayment at_once = wanted(100, Capture::kAutomatic);
    at_once.confirm = true;
    const std::string key = "create-" + std::to_string(static_cast<int>(fate));
    const auto creating = [&](Done done) {
      payments().create(asked(key), at_once, std::move(done));
    };
    banks_.north.fates = {fate};
    EXPECT_FALSE(try_ask(creating).has_value());
    ASSERT_NO_FATAL_FAILURE(die_and_restart());
    resolve();
    const Answered answer = ask(creating);
    EXPECT_TRUE(answer.replayed);
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, id_of(answer) + " succeeded 100/100/0");
    EXPECT_EQ(answer.headers[1].second, "state");
    EXPECT_EQ(banks_.north.moved[id_of(answer) + ":authorize:1"], 100);
  }
}

TEST_P(IdempotencyTest, ALeaseKeepsOthersAwayUntilItIsOver) {
  const std::string id = id_of(create(wanted(100)));
  banks_.north.fates = {Fate::kHangs};
  EXPECT_FALSE(try_ask(confirming(id, "k")).has_value());
  advance(base::Seconds(5));
  resolve();
  EXPECT_EQ(refusal(confirming(id, "k")), "idempotency_key_in_use");
  EXPECT_TRUE(banks_.north.asked.empty());
  advance(base::Seconds(60));
  EXPECT_EQ(ask(confirming(id, "k")).body, id + " capturable 100/0/0");
}

// Whose lease is over commits nothing, though his answer is right.
TEST_P(IdempotencyTest, WhoHasLostHisLeaseCommitsNothing) {
  const std::string id = id_of(create(wanted(100)));
  banks_.north.fates = {Fate::kHangs};
  std::optional<base::Result<Answered>> late;
  payments().confirm(asked("k"), id, {}, [&](base::Result<Answered> answer) { late = answer; });
  work();
  advance(base::Seconds(60));
  banks_.north.silent = true;
  Process other(*this, base::Millis(20'000));
  std::optional<base::Result<Answered>> taken;
  other.payments.confirm(asked("k"), id, {},
                         [&](base::Result<Answered> answer) { taken = answer; });
  // The other has taken the claim over, and not yet brought the outcome.
  banks_.north.silent = false;
  other.writer.drain();
  ASSERT_TRUE(taken.has_value());
  EXPECT_TRUE((*taken).ok());
  banks_.north.let_go();
  work();
  ASSERT_TRUE(late.has_value());
  EXPECT_TRUE(late->ok());
  EXPECT_EQ((*late)->body, (**taken).body);
  EXPECT_EQ(payment(id).events, 3);
}

TEST_P(IdempotencyTest, TwoProcessesHaveOneEffect) {
  Process other(*this, base::Millis(20'000));
  const std::string id = id_of(create(wanted(100)));
  int answered = 0;
  int in_use = 0;
  const auto count = [&](const base::Result<Answered>& answer) {
    answered += answer.ok() ? 1 : 0;
    in_use += answer.ok() ? 0 : 1;
    if (answer.ok()) return;
    EXPECT_STREQ(answer.error().reason, "idempotency_key_in_use");
  };
  for (int i = 0; i < 25; ++i) {
    payments().confirm(asked("k"), id, {}, count);
    other.payments.confirm(asked("k"), id, {}, count);
  }
  for (int i = 0; i < 4; ++i) {
    other.writer.drain();
    work();
  }
  EXPECT_EQ(answered + in_use, 50);
  EXPECT_GE(answered, 1);
  EXPECT_EQ(banks_.north.sent.size(), 1u);
  EXPECT_EQ(payment(id).attempts.size(), 1u);
}

TEST_P(IdempotencyTest, AnAnswerIsKeptForItsLifeAndNotForEver) {
  const std::string id = id_of(create(wanted(100), "k"));
  advance(base::Seconds(24 * 3600));
  ASSERT_TRUE(payments().reap().ok());
  EXPECT_EQ(id_of(create(wanted(100), "k")), id);
  advance(base::Seconds(2 * 3600));
  ASSERT_TRUE(payments().reap().ok());
  EXPECT_NE(id_of(create(wanted(100), "k")), id);
}

// What the key no longer stops, the payment's own limits do.
TEST_P(IdempotencyTest, AfterTheKeysLifeThePaymentsLimitsHold) {
  const std::string id = authorized(100);
  ask(capturing(id, "k"));
  advance(base::Seconds(30 * 3600));
  ASSERT_TRUE(payments().reap().ok());
  EXPECT_EQ(refusal(capturing(id, "k")), "payment_state");
  EXPECT_EQ(banks_.north.moved[id + ":capture:1"], 100);
}

}  // namespace
}  // namespace ashlar::payments
