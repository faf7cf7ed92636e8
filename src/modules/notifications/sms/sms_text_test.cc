#include "modules/notifications/sms/sms_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::notifications {
namespace {

std::string times(std::size_t n, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i) all += text;
  return all;
}

struct Case {
  std::string text;
  SmsEncoding encoding;
  std::size_t units, segments;
};

TEST(SmsTextTest, CountsAsCarriersDo) {
  const Case cases[] = {
      {"", SmsEncoding::kGsm7, 0, 0},
      {"Hello", SmsEncoding::kGsm7, 5, 1},
      {times(160, "a"), SmsEncoding::kGsm7, 160, 1},
      {times(161, "a"), SmsEncoding::kGsm7, 161, 2},
      {times(306, "a"), SmsEncoding::kGsm7, 306, 2},
      {times(307, "a"), SmsEncoding::kGsm7, 307, 3},
      {times(80, "€"), SmsEncoding::kGsm7, 160, 1},
      // 76 of two septets fill 152 of 153: none is torn apart, so the 77th begins a segment.
      {times(153, "€"), SmsEncoding::kGsm7, 306, 3},
      {"ÄÖÜäöüßñÑéèàùìòÇØøÅåÆæ¡¿£¥§¤", SmsEncoding::kGsm7, 28, 1},
      {"ΓΔΘΛΞΠΣΦΨΩ", SmsEncoding::kGsm7, 10, 1},
      {"tick ` is in no table", SmsEncoding::kUcs2, 21, 1},
      {"ç is not, Ç is", SmsEncoding::kUcs2, 14, 1},
      {times(70, "я"), SmsEncoding::kUcs2, 70, 1},
      {times(71, "я"), SmsEncoding::kUcs2, 71, 2},
      {times(134, "я"), SmsEncoding::kUcs2, 134, 2},
      {times(135, "я"), SmsEncoding::kUcs2, 135, 3},
      {times(35, "😀"), SmsEncoding::kUcs2, 70, 1},
      // 33 pairs fill 66 of 67.
      {times(67, "😀"), SmsEncoding::kUcs2, 134, 3},
      {"a\xff"
       "b",
       SmsEncoding::kUcs2, 3, 1},
      {"\xf0\x9f\x98", SmsEncoding::kUcs2, 3, 1},
  };
  for (const Case& c : cases) {
    const SmsSize size = size_of_sms(c.text);
    EXPECT_EQ(size.encoding, c.encoding) << c.text;
    EXPECT_EQ(size.units, c.units) << c.text;
    EXPECT_EQ(size.segments, c.segments) << c.text;
  }
}

}  // namespace
}  // namespace ashlar::notifications
