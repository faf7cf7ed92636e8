#include "platform/http/client_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/http/http_parser.h"

namespace ashlar::http {
namespace {

struct Case {
  std::string peer, fields;
  bool tls;
  std::string address;
  bool secure;
};

TEST(ClientAddress, BelievesOnlyTrustedProxies) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "::1"});
  ASSERT_TRUE(proxies.ok());
  const std::vector<Case> cases = {
      // A stranger may claim what he likes.
      {"9.9.9.9", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n", false, "9.9.9.9",
       false},
      {"9.9.9.9", "", true, "9.9.9.9", true},
      {"::ffff:9.9.9.9", "", false, "9.9.9.9", false},
      // One proxy.
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n", false, "1.1.1.1",
       true},
      {"::ffff:10.0.0.1", "X-Forwarded-For: 1.1.1.1\r\n", false, "1.1.1.1", false},
      {"::1", "X-Forwarded-For: 2001:db8::7\r\nX-Forwarded-Proto: HTTPS\r\n", false, "2001:db8::7",
       true},
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1:443\r\n", false, "1.1.1.1", false},
      {"10.0.0.1", "X-Forwarded-For: [2001:db8::7]:443\r\n", false, "2001:db8::7", false},
      {"10.0.0.1", "", true, "10.0.0.1", true},
      {"10.0.0.1", "X-Forwarded-Proto: http\r\n", true, "10.0.0.1", false},
      {"10.0.0.1", "X-Forwarded-Proto: https, http\r\n", false, "10.0.0.1", false},
      // The client sent a list of its own: the nearest proxy appended the truth.
      {"10.0.0.1", "X-Forwarded-For: 6.6.6.6, 1.1.1.1\r\n", false, "1.1.1.1", false},
      {"10.0.0.1", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 1.1.1.1\r\n", false, "1.1.1.1",
       false},
      // Proxies behind each other, in one line and in two.
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1, 10.0.0.3 ,10.0.0.2\r\n", false, "1.1.1.1", false},
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1,10.0.0.3\r\nX-Forwarded-For: 10.0.0.2\r\n", false,
       "1.1.1.1", false},
      {"10.0.0.1", "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", false, "10.0.0.3", false},
      // Garbage ends the walk at the last address that was believed.
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1, unknown\r\n", false, "10.0.0.1", false},
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1, x, 10.0.0.2\r\n", false, "10.0.0.2", false},
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1,\r\n", false, "10.0.0.1", false},
      {"10.0.0.1", "X-Forwarded-For: 1.1.1.1,, 10.0.0.2\r\n", false, "10.0.0.2", false},
      {"10.0.0.1", "X-Forwarded-For:\r\n", false, "10.0.0.1", false},
      {"10.0.0.1", "X-Forwarded-For: [::1\r\n", false, "10.0.0.1", false},
      {"10.0.0.1", "X-Forwarded-For: [::1]x\r\n", false, "10.0.0.1", false},
  };
  for (const Case& c : cases) {
    const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n" + c.fields + "\r\n";
    RequestHead head;
    ParseError error;
    ASSERT_EQ(parse_request_head(request, {}, head, error), ParseState::kComplete) << c.fields;
    const ClientInfo client = proxies->client_of(c.peer, c.tls, head);
    EXPECT_EQ(client.address, c.address) << c.peer << " " << c.fields;
    EXPECT_EQ(client.secure, c.secure) << c.peer << " " << c.fields;
  }
}

TEST(ClientAddress, WalksNoFurtherThanChainsAreLong) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8"});
  ASSERT_TRUE(proxies.ok());
  std::string request = "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1";
  for (int i = 0; i < 500; ++i) request += ",10.0.0.7";
  request += "\r\n\r\n";
  RequestHead head;
  ParseError error;
  ASSERT_EQ(parse_request_head(request, {}, head, error), ParseState::kComplete);
  EXPECT_EQ(proxies->client_of("10.0.0.1", false, head).address, "10.0.0.7");
}

TEST(ClientAddress, NamesTheBlockThatIsWrong) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "10.0.0.0/40"});
  ASSERT_FALSE(proxies.ok());
  EXPECT_STREQ(proxies.error().reason, "bad_trusted_proxy");
  EXPECT_NE(proxies.error().detail.find("10.0.0.0/40"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::http
