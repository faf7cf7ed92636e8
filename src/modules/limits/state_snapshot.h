// StateSnapshot: the counts of a MemoryState in a file of the data folder, so that a restart does
// not begin all limits anew.
//
//   idle --tick(): due, and something was decided--> begin() --> writing
//   writing --tick(): a slice, copy() stripe after stripe--> writing --all copied--> finish() -->
//   idle writing --an error--> idle; what was in the file stays, and the next interval tries again
//
// What a restart loses:
//   1. After save(), at a clean stop: nothing, but for time that the process is down, which passes
//      for limits too.
//   2. After kill -9 or a power cut: what was taken since the last whole snapshot began: that is
//      `interval` at most, while writing takes less than half of it (1 million keys: some 2 s at
//      the bound below); else twice as long as writing takes.
//   3. And what is reset within `interval` anyway: such keys are not written, so limits by the
//      second are not kept at all, and cost nothing.
//   So never more than once what a key may take in that time, above its limit; and never less than
//   its limit, as states with a clock that has stepped are bounded by the kit.
//
// Cost: at most kSlice of work in each tick, and one part in kDuty of a core while it writes; 40
// bytes a key (logs: 32 and 16 for each entry). Deciders wait for the microseconds in which 256
// slots are copied. Nothing is written when nothing was decided or there is nothing to keep.
//
// The file is replaced as a whole (durable_file.h) and holds the seed of the keys' hash, so it is
// for its owner only. Reading it: state_bytes.h. One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kit/siphash.h"
#include "modules/limits/durable_file.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/state_bytes.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::limits {

class StateSnapshot {
 public:
  static constexpr base::Millis kTick{25};  // how often tick() should be called
  static constexpr std::chrono::nanoseconds kSlice{std::chrono::milliseconds(1)};
  static constexpr int kDuty = 20;

  struct Options {
    std::string path;
    std::chrono::nanoseconds interval{std::chrono::seconds(5)};
  };

  // `state` and `clock` outlive it.
  StateSnapshot(MemoryState& state, const base::Clock& clock, Options options);

  // The seed that the state needs so that restore() finds its keys; nullopt: there is no file, or
  // none that can be read, and any seed does.
  static std::optional<kit::SipKey> seed_of(const std::string& path);

  // Before the first decision. No file: nothing is restored. Errors: state_bytes.h's, and
  // kUnavailable, reason snapshot_read. Counts up to the error are restored; go on without the
  // rest.
  base::Result<StateCounts> restore();

  // A slice of work. Errors: durable_file.h's.
  base::Status tick();
  // All that counts, now, at one go.
  base::Status save();

  [[nodiscard]] bool writing() const { return writing_.has_value(); }
  // The instant as of which the file's counts are; before the first snapshot, of construction.
  [[nodiscard]] base::Mono kept_as_of() const { return kept_as_of_; }

 private:
  struct Writing {
    DurableFile file;
    StateWriter writer;
    base::Mono beyond;     // what is reset before is left out
    std::size_t next = 0;  // stripe: of the counts, then of the logs
  };

  base::Status begin(std::chrono::nanoseconds beyond);
  base::Status copy(std::chrono::nanoseconds slice);
  base::Status copy_next();
  [[nodiscard]] bool copied_all() const;
  base::Status finish();
  base::Status abandoned(base::Status status);

  MemoryState& state_;
  const base::Clock& clock_;
  const Options options_;
  std::optional<Writing> writing_;
  bool changed_ = false;         // since what is in the file
  bool kept_something_ = false;  // in the file
  base::Mono began_;
  base::Mono kept_as_of_;
  base::Mono due_;                                  // the next snapshot
  base::Mono rested_;                               // the next slice
  std::vector<kit::LimiterSlot<KeyState>> counts_;  // of one stripe; memory that is used again
  std::vector<kit::LimiterSlot<MemoryState::LogState>> logs_;
};

}  // namespace ashlar::limits
