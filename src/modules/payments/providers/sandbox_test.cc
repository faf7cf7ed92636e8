#include "modules/payments/providers/sandbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "modules/payments/providers/card_tokens.h"
#include "modules/payments/providers/sandbox_statement.h"
#include "modules/payments/providers/testing/sandbox_fixture.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::payments {
namespace {

using enum ProviderEnd;
using enum ProviderOp;
using Kinds = std::vector<NoticeKind>;

class SandboxTest : public SandboxFixture {};

TEST_P(SandboxTest, AuthorizesAndCapturesInPartsAndNeverMore) {
  const ProviderAnswer held = ask(authorize("a", 10'000));
  ASSERT_EQ(held.end, kApplied);
  EXPECT_EQ(held.network, "visa");
  EXPECT_EQ(held.last4, "4242");
  EXPECT_EQ(moves("a"), 0);
  ProviderCall part = call(kCapture, "c1", 4'000, held.reference);
  part.last = false;
  const ProviderAnswer first = ask(part);
  EXPECT_EQ(first.end, kApplied);
  EXPECT_EQ(first.fee, 146);  // 2.9 % and 30
  EXPECT_NE(first.reference, held.reference);
  const ProviderAnswer over = ask(call(kCapture, "c2", 6'001, held.reference));
  EXPECT_EQ(over.end, kDeclined);
  EXPECT_EQ(over.decline_code, "amount_too_large");
  EXPECT_EQ(ask(call(kCapture, "c3", 5'000, held.reference)).end, kApplied);
  // The last part has released what was left.
  EXPECT_EQ(ask(call(kCapture, "c4", 1, held.reference)).decline_code, "not_capturable");
  EXPECT_EQ(moves("c1"), 1);
  EXPECT_EQ(moves("c2"), 0);
  EXPECT_EQ(moves("c3"), 1);
}

TEST_P(SandboxTest, AKeyIsDoneOnceAlsoAfterARestart) {
  const ProviderAnswer held = ask(authorize("a", 500));
  const ProviderAnswer first = ask(call(kCapture, "c", 500, held.reference));
  sandbox_ = make({});
  const ProviderAnswer again = ask(call(kCapture, "c", 500, held.reference));
  EXPECT_EQ(again.end, kApplied);
  EXPECT_EQ(again.reference, first.reference);
  EXPECT_EQ(moves("c"), 1);
  EXPECT_EQ((*sandbox_->view(kAda, "c"))->call.asked, 2);
  EXPECT_EQ(ask(call(kCapture, "c", 400, held.reference)).decline_code, "key_reused");
  EXPECT_EQ(query(call(kCapture, "c", 500, held.reference)).reference, first.reference);
  EXPECT_EQ(sandbox_->moved_twice(kAda).value(), 0);
}

TEST_P(SandboxTest, OneTenantsThingsAreNoOthers) {
  const ProviderAnswer held = ask(authorize("a", 500));
  ProviderCall theirs = call(kCapture, "c", 500, held.reference);
  theirs.tenant = kBela;
  EXPECT_EQ(ask(theirs).decline_code, "unknown_reference");
  ProviderCall same_key = authorize("a", 900);
  same_key.tenant = kBela;
  const ProviderAnswer other = ask(same_key);
  EXPECT_EQ(other.end, kApplied);
  EXPECT_NE(other.reference, held.reference);
}

TEST_P(SandboxTest, CapturesAtOnceWhereAsked) {
  const ProviderAnswer paid = ask(authorize("a", 2'000, "pm_card_mastercard", true));
  ASSERT_EQ(paid.end, kApplied);
  EXPECT_EQ(paid.network, "mastercard");
  EXPECT_EQ(paid.fee, 88);
  EXPECT_TRUE(paid.reference.starts_with("sbx_ch_"));
  EXPECT_TRUE(paid.capture_reference.starts_with("sbx_cap_"));
  EXPECT_EQ(moves("a"), 1);
  EXPECT_EQ(ask(call(kCancel, "x", 0, paid.reference)).decline_code, "not_cancelable");
}

TEST_P(SandboxTest, EveryTokenDoesWhatItSays) {
  for (const CardToken& card : all_cards()) {
    const ProviderAnswer answer =
        ask(authorize(std::string(card.token), 700, std::string(card.token)));
    SCOPED_TRACE(card.token);
    switch (card.conduct) {
      case CardConduct::kDeclines:
        EXPECT_EQ(answer.end, kDeclined);
        EXPECT_EQ(answer.decline_code, card.code);
        EXPECT_FALSE(answer.message.empty());
        break;
      case CardConduct::kAsksCustomer:
        EXPECT_EQ(answer.end, kNeedsAction);
        EXPECT_FALSE(answer.action_url.empty());
        break;
      case CardConduct::kAnswerLost:
      case CardConduct::kCallLost:
      case CardConduct::kArrivesLate:
        EXPECT_EQ(answer.end, kUnknown);
        break;
      case CardConduct::kNotDone:
        EXPECT_EQ(answer.end, kNotDone);
        break;
      default:
        EXPECT_EQ(answer.end, kApplied);
    }
    EXPECT_EQ(sandbox_->face_of(card.token)->last4, card.last4);
  }
  EXPECT_EQ(ask(authorize("none", 700, "pm_card_none")).decline_code, "unknown_token");
  EXPECT_FALSE(sandbox_->face_of("pm_card_none"));
}

TEST_P(SandboxTest, ALostAnswerIsFoundByAsking) {
  ProviderCall lost = authorize("a", 700, "pm_card_answerLost", true);
  EXPECT_EQ(ask(lost).end, kUnknown);
  EXPECT_EQ(moves("a"), 1);
  const ProviderAnswer found = query(lost);
  EXPECT_EQ(found.end, kApplied);
  EXPECT_EQ(found.amount, 700);
  EXPECT_EQ(ask(lost).reference, found.reference);  // as the first was
  EXPECT_EQ(moves("a"), 1);
}

TEST_P(SandboxTest, WhatNeverArrivedWasNotDone) {
  ProviderCall lost = authorize("a", 700, "pm_card_callLost");
  EXPECT_EQ(ask(lost).end, kUnknown);
  EXPECT_EQ(query(lost).end, kNotDone);
  EXPECT_EQ(query(authorize("never", 1)).end, kNotDone);
  EXPECT_EQ(moves("never"), 0);
}

// Asked for in vain, it must not come after all: who asked may have tried elsewhere meanwhile.
TEST_P(SandboxTest, WhatArrivesAfterItWasAskedForIsRefused) {
  ProviderCall late = authorize("a", 700, "pm_card_arrivesLate", true);
  EXPECT_EQ(ask(late).end, kUnknown);
  EXPECT_EQ(query(late).end, kNotDone);
  advance(base::Seconds{5});
  EXPECT_EQ(moves("a"), 0);
  EXPECT_EQ(query(late).end, kNotDone);
  // Not asked for, it arrives.
  ProviderCall other = authorize("b", 700, "pm_card_arrivesLate", true);
  EXPECT_EQ(ask(other).end, kUnknown);
  advance(base::Seconds{5});
  EXPECT_EQ(query(other).end, kApplied);
  EXPECT_EQ(moves("b"), 1);
}

TEST_P(SandboxTest, AfterNotDoneTheSameKeyMayBeSentAgain) {
  ProviderCall late = authorize("a", 700, "pm_card_callLost");
  EXPECT_EQ(ask(late).end, kUnknown);
  EXPECT_EQ(query(late).end, kNotDone);
  late.token = "pm_card_visa";
  EXPECT_EQ(ask(late).end, kApplied);
}

TEST_P(SandboxTest, TheCustomerDecides) {
  const ProviderAnswer asks = ask(authorize("a", 900, "pm_card_authenticationRequired", true));
  ASSERT_EQ(asks.end, kNeedsAction);
  const std::string prefix = "http://pay.test/v1/payments/sandbox/actions/";
  ASSERT_TRUE(asks.action_url.starts_with(prefix));
  const std::string token = asks.action_url.substr(prefix.size());
  EXPECT_EQ(sandbox_->action(token)->amount, 900);
  std::string forged = token;
  forged.back() = forged.back() == 'a' ? 'b' : 'a';
  EXPECT_STREQ(sandbox_->decide(forged, true).error().reason, "action_not_found");
  ASSERT_TRUE(sandbox_->decide(token, true).ok());
  EXPECT_STREQ(sandbox_->decide(token, true).error().reason, "action_over");
  sandbox_->drain();
  ASSERT_EQ(kinds(), Kinds{NoticeKind::kCaptured});
  const ProviderNotice told = notices().front();
  EXPECT_EQ(told.key, "a");
  EXPECT_EQ(told.about, asks.reference);
  EXPECT_EQ(told.tenant, kAda);
  const ProviderAnswer now = query(authorize("a", 900));
  EXPECT_EQ(now.end, kApplied);
  EXPECT_EQ(now.capture_reference, told.reference);
  EXPECT_EQ(moves("a"), 1);

  const ProviderAnswer other = ask(authorize("b", 900, "pm_card_authenticationRequired"));
  ASSERT_TRUE(sandbox_->decide(other.action_url.substr(prefix.size()), false).ok());
  sandbox_->drain();
  EXPECT_EQ(kinds().back(), NoticeKind::kDeclined);
  EXPECT_EQ(query(authorize("b", 900)).decline_code, "authentication_failed");
  const ProviderAnswer third = ask(authorize("c", 900, "pm_card_authenticationRequired"));
  EXPECT_EQ(third.end, kNeedsAction);
  advance(base::Seconds{3601});
  EXPECT_EQ(kinds().back(), NoticeKind::kDeclined);
  ProviderCall alone = authorize("d", 900, "pm_card_authenticationRequired");
  alone.off_session = true;
  EXPECT_EQ(ask(alone).decline_code, "authentication_required");
}

TEST_P(SandboxTest, RefundsPartlyAndNeverMoreThanWasCaptured) {
  const ProviderAnswer paid = ask(authorize("a", 10'000, "pm_card_visa", true));
  EXPECT_EQ(ask(call(kRefund, "r1", 6'000, paid.reference)).end, kApplied);
  EXPECT_EQ(ask(call(kRefund, "r2", 6'000, paid.reference)).decline_code,
            "refund_exceeds_captured");
  EXPECT_EQ(ask(call(kRefund, "r3", 4'000, paid.reference)).end, kApplied);
  EXPECT_EQ(moves("r1"), 1);
  EXPECT_EQ(moves("r2"), 0);
}

TEST_P(SandboxTest, ARefundMayFailLaterAndTheMoneyIsBack) {
  const ProviderAnswer paid = ask(authorize("a", 1'000, "pm_card_refundFail", true));
  const ProviderAnswer refund = ask(call(kRefund, "r", 1'000, paid.reference));
  EXPECT_EQ(refund.end, kApplied);
  advance(base::Seconds{2});
  ASSERT_EQ(kinds(), Kinds{NoticeKind::kRefundFailed});
  EXPECT_EQ(notices()[0].reference, refund.reference);
  EXPECT_EQ(notices()[0].about, paid.reference);
  EXPECT_EQ(query(call(kRefund, "r", 1'000, paid.reference)).end, kDeclined);
  EXPECT_EQ((*sandbox_->view(kAda, "r"))->gross, 0);
  EXPECT_EQ(sandbox_->moved_twice(kAda).value(), 0);
  EXPECT_EQ(ask(call(kRefund, "r2", 1'000, paid.reference)).end, kApplied);  // it is refundable
}

TEST_P(SandboxTest, APendingRefundIsToldWhenItIsDone) {
  const ProviderAnswer paid = ask(authorize("a", 1'000, "pm_card_pendingRefund", true));
  EXPECT_EQ(ask(call(kRefund, "r", 300, paid.reference)).end, kPending);
  EXPECT_TRUE(webhooks_.empty());
  advance(base::Seconds{2});
  EXPECT_EQ(kinds(), Kinds{NoticeKind::kRefunded});
  EXPECT_EQ(query(call(kRefund, "r", 300, paid.reference)).end, kApplied);
}

TEST_P(SandboxTest, ADisputeTakesTheMoneyAndEvidenceBringsItBack) {
  const ProviderAnswer paid = ask(authorize("a", 5'000, "pm_card_createDispute", true));
  sandbox_->drain();
  ASSERT_EQ(kinds(), Kinds{NoticeKind::kDisputeOpened});
  const ProviderNotice opened = notices()[0];
  EXPECT_EQ(opened.about, paid.reference);
  EXPECT_EQ(opened.amount, 5'000);
  EXPECT_EQ(opened.fee, 1'500);
  EXPECT_EQ(opened.reason, "fraudulent");
  EXPECT_TRUE(opened.due_by);
  EXPECT_EQ(ask(call(kRefund, "r", 100, paid.reference)).decline_code, "charge_disputed");
  ProviderCall evidence = call(kEvidence, "e", 0, opened.reference);
  evidence.details = {{"uncategorized_text", "winning_evidence"}};
  EXPECT_EQ(ask(evidence).end, kApplied);
  advance(base::Seconds{2});
  EXPECT_EQ(kinds().back(), NoticeKind::kDisputeWon);
  EXPECT_EQ(ask(call(kRefund, "r2", 100, paid.reference)).end, kApplied);
  const auto statement = sandbox_->statement(kAda, clock_.now()).value();
  EXPECT_EQ(statement.lines.size(), 4U);  // capture, dispute, reversal, refund
  EXPECT_EQ(statement.balances.at("usd").closing, 5'000 - 175 - 100);
}

TEST_P(SandboxTest, ADisputeIsLostByPoorEvidenceByGivingInAndByTime) {
  std::vector<std::string> disputes;
  for (const char* key : {"a", "b", "c"}) {
    ask(authorize(key, 5'000, "pm_card_createDispute", true));
    sandbox_->drain();
    disputes.push_back(notices().back().reference);
  }
  ProviderCall evidence = call(kEvidence, "e", 0, disputes[0]);
  evidence.details = {{"uncategorized_text", "losing_evidence"}};
  EXPECT_EQ(ask(evidence).end, kApplied);
  advance(base::Seconds{2});
  EXPECT_EQ(notices().back().kind, NoticeKind::kDisputeLost);
  EXPECT_EQ(ask(call(kCloseDispute, "close", 0, disputes[1])).end, kApplied);
  EXPECT_EQ(ask(call(kEvidence, "e2", 0, disputes[1])).decline_code, "dispute_closed");
  advance(base::Seconds{8 * 24 * 3600});
  EXPECT_EQ(notices().back().reference, disputes[2]);
  EXPECT_EQ(notices().back().reason, "expired");
  EXPECT_EQ(ask(call(kEvidence, "e3", 0, disputes[2])).decline_code, "dispute_closed");
}

TEST_P(SandboxTest, AnAuthorizationRunsOutAndIsReleasedOnce) {
  const ProviderAnswer held = ask(authorize("a", 500));
  const ProviderAnswer other = ask(authorize("b", 500));
  EXPECT_EQ(ask(call(kCancel, "x", 0, other.reference)).amount, 500);
  advance(base::Seconds{7 * 24 * 3600});
  ASSERT_EQ(kinds(), Kinds{NoticeKind::kCanceled});
  EXPECT_EQ(notices()[0].reference, held.reference);
  EXPECT_EQ(ask(call(kCapture, "c", 500, held.reference)).decline_code, "authorization_expired");
  EXPECT_EQ(ask(call(kCapture, "c2", 500, other.reference)).decline_code, "not_capturable");
}

TEST_P(SandboxTest, PaysOutWhatThereIs) {
  ask(authorize("a", 10'000, "pm_card_visa", true));
  EXPECT_EQ(ask(call(kPayout, "p0", 9'681)).decline_code, "balance_insufficient");
  EXPECT_EQ(ask(call(kPayout, "p1", 9'000)).end, kPending);
  EXPECT_EQ(ask(call(kPayout, "p2", 681)).decline_code, "balance_insufficient");
  advance(base::Seconds{2});
  EXPECT_EQ(kinds(), Kinds{NoticeKind::kPaidOut});
  ProviderCall failing = call(kPayout, "p3", 680);
  failing.token = kFailingAccount;
  EXPECT_EQ(ask(failing).end, kPending);
  advance(base::Seconds{2});
  EXPECT_EQ(kinds().back(), NoticeKind::kPayoutFailed);
  const ProviderAnswer closed = query(failing);
  EXPECT_EQ(closed.decline_code, "account_closed");
  EXPECT_EQ(closed.message, "The bank account is closed.");
  EXPECT_EQ(ask(call(kPayout, "p4", 680)).end, kPending);
}

TEST_P(SandboxTest, ANoticeIsToldUntilItIsTaken) {
  refuse_ = 2;
  ask(authorize("a", 1'000, "pm_card_createDispute", true));
  sandbox_->drain();
  EXPECT_EQ(webhooks_.size(), 1U);
  for (int i = 0; i < 20; ++i) advance(base::Millis{200});
  EXPECT_EQ(webhooks_.size(), 3U);
  for (int i = 0; i < 20; ++i) advance(base::Seconds{60});
  EXPECT_EQ(webhooks_.size(), 3U);
  EXPECT_EQ(notices()[0].id, notices()[2].id);
}

TEST_P(SandboxTest, ANoticeThatNobodySignedIsRefused) {
  ask(authorize("a", 1'000, "pm_card_createDispute", true));
  sandbox_->drain();
  ASSERT_EQ(webhooks_.size(), 1U);
  Sandbox::Webhook forged = webhooks_[0];
  forged.body.replace(forged.body.find("1000"), 4, "9000");
  EXPECT_STREQ(sandbox_->read_webhook(forged.body, forged.headers).error().reason,
               "notice_signature");
  EXPECT_STREQ(sandbox_->read_webhook(webhooks_[0].body, {}).error().reason, "notice_signature");
  clock_.advance(base::Seconds{301});
  EXPECT_STREQ(sandbox_->read_webhook(webhooks_[0].body, webhooks_[0].headers).error().reason,
               "notice_signature");
}

TEST_P(SandboxTest, TheThreadAnswersManyInOneCommit) {
  sandbox_->start();
  constexpr int kCalls = 2'000;
  std::atomic<int> applied{0};
  std::promise<void> all;
  std::atomic<int> left{kCalls};
  for (int i = 0; i < kCalls; ++i) {
    sandbox_->submit(authorize("k" + std::to_string(i), 100, "pm_card_visa", true),
                     [&](const ProviderAnswer& answer) {
                       if (answer.end == kApplied) ++applied;
                       if (--left == 0) all.set_value();
                     });
  }
  ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  sandbox_->stop();
  EXPECT_EQ(applied.load(), kCalls);
  const auto statement = sandbox_->statement(kAda, clock_.now()).value();
  EXPECT_EQ(statement.lines.size(), static_cast<std::size_t>(kCalls));
  EXPECT_EQ(statement.balances.at("usd").closing, kCalls * (100 - 33));
}

TEST_P(SandboxTest, TwoProcessesOnOneBookDoAKeyOnce) {
  const auto other = make({});
  sandbox_->start();
  other->start();
  constexpr int kKeys = 200;
  std::atomic<int> left{2 * kKeys};
  std::promise<void> all;
  std::vector<std::string> references(2 * kKeys);
  for (int i = 0; i < kKeys; ++i) {
    for (int who = 0; who < 2; ++who) {
      (who == 0 ? *sandbox_ : *other)
          .submit(authorize("k" + std::to_string(i), 100, "pm_card_visa", true),
                  [&, i, who](const ProviderAnswer& answer) {
                    references[2 * i + who] = answer.reference;
                    if (--left == 0) all.set_value();
                  });
    }
  }
  ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  sandbox_->stop();
  other->stop();
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(references[2 * i], references[2 * i + 1]);
  const auto statement = sandbox_->statement(kAda, clock_.now()).value();
  EXPECT_EQ(statement.lines.size(), static_cast<std::size_t>(kKeys));
  EXPECT_EQ(sandbox_->moved_twice(kAda).value(), 0);
}

TEST_P(SandboxTest, WhatIsPastItsDeadlineIsNotBegun) {
  ProviderCall late = authorize("a", 100);
  late.deadline = clock_.mono() + base::Seconds{1};
  std::optional<ProviderAnswer> answer;
  sandbox_->submit(late, [&](ProviderAnswer got) { answer = std::move(got); });
  clock_.advance(base::Seconds{2});
  sandbox_->run_once();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->end, kNotDone);
  EXPECT_EQ(moves("a"), -1);
}

// As Ada it must find what is hers, or the parameters would prove nothing.
TEST_P(SandboxTest, NoStatementReachesAnotherTenantsRows) {
  ask(authorize("a", 2'000, "pm_card_visa", true));
  const auto seen = [&](base::TenantId who, const storage::Sql& sql) {
    std::int64_t found = 0;
    const auto read = db_->read(storage::Context::tenant(who), [&](storage::Transaction& tx) {
      found = 0;
      const auto count = [&](const storage::Row& row) {
        const bool counts = sql.text.starts_with("SELECT count");
        found += counts ? row.integer(0) : 1;
      };
      const std::string_view bank = "sandbox";
      constexpr std::int64_t kEnd = std::int64_t{1} << 60;
      switch (storage::engine_text(sql, db_->dialect())->parameters) {
        case 1:
          return tx.query(sql, {bank}, count);
        case 2:
          if (sql.text.find("at < ?2") != std::string_view::npos) {
            return tx.query(sql, {bank, kEnd}, count);
          }
          return tx.query(sql, {bank, std::string_view("a")}, count);
        default:
          return tx.query(sql,
                          {bank, std::int64_t{0}, kEnd, std::int64_t{0}, std::string_view(""),
                           std::int64_t{10}},
                          count);
      }
    });
    EXPECT_TRUE(read.ok());
    return found;
  };
  for (const storage::Sql* sql : store::sandbox_statements()) {
    EXPECT_EQ(seen(kBela, *sql), 0) << sql->text;
    // Of what was moved twice there is nothing.
    const std::int64_t hers = sql->text.find("HAVING") == std::string_view::npos ? 1 : 0;
    EXPECT_EQ(seen(kAda, *sql), hers) << sql->text;
  }
}

INSTANTIATE_TEST_SUITE_P(Storage, SandboxTest, storage::both_engines(), storage::engine_name);

}  // namespace
}  // namespace ashlar::payments
