#include "platform/http/cors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/http/http_parser.h"

namespace ashlar::http {
namespace {

const CorsRules kRules{{"https://app.example"}, {{"acme", {"https://acme.example:8443"}}}};

std::string value_of(const HeaderList& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

Response preflight(const CorsRules& rules, const std::string& fields) {
  const std::string request = "OPTIONS /v1/links HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  RequestHead head;
  ParseError error;
  EXPECT_EQ(parse_request_head(request, {}, head, error), ParseState::kComplete);
  return CorsPolicy(rules).preflight(head, "GET, POST");
}

TEST(Cors, GrantsAPreflightToOriginsOfAnyRule) {
  const std::string asks = "Access-Control-Request-Method: POST\r\n";
  for (const std::string origin : {"https://app.example", "https://acme.example:8443"}) {
    const Response answer = preflight(kRules, "Origin: " + origin + "\r\n" + asks);
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(value_of(answer.headers, "Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(value_of(answer.headers, "Access-Control-Allow-Methods"), "GET, POST");
    EXPECT_NE(value_of(answer.headers, "Access-Control-Allow-Headers").find("Authorization"),
              std::string::npos);
    EXPECT_EQ(value_of(answer.headers, "Access-Control-Allow-Headers").find("X-Requested-With"),
              std::string::npos);
    EXPECT_EQ(value_of(answer.headers, "Access-Control-Allow-Credentials"), "");
    EXPECT_EQ(value_of(answer.headers, "Vary"), "Origin");
  }
  for (const std::string& fields : std::vector<std::string>{
           "Origin: https://evil.example\r\n" + asks, "Origin: null\r\n" + asks,
           "Origin: https://app.example.evil\r\n" + asks, "Origin: http://app.example\r\n" + asks,
           "Origin: https://app.example\r\n", asks}) {
    const Response answer = preflight(kRules, fields);
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(value_of(answer.headers, "Access-Control-Allow-Origin"), "") << fields;
    EXPECT_EQ(value_of(answer.headers, "Vary"), "Origin");
  }
}

TEST(Cors, LetsOnlyTheTenantsOriginsReadItsAnswers) {
  const CorsPolicy policy(kRules);
  const auto allowed = [&](std::string_view origin, std::string_view tenant) {
    HeaderList headers;
    policy.add_headers(origin, tenant, headers);
    EXPECT_EQ(value_of(headers, "Vary"), "Origin");
    return value_of(headers, "Access-Control-Allow-Origin");
  };
  EXPECT_EQ(allowed("https://app.example", "demo"), "https://app.example");
  EXPECT_EQ(allowed("https://app.example", ""), "https://app.example");
  EXPECT_EQ(allowed("https://acme.example:8443", "acme"), "https://acme.example:8443");
  EXPECT_EQ(allowed("https://acme.example:8443", "demo"), "");
  EXPECT_EQ(allowed("https://app.example", "acme"), "");
  EXPECT_EQ(allowed("", "acme"), "");
}

TEST(Cors, IsOffByDefault) {
  HeaderList headers;
  CorsPolicy({}).add_headers("https://app.example", "demo", headers);
  EXPECT_TRUE(headers.empty());
  EXPECT_TRUE(preflight({}, "Origin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n")
                  .headers.empty());
}

TEST(Cors, ChecksItsRules) {
  EXPECT_TRUE(CorsPolicy::check(kRules).ok());
  EXPECT_TRUE(CorsPolicy::check({{"http://localhost:5173", "http://[::1]:80"}, {}}).ok());
  for (const std::string& bad : std::vector<std::string>{
           "*", "null", "", "app.example", "https://app.example/", "https://App.example",
           "HTTPS://app.example", "https://*.example", "https://", "ftp://app.example"}) {
    const auto global = CorsPolicy::check({{bad}, {}});
    ASSERT_FALSE(global.ok()) << bad;
    EXPECT_STREQ(global.error().reason, "bad_cors_origin");
    EXPECT_FALSE(CorsPolicy::check({{}, {{"acme", {bad}}}}).ok()) << bad;
  }
}

}  // namespace
}  // namespace ashlar::http
