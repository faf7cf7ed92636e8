// parse(): JSON text from outside into a Value, strictly (RFC 8259) and in bounded time and memory.
//
// What is laxer elsewhere is refused here: two readers of one text must not see two things, and
// what is taken must be storable. Error{kInvalid, reason}; the detail says at which byte.
//   invalid_json         not JSON: syntax, comments, NaN, a byte order mark, half of a surrogate
//                        pair, text after the value, no text at all
//   invalid_utf8         not UTF-8 (RFC 3629)
//   duplicate_key        an object has the same key twice; the detail names it
//   nul_character        "\u0000" in a string or key: PostgreSQL cannot store it
//   number_out_of_range  without fraction and exponent: beyond int64. With: too large or too small
//                        for a double (it would become infinity or zero)
//   too_deep             more arrays and objects inside each other than limits.max_depth
//   too_many_values      more values in the document than limits.max_values
// No value of the input appears in a detail, keys aside. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "platform/json/value.h"

namespace ashlar::json {

struct ParseLimits {
  std::size_t max_depth = 32;
  std::size_t max_values = 10'000;  // scalars, arrays and objects, altogether
};

base::Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

}  // namespace ashlar::json
