// AttemptVerdict: what an attempt to deliver came to, and what follows from it. Pure.
//
//   2xx ─────────────────────────────> delivered
//   410 ─────────────────────────────> failed, and its endpoint is gone
//   429, 502, 503, 504 ──────────────> retry; the endpoint is left alone until Retry-After
//   any other answer, 3xx among them ─> retry
//   no answer, or too long a one ────> retry
//   the last attempt of the plan ────> failed instead of retry
//
// The plan: an attempt at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h:
// ten in all within about three days. Each pause is stretched by up to kJitter of itself, so that
// what failed together does not come back together, and lasts at least as long as Retry-After says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/outbound/policy.h"

namespace ashlar::webhooks {

inline constexpr std::array<base::Seconds, 9> kRetryPauses{
    base::Seconds{5},      base::Seconds{300},    base::Seconds{1'800},
    base::Seconds{7'200},  base::Seconds{18'000}, base::Seconds{36'000},
    base::Seconds{50'400}, base::Seconds{72'000}, base::Seconds{86'400}};
inline constexpr int kMaxAttempts = static_cast<int>(kRetryPauses.size()) + 1;
inline constexpr double kJitter = 0.1;
inline constexpr base::Seconds kThrottle{2};  // where an overloaded endpoint does not say how long
inline constexpr std::size_t kMaxErrorBytes = 300;
inline constexpr std::size_t kMaxAnswerBytes = 500;  // of an answer's body, as kept

enum class DeliveryState : std::uint8_t { kPending = 0, kDelivered = 1, kFailed = 2 };

struct AttemptVerdict {
  DeliveryState state = DeliveryState::kPending;  // of the delivery after it
  bool gone = false;                              // 410
  std::optional<int> status;
  std::string error;                         // empty: delivered
  std::optional<std::string> answer;         // the beginning of the body, as UTF-8
  std::optional<base::Time> next_at;         // kPending
  std::optional<base::Time> throttle_until;  // the endpoint, as a whole
};

struct AttemptFacts {
  int number = 1;     // of this series: 1 … kMaxAttempts
  bool last = false;  // whatever the number: a test is not repeated
  base::Time now{};
  bool keep_answer = true;
};

AttemptVerdict judge(const base::Result<outbound::Answer>& result, const AttemptFacts& facts,
                     base::Random& random);

// Whether it says nothing of the endpoint: this server could not send.
bool was_not_sent(const base::Result<outbound::Answer>& result);

}  // namespace ashlar::webhooks
