#include "modules/limits/rls_scalar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace ashlar::limits {

namespace {

using Kind = YamlScalar::Kind;

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, text) != words.end();
}

YamlScalar of_kind(Kind kind) {
  YamlScalar out;
  out.kind = kind;
  return out;
}

YamlScalar of_real(double value) {
  YamlScalar out = of_kind(Kind::kFloat);
  out.real = value;
  return out;
}

YamlScalar of_bool(bool value) {
  YamlScalar out = of_kind(Kind::kBool);
  out.boolean = value;
  return out;
}

std::optional<YamlScalar> known_word(std::string_view text) {
  using namespace std::string_view_literals;
  static constexpr std::array kTrue = {"y"sv,    "Y"sv,    "yes"sv, "Yes"sv, "YES"sv, "true"sv,
                                       "True"sv, "TRUE"sv, "on"sv,  "On"sv,  "ON"sv};
  static constexpr std::array kFalse = {"n"sv,     "N"sv,     "no"sv,  "No"sv,  "NO"sv, "false"sv,
                                        "False"sv, "FALSE"sv, "off"sv, "Off"sv, "OFF"sv};
  static constexpr std::array kNull = {""sv, "~"sv, "null"sv, "Null"sv, "NULL"sv};
  static constexpr std::array kNan = {".nan"sv, ".NaN"sv, ".NAN"sv};
  static constexpr std::array kInf = {".inf"sv,  ".Inf"sv,  ".INF"sv,
                                      "+.inf"sv, "+.Inf"sv, "+.INF"sv};
  static constexpr std::array kMinusInf = {"-.inf"sv, "-.Inf"sv, "-.INF"sv};
  if (is_one_of(text, kTrue)) return of_bool(true);
  if (is_one_of(text, kFalse)) return of_bool(false);
  if (is_one_of(text, kNull)) return of_kind(Kind::kNull);
  if (is_one_of(text, kNan)) return of_real(std::numeric_limits<double>::quiet_NaN());
  if (is_one_of(text, kInf)) return of_real(std::numeric_limits<double>::infinity());
  if (is_one_of(text, kMinusInf)) return of_real(-std::numeric_limits<double>::infinity());
  return std::nullopt;
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// Digits only, at least one unless `may_be_empty`; nullopt beyond 64 bits too.
std::optional<std::uint64_t> magnitude(std::string_view digits, int base, bool may_be_empty) {
  if (digits.empty() && !may_be_empty) return std::nullopt;
  unsigned __int128 value = 0;
  for (const char c : digits) {
    const int digit = digit_value(c);
    if (digit >= base) return std::nullopt;
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
    if (value > std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  }
  return static_cast<std::uint64_t>(value);
}

// 10, 017, 0o17, 0x1f, 0b11; underscores are gone already.
std::optional<std::uint64_t> unsigned_number(std::string_view text) {
  if (!text.starts_with('0')) return magnitude(text, 10, false);
  if (text.size() >= 3) {
    switch (text[1] | 0x20) {
      case 'b':
        return magnitude(text.substr(2), 2, false);
      case 'o':
        return magnitude(text.substr(2), 8, false);
      case 'x':
        return magnitude(text.substr(2), 16, false);
      default:
        break;
    }
  }
  return magnitude(text.substr(1), 8, true);
}

std::optional<YamlScalar> with_sign(bool negative, std::optional<std::uint64_t> value) {
  constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
  if (!value || (negative ? *value > kTop : *value >= kTop)) return std::nullopt;
  YamlScalar out = of_kind(Kind::kInt);
  out.integer = static_cast<std::int64_t>(negative ? 0 - *value : *value);
  return out;
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

std::optional<YamlScalar> integer(std::string_view text) {
  std::string_view digits = text;
  const bool negative = take_sign(digits);
  const auto value = unsigned_number(digits);
  if (auto number = with_sign(negative, value)) return number;
  if (value && digits.size() == text.size()) {  // too large, and without a sign
    YamlScalar out = of_kind(Kind::kUint);
    out.unsigned_integer = *value;
    return out;
  }
  return std::nullopt;
}

// 0b-1: the library takes a sign behind its 0b.
std::optional<YamlScalar> signed_binary(std::string_view text) {
  if (!text.starts_with("0b")) return std::nullopt;
  text.remove_prefix(2);
  const bool negative = take_sign(text);
  return with_sign(negative, magnitude(text, 2, false));
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// [-+]? ( .digits | digits [ . digits? ] ) ( e [-+]? digits )?
bool looks_like_fraction(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t whole = skip_digits(text, at) - at;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = skip_digits(text, at + 1) - (at + 1);
    if (whole == 0 && fraction == 0) return false;
    at += 1 + fraction;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (skip_digits(text, at) == at) return false;
    at = skip_digits(text, at);
  }
  return at == text.size();
}

// nullopt where it is none, or too large for a double (then it is text).
std::optional<YamlScalar> fraction(const std::string& text) {
  if (!looks_like_fraction(text)) return std::nullopt;
  const double value = std::strtod(text.c_str(), nullptr);
  if (std::isinf(value)) return std::nullopt;
  return of_real(value);
}

bool underscores_between_digits(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return false;
    }
  }
  return true;
}

bool looks_like_date(std::string_view text) {
  return text.size() >= 8 && skip_digits(text, 0) == 4 && text[4] == '-' && is_digit(text[5]);
}

std::optional<YamlScalar> number(std::string_view text, bool may_be_time) {
  if (may_be_time && looks_like_date(text)) return of_kind(Kind::kTime);
  std::string digits(text);
  std::erase(digits, '_');
  if (text.front() == '.') {
    return underscores_between_digits(text) ? fraction(digits) : std::nullopt;
  }
  if (auto out = integer(digits)) return out;
  if (auto out = fraction(digits)) return out;
  return signed_binary(digits);
}

std::optional<std::string> base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  std::size_t symbols = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    ++symbols;
    if (c == '=') {
      ++padding;
      continue;
    }
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<char>(bits >> have & 0xff));
    }
  }
  const bool whole = symbols % 4 == 0 && have < 6 && padding == static_cast<std::size_t>(have / 2);
  if (!whole) return std::nullopt;
  return out;
}

