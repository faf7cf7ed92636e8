// LimitsUsageApi: the HTTP face of what the limits did: of a tenant's rules, and, for the
// administrator, of the installation's own (rule files).
//
// Handlers of http/route.h's kinds; any thread. `owner`: whose rules; not set: the installation's.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "base/strong_id.h"
#include "platform/http/response.h"

namespace ashlar::http {
class EventStream;
struct Call;
}  // namespace ashlar::http

namespace ashlar::limits {

class NativeLimits;

class LimitsUsageApi {
 public:
  // It outlives this one.
  explicit LimitsUsageApi(NativeLimits& limits) : limits_(limits) {}

  base::Result<http::Response> usage(base::TenantId owner) const;
  base::Result<http::Response> detail(http::Call& call, base::TenantId owner) const;
  base::Result<http::Response> shadow(base::TenantId owner) const;
  base::Status live(http::Call& call, base::TenantId owner,
                    std::shared_ptr<http::EventStream> stream) const;

 private:
  [[nodiscard]] base::Result<std::set<std::string>> shadow_names(base::TenantId owner) const;

  NativeLimits& limits_;
};

}  // namespace ashlar::limits
