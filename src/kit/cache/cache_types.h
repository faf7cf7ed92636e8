// The words that Cache and its callers share: options, what became of a put, a token, counters.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

// No deadline. Any TTL that would end past it means the same.
inline constexpr std::chrono::nanoseconds kNoTtl = std::chrono::nanoseconds::max();
// The deadline of an entry that has none.
inline constexpr base::Mono kNever = base::Mono::max();

struct CacheOptions {
  std::uint64_t capacity = 0;  // sum of weights. REQUIRES: > 0
  std::uint32_t stripes = 0;   // a power of two <= capacity; 0: one per 256 of capacity, at most 64
  std::uint64_t seed = 0;      // of the hash

  [[nodiscard]] std::size_t stripe_count() const {
    CHECK(capacity > 0);
    if (stripes == 0) return std::bit_floor(std::clamp<std::uint64_t>(capacity / 256, 1, 64));
    CHECK(std::has_single_bit(stripes) && stripes <= capacity && stripes <= kMaxStripes);
    return stripes;
  }
  static constexpr std::uint32_t kMaxStripes = 1 << 16;
};

enum class CachePut : std::uint8_t {
  kInserted,
  kReplaced,    // a live entry; an expired one counts as absent
  kPresent,     // put_if_absent: a live entry is there, and stays
  kSuperseded,  // put_if_token: a change came after the token; what is stored stays
  kTooHeavy,    // heavier than a stripe or than 2^29 - 1: not stored, and what was there is gone
  kExpired,     // ttl <= 0: the same
};

// What put_if_token compares; opaque.
struct CacheToken {
  std::uint64_t version = 0;
  bool operator==(const CacheToken&) const = default;
};

struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;          // absent or expired
  std::uint64_t inserts = 0;         // puts of a key that had no live entry
  std::uint64_t replacements = 0;    // puts of a key that had one
  std::uint64_t refusals = 0;        // puts that stored nothing: kSuperseded, kTooHeavy, kExpired
  std::uint64_t evictions_live = 0;  // removed for want of room before their deadlines
  std::uint64_t evictions_expired = 0;  // removed for want of room after them
  std::uint64_t expirations = 0;        // found expired by the wheel, a read or a put
  std::uint64_t entries = 0;            // now, expired ones that were not found yet included
  std::uint64_t weight = 0;             // now
  std::uint64_t bytes = 0;              // now: all memory but what keys and values point to

  CacheStats& operator+=(const CacheStats& other);
};

inline CacheStats& CacheStats::operator+=(const CacheStats& other) {
  hits += other.hits;
  misses += other.misses;
  inserts += other.inserts;
  replacements += other.replacements;
  refusals += other.refusals;
  evictions_live += other.evictions_live;
  evictions_expired += other.evictions_expired;
  expirations += other.expirations;
  entries += other.entries;
  weight += other.weight;
  bytes += other.bytes;
  return *this;
}

}  // namespace ashlar::kit
