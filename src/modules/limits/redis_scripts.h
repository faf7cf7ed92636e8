// The script by which RedisState decides: one call a decision, whatever its limits (redis_step.h
// has the other half: what goes in, and what the answer means).
//
// Time is in microseconds since the Unix epoch and everything is a whole number below 2^53, which
// Lua's numbers hold exactly. Where a product would not fit (the sliding counter's), it is divided
// digit by digit. The script only moves states on; when to retry and what remains the caller works
// out from the states that it is told: those before the decision.
//
// KEYS: one an ask; a key may come again.
// ARGV: now; "a" (all or none) or "e" (each); then one string an ask:
//   c1 algorithm   "w" fixed window, "c" sliding counter, "l" sliding log, "g" GCRA
//   c1 action      "t" take, "p" peek, "r" refund, "c" charge
//   c1 kind        "n" normal, "s" shadow, "q" quota mode, "b" both
//   d  cost
//   7d w: limit
//      c: limit, end of the window that now is in, period
//      l: limit, period, grain, grain's offset
//      g: cost's time and rest, fill's time and rest, amount, period, 1 if the cost never fits
//   d  time to live, in milliseconds
// Answer: 1 or 0 (allowed), then for each ask what its key held, nil where it held nothing:
//   w  decimal digits, as INCRBY has them       c  3 doubles: end, current, previous
//   l  pairs of doubles: when, cost             g  2 doubles: TAT, rest
// Doubles are little-endian.
#pragma once

#include <string_view>

namespace ashlar::limits {

extern const std::string_view kDecideScript;

// The same for a batch of nothing but takes from fixed windows, each with a key of its own: the
// common case, in a third of the time.
// ARGV: "a" or "e"; then limit, cost, kind, time to live of each. Answers as kDecideScript does.
extern const std::string_view kWindowsScript;

}  // namespace ashlar::limits
