#include "modules/tasks/push_gate.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace ashlar::tasks {
namespace {

using Pass = PushGate::Pass;
using Refusal = PushGate::Refusal;
using Went = PushGate::Went;
using Why = PushGate::Why;

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};
constexpr base::Mono kStart{std::chrono::seconds(1000)};

TEST(PushGate, SoManyRunAtOnceForEachTenantAndHost) {
  PushGate gate(1);
  const store::TargetLimits two{2, std::nullopt};
  std::deque<Pass> passes;
  for (int i = 0; i < 2; ++i) {
    passes.push_back(std::get<Pass>(gate.enter(kAlice, "a:80", two, kStart)));
  }
  auto third = gate.enter(kAlice, "a:80", two, kStart);
  ASSERT_TRUE(std::holds_alternative<Refusal>(third));
  EXPECT_EQ(std::get<Refusal>(third).why, Why::kBusy);
  EXPECT_TRUE(std::holds_alternative<Pass>(gate.enter(kAlice, "b:80", two, kStart)));
  EXPECT_TRUE(std::holds_alternative<Pass>(gate.enter(kBob, "a:80", two, kStart)));
  gate.leave(passes.front(), Went::kWell, kStart);
  EXPECT_TRUE(std::holds_alternative<Pass>(gate.enter(kAlice, "a:80", two, kStart)));
}

TEST(PushGate, AHostThatFailsIsLeftAloneThenProbed) {
  PushGate gate(1);
  base::Mono now = kStart;
  int sent = 0;
  while (true) {
    auto entered = gate.enter(kAlice, "a:80", {}, now);
    if (std::holds_alternative<Refusal>(entered)) {
      EXPECT_EQ(std::get<Refusal>(entered).why, Why::kBreaker);
      break;
    }
    ASSERT_LT(++sent, 100);
    gate.leave(std::get<Pass>(entered), Went::kBadly, now);
  }
  EXPECT_GE(sent, 10);
  EXPECT_TRUE(std::holds_alternative<Pass>(gate.enter(kAlice, "other:80", {}, now)));
  now += std::chrono::seconds(10);
  for (int i = 0; i < 2; ++i) {
    auto probe = gate.enter(kAlice, "a:80", {}, now);
    ASSERT_TRUE(std::holds_alternative<Pass>(probe));
    gate.leave(std::get<Pass>(probe), Went::kWell, now);
  }
  for (int i = 0; i < 20; ++i) {
    auto entered = gate.enter(kAlice, "a:80", {}, now);
    ASSERT_TRUE(std::holds_alternative<Pass>(entered));
    gate.leave(std::get<Pass>(entered), Went::kWell, now);
  }
}

TEST(PushGate, WhatSaysNothingOfTheHostOpensNoBreaker) {
  PushGate gate(1);
  for (int i = 0; i < 200; ++i) {
    auto entered = gate.enter(kAlice, "a:80", {}, kStart);
    ASSERT_TRUE(std::holds_alternative<Pass>(entered));
    gate.leave(std::get<Pass>(entered), Went::kNowhere, kStart);
  }
}

TEST(PushGate, ARateIsKeptOverTime) {
  PushGate gate(1);
  const store::TargetLimits ten{std::nullopt, 10.0};
  base::Mono now = kStart;
  int sent = 0;
  for (int step = 0; step < 10'000; ++step, now += std::chrono::milliseconds(1)) {
    auto entered = gate.enter(kAlice, "a:80", ten, now);
    if (auto* refusal = std::get_if<Refusal>(&entered)) {
      EXPECT_EQ(refusal->why, Why::kRate);
      EXPECT_GE(refusal->pause, base::Millis{1});
      continue;
    }
    ++sent;
    gate.leave(std::get<Pass>(entered), Went::kWell, now);
  }
  // Ten seconds at ten a second, and a second's worth at once in the beginning.
  EXPECT_GE(sent, 100);
  EXPECT_LE(sent, 112);
}

TEST(PushGate, ItKnowsABoundedNumberOfHosts) {
  PushGate gate(1);
  const store::TargetLimits one{1, std::nullopt};
  const Pass held = std::get<Pass>(gate.enter(kAlice, "held:80", one, kStart));
  for (std::size_t i = 0; i < PushGate::kMaxHosts + 100; ++i) {
    const base::Mono now = kStart + std::chrono::milliseconds(i);
    auto entered = gate.enter(kAlice, "h" + std::to_string(i), one, now);
    ASSERT_TRUE(std::holds_alternative<Pass>(entered));
    gate.leave(std::get<Pass>(entered), Went::kWell, now);
  }
  // One with something under way is not forgotten.
  EXPECT_TRUE(std::holds_alternative<Refusal>(gate.enter(kAlice, "held:80", one, kStart)));
  gate.leave(held, Went::kWell, kStart);
}

}  // namespace
}  // namespace ashlar::tasks
