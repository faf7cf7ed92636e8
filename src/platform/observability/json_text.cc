#include "platform/observability/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace ashlar::obs {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";

void append_unicode_escape(std::string& out, unsigned point) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[point >> shift & 15];
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7f) {
    append_unicode_escape(out, byte);
  } else {
    out += c;
  }
}

// Bytes of the character that `text` begins with; 0 where it does not begin with valid UTF-8.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return length <= text.size() && base::is_utf8(text.substr(0, length)) ? length : 0;
}

void append_multibyte(std::string& out, std::string_view character) {
  const auto last = static_cast<unsigned char>(character.back());
  if (character.size() == 2 && character[0] == '\xc2' && last < 0xa0) {
    append_unicode_escape(out, last);
  } else if (character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9") {
    append_unicode_escape(out, 0x2000U | (last & 0x3fU));
  } else {
    out += character;
  }
}

template <class Number>
void append_digits(std::string& out, Number value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t limit) {
  out += '"';
  std::size_t i = 0;
  while (i < text.size()) {
    const bool ascii = static_cast<unsigned char>(text[i]) < 0x80;
    const std::size_t length = ascii ? 1 : character_length(text.substr(i));
    if (i + (length == 0 ? 1 : length) > limit) {
      out += kEllipsis;
      break;
    }
    if (ascii) {
      append_ascii(out, text[i]);
    } else if (length == 0) {
      out += kReplacement;
    } else {
      append_multibyte(out, text.substr(i, length));
    }
    i += length == 0 ? 1 : length;
  }
  out += '"';
}

void append_json_number(std::string& out, std::int64_t value) { append_digits(out, value); }

void append_json_number(std::string& out, double value) {
  if (std::isfinite(value)) {
    append_digits(out, value);
  } else {
    out += "null";
  }
}

}  // namespace ashlar::obs
