// SmsText: how many segments a text becomes, which is what it costs. Pure.
//
//   GSM-7  all characters in the alphabet of 3GPP TS 23.038: 160 septets in one segment, 153 in
//   each
//          of several; those of its extension table (^ { } [ ] ~ \ | € and form feed) take two, and
//          are not torn apart
//   UCS-2  anything else: 70 UTF-16 units, or 67 in each of several; a surrogate pair is not torn
//
// A text that is not UTF-8 counts as UCS-2 with one unit for each byte that is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ashlar::notifications {

enum class SmsEncoding : std::uint8_t { kGsm7, kUcs2 };

struct SmsSize {
  SmsEncoding encoding = SmsEncoding::kGsm7;
  std::size_t units = 0;     // septets, UTF-16 units
  std::size_t segments = 0;  // 0: no text
};
SmsSize size_of_sms(std::string_view text);

}  // namespace ashlar::notifications
