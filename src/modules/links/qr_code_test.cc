#include "modules/links/qr_code.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace ashlar::links {
namespace {

constexpr std::string_view kUrl = "https://example.com/sunjgV";

// Two by one pixels: one red, one clear.
std::string small_png() {
  const unsigned char bytes[] = {
      0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
      0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0xf4,
      0x22, 0x7f, 0x8a, 0x00, 0x00, 0x00, 0x0f, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8,
      0xcf, 0xc0, 0x00, 0x44, 0x0c, 0x0c, 0x00, 0x0c, 0xfc, 0x01, 0xff, 0x5c, 0xfd, 0x14, 0x95,
      0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
  return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}

int big_endian_at(std::string_view bytes, std::size_t at) {
  int value = 0;
  for (std::size_t i = at; i < at + 4; i++)
    value = value * 256 + static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string reason_of(const base::Error& error) {
  return error.fields.empty() ? error.reason : error.fields.front().reason;
}

TEST(QrCodeTest, ColorsAreSixHexDigits) {
  const auto color = color_of("#1a2b3C");
  ASSERT_TRUE(color);
  EXPECT_EQ(color->red, 0x1a);
  EXPECT_EQ(color->green, 0x2b);
  EXPECT_EQ(color->blue, 0x3c);
  for (const char* bad : {"", "#", "123", "12345g", "1234567", "##12345", "+12345", "red\"/>"}) {
    EXPECT_FALSE(color_of(bad)) << bad;
  }
  EXPECT_NEAR(contrast({0, 0, 0}, {255, 255, 255}), 21, 0.01);
  EXPECT_NEAR(contrast({9, 9, 9}, {9, 9, 9}), 1, 0.01);
}

TEST(QrCodeTest, APictureHasTheSizeThatWasAskedFor) {
  for (const int size : {64, 300, 333, 2048}) {
    const auto code = QrCode::make(kUrl, {.size_px = size});
    ASSERT_TRUE(code.ok());
    const auto png = code->png();
    ASSERT_TRUE(png.ok());
    EXPECT_EQ(big_endian_at(*png, 16), size);
    EXPECT_EQ(big_endian_at(*png, 20), size);
  }
}

TEST(QrCodeTest, WhatCouldNotBeReadIsRefused) {
  const auto refused = [](QrStyle style) {
    const auto code = QrCode::make(kUrl, std::move(style));
    return code.ok() ? "drawn" : reason_of(code.error());
  };
  EXPECT_EQ(refused({}), "drawn");
  EXPECT_EQ(refused({.dark = {255, 255, 255}, .light = Color{0, 0, 0}}), "contrast_too_low");
  EXPECT_EQ(refused({.dark = {200, 200, 200}}), "contrast_too_low");
  EXPECT_EQ(refused({.dark = {0x33, 0x66, 0x99}, .light = std::nullopt}), "drawn");
  EXPECT_EQ(refused({.size_px = 30}), "too_small");
  EXPECT_EQ(refused({.logo_png = "GIF89a"}), "logo_unreadable");
  EXPECT_EQ(refused({.logo_png = small_png().substr(0, 40)}), "logo_unreadable");
  EXPECT_EQ(refused({.logo_png = std::string(Picture::kMaxKeptBytes + 1, 'x')}), "logo_too_large");
  EXPECT_EQ(reason_of(read_png(std::string(Picture::kMaxPngBytes + 1, 'x')).error()),
            "logo_too_large");
}

// The header's size alone may not make us allocate.
TEST(QrCodeTest, AHugeLogoIsRefusedByItsHeader) {
  std::string png = small_png();
  png[16] = '\x7f';  // 2 billion pixels wide; the check sum of the header no longer fits either
  const auto picture = read_png(png);
  ASSERT_FALSE(picture.ok());
}

// As a picture of noise: no more bytes than may be kept, and so smaller.
TEST(QrCodeTest, WhatDoesNotFitIsKeptAtHalfItsSize) {
  base::Random random(3);
  Picture noise{512, 300, {}};
  for (std::size_t i = 0; i < std::size_t{4} * 512 * 300; i++) {
    noise.rgba.push_back(static_cast<std::uint8_t>(i % 4 == 3 ? 255 : random.below(256)));
  }
  const auto kept = kept_png(noise);
  ASSERT_TRUE(kept.ok());
  EXPECT_LE(kept->size(), Picture::kMaxKeptBytes);
  const auto picture = read_png(*kept, Picture::kMaxKeptBytes);
  ASSERT_TRUE(picture.ok());
  EXPECT_EQ(picture->width, 256U);
  EXPECT_EQ(picture->height, 150U);

  const auto plain = kept_png({512, 512, std::vector<std::uint8_t>(std::size_t{4} * 512 * 512, 9)});
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(read_png(*plain)->width, 512U);
}

TEST(QrCodeTest, TooLongATextForTheLevelIsRefused) {
  const auto made = [](std::size_t bytes, QrLevel level) {
    const auto code = QrCode::make(std::string(bytes, 'x'), {.size_px = 400, .level = level});
    return code.ok() ? "drawn" : reason_of(code.error());
  };
  EXPECT_EQ(made(2'953, QrLevel::kLow), "drawn");
  EXPECT_EQ(made(2'954, QrLevel::kLow), "text_too_long");
  EXPECT_EQ(made(1'273, QrLevel::kHigh), "drawn");
  EXPECT_EQ(made(2'048, QrLevel::kHigh), "text_too_long");
}

TEST(QrCodeTest, ALogoStandsInTheMiddle) {
  const auto code = QrCode::make(kUrl, {.size_px = 200, .logo_png = small_png()});
  ASSERT_TRUE(code.ok());
  const auto png = code->png();
  ASSERT_TRUE(png.ok());
  const auto picture = read_png(*png);
  ASSERT_TRUE(picture.ok());
  const auto at = [&](std::size_t x, std::size_t y) {
    return picture->rgba.data() + (y * 200 + x) * 4;
  };
  EXPECT_EQ(at(94, 100)[0], 255);
  EXPECT_EQ(at(94, 100)[1], 0) << "its left pixel is red";
  EXPECT_EQ(at(106, 100)[1], 255) << "its right one is clear: the ground shows";
  EXPECT_NE(code->svg().find("data:image/png;base64,iVBORw0KGgo"), std::string::npos);
}

TEST(QrCodeTest, AnSvgHoldsNothingButItsOwn) {
  const auto code = QrCode::make("\"><script>", {.dark = {1, 2, 3}, .light = std::nullopt});
  ASSERT_TRUE(code.ok());
  const std::string svg = code->svg();
  EXPECT_EQ(svg.find("script"), std::string::npos);
  EXPECT_NE(svg.find("#010203"), std::string::npos);
  EXPECT_EQ(svg.find("#ffffff"), std::string::npos) << "transparent";
}

}  // namespace
}  // namespace ashlar::links
