#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "platform/proto/reader.h"
#include "platform/proto/writer.h"

namespace ashlar::proto {
namespace {

using std::string_view_literals::operator""sv;

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<std::uint8_t>(c) >> 4];
    text += kDigits[static_cast<std::uint8_t>(c) & 15];
  }
  return text;
}

// The examples of protobuf's encoding guide.
TEST(ProtoWriter, KnownBytes) {
  std::string out;
  Writer(out).u64(1, 150);
  EXPECT_EQ(hex(out), "089601");

  out.clear();
  Writer(out).text(2, "testing");
  EXPECT_EQ(hex(out), "120774657374696e67");

  out.clear();
  {
    Writer writer(out);
    const auto inner = writer.message(3);
    writer.u64(1, 150);
  }
  EXPECT_EQ(hex(out), "1a03089601");

  out.clear();
  Writer(out).i64(1, -2);
  EXPECT_EQ(hex(out), "08feffffffffffffffff01");

  out.clear();
  Writer(out).real(1, 25.4);
  EXPECT_EQ(hex(out), "096666666666663940");
}

// What Envoy sends: domain "edge", descriptors {(remote_address, 10.0.0.1)}, hits_addend 2.
TEST(ProtoWriter, RateLimitRequest) {
  std::string out;
  Writer writer(out);
  writer.text(1, "edge");
  {
    const auto descriptor = writer.message(2);
    const auto entry = writer.message(1);
    writer.text(1, "remote_address");
    writer.text(2, "10.0.0.1");
  }
  writer.u64(3, 2);
  EXPECT_EQ(out,
            "\x0a\x04"
            "edge\x12\x1c\x0a\x1a\x0a\x0eremote_address\x12\x08"
            "10.0.0.1\x18\x02"sv);
}

TEST(ProtoWriter, LeavesOutDefaultsButForEach) {
  std::string out;
  Writer writer(out);
  writer.u64(1, 0);
  writer.text(2, "");
  writer.boolean(3, false);
  writer.real(4, 0.0);
  EXPECT_EQ(out, "");
  writer.each_u64(1, 0);
  writer.each_text(2, "");
  writer.each_real(4, 0.0);
  writer.real(4, -0.0);
  EXPECT_EQ(hex(out),
            "0800"
            "1200"
            "210000000000000000"
            "210000000000000080");
}

TEST(ProtoWriter, LengthsGrowOverOneByte) {
  for (const std::size_t size : {0, 1, 125, 126, 127, 128, 129, 16'381, 16'384, 2'200'000}) {
    std::string out;
    const std::string text(size, 'x');
    {
      Writer writer(out);
      const auto outer = writer.message(1);
      const auto inner = writer.message(2);
      writer.text(3, text);
    }
    Reader outer(out);
    ASSERT_TRUE(outer.next());
    EXPECT_EQ(outer.tag(), tag(1, kBytes));
    Reader inner = outer.nested();
    EXPECT_FALSE(outer.next());
    ASSERT_TRUE(inner.next());
    Reader innermost = inner.nested();
    EXPECT_FALSE(inner.next());
    EXPECT_EQ(innermost.next(), size > 0);
    EXPECT_EQ(innermost.bytes(), text);
    EXPECT_TRUE(outer.ok() && inner.ok() && innermost.ok());
  }
}

