#include "modules/documents/crdt/any_codec.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>

namespace ashlar::crdt {

namespace {

enum Tag : std::uint8_t {
  kBytesTag = 116,
  kArrayTag = 117,
  kObjectTag = 118,
  kStringTag = 119,
  kTrueTag = 120,
  kFalseTag = 121,
  kInt64Tag = 122,
  kDoubleTag = 123,
  kFloatTag = 124,
  kIntegerTag = 125,
  kNullTag = 126,
  kUndefinedTag = 127,
};

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

// `out` null: the value is checked and not kept.
bool take_any(Reader& in, Any* out, std::size_t depth);

bool take_array(Reader& in, Any* out, std::size_t depth) {
  const std::uint64_t count = in.count(1);
  Array* kept = out != nullptr ? &out->value.emplace<Array>() : nullptr;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!take_any(in, kept != nullptr ? &kept->emplace_back() : nullptr, depth)) return false;
  }
  return in.ok();
}

bool take_object(Reader& in, Any* out, std::size_t depth) {
  const std::uint64_t count = in.count(2);
  Object* kept = out != nullptr ? &out->value.emplace<Object>() : nullptr;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view key = in.var_string();
    Any* value = nullptr;
    if (kept != nullptr) value = &kept->emplace_back(Member{std::string(key), {}}).value;
    if (!take_any(in, value, depth)) return false;
  }
  if (kept != nullptr) order_as_javascript(*kept);
  return in.ok();
}

bool take_any(Reader& in, Any* out, std::size_t depth) {
  if (depth == 0) {
    in.fail(Fault::kTooDeep);
    return false;
  }
  Any scalar;
  switch (in.byte()) {
    case kArrayTag:
      return take_array(in, out, depth - 1);
    case kObjectTag:
      return take_object(in, out, depth - 1);
    case kBytesTag: {
      const std::string_view bytes = in.var_bytes();
      if (out != nullptr) out->value = Bytes{std::string(bytes)};
      return in.ok();
    }
    case kStringTag: {
      const std::string_view text = in.var_string();
      if (out != nullptr) out->value = std::string(text);
      return in.ok();
    }
    case kTrueTag:
      scalar.value = true;
      break;
    case kFalseTag:
      scalar.value = false;
      break;
    case kInt64Tag:
      scalar.value = static_cast<std::int64_t>(in.fixed(8));
      break;
    case kDoubleTag:
      scalar.value = std::bit_cast<double>(in.fixed(8));
      break;
    case kFloatTag:
      scalar.value = std::bit_cast<float>(static_cast<std::uint32_t>(in.fixed(4)));
      break;
    case kIntegerTag: {
      const VarInt number = in.varint();
      scalar.value = Integer{number.value(), number.negative && number.magnitude == 0};
      break;
    }
    case kNullTag:
      scalar.value = Null{};
      break;
    case kUndefinedTag:
      break;
    default:
      in.fail(Fault::kMalformed);
  }
  if (!in.ok()) return false;
  if (out != nullptr) *out = std::move(scalar);
  return true;
}

void write_tag(std::string& out, Tag tag) { out += static_cast<char>(tag); }

void write_integer(std::string& out, const Integer& number) {
  write_tag(out, kIntegerTag);
  const bool negative = number.value < 0 || number.minus_zero;
  const auto raw = static_cast<std::uint64_t>(number.value);
  write_varint(out, {number.value < 0 ? 0 - raw : raw, negative});
}

void write_json_array(std::string& out, const Array& array) {
  out += '[';
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ',';
    if (std::holds_alternative<Undefined>(array[i].value)) {
      out += "null";
    } else {
      write_json(out, array[i]);
    }
  }
  out += ']';
}

void write_json_object(std::string& out, const Object& object) {
  out += '{';
  bool first = true;
  for (const Member& member : object) {
    if (std::holds_alternative<Undefined>(member.value.value)) continue;
    if (!first) out += ',';
    first = false;
    write_json_string(out, member.key);
    out += ':';
    write_json(out, member.value);
  }
  out += '}';
}

void write_json_bytes(std::string& out, const Bytes& bytes) {
  out += '{';
  for (std::size_t i = 0; i < bytes.data.size(); ++i) {
    if (i > 0) out += ',';
    out +=
        '"' + std::to_string(i) + "\":" + std::to_string(static_cast<unsigned char>(bytes.data[i]));
  }
  out += '}';
}

void write_json_number(std::string& out, double number) {
  out += std::isfinite(number) ? js_number(number) : "null";
}

}  // namespace

