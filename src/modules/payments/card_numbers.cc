#include "modules/payments/card_numbers.h"

#include <array>
#include <string>

namespace ashlar::payments {
namespace {

constexpr std::size_t kFewest = 13;
constexpr std::size_t kMost = 19;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_gap(char c) { return c == ' ' || c == '-'; }

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

// From `at`, the first digit of a group: whether some number of whole groups makes a card number.
bool begins_card_number(std::string_view text, std::size_t at) {
  if (text[at] < '2' || text[at] > '6') return false;
  std::array<char, kMost> digits{};
  std::size_t count = 0;
  while (true) {
    while (at < text.size() && is_digit(text[at])) {
      if (count == kMost) return false;
      digits[count++] = text[at++];
    }
    if (count >= kFewest && passes_luhn({digits.data(), count})) return true;
    const bool goes_on = at + 1 < text.size() && is_gap(text[at]) && is_digit(text[at + 1]);
    if (!goes_on) return false;
    ++at;
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

}  // namespace ashlar::payments
