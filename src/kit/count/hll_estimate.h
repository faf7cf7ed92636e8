// hll_estimate: how many different keys the registers of a HyperLogLog tell of.
//
// The estimator of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
// (2017), algorithm 6, for 64-bit hashes: no empirical bias tables, right from 0 to far beyond
// 10^15 keys. Pure.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ashlar::kit {

// How many registers hold each value, 0 to 64 - precision + 1.
using HllHistogram = std::array<std::uint32_t, 66>;

// The position of the first 1 behind the bits that choose the register, from 1: what a register
// keeps the greatest of.
struct HllHit {
  std::uint32_t index = 0;
  std::uint8_t rank = 0;
};

// REQUIRES: 4 <= precision <= 18.
constexpr HllHit hll_hit(std::uint64_t hash, unsigned precision) {
  const std::uint64_t rest = hash << precision | std::uint64_t{1} << (precision - 1);
  return {static_cast<std::uint32_t>(hash >> (64 - precision)),
          static_cast<std::uint8_t>(std::countl_zero(rest) + 1)};
}

namespace detail {

// The series of the paper, summed up until they stand still (below 60 steps).
inline double hll_sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double y = 1.0;
  double z = x;
  for (double before = -1.0; z != before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

inline double hll_tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double y = 1.0;
  double z = 1.0 - x;
  for (double before = -1.0; z != before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1.0 - x) * (1.0 - x) * y;
  }
  return z / 3.0;
}

}  // namespace detail

// REQUIRES: 4 <= precision <= 18; the histogram's sum is 2^precision.
inline double hll_estimate(const HllHistogram& with, unsigned precision) {
  const unsigned q = 64 - precision;
  const auto m = static_cast<double>(std::uint64_t{1} << precision);
  double z = m * detail::hll_tau(1.0 - with[q + 1] / m);
  for (unsigned value = q; value >= 1; --value) z = 0.5 * (z + with[value]);
  z += m * detail::hll_sigma(with[0] / m);
  return m * m / (2.0 * std::log(2.0)) / z;
}

}  // namespace ashlar::kit
