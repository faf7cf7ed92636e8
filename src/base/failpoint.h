// Failpoints: named places at which a test makes the process die, as a power cut would: SIGKILL of
// oneself, no handler, no flush.
//
//   base::failpoint(base::Failpoint::kAfterSend);
//
// Compiled into every build, so that what is tested is what runs; while none is armed, one relaxed
// load. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace ashlar::base {

// Named "payments.before_claim" and so on, in this order.
enum class Failpoint : std::uint8_t {
  kNone,
  kBeforeClaim,      // a request has been read, nothing is stored
  kAfterClaim,       // its claim is written, and not committed
  kAfterAttempt,     // claim and attempt are committed, nothing is sent
  kAfterSend,        // the provider has been called
  kAfterApply,       // the sandbox has applied it; the answer is lost
  kAfterAnswer,      // the answer has been read, and not committed
  kAfterCommit,      // committed, not replied
  kHalfReply,        // a part of the reply's bytes has been written
  kOutboxPublished,  // an event has been delivered, and not marked so
  kResolverRace,     // the resolver has asked, and not committed
};

// "payments.after_send:3": at the third time that it is reached. kInvalid failpoint_invalid, the
// detail lists the names. An empty text disarms.
Status arm_failpoint(std::string_view text);

namespace detail {
inline std::atomic<Failpoint> g_failpoint{Failpoint::kNone};
void reach_failpoint() noexcept;
}  // namespace detail

// For who has to prepare the place: half a reply must have been sent to die after it.
inline bool is_armed(Failpoint here) noexcept {
  return detail::g_failpoint.load(std::memory_order_relaxed) == here;
}

inline void failpoint(Failpoint here) noexcept {
  if (detail::g_failpoint.load(std::memory_order_relaxed) == here) [[unlikely]]
    detail::reach_failpoint();
}

}  // namespace ashlar::base
