// rate_fields: what a server may tell its own client about the limits that it asked of Ashlar: the
// RateLimit fields of draft-ietf-httpapi-ratelimit-headers-10, and Retry-After.
//
//   RateLimit-Policy: "per-user";q=100;w=60, "all";q=5000;w=1
//   RateLimit: "per-user";r=0;t=13, "all";r=4711;t=1
//   Retry-After: 14
//
// Of rules that only watch nothing is told. `t` is when the request would pass, where the rule
// refused it, else when all is free again; whole seconds, rounded up. Retry-After is never before
// the `t` of a rule that refused. Pure.
#pragma once

#include <string>

namespace ashlar::limits {

struct CheckAnswer;

struct RateFields {
  std::string policy;       // empty: there is nothing to tell
  std::string limit;        // also
  std::string retry_after;  // empty: allowed, or it will never pass
};

RateFields rate_fields(const CheckAnswer& answer);

}  // namespace ashlar::limits
