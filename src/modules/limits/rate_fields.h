// rate_fields: what a client may be told about the limits that were asked for it: the RateLimit
// fields (platform/http/rate_limit_fields.h), and Retry-After.
//
//   RateLimit-Policy: "per-user";q=100;w=60, "all";q=5000;w=1
//   RateLimit: "per-user";r=0;t=13, "all";r=4711
//   Retry-After: 14
//
// Of rules that only watch, and of counts that could not be asked, nothing is told. `w` is the
// period of a window, of a bucket how long it takes to fill. `t` is when all is free again; where
// the request was refused, when it would pass, and of the rules that refused it only: so
// Retry-After is never before a `t`. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "platform/http/rate_limit_fields.h"

namespace ashlar::limits {

struct CheckAnswer;
struct Outcome;
class Limit;

// `retry_after`: of the outcome, with its jitter. `passes`: the whole request does. nullopt: there
// is nothing to tell.
std::optional<http::QuotaState> quota_state(const Limit& limit, const Outcome& outcome,
                                            std::chrono::nanoseconds retry_after, bool passes);

struct RateFields {
  std::string policy;       // empty: there is nothing to tell
  std::string limit;        // also
  std::string retry_after;  // empty: allowed, or it will never pass
};

RateFields rate_fields(const CheckAnswer& answer);

}  // namespace ashlar::limits
