// What clients send that are no friends: the server stays up, its bounds hold, others are served.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "platform/grpc/testing/grpc_client.h"
#include "platform/grpc/testing/grpc_fixture.h"

namespace ashlar::grpc {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::uint32_t kEnhanceYourCalm = 11;
enum Type : char {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9
};
enum Flag : char { kEndStream = 1, kEndHeaders = 4 };

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string frame(Type type, int flags, std::uint32_t stream, std::string_view payload) {
  std::string out = big_endian(static_cast<std::uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out + big_endian(stream) + std::string(payload);
}

// A header field, literal, of less than 127 bytes each.
std::string literal(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  return out.append(value);
}

std::string head(std::string_view path) {
  return literal(":method", "POST") + literal(":scheme", "http") + literal(":path", path) +
         literal(":authority", "x") + literal("content-type", "application/grpc") +
         literal("te", "trailers");
}

std::string opening() { return std::string(kPreface) + frame(kSettings, 0, 0, ""); }

class GrpcHostile : public GrpcFixture {
 protected:
  // Whether others are served.
  void expect_alive() {
    GrpcClient client(port());
    EXPECT_TRUE(client.call("/test.T/Echo", "alive").is(Code::kOk));
  }
  // All frames of a type that the server has sent: their payloads.
  static std::vector<std::string> frames_of(std::string_view bytes, Type type) {
    std::vector<std::string> found;
    while (bytes.size() >= 9) {
      const std::size_t size = static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[0])) << 16 |
                               static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[1])) << 8 |
                               static_cast<std::uint8_t>(bytes[2]);
      if (bytes[3] == type) found.emplace_back(bytes.substr(9, size));
      bytes.remove_prefix(std::min(bytes.size(), 9 + size));
    }
    return found;
  }
  // The error code of the only GOAWAY that the server answers `bytes` with, before it closes.
  std::string goaway_after(std::string_view bytes) {
    net::TcpClient client(port());
    client.send(opening());
    client.send(bytes, 500);
    client.end_output();
    const auto goaways = frames_of(client.receive_all(), kGoaway);
    EXPECT_TRUE(client.closed());
    return goaways.empty() ? "none" : goaways.back().substr(4, 4);
  }
};

TEST_F(GrpcHostile, WhatIsNotHttp2IsCutOff) {
  start();
  for (const std::string_view bytes :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n"sv, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r_"sv,
        "\x16\x03\x01\x02\x00\x01"sv, "*1\r\n$4\r\nPING\r\n"sv}) {
    net::TcpClient client(port());
    client.send(bytes);
    client.receive_all();
    EXPECT_TRUE(client.closed()) << bytes;
  }
  EXPECT_EQ(connection_errors(), 4U);
  expect_alive();
}

