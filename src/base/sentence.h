// sentence: a clause as a sentence: "the name is taken" is "The name is taken.".
//
// Messages are written as clauses, so that they can stand after "ashlar: " on standard error or
// inside another message; where one stands alone before a reader it is made a sentence, here.
// What begins with a name ("links:read", "expires_at", "'x'", "≥ 1") keeps its first letter: a name
// is not spelt otherwise because it comes first.
#pragma once

#include <string>
#include <string_view>

namespace ashlar::base {

std::string sentence(std::string_view text);

}  // namespace ashlar::base
