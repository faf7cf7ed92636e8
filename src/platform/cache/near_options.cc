#include "platform/cache/near_options.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace ashlar::cache {

kit::LoadingCacheOptions NearCacheOptions::loading(std::uint64_t seed) const {
  return {.cache = {.capacity = capacity_bytes, .seed = seed},
          .flights = {},
          .ttl = ttl,
          .absent_ttl = absent_ttl,
          .error_ttl = error_ttl,
          .stale_if_error = stale_if_error,
          .ttl_jitter = ttl_jitter,
          .xfetch_beta = xfetch_beta,
          .refresh_at = refresh_at};
}

std::string near_origin(std::uint64_t seed) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seed, 16).ptr;
  return {digits.data(), end};
}

std::string near_payload(std::string_view region, std::string_view origin, std::string_view key) {
  std::string payload(region);
  payload += ':';
  payload += origin;
  payload += ':';
  payload += base::percent_encode(key);
  return payload;
}

std::optional<std::string> near_key_of(std::string_view payload, std::string_view region,
                                       std::string_view own_origin) {
  if (!payload.starts_with(region)) return std::nullopt;
  payload.remove_prefix(region.size());
  if (!payload.starts_with(':')) return std::nullopt;
  payload.remove_prefix(1);
  const std::size_t colon = payload.find(':');
  if (colon == std::string_view::npos || payload.substr(0, colon) == own_origin) {
    return std::nullopt;
  }
  return base::percent_decode(payload.substr(colon + 1));
}

}  // namespace ashlar::cache
