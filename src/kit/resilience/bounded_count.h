// raise_below(): count + 1, unless it has reached the bound; one CAS. What AdaptiveLimit lets in
// by.
#pragma once

#include <atomic>
#include <cstdint>

namespace ashlar::kit {

// False: the count is as it was. Else `now` is the new one. Any thread.
inline bool raise_below(std::atomic<std::uint32_t>& count, std::uint32_t bound,
                        std::uint32_t& now) {
  std::uint32_t old = count.load(std::memory_order_relaxed);
  do {
    if (old >= bound) return false;
  } while (!count.compare_exchange_weak(old, old + 1, std::memory_order_relaxed));
  now = old + 1;
  return true;
}

}  // namespace ashlar::kit
