// Picture: an image in memory, read from PNG and written as PNG (by libpng). Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::links {

// 4 bytes a pixel: red, green, blue, alpha.
struct Picture {
  static constexpr std::size_t kMaxPngBytes = 64 * 1024;    // as it is given
  static constexpr std::size_t kMaxKeptBytes = 256 * 1024;  // as it is kept: with all its pixels
  static constexpr std::uint32_t kMaxSide = 512;

  std::uint32_t width = 0, height = 0;
  std::vector<std::uint8_t> rgba;
};

// Nothing is allocated that the header alone asks for: a picture has kMaxSide² pixels at most.
// kInvalid logo_unreadable, logo_too_large.
base::Result<Picture> read_png(std::string_view png, std::size_t max_bytes = Picture::kMaxPngBytes);
// Its pixels and nothing else: what else the file held (profiles, texts) is gone.
base::Result<std::string> write_png(const Picture& picture);
// The same picture in at most kMaxKeptBytes: at half its size, and half again, where it must.
base::Result<std::string> kept_png(Picture picture);

// The mean of the pixels that fall on pixel (x, y) of a picture of wide × high, weighted by their
// alpha: 0 to 255 each, alpha 0 to 1.
std::array<double, 4> mean_at(const Picture& from, int x, int y, int wide, int high);

}  // namespace ashlar::links
