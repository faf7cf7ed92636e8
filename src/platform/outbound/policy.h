// Policy: how calls to one dependency are made, and the request and answer that go in and out of
// OutboundClient (outbound_client.h). docs/resilience.md says which policy to choose when.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "kit/resilience/circuit_breaker.h"
#include "kit/resilience/hedge_policy.h"
#include "kit/resilience/retry_budget.h"
#include "kit/resilience/retry_schedule.h"

namespace ashlar::outbound {

struct Policy {
  // Of a whole call, retries and waits included, and of one attempt. A caller's deadline that is
  // nearer counts instead.
  base::Millis timeout{2'000};
  base::Millis attempt_timeout{1'000};

  kit::RetryOptions retry{.max_attempts = 3,
                          .base = std::chrono::milliseconds(25),
                          .cap = std::chrono::seconds(1)};  // its budget is set by the call
  kit::RetryBudgetOptions retry_budget;
  kit::CircuitBreakerOptions breaker;
  std::optional<kit::HedgeOptions> hedge;  // of idempotent requests only; none: never

  std::uint32_t max_running = 64;  // calls at once
  std::uint32_t max_waiting = 64;  // for one of those to end; more are refused
  std::size_t max_answer_bytes = 1024 * 1024;
  bool cut_answers = false;  // what is beyond is left off; the answer is not refused for it
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string url;  // http or https
  HeaderList headers{};
  std::string body{};
  // May be sent twice with the effect of once. GET and HEAD are so by themselves; a POST with an
  // Idempotency-Key is where the other side honours it. Without it only what surely was not begun
  // is tried again.
  bool idempotent = false;
  std::string traceparent{};  // of the caller's span; empty: none
  std::optional<base::Mono> deadline{};
  // Set, before the call's end is told, where an attempt may have reached the other side: where it
  // is false after an error, surely nothing was done there.
  std::shared_ptr<std::atomic<bool>> begun{};
};

struct Answer {
  int status = 0;
  HeaderList headers{};  // names in lower case
  std::string body{};
  int attempts = 1;  // hedges among them
  bool hedged = false;
};

}  // namespace ashlar::outbound
