#include "platform/http/web_socket_frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "platform/http/testing/client_frame.h"

namespace ashlar::http {
namespace {

using Kind = FrameDecoder::EventKind;

struct Seen {
  Kind kind;
  std::uint16_t code;
  std::string data;
  bool operator==(const Seen&) const = default;
};
void PrintTo(const Seen& seen, std::ostream* out) {
  *out << static_cast<int>(seen.kind) << '/' << seen.code << '/' << seen.data.substr(0, 40);
}

std::vector<Seen> decode(std::string bytes, std::size_t piece, std::size_t limit = 1 << 20) {
  FrameDecoder decoder(limit);
  std::vector<Seen> out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::span<char> input(bytes.data() + at, std::min(piece, bytes.size() - at));
    for (;;) {
      const FrameDecoder::Event event = decoder.next(input);
      if (event.kind == Kind::kNeedMore) break;
      const bool error = event.kind == Kind::kError;
      out.push_back({event.kind, event.code, error ? "" : std::string(event.data)});
    }
  }
  return out;
}

constexpr std::uint8_t kText = 0x81;
constexpr std::uint8_t kBinary = 0x82;
constexpr std::uint8_t kClose = 0x88;
constexpr std::uint8_t kPing = 0x89;

TEST(FrameDecoder, TheExamplesOfTheRfc) {
  // RFC 6455, 5.7: a masked "Hello"; what a server sends is not masked.
  const std::string hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
  EXPECT_EQ(decode(hello, 100), (std::vector<Seen>{{Kind::kMessage, 0, "Hello"}}));
  EXPECT_EQ(*frame_of(MessageKind::kText, "Hello"), std::string("\x81\x05Hello"));
  EXPECT_EQ(frame_of(MessageKind::kBinary, std::string(256, 'x'))->substr(0, 4),
            std::string("\x82\x7e\x01\x00", 4));
  EXPECT_EQ(frame_of(MessageKind::kBinary, std::string(65536, 'x'))->substr(0, 10),
            std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(FrameDecoder, MessagesOfAllSizesInAllPieces) {
  base::Random random(7);
  for (const std::size_t size : {0, 1, 7, 8, 125, 126, 127, 300, 65535, 65536, 200'000}) {
    std::string text(size, 0);
    for (char& c : text) c = static_cast<char>(random.next());
    const std::string two = client_frame(kBinary, text) + client_frame(kBinary, "after");
    const std::vector<Seen> wanted{{Kind::kMessage, 0, text}, {Kind::kMessage, 0, "after"}};
    for (const std::size_t piece : {1, 2, 3, 5, 64, 1000, 1'000'000}) {
      EXPECT_EQ(decode(two, piece), wanted) << size << " in pieces of " << piece;
    }
  }
}

TEST(FrameDecoder, PiecesOfAMessageWithPingsBetween) {
  const std::string bytes = client_frame(0x01, "He") + client_frame(kPing, "p") +
                            client_frame(0x00, "") + client_frame(0x00, "ll") +
                            client_frame(0x80, "o") + client_frame(kBinary, "x");
  for (const std::size_t piece : {1, 3, 100}) {
    EXPECT_EQ(decode(bytes, piece),
              (std::vector<Seen>{
                  {Kind::kPing, 0, "p"}, {Kind::kMessage, 0, "Hello"}, {Kind::kMessage, 0, "x"}}));
  }
}

TEST(FrameDecoder, ACharacterMayBeCutBetweenFrames) {
  EXPECT_EQ(decode(client_frame(0x01, "\xc3") + client_frame(0x80, "\xa4"), 100),
            (std::vector<Seen>{{Kind::kMessage, 0, "\xc3\xa4"}}));
}

TEST(FrameDecoder, RefusesWhatNoClientMaySend) {
  const std::string unmasked = "\x82\x01x";
  const std::string long_for_nothing(
      "\x82\xfe\x00\x05"
      "maskhello",
      13);
  const std::string longer_for_nothing(
      "\x82\xff\x00\x00\x00\x00\x00\x00\x00\x05"
      "maskhello",
      19);
  const std::string negative(
      "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x05"
      "maskhello",
      19);
  struct Row {
    const char* what;
    std::string bytes;
    int code;
  };
  const std::vector<Row> rows = {
      {"no mask", unmasked, 1002},
      {"length 5 in two bytes", long_for_nothing, 1002},
      {"length 5 in eight bytes", longer_for_nothing, 1002},
      {"length beyond 63 bits", negative, 1002},
      {"first reserved bit (compression)", client_frame(0xc2, "x"), 1002},
      {"second reserved bit", client_frame(0xa2, "x"), 1002},
      {"third reserved bit", client_frame(0x92, "x"), 1002},
      {"opcode 3", client_frame(0x83, "x"), 1002},
      {"opcode 7", client_frame(0x87, "x"), 1002},
      {"opcode 11", client_frame(0x8b, "x"), 1002},
      {"opcode 15", client_frame(0x8f, "x"), 1002},
      {"a ping in pieces", client_frame(0x09, "x"), 1002},
      {"a close in pieces", client_frame(0x08, "x"), 1002},
      {"a ping of 126 bytes", client_frame(kPing, std::string(126, 'x')), 1002},
      {"a continuation of nothing", client_frame(0x80, "x"), 1002},
      {"a second beginning", client_frame(0x02, "x") + client_frame(kBinary, "y"), 1002},
      {"half a close code", client_frame(kClose, "x"), 1002},
      {"close 999", client_frame(kClose, "\x03\xe7"), 1002},
      {"close 1004", client_frame(kClose, "\x03\xec"), 1002},
      {"close 1005", client_frame(kClose, "\x03\xed"), 1002},
      {"close 1006", client_frame(kClose, "\x03\xee"), 1002},
      {"close 1015", client_frame(kClose, "\x03\xf7"), 1002},
      {"close 2999", client_frame(kClose, "\x0b\xb7"), 1002},
      {"close 5000", client_frame(kClose, "\x13\x88"), 1002},
      {"close reason", client_frame(kClose, "\x03\xe8\xff"), 1007},
      {"bad text", client_frame(kText, "\xff"), 1007},
      {"overlong text", client_frame(kText, "\xc0\x80"), 1007},
      {"a surrogate as text", client_frame(kText, "\xed\xa0\x80"), 1007},
      {"half a character", client_frame(kText, "\xc3"), 1007},
      {"a byte too many", client_frame(kBinary, std::string(1001, 'x')), 1009},
      {"a byte too many in pieces",
       client_frame(0x02, std::string(600, 'x')) + client_frame(0x80, std::string(401, 'x')), 1009},
  };
  for (const Row& row : rows) {
    for (const std::size_t piece : {1, 4, 10'000}) {
      const std::vector<Seen> seen =
          decode(row.bytes + client_frame(kBinary, "unread"), piece, 1000);
      ASSERT_EQ(seen.size(), 1U) << row.what;
      EXPECT_EQ(seen[0].kind, Kind::kError) << row.what;
      EXPECT_EQ(seen[0].code, row.code) << row.what;
    }
  }
  EXPECT_EQ(decode(client_frame(kBinary, std::string(1000, 'x')), 7, 1000)[0].kind, Kind::kMessage);
}

TEST(FrameDecoder, AnnouncedLengthsAreNotBelieved) {
  const std::string head(
      "\x82\xff\x00\x00\x00\x10\x00\x00\x00\x00"
      "mask",
      14);
  EXPECT_EQ(decode(head, 100, std::size_t{1} << 40), (std::vector<Seen>{}));  // and no 64 GiB taken
  EXPECT_EQ(decode(head, 100, 1 << 20).at(0).code, 1009);
}

TEST(FrameDecoder, ReadsClosesAndNothingAfter) {
  const std::string after = client_frame(kBinary, "after");
  EXPECT_EQ(decode(client_frame(kClose, "") + after, 3),
            (std::vector<Seen>{{Kind::kClose, kNoCloseCode, ""}}));
  EXPECT_EQ(decode(client_frame(kClose,
                                "\x03\xe8"
                                "bye") +
                       after,
                   3),
            (std::vector<Seen>{{Kind::kClose, 1000, "bye"}}));
  EXPECT_EQ(decode(client_frame(kClose, "\x11\x31"), 3).at(0).code, 4401);
}

TEST(CloseFrame, CutsReasonsBetweenCharacters) {
  std::string long_reason(122, 'x');
  long_reason += "\xc3\xa4";
  std::string frame;
  append_close_frame(frame, 1002, long_reason);
  EXPECT_EQ(frame.substr(0, 4), "\x88\x7c\x03\xea");
  EXPECT_EQ(frame.substr(4), std::string(122, 'x'));
  frame.clear();
  append_close_frame(frame, kNoCloseCode, "unsaid");
  EXPECT_EQ(frame, std::string("\x88\x00", 2));
}

}  // namespace
}  // namespace ashlar::http
