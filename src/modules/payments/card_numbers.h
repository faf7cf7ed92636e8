// Card numbers: texts that look as if one had been typed into them are refused before anything is
// stored or logged, so that this program never has one to lose.
//
// A number looks so: 13 to 19 digits as the networks give them out (the first from 2 to 6; 2 has 16
// digits, 4 has 13, 16 or 19; times in milliseconds and most order numbers begin otherwise), one to
// three blanks (tabs, no-break spaces) between any two of them allowed, or one dash or dot where
// they stand in the groups that cards are written in; the last one right by Luhn's sum (ISO/IEC
// 7812-1). It may stand anywhere in the text, but not inside a longer run of digits, and not inside
// a digest (24 characters of hexadecimal or more): one random UUID in 3,700 and one SHA-256 in 500
// would look so otherwise. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace ashlar::payments {

bool holds_card_number(std::string_view text);
// The text is one and nothing else: the rule for what machines make, with digits of chance.
bool is_card_number(std::string_view text);

// kInvalid card_number_refused with the field's JSON pointer. The text itself is in no detail.
base::Status refuse_card_number(std::string_view field, std::string_view text);
// The same for an Idempotency-Key that is_card_number.
base::Status refuse_card_number_as_key(std::string_view key);

}  // namespace ashlar::payments
