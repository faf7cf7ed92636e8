#include "modules/links/titles/html_title.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/text.h"

namespace ashlar::links {
namespace {

constexpr std::size_t kCharsetWithin = 1024;  // where HTML asks for <meta charset>
constexpr std::size_t kMaxReferenceBytes = 12;
constexpr char32_t kUnknown = 0xfffd;

// 128 to 159 of windows-1252, which numeric references mean too (HTML, 13.2.5.80).
constexpr std::array<char32_t, 32> kWindows{
    0x20ac,   kUnknown, 0x201a, 0x0192, 0x201e, 0x2026,   0x2020, 0x2021,
    0x02c6,   0x2030,   0x0160, 0x2039, 0x0152, kUnknown, 0x017d, kUnknown,
    kUnknown, 0x2018,   0x2019, 0x201c, 0x201d, 0x2022,   0x2013, 0x2014,
    0x02dc,   0x2122,   0x0161, 0x203a, 0x0153, kUnknown, 0x017e, 0x0178};

// 160 to 255.
constexpr std::array<std::string_view, 96> kLatin{
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

constexpr std::array<std::pair<std::string_view, char32_t>, 24> kNames{
    {{"amp", '&'},       {"lt", '<'},        {"gt", '>'},       {"quot", '"'},
     {"apos", '\''},     {"ndash", 0x2013},  {"mdash", 0x2014}, {"lsquo", 0x2018},
     {"rsquo", 0x2019},  {"sbquo", 0x201a},  {"ldquo", 0x201c}, {"rdquo", 0x201d},
     {"bdquo", 0x201e},  {"hellip", 0x2026}, {"bull", 0x2022},  {"lsaquo", 0x2039},
     {"rsaquo", 0x203a}, {"euro", 0x20ac},   {"trade", 0x2122}, {"rarr", 0x2192},
     {"larr", 0x2190},   {"ensp", 0x2002},   {"emsp", 0x2003},  {"thinsp", 0x2009}}};

void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = kUnknown;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0U | c >> 6U);
    out += static_cast<char>(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0U | c >> 12U);
    out += static_cast<char>(0x80U | (c >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (c & 0x3fU));
  } else {
    out += static_cast<char>(0xf0U | c >> 18U);
    out += static_cast<char>(0x80U | (c >> 12U & 0x3fU));
    out += static_cast<char>(0x80U | (c >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (c & 0x3fU));
  }
}

// The code point at `at`, which then stands behind it. REQUIRES: valid UTF-8.
char32_t next_char(std::string_view text, std::size_t& at) {
  const auto byte = [&] { return static_cast<unsigned char>(text[at++]); };
  const char32_t first = byte();
  if (first < 0x80) return first;
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  char32_t c = first & (0x3fU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i) c = c << 6U | (byte() & 0x3fU);
  return c;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool starts_word(std::string_view text, std::string_view word) {
  if (text.size() <= word.size()) return false;
  const char after = text[word.size()];
  return base::ascii_iequals(text.substr(0, word.size()), word) &&
         (is_space(after) || after == '>' || after == '/');
}

// Behind the '>' of the tag that begins at `at`: one in quotes is none.
std::size_t end_of_tag(std::string_view page, std::size_t at) {
  char quote = 0;
  for (; at < page.size(); ++at) {
    const char c = page[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at + 1;
    }
  }
  return page.size();
}

// Where "</name" begins, from `at` on.
std::size_t end_tag(std::string_view page, std::size_t at, std::string_view name) {
  for (at = page.find("</", at); at < page.size(); at = page.find("</", at + 2)) {
    if (starts_word(page.substr(at + 2), name)) return at;
  }
  return std::string_view::npos;
}

// The bytes between the tags.
std::optional<std::string_view> title_bytes(std::string_view page) {
  for (std::size_t at = page.find('<'); at < page.size(); at = page.find('<', at)) {
    const std::string_view tag = page.substr(at + 1);
    if (tag.starts_with("!--")) {
      at = page.find("-->", at + 4);
      continue;
    }
    if (starts_word(tag, "body")) return std::nullopt;
    const std::size_t inside = end_of_tag(page, at + 1);
    if (starts_word(tag, "title")) {
      const std::size_t end = end_tag(page, inside, "title");
      if (end == std::string_view::npos) return std::nullopt;
      return page.substr(inside, end - inside);
    }
    at = inside;
    for (const std::string_view raw : {"script", "style", "svg", "noscript", "template"}) {
      if (starts_word(tag, raw)) at = end_tag(page, inside, raw);
    }
  }
  return std::nullopt;
}

// What follows "charset=", in lower case.
std::string charset_in(std::string_view text) {
  const std::string lower = base::ascii_lower(text);
  std::size_t at = lower.find("charset");
  if (at == std::string::npos) return {};
  at += std::string_view("charset").size();
  const auto skip = [&](auto&& which) {
    while (at < lower.size() && which(lower[at])) ++at;
  };
  skip(is_space);
  if (at == lower.size() || lower[at] != '=') return {};
  ++at;
  skip([](char c) { return is_space(c) || c == '"' || c == '\''; });
  const std::size_t begin = at;
  skip([](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return lower.substr(begin, at - begin);
}

bool is_windows(std::string_view charset) {
  constexpr std::array<std::string_view, 7> kSame{
      "windows-1252", "cp1252", "iso-8859-1", "iso8859-1", "latin1", "l1", "us-ascii"};
  return std::ranges::find(kSame, charset) != kSame.end();
}

std::string from_windows(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 128 && byte < 160 ? kWindows.at(byte - 128U) : byte);
  }
  return out;
}

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
  if (std::ranges::all_of(bytes, [](char c) { return static_cast<unsigned char>(c) < 128; })) {
    return std::string(bytes);
  }
  if (is_windows(charset)) return from_windows(bytes);
  if (!charset.empty() && charset != "utf-8" && charset != "utf8") return std::nullopt;
  if (base::is_utf8(bytes)) return std::string(bytes);
  return charset.empty() ? std::optional(from_windows(bytes)) : std::nullopt;
}

std::optional<char32_t> numbered(std::string_view digits) {
  const bool hex = !digits.empty() && (digits[0] == 'x' || digits[0] == 'X');
  if (hex) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : digits) {
    const char lower = base::ascii_lower(c);
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (hex && lower >= 'a' && lower <= 'f') {
      digit = static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
    value = std::min<std::uint32_t>(value * (hex ? 16 : 10) + digit, 0x110000);
  }
  if (value >= 128 && value < 160) return kWindows.at(value - 128);
  return value == 0 ? kUnknown : static_cast<char32_t>(value);
}

std::optional<char32_t> named(std::string_view name) {
  for (const auto& [known, c] : kNames) {
    if (known == name) return c;
  }
  const auto latin = std::ranges::find(kLatin, name);
  if (latin == kLatin.end()) return std::nullopt;
  return static_cast<char32_t>(160 + (latin - kLatin.begin()));
}

std::string without_references(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find('&');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const std::size_t end = text.substr(0, kMaxReferenceBytes).find(';');
    std::optional<char32_t> c;
    if (end != std::string_view::npos) {
      const std::string_view name = text.substr(1, end - 1);
      c = name.starts_with('#') ? numbered(name.substr(1)) : named(name);
    }
    if (c) {
      append_utf8(out, *c);
    } else {
      out += '&';
    }
    text.remove_prefix(c ? end + 1 : 1);
  }
  return out;
}

bool is_wide_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

// Control characters, and what turns the direction of text or is not seen.
bool is_hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
         (c >= 0xe0000 && c <= 0xe0fff) || (c & 0xfffeU) == 0xfffeU;
}

