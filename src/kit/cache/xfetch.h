// XFetch: which reader renews an entry before it expires, so that not all of them do when it has.
//
// Each reader of an entry draws u, uniform in (0, 1], and renews it where
//     now - delta * beta * ln(u) >= expiry
// delta: how long the last load took; beta: 1 is the paper's optimum, more renews earlier. No
// reader knows of the others, yet few renew: a reader at a distance g before the expiry does with
// the probability exp(-g / (delta * beta)), so with n readers a load time the first one comes
// about delta * beta * ln(n) early.
//
// Pure, O(1), one logarithm, and none where the entry is far from its end: u is a multiple of
// 2^-53 (base::Random::unit), so -ln(u) <= 53 ln 2 = 36.74 and farther away nothing can happen.
// delta = 0 (not measured) renews nothing early. An expired entry (now >= expiry) is always due.
// A clock that stepped back makes entries look farther from their end: fewer early renewals.
//
// Source: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention",
// PVLDB 8(8), 2015.
#pragma once

#include <chrono>
#include <cmath>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

inline constexpr double kXFetchFarthest = 36.75;  // in units of delta * beta

// Whether a draw can matter at all. REQUIRES: delta >= 0, beta >= 0.
inline bool xfetch_possible(base::Mono now, base::Mono expiry, std::chrono::nanoseconds delta,
                            double beta) {
  CHECK(delta.count() >= 0 && beta >= 0);
  return static_cast<double>((expiry - now).count()) <=
         static_cast<double>(delta.count()) * beta * kXFetchFarthest;
}

// REQUIRES: delta >= 0, beta >= 0, 0 < u <= 1.
inline bool xfetch_due(base::Mono now, base::Mono expiry, std::chrono::nanoseconds delta,
                       double beta, double u) {
  CHECK(u > 0 && u <= 1);
  if (!xfetch_possible(now, expiry, delta, beta)) return false;
  const double early = -static_cast<double>(delta.count()) * beta * std::log(u);
  return static_cast<double>((expiry - now).count()) <= early;
}

}  // namespace ashlar::kit
