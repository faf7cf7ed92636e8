// What the metrics say of what became of payments: on both engines.
#include "modules/payments/change_counters.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/payments/open_work.h"
#include "modules/payments/testing/payments_fixture.h"

namespace ashlar::payments {
namespace {

using Fate = ModelBank::Fate;

class PaymentsMetricsTest : public PaymentsFixture {
 protected:
  // The value behind `series`, as Prometheus reads it.
  std::string metric(const std::string& series) {
    const std::string text = "\n" + registry_.render();
    const std::size_t at = text.find("\n" + series + " ");
    if (at == std::string::npos) return "none";
    const std::size_t begin = at + series.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }
  std::string changes(const std::string& type) {
    return metric("ashlar_payments_changes_total{type=\"" + type + "\"}");
  }
  std::string entered(const std::string& state) {
    return metric("ashlar_payments_entered_total{state=\"" + state + "\"}");
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, PaymentsMetricsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(PaymentsMetricsTest, EachChangeIsCountedOnceWhenItHasCommitted) {
  EXPECT_EQ(changes("payment.captured"), "0");
  EXPECT_EQ(entered("succeeded"), "0");
  const std::string id = id_of(create(wanted(1000), "k1"));
  confirm(id, "k2");
  confirm(id, "k2");  // a replay
  capture(id, 700, true, "k3");
  EXPECT_EQ(capture_refused(id, 700), "payment_state");
  refund(id, 200, "k4");
  EXPECT_EQ(changes("payment.created"), "1");
  EXPECT_EQ(changes("payment.authorized"), "1");
  EXPECT_EQ(changes("payment.captured"), "1");
  EXPECT_EQ(changes("refund.succeeded"), "1");
  EXPECT_EQ(changes("payment.declined"), "0");
  EXPECT_EQ(entered("needs_confirmation"), "1");
  EXPECT_EQ(entered("processing"), "1");
  EXPECT_EQ(entered("capturable"), "1");
  EXPECT_EQ(entered("succeeded"), "1");
  EXPECT_EQ(entered("canceled"), "0");
}

TEST_P(PaymentsMetricsTest, DeclinesAndPayoutsAreCountedByTheirOutcome) {
  const std::string id = id_of(create(wanted(1000)));
  banks_.north.fates = {Fate::kDeclined};
  confirm(id);
  EXPECT_EQ(changes("payment.declined"), "1");
  EXPECT_EQ(entered("needs_method"), "1");
  EXPECT_EQ(changes("payout.paid"), "0");
}

TEST_P(PaymentsMetricsTest, WhatIsNotResolvedHasAnAge) {
  OpenWork open(*process_->db, clock_, registry_);
  ASSERT_TRUE(open.look().ok());
  EXPECT_EQ(metric("ashlar_payments_unresolved_age_seconds"), "0");
  const std::string id = id_of(create(wanted(1000)));
  banks_.north.fates = {Fate::kHangs};
  payments().confirm(asked("k"), id, {}, [](const base::Result<Answered>&) {});
  work();
  advance(base::Seconds{7});
  ASSERT_TRUE(open.look().ok());
  EXPECT_EQ(metric("ashlar_payments_calls_open"), "1");
  EXPECT_EQ(metric("ashlar_payments_unknown"), "0");
  EXPECT_EQ(metric("ashlar_payments_unresolved_age_seconds"), "7");
  EXPECT_EQ(metric("ashlar_payments_claims_open"), "1");
  banks_.north.let_go();
  work();
  ASSERT_TRUE(open.look().ok());
  EXPECT_EQ(metric("ashlar_payments_unresolved_age_seconds"), "0");
}

}  // namespace
}  // namespace ashlar::payments
