// BriefLock: a mutex of four bytes for critical sections of some tens of nanoseconds. Spins a
// little, then sleeps in the kernel (std::atomic::wait). Not fair, not recursive.
//
// Source: the three-state lock of Drepper, "Futexes are tricky" (2011). About half the cost of
// std::mutex where nobody waits: two atomic instructions, no call.
#pragma once

#include <atomic>

namespace ashlar::kit {

// Fits std::lock_guard.
class BriefLock {
 public:
  BriefLock() = default;
  BriefLock(const BriefLock&) = delete;
  BriefLock& operator=(const BriefLock&) = delete;

  void lock() {
    if (!try_lock()) lock_slowly();
  }
  bool try_lock() {
    int expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) state_.notify_one();
  }

 private:
  static constexpr int kFree = 0;
  static constexpr int kHeld = 1;
  static constexpr int kContended = 2;  // held, and somebody may sleep

  void lock_slowly();

  std::atomic<int> state_{kFree};
};

}  // namespace ashlar::kit
