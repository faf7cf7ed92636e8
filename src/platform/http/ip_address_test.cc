#include "platform/http/ip_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

TEST(IpAddress, ReadsAndWrites) {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"127.0.0.1", "127.0.0.1"},           {"255.255.255.255", "255.255.255.255"}, {"::1", "::1"},
      {"2001:DB8:0:0:0::1", "2001:db8::1"}, {"::ffff:10.1.2.3", "10.1.2.3"},        {"::", "::"},
  };
  for (const auto& [text, written] : texts) {
    const auto address = parse_ip(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), written);
  }
  EXPECT_EQ(parse_ip("::ffff:10.1.2.3"), parse_ip("10.1.2.3"));
  EXPECT_TRUE(parse_ip("10.1.2.3")->is_v4());
  EXPECT_FALSE(parse_ip("::1")->is_v4());
}

TEST(IpAddress, RefusesWhatIsNotOne) {
  for (const std::string& text : std::vector<std::string>{
           "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "0x7f.1",
           "1.2.3.4:80", "[::1]", "::1%eth0", ":::", "1::2::3", "g::", "localhost",
           std::string("1.2.3.4\0", 8), std::string(100, '1')}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
}

TEST(IpAddress, KnowsThisMachine) {
  for (const char* here : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(parse_ip(here)->is_loopback()) << here;
  }
  for (const char* other : {"0.0.0.0", "128.0.0.1", "10.0.0.1", "::", "::2", "1::1"}) {
    EXPECT_FALSE(parse_ip(other)->is_loopback()) << other;
  }
}

TEST(IpBlock, Contains) {
  struct Case {
    std::string block, address;
    bool inside;
  };
  const std::vector<Case> cases = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.9.9.9/8", "10.0.0.1", true},
      {"192.168.4.0/22", "192.168.7.255", true},
      {"192.168.4.0/22", "192.168.8.0", false},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.1", "127.0.0.2", false},
      {"0.0.0.0/0", "9.9.9.9", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "9.9.9.9", true},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"::1/128", "::1", true},
      {"::ffff:10.0.0.0/104", "10.1.1.1", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
  };
  for (const Case& c : cases) {
    const auto block = parse_ip_block(c.block);
    ASSERT_TRUE(block) << c.block;
    EXPECT_EQ(block->contains(*parse_ip(c.address)), c.inside) << c.block << " " << c.address;
  }
  for (const std::string_view bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129",
                                     "10.0.0.0/8x", "10/8", "10.0.0.0/ 8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(parse_ip_block(bad)) << bad;
  }
}

}  // namespace
}  // namespace ashlar::http
