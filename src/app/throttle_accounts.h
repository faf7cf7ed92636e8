// ThrottleAccounts: API keys as the passwords of CL.THROTTLE's connections. A key needs the scope
// limits:check; what it counts is its tenant's.
//
// Keys that are cached (security/api_keys.h) are answered within the call, others by a worker:
// storage is asked. Where no worker is free: kUnavailable. Any loop's thread.
#pragma once

#include "modules/limits/throttle_auth.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::runtime {
class WorkerPool;
}
namespace ashlar::security {
class ApiKeys;
}

namespace ashlar::app {

class ThrottleAccounts final : public limits::ThrottleAuth {
 public:
  // All outlive it, and the loops that ask are stopped after `workers` has been drained.
  ThrottleAccounts(security::ApiKeys& keys, runtime::WorkerPool& workers, const base::Clock& clock)
      : keys_(keys), workers_(workers), clock_(clock) {}

  void authenticate(std::string_view user, std::string_view password, runtime::EventLoop& loop,
                    Done done) override;

 private:
  security::ApiKeys& keys_;
  runtime::WorkerPool& workers_;
  const base::Clock& clock_;
};

}  // namespace ashlar::app
