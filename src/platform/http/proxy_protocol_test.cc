#include "platform/http/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

std::string v2(char command, char family, const std::string& rest) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += command;
  header += family;
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 0xff);
  return header + rest;
}

const std::string kV4Block("\x0a\x01\x02\x03\x7f\0\0\x01\x30\x39\x01\xbb", 12);

struct Case {
  std::string header, address;
  int port;
};

TEST(ProxyProtocol, FindsTheSource) {
  std::string v6_block(36, '\0');
  v6_block[0] = 0x20;
  v6_block[1] = 0x01;
  v6_block[15] = 0x01;
  v6_block[33] = 80;  // source port
  const std::vector<Case> cases = {
      {"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1", 56324},
      {"PROXY TCP6 2001:DB8::1 ::1 0 65535\r\n", "2001:db8::1", 0},
      {"PROXY UNKNOWN\r\n", "", 0},
      {"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "", 0},
      {v2(0x21, 0x11, kV4Block), "10.1.2.3", 12345},
      {v2(0x21, 0x11, kV4Block + std::string("\x04\0\x01x", 4)), "10.1.2.3", 12345},
      {v2(0x21, 0x21, v6_block), "2001::1", 80},
      {v2(0x21, 0x31, std::string(216, 'u')), "", 0},
      {v2(0x21, 0x00, ""), "", 0},
      {v2(0x20, 0x00, ""), "", 0},
      {v2(0x20, 0x11, kV4Block), "", 0},
  };
  for (const Case& c : cases) {
    ProxyHeader header;
    ASSERT_EQ(parse_proxy_header(c.header + "GET / HTTP/1.1\r\n", header), ProxyParse::kComplete)
        << c.header;
    EXPECT_EQ(header.source_address, c.address);
    EXPECT_EQ(header.source_port, c.port);
    EXPECT_EQ(header.bytes, c.header.size());
    for (std::size_t size = 0; size < c.header.size(); ++size) {
      EXPECT_EQ(parse_proxy_header(c.header.substr(0, size), header), ProxyParse::kNeedMore)
          << size << " bytes of " << c.header;
    }
  }
}

TEST(ProxyProtocol, RefusesWhatIsNotOne) {
  const std::vector<std::string> headers = {
      "GET / HTTP/1.1\r\n",
      "PROXYTCP4 ",
      "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
      "PROXY TCP4 1.1.1.1  2.2.2.2 1 2\r\n",
      "PROXY TCP4 ::1 ::1 1 2\r\n",
      "PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n",
      "PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n",
      "PROXY UNKNOWNS\r\n",
      "PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 1 +2\r\n",
      "PROXY TCP4 1.1.1.1 300.2.2.2 1 2\r\n",
      "PROXY \r\n",
      "PROXY \n",
      "PROXY " + std::string(101, 'x'),
      "\r\n\r\nGET",
      v2(0x11, 0x11, kV4Block),
      v2(0x22, 0x11, kV4Block),
      v2(0x21, 0x41, kV4Block),
      v2(0x21, 0x11, kV4Block.substr(1)),
      v2(0x21, 0x21, kV4Block),
      v2(0x21, 0x11, std::string(kMaxProxyHeaderBytes, 'x')),
  };
  for (const std::string& text : headers) {
    ProxyHeader header;
    EXPECT_EQ(parse_proxy_header(text, header), ProxyParse::kError) << text;
  }
}

}  // namespace
}  // namespace ashlar::http
