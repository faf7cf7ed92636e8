// Pattern: the part of regular expressions that API fields need, matched in linear time.
//
//   ^ ( atom quantifier? )* $
//   atom        a character, an escaped one (\. \- \\), or a class of characters and ranges:
//   [A-Za-z0-9_-] quantifier  ? * + {n} {n,} {n,m}
//
// ASCII only, always anchored at both ends, no groups, no alternatives, no negation. What is left
// out is what makes other matchers slow on hostile text. A text of n bytes costs O(n * atoms). The
// source is also valid ECMA 262 (JSON Schema's dialect) and means the same there. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ashlar::json {

class Pattern {
 public:
  // nullopt: not a pattern of this kind.
  static std::optional<Pattern> compile(std::string_view source);

  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  struct Atom {
    std::array<std::uint64_t, 2> accepted{};  // bit c: the character c
    std::size_t min = 1;
    std::size_t max = 1;
  };
  class Compiler;

  [[nodiscard]] static bool accepts(const Atom& atom, char c);

  std::vector<Atom> atoms_;
};

}  // namespace ashlar::json
