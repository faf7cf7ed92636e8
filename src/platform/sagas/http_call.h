// http_call: a saga's step that is one HTTP request to another service.
//
// The request carries Idempotency-Key (StepCall::idempotency_key) and is repeated at will. What the
// answer means:
//   2xx                      done; an object as JSON body is added to the saga's data as
//                            `<step>` (answers that are no object add nothing)
//   408, 409, 425, 429, 5xx  failed: to be tried again, not before Retry-After (409 is what a
//                            service says while the same key is at work)
//   any other                refused: surely not done
//   no answer                failed
// A compensation whose action never came must be answered 2xx, and the action then refused
// (participant.h does both).
#pragma once

#include <functional>

#include "platform/outbound/policy.h"
#include "platform/sagas/saga.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::outbound {
class OutboundClient;
struct Dependency;
}  // namespace ashlar::outbound

namespace ashlar::sagas {

// Method, URL, body and headers of one's own; the rest is added.
using MakeRequest = std::function<outbound::Request(const StepCall&)>;

// All outlive the step.
CallStep http_call(outbound::OutboundClient& client, outbound::Dependency& dependency,
                   const base::Clock& clock, MakeRequest make);

// Pure: what an answer means.
Answer read_answer(const outbound::Answer& answer, std::string_view step, base::Time now);

}  // namespace ashlar::sagas
