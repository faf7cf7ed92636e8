// Tally: what became of the calls that were due in one stretch of time, or in all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>

#include "latencies.h"

struct Tally {
  std::size_t ok = 0;
  std::size_t over = 0;
  std::size_t wrong = 0;
  std::size_t broken = 0;
  std::size_t unreachable = 0;
  std::map<int, std::size_t> failed;  // by gRPC status
  Latencies latencies;                // of gRPC status 0

  void add(const Tally& other) {
    ok += other.ok;
    over += other.over;
    wrong += other.wrong;
    broken += other.broken;
    unreachable += other.unreachable;
    for (const auto& [status, count] : other.failed) failed[status] += count;
    latencies.add(other.latencies);
  }

  [[nodiscard]] std::size_t failures() const {
    std::size_t all = 0;
    for (const auto& [status, count] : failed) all += count;
    return all;
  }

  void print_line(std::int64_t at_ms) {
    std::printf(
        "timeline %lld ok=%zu over=%zu failed=%zu broken=%zu unreachable=%zu wrong=%zu "
        "p50_us=%u p99_us=%u max_us=%u\n",
        static_cast<long long>(at_ms), ok, over, failures(), broken, unreachable, wrong,
        latencies.at(0.5), latencies.at(0.99), latencies.at(1));
  }
};
