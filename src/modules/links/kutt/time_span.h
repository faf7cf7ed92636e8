// time_span: how Kutt's clients say when a link expires: "2 minutes", "1.5h", "3 days", "30d".
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace ashlar::links::kutt {

// A number and a unit (ms, s, m, h, d, w, y, their names, in any case; without a unit
// milliseconds), more than nothing and at most 100 years. nullopt: it is none. Pure.
std::optional<base::Millis> parse_time_span(std::string_view text);

}  // namespace ashlar::links::kutt
