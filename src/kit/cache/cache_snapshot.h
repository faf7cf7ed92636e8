// A cache's entries as bytes: save_cache() writes them, load_cache() puts them back, so that a new
// process starts warm.
//
//   header   "ashcache", u32 format (1), u32 schema, i64 taken at (us since 1970), u64 checksum
//   block    u32 bytes, u32 records, u64 checksum, then the records; some 64 KiB of them
//   record   i64 remaining ns (INT64_MAX: no deadline), u32 weight, u32 key bytes, u32 value bytes,
//            key, value
//   end      a block of 0 bytes and 0 records
// Little-endian. A block's checksum (SipHash-2-4 keyed by the header's, so not of use against
// forgery) covers its number, counts and records: blocks that are damaged, missing, repeated or of
// another snapshot are found before one of their entries is used.
//
// Promises: any bytes give a Result, never a crash, and at most kMaxBlockBytes of memory. After an
// error the entries of the blocks before it are there. Deadlines go on while the process is down,
// by the wall clock: what expired meanwhile is left out (a wall clock that stepped back adds
// nothing to what remained). Entries come back in the order in which each stripe would evict them;
// S3Fifo's counts start anew.
//
// Stale values: an entry is as old as its snapshot. Load before the cache is used (a key that is
// there already is kept), then erase what changed since the snapshot was taken, or store only what
// may be as old as its TTL.
//
// A Codec turns keys and values into bytes and back:
//   static constexpr std::uint32_t kSchema = …;     // changes when the bytes do
//   void write_key(const Key&, std::string& out) const;      // appends
//   void write_value(const Value&, std::string& out) const;
//   std::optional<Key> read_key(std::string_view) const;     // nullopt: not what write_key wrote
//   std::optional<Value> read_value(std::string_view) const;
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kit/cache/cache_types.h"

namespace ashlar::kit {

// Takes all of the bytes.
using SnapshotSink = std::function<base::Status(std::string_view)>;
// Fills the room from its beginning and says how far; 0 only at the end.
using SnapshotSource = std::function<base::Result<std::size_t>(std::span<char>)>;

struct SnapshotRecord {
  std::chrono::nanoseconds remaining = kNoTtl;
  std::uint32_t weight = 1;
  std::string_view key;  // valid until the next call
  std::string_view value;
};

// Writes in two steps, so that entries are encoded under a lock and written without it.
class CacheSnapshotWriter {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;      // filled up to about this
  static constexpr std::size_t kMaxRecordBytes = std::size_t{16} << 20;  // of key and value
  static constexpr std::size_t kMaxBlockBytes = kBlockBytes + kMaxRecordBytes + 64;

  CacheSnapshotWriter(SnapshotSink sink, std::uint32_t schema, base::Time taken_at);

  // Memory only. False: larger than kMaxRecordBytes, and left out.
  bool add(const SnapshotRecord& record);
  // Gives the sink what was added. The last call has `last` set.
  base::Status flush(bool last);

 private:
  struct Block {
    std::string records;
    std::uint32_t count = 0;
  };

  SnapshotSink sink_;
  std::string header_;  // empty once written
  std::uint64_t checksum_key_ = 0;
  std::uint64_t written_ = 0;  // blocks
  std::vector<Block> blocks_;
};

class CacheSnapshotReader {
 public:
  explicit CacheSnapshotReader(SnapshotSource source) : source_(std::move(source)) {}

  // Comes first. When the snapshot was taken.
  base::Result<base::Time> open(std::uint32_t schema);
  // False: the end, rightly marked.
  base::Result<bool> next(SnapshotRecord& record);

 private:
  base::Status fill(std::size_t bytes);
  base::Result<bool> next_block();

  SnapshotSource source_;
  std::uint64_t checksum_key_ = 0;
  std::uint64_t read_ = 0;  // blocks
  std::string buffer_;
  std::string_view rest_;  // of the block's records
  std::uint32_t records_left_ = 0;
};

// What remains of a deadline: kNoTtl for kNever and for more than fits.
std::chrono::nanoseconds snapshot_remaining(base::Mono deadline, base::Mono now);
// What remains of it after so long; 0 or less: nothing.
std::chrono::nanoseconds snapshot_ttl(std::chrono::nanoseconds remaining, base::Micros later);

struct SnapshotCounts {
  std::size_t entries = 0;
  std::size_t left_out = 0;  // saving: too large; loading: expired, already there or too heavy
};

// Goes stripe by stripe: each is encoded under its lock (some 50 ns an entry), written without it.
// Entries that change meanwhile are saved as they were when their stripe's turn came, or not at
// all.
template <class Cache, class Codec>
base::Result<SnapshotCounts> save_cache(Cache& cache, const SnapshotSink& sink, base::Mono now,
                                        base::Time wall_now, const Codec& codec) {
  CacheSnapshotWriter writer(sink, Codec::kSchema, wall_now);
  SnapshotCounts counts;
  std::string key_bytes;
  std::string value_bytes;
  for (std::size_t stripe = 0; stripe < cache.stripes(); ++stripe) {
    cache.for_each_in(
        stripe, now,
        [&](const auto& key, const auto& value, base::Mono deadline, std::uint32_t weight) {
          key_bytes.clear();
          value_bytes.clear();
          codec.write_key(key, key_bytes);
          codec.write_value(value, value_bytes);
          const bool added =
              writer.add({snapshot_remaining(deadline, now), weight, key_bytes, value_bytes});
          ++(added ? counts.entries : counts.left_out);
        });
    ASHLAR_TRY(writer.flush(stripe + 1 == cache.stripes()));
  }
  return counts;
}

// Errors: kInvalid with the reason "snapshot_damaged" or "snapshot_schema" (another program's or
// version's), or the source's own.
template <class Cache, class Codec>
base::Result<SnapshotCounts> load_cache(Cache& cache, const SnapshotSource& source, base::Mono now,
                                        base::Time wall_now, const Codec& codec) {
  CacheSnapshotReader reader(source);
  ASHLAR_ASSIGN(const base::Time taken_at, reader.open(Codec::kSchema));
  const auto down = std::max(base::Micros{0}, wall_now - taken_at);
  SnapshotCounts counts;
  SnapshotRecord record;
  for (;;) {
    ASHLAR_ASSIGN(const bool more, reader.next(record));
    if (!more) return counts;
    auto key = codec.read_key(record.key);
    auto value = codec.read_value(record.value);
    if (!key || !value) {
      return base::fail(base::Code::kInvalid, "snapshot_damaged", "a key or value does not decode");
    }
    const auto ttl = snapshot_ttl(record.remaining, down);
    const CachePut put = cache.put_if_absent(*key, std::move(*value), now, ttl, record.weight);
    ++(put == CachePut::kInserted ? counts.entries : counts.left_out);
  }
}

}  // namespace ashlar::kit
