#include "modules/notifications/template/escape.h"

#include <algorithm>
#include <array>

#include "base/html.h"
#include "base/text.h"

namespace ashlar::notifications {
namespace {

void append_line(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::string_view three = text.substr(i, 3);
    if (c < 0x20 || c == 0x7f) {
      out += ' ';
    } else if (three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9") {
      out += ' ';
      i += 2;
    } else if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      out += ' ';  // U+0080 … U+009F
      ++i;
    } else {
      out += text[i];
    }
  }
}

// Blanks, control characters, quotes and brackets do not stand in a URL: they end one, for some
// readers.
void append_url_characters(std::string_view url, std::string& out) {
  constexpr std::string_view kNever = "\"'<>\\^`{|}";
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || kNever.find(c) != kNever.npos) {
      out += base::percent_encode({&c, 1});
    } else {
      out += c;
    }
  }
}

bool is_url(std::string_view url) {
  constexpr std::array<std::string_view, 4> kSchemes = {"http:", "https:", "mailto:", "tel:"};
  if (url.front() == '/' || url.front() == '?' || url.front() == '#') return true;
  return std::any_of(kSchemes.begin(), kSchemes.end(), [&](std::string_view scheme) {
    return base::ascii_iequals(url.substr(0, scheme.size()), scheme);
  });
}

}  // namespace

bool append_escaped(std::string_view text, Escape escape, std::string& out) {
  switch (escape) {
    case Escape::kPlain:
      out += text;
      return true;
    case Escape::kLine:
      append_line(text, out);
      return true;
    case Escape::kHtml:
      base::append_html(out, text);
      return true;
    case Escape::kUrlPart:
    case Escape::kHtmlUrlPart:
      out += base::percent_encode(text);  // leaves nothing that HTML would read
      return true;
    case Escape::kUrl:
    case Escape::kHtmlUrl:
      break;
  }
  if (text.empty()) {
    out += '#';
    return true;
  }
  if (!is_url(text)) return false;
  std::string url;
  append_url_characters(text, url);
  if (escape == Escape::kUrl) {
    out += url;
  } else {
    base::append_html(out, url);
  }
  return true;
}

}  // namespace ashlar::notifications
