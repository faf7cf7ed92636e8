// RefusalPace: how many refusals a second an I/O thread gives to clients that come back at once.
//
// A refusal costs microseconds, nearly all of them the kernel's; a client that answers each with
// its next request can have hundreds of thousands a second of them, and the CPU time comes out of
// the work that was accepted. So a connection that was refused is left unread until its turn: at
// once while refusals are rarer than the pace, else in line behind those refused before it. TCP's
// flow control then tells the client. Whoever honours Retry-After (1 s at least) never notices,
// because no wait is longer than kLongestWait.
//
// Promises: 1. Waits are in the order of the refusals, none longer than kLongestWait.
//           2. While no wait reaches kLongestWait, at most `per_second` refusals a second are given
//              on connections that were refused before, and kBurst more.
//
// A value of one thread; O(1). `now` does not step back. A generic cell rate algorithm (ITU-T
// I.371) that gives the waiting time away instead of an answer.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::http {

class RefusalPace {
 public:
  static constexpr base::Millis kLongestWait{250};
  static constexpr base::Millis kBurst{5};  // refusals of so long a time may come at once

  // REQUIRES: 1 <= per_second <= 1,000,000.
  explicit RefusalPace(std::size_t per_second)
      : each_(std::chrono::nanoseconds(1'000'000'000) / static_cast<std::int64_t>(per_second)) {
    CHECK(per_second >= 1 && per_second <= 1'000'000);
  }

  // A connection has just been refused so many requests: when to read it again. Not later than
  // `now`: at once.
  [[nodiscard]] base::Mono turn_after(std::uint32_t refusals, base::Mono now) {
    const base::Mono latest = now + kLongestWait;
    next_ = std::max(next_, now - kBurst);
    next_ = std::min(next_ + each_ * std::min<std::uint32_t>(refusals, kMost), latest);
    return next_;
  }

 private:
  static constexpr std::uint32_t kMost = 1'000'000;  // keeps the product in range

  const std::chrono::nanoseconds each_;
  base::Mono next_{};
};

}  // namespace ashlar::http
