#include "modules/payments/card_numbers.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace ashlar::payments {
namespace {

TEST(CardNumbers, AreFoundHoweverTheyAreWritten) {
  for (const char* text : {"4242424242424242",
                           "4242 4242 4242 4242",
                           "4242-4242-4242-4242",
                           "378282246310005",
                           "3782 822463 10005",
                           "6011111111111117",
                           "30569309025904",
                           "4222222222222",
                           "6304000000000000000",
                           "card 4242424242424242, exp 12/27",
                           "4242424242424242 12 27",
                           "x4242424242424242y",
                           "12 4242424242424242",
                           "4242 4242 4242 4242 123",
                           "2223003122003222",
                           "a=1&number=5555555555554444&cvc=123",
                           "3782-822463-10005",
                           "card-4242-4242-4242-4242-123",
                           "4242-4242-4242-4242,12",
                           "4242-4242-4242-4242-12-27",
                           "42 42 42 42 42 42 42 42",
                           "4242.4242.4242.4242",
                           "4242\t4242\t4242\t4242",
                           "4242  4242  4242  4242",
                           "4242\xc2\xa0"
                           "4242\xc2\xa0"
                           "4242\xc2\xa0"
                           "4242",
                           "4242424242424242cafe"}) {
    EXPECT_TRUE(holds_card_number(text)) << text;
  }
}

TEST(CardNumbers, OrdinaryNumbersAreNone) {
  for (const char* text :
       {"", "4242", "4242424242424241", "1790000000000", "1790000000000000",
        "order-2026-11-22-0001", "+49 30 1234567", "42424242424242424242",
        "4242    4242    4242    4242", "pay_0Xq1abcd0123456789ABCD", "1234567890123456789012345",
        // A snowflake id, part of a UUID, a digest: their digits would pass the sum.
        "2000000000000000006", "42000000000000006", "f81d4fae-7dec-4242-8242-42424242aa05",
        "9b74c9897bac770ffc029102a4242424242424242ff"}) {
    EXPECT_FALSE(holds_card_number(text)) << text;
  }
}

// Every number that Luhn's sum makes right is found, and one with a wrong last digit is not.
TEST(CardNumbers, TheLastDigitDecides) {
  base::Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string digits(1, static_cast<char>('2' + random.below(5)));
    std::size_t length = 13 + random.below(7);
    if (digits == "2") length = 16;
    if (digits == "4") length = 13 + 3 * random.below(3);
    while (digits.size() + 1 < length) digits += static_cast<char>('0' + random.below(10));
    int right = 0;
    for (char c = '0'; c <= '9'; ++c) right += holds_card_number(digits + c) ? 1 : 0;
    ASSERT_EQ(right, 1) << digits;
  }
}

std::string random_hex(base::Random& random, std::size_t length) {
  std::string text;
  while (text.size() < length) text += "0123456789abcdef"[random.below(16)];
  return text;
}

// Ids that machines make stand in metadata and descriptions by the million.
TEST(CardNumbers, NoUuidAndNoDigestLooksLikeOne) {
  base::Random random(11);
  for (int round = 0; round < 500'000; ++round) {
    const std::string uuid = random_hex(random, 8) + "-" + random_hex(random, 4) + "-4" +
                             random_hex(random, 3) + "-" + "89ab"[random.below(4)] +
                             random_hex(random, 3) + "-" + random_hex(random, 12);
    ASSERT_FALSE(holds_card_number(uuid)) << uuid;
    const std::string digest = random_hex(random, 40);
    ASSERT_FALSE(holds_card_number(digest)) << digest;
  }
}

TEST(CardNumbers, WhatMachinesMakeIsOneOnlyAlone) {
  EXPECT_TRUE(is_card_number("4242 4242 4242 4242"));
  EXPECT_TRUE(is_card_number("4242424242424242"));
  EXPECT_FALSE(is_card_number("order 4242424242424242"));
  EXPECT_FALSE(is_card_number("17"));
}

TEST(CardNumbers, ARefusalDoesNotRepeatTheNumber) {
  const auto status = refuse_card_number("/description", "4242424242424242");
  ASSERT_FALSE(status.ok());
  EXPECT_STREQ(status.error().reason, "card_number_refused");
  ASSERT_EQ(status.error().fields.size(), 1u);
  EXPECT_EQ(status.error().fields[0].field, "/description");
  EXPECT_EQ(status.error().detail.find("4242"), std::string::npos);
  EXPECT_TRUE(refuse_card_number("/description", "order 17").ok());
}

}  // namespace
}  // namespace ashlar::payments
