// JSON as JavaScript's JSON.parse takes it: RFC 8259, nothing more.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "modules/documents/crdt/any_codec.h"

namespace ashlar::crdt {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t point) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// A property that JavaScript keeps before the others, by number: "0" to "4294967294".
std::optional<std::uint32_t> array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : key) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value >= 0xffffffff) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

// Whether JavaScript would keep it as it is. Of large ones nobody asks; they are put in order.
bool is_in_order(const Object& object) {
  constexpr std::size_t kFew = 8;
  if (object.size() > kFew) return false;
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (array_index(object[i].key)) return false;
    for (std::size_t k = 0; k < i; ++k) {
      if (object[k].key == object[i].key) return false;
    }
  }
  return true;
}

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : in_(text) {}

  // `out` null: checked and not kept.
  Fault read(Any* out) {
    const bool whole = take_value(out, kMaxAnyDepth);
    skip_space();
    if (fault_ != Fault::kNone) return fault_;
    return whole && in_.empty() ? Fault::kNone : Fault::kMalformed;
  }

 private:
  void skip_space() {
    while (!in_.empty() && std::string_view(" \t\n\r").contains(in_[0])) in_.remove_prefix(1);
  }
  bool take(char c) {
    if (in_.empty() || in_[0] != c) return false;
    in_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word, Any* out, Any value) {
    if (!in_.starts_with(word)) return false;
    in_.remove_prefix(word.size());
    if (out != nullptr) *out = std::move(value);
    return true;
  }

  bool take_value(Any* out, std::size_t depth) {
    if (depth == 0) {
      fault_ = Fault::kTooDeep;
      return false;
    }
    skip_space();
    if (in_.empty()) return false;
    switch (in_[0]) {
      case '{':
        return take_object(out, depth - 1);
      case '[':
        return take_array(out, depth - 1);
      case '"': {
        std::string* text = out != nullptr ? &out->value.emplace<std::string>() : nullptr;
        return take_string(text);
      }
      case 't':
        return take_word("true", out, {true});
      case 'f':
        return take_word("false", out, {false});
      case 'n':
        return take_word("null", out, {Null{}});
      default:
        return take_number(out);
    }
  }

  bool take_array(Any* out, std::size_t depth) {
    Array* kept = out != nullptr ? &out->value.emplace<Array>() : nullptr;
    take('[');
    skip_space();
    if (take(']')) return true;
    do {
      if (!take_value(kept != nullptr ? &kept->emplace_back() : nullptr, depth)) return false;
      skip_space();
    } while (take(','));
    return take(']');
  }

  bool take_object(Any* out, std::size_t depth) {
    Object* kept = out != nullptr ? &out->value.emplace<Object>() : nullptr;
    take('{');
    skip_space();
    if (take('}')) return true;
    do {
      skip_space();
      Member* member = kept != nullptr ? &kept->emplace_back() : nullptr;
      if (!take_string(member != nullptr ? &member->key : nullptr)) return false;
      skip_space();
      if (!take(':') || !take_value(member != nullptr ? &member->value : nullptr, depth))
        return false;
      skip_space();
    } while (take(','));
    if (!take('}')) return false;
    if (kept != nullptr) order_as_javascript(*kept);
    return true;
  }

  std::size_t digits_at(std::size_t at) const {
    std::size_t end = at;
    while (end < in_.size() && is_digit(in_[end])) ++end;
    return end - at;
  }

  bool take_number(Any* out) {
    std::size_t at = in_[0] == '-' ? 1 : 0;
    const std::size_t whole = digits_at(at);
    if (whole == 0 || (whole > 1 && in_[at] == '0')) return false;
    at += whole;
    if (at < in_.size() && in_[at] == '.') {
      const std::size_t digits = digits_at(at + 1);
      if (digits == 0) return false;
      at += 1 + digits;
    }
    if (at < in_.size() && (in_[at] == 'e' || in_[at] == 'E')) {
      ++at;
      if (at < in_.size() && (in_[at] == '+' || in_[at] == '-')) ++at;
      const std::size_t digits = digits_at(at);
      if (digits == 0) return false;
      at += digits;
    }
    if (out != nullptr) {
      // strtod, unlike from_chars, says infinity and zero for what is too large and too small.
      *out = any_of(std::strtod(std::string(in_.substr(0, at)).c_str(), nullptr));
    }
    in_.remove_prefix(at);
    return true;
  }

  std::optional<std::uint32_t> take_hex4() {
    if (in_.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(in_.data(), in_.data() + 4, value, 16);
    if (error != std::errc{} || end != in_.data() + 4) return std::nullopt;
    in_.remove_prefix(4);
    return value;
  }

  bool take_unicode(std::string* out) {
    const auto unit = take_hex4();
    if (!unit) return false;
    std::uint32_t point = *unit;
    if (point >= 0xd800 && point < 0xdc00 && in_.starts_with("\\u")) {
      const std::string_view before = in_;
      in_.remove_prefix(2);
      const auto low = take_hex4();
      if (!low) return false;
      if (*low >= 0xdc00 && *low < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (*low - 0xdc00);
      } else {
        in_ = before;
      }
    }
    if (point >= 0xd800 && point < 0xe000) point = 0xfffd;
    if (out != nullptr) append_utf8(*out, point);
    return true;
  }

  bool take_escape(std::string* out) {
    if (in_.empty()) return false;
    const char c = in_[0];
    in_.remove_prefix(1);
    if (c == 'u') return take_unicode(out);
    const std::size_t at = std::string_view("\"\\/bfnrt").find(c);
    if (at == std::string_view::npos) return false;
    if (out != nullptr) *out += "\"\\/\b\f\n\r\t"[at];
    return true;
  }

  bool take_string(std::string* out) {
    if (!take('"')) return false;
    while (!in_.empty()) {
      const auto plain = static_cast<std::size_t>(
          std::ranges::find_if(in_,
                               [](char c) {
                                 return c == '"' || c == '\\' ||
                                        static_cast<unsigned char>(c) < 0x20;
                               }) -
          in_.begin());
      if (out != nullptr) *out += in_.substr(0, plain);
      in_.remove_prefix(plain);
      if (take('"')) return true;
      if (!take('\\') || !take_escape(out)) return false;
    }
    return false;
  }

  std::string_view in_;
  Fault fault_ = Fault::kNone;
};

}  // namespace

void order_as_javascript(Object& object) {
  if (is_in_order(object)) return;
  std::unordered_map<std::string_view, std::size_t> first;
  std::vector<std::size_t> place(object.size());
  for (std::size_t i = 0; i < object.size(); ++i) {
    place[i] = first.try_emplace(object[i].key, i).first->second;
  }
  Object kept;
  kept.reserve(first.size());
  std::vector<std::size_t> moved_to(object.size());
  first.clear();  // its keys are views into what is moved now
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (place[i] == i) {
      moved_to[i] = kept.size();
      kept.push_back(std::move(object[i]));
    } else {
      kept[moved_to[place[i]]].value = std::move(object[i].value);
    }
  }
  std::ranges::stable_sort(kept, {}, [](const Member& member) {
    const auto index = array_index(member.key);
    return index ? std::uint64_t{*index} : std::uint64_t{1} << 32;
  });
  object = std::move(kept);
}

Fault check_json(std::string_view text) { return JsonReader(text).read(nullptr); }

Fault read_json(std::string_view text, Any& out) { return JsonReader(text).read(&out); }

}  // namespace ashlar::crdt
