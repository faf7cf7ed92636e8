// Zipf: ranks 1 to n, rank k with the probability 1/k over the n-th harmonic number (exponent 1.0):
// how often the first, second, third most popular thing of n is asked for. For benchmarks.
//
// Rejection-inversion (Hörmann and Derflinger, 1996): no table, so n may be anything; some 1.05
// tries a draw. Immutable; the chance is the caller's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/check.h"
#include "base/random.h"

namespace ashlar::kit {

class Zipf {
 public:
  // REQUIRES: n > 0.
  explicit Zipf(std::uint64_t n)
      : n_(n), low_(std::log(1.5) - 1.0), high_(std::log(static_cast<double>(n) + 0.5)) {
    CHECK(n > 0);
  }

  std::uint64_t draw(base::Random& random) const {
    for (;;) {
      const double u = high_ + random.unit() * (low_ - high_);
      const double x = std::exp(u);
      const double k = std::clamp(std::round(x), 1.0, static_cast<double>(n_));
      if (k - x <= kSurelyWithin || u >= std::log(k + 0.5) - 1.0 / k) {
        return static_cast<std::uint64_t>(k);
      }
    }
  }

 private:
  static constexpr double kSurelyWithin =
      0.48367335;  // 2 - exp(ln 2.5 - 1/2): saves most logarithms

  std::uint64_t n_;
  double low_;   // the integral of 1/x up to 1.5, less the first rank's whole weight
  double high_;  // the integral up to n + 1/2
};

}  // namespace ashlar::kit
