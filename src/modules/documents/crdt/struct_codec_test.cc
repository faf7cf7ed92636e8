#include "modules/documents/crdt/struct_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "modules/documents/crdt/update.h"
#include "modules/documents/testing/crdt_goldens.h"

namespace ashlar::crdt {
namespace {

using testing::kGoldens;

std::string unhex(std::string_view digits) { return base::hex_decode(digits).value(); }

// Reads and writes it without changing anything.
std::string copied(std::string_view bytes, Format from, Format to) {
  UpdateReader reader(bytes, from);
  UpdateWriter writer(to);
  WireStruct s;
  Id at;
  bool open = false;
  while (reader.next(s)) {
    if (!open || s.id != at) writer.begin(s.id.client, s.id.clock);
    open = true;
    writer.write(s);
    at = {s.id.client, s.end()};
  }
  DeleteSet deleted;
  ClientId client = 0;
  Range range;
  while (reader.next_deleted(client, range)) deleted[client].push_back(range);
  EXPECT_TRUE(reader.status().ok());
  writer.deletes(deleted);
  return writer.finish();
}

TEST(StructCodecTest, GoldensAreCopiedAndConvertedToTheByte) {
  for (const auto& golden : kGoldens) {
    SCOPED_TRACE(golden.name);
    const std::string v1 = unhex(golden.v1);
    const std::string v2 = unhex(golden.v2);
    EXPECT_EQ(base::hex_encode(copied(v1, Format::kV1, Format::kV1)), golden.v1);
    EXPECT_EQ(base::hex_encode(copied(v2, Format::kV2, Format::kV2)), golden.v2);
    EXPECT_EQ(base::hex_encode(copied(v1, Format::kV1, Format::kV2)), golden.v2);
    EXPECT_EQ(base::hex_encode(copied(v2, Format::kV2, Format::kV1)), golden.v1);
  }
}

TEST(StructCodecTest, WhatIsCutOffIsRefused) {
  for (const auto& golden : kGoldens) {
    for (const Format format : {Format::kV1, Format::kV2}) {
      const std::string whole = unhex(format == Format::kV1 ? golden.v1 : golden.v2);
      EXPECT_TRUE(check_update(whole, format).ok());
      EXPECT_FALSE(check_update(whole + '\0', format).ok());
      for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(check_update(whole.substr(0, size), format).ok()) << golden.name << size;
      }
    }
  }
}

TEST(StructCodecTest, AWrongByteIsRefusedOrReadTheSameTwice) {
  for (const auto& golden : kGoldens) {
    const std::string whole = unhex(golden.v1);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        std::string wrong = whole;
        wrong[at] = static_cast<char>(wrong[at] ^ flip);
        if (!check_update(wrong).ok()) continue;
        const std::string once = to_v2(wrong).value();
        const std::string back = to_v1(once).value();
        EXPECT_EQ(base::hex_encode(to_v2(back).value()), base::hex_encode(once))
            << golden.name << " at " << at << " flipped " << flip;
        EXPECT_EQ(to_v1(to_v2(back).value()).value(), back);
      }
    }
  }
}

TEST(StructCodecTest, FactsOfOneStruct) {
  const std::string bytes = unhex("0101010004010174066869f09f988000");
  UpdateReader reader(bytes);
  EXPECT_EQ(reader.clients(), 1U);
  WireStruct s;
  ASSERT_TRUE(reader.next(s));
  EXPECT_EQ(s.id, (Id{1, 0}));
  EXPECT_EQ(s.length, 4U);
  EXPECT_EQ(s.ref, Ref::kString);
  EXPECT_EQ(s.parent, WireStruct::Parent::kRoot);
  EXPECT_EQ(s.root, "t");
  EXPECT_EQ(s.content, "hi😀");
  EXPECT_FALSE(reader.next(s));
  ClientId client = 0;
  Range range;
  EXPECT_FALSE(reader.next_deleted(client, range));
  EXPECT_TRUE(reader.status().ok());
}

TEST(StructCodecTest, FromAnOffsetOn) {
  const std::string bytes = unhex("0101010004010174066869f09f988000");
  UpdateReader reader(bytes);
  WireStruct s;
  ASSERT_TRUE(reader.next(s));
  const auto from = [&](Clock offset, Format format) {
    UpdateWriter writer(format);
    writer.begin(1, offset);
    writer.write(s, offset);
    return writer.finish();
  };
  EXPECT_EQ(base::hex_encode(from(2, Format::kV1)),
            "010101028401"
            "0104f09f988000");
  // A cut pair: one U+FFFD is left.
  EXPECT_EQ(base::hex_encode(from(3, Format::kV1)),
            "010101038401"
            "0203efbfbd00");
  EXPECT_EQ(to_v1(from(3, Format::kV2)).value(), from(3, Format::kV1));
}

TEST(StructCodecTest, HostileUpdates) {
  struct Case {
    const char* what;
    const char* hex;
    const char* reason;
  };
  for (const Case& c : {
           Case{"nothing", "", "update_malformed"},
           Case{"clients that are not there", "ffffffff0f", "update_malformed"},
           Case{"structs that are not there", "01ffffffff0f0100", "update_malformed"},
           Case{"an unknown ref", "010101000b01017400", "update_malformed"},
           Case{"a length of nothing", "0101010000000000", "update_malformed"},
           Case{"an empty text", "01010100040101740000", "update_malformed"},
           Case{"a clock past the last", "010101ffffffffffffff0f000200", "update_malformed"},
           Case{"an origin after itself", "0101010084010101610000", "update_malformed"},
           Case{"a parent after itself",
                "01010100040001000161"
                "00",
                "update_malformed"},
           Case{"a text that is none", "010101000401017402c32800", "update_text"},
           Case{"a format that is no JSON", "0101010006010174016201780000", "update_malformed"},
           Case{"an unknown type",
                "010101000701017409"
                "00",
                "update_malformed"},
           Case{"a range past the last",
                "000101"
                "01ffffffffffffff0f01",
                "update_malformed"},
       }) {
    const auto status = check_update(unhex(c.hex));
    ASSERT_FALSE(status.ok()) << c.what;
    EXPECT_STREQ(status.error().reason, c.reason) << c.what;
  }
  std::string deep = unhex(
      "0101010008010174"
      "01");
  for (int i = 0; i < 100'000; ++i) deep += "\x75\x01";
  EXPECT_STREQ(check_update(deep).error().reason, "update_too_deep");
}

TEST(StructCodecTest, RunsOfV2CannotClaimMoreThanIsTaken) {
  // One client, 2^40 structs of GC, in 30 bytes.
  const std::string many = unhex(
      "00"
      "00"
      "0101"
      "00"
      "00"
      "0100"
      "0100"
      "00"
      "00"
      "03410000"
      "01"
      "80808080802000"
      "00");
  EXPECT_STREQ(check_update(many, Format::kV2).error().reason, "update_too_many");
}

}  // namespace
}  // namespace ashlar::crdt
