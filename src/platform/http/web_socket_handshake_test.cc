#include "platform/http/web_socket_handshake.h"

#include <gtest/gtest.h>

#include <string>

#include "platform/http/http_parser.h"

namespace ashlar::http {
namespace {

constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view kVersion = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view kUpgrade = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n";

class Handshake : public testing::Test {
 protected:
  const RequestHead& head(std::string_view fields, std::string_view line = "GET / HTTP/1.1\r\n") {
    text_ = std::string(line) + "Host: a\r\n" + std::string(fields) + "\r\n";
    ParseError error;
    EXPECT_EQ(parse_request_head(text_, {}, head_, error), ParseState::kComplete);
    return head_;
  }
  std::string fault(std::string fields, std::string_view line = "GET / HTTP/1.1\r\n") {
    const auto found = check_handshake(head(fields, line));
    return found ? std::to_string(found->status) + " " + found->reason : "";
  }
  static std::string of(std::string_view a, std::string_view b, std::string_view c = {}) {
    return std::string(a) + std::string(b) + std::string(c);
  }

 private:
  std::string text_;
  RequestHead head_;
};

TEST_F(Handshake, TheExampleOfTheRfc) {
  EXPECT_EQ(fault(of(kUpgrade, kVersion, kKey)), "");
  EXPECT_EQ(accept_key_of(head(of(kUpgrade, kVersion, kKey))), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_F(Handshake, SaysWhatIsMissing) {
  EXPECT_EQ(fault(""), "426 upgrade_required");
  EXPECT_EQ(fault(of("Upgrade: websocket\r\n", kVersion, kKey)), "426 upgrade_required");
  EXPECT_EQ(fault(of("Upgrade: h2c\r\nConnection: Upgrade\r\n", kVersion, kKey)),
            "426 upgrade_required");
  EXPECT_EQ(fault(of(kUpgrade, kVersion, kKey), "HEAD / HTTP/1.1\r\n"), "426 upgrade_required");
  EXPECT_EQ(fault(of(kUpgrade, kVersion, kKey), "GET / HTTP/1.0\r\n"), "426 upgrade_required");
  EXPECT_EQ(fault(of("Upgrade: h2c, WebSocket\r\nConnection: upgrade\r\n", kVersion, kKey)), "");
  EXPECT_EQ(fault(of(kUpgrade, kKey)), "426 unsupported_web_socket_version");
  EXPECT_EQ(fault(of(kUpgrade, "Sec-WebSocket-Version: 8\r\n", kKey)),
            "426 unsupported_web_socket_version");
  EXPECT_EQ(fault(of(kUpgrade, kVersion)), "400 bad_web_socket_key");
  for (const char* key : {"", "abc", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==",
                          "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25jZQ==dGhl"}) {
    EXPECT_EQ(fault(of(kUpgrade, kVersion, "Sec-WebSocket-Key: " + std::string(key) + "\r\n")),
              "400 bad_web_socket_key")
        << key;
  }
  EXPECT_EQ(fault(of(kUpgrade, kVersion, of(kKey, kKey))), "400 bad_web_socket_key");
}

TEST_F(Handshake, FindsSubprotocolsInAnyOfTheLists) {
  const RequestHead& both =
      head("Sec-WebSocket-Protocol: a, yjs\r\nSec-WebSocket-Protocol: hocuspocus\r\n");
  EXPECT_TRUE(offers_protocol(both, "yjs"));
  EXPECT_TRUE(offers_protocol(both, "hocuspocus"));
  EXPECT_FALSE(offers_protocol(both, "Yjs"));
  EXPECT_FALSE(offers_protocol(both, ""));
}

}  // namespace
}  // namespace ashlar::http
