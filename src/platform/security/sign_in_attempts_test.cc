#include "platform/security/sign_in_attempts.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::security {
namespace {

constexpr kit::SipKey kSeed{0x5eed, 0xa77e};

base::Mono at(int seconds) { return base::Mono{std::chrono::seconds(seconds)}; }

int admitted(SignInAttempts& attempts, const std::string& address, base::Mono now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += attempts.admit(address, now) ? 0 : 1;
  return count;
}

TEST(SignInAttempts, AnAddressHasTenAndThenOneEveryThirtySeconds) {
  SignInAttempts attempts{kSeed};
  EXPECT_EQ(admitted(attempts, "192.0.2.1", at(0), 50), 10);
  EXPECT_EQ(attempts.admit("192.0.2.1", at(0)), base::Seconds(30));
  EXPECT_EQ(admitted(attempts, "192.0.2.1", at(29), 5), 0);
  EXPECT_EQ(admitted(attempts, "192.0.2.1", at(31), 5), 1);
  EXPECT_EQ(admitted(attempts, "192.0.2.1", at(10'000), 50), 10);
}

TEST(SignInAttempts, AllAddressesTogetherHaveSixtyAndThenOneASecond) {
  SignInAttempts attempts{kSeed};
  int count = 0;
  for (int i = 0; i < 200; ++i)
    count += admitted(attempts, "192.0.2." + std::to_string(i), at(0), 1);
  EXPECT_EQ(count, 60);
  EXPECT_EQ(attempts.admit("198.51.100.1", at(0)), base::Seconds(1));
  EXPECT_FALSE(attempts.admit("198.51.100.1", at(1)));
}

TEST(SignInAttempts, SuccessCostsNothing) {
  SignInAttempts attempts{kSeed};
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(attempts.admit("192.0.2.1", at(0))) << i;
    attempts.give_back("192.0.2.1", at(0));
  }
}

TEST(SignInAttempts, AnIpv6NetworkIsOneAddress) {
  struct Case {
    const char* a;
    const char* b;
    bool same;
  };
  const Case cases[] = {
      {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
      {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1", true},
      {"::ffff:192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"", "", true},
  };
  for (const Case& c : cases) {
    SignInAttempts attempts{kSeed};
    ASSERT_EQ(admitted(attempts, c.a, at(0), 10), 10);
    EXPECT_EQ(admitted(attempts, c.b, at(0), 1), c.same ? 0 : 1) << c.a << " " << c.b;
  }
}

TEST(SignInAttempts, AFloodFromManyAddressesDoesNotMakeItForgetOne) {
  SignInAttempts attempts{kSeed};
  ASSERT_EQ(admitted(attempts, "first", at(0), 20), 10);
  for (std::size_t i = 0; i < 4 * SignInAttempts::kMaxAddresses; ++i) {
    admitted(attempts, "other" + std::to_string(i), at(0), 1);
  }
  EXPECT_EQ(admitted(attempts, "first", at(5), 5), 0);
}

// Nearly as many as can count at once: none of them is given up.
TEST(SignInAttempts, ThereIsRoomForAllWhoCanCount) {
  SignInAttempts attempts{kSeed};
  ASSERT_EQ(admitted(attempts, "first", at(0), 20), 10);
  int others = 0;
  for (int now = 0; now < 289; ++now) {
    while (admitted(attempts, "other" + std::to_string(others), at(now), 1) == 1) ++others;
  }
  EXPECT_EQ(others, 50 + 288);
  EXPECT_EQ(admitted(attempts, "first", at(299), 20), 9);
}

TEST(SignInAttempts, WhoIsForgottenHadWaitedLongEnough) {
  SignInAttempts attempts{kSeed};
  ASSERT_EQ(admitted(attempts, "first", at(0), 20), 10);
  int now = 0;
  for (std::size_t i = 0; i < SignInAttempts::kMaxAddresses; ++i) {
    ASSERT_EQ(admitted(attempts, "other" + std::to_string(i), at(++now), 1), 1);
  }
  EXPECT_EQ(admitted(attempts, "first", at(now + 1), 1), 1);
}

}  // namespace
}  // namespace ashlar::security
