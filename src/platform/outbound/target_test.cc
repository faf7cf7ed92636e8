// Which URLs may be called: the table of hostile targets (server-side request forgery), and what
// must go on working beside it.
#include "platform/outbound/target.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ashlar::outbound {
namespace {

std::string reason_of(std::string_view url, const TargetRules& rules = {}) {
  const auto checked = check_target(url, rules);
  return checked.ok() ? "ok" : checked.error().reason;
}

struct Row {
  std::string_view url;
  std::string_view reason;
};

constexpr Row kHostile[] = {
    // Loopback and the like, literally
    {"http://127.0.0.1/", "target_forbidden"},
    {"https://127.0.0.1:8443/hook", "target_forbidden"},
    {"http://127.8.9.10/", "target_forbidden"},
    {"http://0.0.0.0/", "target_forbidden"},
    {"http://[::1]/", "target_forbidden"},
    {"http://[::]/", "target_forbidden"},
    {"http://[0:0:0:0:0:0:0:1]:80/", "target_forbidden"},
    // Other spellings of IPv4
    {"http://2130706433/", "target_forbidden"},    // decimal
    {"http://0177.0.0.1/", "target_forbidden"},    // octal
    {"http://0x7f.0.0.1/", "target_forbidden"},    // hexadecimal
    {"http://0x7f000001/", "target_forbidden"},    // hexadecimal, whole
    {"http://017700000001/", "target_forbidden"},  // octal, whole
    {"http://127.1/", "target_forbidden"},         // short
    {"http://127.0.1/", "target_forbidden"},       // short
    {"http://0/", "target_forbidden"},             // shortest
    {"http://0x/", "target_forbidden"},            // hexadecimal nothing
    {"http://127.0.0.1./", "target_forbidden"},    // a dot at the end
    {"http://2852039166/", "target_forbidden"},    // 169.254.169.254
    {"http://0251.0376.0251.0376/", "target_forbidden"},
    {"http://00000177.1/", "target_forbidden"},
    // IPv4 inside IPv6
    {"http://[::ffff:127.0.0.1]/", "target_forbidden"},
    {"http://[::ffff:7f00:1]/", "target_forbidden"},
    {"http://[::ffff:169.254.169.254]/", "target_forbidden"},
    {"http://[64:ff9b::10.0.0.1]/", "target_forbidden"},
    {"http://[2002:7f00:1::]/", "target_forbidden"},
    {"http://[::127.0.0.1]/", "target_forbidden"},
    // Private, link-local, metadata, multicast
    {"http://10.0.0.1/", "target_forbidden"},
    {"http://172.16.0.1/", "target_forbidden"},
    {"http://192.168.1.1/", "target_forbidden"},
    {"http://100.64.0.1/", "target_forbidden"},
    {"http://169.254.169.254/latest/meta-data/", "target_forbidden"},
    {"http://[fd00:ec2::254]/latest/meta-data/", "target_forbidden"},
    {"http://[fe80::1]/", "target_forbidden"},
    {"http://[ff02::1]/", "target_forbidden"},
    {"http://224.0.0.1/", "target_forbidden"},
    {"http://255.255.255.255/", "target_forbidden"},
    // Zone ids: a reader may cut them off, another may not
    {"http://[fe80::1%25eth0]/", "target_host"},
    {"http://[::1%25lo]/", "target_host"},
    {"http://[fe80::1%eth0]/", "target_host"},
    // Names of this machine and its network
    {"http://localhost/", "target_forbidden"},
    {"http://LOCALHOST:3000/", "target_forbidden"},
    {"http://localhost./", "target_forbidden"},
    {"http://api.localhost/", "target_forbidden"},
    {"http://localhost.localdomain/", "target_forbidden"},
    {"http://metadata.google.internal/computeMetadata/v1/", "target_forbidden"},
    {"http://metadata/", "target_forbidden"},
    {"http://instance-data/latest/", "target_forbidden"},
    {"http://instance-data.ec2.internal/", "target_forbidden"},
    {"http://kubernetes.default.svc.cluster.local/", "target_forbidden"},
    {"http://postgres:80/", "target_forbidden"},
    {"http://router.home.arpa/", "target_forbidden"},
    {"http://printer.lan/", "target_forbidden"},
    {"http://1.0.0.127.in-addr.arpa/", "target_forbidden"},
    // Two hosts in one URL
    {"http://example.com@127.0.0.1/", "target_credentials"},
    {"http://127.0.0.1@example.com/", "target_credentials"},
    {"http://user:secret@example.com/", "target_credentials"},
    {"http://example.com\\@127.0.0.1/", "target_characters"},
    {"http://127.0.0.1\\.example.com/", "target_characters"},
    {"http://127.0.0.1:80:80/", "target_malformed"},
    {"http://example.com:80@127.0.0.1:80/", "target_credentials"},
    {"http://127.0.0.1#@example.com/", "target_malformed"},
    {"http://127.0.0.1?@example.com/", "target_forbidden"},
    {"http://127.0.0.1%23.example.com/", "target_host"},
    // Encoded and foreign characters in the host
    {"http://127%2e0%2e0%2e1/", "target_host"},
    {"http://%6c%6f%63%61%6c%68%6f%73%74/", "target_host"},
    {"http://localhos%74/", "target_host"},
    {"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/", "target_host_not_ascii"},  // ①②⑦
    {"http://127\xe3\x80\x82"
     "0\xe3\x80\x82"
     "0\xe3\x80\x82"
     "1/",
     "target_host_not_ascii"},                                  // 。
    {"http://\xe2\x93\x9bocalhost/", "target_host_not_ascii"},  // ⓛ
    {"http://b\xc3\xbc"
     "cher.example/",
     "target_host_not_ascii"},
    // Bytes that end or break lines
    {"http://example.com/\r\nHost: 127.0.0.1", "target_characters"},
    {"http://127.0.0.1\t/", "target_characters"},
    {" http://127.0.0.1/", "target_characters"},
    {"http://exam ple.com/", "target_characters"},
    // Schemes
    {"file:///etc/passwd", "target_scheme"},
    {"gopher://127.0.0.1:6379/_FLUSHALL", "target_scheme"},
    {"ftp://example.com/", "target_scheme"},
    {"dict://127.0.0.1:11211/stats", "target_scheme"},
    {"javascript:alert(1)", "target_scheme"},
    {"//127.0.0.1/", "target_scheme"},
    {"127.0.0.1", "target_scheme"},
    {"http:/127.0.0.1/", "target_scheme"},
    {"http:127.0.0.1", "target_scheme"},
    // No host, or none that is one
    {"", "target_empty"},
    {"http://", "target_host"},
    {"http:///127.0.0.1/", "target_host"},
    {"http://:80/", "target_host"},
    {"http://./", "target_host"},
    {"http://a..b/", "target_host"},
    {"http://[::1/", "target_malformed"},
    {"http://::1/", "target_malformed"},
    {"http://[127.0.0.1]/", "target_host"},
    {"http://1.2.3.4.5/", "target_host"},
    {"http://256.1.1.1/", "target_host"},
    {"http://1.1.1.09/", "target_host"},
    {"http://99999999999999999999/", "target_host"},
    // Ports
    {"http://example.com:0/", "target_port"},
    {"http://example.com:65536/", "target_port"},
    {"http://example.com:22/", "target_port"},
    {"http://example.com:25/", "target_port"},
    {"http://example.com:6667/", "target_port"},
    {"http://example.com:/", "target_malformed"},
    {"http://example.com:+80/", "target_host"},
    {"http://example.com:8O/", "target_malformed"},
};

TEST(TargetTest, HostileTargetsAreRefusedEachForItsReason) {
  for (const Row& row : kHostile) EXPECT_EQ(reason_of(row.url), row.reason) << row.url;
}

TEST(TargetTest, TheFieldIsTheCallers) {
  const auto refused = check_target("http://127.0.0.1/", {}, "/target/url");
  ASSERT_FALSE(refused.ok());
  ASSERT_EQ(refused.error().fields.size(), 1U);
  EXPECT_EQ(refused.error().fields[0].field, "/target/url");
  EXPECT_STREQ(refused.error().fields[0].reason, "target_forbidden");
}

TEST(TargetTest, OrdinaryTargetsPassAsTheyAre) {
  for (const std::string_view url :
       {"https://example.com/hook", "http://example.com", "https://example.com:8443/a?b=c&d=%20",
        "HTTPS://Example.COM/", "https://a-b_c.example.co.uk/", "https://xn--bcher-kva.example/",
        "https://8.8.8.8/", "https://134744072/", "https://[2606:4700::1111]/hook",
        "https://[::ffff:8.8.8.8]/", "https://example.com./hook", "https://localhost.example.com/",
        "https://127.0.0.1.example.com/", "https://internal.example.com/",
        "https://notlocalhost.com/", "https://1e100.net/", "https://example.com/@me?x=@y",
        "https://example.com/a/../b;p=1,2!$'()*+~"}) {
    const auto checked = check_target(url, {});
    ASSERT_TRUE(checked.ok()) << url << " " << checked.error().reason;
    EXPECT_EQ(checked->url, url);
  }
}

TEST(TargetTest, HostAndPortAreReadOut) {
  const auto plain = check_target("HTTP://Example.COM./x", {});
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "example.com");
  EXPECT_EQ(plain->port, 80);
  EXPECT_FALSE(plain->secure);
  const auto v4 = check_target("https://134744072:8443/", {});
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->host, "8.8.8.8");
  EXPECT_EQ(v4->port, 8443);
  EXPECT_TRUE(v4->secure);
  const auto v6 = check_target("https://[2606:4700:0:0::1111]/", {});
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "[2606:4700::1111]");
  EXPECT_EQ(v6->port, 443);
}

