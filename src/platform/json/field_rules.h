// FieldRules: what a field of a Schema must keep to, and what its readers are told. Part of
// schema.h.
//
// All text is kept as views: it must be literals.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>

#include "base/check.h"

namespace ashlar::json {

class Writer;

// A scalar constant in a declaration.
class Literal {
 public:
  enum class Kind : std::uint8_t { kNone, kString, kInteger, kReal, kBoolean };

  constexpr Literal() = default;
  // NOLINTBEGIN(*-explicit-*): rules are written as plain constants
  constexpr Literal(const char* text) : text_(text), kind_(Kind::kString) {}
  constexpr Literal(std::int64_t n) : integer_(n), kind_(Kind::kInteger) {}
  constexpr Literal(int n) : integer_(n), kind_(Kind::kInteger) {}
  constexpr Literal(double n) : real_(n), kind_(Kind::kReal) {}
  constexpr Literal(bool b) : integer_(b ? 1 : 0), kind_(Kind::kBoolean) {}
  // NOLINTEND

  [[nodiscard]] constexpr Kind kind() const { return kind_; }
  [[nodiscard]] constexpr bool is_set() const { return kind_ != Kind::kNone; }
  [[nodiscard]] constexpr const char* text() const { return text_; }  // REQUIRES: kString
  [[nodiscard]] constexpr std::int64_t integer() const { return integer_; }
  void write(Writer& writer) const;  // null where not set

 private:
  const char* text_ = "";
  std::int64_t integer_ = 0;
  double real_ = 0;
  Kind kind_ = Kind::kNone;
};

// The values that a field may have; none: any. Fixed in size, so that FieldRules owns no memory and
// a declaration compiles to little.
class Choices {
 public:
  static constexpr std::size_t kMax = 16;

  constexpr Choices() = default;
  constexpr Choices(std::initializer_list<Literal> choices) {
    CHECK(choices.size() <= kMax);
    for (const Literal& choice : choices) choices_[size_++] = choice;
  }

  [[nodiscard]] constexpr const Literal* begin() const { return choices_.data(); }
  [[nodiscard]] constexpr const Literal* end() const { return choices_.data() + size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

 private:
  std::array<Literal, kMax> choices_{};
  std::size_t size_ = 0;
};

// What a field must keep to. In a std::vector the rules are those of its elements, min_items and
// max_items aside.
struct FieldRules {
  std::string_view doc{};      // one or two sentences
  std::size_t min_length = 0;  // strings, in code points
  std::size_t max_length = std::numeric_limits<std::size_t>::max();
  std::string_view pattern{};  // strings; see pattern.h
  std::string_view format{};   // strings: "uri" (checked: scheme, no blanks), "password" (a hint)
  std::optional<std::int64_t> min{};  // numbers
  std::optional<std::int64_t> max{};
  std::size_t min_items = 0;  // vectors
  std::size_t max_items = std::numeric_limits<std::size_t>::max();
  Choices one_of{};  // strings or whole numbers
  Literal example{};
};

}  // namespace ashlar::json
