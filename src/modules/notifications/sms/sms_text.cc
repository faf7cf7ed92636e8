#include "modules/notifications/sms/sms_text.h"

#include <algorithm>
#include <array>
#include <vector>

namespace ashlar::notifications {
namespace {

// Beyond ASCII, ascending.
constexpr std::array<char32_t, 33> kGsmBeyondAscii{
    U'¡', U'£', U'¤', U'¥', U'§', U'¿', U'Ä', U'Å', U'Æ', U'Ç', U'É',
    U'Ñ', U'Ö', U'Ø', U'Ü', U'ß', U'à', U'ä', U'å', U'æ', U'è', U'é',
    U'ì', U'ñ', U'ò', U'ö', U'ø', U'ù', U'ü', U'Γ', U'Δ', U'Θ', U'Λ'};
constexpr std::array<char32_t, 6> kGsmGreek{U'Ξ', U'Π', U'Σ', U'Φ', U'Ψ', U'Ω'};
constexpr std::u32string_view kExtended = U"\f[\\]^{|}~€";

// Septets; 0: not in the alphabet.
std::size_t septets_of(char32_t c) {
  if (kExtended.find(c) != std::u32string_view::npos) return 2;
  if (c == U'\n' || c == U'\r') return 1;
  if (c < 0x20 || c == 0x7f || c == U'`') return 0;
  if (c < 0x7f) return 1;
  return std::ranges::binary_search(kGsmBeyondAscii, c) || std::ranges::binary_search(kGsmGreek, c)
             ? 1
             : 0;
}

// The code points of a text; a byte that begins none is one of its own, beyond all alphabets.
std::vector<char32_t> code_points(std::string_view text) {
  constexpr char32_t kReplacement = 0xfffd;
  std::vector<char32_t> points;
  points.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80    ? 1
                               : lead >= 0xf0 ? 4
                               : lead >= 0xe0 ? 3
                               : lead >= 0xc2 ? 2
                                              : 0;
    bool whole = length > 0 && i + length <= text.size();
    char32_t point = length <= 1 ? lead : lead & (0xffU >> (length + 1));
    for (std::size_t k = 1; whole && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      whole = (next & 0xc0U) == 0x80U;
      point = point << 6U | (next & 0x3fU);
    }
    points.push_back(whole ? point : kReplacement);
    i += whole ? length : 1;
  }
  return points;
}

// Characters of so many units, none of them torn, in segments of `room`.
template <class Units>
std::size_t segments_of(const std::vector<char32_t>& points, std::size_t room, Units units) {
  std::size_t segments = 1;
  std::size_t used = 0;
  for (const char32_t point : points) {
    const std::size_t need = units(point);
    if (used + need > room) {
      ++segments;
      used = 0;
    }
    used += need;
  }
  return segments;
}

std::size_t utf16_units(char32_t c) { return c > 0xffff ? 2 : 1; }

}  // namespace

SmsSize size_of_sms(std::string_view text) {
  const std::vector<char32_t> points = code_points(text);
  if (points.empty()) return {};
  const bool gsm = std::ranges::all_of(points, [](char32_t c) { return septets_of(c) > 0; });
  SmsSize size;
  size.encoding = gsm ? SmsEncoding::kGsm7 : SmsEncoding::kUcs2;
  for (const char32_t point : points) size.units += gsm ? septets_of(point) : utf16_units(point);
  const std::size_t alone = gsm ? 160 : 70;
  const std::size_t joined = gsm ? 153 : 67;
  if (size.units <= alone) {
    size.segments = 1;
  } else {
    size.segments =
        gsm ? segments_of(points, joined, septets_of) : segments_of(points, joined, utf16_units);
  }
  return size;
}

}  // namespace ashlar::notifications
