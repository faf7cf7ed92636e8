// Card numbers: texts that look as if one had been typed into them are refused before anything is
// stored or logged, so that this program never has one to lose.
//
// A number looks so: 13 to 19 digits, one blank or dash between any two of them allowed, the first
// from 2 to 6 (as all networks' are; times in milliseconds and most order numbers begin otherwise),
// the last one right by Luhn's sum (ISO/IEC 7812-1). It may stand anywhere in the text, but not
// inside a longer run of digits. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace ashlar::payments {

bool holds_card_number(std::string_view text);

// kInvalid card_number_refused with the field's JSON pointer. The text itself is in no detail.
base::Status refuse_card_number(std::string_view field, std::string_view text);

}  // namespace ashlar::payments
