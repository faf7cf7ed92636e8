// QrCode: a text as a QR code (ISO/IEC 18004, by libqrencode), drawn as SVG or PNG.
//
// Promises
//  1. What is drawn can be read: a margin of no modules, a contrast below kMinContrast and a light
//     code on a dark ground are refused or kept from being asked for; with a logo the error level
//     is at least H, and the logo covers kLogoShare of the width, far below what H can restore.
//  2. A PNG has exactly size_px × size_px pixels and whole pixels for each module: what is left
//  over
//     is margin. An SVG scales; size_px is only its width and height.
//
// Errors: kInvalid with the field "?name": contrast_too_low, too_small (a module would be less than
//         a pixel), text_too_long (for the level; with the lowest a text may have 2,953 bytes);
//         and those of read_png(). Pure; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/picture.h"

namespace ashlar::links {

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
};
// "1a2b3c" or "#1a2b3c".
std::optional<Color> color_of(std::string_view hex);
// Of WCAG 2: 1 (the same) to 21 (black on white).
double contrast(Color a, Color b);

enum class QrLevel : std::uint8_t { kLow, kMedium, kQuartile, kHigh };  // 7, 15, 25, 30 % restored

struct QrStyle {
  static constexpr int kMinSize = 64, kMaxSize = 2048, kMaxMargin = 16;

  int size_px = 300;
  int margin = 4;  // in modules; the standard asks for 4
  Color dark{0, 0, 0};
  std::optional<Color> light = Color{255, 255, 255};  // nullopt: transparent
  QrLevel level = QrLevel::kMedium;
  std::string logo_png{};  // as kept_png() made it; empty: none
};
inline constexpr double kMinContrast = 3.0;
inline constexpr double kLogoShare = 0.22;  // of the code's width, its white edge included

class QrCode {
 public:
  // REQUIRES: the style's numbers are within their bounds.
  static base::Result<QrCode> make(std::string_view text, QrStyle style);

  [[nodiscard]] std::string svg() const;
  [[nodiscard]] base::Result<std::string> png() const;

 private:
  QrCode() = default;
  [[nodiscard]] bool dark_at(int x, int y) const {
    return modules_[static_cast<std::size_t>(y * width_ + x)];
  }
  void draw_logo(Picture& picture, int origin, int module_px) const;

  QrStyle style_;
  int width_ = 0;  // in modules, without margin
  std::vector<bool> modules_;
  std::optional<Picture> logo_;
};

}  // namespace ashlar::links
