// MemoryState: the counts of all limits, kept in this process.
//
// Promises: those of batch.h, all of them, without exception: a batch is one atomic step also where
// its limits use different algorithms (the stripes of all its keys are locked, in one order). Who
// decides answers within the call: on_decided() is called before decide() returns, after the locks
// were released; the source is Source::kCount.
//
// Keys are 96-bit hashes of (Limit::id, key text) under a secret seed (kit/rate/limiter_key.h): no
// text is kept, and nobody can choose keys that collide. Counts are saved under that seed
// (state_snapshot.h), so who restores them needs the same.
//
// Memory: slots of 40 bytes, of 1,056 for sliding logs. At most three quarters of a table are in
// use and tables double: 53 to 107 bytes a key, 1.4 to 2.8 kB a key of a sliding log; in all at
// most max_keys * 53 + max_log_keys * 1,408 bytes, allocated as keys come. A key is there while
// something of it counts. Where a table is full, that one of 12 goes whose reset is soonest, and
// its count begins anew (stats(): evicted).
//
// O(asks); some 40 ns for one ask of a hot key and 130 ns among a million (limits_bench.cc). No
// allocation but that of a table that grows and of a batch's outcomes. Any thread.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/time.h"
#include "kit/rate/limiter_key.h"
#include "kit/rate/limiter_map.h"
#include "kit/rate/sliding_log_state.h"
#include "kit/siphash.h"
#include "modules/limits/key_state.h"
#include "modules/limits/limit.h"
#include "modules/limits/limit_state.h"

namespace ashlar::limits {

class MemoryState final : public LimitState {
 public:
  using LogState = kit::SlidingLogState<Limit::kLogEntries>;

  struct Options {
    std::size_t max_keys = 1'000'000;
    std::size_t max_log_keys = 0;  // of sliding logs; 0: a sixteenth of max_keys
  };
  struct Stats {
    kit::LimiterStats counts;
    kit::LimiterStats logs;
  };

  // REQUIRES: 1 <= max_keys <= 2^34, max_log_keys <= 2^34.
  MemoryState(const Options& options, const kit::SipKey& seed);

  // REQUIRES: at most Batch::kMaxAsks asks, each with a limit.
  void decide(Batch& batch, base::Mono now) override;

  [[nodiscard]] Stats stats() const;

  // For who saves and restores (state_snapshot.h).
  [[nodiscard]] const kit::SipKey& seed() const { return seed_; }
  [[nodiscard]] kit::LimiterMap<KeyState>& counts() { return counts_; }
  [[nodiscard]] kit::LimiterMap<LogState>& logs() { return logs_; }
  // Whether there was a decision since it was last asked.
  bool take_changed() { return changed_.exchange(false); }

 private:
  class Step;

  void decide_one(Batch& batch, base::Mono now);
  void decide_together(Batch& batch, base::Mono now);
  void mark_changed() {  // a cache line that is written once and then only read
    if (!changed_.load(std::memory_order_relaxed)) changed_.store(true);
  }

  const kit::SipKey seed_;
  const kit::LimiterKeyHasher hasher_;
  kit::LimiterMap<KeyState> counts_;
  kit::LimiterMap<LogState> logs_;
  std::atomic<bool> changed_{false};
};

}  // namespace ashlar::limits
