// RequestLimiter: who says whether a request is within its caller's quota: modules/limits
// (api_limiter.h), or nobody.
//
// The dispatcher asks once for each request that has a charged_cost() and whose caller it has
// proved, before anything else is done for it; on a worker's thread, so it may block for as long as
// a decision takes (modules/limits/batch.h: 50 ms at most). What is taken stays taken, whatever
// becomes of the request.
#pragma once

#include <chrono>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/http/rate_limit_fields.h"
#include "platform/http/route.h"

namespace ashlar::security {
struct Principal;
}

namespace ashlar::http {

// Units of quota. Nothing for what only the administrator may do, and for what is answered inline:
// redirects, which anybody could make somebody else's.
inline int charged_cost(const Route& route) {
  const bool free = route.tenancy == Tenancy::kPlatform ||
                    std::holds_alternative<InlineHandler>(route.handler.value);
  return free ? 0 : route.cost.value;
}

struct Charge {
  const security::Principal& who;  // kNobody on public routes: they are counted by address alone
  std::string_view address;        // the client's
  const Route& route;              // its charged_cost() is what is taken
};

struct Quota {
  bool allowed = true;
  // Of one that refused: when the same request would pass, or a little later; nullopt: never.
  std::optional<std::chrono::seconds> retry_after{0};
  // What the caller may know, also of a request that passes. Where it does not and no quota is
  // violated, one could not be asked.
  std::vector<QuotaState> states;
};

class RequestLimiter {
 public:
  virtual ~RequestLimiter() = default;
  virtual Quota charge(const Charge& charge) = 0;
};

}  // namespace ashlar::http
