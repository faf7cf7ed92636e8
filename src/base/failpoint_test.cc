#include "base/failpoint.h"

#include <gtest/gtest.h>

namespace ashlar::base {
namespace {

TEST(Failpoint, KillsAtTheHitThatWasNamedAndNotBefore) {
  ASSERT_TRUE(arm_failpoint("payments.after_send:3").ok());
  failpoint(Failpoint::kAfterSend);
  failpoint(Failpoint::kBeforeClaim);
  failpoint(Failpoint::kAfterSend);
  EXPECT_EXIT(failpoint(Failpoint::kAfterSend), testing::KilledBySignal(SIGKILL), "");
  ASSERT_TRUE(arm_failpoint("").ok());
  failpoint(Failpoint::kAfterSend);
}

TEST(Failpoint, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"payments.nowhere:1", "payments.after_send", "payments.after_send:0",
        "payments.after_send:x", "payments.after_send:1x", ":1", "after_send:1"}) {
    const Status status = arm_failpoint(text);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_STREQ(status.error().reason, "failpoint_invalid");
    EXPECT_NE(status.error().detail.find("payments.resolver_race"), std::string::npos);
  }
}

}  // namespace
}  // namespace ashlar::base
