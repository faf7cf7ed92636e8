// A window of time as people write it: "300", "300s", "5m", "1h", "1d".
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace ashlar::activity {

// nullopt: something else, or not 1 second to 1 day.
std::optional<base::Seconds> parse_window(std::string_view text);

}  // namespace ashlar::activity
