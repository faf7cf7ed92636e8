// OutboundClient: HTTP calls to other services that cannot drag this one down: every call has a
// budget of time, every dependency its bulkhead, breaker, retry budget and hedges.
//
//   submit ──> bulkhead ──full──> kUnavailable bulkhead_full
//                 │ (waits for a place, in order)
//                 v
//             breaker ──open──> kUnavailable circuit_open
//                 │
//                 v                      late: hedge (once, idempotent, budgeted)
//             attempt ────────────────────────────────────────> second attempt beside it
//                 ├─ answered ──> done(answer)
//                 └─ failed ── may be repeated, retry budget, time left ──> pause ──> breaker …
//                        └─ otherwise ──> done(error, or the failed answer)
//
// What is tried again: what surely was not begun, always; a broken connection, a timed out attempt
// and 500, 502, 504 of idempotent requests; 429 and 503 of any (they say that nothing was done), no
// sooner than their Retry-After. The first answer of two hedged attempts counts.
//
// Promises: 1. done is called once for each submit(): on the client's thread, or by submit() itself
//              where the call is refused for too_many_calls or client_stopping.
//           2. By the call's deadline (min of policy, request) done has been called; each attempt
//              gets an equal part of what is left, at most attempt_timeout, and is told the other
//              side as Ashlar-Timeout-Ms. traceparent is passed on.
//           3. At most max_running calls of a dependency have attempts at once, max_waiting wait;
//              at most kMaxCalls are known in all.
//           4. Over a long time at most retry_budget.ratio + hedge.share attempts more than calls.
//           5. No connection to an address that is not public, unless `allow_private`.
//
// Errors given to done: kUnavailable bulkhead_full, circuit_open, dependency_unreachable,
// answer_too_large, client_stopping, too_many_calls; kDeadline dependency_timeout; kForbidden
// address_forbidden; kInternal never. A status of 500 and above is an Answer, not an error: its
// body may say more.
//
// A thread of its own; any thread may call. One object for each zone of trust (allow_private).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/outbound/policy.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Registry;
}

namespace ashlar::outbound {

struct Dependency;

class OutboundClient {
 public:
  static constexpr std::size_t kMaxCalls = 4096;

  using Done = std::function<void(base::Result<Answer>)>;

  struct Options {
    std::string name = "outbound";     // of the thread
    bool allow_private = false;        // may reach loopback and private networks
    std::uint64_t seed = 1;            // of jitter
    std::vector<std::string> names{};  // "HOST:PORT:ADDRESS,…": what the resolver is not asked for
  };
  OutboundClient(Options options, const base::Clock& clock, obs::Registry& metrics);
  ~OutboundClient();  // stop()
  OutboundClient(const OutboundClient&) = delete;
  OutboundClient& operator=(const OutboundClient&) = delete;

  // `name` labels metrics, which refer to the client from then on; give each name once. The
  // reference lives as long as the client.
  Dependency& add_dependency(std::string name, const Policy& policy);

  // done must be quick and must not block: all calls wait for it.
  void submit(Dependency& dependency, Request request, Done done);
  // Waits for the answer. Not from within done.
  base::Result<Answer> call(Dependency& dependency, Request request);

  // Ends all calls with client_stopping; later ones too. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::outbound
