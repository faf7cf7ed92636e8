// ApiLimiter: the quotas of Ashlar's own API, judged by the limits' own engine.
//
// Promises
//  1. A request is asked of the installation's own native rules (*.rules.json in the rule folder,
//     rule_book.h) and of the quotas of the settings, in one batch: it takes from all of them or
//     from none (batch.h). Where none applies it is allowed and costs nothing.
//  2. Its attributes are tenant and api_key (name and id; of a request with a key), address,
//     endpoint (the route's path: "/v1/links/{code}"), module, method. Its cost is the route's.
//  3. The quotas of the settings are called api.key and api.tenant: token buckets of each API key
//     and of each tenant. They never bind `unbound_tenant`; rules of files do.
//  4. The administrator is never charged.
//  5. When the count cannot be asked, each rule's on_failure says what happens; the settings'
//     quotas let pass.
//
// At most Batch::kMaxAsks rules are asked for one request: those of the settings, then the first
// ones of the files; the log says once where there are more. Blocking, as the Decider is; any
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "modules/limits/retry_jitter.h"
#include "modules/limits/rule_set.h"
#include "platform/http/request_limiter.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
}

namespace ashlar::limits {

class Decider;
class RuleSource;
class UsageBook;

class ApiLimiter final : public http::RequestLimiter {
 public:
  struct Bucket {
    std::uint64_t rate = 0;   // units a second; 0: no such quota
    std::uint64_t burst = 0;  // at once; 0: what ten seconds bring
  };
  struct Options {
    Bucket key{};
    Bucket tenant{};
    std::string unbound_tenant{};  // its name; empty: none
    kit::SipKey seed{};            // of the jitter and of indices: nobody outside may know it
  };

  // All by reference outlives it. `rules`: those of the tenant that is not set are asked. Error:
  // kInvalid, reasons of rule.h: a rate or a burst that is too large.
  static base::Result<std::unique_ptr<ApiLimiter>> make(const Options& options, RuleSource& rules,
                                                        UsageBook& usage, Decider& decider,
                                                        const base::Clock& clock, obs::Log& log);

  http::Quota charge(const http::Charge& charge) override;

 private:
  using Rules = std::shared_ptr<const RuleSet>;
  struct Asked;

  ApiLimiter(const Options& options, Rules defaults, RuleSource& rules, Decider& decider,
             const base::Clock& clock, obs::Log& log);
  [[nodiscard]] bool is_bound(const http::Charge& charge) const;
  [[nodiscard]] http::Quota ask(Asked& asked, int cost);
  void bound(Asked& asked);

  const Rules defaults_;  // null: there are none
  const std::string unbound_tenant_;
  const RetryJitter jitter_;
  RuleSource& rules_;
  Decider& decider_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::atomic<bool> too_many_told_{false};
};

}  // namespace ashlar::limits
