#include "modules/payments/card_numbers.h"

#include <array>
#include <cctype>
#include <string>

namespace ashlar::payments {
namespace {

constexpr std::size_t kFewest = 13;
constexpr std::size_t kMost = 19;
constexpr std::size_t kFewestOfDigests = 24;  // hexadecimal characters in a row

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Between two groups of digits: blanks (of any kind, three at most), or one dash or dot.
struct Gap {
  std::size_t length = 0;  // 0: none
  bool dashed = false;
};
Gap gap_at(std::string_view text, std::size_t at) {
  constexpr std::string_view kNoBreak = "\xc2\xa0";
  constexpr std::size_t kMostBlanks = 3;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with('-') || rest.starts_with('.')) return {1, true};
  Gap gap;
  for (std::size_t blanks = 0; blanks < kMostBlanks; ++blanks) {
    const std::string_view here = rest.substr(gap.length);
    if (here.starts_with(' ') || here.starts_with('\t')) {
      gap.length += 1;
    } else if (here.starts_with(kNoBreak)) {
      gap.length += kNoBreak.size();
    } else {
      break;
    }
  }
  return gap;
}

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (std::size_t i = digits.size(); i > 0; --i) {
    int digit = digits[i - 1] - '0';
    if (doubled) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
    doubled = !doubled;
  }
  return sum % 10 == 0;
}

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// What the networks give out: 2… has 16 digits, 4… 13, 16 or 19.
bool is_network_length(char first, std::size_t length) {
  if (length < kFewest) return false;
  if (first == '2') return length == 16;
  if (first == '4') return length == 13 || length == 16 || length == 19;
  return first == '3' || first == '5' || first == '6';
}

// The digits stand in a digest, an object's id, a UUID without dashes.
bool in_digest(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_hex(text[end])) ++end;
  while (at > 0 && is_hex(text[at - 1])) --at;
  return end - at >= kFewestOfDigests;
}

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// How people write cards with dashes: 4-4-4-4, 4-4-4-4-3, 4-6-5, 4-6-4. Parts of UUIDs are not so:
// they touch letters or a group of 12.
class Groups {
 public:
  explicit Groups(bool touches_before) : fits_(!touches_before) {}

  void add(std::size_t digits, bool after_dash) {
    ++count_;
    if (count_ == 1) fits_ = fits_ && digits == 4;
    if (count_ == 2) fits_ = fits_ && (digits == 4 || digits == 6);
    if (count_ == 2) longest_rest_ = digits == 6 ? 5 : 4;
    if (count_ >= 3) fits_ = fits_ && digits <= longest_rest_;
    dashed_ = dashed_ || after_dash;
  }
  bool as_written(std::string_view rest) const {
    if (!dashed_ || rest.empty()) return !dashed_ || fits_;
    std::size_t touching = rest[0] == '-' || rest[0] == '.' ? 1 : 0;
    const std::size_t begin = touching;
    while (touching < rest.size() && is_alphanumeric(rest[touching])) ++touching;
    return fits_ && touching - begin <= (begin == 0 ? 0 : 4);
  }

 private:
  bool fits_;
  bool dashed_ = false;
  std::size_t count_ = 0;
  std::size_t longest_rest_ = 0;
};

// From `at`, the first digit of a group: whether some number of whole groups makes a card number.
bool begins_card_number(std::string_view text, std::size_t at) {
  const char first = text[at];
  if (first < '2' || first > '6' || in_digest(text, at)) return false;
  std::array<char, kMost> digits{};
  std::size_t count = 0;
  Groups groups(at > 0 && is_alphanumeric(text[at - 1]));
  bool after_dash = false;
  while (true) {
    const std::size_t before = count;
    while (at < text.size() && is_digit(text[at])) {
      if (count == kMost) return false;
      digits[count++] = text[at++];
    }
    groups.add(count - before, after_dash);
    if (is_network_length(first, count) && groups.as_written(text.substr(at)) &&
        passes_luhn({digits.data(), count})) {
      return true;
    }
    const Gap gap = gap_at(text, at);
    at += gap.length;
    if (gap.length == 0 || at == text.size() || !is_digit(text[at])) return false;
    after_dash = gap.dashed;
  }
}

}  // namespace

bool holds_card_number(std::string_view text) {
  if (text.size() < kFewest) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = is_digit(text[i]) && (i == 0 || !is_digit(text[i - 1]));
    if (begins && begins_card_number(text, i)) return true;
  }
  return false;
}

base::Status refuse_card_number(std::string_view field, std::string_view text) {
  if (!holds_card_number(text)) return base::ok_status();
  const std::string why = "This looks like a card number; none is taken or kept here.";
  return base::Error{base::Code::kInvalid,
                     "card_number_refused",
                     why,
                     {{std::string(field), "card_number_refused", why}}};
}

bool is_card_number(std::string_view text) {
  return text.find_first_not_of("0123456789- ") == std::string_view::npos &&
         holds_card_number(text);
}

base::Status refuse_card_number_as_key(std::string_view key) {
  return is_card_number(key) ? refuse_card_number("Idempotency-Key", key) : base::ok_status();
}

}  // namespace ashlar::payments
