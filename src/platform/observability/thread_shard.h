// Thread shards: which of a metric's kShards cells the calling thread writes.
//
// The first kShards - 1 threads that record anything own a shard each until they end; the rest
// share the last one. An owned cell has one writer, so adding to it is a relaxed load and store
// instead of a locked instruction (1 ns instead of 5); the shared one needs the locked add.
//
//   free --claim_thread_shard()--> owned by one thread --the thread ends--> free
//
// Invariants:
//   1. At any time at most one live thread holds a given owned shard.
//   2. A new owner sees every add of the previous one (release on leaving, acquire on claiming).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ashlar::obs {

inline constexpr std::size_t kShards = 16;
inline constexpr std::size_t kSharedShard = kShards - 1;
inline constexpr std::size_t kUnclaimedShard = kShards;
inline constexpr std::size_t kCacheLineBytes = 64;

// Constant-initialised and trivial, so that reading it needs no guard and stays valid while other
// thread_local objects are destroyed.
inline constinit thread_local std::size_t thread_shard_index = kUnclaimedShard;

std::size_t claim_thread_shard() noexcept;

inline std::size_t thread_shard() noexcept {
  const std::size_t shard = thread_shard_index;
  return __builtin_expect(shard != kUnclaimedShard, 1) ? shard : claim_thread_shard();
}

// Adds to a cell of the calling thread's shard. REQUIRES: shard == thread_shard().
template <class T>
void add_in_shard(std::atomic<T>& cell, T by, std::size_t shard) noexcept {
  if (shard != kSharedShard) {
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  } else {
    cell.fetch_add(by, std::memory_order_relaxed);
  }
}

}  // namespace ashlar::obs