std::string tidy(std::string_view text) {
  std::string out;
  std::size_t chars = 0;
  std::size_t last = 0;  // where the last character begins
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_char(text, at);
    if (is_wide_space(c)) {
      space = !out.empty();
      continue;
    }
    if (is_hidden(c)) continue;
    const std::size_t more = space ? 2 : 1;
    if (chars + more > kMaxTitleChars) {
      if (chars == kMaxTitleChars) out.resize(last);
      append_utf8(out, 0x2026);
      return out;
    }
    if (space) out += ' ';
    space = false;
    last = out.size();
    append_utf8(out, c);
    chars += more;
  }
  return out;
}

}  // namespace

std::string html_title(std::string_view content_type, std::string_view page) {
  const std::string kind =
      base::ascii_lower(base::trim_spaces(content_type.substr(0, content_type.find(';'))));
  if (kind != "text/html" && kind != "application/xhtml+xml") return {};
  const std::optional<std::string_view> bytes = title_bytes(page);
  if (!bytes) return {};
  std::string charset = charset_in(content_type);
  if (page.starts_with("\xef\xbb\xbf")) charset = "utf-8";
  if (charset.empty()) charset = charset_in(page.substr(0, kCharsetWithin));
  const std::optional<std::string> text = to_utf8(*bytes, charset);
  return text ? tidy(without_references(*text)) : std::string();
}

}  // namespace ashlar::links
