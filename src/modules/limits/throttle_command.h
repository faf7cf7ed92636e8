// ThrottleCommand: redis-cell's CL.THROTTLE: its arguments, and its answer's five numbers.
//
//   CL.THROTTLE key max_burst count_per_period period_s [quantity]
//   -> limited (0, 1), limit, remaining, retry_after_s (-1: allowed, or never), reset_after_s
//
// What redis-cell (0.3.1 and its newest source) does with any arguments that make sense, this does
// too: GCRA with capacity max_burst + 1; quantity 0 looks and takes nothing; times are whole
// seconds, rounded up from the millisecond; errors begin with "Cell error: ".
// Differences: (a) negative numbers are refused (there a negative quantity gives back, by an
// accident of signs); (b) the time that one unit takes is exact, there cut to a nanosecond, and to
// a microsecond for `remaining`; (c) any bytes are a key, there it must be UTF-8; (d) numbers
// beyond kit/rate/bounds.h are refused, there they wrap. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kit/rate/decision.h"

namespace ashlar::limits {

struct ThrottleRate {
  std::int64_t max_burst = 0;
  std::int64_t count = 0;
  std::int64_t period_s = 0;

  friend auto operator<=>(const ThrottleRate&, const ThrottleRate&) = default;
};

struct ThrottleCommand {
  std::string_view key;
  ThrottleRate rate;
  std::uint64_t quantity = 1;
};

// `words`: with the command's own name. Error: kInvalid throttle_arguments; `detail` is the text of
// the answer, "Cell error: …".
base::Result<ThrottleCommand> parse_throttle(std::span<const std::string_view> words);

std::array<std::int64_t, 5> throttle_answer(const kit::Decision& decision);

}  // namespace ashlar::limits
