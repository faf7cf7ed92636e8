// The counts of a MemoryState as bytes (state_snapshot.h keeps them in a file).
//
//   header   "ashlimit", u32 format (1), u32 entries of a log (64), u64[2] the seed of the hash of
//            keys, i64 taken at (ns since 1970), u64 checksum
//   block    u32 kind (1: counts, 2: logs, 0: the end), u32 records, u32 bytes, u32 0, u64
//            checksum, then the records; some 64 KiB of them
//   count    u64 + u32 hash of the key, u32 when it is idle (kit/rate/limiter_slot.h), u64[3] words
//   log      the same of the key, u64 sum, u32 n, u32 0, then n times i64 when, u64 how much
// Little-endian. A block's checksum covers its number, its head and its records and is keyed by the
// header's: blocks that are damaged, missing, repeated or of another snapshot are found before one
// of their records is used. It does not help against forgery: who can write the file can.
//
// Promises of reading: any bytes give a Result, never a crash; memory for one block; every state is
// checked (logs: well_formed(); of the others any words are a state that the kit bounds), and none
// is kept for longer than a limit could need it. After an error the records of the blocks before it
// are there: each count stands for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "kit/rate/limiter_slot.h"
#include "kit/siphash.h"
#include "modules/limits/key_state.h"
#include "modules/limits/memory_state.h"

namespace ashlar::limits {

// Takes all of the bytes.
using StateSink = std::function<base::Status(std::string_view)>;
// Fills the room from its beginning and says how far; 0 only at the end.
using StateSource = std::function<base::Result<std::size_t>(std::span<char>)>;

class StateWriter {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
  static constexpr std::size_t kMaxBlockBytes = kBlockBytes + 2048;

  StateWriter(const kit::SipKey& seed, base::Mono taken_at);

  // Blocks go to the sink as they fill. After an error the writer is of no more use.
  base::Status add(std::span<const kit::LimiterSlot<KeyState>> counts, const StateSink& sink);
  base::Status add(std::span<const kit::LimiterSlot<MemoryState::LogState>> logs,
                   const StateSink& sink);
  base::Status finish(const StateSink& sink);

  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  base::Status flush(const StateSink& sink);
  base::Status write_block(const StateSink& sink);
  base::Status room_for(std::uint32_t kind, std::size_t bytes, const StateSink& sink);

  std::string header_;  // empty once written
  std::uint64_t checksum_key_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t records_ = 0;
  std::uint32_t kind_ = 0;  // of the block that is being filled
  std::uint32_t in_block_ = 0;
  std::string block_;
};

struct StateHeader {
  kit::SipKey seed{};
  base::Mono taken_at{};
  std::uint64_t checksum = 0;
};

struct StateCounts {
  std::uint64_t keys = 0;      // restored
  std::uint64_t left_out = 0;  // reset meanwhile, there already, or no state
};

// kInvalid: reasons snapshot_damaged, and snapshot_version (written by another version).
base::Result<StateHeader> read_state_header(const StateSource& source);
// And snapshot_seed: of a state with another seed, whose keys these are not.
base::Result<StateCounts> read_state(const StateSource& source, MemoryState& state, base::Mono now);

}  // namespace ashlar::limits
