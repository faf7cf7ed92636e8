#include "platform/json/writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "platform/json/value.h"

namespace ashlar::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kHex = "0123456789abcdef";

// True for the bytes that stand for themselves: ASCII but '"', '\' and the control characters.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

// Bytes of the code point that starts at `at`; 0 where that is not valid UTF-8 (RFC 3629, section
// 4).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
  const bool too_high = lead == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || too_high ? 0 : length;
}

void append_control(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;  // start of what is not copied yet and needs no escape
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kPlain[c]) {
      ++i;
      continue;
    }
    const std::size_t length = c >= 0x80 ? sequence_length(text, i) : 0;
    if (length > 0) {
      i += length;
      continue;
    }
    out.append(text, run, i - run);
    if (c >= 0x80) {
      out += kReplacement;
    } else {
      append_control(out, c);
    }
    run = ++i;
  }
  out.append(text, run, text.size() - run);
  out += '"';
}

void Writer::before_value() {
  // One value at the top; in an object only after its key.
  CHECK(depth_ > 0 ? in_object() == after_key_ : !comma_);
  if (comma_ && !after_key_) out_ += ',';
  comma_ = true;
  after_key_ = false;
}

void Writer::open(char bracket, bool object) {
  before_value();
  CHECK(depth_ < kMaxDepth);
  const std::uint64_t bit = std::uint64_t{1} << depth_;
  objects_ = object ? objects_ | bit : objects_ & ~bit;
  ++depth_;
  out_ += bracket;
  comma_ = false;
}

void Writer::close(char bracket, bool object) {
  CHECK(depth_ > 0 && in_object() == object && !after_key_);
  --depth_;
  out_ += bracket;
  comma_ = true;
}

Writer& Writer::begin_object() {
  open('{', true);
  return *this;
}

Writer& Writer::end_object() {
  close('}', true);
  return *this;
}

Writer& Writer::begin_array() {
  open('[', false);
  return *this;
}

Writer& Writer::end_array() {
  close(']', false);
  return *this;
}

Writer& Writer::key(std::string_view name) {
  CHECK(in_object() && !after_key_);
  if (comma_) out_ += ',';
  append_quoted(out_, name);
  out_ += ':';
  after_key_ = true;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  before_value();
  append_quoted(out_, text);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  before_value();
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  CHECK(error == std::errc{});
  out_.append(digits.data(), end);
  return *this;
}

Writer& Writer::real(double value) {
  if (!std::isfinite(value)) return null();
  before_value();
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  CHECK(error == std::errc{});
  const std::string_view text(digits.data(), end);
  out_ += text;
  if (text.find_first_of(".e") == std::string_view::npos) out_ += ".0";
  return *this;
}

Writer& Writer::boolean(bool value) { return raw(value ? "true" : "false"); }

Writer& Writer::null() { return raw("null"); }

Writer& Writer::raw(std::string_view text) {
  before_value();
  out_ += text;
  return *this;
}

Writer& Writer::value(const Value& value) {
  if (const auto* flag = value.if_boolean()) return boolean(*flag);
  if (const auto* number = value.if_integer()) return integer(*number);
  if (const auto* number = value.if_real()) return real(*number);
  if (const auto* text = value.if_string()) return string(*text);
  if (const auto* items = value.if_array()) {
    begin_array();
    for (const Value& item : *items) this->value(item);
    return end_array();
  }
  if (const auto* members = value.if_object()) {
    begin_object();
    for (const auto& [name, member] : *members) key(name).value(member);
    return end_object();
  }
  return null();
}

std::string to_text(const Value& value) {
  std::string out;
  Writer(out).value(value);
  return out;
}

}  // namespace ashlar::json
