#include "base/currency.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace ashlar::base {
namespace {

TEST(Currency, DigitsAreIsos) {
  EXPECT_EQ(currency_digits("EUR"), 2);
  EXPECT_EQ(currency_digits("usd"), 2);
  EXPECT_EQ(currency_digits("AED"), 2);
  EXPECT_EQ(currency_digits("ZWG"), 2);
  EXPECT_EQ(currency_digits("MGA"), 2);
  for (const char* none : {"jpy", "KRW", "ISK", "UGX", "CLP", "XAF", "xpf"})
    EXPECT_EQ(currency_digits(none), 0) << none;
  for (const char* three : {"KWD", "bhd", "IQD", "TND"})
    EXPECT_EQ(currency_digits(three), 3) << three;
}

TEST(Currency, WhatNobodyPaysInIsNone) {
  for (const char* none :
       {"ZZZ", "", "EU", "EURO", "E€", "POINTS", "XTS", "XAU", "XDR", "CLF", "USN", "DEM", "HRK",
        "BGN", "ZWL", "UR ", "DAF", "EDA"}) {  // the last two: across two codes of the table
    EXPECT_FALSE(currency_digits(none).has_value()) << none;
  }
}

TEST(Currency, NoRowOfTheTableHasSlipped) {
  int two = 0, none = 0, three = 0;
  std::string code(3, 'A');
  for (code[0] = 'A'; code[0] <= 'Z'; ++code[0]) {
    for (code[1] = 'A'; code[1] <= 'Z'; ++code[1]) {
      for (code[2] = 'A'; code[2] <= 'Z'; ++code[2]) {
        const auto digits = currency_digits(code);
        two += digits == 2 ? 1 : 0;
        none += digits == 0 ? 1 : 0;
        three += digits == 3 ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(none, 16);
  EXPECT_EQ(three, 7);
  EXPECT_EQ(two, 132);
}

TEST(Currency, AmountsAreShownInItsDigits) {
  EXPECT_EQ(format_money(1'050, "eur"), "10.50 EUR");
  EXPECT_EQ(format_money(-5, "USD"), "-0.05 USD");
  EXPECT_EQ(format_money(0, "USD"), "0.00 USD");
  EXPECT_EQ(format_money(900, "jpy"), "900 JPY");
  EXPECT_EQ(format_money(1'234, "kwd"), "1.234 KWD");
  EXPECT_EQ(format_money(1'050, "POINTS"), "1050 POINTS");
  EXPECT_EQ(format_amount(std::numeric_limits<std::int64_t>::min(), "eur"),
            "-92233720368547758.08");
}

}  // namespace
}  // namespace ashlar::base
