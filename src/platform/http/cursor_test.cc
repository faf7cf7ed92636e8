#include "platform/http/cursor.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/encoding.h"

namespace ashlar::http {
namespace {

const CursorCodec kCodec({0x0706050403020100, 0x0f0e0d0c0b0a0908});
const CursorScope kLinks{"links", 7};

void expect_invalid(const CursorScope& scope, std::string_view text,
                    const CursorCodec& codec = kCodec) {
  const auto decoded = codec.decode<std::int64_t>(scope, text);
  ASSERT_FALSE(decoded.ok()) << text;
  EXPECT_EQ(decoded.error().code, base::Code::kInvalid);
  EXPECT_STREQ(decoded.error().reason, "invalid_cursor");
  ASSERT_EQ(decoded.error().fields.size(), 1U);
  EXPECT_EQ(decoded.error().fields[0].field, "?cursor");
}

TEST(Cursor, ComesBackAsItWas) {
  for (const std::int64_t id :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{42},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    for (const std::string& name : {std::string(), std::string("caf\xc3\xa9"),
                                    std::string("a\0b", 3), std::string(700, 'x')}) {
      const auto text = kCodec.encode(kLinks, id, name);
      ASSERT_TRUE(text.ok());
      EXPECT_LE(text->size(), kMaxCursorBytes);
      const auto back = kCodec.decode<std::int64_t, std::string>(kLinks, *text);
      ASSERT_TRUE(back.ok());
      EXPECT_EQ(*back, std::make_tuple(id, name));
    }
  }
  const auto empty = kCodec.encode(kLinks);
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(kCodec.decode<>(kLinks, *empty).ok());
}

TEST(Cursor, KeepsItsForm) {
  // Clients hold cursors across upgrades, so version 1 means this text for ever (computed apart).
  const auto text = kCodec.encode(kLinks, std::int64_t{42});
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "AUH0EzPO37d6L6OAwU1WnaUT");
}

TEST(Cursor, IsOnlyGoodForWhatItWasMadeFor) {
  const auto text = kCodec.encode(kLinks, std::int64_t{42});
  ASSERT_TRUE(text.ok());
  ASSERT_TRUE(kCodec.decode<std::int64_t>(kLinks, *text).ok());
  expect_invalid({"links", 8}, *text);
  expect_invalid({"keys", 7}, *text);
  expect_invalid(kLinks, *text, CursorCodec({1, 2}));
  EXPECT_FALSE(kCodec.decode<std::string>(kLinks, *text).ok());
  EXPECT_FALSE((kCodec.decode<std::int64_t, std::int64_t>(kLinks, *text).ok()));
  EXPECT_FALSE(kCodec.decode<>(kLinks, *text).ok());
}

TEST(Cursor, RefusesEveryChangedByte) {
  const auto text = kCodec.encode(kLinks, std::int64_t{42});
  ASSERT_TRUE(text.ok());
  const std::string bytes = *base::base64url_decode(*text);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      expect_invalid(kLinks, base::base64url_encode(changed));
    }
  }
  for (std::size_t size = 0; size < text->size(); ++size) {
    expect_invalid(kLinks, std::string_view(*text).substr(0, size));
  }
  for (const std::string& wrong : {*text + "A", *text + "=", " " + *text, std::string("!!!!"),
                                   std::string(kMaxCursorBytes + 4, 'A')}) {
    expect_invalid(kLinks, wrong);
  }
}

TEST(Cursor, ShowsNothingOfWhatItHolds) {
  // Neighbouring ids share no visible byte position but the version's.
  const std::string one = *base::base64url_decode(*kCodec.encode(kLinks, std::int64_t{1}));
  const std::string two = *base::base64url_decode(*kCodec.encode(kLinks, std::int64_t{2}));
  ASSERT_EQ(one.size(), two.size());
  std::size_t same = 0;
  for (std::size_t i = 1; i < one.size(); ++i) same += one[i] == two[i] ? 1 : 0;
  EXPECT_LE(same, 1U);
  EXPECT_EQ(base::base64url_decode(*kCodec.encode(kLinks, std::string("secret")))->find("secret"),
            std::string::npos);
}

TEST(Cursor, IsBounded) {
  const auto text = kCodec.encode(kLinks, std::string(2000, 'x'));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, base::Code::kInternal);
  EXPECT_STREQ(text.error().reason, "cursor_too_long");
  EXPECT_FALSE(kCodec.encode(kLinks, std::string(400, 'x'), std::string(400, 'x')).ok());
}

}  // namespace
}  // namespace ashlar::http
