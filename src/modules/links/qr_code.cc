#include "modules/links/qr_code.h"

#include <qrencode.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/check.h"

namespace ashlar::links {
namespace {

constexpr double kLogoInside = 0.86;  // of the logo's place: the rest is its edge

base::Error wrong(const char* field, const char* reason, const char* detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{field, reason, detail}}};
}

double luminance(Color color) {
  const auto linear = [](std::uint8_t channel) {
    const double share = channel / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

std::string hex_of(Color color) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "#%02x%02x%02x", color.red, color.green, color.blue);
  return text.data();
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

QRecLevel level_of(QrLevel level) {
  switch (level) {
    case QrLevel::kLow:
      return QR_ECLEVEL_L;
    case QrLevel::kMedium:
      return QR_ECLEVEL_M;
    case QrLevel::kQuartile:
      return QR_ECLEVEL_Q;
    case QrLevel::kHigh:
      break;
  }
  return QR_ECLEVEL_H;
}

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

std::uint8_t* pixel_at(Picture& picture, int x, int y) {
  const std::size_t at = static_cast<std::size_t>(y) * picture.width + static_cast<std::size_t>(x);
  return picture.rgba.data() + at * 4;
}

void fill(Picture& picture, int x0, int y0, int side, Color color, std::uint8_t alpha) {
  for (int y = y0; y < y0 + side; y++) {
    for (int x = x0; x < x0 + side; x++) {
      std::uint8_t* pixel = pixel_at(picture, x, y);
      pixel[0] = color.red;
      pixel[1] = color.green;
      pixel[2] = color.blue;
      pixel[3] = alpha;
    }
  }
}

}  // namespace

std::optional<Color> color_of(std::string_view hex) {
  if (hex.starts_with('#')) hex.remove_prefix(1);
  std::uint32_t value = 0;
  const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  if (hex.size() != 6 || read.ec != std::errc() || read.ptr != hex.data() + hex.size()) {
    return std::nullopt;
  }
  return Color{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
               static_cast<std::uint8_t>(value)};
}

double contrast(Color a, Color b) {
  const auto [darker, lighter] = std::minmax({luminance(a), luminance(b)});
  return (lighter + 0.05) / (darker + 0.05);
}

base::Result<QrCode> QrCode::make(std::string_view text, QrStyle style) {
  CHECK(style.margin >= 0 && style.size_px > 0);
  const Color light = style.light.value_or(Color{255, 255, 255});
  if (luminance(style.dark) >= luminance(light) || contrast(style.dark, light) < kMinContrast) {
    return wrong("?color", "contrast_too_low",
                 "The colour must be darker than the background, with a contrast of 3 at least.");
  }
  QrCode code;
  if (!style.logo_png.empty()) {
    ASHLAR_ASSIGN(code.logo_, read_png(style.logo_png, Picture::kMaxKeptBytes));
    style.level = QrLevel::kHigh;
  }
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> drawn(
      QRcode_encodeData(static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(text.data()), 0,
                        level_of(style.level)),
      QRcode_free);
  if (drawn == nullptr && errno == ERANGE) {
    return wrong("?level", "text_too_long",
                 "So long a text has no place in a code of this level: give a lower one.");
  }
  if (drawn == nullptr) {
    return base::fail(base::Code::kInternal, "internal", "The QR code could not be made.");
  }
  code.width_ = drawn->width;
  code.modules_.reserve(static_cast<std::size_t>(drawn->width) *
                        static_cast<std::size_t>(drawn->width));
  for (int i = 0; i < drawn->width * drawn->width; i++) {
    code.modules_.push_back((drawn->data[i] & 1) != 0);
  }
  if (style.size_px < code.width_ + 2 * style.margin) {
    return wrong("?size", "too_small", "So many modules need more pixels: give a larger size.");
  }
  code.style_ = std::move(style);
  return code;
}

