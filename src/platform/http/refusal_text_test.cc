#include "platform/http/refusal_text.h"

#include <gtest/gtest.h>

#include <set>

#include "platform/http/problem.h"

namespace ashlar::http {
namespace {

constexpr std::string_view kDate = "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n";

std::string field(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 4;
  return answer.substr(from, answer.find("\r\n", from) - from);
}

TEST(RefusalTextTest, IsTheProblemThatItWouldBe) {
  const RefusalText text;
  base::Random random(1);
  std::string out = "before";
  text.append(out, {.date_header = kDate, .request_id = "abc.1"}, {{"Vary", "Origin"}}, false,
              random);
  ASSERT_TRUE(out.starts_with("beforeHTTP/1.1 503 Service Unavailable\r\nDate: Sun, 22 "));
  const std::size_t end = out.find("\r\n\r\n");
  ASSERT_NE(end, std::string::npos);
  const std::string body = out.substr(end + 4);
  EXPECT_EQ(std::to_string(body.size()), field(out, "Content-Length"));
  EXPECT_EQ(field(out, "Content-Type"), "application/problem+json");
  EXPECT_EQ(field(out, "X-Request-Id"), "abc.1");
  EXPECT_EQ(field(out, "Vary"), "Origin");
  EXPECT_EQ(field(out, "Connection"), "");
  EXPECT_EQ(body, problem(503, "overloaded",
                          "Too many requests are under way; come back after Retry-After.", "abc.1")
                      .body);
}

TEST(RefusalTextTest, SaysWhatBecomesOfTheConnection) {
  const RefusalText text;
  base::Random random(1);
  std::string closing;
  text.append(closing, {.date_header = kDate, .request_id = "a", .close = true}, {}, true, random);
  EXPECT_EQ(field(closing, "Connection"), "close");
  EXPECT_TRUE(closing.ends_with("\r\n\r\n"));  // HEAD: no body
  std::string old;
  text.append(old, {.date_header = kDate, .request_id = "a", .keep_alive_1_0 = true}, {}, false,
              random);
  EXPECT_EQ(field(old, "Connection"), "keep-alive");
}

TEST(RefusalTextTest, SpreadsThoseWhoComeBack) {
  const RefusalText text;
  base::Random random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    std::string out;
    text.append(out, {.date_header = kDate, .request_id = "a"}, {}, false, random);
    seen.insert(field(out, "Retry-After"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"1", "2", "3"}));
}

}  // namespace
}  // namespace ashlar::http