bool check_any(Reader& in) { return take_any(in, nullptr, kMaxAnyDepth); }

bool read_any(Reader& in, Any& out) { return take_any(in, &out, kMaxAnyDepth); }

void write_any(std::string& out, const Any& any) {
  std::visit(Overloaded{
                 [&](Undefined) { write_tag(out, kUndefinedTag); },
                 [&](Null) { write_tag(out, kNullTag); },
                 [&](bool yes) { write_tag(out, yes ? kTrueTag : kFalseTag); },
                 [&](const Integer& number) { write_integer(out, number); },
                 [&](float number) {
                   write_tag(out, kFloatTag);
                   write_fixed(out, std::bit_cast<std::uint32_t>(number), 4);
                 },
                 [&](double number) {
                   write_tag(out, kDoubleTag);
                   write_fixed(out, std::bit_cast<std::uint64_t>(number), 8);
                 },
                 [&](std::int64_t number) {
                   write_tag(out, kInt64Tag);
                   write_fixed(out, static_cast<std::uint64_t>(number), 8);
                 },
                 [&](const std::string& text) {
                   write_tag(out, kStringTag);
                   write_var_bytes(out, text);
                 },
                 [&](const Bytes& bytes) {
                   write_tag(out, kBytesTag);
                   write_var_bytes(out, bytes.data);
                 },
                 [&](const Array& array) {
                   write_tag(out, kArrayTag);
                   write_varuint(out, array.size());
                   for (const Any& value : array) write_any(out, value);
                 },
                 [&](const Object& object) {
                   write_tag(out, kObjectTag);
                   write_varuint(out, object.size());
                   for (const Member& member : object) {
                     write_var_bytes(out, member.key);
                     write_any(out, member.value);
                   }
                 },
             },
             any.value);
}

Any any_of(double number) {
  constexpr double kMostBits31 = 2147483647;
  if (std::trunc(number) == number && std::fabs(number) <= kMostBits31) {
    return {Integer{static_cast<std::int64_t>(number), number == 0 && std::signbit(number)}};
  }
  const bool fits = std::isnan(number) || std::isinf(number) ||
                    std::fabs(number) <= double{std::numeric_limits<float>::max()};
  if (fits && !std::isnan(number) && double{static_cast<float>(number)} == number) {
    return {static_cast<float>(number)};
  }
  return {number};
}

void write_json(std::string& out, const Any& any) {
  std::visit(Overloaded{
                 [](Undefined) {},
                 [&](Null) { out += "null"; },
                 [&](bool yes) { out += yes ? "true" : "false"; },
                 [&](const Integer& number) { out += std::to_string(number.value); },
                 [&](float number) { write_json_number(out, double{number}); },
                 [&](double number) { write_json_number(out, number); },
                 [&](std::int64_t number) { out += std::to_string(number); },
                 [&](const std::string& text) { write_json_string(out, text); },
                 [&](const Bytes& bytes) { write_json_bytes(out, bytes); },
                 [&](const Array& array) { write_json_array(out, array); },
                 [&](const Object& object) { write_json_object(out, object); },
             },
             any.value);
}

void write_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else if (const auto at = std::string_view("\b\t\n\f\r").find(c);
               at != std::string_view::npos) {
      out += '\\';
      out += "btnfr"[at];
    } else {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out += '"';
}

// ECMA-262, Number::toString: `digits` are the fewest that give the number back, the decimal point
// stands `point` digits from their start.
std::string js_number(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  if (number == 0) return "0";
  std::array<char, 32> room;
  const auto written = std::to_chars(room.data(), room.data() + room.size(), std::fabs(number),
                                     std::chars_format::scientific);
  const std::string_view text(room.data(), static_cast<std::size_t>(written.ptr - room.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(),
                  exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;
  const auto zeros = [](int n) { return std::string(static_cast<std::size_t>(n), '0'); };
  std::string out = number < 0 ? "-" : "";
  if (count <= point && point <= 21) return out + digits + zeros(point - count);
  if (0 < point && point <= 21) {
    const auto whole = static_cast<std::size_t>(point);
    return out + digits.substr(0, whole) + '.' + digits.substr(whole);
  }
  if (-6 < point && point <= 0) return out + "0." + zeros(-point) + digits;
  out += digits[0];
  if (count > 1) out += '.' + digits.substr(1);
  return out + 'e' + (point > 0 ? "+" : "-") + std::to_string(std::abs(point - 1));
}

}  // namespace ashlar::crdt
