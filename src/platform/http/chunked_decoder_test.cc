#include "platform/http/chunked_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

struct Decoded {
  ParseState state = ParseState::kNeedMore;
  std::string body, reason;
  int status = 0;
  std::size_t consumed = 0;
};

Decoded decode(std::string_view input, std::size_t piece, std::uint64_t max = 1'000'000) {
  ChunkedDecoder decoder(max);
  Decoded out;
  while (out.consumed < input.size() && out.state == ParseState::kNeedMore) {
    std::size_t consumed = 0;
    out.state = decoder.decode(input.substr(out.consumed, piece), out.body, consumed);
    out.consumed += consumed;
  }
  if (out.state == ParseState::kError) {
    out.reason = decoder.error().reason;
    out.status = decoder.error().status;
  }
  return out;
}

TEST(ChunkedDecoder, JoinsTheChunksHoweverTheyAreCut) {
  const std::string input =
      "4\r\nWiki\r\n"
      "06;name=\"v;\"\r\npedia \r\n"
      "E\r\nin \r\n\r\nchunks.\r\n"
      "000\r\nExpires: never\r\nX:\r\n\r\n";
  for (std::size_t piece = 1; piece <= input.size() + 5; ++piece) {
    const Decoded out = decode(input + "GET /", piece);
    EXPECT_EQ(out.state, ParseState::kComplete) << piece;
    EXPECT_EQ(out.body, "Wikipedia in \r\n\r\nchunks.") << piece;
    EXPECT_EQ(out.consumed, input.size()) << piece;
  }
  EXPECT_EQ(decode("0\r\n\r\n", 100).state, ParseState::kComplete);
}

TEST(ChunkedDecoder, WaitsForTheEnd) {
  for (const std::string_view input :
       {"", "5", "5\r", "5\r\n", "5\r\nhell", "5\r\nhello", "0\r\n", "0\r\nA: b\r\n", "0\r\n\r"}) {
    EXPECT_EQ(decode(input, 100).state, ParseState::kNeedMore) << input;
  }
}

TEST(ChunkedDecoder, RefusesWhatAnotherServerCouldReadOtherwise) {
  const std::vector<std::string> inputs = {
      "\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      "5\nhello\r\n0\r\n\r\n",
      "5\r hello",
      "5\r\r\n",
      "+5\r\nhello\r\n0\r\n\r\n",
      "-5\r\nhello\r\n0\r\n\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      "g\r\n",
      ";a\r\n",
      "5\r\nhelloX",
      "5\r\nhello\n0\r\n\r\n",
      "5\r\nhello\r0\r\n\r\n",
      "10000000000000000\r\n",
      "00000000000000001\r\na\r\n0\r\n\r\n",
      "5;a\nhello",
      std::string("5;a\0\r\nhello", 11),
      "0\r\n\n",
      "0\r\n\rX",
      "0\r\n A: b\r\n\r\n",
      "0\r\nA : b\r\n\r\n",
      "0\r\n: b\r\n\r\n",
      "0\r\nA: b\n\r\n",
      "0\r\nA: \x01\r\n\r\n",
      "0\r\nGET / HTTP/1.1\r\n\r\n",
  };
  for (const std::string& input : inputs) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}}) {
      const Decoded out = decode(input, piece);
      EXPECT_EQ(out.state, ParseState::kError) << input;
      EXPECT_EQ(out.reason, "bad_chunk") << input;
      EXPECT_EQ(out.status, 400) << input;
    }
  }
}

TEST(ChunkedDecoder, BoundsTheBody) {
  EXPECT_EQ(decode("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", 100, 10).state, ParseState::kComplete);
  for (const std::string_view input : {"5\r\nhello\r\n6\r\n", "b\r\n", "ffffffffffffffff\r\n",
                                       "5\r\nhello\r\n5\r\nworld\r\n1\r\n"}) {
    const Decoded out = decode(input, 3, 10);
    EXPECT_EQ(out.state, ParseState::kError) << input;
    EXPECT_EQ(out.reason, "body_too_large") << input;
    EXPECT_EQ(out.status, 413) << input;
    EXPECT_LE(out.body.size(), 10U);
  }
}

TEST(ChunkedDecoder, BoundsWhatItDiscards) {
  const std::size_t most = ChunkedDecoder::kMaxDiscardedBytes;
  EXPECT_EQ(decode("1;" + std::string(most - 1, 'a') + "\r\nx\r\n0\r\n\r\n", 1000).state,
            ParseState::kComplete);
  EXPECT_EQ(decode("1;" + std::string(most, 'a') + "\r\nx\r\n0\r\n\r\n", 1000).reason, "bad_chunk");
  EXPECT_EQ(decode("0\r\nA:" + std::string(most, 'a') + "\r\n\r\n", 1000).reason, "bad_chunk");
  std::string many;
  for (std::size_t i = 0; i < most; ++i) many += "1;a\r\nx\r\n";
  EXPECT_EQ(decode(many, 1000).reason, "bad_chunk");
}

}  // namespace
}  // namespace ashlar::http
