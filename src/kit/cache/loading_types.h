// What goes into a LoadingCache and comes out of it: Loaded, a loader's answer; Lookup, the cache's
// answer to its caller; its options and its figures.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "kit/cache/cache_types.h"
#include "kit/cache/single_flight.h"

namespace ashlar::kit {

// Made by one of the four functions; the fields are then set as the loader likes.
template <class Value, class Error>
struct Loaded {
  enum class Kind : unsigned char { kFound, kAbsent, kFailed, kGaveUp };

  // There is such a thing.
  static Loaded found(Value value) { return {Kind::kFound, std::move(value), {}}; }
  // There is none, and that is sure.
  static Loaded absent() { return {Kind::kAbsent, {}, {}}; }
  // The source did not say; whoever waits is told.
  static Loaded failed(Error error) {
    return {Kind::kFailed, {}, std::make_shared<const Error>(std::move(error))};
  }
  // This caller has no time left; one of those who wait loads in its stead.
  static Loaded gave_up() { return {Kind::kGaveUp, {}, {}}; }

  Kind kind;
  std::optional<Value> value;
  std::shared_ptr<const Error> error;
  // From the begin of the load on. nullopt: the cache's setting for the kind; <= 0: not kept.
  std::optional<std::chrono::nanoseconds> ttl = std::nullopt;
  // How long the load took, by the loader's clock; XFetch's delta. 0: not measured.
  std::chrono::nanoseconds took{0};
  std::uint32_t weight = 1;
};

template <class Value, class Error>
struct Lookup {
  enum class Kind : unsigned char {
    kValue,
    kAbsent,
    kError,      // the load failed
    kGaveUp,     // this caller's load gave up
    kTimedOut,   // the caller's budget was over
    kCrowded,    // too many wait or load already
    kRecursive,  // asked for from inside its own load
  };
  enum class From : unsigned char {
    kCache,
    kLoad,   // this caller loaded
    kWait,   // another did; with kTimedOut, kCrowded, kRecursive: would have
    kStale,  // of the cache, past its time, because no load succeeded
  };

  Kind kind;
  From from;
  std::optional<Value> value;          // with kValue only
  std::shared_ptr<const Error> error;  // with kError only
};

struct LoadingCacheOptions {
  CacheOptions cache{};
  SingleFlightOptions flights{};
  std::chrono::nanoseconds ttl = std::chrono::seconds(60);
  std::chrono::nanoseconds absent_ttl{0};      // 0: absence is not kept
  std::chrono::nanoseconds error_ttl{0};       // 0: errors are not kept
  std::chrono::nanoseconds stale_if_error{0};  // beyond the ttl
  double ttl_jitter = 0;                       // in [0, 1]: lives of [ttl * (1 - jitter), ttl]
  double xfetch_beta = 0;                      // 0: off; needs Loaded::took
  double refresh_at = 1;                       // part of a life; 1: off; needs a Refresher
};

struct LoadingCacheStats {
  std::uint64_t hits = 0;               // fresh, absence and kept errors included
  std::uint64_t negative_hits = 0;      // of these, absence and kept errors
  std::uint64_t misses = 0;             // all others
  std::uint64_t loads = 0;              // begun, early ones included
  std::uint64_t load_failures = 0;      // failed or thrown
  std::uint64_t waits = 0;              // answered by another's load
  std::uint64_t early_refreshes = 0;    // loads begun while the entry was fresh
  std::uint64_t refused_refreshes = 0;  // by the executor
  std::uint64_t stale_served = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t crowded = 0;
  std::uint64_t not_kept = 0;  // loaded, but changed meanwhile or too heavy
};

}  // namespace ashlar::kit
