// Latencies: what the load generators keep of each answer, in microseconds, and print at the end.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

class Latencies {
 public:
  void add(std::chrono::nanoseconds latency) {
    all_.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(latency).count()));
  }
  void add(const Latencies& other) {
    all_.insert(all_.end(), other.all_.begin(), other.all_.end());
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

  // Of no answers: 0.
  std::uint32_t at(double share) {
    if (all_.empty()) return 0;
    if (!std::ranges::is_sorted(all_)) std::ranges::sort(all_);
    const auto index = static_cast<std::size_t>(share * static_cast<double>(all_.size()));
    return all_[std::min(all_.size() - 1, index)];
  }

  void print(const char* prefix) {
    if (all_.empty()) return;
    constexpr std::array<std::pair<const char*, double>, 5> kWanted{
        {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}}};
    for (const auto& [name, share] : kWanted) std::printf("%s%s_us=%u\n", prefix, name, at(share));
  }

 private:
  std::vector<std::uint32_t> all_;
};
