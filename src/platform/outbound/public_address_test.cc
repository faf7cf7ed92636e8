#include "platform/outbound/public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace ashlar::outbound {
namespace {

bool judge(const char* text) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, &v6.sin6_addr), 1) << text;
    v6.sin6_family = AF_INET6;
  }
  return is_public(reinterpret_cast<const sockaddr&>(storage));
}

TEST(PublicAddressTest, KnowsWhatIsNotOfThePublicInternet) {
  for (const char* text : {"0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.7",
                           "224.0.0.1",
                           "239.1.1.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "2002:7f00:1::",
                           "2002:a9fe:a9fe::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "100::1",
                           "fec0::1",
                           "3fff::1",
                           "::7f00:1"}) {
    EXPECT_FALSE(judge(text)) << text;
  }
}

TEST(PublicAddressTest, KnowsWhatIs) {
  for (const char* text :
       {"1.1.1.1",         "8.8.8.8",          "9.255.255.255",        "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",      "126.255.255.255",      "128.0.0.0",
        "169.253.255.255", "172.15.255.255",   "172.32.0.0",           "192.167.255.255",
        "192.169.0.0",     "198.17.255.255",   "198.20.0.0",           "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1",     "2001:4860:4860::8888", "2001:200::1",
        "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8", "2002:808:808::1"}) {
    EXPECT_TRUE(judge(text)) << text;
  }
}

TEST(PublicAddressTest, OtherFamiliesAreNot) {
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public(local));
}

}  // namespace
}  // namespace ashlar::outbound
