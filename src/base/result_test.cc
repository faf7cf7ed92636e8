#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace ashlar::base {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{Code::kInvalid, "odd", "it is odd", {{"/n", "odd", "must be even"}}};
  return n / 2;
}

Result<int> quarter(int n) {
  ASHLAR_ASSIGN(const int once, half(n));
  ASHLAR_ASSIGN(const int twice, half(once));
  return twice;
}

Status must_be_quartered(int n, int& reached) {
  ASHLAR_TRY(half(n));
  ++reached;
  ASHLAR_TRY(quarter(n));
  ++reached;
  return ok_status();
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = half(8);
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_EQ(good.value(), 4);
  EXPECT_EQ(*good, 4);
  const Result<int> bad = half(7);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, Code::kInvalid);
  EXPECT_STREQ(bad.error().reason, "odd");
  EXPECT_EQ(bad.error().detail, "it is odd");
  ASSERT_EQ(bad.error().fields.size(), 1U);
  EXPECT_EQ(bad.error().fields[0].field, "/n");
}

TEST(Result, FailWritesTheCommonCase) {
  const Result<std::string> bad = fail(Code::kConflict, "code_taken", "taken");
  EXPECT_EQ(bad.error().code, Code::kConflict);
  EXPECT_STREQ(bad.error().reason, "code_taken");
  EXPECT_TRUE(bad.error().fields.empty());
}

TEST(Result, MacrosReturnTheFirstError) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_FALSE(quarter(6).ok());
  EXPECT_FALSE(quarter(3).ok());
  struct Row {
    int n;
    bool ok;
    int reached;
  };
  for (const Row& row : {Row{8, true, 2}, Row{6, false, 1}, Row{5, false, 0}}) {
    int reached = 0;
    EXPECT_EQ(must_be_quartered(row.n, reached).ok(), row.ok) << row.n;
    EXPECT_EQ(reached, row.reached) << row.n;
  }
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(5);
  EXPECT_EQ(**made, 5);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 5);
  const auto pass_on = [](Result<std::unique_ptr<int>> in) -> Result<std::unique_ptr<int>> {
    ASHLAR_ASSIGN(std::unique_ptr<int> value, std::move(in));
    return value;
  };
  EXPECT_EQ(**pass_on(std::make_unique<int>(6)), 6);
}

TEST(Result, StatusIsOkUntilItIsAnError) {
  const Status good;
  EXPECT_TRUE(good.ok());
  good.value();
  const Status bad = fail(Code::kGone, "gone", "");
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, Code::kGone);
}

// A result of a type that is itself made from an Error must not be mistaken for one.
TEST(Result, TwoResultsOfTheSameShapeStayApart) {
  struct Wrapped {
    Error inner;
  };
  const Result<Wrapped> value = Wrapped{fail(Code::kGone, "gone", "")};
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(value->inner.code, Code::kGone);
}

TEST(ResultDeathTest, TheWrongSideIsAProgrammersError) {
  const Result<int> good = half(8);
  const Result<int> bad = half(7);
  EXPECT_DEATH(static_cast<void>(bad.value()), "CHECK failed: ok\\(\\)");
  EXPECT_DEATH(static_cast<void>(good.error()), "CHECK failed: !ok\\(\\)");
  EXPECT_DEATH(Status(fail(Code::kGone, "gone", "")).value(), "CHECK failed");
  EXPECT_DEATH(static_cast<void>(Status().error()), "CHECK failed");
}

}  // namespace
}  // namespace ashlar::base
