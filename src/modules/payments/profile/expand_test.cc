#include "modules/payments/profile/expand.h"

#include <gtest/gtest.h>

namespace ashlar::payments::profile {
namespace {

using Paths = std::vector<std::string>;

std::string refusal(ObjectKind kind, bool list, const Paths& paths) {
  const auto expand = Expand::parse(kind, list, paths);
  return expand.ok() ? "" : expand.error().detail;
}

TEST(ExpandTest, PathsBecomeATree) {
  const Paths paths{"latest_charge.balance_transaction", "latest_charge.customer", "customer"};
  const auto expand = Expand::parse(ObjectKind::kPaymentIntent, false, paths);
  ASSERT_TRUE(expand.ok());
  const Expand* charge = expand->find("latest_charge");
  ASSERT_NE(charge, nullptr);
  EXPECT_NE(charge->find("balance_transaction"), nullptr);
  EXPECT_NE(charge->find("customer"), nullptr);
  EXPECT_EQ(charge->find("payment_intent"), nullptr);
  ASSERT_NE(expand->find("customer"), nullptr);
  EXPECT_TRUE(expand->find("customer")->empty());
  EXPECT_EQ(expand->find("payment_method"), nullptr);
}

TEST(ExpandTest, ListsExpandTheirData) {
  EXPECT_EQ(refusal(ObjectKind::kCharge, true, {"data.payment_intent"}), "");
  EXPECT_NE(refusal(ObjectKind::kCharge, true, {"payment_intent"}), "");
  EXPECT_NE(refusal(ObjectKind::kCharge, true, {"data"}), "");
  EXPECT_NE(refusal(ObjectKind::kCharge, true, {"data."}), "");
}

TEST(ExpandTest, WhatCannotBeExpandedIsRefused) {
  EXPECT_NE(refusal(ObjectKind::kPaymentIntent, false, {"amount"}), "");
  EXPECT_NE(refusal(ObjectKind::kPaymentIntent, false, {"latest"}), "");
  EXPECT_NE(refusal(ObjectKind::kPaymentIntent, false, {"customers"}), "");
  EXPECT_NE(refusal(ObjectKind::kPaymentIntent, false, {""}), "");
  EXPECT_NE(refusal(ObjectKind::kPaymentIntent, false, {"customer.name"}), "");
  EXPECT_NE(refusal(ObjectKind::kBalance, false, {"available"}), "");
  EXPECT_EQ(refusal(ObjectKind::kCustomer, false, {"invoice_settings.default_payment_method"}), "");
}

TEST(ExpandTest, CirclesEnd) {
  const std::string four = "latest_charge.payment_intent.latest_charge.payment_intent";
  EXPECT_EQ(refusal(ObjectKind::kPaymentIntent, false, {four}), "");
  EXPECT_NE(refusal(ObjectKind::kPaymentIntent, false, {four + ".customer"}), "");
  EXPECT_NE(refusal(ObjectKind::kPaymentIntent, false, Paths(21, "customer")), "");
}

}  // namespace
}  // namespace ashlar::payments::profile