std::string QrCode::svg() const {
  const std::string side = std::to_string(width_ + 2 * style_.margin);
  const std::string size = std::to_string(style_.size_px);
  std::string out = R"(<svg xmlns="http://www.w3.org/2000/svg" width=")" + size + R"(" height=")" +
                    size + R"(" viewBox="0 0 )" + side + " " + side +
                    R"(" shape-rendering="crispEdges">)";
  if (style_.light) {
    out +=
        R"(<path fill=")" + hex_of(*style_.light) + R"(" d="M0 0h)" + side + "v" + side + "H0z\"/>";
  }
  out += R"(<path fill=")" + hex_of(style_.dark) + R"(" d=")";
  for (int y = 0; y < width_; y++) {
    for (int x = 0; x < width_; x++) {
      if (!dark_at(x, y)) continue;
      const int begin = x;
      while (x < width_ && dark_at(x, y)) x++;
      const std::string run = std::to_string(x - begin);
      out += "M" + std::to_string(begin + style_.margin) + " " + std::to_string(y + style_.margin) +
             "h" + run + "v1h-" + run + "z";
    }
  }
  out += "\"/>";
  if (logo_) {
    const double whole = width_ * kLogoShare;
    const double inner = whole * kLogoInside;
    const double middle = style_.margin + width_ / 2.0;
    const auto box = [middle](double length) {
      const std::string at = number(middle - length / 2);
      return R"( x=")" + at + R"(" y=")" + at + R"(" width=")" + number(length) + R"(" height=")" +
             number(length) + "\"";
    };
    out += R"(<rect fill=")" + hex_of(style_.light.value_or(Color{255, 255, 255})) + "\"" +
           box(whole) + R"(/><image href="data:image/png;base64,)" + base64(style_.logo_png) +
           "\"" + box(inner) + "/>";
  }
  return out + "</svg>\n";
}

void QrCode::draw_logo(Picture& picture, int origin, int module_px) const {
  const int code_px = width_ * module_px;
  const int whole = static_cast<int>(code_px * kLogoShare);
  const int edge = origin + (code_px - whole) / 2;
  fill(picture, edge, edge, whole, style_.light.value_or(Color{255, 255, 255}), 255);
  // What is no square keeps its shape, in the middle.
  const double scale = whole * kLogoInside / std::max(logo_->width, logo_->height);
  const int wide = std::max(1, static_cast<int>(logo_->width * scale));
  const int high = std::max(1, static_cast<int>(logo_->height * scale));
  for (int y = 0; y < high; y++) {
    for (int x = 0; x < wide; x++) {
      const std::array<double, 4> over = mean_at(*logo_, x, y, wide, high);
      std::uint8_t* pixel =
          pixel_at(picture, edge + (whole - wide) / 2 + x, edge + (whole - high) / 2 + y);
      for (std::size_t i = 0; i < 3; i++) {
        const double mixed = over[i] * over[3] + pixel[i] * (1 - over[3]);
        pixel[i] = static_cast<std::uint8_t>(std::lround(mixed));
      }
    }
  }
}

base::Result<std::string> QrCode::png() const {
  const int module_px = style_.size_px / (width_ + 2 * style_.margin);
  const int origin = (style_.size_px - width_ * module_px) / 2;
  const auto side = static_cast<std::uint32_t>(style_.size_px);
  Picture picture{side, side, std::vector<std::uint8_t>(std::size_t{4} * side * side)};
  fill(picture, 0, 0, style_.size_px, style_.light.value_or(Color{255, 255, 255}),
       style_.light ? 255 : 0);
  for (int y = 0; y < width_; y++) {
    for (int x = 0; x < width_; x++) {
      if (!dark_at(x, y)) continue;
      fill(picture, origin + x * module_px, origin + y * module_px, module_px, style_.dark, 255);
    }
  }
  if (logo_) draw_logo(picture, origin, module_px);
  return write_png(picture);
}

}  // namespace ashlar::links
