#include "modules/links/abuse/creation_limits.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "platform/observability/metrics.h"

namespace ashlar::links::abuse {
namespace {

using Names = std::vector<std::string_view>;

class CreationLimitsTest : public ::testing::Test {
 protected:
  base::ManualClock clock_;
  obs::Registry metrics_;
};

TEST_F(CreationLimitsTest, NoneUnlessTheyAreSet) {
  CreationLimits limits({}, metrics_);
  EXPECT_FALSE(limits.admit({1, 1, "192.0.2.1"}, 1'000'000, clock_.mono()).has_value());
}

TEST_F(CreationLimitsTest, OfKeyAddressAndTenantEachForItself) {
  CreationLimits limits({.per_key = 2, .per_address = 3, .per_tenant = 4, .seed = {1, 2}},
                        metrics_);
  const auto refused = [&](std::int64_t key, const char* address, std::int64_t tenant = 1) {
    const auto refusal = limits.admit({key, tenant, address}, 1, clock_.mono());
    return refusal ? refusal->limits : Names();
  };
  EXPECT_EQ(refused(1, "192.0.2.1"), Names());
  EXPECT_EQ(refused(1, "192.0.2.1"), Names());
  EXPECT_EQ(refused(1, "192.0.2.1"), Names{"links_per_key"});
  EXPECT_EQ(refused(1, "192.0.2.2"), Names{"links_per_key"});
  // What was refused took nothing of the address.
  EXPECT_EQ(refused(2, "192.0.2.1"), Names());
  EXPECT_EQ(refused(2, "192.0.2.1"), Names{"links_per_address"});
  EXPECT_EQ(refused(2, "192.0.2.3"), Names());
  EXPECT_EQ(refused(3, "192.0.2.4"), Names{"links_per_tenant"});
  EXPECT_EQ(refused(4, "192.0.2.4", 2), Names());
  EXPECT_EQ(refused(2, "192.0.2.1"),
            (Names{"links_per_key", "links_per_address", "links_per_tenant"}));
}

TEST_F(CreationLimitsTest, AnHoursLinksComeBackWithinTheHour) {
  CreationLimits limits({.per_tenant = 60, .seed = {1, 2}}, metrics_);
  const CreationLimits::Who who{1, 1, "192.0.2.1"};
  EXPECT_FALSE(limits.admit(who, 60, clock_.mono()).has_value());
  auto refusal = limits.admit(who, 2, clock_.mono());
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->retry_after, base::Seconds{120});
  clock_.advance(base::Seconds{120});
  EXPECT_FALSE(limits.admit(who, 2, clock_.mono()).has_value());
  // Never, however long one waits.
  refusal = limits.admit(who, 61, clock_.mono());
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->retry_after, std::nullopt);
}

TEST_F(CreationLimitsTest, AnIPv6NetworkIsOneAddress) {
  CreationLimits limits({.per_address = 1, .seed = {1, 2}}, metrics_);
  EXPECT_FALSE(limits.admit({1, 1, "2001:db8::1"}, 1, clock_.mono()).has_value());
  EXPECT_TRUE(limits.admit({1, 1, "2001:db8::2"}, 1, clock_.mono()).has_value());
  EXPECT_FALSE(limits.admit({1, 1, "2001:db8:0:1::1"}, 1, clock_.mono()).has_value());
}

}  // namespace
}  // namespace ashlar::links::abuse
