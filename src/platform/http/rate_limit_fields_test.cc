#include "platform/http/rate_limit_fields.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

using std::chrono::seconds;

QuotaState quota(std::string name, std::uint64_t quota, int window_s, std::uint64_t remaining,
                 int reset_s) {
  return {std::move(name), quota, seconds{window_s}, remaining, false, seconds{reset_s}};
}

std::string fields(RateLimitFields version, const std::vector<QuotaState>& quotas) {
  HeaderList headers;
  add_rate_limit_fields(version, quotas, headers);
  std::string out;
  for (const auto& [name, value] : headers) {
    EXPECT_TRUE(is_header_name(name) && is_header_value(value)) << name << value;
    out.append(out.empty() ? "" : "\n").append(name).append(": ").append(value);
  }
  return out;
}

TEST(RateLimitFields, EachVersionHasItsNames) {
  const std::vector<QuotaState> one{quota("per-key", 100, 60, 42, 17)};
  EXPECT_EQ(fields(RateLimitFields::kDraft10, one),
            "RateLimit-Policy: \"per-key\";q=100;w=60\nRateLimit: \"per-key\";r=42;t=17");
  EXPECT_EQ(fields(RateLimitFields::kDraft6, one),
            "RateLimit-Limit: 100\nRateLimit-Remaining: 42\nRateLimit-Reset: 17\n"
            "RateLimit-Policy: 100;w=60");
  EXPECT_EQ(fields(RateLimitFields::kLegacy, one),
            "X-RateLimit-Limit: 100\nX-RateLimit-Remaining: 42\nX-RateLimit-Reset: 17");
  EXPECT_EQ(fields(RateLimitFields::kOff, one), "");
  for (const auto version : {RateLimitFields::kDraft10, RateLimitFields::kDraft6,
                             RateLimitFields::kLegacy, RateLimitFields::kOff}) {
    EXPECT_EQ(fields(version, {}), "");
  }
}

TEST(RateLimitFields, OfSeveralAllAreToldOrTheTightest) {
  std::vector<QuotaState> two{quota("a", 5000, 1, 4711, 1), quota("b", 100, 60, 42, 17)};
  EXPECT_EQ(fields(RateLimitFields::kDraft10, two),
            "RateLimit-Policy: \"a\";q=5000;w=1, \"b\";q=100;w=60\n"
            "RateLimit: \"a\";r=4711;t=1, \"b\";r=42;t=17");
  EXPECT_EQ(fields(RateLimitFields::kDraft6, two),
            "RateLimit-Limit: 100\nRateLimit-Remaining: 42\nRateLimit-Reset: 17\n"
            "RateLimit-Policy: 5000;w=1, 100;w=60");
  two[0].violated = true;  // it costs more than is left, though more is left than of the other
  EXPECT_EQ(fields(RateLimitFields::kLegacy, two),
            "X-RateLimit-Limit: 5000\nX-RateLimit-Remaining: 4711\nX-RateLimit-Reset: 1");
  two[1].violated = true;
  EXPECT_EQ(fields(RateLimitFields::kLegacy, two),
            "X-RateLimit-Limit: 100\nX-RateLimit-Remaining: 42\nX-RateLimit-Reset: 17");
}

TEST(RateLimitFields, WhatIsNotKnownIsNotTold) {
  std::vector<QuotaState> one{quota("half-a-second", 9, 0, 3, 1)};
  one[0].reset.reset();
  EXPECT_EQ(fields(RateLimitFields::kDraft10, one),
            "RateLimit-Policy: \"half-a-second\";q=9\nRateLimit: \"half-a-second\";r=3");
  EXPECT_EQ(fields(RateLimitFields::kDraft6, one), "RateLimit-Limit: 9\nRateLimit-Remaining: 3");
}

TEST(RateLimitFields, AreStructuredFieldsWhateverTheNameAndNumber) {
  const std::vector<QuotaState> odd{quota("a\"b\\c\r\nX: y\xc3\xa9", UINT64_MAX, 1, UINT64_MAX, 0)};
  EXPECT_EQ(fields(RateLimitFields::kDraft10, odd),
            "RateLimit-Policy: \"a\\\"b\\\\c??X: y??\";q=999999999999999;w=1\n"
            "RateLimit: \"a\\\"b\\\\c??X: y??\";r=999999999999999;t=0");
}

}  // namespace
}  // namespace ashlar::http
