#include "platform/http/paging.h"

#include <gtest/gtest.h>

#include "platform/http/call.h"

namespace ashlar::http {
namespace {

base::Result<int> limit_of(const char* text) {
  Call call;
  if (text != nullptr) call.query = {{"limit", text}};
  return page_limit(call);
}

TEST(Paging, LimitsAreWholeNumbersFrom1To100) {
  EXPECT_EQ(*limit_of(nullptr), kDefaultPageLimit);
  EXPECT_EQ(*limit_of("1"), 1);
  EXPECT_EQ(*limit_of("007"), 7);
  EXPECT_EQ(*limit_of("100"), 100);
  for (const char* wrong : {"", "0", "101", "-1", "+1", " 1", "1 ", "1.0", "x", "99999999999"}) {
    const auto limit = limit_of(wrong);
    ASSERT_FALSE(limit.ok()) << wrong;
    EXPECT_STREQ(limit.error().reason, "invalid_request");
    ASSERT_EQ(limit.error().fields.size(), 1u);
    EXPECT_EQ(limit.error().fields[0].field, "?limit");
  }
}

TEST(Paging, TheNextPageIsTheSameRequestWithAnotherCursor) {
  RequestHead head;
  head.path = "/v1/links";
  Call call;
  call.head = &head;
  EXPECT_EQ(next_page_link(call, "c-1_"), "</v1/links?cursor=c-1_>; rel=\"next\"");
  call.query = {{"q", "a&b>"}, {"cursor", "old"}, {"limit", "2"}};
  EXPECT_EQ(next_page_link(call, "new"), "</v1/links?q=a%26b%3E&limit=2&cursor=new>; rel=\"next\"");
}

}  // namespace
}  // namespace ashlar::http
