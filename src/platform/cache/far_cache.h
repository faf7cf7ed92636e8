// FarCache: a cache shared by all instances, outside of the process (Redis): what its store must do
// so that no value in it is ever older than a change that has been announced to it.
//
// One key's states, each arrow one atomic step of the store:
//
//        look_up(): kLease              store() with that lease
//   none ───────────────────> leased ────────────────────────> value   look_up(): kHit
//    ^ ^                       │  │   look_up(): kBusy           │ │
//    │ ├── release(), erase(),─┘  │                              │ │
//    │ │   unblock(), its time      └────────── block() ─────┐     │ │
//    │ └── erase(), unblock(), its ttl, another epoch ──────│─────┘ │
//    │                                                      v       v
//    └── unblock() of the last who blocked, its time ─── blocked <── block() from any state
//                                                          look_up(): kBlocked
// Invariants
//  1. store() puts a value only while the key holds the very lease that look_up() gave: whatever
//     came between (a block, an erase, an unblock, another's lease, an epoch) refuses it.
//  2. From the return of block() to the unblock() of the same change nobody gets a lease and nobody
//     a value, whoever else blocks and unblocks; a block ends after its time even if who blocked is
//     gone. At most kMaxBlocks changes of a key at once.
//  3. unblock() where no block is (the store has forgotten it) removes what is there; where only
//     others' are, it leaves them.
//  4. renew_epoch() makes all values and leases void at once, blocks not. A store that has been
//     restarted (it may have come back with an older state) has a new epoch before it is used.
//  5. Every call ends within the implementation's deadline. Failure (kDown, false) says nothing of
//     whether the step happened.
// Threads: any. `keys` are bytes, whole: FarRegion puts the region's name before them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ashlar::cache {

enum class FarAnswer : std::uint8_t {
  kHit,      // value
  kLease,    // nothing there; the caller loads, and may store with `lease`
  kBusy,     // another has the lease
  kBlocked,  // it is being changed
  kDown,
};

struct FarLookup {
  FarAnswer answer = FarAnswer::kDown;
  std::uint64_t lease = 0;
  std::string value{};
};

enum class FarStored : std::uint8_t { kStored, kSuperseded, kDown };

// How values are written, four characters. One in another format is as none, and is replaced.
using FarFormat = std::string;

inline constexpr std::size_t kMaxBlocks = 64;

class FarCache {
 public:
  using Keys = std::span<const std::string>;
  virtual ~FarCache() = default;

  // One answer a key, in one round trip. `lease_time`: no load takes longer.
  virtual std::vector<FarLookup> look_up(Keys keys, const FarFormat& format,
                                         base::Millis lease_time) = 0;
  virtual FarStored store(const std::string& key, std::uint64_t lease, const FarFormat& format,
                          std::string_view value, base::Millis ttl) = 0;
  // Gives the lease back without a value.
  virtual void release(const std::string& key, std::uint64_t lease) = 0;

  // `who` is the change's own, of 64 random bits.
  virtual bool block(Keys keys, std::uint64_t who, base::Millis at_most) = 0;
  virtual bool unblock(Keys keys, std::uint64_t who) = 0;
  // Removes values and leases, not blocks.
  virtual bool erase(Keys keys) = 0;
  virtual bool renew_epoch() = 0;

  // Called again and again by a thread that may wait: connects anew and the like.
  virtual void tend() = 0;
};

}  // namespace ashlar::cache