YamlScalar of_text(std::string text, Kind kind = Kind::kText) {
  YamlScalar out = of_kind(kind);
  out.text = std::move(text);
  return out;
}

YamlScalar by_looks(const std::string& text, bool may_be_time) {
  constexpr std::string_view kFirst = "+-0123456789yYnNtTfFoO~.";
  if (!text.empty() && !kFirst.contains(text.front())) return of_text(text);
  if (auto word = known_word(text)) return *word;
  if (is_digit(text.front()) || std::string_view("+-.").contains(text.front())) {
    if (auto found = number(text, may_be_time)) return *found;
  }
  return of_text(text);
}

base::Error misfit(const YamlNode& node, std::string_view tag) {
  return base::fail(base::Code::kInvalid, "bad_yaml",
                    "line " + std::to_string(node.line) + ": `" + node.text.substr(0, 40) +
                        "` is no !!" + std::string(tag));
}

base::Result<YamlScalar> by_tag(const YamlNode& node, std::string_view tag) {
  if (tag == "binary") {
    auto decoded = base64(node.text);
    if (!decoded) return misfit(node, tag);
    return of_text(std::move(*decoded), Kind::kBinary);
  }
  const bool known =
      tag == "bool" || tag == "int" || tag == "float" || tag == "null" || tag == "timestamp";
  if (!known) return of_text(node.text);

  YamlScalar out = by_looks(node.text, tag == "timestamp");
  if (tag == "float" && out.kind == Kind::kInt) return of_real(static_cast<double>(out.integer));
  const bool fits = (tag == "bool" && out.kind == Kind::kBool) ||
                    (tag == "int" && (out.kind == Kind::kInt || out.kind == Kind::kUint)) ||
                    (tag == "float" && out.kind == Kind::kFloat) ||
                    (tag == "null" && out.kind == Kind::kNull) ||
                    (tag == "timestamp" && out.kind == Kind::kTime);
  if (!fits) return misfit(node, tag);
  return out;
}

}  // namespace

base::Result<YamlScalar> resolve_scalar(const YamlNode& node) {
  if (node.tag.empty()) {
    return node.plain ? by_looks(node.text, true) : of_text(node.text);
  }
  if (!node.tag.starts_with(kTagPrefix)) return of_text(node.text);
  return by_tag(node, std::string_view(node.tag).substr(kTagPrefix.size()));
}

bool is_absent(const YamlNode& node) {
  if (node.tag == "tag:yaml.org,2002:null") return true;
  if (node.kind != YamlNode::Kind::kScalar || !node.tag.empty()) return false;
  return node.text == "null" || node.text == "~" || (node.text.empty() && node.plain);
}

}  // namespace ashlar::limits
