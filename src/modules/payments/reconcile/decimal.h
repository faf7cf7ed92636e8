// Decimal amounts of statements ("-12.30") and minor units (-1230): digits only, no floating point
// anywhere. How many of them a currency has, and the way back: base/currency.h.
#pragma once

#include <optional>
#include <string_view>

#include "modules/payments/payment.h"

namespace ashlar::payments::reconcile {

// An optional sign, digits, and after a point as many digits as the currency has (fewer are filled
// up, more must be zeros). nullopt for anything else, and beyond kMaxMoney either way.
std::optional<Money> parse_decimal(std::string_view text, int digits);

}  // namespace ashlar::payments::reconcile
