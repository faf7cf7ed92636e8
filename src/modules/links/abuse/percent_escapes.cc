#include "modules/links/abuse/percent_escapes.h"

#include "base/text.h"

namespace ashlar::links::abuse {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = base::ascii_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// The byte that "%XX" at `at` stands for; -1: there is no escape.
int escape_at(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

bool undo_escapes_once(std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = escape_at(text, i);
    out += byte < 0 ? text[i] : static_cast<char>(byte);
    if (byte >= 0) i += 2;
  }
  const bool changed = out.size() != text.size();
  text = std::move(out);
  return changed;
}

std::string undo_escapes(std::string_view text, std::size_t enough) {
  std::string out;
  for (const char c : text) {
    if (out.size() >= enough) break;
    out += c;
    // What is undone may be the last digit, or the %, of another escape.
    while (out.size() > 2) {
      const int byte = escape_at(out, out.size() - 3);
      if (byte < 0) break;
      out.resize(out.size() - 3);
      out += static_cast<char>(byte);
    }
  }
  return out;
}

}  // namespace ashlar::links::abuse
