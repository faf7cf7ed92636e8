#include "modules/notifications/mail/mime_text.h"

#include <algorithm>
#include <cstdint>

namespace ashlar::notifications {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kWordStart = "=?UTF-8?";
constexpr std::size_t kMaxWordBytes = 75;                      // RFC 2047, section 2
constexpr std::size_t kWordFrame = kWordStart.size() + 2 + 2;  // "B?" and "?="
constexpr std::size_t kMaxWordPayload = kMaxWordBytes - kWordFrame;

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

void append_hex(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '=';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

// Bytes of the UTF-8 sequence that begins at the front; 1 for what is none.
std::size_t sequence_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return std::min(length, text.size());
}

// What "Q" may leave as it is in a phrase too (RFC 2047, section 5, rule 3).
bool stays_in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '!' ||
         c == '*' || c == '+' || c == '-' || c == '/';
}

std::size_t q_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) length += c == ' ' || stays_in_word(c) ? 1 : 3;
  return length;
}

void append_q(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == ' ') {
      out += '_';
    } else if (stays_in_word(c)) {
      out += c;
    } else {
      append_hex(out, c);
    }
  }
}

// Encoded words with blanks and folds between; the first begins at `column`.
std::string encoded_words(std::string_view text, std::size_t column) {
  const bool q = q_length(text) <= (text.size() + 2) / 3 * 4;
  std::string out;
  while (!text.empty()) {
    const std::size_t left =
        column + kWordFrame < kMaxEncodedLineBytes ? kMaxEncodedLineBytes - column - kWordFrame : 0;
    const std::size_t room = std::min(left, kMaxWordPayload);
    std::size_t taken = 0;
    std::size_t length = 0;
    while (taken < text.size()) {
      const std::size_t next = sequence_length(text.substr(taken));
      const std::size_t with_next =
          q ? length + q_length(text.substr(taken, next)) : (taken + next + 2) / 3 * 4;
      if (with_next > room) break;
      length = with_next;
      taken += next;
    }
    if (taken > 0) {
      out += kWordStart;
      out += q ? "Q?" : "B?";
      if (q) {
        append_q(out, text.substr(0, taken));
      } else {
        out += base64(text.substr(0, taken));
      }
      out += "?=";
      text.remove_prefix(taken);
    }
    if (!text.empty()) {
      out += "\r\n ";
      column = 1;
    }
  }
  return out;
}

// Readers see the same text where it is written as it is, and folding has where to fold.
bool is_plain(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() == ' ' || text.back() == ' ') return false;
  if (text.find("  ") != std::string_view::npos || text.find("=?") != std::string_view::npos) {
    return false;
  }
  std::size_t word = 0;
  for (const char c : text) {
    if (!is_printable(c)) return false;
    word = c == ' ' ? 0 : word + 1;
    if (word > kMaxMailLineBytes / 2) return false;
  }
  return true;
}

}  // namespace

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    out.append(text.substr(0, end));
    if (end == std::string_view::npos) break;
    out += "\r\n";
    const bool pair = text.substr(end).starts_with("\r\n");
    text.remove_prefix(end + (pair ? 2 : 1));
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool line_end = text.substr(i).starts_with("\r\n");
    if (line_end) {
      out += "\r\n";
      column = 0;
      ++i;
      continue;
    }
    const bool last = i + 1 == text.size() || text.substr(i + 1).starts_with("\r\n");
    const bool blank = c == ' ' || c == '\t';
    const bool as_it_is = c != '=' && ((is_printable(c) && c != ' ') || (blank && !last));
    const std::size_t width = as_it_is ? 1 : 3;
    if (column + width > kMaxEncodedLineBytes - (last ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    if (as_it_is) {
      out += c;
    } else {
      append_hex(out, c);
    }
    column += width;
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= count ? kBase64[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

std::string base64_lines(std::string_view bytes) {
  static constexpr std::size_t kBytesOfLine = kMaxEncodedLineBytes / 4 * 3;
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + bytes.size() / kBytesOfLine * 2 + 8);
  for (std::size_t i = 0; i < bytes.size(); i += kBytesOfLine) {
    out += base64(bytes.substr(i, kBytesOfLine));
    out += "\r\n";
  }
  return out;
}

std::string folded_header(std::string_view line) {
  std::string out;
  std::size_t column = 0;
  // Not before the second: a header's first line is not to be its name alone.
  for (std::size_t words = 0; !line.empty(); ++words) {
    const std::size_t end = std::min(line.find(' ', 1), line.size());
    const std::string_view word = line.substr(0, end);  // with the blank before it
    if (words > 1 && column + word.size() > kMaxMailLineBytes) {
      out += "\r\n";
      column = 0;
    }
    out += word;
    column += word.size();
    line.remove_prefix(end);
  }
  return out + "\r\n";
}

std::string unstructured_header(std::string_view name, std::string_view text) {
  const std::string start = std::string(name) + ": ";
  if (is_plain(text)) return folded_header(start + std::string(text));
  return start + encoded_words(text, start.size()) + "\r\n";
}

std::string display_phrase(std::string_view text, std::size_t column) {
  static constexpr std::string_view kAtom = "!#$%&'*+-/=?^_`{|}~ ";
  if (!is_plain(text) || column + text.size() + 2 > kMaxMailLineBytes) {
    return encoded_words(text, column);
  }
  const auto in_atom = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kAtom.find(c) != std::string_view::npos;
  };
  if (std::ranges::all_of(text, in_atom)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace ashlar::notifications
