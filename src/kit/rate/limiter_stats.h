// LimiterStats: how full a limiter_map.h is and what became of its keys.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ashlar::kit {

struct LimiterStats {
  std::size_t keys = 0;         // idle ones not yet reclaimed included
  std::size_t bytes = 0;        // of slots
  std::uint64_t reclaimed = 0;  // idle keys whose slots were taken back
  std::uint64_t evicted = 0;    // keys that still counted, given up because the stripe was full

  LimiterStats& operator+=(const LimiterStats& other) {
    keys += other.keys;
    bytes += other.bytes;
    reclaimed += other.reclaimed;
    evicted += other.evicted;
    return *this;
  }
};

}  // namespace ashlar::kit
