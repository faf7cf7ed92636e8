// ThrottleAuth: who may use the RESP listener, and for whom their keys count.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"

namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::limits {

class ThrottleAuth {
 public:
  // Errors: kUnauthenticated, kForbidden: never with this password; others: not now.
  using Done = std::function<void(base::Result<base::TenantId>)>;

  virtual ~ThrottleAuth() = default;

  // Whose the keys are. Calls `done` once on `loop`, within the call or later. `user`: empty where
  // only a password was given.
  virtual void authenticate(std::string_view user, std::string_view password,
                            runtime::EventLoop& loop, Done done) = 0;
};

}  // namespace ashlar::limits