TEST(ProtoReader, Numbers) {
  const std::string bytes =
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"  // varint, all ones
      "\x15\x78\x56\x34\x12"                          // fixed32
      "\x19\xef\xcd\xab\x89\x67\x45\x23\x01";         // fixed64
  Reader reader(bytes);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.tag(), tag(1, kVarint));
  EXPECT_EQ(reader.field(), 1U);
  EXPECT_EQ(reader.u64(), UINT64_MAX);
  EXPECT_EQ(reader.i64(), -1);
  EXPECT_EQ(reader.u32(), UINT32_MAX);
  EXPECT_EQ(reader.zigzag(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(reader.boolean());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.u32(), 0x12345678U);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.u64(), 0x0123456789abcdefU);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(ProtoReader, Refuses) {
  const std::vector<std::string_view> refused = {
      "\x08"sv,                                              // a tag and no value
      "\x80"sv,                                              // half a tag
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv,      // 65 bits
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,  // eleven bytes
      "\x00\x01"sv,                                          // field 0
      "\x80\x80\x80\x80\x10\x01"sv,                          // field 2^29
      "\x88\x80\x80\x80\x80\x01\x01"sv,                      // a tag above 32 bits
      "\x0a\x02x"sv,                                         // a length beyond the end
      "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"sv,     // the largest
      "\x0d\x01\x02\x03"sv,                                  // short fixed32
      "\x09\x01\x02\x03\x04\x05\x06\x07"sv,                  // short fixed64
      "\x0b\x0c"sv,                                          // a group
      "\x0c"sv,                                              // its end
      "\x0e"sv,
      "\x0f"sv,
  };
  for (const std::string_view bytes : refused) {
    Reader reader(bytes);
    EXPECT_FALSE(reader.next()) << hex(bytes);
    EXPECT_FALSE(reader.ok()) << hex(bytes);
    EXPECT_FALSE(reader.next());
  }
}

TEST(ProtoReader, SkipsWhatIsUnknown) {
  const std::string bytes =
      "\x20\x07\x2a\x03"
      "abc\x35\x01\x02\x03\x04\x39\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x02ok";
  std::string found;
  Reader reader(bytes);
  while (reader.next()) {
    if (reader.tag() == tag(1, kBytes)) found = reader.text();
  }
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(found, "ok");
}

TEST(ProtoReader, TextIsUtf8) {
  Reader reader("\x0a\x02\xc3\x28\x0a\x02ok"sv);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.bytes(), "\xc3\x28");
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.next());
}

int depth_of(Reader reader) {
  int deepest = 0;
  while (reader.next()) {
    if (reader.tag() == tag(1, kBytes)) deepest = std::max(deepest, 1 + depth_of(reader.nested()));
  }
  return deepest;
}

TEST(ProtoReader, DepthIsBounded) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) {
    std::string outer;
    Writer(outer).each_text(1, bytes);
    bytes = std::move(outer);
  }
  EXPECT_LE(depth_of(Reader(bytes)), Reader::kMaxDepth + 1);
}

// Whatever is written is read again; cut anywhere it is an error or a shorter message.
TEST(ProtoWire, RoundTrips) {
  constexpr std::uint64_t kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  base::Random random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string out;
    Writer writer(out);
    std::vector<std::pair<std::uint32_t, std::uint64_t>> numbers;
    const std::uint64_t fields = random.below(8);
    for (std::uint64_t i = 0; i < fields; ++i) {
      const auto field = static_cast<std::uint32_t>(1 + random.below((1U << 29) - 1));
      const std::uint64_t value = random.next() >> random.below(64);
      if (random.chance(0.5)) {
        writer.each_u64(field, value);
        numbers.emplace_back(tag(field, kVarint), value);
      } else {
        const std::string text(value % 300, 't');
        writer.each_text(field, text);
        numbers.emplace_back(tag(field, kBytes), text.size());
      }
    }
    Reader reader(out);
    for (const auto& [expected, value] : numbers) {
      ASSERT_TRUE(reader.next());
      ASSERT_EQ(reader.tag(), expected);
      ASSERT_EQ((expected & 7) == kVarint ? reader.u64() : reader.bytes().size(), value);
    }
    ASSERT_FALSE(reader.next());
    ASSERT_TRUE(reader.ok());
    if (out.empty()) continue;
    std::size_t seen = 0;
    for (Reader cut(std::string_view(out).substr(0, random.below(out.size()))); cut.next();) ++seen;
    ASSERT_LE(seen, numbers.size());
  }
}

}  // namespace
}  // namespace ashlar::proto
