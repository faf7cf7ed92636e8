#include "platform/outbound/txt_lookup.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace ashlar::outbound {
namespace {

TEST(TxtLookup, AServerIsAnAddressAndPerhapsAPort) {
  const auto server = TxtLookup::parse_server("192.0.2.53:5353");
  ASSERT_TRUE(server);
  EXPECT_EQ(ntohl(server->address), 0xc0000235U);
  EXPECT_EQ(server->port, 5353);
  ASSERT_TRUE(TxtLookup::parse_server("127.0.0.1"));
  EXPECT_EQ(TxtLookup::parse_server("127.0.0.1")->port, 53);
  for (const char* bad : {"", "dns.example", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
                          "127.0.0.1:53x", "[::1]:53", "::1", "127.0.0", "127.0.0.1:5:3"}) {
    EXPECT_FALSE(TxtLookup::parse_server(bad)) << bad;
  }
}

}  // namespace
}  // namespace ashlar::outbound
