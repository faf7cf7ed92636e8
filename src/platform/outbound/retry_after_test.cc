#include "platform/outbound/retry_after.h"

#include <gtest/gtest.h>

namespace ashlar::outbound {
namespace {

using base::Seconds;

constexpr base::Time kNow = base::from_micros(1'800'000'000'000'000);

TEST(RetryAfterTest, IsReadInBothForms) {
  EXPECT_EQ(parse_retry_after("120", kNow), Seconds{120});
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), Seconds{0});
  EXPECT_EQ(parse_retry_after("999999999", kNow), kMaxRetryAfter);
  const base::Time date = *base::parse_rfc3339("2026-11-22T10:00:00Z");
  EXPECT_EQ(parse_retry_after("Sun, 22 Nov 2026 10:01:30 GMT", date), Seconds{90});
  EXPECT_EQ(parse_retry_after("Sun, 22 Nov 2026 09:00:00 GMT", date), Seconds{0});
  EXPECT_EQ(parse_retry_after("Thu, 22 Nov 2029 10:00:00 GMT", date), kMaxRetryAfter);
  for (const char* wrong : {"", "-1", "1.5", "soon", "Sun, 22 Nox 2026 10:01:30 GMT",
                            "Sun, 32 Nov 2026 10:01:30 GMT", "Sunday, 22-Nov-26 10:01:30 GMT",
                            "Sun, 22 ovD 2026 10:01:30 GMT", "99999999999999999999"}) {
    EXPECT_FALSE(parse_retry_after(wrong, kNow)) << wrong;
  }
}

}  // namespace
}  // namespace ashlar::outbound
