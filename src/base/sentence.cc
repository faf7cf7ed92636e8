#include "base/sentence.h"

#include <algorithm>

namespace ashlar::base {
namespace {

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// An ordinary word, perhaps with an apostrophe or a hyphen, and the mark that ends its clause.
bool is_word(std::string_view word) {
  if (word.ends_with(',') || word.ends_with('.') || word.ends_with(':')) word.remove_suffix(1);
  return !word.empty() && is_letter(word.front()) &&
         std::ranges::all_of(word, [](char c) { return is_letter(c) || c == '\'' || c == '-'; });
}

}  // namespace

std::string sentence(std::string_view text) {
  std::string out(text);
  if (is_word(text.substr(0, text.find(' ')))) out[0] = static_cast<char>(out[0] - 'a' + 'A');
  const bool ended = out.empty() || out.ends_with('.') || out.ends_with('!') ||
                     out.ends_with('?') || out.ends_with("…");
  return ended ? out : out + '.';
}

}  // namespace ashlar::base
