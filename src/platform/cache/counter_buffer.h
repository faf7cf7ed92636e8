// CounterBuffer: write-behind, for counters only: amounts are added up in memory and written in
// batches by their owner.
//
//   add() ──> sums by key ──flush(): take──> outgoing (number n) ──db.write──> gone
//                                               └─ not known ──> the same batch, the same number
//
// Promises
//  1. What was added before a flush() that returned ok is written, exactly once: the owner's
//  `claim`
//     records (writer, number) in the transaction that applies the batch, and says false where it
//     has been recorded before (a commit whose answer was lost).
//  2. Loss window: what was added since the last flush() that returned ok is lost when the process
//     dies; so flush() every interval i loses at most i and the time of one commit.
//  3. Bounded: beyond max_keys distinct keys an add() is refused (false) and counted in dropped().
//     Amounts of keys that are there already are never refused.
// Not for values: the last of several writes cannot be added up, and a reader of the source would
// not see it.
//
// Memory: max_keys entries of the map and as many outgoing. O(1) an add, under one mutex.
// Threads: add() any; flush() by one at a time (it locks).
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "base/result.h"
#include "kit/cache/cache_hash.h"
#include "platform/storage/context.h"

namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::cache {

class CounterBuffer {
 public:
  using Batch = std::vector<std::pair<std::string, std::int64_t>>;  // sorted by key
  struct Sink {
    // Records that this batch is written in this transaction. False: it was before.
    std::function<base::Result<bool>(storage::Transaction&, std::int64_t writer, std::int64_t seq)>
        claim;
    std::function<base::Status(storage::Transaction&, const Batch&)> apply;
  };

  CounterBuffer(std::size_t max_keys, Sink sink, base::Entropy& entropy);

  bool add(std::string_view key, std::int64_t amount);
  // Writes what was added before it, and what an earlier one could not write.
  base::Status flush(storage::Database& db, const storage::Context& context);

  [[nodiscard]] std::uint64_t dropped() const;
  [[nodiscard]] std::size_t waiting() const;  // keys not written yet

 private:
  struct Outgoing {
    std::int64_t seq = 0;
    Batch batch;
  };
  struct Hash {
    using is_transparent = void;
    kit::CacheHash<std::string> hash;
    std::size_t operator()(std::string_view key) const { return hash(key); }
  };

  bool take();
  base::Status write(storage::Database& db, const storage::Context& context);

  const std::size_t max_keys_;
  const Sink sink_;
  const std::int64_t writer_;

  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> sums_;
  std::uint64_t dropped_ = 0;

  mutable std::mutex flushing_;  // guards what follows; before mutex_
  std::optional<Outgoing> outgoing_;
  std::int64_t last_seq_ = 0;
};

}  // namespace ashlar::cache
