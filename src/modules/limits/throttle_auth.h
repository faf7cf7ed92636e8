// ThrottleAuth: who may use the RESP listener, and for whom their keys count.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::limits {

class ThrottleAuth {
 public:
  // The owner: what an account's keys are kept under, for ever.
  using Done = std::function<void(base::Result<std::string>)>;

  virtual ~ThrottleAuth() = default;

  // Calls `done` once on `loop`, within the call or later. `user`: empty where only a password was
  // given.
  virtual void authenticate(std::string_view user, std::string_view password,
                            runtime::EventLoop& loop, Done done) = 0;
};

}  // namespace ashlar::limits
