#include "kit/cache/brief_lock.h"

namespace ashlar::kit {
namespace {

// A holder that runs is done within some tens of nanoseconds; one that was preempted is not, and
// then spinning only takes the processor from it.
constexpr int kSpins = 100;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void BriefLock::lock_slowly() {
  for (int i = 0; i < kSpins; ++i) {
    if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    relax();
  }
  // Whoever slept takes the lock as contended: there may be others, of whom it knows nothing.
  while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
    state_.wait(kContended, std::memory_order_relaxed);
  }
}

}  // namespace ashlar::kit
