// ProviderSilence: whether a provider that has taken attempts and says nothing is to be trusted
// with more of them. What is under way is left alone: it may have arrived.
//
//            may_go(): nobody has been answered for bound()
//   LISTENING ─────────────────────────────────────────────> SUSPECTED ── may_go(): one attempt
//       ^                                                        │         each kProbeEvery
//       └────────────────────────────────────────────────────────┘
//         ended(): an answer, of a probe or of one that was out before
//
// Promises
//  1. It is suspected only where attempts are out, as many as kFew have asked since the last
//  answer,
//     and none was answered for bound(): kShortest, or kSlowness times what it takes of late where
//     that is more. So who is slow and answers is not suspected, once it has answered so slowly.
//  2. Time counts as far as somebody looked at it, kLook at a time: when this process stood still,
//     nobody was silent.
//  3. Any answer ends the suspicion; so does a quick failure, which is the breaker's to judge.
//
// Pure; one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace ashlar::notifications {

class ProviderSilence {
 public:
  static constexpr std::chrono::nanoseconds kShortest = std::chrono::milliseconds(800);
  static constexpr std::chrono::nanoseconds kLook = std::chrono::milliseconds(100);
  static constexpr std::chrono::nanoseconds kProbeEvery = std::chrono::seconds(2);
  static constexpr int kSlowness = 4;
  static constexpr int kFew = 8;

  // `running`: attempts that are out.
  bool may_go(std::int64_t running, base::Mono now);
  // After may_go().
  void begun(base::Mono now);
  // `answered`: it said something, whatever it was.
  void ended(bool answered, std::chrono::nanoseconds took);

  [[nodiscard]] bool is_suspected() const { return suspected_; }
  // Until the next probe; at least 0.
  [[nodiscard]] std::chrono::nanoseconds wait(base::Mono now) const;
  [[nodiscard]] std::uint64_t suspicions() const { return suspicions_; }
  [[nodiscard]] std::chrono::nanoseconds bound() const;

 private:
  bool suspected_ = false;
  int asked_ = 0;                           // since the last answer
  std::chrono::nanoseconds slowest_{0};     // an answer, sinking to what they take of late
  std::chrono::nanoseconds silent_for_{0};  // since the last answer, as far as it was looked at
  base::Mono looked_{};
  base::Mono next_probe_{};
  std::uint64_t suspicions_ = 0;
};

}  // namespace ashlar::notifications
