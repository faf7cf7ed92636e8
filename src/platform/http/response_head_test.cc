#include "platform/http/response_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

constexpr std::string_view kDate = "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n";

TEST(ResponseHead, WritesAWholeHead) {
  std::string out = "before";
  const ResponseHead head{.status = 201,
                          .date_header = kDate,
                          .request_id = "r1",
                          .content_type = "application/json",
                          .content_length = 42};
  ASSERT_TRUE(append_response_head(out, head, {{"Location", "/v1/links/a"}, {"ETag", "\"1\""}}));
  EXPECT_EQ(out,
            "beforeHTTP/1.1 201 Created\r\n"
            "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 42\r\n"
            "X-Request-Id: r1\r\n"
            "Location: /v1/links/a\r\n"
            "ETag: \"1\"\r\n"
            "\r\n");
}

TEST(ResponseHead, SaysNoLengthWhereThereIsNoBody) {
  for (const int status : {101, 204, 304}) {
    std::string out;
    ASSERT_TRUE(append_response_head(out, {.status = status, .date_header = kDate}, {}));
    EXPECT_EQ(out.find("Content-Length"), std::string::npos) << out;
  }
  std::string out;
  ASSERT_TRUE(append_response_head(out, {.status = 302, .date_header = kDate}, {}));
  EXPECT_NE(out.find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(ResponseHead, SaysWhetherTheConnectionStays) {
  const auto written = [](bool close, bool keep_alive_1_0) {
    std::string out;
    EXPECT_TRUE(append_response_head(
        out, {.date_header = kDate, .close = close, .keep_alive_1_0 = keep_alive_1_0}, {}));
    return out;
  };
  EXPECT_NE(written(true, false).find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_NE(written(false, true).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  EXPECT_EQ(written(false, false).find("Connection"), std::string::npos);
}

TEST(ResponseHead, CannotBeSplitByAValue) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"Location", "/a\r\nSet-Cookie: x=y"},
      {"Location", "/a\n"},
      {"Location", "/a\r"},
      {"Location", std::string("/a\0b", 4)},
      {"Location", "/a\x7f"},
      {"Loca tion", "/a"},
      {"Location:", "/a"},
      {"", "/a"},
      {"Loca\r\ntion", "/a"},
  };
  for (const auto& field : bad) {
    std::string out = "before";
    const auto written = append_response_head(out, {.date_header = kDate}, {{"A", "b"}, field});
    ASSERT_FALSE(written.ok()) << field.first << ": " << field.second;
    EXPECT_STREQ(written.error().reason, "bad_response_header");
    EXPECT_EQ(out, "before");
  }
  std::string out;
  EXPECT_FALSE(
      append_response_head(out, {.date_header = kDate, .content_type = "a\r\nb: c"}, {}).ok());
  EXPECT_FALSE(append_response_head(out, {.date_header = kDate, .request_id = "a\nb"}, {}).ok());
  EXPECT_EQ(out, "");
  EXPECT_TRUE(append_response_head(out, {.date_header = kDate}, {{"A", "t\tb \xc3\xbc"}}).ok());
}

}  // namespace
}  // namespace ashlar::http
