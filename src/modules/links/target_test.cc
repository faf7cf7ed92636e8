#include "modules/links/target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::links {
namespace {

struct Row {
  std::string url;
  std::string reason;    // empty: accepted
  std::string stored{};  // empty: as given
};

OwnHosts own_hosts() {
  return *OwnHosts::parse({"http://127.0.0.1:8080", "https://sho.rt", "links.example",
                           "10.0.0.5:9000", "[2001:db8::1]:9000"});
}

std::string long_url(std::size_t bytes) {
  std::string url = "https://example.com/";
  return url + std::string(bytes - url.size(), 'a');
}

const std::vector<Row>& rows() {
  using std::string_literals::operator""s;
  static const std::vector<Row> kRows{
      // Accepted as they are.
      {"https://example.com", ""},
      {"http://example.com/", ""},
      {"HTTPS://Example.COM/Path", ""},
      {"https://example.com:8443/a/b?c=d&e=f#g", ""},
      {"https://example.com?x=1", ""},
      {"https://example.com#top", ""},
      {"https://example.com./", ""},
      {"https://my_host.example/", ""},
      {"https://xn--mnchen-3ya.de/", ""},
      {"https://192.0.2.7/", ""},
      {"https://192.0.2.7.nip.example/", ""},
      {"https://[2001:db8::2]/", ""},
      {"https://[2001:db8::2]:9000/", ""},
      {"https://example.com/a%20b?q=%C3%A4", ""},
      {"https://example.com/%0d%0aSet-Cookie:x", ""},
      {"https://example.com/a@b:c", ""},
      {"https://example.com/?next=https://other.example/", ""},
      {"https://example.com/;p=1,2*(3)!$'", ""},
      {"http://127.0.0.1:8081/", ""},
      {"http://localhost/", ""},
      {"https://sho.rt:8443/", ""},
      {"https://sub.sho.rt/", ""},
      {"http://10.0.0.5/", ""},
      {long_url(2048), ""},
      // Accepted, encoded.
      {"https://example.com/ä?ö=ü#ß", "", "https://example.com/%C3%A4?%C3%B6=%C3%BC#%C3%9F"},
      {"https://example.com/a|b^c`d{e}\"<>", "",
       "https://example.com/a%7Cb%5Ec%60d%7Be%7D%22%3C%3E"},
      {"https://example.com/a\\b", "", "https://example.com/a%5Cb"},
      {"https://example.com/?a[0]=1", "", "https://example.com/?a%5B0%5D=1"},
      {"https://example.com/#a#b", "", "https://example.com/#a%23b"},
      // Characters.
      {"", "target_empty"},
      {" https://example.com", "target_characters"},
      {"https://example.com/a b", "target_characters"},
      {"https://example.com/\r\nSet-Cookie: a=b", "target_characters"},
      {"https://example.com/\n", "target_characters"},
      {"https://example.com/\t", "target_characters"},
      {"https://example.com/\0x"s, "target_characters"},
      {"https://example.com/\x7f", "target_characters"},
      {"https://example.com/\xff\xfe", "target_characters"},
      {"https://example.com/\xc0\xaf", "target_characters"},
      {long_url(2049), "target_too_long"},
      {"https://example.com/" + std::string(1500, '|'), "target_too_long"},
      {"https://example.com/%", "target_encoding"},
      {"https://example.com/%4", "target_encoding"},
      {"https://example.com/%zz", "target_encoding"},
      // Schemes.
      {"example.com", "target_scheme"},
      {"//example.com/", "target_scheme"},
      {"/path", "target_scheme"},
      {"javascript:alert(1)", "target_scheme"},
      {"data:text/html,x", "target_scheme"},
      {"ftp://example.com/", "target_scheme"},
      {"file:///etc/passwd", "target_scheme"},
      {"mailto:a@example.com", "target_scheme"},
      {"http:example.com", "target_scheme"},
      {"http:/example.com", "target_scheme"},
      {"http:\\\\example.com", "target_scheme"},
      {"httpss://example.com", "target_scheme"},
      // Hosts.
      {"http://", "target_host"},
      {"http:///path", "target_host"},
      {"http://?x", "target_host"},
      {"http://:80/", "target_host"},
      {"http://./", "target_host"},
      {"http://../", "target_host"},
      {"http://a..b/", "target_host"},
      {"http://.a/", "target_host"},
      {"http://a../", "target_host"},
      {"http://exa%6dple.com/", "target_host"},
      {"http://example.com\\@evil.example/", "target_credentials"},
      {"http://example.com\\.evil.example/", "target_host"},
      {"http://exam!ple.com/", "target_host"},
      {"http://" + std::string(64, 'a') + ".com/", "target_host"},
      {"http://256.1.1.1/", "target_host"},
      {"http://1.2.3.4.5/", "target_host"},
      {"http://0x1ffffffff/", "target_host"},
      {"http://1.2.3.08/", "target_host"},
      {"http://[::1/", "target_malformed"},
      {"http://::1/", "target_malformed"},
      {"http://[::g]/", "target_host"},
      {"http://[::1]x/", "target_host"},
      {"http://[::1]:x/", "target_malformed"},
      {"http://[fe80::1%25eth0]/", "target_host"},
      {"https://münchen.de/", "target_host_not_ascii"},
      {"https://еxample.com/", "target_host_not_ascii"},  // a Cyrillic letter
      {"https://example.com。/", "target_host_not_ascii"},
      {"https://user@example.com/", "target_credentials"},
      {"https://user:secret@example.com/", "target_credentials"},
      {"https://@example.com/", "target_credentials"},
      {"https://example.com:0/", "target_port"},
      {"https://example.com:65536/", "target_port"},
      {"https://example.com:99999999999/", "target_port"},
      {"https://example.com:80a/", "target_malformed"},
      {"https://example.com:80:90/", "target_malformed"},
      // Ashlar's own hosts in all their spellings.
      {"http://127.0.0.1:8080/abc", "target_is_ashlar"},
      {"http://localhost:8080/", "target_is_ashlar"},
      {"http://LOCALHOST:8080/", "target_is_ashlar"},
      {"http://localhost.:8080/", "target_is_ashlar"},
      {"http://a.localhost:8080/", "target_is_ashlar"},
      {"https://localhost:8080/", "target_is_ashlar"},
      {"http://127.1:8080/", "target_is_ashlar"},
      {"http://127.0.1:8080/", "target_is_ashlar"},
      {"http://2130706433:8080/", "target_is_ashlar"},
      {"http://0x7f000001:8080/", "target_is_ashlar"},
      {"http://0X7F.1:8080/", "target_is_ashlar"},
      {"http://0177.0.0.1:8080/", "target_is_ashlar"},
      {"http://017700000001:8080/", "target_is_ashlar"},
      {"http://127.8.9.1:8080/", "target_is_ashlar"},
      {"http://0.0.0.0:8080/", "target_is_ashlar"},
      {"http://0:8080/", "target_is_ashlar"},
      {"http://[::1]:8080/", "target_is_ashlar"},
      {"http://[0:0:0:0:0:0:0:1]:8080/", "target_is_ashlar"},
      {"http://[::]:8080/", "target_is_ashlar"},
      {"http://[::ffff:127.0.0.1]:8080/", "target_is_ashlar"},
      {"http://[::ffff:7f00:1]:8080/", "target_is_ashlar"},
      {"http://127.0.0.1:08080/", "target_is_ashlar"},
      {"https://sho.rt/x", "target_is_ashlar"},
      {"https://SHO.rt./x", "target_is_ashlar"},
      {"https://sho.rt:443/", "target_is_ashlar"},
      {"http://sho.rt/", "target_is_ashlar"},
      {"http://sho.rt:/", "target_is_ashlar"},
      {"https://sho.rt?x", "target_is_ashlar"},
      {"http://links.example:12345/", "target_is_ashlar"},
      {"http://167772165:9000/", "target_is_ashlar"},
      {"http://[2001:DB8:0::1]:9000/", "target_is_ashlar"},
      {"http://[::ffff:10.0.0.5]:9000/", "target_is_ashlar"},
  };
  return kRows;
}

TEST(TargetTest, Table) {
  const OwnHosts own = own_hosts();
  for (const Row& row : rows()) {
    const base::Result<std::string> target = check_target(row.url, own);
    if (row.reason.empty()) {
      ASSERT_TRUE(target.ok()) << row.url << ": " << target.error().reason;
      EXPECT_EQ(*target, row.stored.empty() ? row.url : row.stored);
      continue;
    }
    ASSERT_FALSE(target.ok()) << row.url;
    EXPECT_EQ(target.error().reason, row.reason) << row.url;
    EXPECT_EQ(target.error().code, base::Code::kInvalid);
    ASSERT_EQ(target.error().fields.size(), 1U);
    EXPECT_EQ(target.error().fields[0].field, "/url");
    EXPECT_EQ(target.error().fields[0].reason, row.reason) << row.url;
  }
}

// What was stored once may be stored again: an unchanged target passes a later PATCH.
TEST(TargetTest, WhatIsAcceptedIsAcceptedAgainUnchanged) {
  const OwnHosts own = own_hosts();
  for (const Row& row : rows()) {
    const base::Result<std::string> target = check_target(row.url, own);
    if (!target.ok()) continue;
    const base::Result<std::string> again = check_target(*target, own);
    ASSERT_TRUE(again.ok()) << *target;
    EXPECT_EQ(*again, *target);
  }
}

TEST(OwnHostsTest, WhatIsNoHostIsRefused) {
  for (const char* text :
       {"", "http://", "a b", "user@host", "host:0", "host:x", "[::1", "mün.de"}) {
    const auto own = OwnHosts::parse({text});
    ASSERT_FALSE(own.ok()) << text;
    EXPECT_STREQ(own.error().reason, "own_host_invalid");
  }
}

TEST(OwnHostsTest, APortBindsOnlyItself) {
  const OwnHosts own = *OwnHosts::parse({"a.example:8080", "b.example:443", "c.example"});
  EXPECT_TRUE(own.contains("a.example", 8080));
  EXPECT_FALSE(own.contains("a.example", 80));
  EXPECT_TRUE(own.contains("b.example", 80));
  EXPECT_TRUE(own.contains("b.example", 443));
  EXPECT_FALSE(own.contains("b.example", 8443));
  EXPECT_TRUE(own.contains("c.example", 1));
}

}  // namespace
}  // namespace ashlar::links
