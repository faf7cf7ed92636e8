#include "modules/payments/providers/card_api_notice.h"

#include <gtest/gtest.h>

#include "modules/payments/providers/timed_signature.h"

namespace ashlar::payments {
namespace {

using Kind = NoticeKind;

std::string event(const std::string& type, const std::string& object) {
  return R"({"id":"evt_1","type":")" + type + R"(","created":1700000000,"data":{"object":{)" +
         object + "}}}";
}

std::optional<ProviderNotice> read(const std::string& type, const std::string& object) {
  const auto all = read_card_api_event(event(type, object));
  EXPECT_TRUE(all.ok()) << (all.ok() ? "" : all.error().detail);
  if (!all.ok() || all->empty()) return std::nullopt;
  return all->front();
}

constexpr const char* kMarks =
    R"(,"metadata":{"ashlar_key":"pay_1:authorize:1","ashlar_tenant":"7"})";

TEST(CardApiNotice, ReadsWhatConcernsUs) {
  const std::string intent = R"("id":"pi_1","amount":900,"amount_received":700,"currency":"usd",)"
                             R"("amount_capturable":900,"latest_charge":"ch_1")" +
                             std::string(kMarks);
  const auto captured = read("payment_intent.succeeded", intent);
  EXPECT_EQ(captured->kind, Kind::kCaptured);
  EXPECT_EQ(captured->about, "pi_1");
  EXPECT_EQ(captured->reference, "ch_1");
  EXPECT_EQ(captured->amount, 700);
  EXPECT_EQ(captured->key, "pay_1:authorize:1");
  EXPECT_EQ(captured->tenant, base::TenantId(7));
  EXPECT_EQ(
      read("payment_intent.amount_capturable_updated", intent + R"(,"status":"requires_capture")")
          ->kind,
      Kind::kAuthorized);
  const auto canceled =
      read("payment_intent.canceled", intent + R"(,"cancellation_reason":"automatic")");
  EXPECT_EQ(canceled->kind, Kind::kCanceled);
  EXPECT_EQ(canceled->reason, "expired");
  const auto failed = read("payment_intent.payment_failed",
                           intent + R"(,"last_payment_error":{"code":"card_declined",)"
                                    R"("decline_code":"lost_card"})");
  EXPECT_EQ(failed->reason, "lost_card");

  const std::string refund =
      R"("id":"re_1","amount":5,"currency":"usd","payment_intent":"pi_1","status":)";
  EXPECT_EQ(read("refund.updated", refund + "\"succeeded\"")->kind, Kind::kRefunded);
  EXPECT_EQ(read("charge.refund.updated", refund + "\"failed\"")->kind, Kind::kRefundFailed);
  EXPECT_FALSE(read("refund.created", refund + "\"pending\""));

  const std::string dispute =
      R"("id":"dp_1","amount":5,"currency":"usd","payment_intent":"pi_1","status":)";
  EXPECT_EQ(read("charge.dispute.closed", dispute + "\"won\"")->kind, Kind::kDisputeWon);
  EXPECT_EQ(read("charge.dispute.closed", dispute + "\"lost\"")->kind, Kind::kDisputeLost);
  EXPECT_FALSE(read("charge.dispute.created", dispute + "\"warning_needs_response\""));
  EXPECT_EQ(read("payout.failed", R"("id":"po_1","amount":5,"failure_code":"no_account")")->reason,
            "no_account");
  EXPECT_FALSE(read("customer.created", R"("id":"cus_1")"));
}

TEST(CardApiNotice, WhatIsNoEventIsRefused) {
  for (const char* body :
       {"", "[]", "{}", R"({"id":"e","type":"t","created":1})",
        R"({"id":"e","type":"payout.paid","created":1,"data":{"object":{"amount":5}}})",
        R"({"id":"e","type":"payout.paid","created":1,"data":{"object":{"id":"p","amount":-5}}})",
        R"({"id":"e","type":"payout.paid","created":-1,"data":{"object":{"id":"p"}}})"}) {
    const auto read = read_card_api_event(body);
    ASSERT_FALSE(read.ok()) << body;
    EXPECT_STREQ(read.error().reason, "notice_malformed");
  }
}

TEST(TimedSignature, HoldsForSomeMinutesAndForEachSecret) {
  const base::Time at{base::Seconds{1'700'000'000}};
  const std::vector<std::string> theirs{"one", "two"};
  const std::vector<std::string> ours{"two"};
  const std::string header = timed_signature(theirs, at, "body");
  EXPECT_TRUE(check_timed_signature(header, "body", ours, at).ok());
  EXPECT_TRUE(check_timed_signature(header, "body", ours, at + base::Seconds{300}).ok());
  EXPECT_FALSE(check_timed_signature(header, "body", ours, at + base::Seconds{301}).ok());
  EXPECT_TRUE(check_timed_signature(header, "body", ours, at - base::Seconds{300}).ok());
  EXPECT_FALSE(check_timed_signature(header, "body", ours, at - base::Seconds{301}).ok());
  const std::vector<std::string> others{"three"};
  EXPECT_FALSE(check_timed_signature(header, "body", others, at).ok());
  EXPECT_FALSE(check_timed_signature(header, "Body", ours, at).ok());
  EXPECT_FALSE(check_timed_signature("", "body", ours, at).ok());
  EXPECT_FALSE(check_timed_signature("t=,v1=", "body", ours, at).ok());
  EXPECT_FALSE(check_timed_signature("t=99999999999999999999,v1=00", "body", ours, at).ok());
  // Computed elsewhere.
  EXPECT_EQ(timed_signature(ours, at, "body"),
            "t=1700000000,v1=b6744bedcb5e7b26c2c9bfa8792586c273ed9111f58659b4a91889a5a63a45f9");
}

}  // namespace
}  // namespace ashlar::payments
