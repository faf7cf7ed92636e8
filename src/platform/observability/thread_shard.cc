#include "platform/observability/thread_shard.h"

#include <bit>

namespace ashlar::obs {
namespace {

constinit std::atomic<std::uint32_t> free_shards{(1U << kSharedShard) - 1};

struct Lease {
  std::size_t shard;

  ~Lease() {
    // Destructors of other thread_local objects may still record; from now on they share.
    thread_shard_index = kSharedShard;
    if (shard != kSharedShard) free_shards.fetch_or(1U << shard, std::memory_order_release);
  }
};

std::size_t take_free_shard() noexcept {
  std::uint32_t free = free_shards.load(std::memory_order_relaxed);
  while (free != 0) {
    const std::uint32_t lowest = free & -free;
    if (free_shards.compare_exchange_weak(free, free & ~lowest, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
      return static_cast<std::size_t>(std::countr_zero(lowest));
    }
  }
  return kSharedShard;
}

}  // namespace

std::size_t claim_thread_shard() noexcept {
  thread_local const Lease lease{take_free_shard()};
  thread_shard_index = lease.shard;
  return lease.shard;
}

}  // namespace ashlar::obs
