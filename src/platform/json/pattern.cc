#include "platform/json/pattern.h"

#include <algorithm>
#include <limits>

namespace ashlar::json {
namespace {

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kMaxRepeat = 10'000;
constexpr std::string_view kSpecial = ".[]{}()*+?|^$\\/";

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_special(char c) { return kSpecial.find(c) != std::string_view::npos; }

}  // namespace

// Reads a source from left to right; every function returns false where it is not a Pattern.
class Pattern::Compiler {
 public:
  explicit Compiler(std::string_view source) : rest_(source) {}

  bool run(std::vector<Atom>& atoms) {
    if (!take('^') || rest_.empty() || rest_.back() != '$') return false;
    rest_.remove_suffix(1);
    while (!rest_.empty()) {
      Atom atom;
      if (!read_atom(atom) || !read_quantifier(atom)) return false;
      atoms.push_back(atom);
    }
    return true;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  static void add(Atom& atom, char c) {
    const auto bit = static_cast<unsigned char>(c);
    atom.accepted[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }

  // A character that stands for itself, or an escaped one that would not. Escaped letters have
  // meanings in ECMA 262 (\d, \n), so they are refused rather than taken literally.
  bool read_character(char& c, bool in_class) {
    const bool escaped = take('\\');
    if (rest_.empty() || !is_ascii(rest_.front())) return false;
    c = rest_.front();
    rest_.remove_prefix(1);
    if (escaped) return is_special(c) || (c == '-' && in_class);
    return in_class ? c != '[' && c != ']' && c != '^' && c != '-' : !is_special(c);
  }

  bool read_atom(Atom& atom) {
    if (!take('[')) {
      char c = 0;
      if (!read_character(c, false)) return false;
      add(atom, c);
      return true;
    }
    bool any = false;
    while (!take(']')) {
      char first = '-';
      // A '-' stands for itself at either end of the class.
      const bool dash = (!any || rest_.starts_with("-]")) && take('-');
      if (!dash && !read_character(first, true)) return false;
      char last = first;
      if (!dash && rest_.starts_with('-') && !rest_.starts_with("-]")) {
        rest_.remove_prefix(1);
        if (!read_character(last, true) || last < first) return false;
      }
      for (char c = first; c != last; ++c) add(atom, c);
      add(atom, last);
      any = true;
    }
    return any;
  }

  bool read_number(std::size_t& number) {
    std::size_t digits = 0;
    number = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && number <= kMaxRepeat) {
      number = number * 10 + static_cast<std::size_t>(rest_.front() - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    return digits > 0 && number <= kMaxRepeat;
  }

  bool read_quantifier(Atom& atom) {
    if (take('?')) {
      atom.min = 0;
    } else if (take('*')) {
      atom.min = 0;
      atom.max = kUnlimited;
    } else if (take('+')) {
      atom.max = kUnlimited;
    } else if (take('{')) {
      if (!read_number(atom.min)) return false;
      atom.max = atom.min;
      if (take(',')) {
        atom.max = kUnlimited;
        if (!rest_.starts_with('}') && !read_number(atom.max)) return false;
      }
      return take('}') && atom.min <= atom.max;
    }
    return true;
  }

  std::string_view rest_;
};

std::optional<Pattern> Pattern::compile(std::string_view source) {
  Pattern pattern;
  if (!Compiler(source).run(pattern.atoms_)) return std::nullopt;
  return pattern;
}

bool Pattern::accepts(const Atom& atom, char c) {
  const auto bit = static_cast<unsigned char>(c);
  return bit < 128 && (atom.accepted[bit / 64] >> (bit % 64) & 1) != 0;
}

// Keeps the set of positions that the atoms so far can end at, for all ways of matching at once:
// there is nothing to go back to. From a position p an atom reaches p+min … p+min(run, max), where
// `run` is how many characters from p on it accepts; the ranges are added up as differences.
bool Pattern::matches(std::string_view text) const {
  const std::size_t n = text.size();
  std::vector<char> reached(n + 1, 0);
  reached[0] = 1;
  std::vector<std::int64_t> difference(n + 2);
  std::vector<std::size_t> run(n + 1);
  for (const Atom& atom : atoms_) {
    run[n] = 0;
    for (std::size_t p = n; p-- > 0;) run[p] = accepts(atom, text[p]) ? run[p + 1] + 1 : 0;
    std::ranges::fill(difference, 0);
    for (std::size_t p = 0; p <= n; ++p) {
      if (reached[p] == 0 || run[p] < atom.min) continue;
      ++difference[p + atom.min];
      --difference[p + std::min(run[p], atom.max) + 1];
    }
    std::int64_t ways = 0;
    for (std::size_t p = 0; p <= n; ++p) {
      ways += difference[p];
      reached[p] = ways > 0 ? 1 : 0;
    }
  }
  return reached[n] != 0;
}

}  // namespace ashlar::json
