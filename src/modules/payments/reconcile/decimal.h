// Decimal amounts of statements ("-12.30") and minor units (-1230): digits only, no floating point
// anywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "modules/payments/payment.h"

namespace ashlar::payments::reconcile {

// Digits behind the point of a currency (ISO 4217), 0 to 4; 2 for one that is not listed. Either
// case: "jpy", "JPY".
int currency_digits(std::string_view currency);

// An optional sign, digits, and after a point as many digits as the currency has (fewer are filled
// up, more must be zeros). nullopt for anything else, and beyond kMaxMoney either way.
std::optional<Money> parse_decimal(std::string_view text, int digits);
// REQUIRES: amount is within kMaxMoney either way.
std::string format_decimal(Money amount, int digits);

}  // namespace ashlar::payments::reconcile
