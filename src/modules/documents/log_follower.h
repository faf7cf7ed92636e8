// LogFollower: when one open document reads what other processes wrote behind what it has.
//
//   resting ──heard of more than it has──> reading ──rows──> resting
//      ^                                      │ ^
//      │                      storage's error v │ its time has come
//      └──(broken) <──for kPatience─────── waiting
//
// Promises
//  1. One read at a time. What is heard while it runs is looked at behind it; what was heard before
//     it began is in it (a notice comes after the commit that it tells of).
//  2. A read that failed is tried again, after kFirstPause and then each time twice as long, up to
//     kLongestPause; kPatience after the first failure it is given up.
//
// Pure; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/time.h"
#include "modules/documents/document_row.h"

namespace ashlar::documents {

inline constexpr Seq kAnySeq = std::numeric_limits<Seq>::max();  // how much is not known

class LogFollower {
 public:
  static constexpr base::Millis kFirstPause{50};
  static constexpr base::Millis kLongestPause{2'000};
  static constexpr base::Millis kPatience{15'000};

  void hear(Seq seq) { heard_ = std::max(heard_, seq); }
  [[nodiscard]] bool has_heard_of_more_than(Seq have) const { return heard_ > have; }

  // False: one is under way, or waits for its time.
  bool begin() {
    if (state_ != State::kResting) return false;
    state_ = State::kReading;
    heard_ = 0;
    return true;
  }
  // The read has an answer, whatever it is.
  void end() { state_ = State::kResting; }
  // Storage has answered: the next failure is a first one.
  void succeed() { failing_since_.reset(); }
  // After end(): when to begin again, once wake() was called; none: given up.
  std::optional<base::Mono> fail(base::Mono now) {
    if (!failing_since_) {
      failing_since_ = now;
      pause_ = kFirstPause;
    } else {
      pause_ = std::min(2 * pause_, kLongestPause);
    }
    if (now - *failing_since_ >= kPatience) return std::nullopt;
    state_ = State::kWaiting;
    hear(kAnySeq);
    return now + pause_;
  }
  void wake() { state_ = State::kResting; }

 private:
  enum class State : std::uint8_t { kResting, kReading, kWaiting };
  State state_ = State::kResting;
  Seq heard_ = 0;  // since the last read began
  std::optional<base::Mono> failing_since_;
  base::Millis pause_{0};
};

}  // namespace ashlar::documents
