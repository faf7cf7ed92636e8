#include "modules/links/picture.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ashlar::links {
namespace {

base::Error wrong(const char* reason, const char* detail) {
  return base::fail(base::Code::kInvalid, reason, detail);
}

Picture halved(const Picture& from) {
  Picture half{std::max(from.width / 2, 1U), std::max(from.height / 2, 1U), {}};
  half.rgba.reserve(std::size_t{4} * half.width * half.height);
  const int wide = static_cast<int>(half.width);
  const int high = static_cast<int>(half.height);
  for (int y = 0; y < high; y++) {
    for (int x = 0; x < wide; x++) {
      const std::array<double, 4> mean = mean_at(from, x, y, wide, high);
      for (std::size_t i = 0; i < 3; i++) {
        half.rgba.push_back(static_cast<std::uint8_t>(std::lround(mean[i])));
      }
      half.rgba.push_back(static_cast<std::uint8_t>(std::lround(mean[3] * 255)));
    }
  }
  return half;
}

}  // namespace

// The mean of the source's pixels that fall on this one of wide × high, weighted by their alpha.
std::array<double, 4> mean_at(const Picture& from, int x, int y, int wide, int high) {
  const auto span = [](int at, int of, std::uint32_t pixels) {
    const auto edge = [of, pixels](int n) {
      return static_cast<std::uint32_t>(static_cast<std::uint64_t>(n) * pixels /
                                        static_cast<std::uint64_t>(of));
    };
    return std::pair(edge(at), std::max(edge(at + 1), edge(at) + 1));
  };
  const auto [left, right] = span(x, wide, from.width);
  const auto [top, bottom] = span(y, high, from.height);
  std::array<double, 4> sum{};
  double pixels = 0;
  for (std::uint32_t row = top; row < bottom; row++) {
    for (std::uint32_t column = left; column < right; column++) {
      const std::uint8_t* pixel =
          from.rgba.data() + (static_cast<std::size_t>(row) * from.width + column) * 4;
      const double alpha = pixel[3] / 255.0;
      for (std::size_t i = 0; i < 3; i++) sum[i] += pixel[i] * alpha;
      sum[3] += alpha;
      pixels++;
    }
  }
  if (sum[3] > 0) {
    for (std::size_t i = 0; i < 3; i++) sum[i] /= sum[3];
  }
  sum[3] /= pixels;
  return sum;
}

base::Result<Picture> read_png(std::string_view png, std::size_t max_bytes) {
  if (png.size() > max_bytes) {
    return wrong("logo_too_large", "A logo has at most 64 KiB.");
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, png.data(), png.size()) == 0) {
    return wrong("logo_unreadable", "The logo is not a PNG.");
  }
  // The header alone has been read: nothing of its size is allocated yet.
  if (image.width > Picture::kMaxSide || image.height > Picture::kMaxSide) {
    png_image_free(&image);
    return wrong("logo_too_large", "A logo has at most 512 × 512 pixels.");
  }
  image.format = PNG_FORMAT_RGBA;
  Picture picture{image.width, image.height, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  if (png_image_finish_read(&image, nullptr, picture.rgba.data(), 0, nullptr) == 0) {
    return wrong("logo_unreadable", "The logo is damaged.");
  }
  return picture;
}

base::Result<std::string> write_png(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width;
  image.height = picture.height;
  image.format = PNG_FORMAT_RGBA;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string out(bytes, '\0');
  if (png_image_write_to_memory(&image, out.data(), &bytes, 0, picture.rgba.data(), 0, nullptr) ==
      0) {
    return base::fail(base::Code::kInternal, "internal", "The picture could not be written.");
  }
  out.resize(bytes);
  return out;
}

// A picture of 128 × 128 pixels fits, whatever they are: the loop ends.
base::Result<std::string> kept_png(Picture picture) {
  while (true) {
    ASHLAR_ASSIGN(std::string png, write_png(picture));
    if (png.size() <= Picture::kMaxKeptBytes) return png;
    picture = halved(picture);
  }
}

}  // namespace ashlar::links
