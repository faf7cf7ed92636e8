#include "modules/payments/reconcile/decimal.h"

#include <algorithm>

namespace ashlar::payments::reconcile {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One more digit; false beyond kMaxMoney.
bool push(Money& value, char digit) {
  value = value * 10 + (digit - '0');
  return value <= kMaxMoney;
}

}  // namespace

std::optional<Money> parse_decimal(std::string_view text, int digits) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = point < text.size() ? text.substr(point + 1) : std::string_view();
  if (whole.empty() || (point < text.size() && part.empty())) return std::nullopt;
  if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(part, is_digit)) {
    return std::nullopt;
  }
  Money value = 0;
  for (const char c : whole) {
    if (!push(value, c)) return std::nullopt;
  }
  const auto kept = static_cast<std::size_t>(digits);
  for (std::size_t i = 0; i < kept; ++i) {
    if (!push(value, i < part.size() ? part[i] : '0')) return std::nullopt;
  }
  for (std::size_t i = kept; i < part.size(); ++i) {
    if (part[i] != '0') return std::nullopt;
  }
  return negative ? -value : value;
}

}  // namespace ashlar::payments::reconcile