TEST(TargetTest, TheOperatorMayAllowItsOwnNetworkButNothingMalformed) {
  const TargetRules own{.allow_private = true};
  for (const std::string_view url :
       {"http://127.0.0.1:3000/hook", "http://localhost:3000/", "http://[::1]:3000/",
        "http://worker/", "http://10.1.2.3/", "http://mail.example.com:25/"}) {
    EXPECT_EQ(reason_of(url, own), "ok") << url;
  }
  for (const Row& row : kHostile) {
    if (row.reason == "target_forbidden" || row.url.ends_with(":22/") ||
        row.url.ends_with(":25/") || row.url.ends_with(":6667/")) {
      continue;
    }
    EXPECT_EQ(reason_of(row.url, own), row.reason) << row.url;
  }
}

TEST(TargetTest, LengthIsBounded) {
  const std::string longest = "https://example.com/" + std::string(kMaxTargetBytes - 20, 'a');
  EXPECT_EQ(reason_of(longest), "ok");
  EXPECT_EQ(reason_of(longest + "a"), "target_too_long");
  EXPECT_EQ(reason_of("https://" + std::string(64, 'a') + ".com/"), "target_host");
  std::string many;
  for (int i = 0; i < 130; ++i) many += "a.";
  EXPECT_EQ(reason_of("https://" + many + "com/"), "target_host");
}

}  // namespace
}  // namespace ashlar::outbound