TEST_F(GrpcHostile, BrokenFramesGetGoaway) {
  start();
  EXPECT_EQ(goaway_after(frame(kData, 0, 1, std::string(20'000, 'x'))), big_endian(6));
  EXPECT_EQ(goaway_after(frame(kData, 0, 1, "x")), big_endian(1));            // of an idle stream
  EXPECT_EQ(goaway_after(frame(kHeaders, 4, 2, head("/x"))), big_endian(1));  // an even one
  EXPECT_EQ(goaway_after(frame(kHeaders, 4, 1, "\xff\xff\xff\xff\xff\xff")), big_endian(9));
  EXPECT_EQ(goaway_after(frame(kPing, 0, 0, "short")), big_endian(6));
  EXPECT_EQ(goaway_after(frame(kWindowUpdate, 0, 0, big_endian(0))), big_endian(1));
  EXPECT_EQ(goaway_after(frame(kWindowUpdate, 0, 0, big_endian(0x7fffffff))), big_endian(3));
  EXPECT_EQ(connection_errors(), 7U);
  expect_alive();
}

TEST_F(GrpcHostile, LargeHeadsResetTheStreamOnly) {
  start();
  GrpcClient client(port());
  const std::int32_t id = client.begin(
      "/test.T/Echo", {{"a", std::string(10'000, 'a')}, {"b", std::string(10'000, 'b')}});
  client.send(id, framed("x"), true);
  EXPECT_NE(client.wait_for(id).reset, 0U);
  EXPECT_TRUE(client.call("/test.T/Echo", "x").is(Code::kOk));
  EXPECT_EQ(counted("/test.T/Echo", Code::kResourceExhausted), 1U);
}

TEST_F(GrpcHostile, ContinuationFlood) {
  start();
  std::string flood = frame(kHeaders, 0, 1, head("/test.T/Echo"));
  for (int i = 0; i < 10'000; ++i) flood += frame(kContinuation, 0, 1, literal("x", "y"));
  const std::string error = goaway_after(flood);
  EXPECT_NE(error, big_endian(0));
  EXPECT_EQ(connection_errors(), 1U);
  expect_alive();
}

TEST_F(GrpcHostile, RapidReset) {
  options_.max_resets = 100;
  start();
  GrpcClient client(port());
  int sent = 0;
  client.wait([&] {  // a batch with every look, until the server has had enough
    for (int i = 0; i < 20 && client.goaways() == 0; ++i, ++sent) {
      const std::int32_t id = client.begin("/test.T/Never");
      client.send(id, framed("x"), true);
      client.flush();
      client.reset(id);
      client.flush();
    }
    return client.goaways() > 0 || sent > 5'000;
  });
  EXPECT_EQ(client.goaway_error(), kEnhanceYourCalm);
  EXPECT_LE(called_.load(), 400);
  expect_alive();
}

TEST_F(GrpcHostile, ResetsInMeasureAreFine) {
  options_.max_resets = 100;
  start();
  GrpcClient client(port());
  for (int i = 0; i < 90; ++i) {
    const std::int32_t id = client.begin("/test.T/Never");
    client.send(id, framed("x"), true);
    client.flush();
    client.reset(id);
  }
  EXPECT_TRUE(client.call("/test.T/Echo", "x").is(Code::kOk));
  EXPECT_EQ(client.goaways(), 0);
}

TEST_F(GrpcHostile, PingFlood) {
  start();
  GrpcClient client(port());
  for (int i = 0; i < 500; ++i) client.ping();
  EXPECT_TRUE(client.wait([&] { return client.goaways() > 0; }));
  EXPECT_EQ(client.goaway_error(), kEnhanceYourCalm);
  expect_alive();
}

// Clients that measure the line (gRPC's BDP estimate) send a ping with every round trip.
TEST_F(GrpcHostile, PingsBesideCallsAreFine) {
  start();
  GrpcClient client(port());
  for (int i = 0; i < 500; ++i) {
    client.ping();
    ASSERT_TRUE(client.call("/test.T/Echo", "x").is(Code::kOk));
  }
  EXPECT_EQ(client.pings_answered(), 500);
  EXPECT_EQ(client.goaways(), 0);
}

TEST_F(GrpcHostile, SettingsFlood) {
  start();
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += frame(kSettings, 0, 0, "");
  EXPECT_EQ(goaway_after(flood), big_endian(kEnhanceYourCalm));
  expect_alive();
}

// Acknowledgements pile up for a client that sends and does not read: bounded by nghttp2.
TEST_F(GrpcHostile, FloodsOfThoseWhoDoNotRead) {
  options_.max_pings = 1'000'000'000;
  options_.write_timeout = base::Millis{300};
  start();
  net::TcpClient client(port(), 4096);
  client.send(opening());
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += frame(kPing, 0, 0, "12345678");
  for (int i = 0; i < 100 && client.send(flood, 500); ++i) expect_alive();
  client.receive_all();
  EXPECT_TRUE(client.closed());
  expect_alive();
}

TEST_F(GrpcHostile, ClosedWindows) {
  options_.write_timeout = base::Millis{300};
  start();
  GrpcClient client(port(), 0);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(client.begin("/test.T/Big"));
    client.send(ids.back(), framed("100000"), true);
  }
  for (const auto id : ids) {
    EXPECT_EQ(client.wait_for(id).reset, 8U);  // CANCEL
    EXPECT_EQ(client.answer(id).http_status, "200");
    EXPECT_TRUE(client.answer(id).messages.empty());
  }
  // An answer without a body needs no window.
  EXPECT_TRUE(client.call("/test.T/Fail", "x").is(Code::kFailedPrecondition));
}

TEST_F(GrpcHostile, TooManyStreams) {
  options_.max_streams = 3;
  start();
  GrpcClient polite(port());
  EXPECT_TRUE(polite.call("/test.T/Echo", "x").is(Code::kOk));
  EXPECT_EQ(polite.max_streams(), 3U);
  net::TcpClient client(port());
  std::string bytes = opening();
  for (std::uint32_t i = 0; i < 10; ++i) {
    bytes += frame(kHeaders, kEndHeaders, 2 * i + 1, head("/test.T/Chat"));
  }
  client.send(bytes);
  std::string seen;
  for (int i = 0; i < 20 && frames_of(seen, kReset).size() < 7; ++i) {
    seen += client.receive_some(100);
  }
  EXPECT_EQ(frames_of(seen, kReset), std::vector<std::string>(7, big_endian(7)));
  EXPECT_EQ(called_.load(), 4);
}

TEST_F(GrpcHostile, AnythingAfterThePreface) {
  start();
  constexpr std::uint64_t kSeed = 13;
  SCOPED_TRACE(kSeed);
  base::Random random(kSeed);
  std::string valid = frame(kHeaders, kEndHeaders, 1, head("/test.T/Echo"));
  valid += frame(kData, kEndStream, 1, framed("hello"));
  valid += frame(kHeaders, kEndHeaders, 3, head("/test.T/Chat"));
  valid += frame(kData, 0, 3, framed("hello") + framed("you"));
  valid += frame(kPing, 0, 0, "12345678") + frame(kReset, 0, 3, big_endian(8));
  for (int round = 0; round < 400; ++round) {
    std::string bytes = valid;
    for (std::uint64_t i = random.below(6); i-- > 0;) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    }
    net::TcpClient client(port());
    client.send(opening() + bytes.substr(0, random.below(bytes.size() + 1)));
    client.end_output();
    client.receive_all();
    ASSERT_TRUE(client.closed());
  }
  expect_alive();
}

}  // namespace
}  // namespace ashlar::grpc
