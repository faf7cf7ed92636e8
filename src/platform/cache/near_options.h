// NearCacheOptions, and the words in which near caches tell each other of changes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "kit/cache/loading_types.h"

namespace ashlar::cache {

struct NearCacheOptions {
  std::uint64_t capacity_bytes = 16 * 1024 * 1024;
  base::Millis ttl{60'000};
  base::Millis absent_ttl{1'000};
  base::Millis error_ttl{0};
  base::Millis stale_if_error{0};
  double ttl_jitter = 0.1;
  double xfetch_beta = 1.0;
  double refresh_at = 1.0;  // below 1: needs a NearRefresh
  base::Millis wait{2'000};

  [[nodiscard]] kit::LoadingCacheOptions loading(std::uint64_t seed) const;
};

// Renews in the background what is read in the last part of its life.
template <class Value>
struct NearRefresh {
  std::function<bool(std::function<void()>)> submit;  // to a pool; false: it is full
  std::function<base::Result<std::optional<Value>>(const std::string&)> load;
};

inline constexpr std::string_view kNearChannel = "cache_near";

// Names a cache in its own notices: what it has published itself it does not erase.
std::string near_origin(std::uint64_t seed);
// region ':' origin ':' the key percent-encoded.
std::string near_payload(std::string_view region, std::string_view origin, std::string_view key);
// The key, if the notice is of this region and of another origin.
std::optional<std::string> near_key_of(std::string_view payload, std::string_view region,
                                       std::string_view own_origin);

}  // namespace ashlar::cache
