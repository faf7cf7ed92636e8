// RateLimit fields: what an answer tells its caller of the quotas that the request was counted by.
//
//   kDraft10  RateLimit-Policy: "per-key";q=100;w=60    draft-ietf-httpapi-ratelimit-headers-10
//             RateLimit: "per-key";r=42;t=17            (and -08, -09)
//   kDraft6   RateLimit-Limit: 100                      of one quota, the nearest to its end;
//             RateLimit-Remaining: 42                   what -00 to -06 and many gateways send
//             RateLimit-Reset: 17
//             RateLimit-Policy: 100;w=60
//   kLegacy   X-RateLimit-Limit, -Remaining, -Reset     the same three, in seconds too
//   kOff      nothing
//
// Values are Structured Fields (RFC 9651): names as Strings, with what a String cannot hold as '?';
// numbers cut to 15 digits. Times are whole seconds, rounded up. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/http/response_head.h"

namespace ashlar::http {

enum class RateLimitFields : std::uint8_t { kDraft10, kDraft6, kLegacy, kOff };

// What one quota says to one request.
struct QuotaState {
  std::string name;
  std::uint64_t quota = 0;         // the most at once
  std::chrono::seconds window{0};  // `quota` comes back in so long; 0: not in whole seconds
  std::uint64_t remaining = 0;     // after this request
  bool violated = false;           // it refused the request
  std::optional<std::chrono::seconds> reset;  // until all is there again; of one that refused:
                                              // until the request would pass; nullopt: not told
};

// Of kDraft10; empty where there is no quota.
std::string rate_limit_policy(std::span<const QuotaState> quotas);
std::string rate_limit(std::span<const QuotaState> quotas);

// Adds nothing where there is no quota.
void add_rate_limit_fields(RateLimitFields version, std::span<const QuotaState> quotas,
                           HeaderList& headers);

}  // namespace ashlar::http
