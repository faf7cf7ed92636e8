// CardSent: the parts of a card that a client may send. Its number may not. Pure.
#pragma once

#include <optional>
#include <string>

#include "modules/payments/profile/params.h"

namespace ashlar::payments::profile {

struct CardSent {
  std::string token;  // the provider's; "tok_visa" of clients' tests is "pm_card_visa"
  std::optional<int> exp_month, exp_year;
};
// Of the parameter `card`.
CardSent card_in(Params& params);
// Of `payment_method_data`: a means of payment that is used and not stored.
std::optional<std::string> token_in_method_data(Params& params);

}  // namespace ashlar::payments::profile
