#include "modules/notifications/mail/return_path.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "base/text.h"
#include "modules/notifications/mail/mail_address.h"

namespace ashlar::notifications {
namespace {

TEST(ReturnPath, TheIdComesBackInAnyCase) {
  static constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
  base::Random random(3);
  int written = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string id;
    for (auto left = 1 + random.below(64); left > 0; --left) {
      id += kLetters[random.below(kLetters.size())];
    }
    const auto address = verp_address(id, "bounces.example");
    if (!address) {
      EXPECT_GT(id.size(), 31U);
      continue;
    }
    ++written;
    ASSERT_TRUE(parse_mail_address(*address).ok()) << *address;
    ASSERT_EQ(verp_id(*address, "Bounces.Example"), id);
    ASSERT_EQ(verp_id(base::ascii_lower(*address), "bounces.example"), id);
    std::string upper = *address;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    ASSERT_EQ(verp_id(upper, "bounces.example"), id);
  }
  EXPECT_GT(written, 5'000);
  EXPECT_EQ(verp_address("01JDq", "bounces.example"), "b+01=j=dq@bounces.example");
}

TEST(ReturnPath, OtherAddressesAreNotOurs) {
  for (const char* address : {"", "b+", "b+@bounces.example", "b+x@other.example",
                              "x@bounces.example", "b+x=@bounces.example", "b+x=1@bounces.example",
                              "b+x y@bounces.example", "b+x\n@bounces.example"}) {
    EXPECT_EQ(verp_id(address, "bounces.example"), std::nullopt) << address;
  }
}

}  // namespace
}  // namespace ashlar::notifications
